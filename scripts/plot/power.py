#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Power over simulated time, stacked by component, the one with the most energy at the bottom, and below it the
temperature. Where the power changes more often than the picture has columns, each column shows its mean."""

import sys

import common
import numpy as np
import pandas as pd
from common import plt

PREFIX = "power_"
REST = "power_power"  # what the phone draws beside its components
TOTAL = "power_total"
MOST_PARTS = len(common.COLOURS) - 1
COLUMNS = 400  # of a picture
KELVIN = 273.15


def end_of(run):
    ends = [series.index[-1] for series in run.series.values() if len(series)]
    if not run.ops.empty:
        ends.append(float(run.ops["end"].max()) * 1e-15)
    return max(ends)


def step_means(series, edges):
    """Mean of a step function between neighbouring edges; it holds its value until the next sample."""
    times, values = series.index.to_numpy(), series["value"].to_numpy(dtype="float64")
    areas = np.concatenate([[0.0], np.cumsum(values[:-1] * np.diff(times))])
    at = np.clip(np.searchsorted(times, edges, side="right") - 1, 0, None)
    until = areas[at] + values[at] * np.clip(edges - times[at], 0, None)
    return np.diff(until) / np.diff(edges)


def power_table(run, edges):
    """Watts by component in each column, most energy first; what has no place of its own is `other`."""
    parts = {name[len(PREFIX):] if name != REST else "rest of phone": step_means(series, edges) * 1e-6
             for name, series in run.series.items()
             if name.startswith(PREFIX) and name != TOTAL and len(series)}
    table = pd.DataFrame(parts)
    table = table[(table.mul(np.diff(edges), axis=0)).sum().sort_values(ascending=False, kind="stable").index]
    table = table.loc[:, (table > 0).any()]
    if table.shape[1] > MOST_PARTS:
        table = table.iloc[:, :MOST_PARTS].assign(other=table.iloc[:, MOST_PARTS:].sum(axis=1))
    return table


def edges_of(run, window):
    """All times at which a power changes, or evenly spaced columns when some of those are too close to be seen."""
    times = [series.index.to_numpy() for name, series in run.series.items() if name.startswith(PREFIX)]
    inside = np.unique(np.concatenate(times))
    inside = inside[(inside > window[0]) & (inside < window[1])]
    edges = np.concatenate([[window[0]], inside, [window[1]]])
    narrow = np.diff(edges) < (window[1] - window[0]) / COLUMNS
    return np.linspace(*window, COLUMNS + 1) if narrow.sum() > 8 else edges


def draw_power(axes, table, edges, time_factor):
    factor, unit = common.scaled(table.sum(axis=1).max(), "W")
    bottom = np.zeros(len(table))
    for i, name in enumerate(table.columns):
        top = bottom + table[name].to_numpy() * factor
        axes.fill_between(edges * time_factor, np.append(bottom, bottom[-1]), np.append(top, top[-1]), step="post",
                          facecolor=common.COLOURS[i], hatch=common.HATCHES[i], edgecolor="white", linewidth=0.0,
                          label=name)
        bottom = top
    mean = (table.sum(axis=1) * np.diff(edges)).sum() / (edges[-1] - edges[0]) * factor
    axes.axhline(mean, color="#222222", linewidth=0.9, linestyle=(0, (5, 3)))
    axes.annotate(f"mean {mean:.3g} {unit}", (0, mean), xycoords=("axes fraction", "data"), xytext=(4, 2),
                  textcoords="offset points", ha="left", va="bottom", fontsize=8,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85})
    axes.set_ylim(0, bottom.max() * 1.08)
    axes.set_ylabel(f"power ({unit})")
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.6)


def draw_temperature(axes, series, window, time_factor):
    times = np.append(series.index.to_numpy(), window[1])
    values = series["value"].to_numpy(dtype="float64") * 1e-3 - KELVIN
    axes.plot(times * time_factor, np.append(values, values[-1]), color=common.COLOURS[3], linewidth=1.4)
    low, high = values.min(), values.max()
    room = max((high - low) * 0.25, 0.02)
    axes.set_ylim(low - room, high + room)
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.set_ylabel("temp. (°C)")


def draw(run, arguments):
    if TOTAL not in run.series or run.series[TOTAL].empty:
        raise ValueError("the run has no power over time to draw")
    end = end_of(run) if arguments.end is None else arguments.end * 1e-3
    window = (arguments.begin * 1e-3, end)
    if window[0] >= window[1]:
        raise ValueError("the window is empty")
    edges = edges_of(run, window)
    table = power_table(run, edges)
    factor, unit = common.scaled(end, "s")
    figure, (top, below) = plt.subplots(2, 1, figsize=(8.5, 4.6), sharex=True, constrained_layout=True,
                                        gridspec_kw={"height_ratios": [3.2, 1]})
    draw_power(top, table, edges, factor)
    draw_temperature(below, run.series["temperature"], window, factor)
    below.set_xlim(window[0] * factor, window[1] * factor)
    below.set_xlabel(f"simulated time ({unit})")
    top.set_title(common.title(run, "Power and temperature"))
    figure.align_ylabels()
    return figure


if __name__ == "__main__":
    sys.exit(common.run_plot(__doc__, draw, common.add_window, example="scripts/plot/power.py out/run.h5 -o out/power.png"))
