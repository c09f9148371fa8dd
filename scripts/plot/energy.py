#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Energy by device, stacked by what it was spent on."""

import sys

import common
from common import plt

MOST_BUCKETS = len(common.COLOURS) - 1


def share_text(share):
    return f"{share:.0%}" if share >= 0.01 else f"{share:.1%}"


def draw(run, _arguments):
    table = run.energy_by_device()
    if table.empty or table.to_numpy().sum() == 0:
        raise ValueError("the run has no energy counters to draw")
    ranked = table.sum().sort_values(ascending=False, kind="stable").index
    table = table[ranked]
    if len(ranked) > MOST_BUCKETS:
        other = table.iloc[:, MOST_BUCKETS:].sum(axis=1)
        table = table.iloc[:, :MOST_BUCKETS].assign(other=other)
    totals = table.sum(axis=1)
    factor, unit = common.scaled(totals.max(), "J")
    figure, axes = plt.subplots(figsize=(8, 1.5 + 0.45 * len(table)), constrained_layout=True)
    left = totals * 0
    for i, bucket in enumerate(table.columns):
        part = table[bucket] * factor
        axes.barh(table.index, part, left=left, height=0.68, color=common.COLOURS[i], hatch=common.HATCHES[i],
                  edgecolor="white", linewidth=0.4, label=bucket.replace("_", " "))
        left = left + part
    for row, total in enumerate(totals):
        axes.text(total * factor, row, f"  {total * factor:.3g} {unit}  ({share_text(total / totals.sum())})",
                  va="center", fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, totals.max() * factor * 1.2)  # room for the figures beside the bars
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"energy ({unit})")
    whole_factor, whole_unit = common.scaled(totals.sum(), "J")
    axes.set_title(common.title(run, f"Energy by device, {totals.sum() * whole_factor:.3g} {whole_unit} in all"))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.6)
    return figure


if __name__ == "__main__":
    sys.exit(common.run_plot(__doc__, draw, example="scripts/plot/energy.py out/run.h5 -o out/energy.png"))
