#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A metric of a sweep over two axes as colour and number. Axes that are not drawn stay at one value; pairs without a
point, or whose run failed, stay white."""

import sys

import common
import numpy as np
from common import plt

MOST_NUMBERS = 150  # more cells than this have no room for them
MAP = "cividis"  # of even lightness, also for colour-blind readers and in grey


def number_text(value, largest):
    """Three digits, trailing zeros too: a column of numbers reads better when they are alike."""
    return f"{value:.0f}" if largest >= 100 else f"{value:#.3g}".rstrip(".")


def draw(sweep, arguments):
    across, up = common.axis_column(sweep, arguments.x), common.axis_column(sweep, arguments.y)
    if across.name == up.name:
        raise ValueError("--y must be another axis than --x")
    metric = common.metric_column(sweep, arguments.metric)
    points, words = common.fixed_points(sweep, [across.name, up.name], arguments.fix)
    table = points.pivot_table(index=up.name, columns=across.name, values=metric.name).sort_index().sort_index(axis=1)
    cells = metric.scaled(table.to_numpy(dtype="float64"))
    figure, axes = plt.subplots(figsize=(2.6 + 0.75 * max(cells.shape[1], 3), 1.6 + 0.5 * max(cells.shape[0], 3)),
                                constrained_layout=True)
    image = axes.pcolormesh(cells, cmap=MAP, edgecolors="white", linewidth=1.0)
    if cells.size <= MOST_NUMBERS:
        for row, column in np.argwhere(np.isfinite(cells)):
            red, green, blue, _ = image.cmap(image.norm(cells[row, column]))
            dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.45
            axes.text(column + 0.5, row + 0.5, number_text(cells[row, column], np.nanmax(np.abs(cells))), ha="center",
                      va="center", fontsize=8, color="white" if dark else "black")
    axes.set_xticks(np.arange(cells.shape[1]) + 0.5, [across.text_of(value) for value in table.columns])
    axes.set_yticks(np.arange(cells.shape[0]) + 0.5, [up.text_of(value) for value in table.index])
    if max(len(across.text_of(value)) for value in table.columns) > 8:
        axes.tick_params(axis="x", rotation=30)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(across.name)
    axes.set_ylabel(up.name)
    axes.set_title(common.sweep_title(sweep, common.label(metric.name, ""), words))
    bar = figure.colorbar(image, ax=axes, label=metric.label)
    bar.outline.set_visible(False)
    return figure


def add_options(parser):
    parser.add_argument("--x", required=True, metavar="AXIS", help="axis along the picture")
    parser.add_argument("--y", required=True, metavar="AXIS", help="axis upwards")
    parser.add_argument("--metric", required=True, help="metric in the cells, e.g. energy_per_token")
    common.add_fix(parser)


if __name__ == "__main__":
    sys.exit(common.run_plot(
        __doc__, draw, add_options, kinds=("sweep",),
        example="scripts/plot/heatmap.py out/sweep.h5 --x dram.channels --y npu0.array.rows --metric decode_rate "
                "-o out/heat.png"))
