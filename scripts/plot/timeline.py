#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Which device ran what when: one row per device, coloured by kernel. Long runs have more ops than the picture has
columns; they are drawn as the share of time that each kernel kept the device busy."""

import sys

import common
import numpy as np
from common import plt
from matplotlib.patches import Patch

MOST_KERNELS = len(common.COLOURS) - 1  # the last, grey, is for all others
ROW_HEIGHT = 0.72
COLUMNS = 400  # of a picture drawn as shares of time
# An op narrower than this part of the picture cannot be told from its neighbours.
NARROW = 1 / 900


def kernel_styles(ops):
    """kernel -> (colour, hatch); the kernels with most device time get their own, the rest share grey."""
    ranked = (ops["end"] - ops["start"]).groupby(ops["kernel"]).sum().sort_values(ascending=False, kind="stable").index
    styles = {name: (common.COLOURS[i], common.HATCHES[i]) for i, name in enumerate(ranked[:MOST_KERNELS])}
    for name in ranked[MOST_KERNELS:]:
        styles[name] = (common.COLOURS[-1], common.HATCHES[-1])
    return styles


def lanes_of(ops):
    """Lane per op within its device: ops that overlap in time get lanes of their own."""
    lanes, ends = [], []
    for start, end in zip(ops["start"], ops["end"]):
        lane = next((i for i, busy_until in enumerate(ends) if busy_until <= start), len(ends))
        ends[lane:lane + 1] = [end]
        lanes.append(lane)
    return lanes, max(len(ends), 1)


def draw_ops(axes, row, ops, styles, window):
    """Every op as a bar. Narrow ones get an edge of their own colour instead of a white one, which would hide them."""
    lanes, count = lanes_of(ops)
    height = ROW_HEIGHT / count
    narrow = (ops["end"] - ops["start"]) < (window[1] - window[0]) * 4 * NARROW
    for (kernel, lane, thin), group in ops.assign(lane=lanes, thin=narrow).groupby(["kernel", "lane", "thin"]):
        colour, hatch = styles[kernel]
        look = {"edgecolor": colour, "linewidth": 0.4} if thin else {"edgecolor": "white", "linewidth": 0.3, "hatch": hatch}
        axes.broken_barh(list(zip(group["start"], group["end"] - group["start"])),
                         (row - ROW_HEIGHT / 2 + lane * height, height), facecolor=colour, **look)


def busy_shares(ops, edges):
    """Share of each column between `edges` in which the ops run; ops that overlap each other add up."""
    busy = np.zeros(len(edges) - 1)
    for start, end in zip(ops["start"], ops["end"]):
        first = max(int(np.searchsorted(edges, start, side="right")) - 1, 0)
        last = min(int(np.searchsorted(edges, end, side="left")), len(busy))
        overlap = np.minimum(edges[first + 1:last + 1], end) - np.maximum(edges[first:last], start)
        busy[first:last] += np.maximum(overlap, 0)
    return busy / np.diff(edges)


def draw_shares(axes, row, ops, styles, window):
    """Busy time per column, stacked by kernel from the bottom of the row; a full row is a device that never waits."""
    edges = np.linspace(window[0], window[1], COLUMNS + 1)
    shares = {kernel: busy_shares(group, edges) for kernel, group in ops.groupby("kernel")}
    full = max(1.0, np.sum(list(shares.values()), axis=0).max())  # more than 1 where ops share the device
    bottom = np.full(COLUMNS, row + ROW_HEIGHT / 2)
    axes.hlines(row + ROW_HEIGHT / 2, *window, color="#bbbbbb", linewidth=0.5)
    for kernel in [name for name in styles if name in shares]:
        top = bottom - shares[kernel] / full * ROW_HEIGHT
        axes.fill_between(edges, np.append(bottom, bottom[-1]), np.append(top, top[-1]), step="post", linewidth=0,
                          facecolor=styles[kernel][0])
        bottom = top


def mark_phases(axes, ops, window):
    """A line where each phase begins, with its name above; names too close to each other share a place."""
    begins = ops.groupby("phase", sort=False)["start"].min()
    labels = []
    for phase, begin in begins.items():
        begin = max(begin, window[0])
        if labels and begin - labels[-1][0] < 0.08 * (window[1] - window[0]):
            labels[-1][1].append(phase)
        else:
            labels.append((begin, [phase]))
    for begin, phases in labels:
        axes.axvline(begin, color="#555555", linewidth=0.7, linestyle=(0, (4, 3)), zorder=3)
        axes.text(begin, 1.01, " " + ", ".join(phases), transform=axes.get_xaxis_transform(), fontsize=8,
                  color="#333333", ha="left", va="bottom")


def add_legend(axes, styles, hatched):
    own = list(styles)[:MOST_KERNELS]
    handles = [Patch(facecolor=styles[name][0], hatch=styles[name][1] if hatched else "", edgecolor="white", label=name)
               for name in own]
    if len(styles) > MOST_KERNELS:
        handles.append(Patch(facecolor=common.COLOURS[-1], edgecolor="white", label="other"))
    axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.6)


def ops_in_window(run, arguments):
    """Ops with times scaled for the axis, the window in the same unit, and the unit."""
    ops = run.ops_seconds().sort_values("start", kind="stable")
    begin = arguments.begin * 1e-3
    end = ops["end"].max() if arguments.end is None else arguments.end * 1e-3
    ops = ops[(ops["end"] > begin) & (ops["start"] < end)]
    if ops.empty or begin >= end:
        raise ValueError("the run has no ops to draw" + (" in this window" if arguments.begin or arguments.end else ""))
    factor, unit = common.scaled(end, "s")
    ops = ops.assign(start=ops["start"] * factor, end=ops["end"] * factor)
    return ops, (begin * factor, end * factor), unit


def draw(run, arguments):
    if run.ops.empty:
        raise ValueError("the run has no ops to draw")
    ops, window, unit = ops_in_window(run, arguments)
    # Ranked over the whole run: a kernel keeps its colour whatever window is drawn.
    styles = {name: style for name, style in kernel_styles(run.ops).items() if name in set(ops["kernel"])}
    devices = list(dict.fromkeys(run.ops["device"]))
    narrow = ((ops["end"] - ops["start"]) < (window[1] - window[0]) * NARROW).mean()
    as_shares = len(ops) > COLUMNS and narrow > 0.3
    figure, axes = plt.subplots(figsize=(9, 1.5 + 0.55 * len(devices)), constrained_layout=True)
    for row, device in enumerate(devices):
        own = ops[ops["device"] == device]
        (draw_shares if as_shares else draw_ops)(axes, row, own, styles, window)
    mark_phases(axes, ops, window)
    axes.set_yticks(range(len(devices)), devices)
    axes.set_ylim(len(devices) - 0.5, -0.5)
    axes.set_xlim(*window)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"simulated time ({unit})" + ("; height is the share of time busy" if as_shares else ""))
    axes.set_title(common.title(run, "Timeline"), pad=18)
    add_legend(axes, styles, hatched=not as_shares)
    return figure


if __name__ == "__main__":
    sys.exit(common.run_plot(__doc__, draw, common.add_window,
                             example="scripts/plot/timeline.py out/run.h5 --begin 695 --end 727 -o out/timeline.png"))
