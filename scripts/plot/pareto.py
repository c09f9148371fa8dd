#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""All points of a sweep by two metrics, with the Pareto front: the points that no other is better than in both. Rates and
utilisations are better when large, all else when small."""

import sys

import common
import numpy as np
from common import plt

MOST_LABELS = 14  # of the front; beyond, they cannot be told apart
FRONT = common.COLOURS[3]
CLOSE = 32  # pixels of the figure


def large_is_better(name, arguments):
    if name in arguments.max or name in arguments.min:
        return name in arguments.max
    return name.endswith("_rate") or name.startswith("utilisation")


def front_of(first, second):
    """Positions of the points that none dominates, both metrics being better when small; ordered by the first. Of equal
    points one is kept."""
    best, front = np.inf, []
    for i in np.lexsort((second, first)):
        if second[i] < best:
            best = second[i]
            front.append(i)
    return front


def draw_front(axes, x, y, front, better_right):
    """A staircase: between two points of the front the worse of each metric is what is known to be reachable."""
    axes.step(x[front], y[front], where="post" if not better_right else "pre", color=FRONT, linewidth=1.4, zorder=2)
    axes.scatter(x[front], y[front], s=58, marker="D", color=FRONT, edgecolors="white", linewidths=0.7, zorder=4,
                 label="Pareto front")


def numbered(axes, x, y, front, right, upward):
    """Numbers beside the points of the front, ordered along it; neighbours too close for one each share theirs. They
    stand on the better side, where no point is."""
    axes.figure.draw_without_rendering()
    pixels = axes.transData.transform(np.column_stack([x[front], y[front]]))
    groups = [[0]]
    for k in range(1, len(front)):
        near = np.hypot(*(pixels[k] - pixels[groups[-1][0]])) < CLOSE
        groups[-1].append(k) if near else groups.append([k])
    for group in groups:
        text = str(group[0] + 1) if len(group) == 1 else f"{group[0] + 1}–{group[-1] + 1}"
        i = front[group[0]]
        axes.annotate(text, (x[i], y[i]), xytext=(6 if right else -6, 4 if upward else -4), fontsize=8, fontweight="bold",
                      textcoords="offset points", ha="left" if right else "right", va="bottom" if upward else "top",
                      zorder=5)


def meanings(sweep, points, front):
    """A table with a line per numbered point: the values of the axes that are varied."""
    columns = [common.axis_column(sweep, name) for name in sweep.varied()]
    cells = [["", *(column.name for column in columns)]]
    for number, i in enumerate(front, start=1):
        row = points.iloc[i]
        cells.append([str(number), *(column.text_of(row[column.name]) for column in columns)])
    widths = [max(len(row[k]) for row in cells) for k in range(len(cells[0]))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in cells)


def draw(sweep, arguments):
    across, up = common.metric_column(sweep, arguments.x), common.metric_column(sweep, arguments.y)
    points = sweep.done().dropna(subset=[across.name, up.name])
    if points.empty:
        raise ValueError("no point has both metrics")
    x, y = across.scaled(points[across.name].to_numpy()), up.scaled(points[up.name].to_numpy())
    right, upward = large_is_better(across.name, arguments), large_is_better(up.name, arguments)
    front = front_of(-x if right else x, -y if upward else y)
    figure, axes = plt.subplots(figsize=(9.6, 4.4), constrained_layout=True)
    axes.scatter(x, y, s=20, marker="o", facecolors="none", edgecolors="#777777", linewidths=0.8, zorder=3,
                 label=f"{len(points)} points")
    draw_front(axes, x, y, front, right)
    axes.margins(0.08)
    if len(front) <= MOST_LABELS:
        axes.text(1.02, 0.82, meanings(sweep, points, front), transform=axes.transAxes, ha="left", va="top",
                  fontsize=7.5, family="monospace")
        numbered(axes, x, y, front, right, upward)
    axes.set_xlabel(f"{across.label}, better {'→' if right else '←'}")
    axes.set_ylabel(f"{up.label}, better {'→' if upward else '←'}")
    axes.set_title(common.sweep_title(sweep, "Pareto front"))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.02))
    return figure


def add_options(parser):
    parser.add_argument("--x", required=True, metavar="METRIC", help="metric along the picture")
    parser.add_argument("--y", required=True, metavar="METRIC", help="metric upwards")
    parser.add_argument("--max", action="append", default=[], metavar="METRIC", help="this one is better when large")
    parser.add_argument("--min", action="append", default=[], metavar="METRIC", help="this one is better when small")


if __name__ == "__main__":
    sys.exit(common.run_plot(
        __doc__, draw, add_options, kinds=("sweep",),
        example="scripts/plot/pareto.py out/sweep.h5 --x time_to_first_token --y energy -o out/pareto.png"))
