# SPDX-License-Identifier: Apache-2.0
"""What the plots share: command line, look, colours, axis units."""

import argparse
import os
import pathlib
import sys

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend must be chosen first)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import handset_results  # noqa: E402

# Okabe and Ito's colours, which stay apart for colour-blind readers, ordered so that neighbours also differ in grey.
COLOURS = ["#0072B2", "#E69F00", "#56B4E9", "#D55E00", "#009E73", "#F0E442", "#CC79A7", "#7F7F7F"]
# Hatches tell what remains alike when printed in grey.
HATCHES = ["", "////", "", "\\\\\\\\", "....", "", "xxxx", ""]

# And marks tell lines apart.
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]
LINES = ["-", "--", "-.", ":"]

STYLE = {
    "figure.dpi": 150,
    "savefig.dpi": 150,
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "svg.hashsalt": "handset",  # names inside an SVG follow from its content
    "svg.fonttype": "none",  # text stays text
}


def run_plot(description, draw, add_options=None, *, example, kinds=("run",)):
    """Parses `FILE.h5 -o out.png`, calls draw(result, arguments) -> figure, writes it. Exit code 2 for wrong input.

    `add_options(parser)` adds options of the plot's own; `kinds` are the results it draws.
    """
    parser = argparse.ArgumentParser(description=description, epilog=f"example:\n  {example}",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = " or ".join(f"handset {kind}" for kind in kinds)
    parser.add_argument("result", metavar=kinds[0].upper() + ".h5", help=f"result file of {what}")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="image to write (.png, .svg, .pdf)")
    if add_options:
        add_options(parser)
    arguments = parser.parse_args()
    plt.rcParams.update(STYLE)
    try:
        runs = kinds == ("run",)
        load = handset_results.load_run if runs else handset_results.load_sweep
        save(draw(load(arguments.result) if runs else load(arguments.result, kinds), arguments), arguments.output)
    except (handset_results.ResultError, OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    return 0


def save(figure, path):
    """Whole or not at all. No date and no program version in the image: equal results give equal pictures."""
    kind = pathlib.Path(path).suffix[1:] or "png"
    metadata = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None},
                "pdf": {"CreationDate": None, "Producer": None, "Creator": None}}.get(kind)
    unfinished = f"{path}.part"
    try:
        figure.savefig(unfinished, format=kind, metadata=metadata)
        os.replace(unfinished, path)
    finally:
        pathlib.Path(unfinished).unlink(missing_ok=True)


def scaled(largest, unit):
    """(factor, unit with prefix) that bring `largest` between 1 and 1000."""
    for factor, prefix in ((1e12, "p"), (1e9, "n"), (1e6, "µ"), (1e3, "m"), (1, ""), (1e-3, "k")):
        if largest * factor < 1000:
            chosen = (factor, prefix + unit)
            if largest * factor >= 1:
                return chosen
    return 1, unit


def scaled_rate(largest, unit):
    """(factor, unit with prefix) of a large rate: GB/s, TMAC/s."""
    for factor, prefix in ((1e-12, "T"), (1e-9, "G"), (1e-6, "M"), (1e-3, "k")):
        if largest * factor >= 1:
            return factor, prefix + unit
    return 1, unit


def scaled_bytes(largest):
    """(factor, unit) with binary prefixes."""
    factor, unit = 1.0, "B"
    for name in ("KiB", "MiB", "GiB", "TiB"):
        if largest * factor < 1024:
            break
        factor, unit = factor / 1024, name
    return factor, unit


def title(run, what):
    """Headline that says what was run, from the run's attributes."""
    names = [pathlib.Path(run.attributes[key]).stem for key in ("soc", "workload", "policy") if run.attributes.get(key)]
    return what + ("  ·  " + ", ".join(names) if names else "")


def scale_for(largest, unit):
    """(factor, unit with prefix) that suit values up to `largest` of a unit of results."""
    if unit == "B":
        return scaled_bytes(largest)
    if unit in ("B/s", "Hz"):
        return scaled_rate(largest, unit)
    if unit in ("s", "J", "W", "V", "A"):
        return scaled(largest, unit)
    return 1, "" if unit == "1" else unit


def label(name, unit):
    """"decode rate (token/s)" of decode_rate; parameters keep their path."""
    words = name if "." in name else name.replace("_", " ")
    return f"{words} ({unit})" if unit else words


