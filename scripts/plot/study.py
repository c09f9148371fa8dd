#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The figures of a study: simulated values as bars in parts of what was published, which is marked with its tolerance;
the values themselves stand at the right. Of an order without published values the bars are parts of its first value."""

import dataclasses
import re
import sys

import common
import numpy as np
from common import plt

PUBLISHED = "#222222"
MOST = 4.0  # a bar longer than this is cut and says so
#: verdict -> (colour, hatch, what the legend says); any other is no agreement
LOOKS = {"ok": (common.COLOURS[2], "", "simulated"),
         "deviation": (common.COLOURS[2], "////", "simulated, known to deviate")}
WRONG = (common.COLOURS[1], "xxxx", "simulated, not as expected")


def numbers_of(text):
    """'0.5', '1 .. 1.3' or '3, 2, -' as floats; words and missing values are NaN."""
    values = []
    for part in re.split(r" \.\. |, ", text):
        try:
            values.append(float(part))
        except ValueError:
            values.append(np.nan)
    return values


@dataclasses.dataclass
class Bar:
    name: str
    value: float  #: simulated / scale; NaN: no result
    marks: tuple  #: published / scale: one value, low and high of a range, or none
    tolerance: float
    look: tuple
    text: str  #: simulated, then published, in their unit


def bars_of_range(name, figure, value, low, high, look):
    """In parts of the near end of the range, or of its middle while the value lies inside."""
    scale = float(np.clip(value, low, high)) if np.isfinite(value) else low
    text = value_text(value, f"{low:g} to {high:g}", figure["unit"])
    return [Bar(name, value / scale, (low / scale, high / scale), figure["tolerance"], look, text)]


def value_text(simulated, published, unit):
    simulated = f"{simulated:.4g}" if np.isfinite(simulated) else "no result"
    words = f"{simulated}  |  {published}" if published else simulated
    return f"{words} {unit}" if unit not in ("", "1") else words


def bars_of(name, figure):
    """The bars of one figure: lists have one for each value."""
    look = LOOKS.get(figure["verdict"], WRONG)
    simulated, published = numbers_of(figure["simulated"]), numbers_of(figure["published"])
    if figure["kind"] == "range" and len(published) == 2:
        return bars_of_range(name, figure, simulated[0], *published, look)
    known = len(published) == len(simulated) and np.isfinite(published).all()
    # A shape is compared after both lists are divided by their first values.
    first = simulated[0] / published[0] if known and figure["kind"] == "shape" else 1.0
    bars = []
    for i, value in enumerate(simulated):
        own = f"{name} [{i + 1}]" if len(simulated) > 1 else name
        if known:
            text = value_text(value, f"{published[i]:g}", figure["unit"])
            bars.append(Bar(own, value / published[i] / first, (1.0,), figure["tolerance"], look, text))
        else:
            bars.append(Bar(own, value / simulated[0], (), 0, look, value_text(value, "", figure["unit"])))
    return bars


def draw_bar(axes, row, bar, limit):
    if np.isfinite(bar.value):
        axes.barh(row, min(bar.value, limit), height=0.62, facecolor=bar.look[0], hatch=bar.look[1], edgecolor="white",
                  linewidth=0.4)
        if bar.value > limit:
            axes.annotate(f"{bar.value:.3g} ▸", (limit, row), xytext=(-3, 0), textcoords="offset points", ha="right",
                          va="center", fontsize=8, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8})
    if bar.marks:
        low, high = min(bar.marks), max(bar.marks)
        axes.plot([low * (1 - bar.tolerance), high * (1 + bar.tolerance)], [row, row], color=PUBLISHED, linewidth=1.0,
                  marker="|", markersize=7, zorder=3)
        if high > low:
            axes.plot([low, high], [row, row], color=PUBLISHED, linewidth=3.4, solid_capstyle="butt", zorder=3)
        else:
            axes.plot(low, row, marker="D", markersize=5.5, color=PUBLISHED, markeredgecolor="white", zorder=4)
    axes.annotate(bar.text, (1, row), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points",
                  va="center", fontsize=8, annotation_clip=False)


def add_legend(axes, bars):
    looks = list(dict.fromkeys(bar.look for bar in bars))
    marks = [plt.Rectangle((0, 0), 1, 1, facecolor=colour, hatch=hatch, edgecolor="white", label=words)
             for colour, hatch, words in looks]
    marks.append(plt.Line2D([], [], color=PUBLISHED, marker="D", markeredgecolor="white", linewidth=1.0,
                            label="published, tolerance"))
    axes.figure.legend(handles=marks, loc="lower center", ncols=2, bbox_to_anchor=(0.5, 0.0))


def draw(sweep, _arguments):
    bars = [bar for name, figure in sweep.figures.iterrows() for bar in bars_of(name, figure)]
    if not bars:
        raise ValueError("the study has no figures to draw")
    ends = [end for bar in bars for end in (bar.value, *(mark * (1 + bar.tolerance) for mark in bar.marks))]
    largest = max([end for end in ends if np.isfinite(end)] + [2.0])
    limit = min(largest * 1.05, MOST)
    height = 0.9 + 0.32 * len(bars)
    figure, axes = plt.subplots(figsize=(8.2, height + 0.6))
    for row, bar in enumerate(bars):
        draw_bar(axes, row, bar, limit)
    axes.axvline(1, color="#999999", linewidth=0.8, zorder=0)
    axes.set_yticks(range(len(bars)), [bar.name for bar in bars])
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.set_xlim(0, limit)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("simulated / published")
    verdicts = sweep.figures["verdict"].value_counts(sort=False)
    axes.set_title(f"Study {sweep.name}: " + ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items()))
    axes.annotate("simulated  |  published", (1, 1), xycoords="axes fraction", xytext=(6, 2),
                  textcoords="offset points", fontsize=8, fontweight="bold", annotation_clip=False)
    figure.tight_layout(rect=(0, 0.62 / (height + 0.6), 1, 1))
    add_legend(axes, bars)
    return figure


if __name__ == "__main__":
    sys.exit(common.run_plot(__doc__, draw, kinds=("study",),
                             example="scripts/plot/study.py out/tiny.h5 -o out/study.png"))
