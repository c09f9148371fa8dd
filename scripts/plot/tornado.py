#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How much each axis of a sweep moves a metric, the strongest on top. Of a grid: one axis at a time through all its
values, the others at their middle ones. Of a sample, where such points are missing: the effect of going from the lowest
to the highest value in a linear model of all points."""

import sys

import common
import numpy as np
from common import plt


#: colour, hatch, what the legend says of a bar's end
LOWER = (common.COLOURS[0], "", "lower value of the axis")
HIGHER = (common.COLOURS[1], "////", "higher value")
NAMES = (common.COLOURS[7], "....", "names have no order")


def middle(values):
    ordered = sorted(values.unique())
    return ordered[len(ordered) // 2]


def one_at_a_time(sweep, metric):
    """[(axis, (value, metric) lowest, highest)] around the middle point and its metric; None when points are missing."""
    points = sweep.done()
    names = sweep.varied()
    base = {name: middle(points[name]) for name in names}
    rows = []
    for name in names:
        line = points
        for other in names:
            line = line[line[other] == base[other]] if other != name else line
        if line[name].nunique() != points[name].nunique():
            return None
        line = line.sort_values(metric.name, kind="stable")
        rows.append((name, (line[name].iloc[0], line[metric.name].iloc[0]), (line[name].iloc[-1], line[metric.name].iloc[-1])))
    at = points
    for name in names:
        at = at[at[name] == base[name]]
    words = ", ".join(f"{name} = {common.Column(sweep, name).text_of(value)}" for name, value in base.items())
    return rows, at[metric.name].iloc[0], words


def regressors(sweep, points):
    """(column of numbers from 0 to 1 per numeric axis, 0 or 1 per further name of a text axis) with their axes."""
    columns, owners = [], []
    for name in sweep.varied():
        values = points[name]
        if common.Column(sweep, name).text:
            for text in sorted(values.unique())[1:]:
                columns.append((values == text).to_numpy(dtype="float64"))
                owners.append((name, text))
        else:
            numbers = values.to_numpy(dtype="float64")
            columns.append((numbers - numbers.min()) / (numbers.max() - numbers.min()))
            owners.append((name, None))
    return columns, owners


def regression(sweep, metric):
    """The same from a least-squares fit; the words say how much of the variance it explains."""
    points = sweep.done().dropna(subset=[metric.name])
    columns, owners = regressors(sweep, points)
    if len(points) <= len(columns) + 1:
        raise ValueError(f"{len(points)} points are too few to tell {len(columns)} effects apart")
    matrix = np.column_stack([np.ones(len(points)), *columns])
    values = points[metric.name].to_numpy()
    effects, *_ = np.linalg.lstsq(matrix, values, rcond=None)
    rest = values - matrix @ effects
    explained = 1 - rest.var() / values.var() if values.var() > 0 else 1.0
    mean = values.mean()
    rows = []
    for name in sweep.varied():
        column = points[name]
        shift = [(column.min(), 0.0)] + [(text if text is not None else column.max(), effect)
                                         for (owner, text), effect in zip(owners, effects[1:]) if owner == name]
        centre = (max(effect for _, effect in shift) + min(effect for _, effect in shift)) / 2
        ends = sorted(((value, mean + effect - centre) for value, effect in shift), key=lambda end: end[1])
        rows.append((name, ends[0], ends[-1]))
    return rows, mean, f"the mean; linear model of {len(points)} points, explains {explained * 100:.0f} % of the variance"


def draw_bars(axes, sweep, metric, rows, base):
    for row, (name, low, high) in enumerate(rows):
        column = common.Column(sweep, name)
        rising = column.text or high[0] >= low[0]
        for end, side in ((low, "left"), (high, "right")):
            look = NAMES if column.text else HIGHER if (side == "right") == rising else LOWER
            axes.barh(row, metric.scaled(end[1] - base), left=metric.scaled(base), height=0.62, facecolor=look[0],
                      hatch=look[1], edgecolor="white", linewidth=0.4)
            axes.annotate(column.text_of(end[0]), (metric.scaled(end[1]), row),
                          xytext=(4 if side == "right" else -4, 0), textcoords="offset points",
                          ha="left" if side == "right" else "right", va="center", fontsize=8)


def draw(sweep, arguments):
    metric = common.metric_column(sweep, arguments.metric)
    if not sweep.varied():
        raise ValueError("no axis of the sweep has more than one value")
    found = None if arguments.method == "regression" else one_at_a_time(sweep, metric)
    if found is None and arguments.method == "one":
        raise ValueError("the sweep lacks points to move one axis at a time; use --method regression")
    rows, base, words = found or regression(sweep, metric)
    rows = sorted(rows, key=lambda row: row[2][1] - row[1][1])  # the strongest at the top
    figure, axes = plt.subplots(figsize=(7.6, 1.6 + 0.5 * len(rows)), constrained_layout=True)
    draw_bars(axes, sweep, metric, rows, base)
    axes.axvline(metric.scaled(base), color="#222222", linewidth=1.0)
    axes.set_yticks(range(len(rows)), [row[0] for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.margins(x=0.16)
    axes.set_xlabel(metric.label)
    axes.set_title(common.sweep_title(sweep, f"What moves the {common.label(metric.name, '')}", words))
    texts = [common.Column(sweep, row[0]).text for row in rows]
    looks = ([LOWER, HIGHER] if not all(texts) else []) + ([NAMES] if any(texts) else [])
    legend = [plt.Rectangle((0, 0), 1, 1, facecolor=colour, hatch=hatch, edgecolor="white", label=words)
              for colour, hatch, words in looks]
    axes.legend(handles=legend, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def add_options(parser):
    parser.add_argument("--metric", required=True, help="what is moved, e.g. decode_rate")
    parser.add_argument("--method", choices=("auto", "one", "regression"), default="auto",
                        help="one axis at a time, a linear model, or (auto) whichever the points allow")


if __name__ == "__main__":
    sys.exit(common.run_plot(
        __doc__, draw, add_options, kinds=("sweep",),
        example="scripts/plot/tornado.py out/sweep.h5 --metric decode_rate -o out/tornado.png"))
