# SPDX-License-Identifier: Apache-2.0
"""What the plots share: command line, look, colours, axis units."""

import argparse
import os
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend must be chosen first)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import handset_results  # noqa: E402

# Okabe and Ito's colours, which stay apart for colour-blind readers, ordered so that neighbours also differ in grey.
COLOURS = ["#0072B2", "#E69F00", "#56B4E9", "#D55E00", "#009E73", "#F0E442", "#CC79A7", "#7F7F7F"]
# Hatches tell what remains alike when printed in grey.
HATCHES = ["", "////", "", "\\\\\\\\", "....", "", "xxxx", ""]

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
}


def run_plot(description, draw, add_options=None):
    """Parses `RUN.h5 -o out.png`, calls draw(run, arguments) -> figure, writes it. Exit code 2 for wrong input.

    `add_options(parser)` adds options of the plot's own.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("run", metavar="RUN.h5", help="result file of handset run")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="image to write (.png, .svg, .pdf)")
    if add_options:
        add_options(parser)
    arguments = parser.parse_args()
    plt.rcParams.update(STYLE)
    try:
        run = handset_results.load(arguments.run)
        figure = draw(run, arguments)
        # No date and no program version in the image: equal results give equal pictures.
        metadata = {"Software": None} if arguments.output.endswith(".png") else None
        unfinished = f"{arguments.output}.part"
        figure.savefig(unfinished, format=pathlib.Path(arguments.output).suffix[1:] or "png", metadata=metadata)
        os.replace(unfinished, arguments.output)
    except (handset_results.ResultError, OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    return 0


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
