#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A metric of a sweep over one axis, one line per value of another axis. Axes that are not drawn stay at one value."""

import sys

import common
from common import plt


def draw(sweep, arguments):
    across = common.axis_column(sweep, arguments.x)
    metric = common.metric_column(sweep, arguments.metric)
    lines = common.axis_column(sweep, arguments.lines) if arguments.lines else None
    if lines and lines.name == across.name:
        raise ValueError("--lines must be another axis than --x")
    points, words = common.fixed_points(sweep, [across.name] + ([lines.name] if lines else []), arguments.fix)
    figure, axes = plt.subplots(figsize=(6.4, 4.0), constrained_layout=True)
    groups = points.groupby(lines.name, sort=True) if lines else [(None, points)]
    for i, (value, group) in enumerate(groups):
        group = group.sort_values(across.name, kind="stable")
        axes.plot(common.positions(group[across.name], across), metric.scaled(group[metric.name]),
                  color=common.COLOURS[i % len(common.COLOURS)], marker=common.MARKERS[i % len(common.MARKERS)],
                  linestyle=common.LINES[i % len(common.LINES)], linewidth=1.5, markersize=5,
                  label=lines.text_of(value) if lines else None)
    common.mark_axis(axes.xaxis, points[across.name], across)
    if arguments.zero:
        axes.set_ylim(bottom=0)
    axes.set_ylabel(metric.label)
    axes.set_title(common.sweep_title(sweep, common.label(metric.name, ""), words))
    if lines:
        axes.legend(title=lines.name, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def add_options(parser):
    parser.add_argument("--x", required=True, metavar="AXIS", help="axis along the picture")
    parser.add_argument("--metric", required=True, help="metric upwards, e.g. decode_rate")
    parser.add_argument("--lines", metavar="AXIS", help="one line per value of this axis")
    parser.add_argument("--zero", action="store_true", help="begin the metric at zero")
    common.add_fix(parser)


if __name__ == "__main__":
    sys.exit(common.run_plot(
        __doc__, draw, add_options, kinds=("sweep",),
        example="scripts/plot/curves.py out/sweep.h5 --x dram.channels --metric decode_rate --lines npu0.array.rows "
                "-o out/curves.png"))
