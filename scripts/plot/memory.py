#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Memory footprint over simulated time, stacked by tag, largest tag at the bottom, with the peak marked."""

import sys

import common
from common import plt

MOST_TAGS = len(common.COLOURS) - 1


def until_the_end(run):
    """The footprint table with a last row at the end of the run: what is held then is still held there."""
    table = run.memory
    if not run.ops.empty:
        end = float(run.ops["end"].max()) * 1e-15
        if end > table.index[-1]:
            table = table.reindex(table.index.append(type(table.index)([end]))).ffill()
    return table


def draw(run, _arguments):
    if run.memory.empty or run.memory.to_numpy().sum() == 0:
        raise ValueError("the run has no memory footprint to draw")
    table = until_the_end(run).astype("float64")
    table = table[table.max().sort_values(ascending=False, kind="stable").index]
    if table.shape[1] > MOST_TAGS:
        table = table.iloc[:, :MOST_TAGS].assign(other=table.iloc[:, MOST_TAGS:].sum(axis=1))
    total = table.sum(axis=1)
    factor, unit = common.scaled_bytes(total.max())
    time_factor, time_unit = common.scaled(table.index[-1], "s")
    times = table.index.to_numpy() * time_factor
    figure, axes = plt.subplots(figsize=(8, 3.6), constrained_layout=True)
    layers = axes.stackplot(times, (table * factor).to_numpy().T, step="post", edgecolor="white", linewidth=0.3,
                            labels=[tag.replace("_", " ") for tag in table.columns], colors=common.COLOURS)
    for layer, hatch in zip(layers, common.HATCHES):
        layer.set_hatch(hatch)
    mark_peak(axes, times, total.to_numpy() * factor, unit)
    axes.set_xlim(0, times[-1] or 1)
    axes.set_ylim(0, total.max() * factor * 1.15)
    axes.set_xlabel(f"simulated time ({time_unit})")
    axes.set_ylabel(f"memory held ({unit})")
    axes.set_title(common.title(run, "Memory"))
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.6)
    return figure


def mark_peak(axes, times, total, unit):
    at = int(total.argmax())
    # Beside the point, on the side with more room.
    left = times[at] < times[-1] / 2
    axes.plot(times[at], total[at], marker="v", color="#222222", markersize=5, clip_on=False)
    axes.annotate(f"peak {total[at]:.4g} {unit}", (times[at], total[at]), xytext=(7 if left else -7, 4),
                  textcoords="offset points", ha="left" if left else "right", va="bottom", fontsize=8)


if __name__ == "__main__":
    sys.exit(common.run_plot(__doc__, draw, example="scripts/plot/memory.py out/run.h5 -o out/memory.svg"))
