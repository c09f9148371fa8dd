#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every op of a run under the roof of its device: rate of multiply-accumulates over operational intensity, coloured by
kernel, with a mark for what the op spent most of its time on. Bytes are those the device moved through its port; a dot
left of the DRAM slope was served by a cache. Ops without MACs have no place in the picture and are counted below it."""

import sys

import common
import numpy as np
import yaml
from common import plt
from matplotlib.lines import Line2D

FORMATS = ("fp32", "fp16", "int8", "int4", "w8a16", "w4a16")
MOST_KERNELS = len(common.COLOURS) - 1  # the last, grey, is for all others
#: bound -> (column of the op table, marker, what the legend says)
BOUNDS = {
    "compute": ("matrix_time", "s", "matrix unit"),
    "vector": ("vector_time", "^", "vector unit"),
    "DMA": ("transfer_time", "o", "loads and stores"),
    "call": ("call_time", "X", "calls, overheads"),
}
PREFIXES = {"": 1, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
ROOF_SPAN = 0.15  # decades; roofs closer than this to one already named get no name of their own
ROOF_LENGTH = 5  # the highest roof reaches at least so far beyond its slope


def hertz(text):
    """'3.15 GHz' as a number."""
    number, unit = str(text).split()
    return float(number) * PREFIXES[unit[:-2]]


def cpu_peak(part, number_format):
    return sum(cluster["use"] * cluster["macs_per_cycle"].get(number_format, 0) * hertz(cluster["clock"])
               for cluster in part["clusters"])


def gpu_peak(part, number_format):
    return part["compute_units"] * part["macs_per_unit"].get(number_format, 0) * hertz(part["clock"])


def npu_peak(part, number_format):
    array = part["array"]
    return (array["rows"] * array["cols"] * array["count"] * part["macs_per_pe"].get(number_format, 0)
            * hertz(part["clock"]))


PEAKS = {"cpu": cpu_peak, "gpu": gpu_peak, "npu": npu_peak}


def components_of(run):
    config = yaml.safe_load(run.config_yaml) or {}
    components = (config.get("soc") or {}).get("components")
    if not components:
        raise ValueError("the result holds no configuration of a phone")
    return components


def roofs_of(part):
    """MAC/s -> number formats that reach it, highest first."""
    roofs = {}
    for number_format in FORMATS:
        peak = PEAKS[part["kind"]](part, number_format)
        if peak > 0:
            roofs.setdefault(peak, []).append(number_format)
    return dict(sorted(roofs.items(), reverse=True))


def dram_rate(components):
    """Bytes per second of all channels of all DRAMs."""
    return sum(part["channels"] * part["channel_bits"] / 8 * hertz(part["data_rate"])
               for part in components.values() if part["kind"] == "dram")


def points_of(run):
    """Ops with MACs: intensity (MAC/B), rate (MAC/s), bound."""
    ops = run.ops_seconds()
    ops = ops[(ops["macs"] > 0) & (ops["end"] > ops["start"])].copy()
    ops["intensity"] = ops["macs"] / (ops["bytes_read"] + ops["bytes_written"]).clip(lower=1)
    ops["rate"] = ops["macs"] / (ops["end"] - ops["start"])
    times = ops[[column for column, _, _ in BOUNDS.values()]].to_numpy()
    ops["bound"] = np.array(list(BOUNDS))[times.argmax(axis=1)] if len(ops) else ""
    return ops


def draw_roofs(axes, part, bandwidth, window):
    """The slope of the DRAM up to the highest roof, and a roof per number format with its name at the right end."""
    roofs = roofs_of(part)
    highest = max(roofs)
    axes.plot([window[0], highest / bandwidth], [window[0] * bandwidth, highest], color="#444444", linewidth=1.2)
    factor, unit = common.scaled_rate(bandwidth, "B/s")
    at = window[0] ** 0.3 * (highest / bandwidth) ** 0.7
    axes.annotate(f"DRAM {bandwidth * factor:.3g} {unit}", (at, at * bandwidth), xytext=(-5, 3),
                  textcoords="offset points", ha="right", va="bottom", fontsize=7, color="#444444")
    named = []
    for i, (peak, formats) in enumerate(roofs.items()):
        axes.plot([peak / bandwidth, window[1]], [peak, peak], color="#444444", linewidth=1.2 if i == 0 else 0.7,
                  linestyle="-" if i == 0 else "--")
        if all(abs(np.log10(peak / other)) > ROOF_SPAN for other in named):
            factor, unit = common.scaled_rate(peak, "MAC/s")
            axes.annotate(f"{', '.join(formats)}: {peak * factor:.3g} {unit}", (window[1], peak), xytext=(-2, 2),
                          textcoords="offset points", ha="right", va="bottom", fontsize=7, color="#444444",
                          bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8})
            named.append(peak)


def draw_points(axes, points, colours):
    """The kernels with the most ops first, so that they do not cover the others."""
    order = points.groupby(["kernel", "bound"]).size().sort_values(ascending=False, kind="stable").index
    for kernel, bound in order:
        group = points[(points["kernel"] == kernel) & (points["bound"] == bound)]
        axes.scatter(group["intensity"], group["rate"], s=26, marker=BOUNDS[bound][1], color=colours[kernel],
                     alpha=0.6, linewidths=0.3, edgecolors="white", zorder=3)


def add_legend(axes, points, colours):
    kernels = [Line2D([], [], linestyle="", marker="o", color=colour, label=kernel)
               for kernel, colour in colours.items()]
    marks = [Line2D([], [], linestyle="", marker=marker, color="#777777", label=label)
             for bound, (_, marker, label) in BOUNDS.items() if (points["bound"] == bound).any()]
    heading = {"linestyle": "", "marker": ""}
    axes.legend(
        handles=[Line2D([], [], label="kernel", **heading), *kernels, Line2D([], [], label="", **heading),
                 Line2D([], [], label="most time in", **heading), *marks],
        loc="center left", bbox_to_anchor=(1.02, 0.5), handletextpad=0.2)


def window_of(values, margin):
    """Whole decades around the values."""
    return (10 ** np.floor(np.log10(min(values)) - margin), 10 ** np.ceil(np.log10(max(values)) + margin))


def draw(run, _arguments):
    components = components_of(run)
    points = points_of(run)
    devices = [name for name in components if (points["device"] == name).any()]
    if not devices:
        raise ValueError("the run has no ops with MACs to draw")
    bandwidth = dram_rate(components)
    ranked = points.groupby("kernel").size().sort_values(ascending=False, kind="stable").index
    colours = {kernel: common.COLOURS[min(i, MOST_KERNELS)] for i, kernel in enumerate(ranked)}
    peaks = [max(roofs_of(components[name])) for name in devices]
    across = window_of([*points["intensity"], *(ROOF_LENGTH * peak / bandwidth for peak in peaks)], 0.1)
    up = window_of([*points["rate"], *peaks], 0.1)

    figure, panels = plt.subplots(1, len(devices), figsize=(2.2 + 3.6 * len(devices), 4.2), sharey=True, squeeze=False,
                                  constrained_layout=True)
    for axes, name in zip(panels[0], devices):
        here = points[points["device"] == name]
        draw_roofs(axes, components[name], bandwidth, across)
        draw_points(axes, here, colours)
        axes.set(xscale="log", yscale="log", xlim=across, ylim=up, xlabel="operational intensity (MAC per byte moved)")
        axes.set_title(f"{name}, {len(here)} ops", fontsize=9)
    panels[0][0].set_ylabel("MAC per second")
    add_legend(panels[0][-1], points, colours)
    left_out = len(run.ops) - len(points)
    figure.suptitle(common.title(run, "Roofline") + f"\n{left_out} ops without MACs are not drawn", x=0.01, ha="left",
                    fontsize=10)
    return figure


if __name__ == "__main__":
    sys.exit(common.run_plot(__doc__, draw, example="scripts/plot/roofline.py out/large.h5 -o out/roofline.png"))