class Column:
    """One axis or metric of a sweep, in the unit it is drawn in."""

    def __init__(self, sweep, name):
        if name not in sweep.axes.index and name not in sweep.metrics:
            raise ValueError(f"'{name}' is neither an axis nor a metric of the sweep; axes: "
                             f"{', '.join(sweep.axes.index)}; metrics: {', '.join(sweep.metrics)}")
        self.name = name
        self.is_axis = name in sweep.axes.index
        self.text = self.is_axis and sweep.axes.at[name, "type"] == "text"
        values = sweep.done()[name]
        self.factor, self.unit = (1, "") if self.text else scale_for(values.abs().max(), sweep.unit(name))
        self.label = label(name, self.unit)

    def scaled(self, values):
        return values if self.text else values * self.factor

    def text_of(self, value):
        """"100 µs": a value of the file in words."""
        return str(value) if self.text else f"{value * self.factor:.4g} {self.unit}".strip()


def axis_column(sweep, name):
    column = Column(sweep, name)
    if not column.is_axis:
        raise ValueError(f"'{name}' is no axis of the sweep; axes: {', '.join(sweep.axes.index)}")
    return column


def metric_column(sweep, name):
    column = Column(sweep, name)
    if column.is_axis:
        raise ValueError(f"'{name}' is an axis, expected a metric: {', '.join(sweep.metrics)}")
    return column


def value_of(sweep, column, text):
    """The value among the points that the user wrote: as in the file, or as drawn ("100 µs", "100")."""
    values = sorted(sweep.points[column.name].unique())
    for value in values:
        if text in (str(value), column.text_of(value), column.text_of(value).split(" ")[0]):
            return value
    for value in values:
        if not column.text and _as_number(text) == value:
            return value
    raise ValueError(f"no point has {column.name}={text}; values: {', '.join(column.text_of(v) for v in values)}")


def _as_number(text):
    try:
        return float(text)
    except ValueError:
        return None


def add_window(parser):
    parser.add_argument("--begin", type=float, default=0.0, metavar="MS", help="first simulated millisecond drawn")
    parser.add_argument("--end", type=float, metavar="MS", help="last simulated millisecond drawn")


def add_fix(parser):
    parser.add_argument("--fix", action="append", default=[], metavar="AXIS=VALUE",
                        help="only points with this value; axes that are not drawn are else fixed at their middle value")


def fixed_points(sweep, drawn, assignments):
    """(points, words) with every axis that is not drawn held at one value: the one asked for, else the middle one."""
    asked = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise ValueError(f"--fix {assignment}: expected AXIS=VALUE")
        column = axis_column(sweep, name)
        if name in drawn:
            raise ValueError(f"--fix {assignment}: that axis is drawn")
        asked[name] = value_of(sweep, column, text)
    points, words = sweep.done(), []
    if points.empty:
        raise ValueError("no point of the sweep ran to its end")
    for name in sweep.varied():
        if name not in drawn:
            values = sorted(points[name].unique())
            value = asked.get(name, values[len(values) // 2] if values else None)
            points = points[points[name] == value]
            words.append(f"{name} = {Column(sweep, name).text_of(value)}")
    if points.empty:
        raise ValueError("no point has " + ", ".join(words))
    return points, ", ".join(words)


def sweep_title(sweep, what, words=""):
    text = f"{what[0].upper()}{what[1:]}  ·  {sweep.name}"
    return text + (f"\nat {words}" if words else "")


def positions(values, column):
    """Where axis values are drawn: numbers as they are, names side by side."""
    if not column.text:
        return column.scaled(np.asarray(values, dtype="float64"))
    names = sorted(set(values))
    return np.array([names.index(value) for value in values], dtype="float64")


def mark_axis(axis, values, column):
    """Ticks at the values themselves; names as names; a log axis where values grow by factors."""
    ticks = sorted(set(values))
    where = positions(ticks, column)
    if not column.text and len(ticks) > 2 and min(ticks) > 0 and max(ticks) / min(ticks) >= 8:
        (axis.axes.set_xscale if axis.axis_name == "x" else axis.axes.set_yscale)("log")
    if len(ticks) <= 8:
        axis.set_ticks(where, [value if column.text else f"{column.scaled(value):.4g}" for value in ticks])
        axis.set_ticks([], minor=True)
    axis.set_label_text(column.label)
