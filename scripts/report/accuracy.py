#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Published figures against simulated ones: runs the simulator, checks each ratio, writes the README's summary and the
page of all figures.

Reads runs.csv, figures.csv and notes.csv of --tables (README.md there explains the columns). Exit code 1: a ratio left its
band, or a table is not what the simulator gives now (--accept rewrites them). `kind` of a figure: fitted (a part's value
was chosen from it), checked (nothing was), deviation (outside what we would call a match, for the reason in the note;
still asserted).
"""

import argparse
import concurrent.futures
import csv
import functools
import math
import pathlib
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import handset_results  # noqa: E402
from calibration_tables import KINDS, ROOT, TABLES, accept_or_compare, figures_of, rows_of  # noqa: E402

BEGIN, END = "<!-- accuracy: begin -->", "<!-- accuracy: end -->"
FIGURES_BEGIN, FIGURES_END = "<!-- figures: begin -->", "<!-- figures: end -->"
DECODE_BEGIN, DECODE_END = "<!-- decode: begin -->", "<!-- decode: end -->"
SCALES = {"s": 1.0, "ms": 1e3, "us": 1e6, "token/s": 1.0, "GB/s": 1e-9, "GMAC/s": 1e-9, "W": 1.0, "mJ/token": 1e3, "x": 1.0}


class OpList:
    """What `handset op --csv` wrote: one row per shape, by label; numbers in SI units."""

    def __init__(self, path):
        self.rows = {row["op"]: {name.partition(" [")[0]: cell for name, cell in row.items()} for row in rows_of(path)}

    def cell(self, label, column):
        if label not in self.rows:
            raise SystemExit(f"no op is called '{label}' (known: {', '.join(self.rows)})")
        return float(self.rows[label][column])


def finished(command, name):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"run {name} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def simulate(handset, tables, row, directory):
    """Runs one row of runs.csv without data: a handset_results.Run, or an OpList."""
    own = tables / "soc" / (row["soc"] + ".yaml")
    soc = ["--soc", own if own.exists() else ROOT / "configs/soc" / (row["soc"] + ".yaml")]
    options = [word.replace("TABLES/", f"{tables}/") for word in shlex.split(row["options"])]
    if row["command"] == "op":
        path = directory / (row["run"] + ".csv")
        finished([handset, "op", *options, *soc, "--csv", path], row["run"])
        return OpList(path)
    if row["command"] != "run":
        raise SystemExit(f"runs.csv: unknown command '{row['command']}'")
    path = directory / (row["run"] + ".h5")
    workload = ROOT / "configs/workloads" / (row["workload"] + ".yaml")
    finished([handset, "run", "--quiet", "--data", "off", "-o", path, *soc, "--workload", workload, *options], row["run"])
    return handset_results.load(path)


def op_bandwidth(ops, kernel, device):
    """Bytes per second of a kernel on a device; of the last op for compute, of all together for loads."""
    chosen = ops[(ops["kernel"] == kernel) & (ops["device"] == device)]
    if kernel != "load":
        chosen = chosen.tail(1)
    return chosen["bytes_written" if kernel == "load" else "bytes_read"].sum() / (
        chosen["end"].max() - chosen["start"].min())


def op_time(run, name, phase):
    ops = run.ops_seconds()
    chosen = ops[(ops["op"] == name) & (ops["phase"] == phase)].iloc[0]
    return chosen["end"] - chosen["start"]


def decode_energy_net(run):
    """Joules per decoded token without the base power and its share of the regulators' loss."""
    base = run.counter("power.energy_base") * handset_results.FEMTO / run.metric("total_time")
    return run.metric("energy_per_token") - base / run.metric("decode_rate")


MEASURES = {
    "metric": lambda run, name: run.metric(name),
    "bandwidth": lambda run, kernel, device: op_bandwidth(run.ops_seconds(), kernel, device),
    "op": op_time,
    "decode_energy_net": decode_energy_net,
    "decode_power": lambda run: decode_energy_net(run) * run.metric("decode_rate"),
    "cell": OpList.cell,
}


def measure(runs, run, how):
    """A figure in SI units. `how` is the column `measure` of figures.csv: a word of MEASURES and its arguments, of `run` or
    of the run named before a colon; "a / b" divides two of them."""
    if " / " in how:
        above, below = how.split(" / ", 1)
        return measure(runs, run, above) / measure(runs, run, below)
    named, colon, rest = how.partition(":")
    what, *arguments = (rest if colon else how).split()
    name = named if colon else run
    if what not in MEASURES:
        raise SystemExit(f"figures.csv: unknown measure '{how}'")
    if name not in runs:
        raise SystemExit(f"figures.csv: there is no run '{name}' for '{how}'")
    return MEASURES[what](runs[name], *arguments)


def shown(value):
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def compare(figures, runs):
    """(rows of the table, complaints)"""
    rows, complaints = [], []
    for figure in figures:
        simulated = measure(runs, figure["run"], figure["measure"]) * SCALES[figure["unit"]]
        ratio = simulated / float(figure["published"])
        low, high = float(figure["ratio_low"]), float(figure["ratio_high"])
        if not low <= ratio <= high:
            complaints.append(f"{figure['figure']}: ratio {ratio:.3f} is outside {low} to {high}")
        rows.append({**figure, "simulated": shown(simulated), "ratio": f"{ratio:.2f}", "exact_ratio": ratio})
    return rows, complaints


def markdown(rows, notes):
    lines = ["| figure | published | simulated | ratio | kind | source |", "|---|---|---|---|---|---|"]
    for row in rows:
        note = f" ({row['note']})" if row["note"] else ""
        unit = "" if row["unit"] == "x" else f" {row['unit']}"
        lines.append(f"| {row['figure']} | {row['published']}{unit} | {row['simulated']} | {row['ratio']} "
                     f"| {row['kind']}{note} | {row['source']} |")
    used = {row["note"] for row in rows}
    lines.append("")
    lines += [f"- ({note['note']}) {note['text']}" for note in notes if note["note"] in used]
    return "\n".join(lines)


def ratio_range(rows):
    ratios = [row["exact_ratio"] for row in rows]
    return f"{min(ratios):.2f}-{max(ratios):.2f}" if len(ratios) > 1 else "".join(f"{ratio:.2f}" for ratio in ratios)


def summary_markdown(rows):
    """A line per group: how many figures are of which kind, and their ratios."""
    lines = ["| compared with | figures | fitted | ratios | checked | ratios | deviations | ratios |",
             "|---|---|---|---|---|---|---|---|"]
    for group in dict.fromkeys(row["group"] for row in rows):
        members = [row for row in rows if row["group"] == group]
        cells = []
        for kind in KINDS:
            of_kind = [row for row in members if row["kind"] == kind]
            cells += [str(len(of_kind) or ""), ratio_range(of_kind)]
        lines.append(f"| {group} | {len(members)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def decode_markdown(rows):
    """One table per series of decode rates: what one device makes of different models."""
    lines = []
    for series in dict.fromkeys(row["series"] for row in rows if row["series"]):
        members = [row for row in rows if row["series"] == series]
        logs = [math.log(row["exact_ratio"]) for row in members]
        mean = sum(logs) / len(logs)
        within = sum(abs(row["exact_ratio"] - 1) <= 0.15 for row in members)
        lines += [f"## {series}", "", f"{len(members)} row{'s' if len(members) > 1 else ''}, {within} within 15 %; geometric mean of the ratios "
                  f"{math.exp(mean):.2f}, from {math.exp(min(logs)):.2f} to {math.exp(max(logs)):.2f}.", "",
                  "| figure | measured token/s | simulated | ratio | kind |", "|---|---|---|---|---|"]
        lines += [f"| {row['figure']} | {row['published']} | {row['simulated']} | {row['ratio']} | {row['kind']} |"
                  for row in members]
        lines.append("")
    return "\n".join(lines)


def write_csv(path, rows):
    names = ["id", "figure", "series", "published", "unit", "simulated", "exact_ratio", "kind", "ratio_low", "ratio_high"]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--handset", type=pathlib.Path, default=ROOT / "build/release/bin/handset")
    parser.add_argument("--tables", type=pathlib.Path, default=TABLES)
    parser.add_argument("--readme", type=pathlib.Path, default=ROOT / "README.md")
    parser.add_argument("--page", type=pathlib.Path, default=ROOT / "results/accuracy.md", help="page of all figures")
    parser.add_argument("--accept", action="store_true", help="write the summary into the README, and the page")
    parser.add_argument("--only", nargs="+", metavar="RUN", help="only the figures of these runs; compares no page")
    parser.add_argument("--csv", type=pathlib.Path, help="also write figures and ratios here")
    return parser.parse_args()


def needed(figures, only):
    """Figures that need no run outside `only`."""
    def runs_of(figure):
        terms = figure["measure"].split(" / ")
        return {term.partition(":")[0] if ":" in term else figure["run"] for term in terms}
    return [figure for figure in figures if runs_of(figure) <= set(only)]


def main():
    arguments = parse()
    figures, rows = figures_of(arguments.tables), rows_of(arguments.tables / "runs.csv")
    if arguments.only:
        figures = needed(figures, arguments.only)
        rows = [row for row in rows if row["run"] in arguments.only]
    with tempfile.TemporaryDirectory() as directory, concurrent.futures.ThreadPoolExecutor(2) as pool:
        run = functools.partial(simulate, arguments.handset.resolve(), arguments.tables.resolve(),
                                directory=pathlib.Path(directory))
        runs = {row["run"]: result for row, result in zip(rows, pool.map(run, rows))}
    table, complaints = compare(figures, runs)
    if arguments.csv:
        write_csv(arguments.csv, table)
    if arguments.only:
        for row in table:
            print(f"{row['id']:24} {row['published']:>9} {row['unit']:8} {row['simulated']:>9} {row['ratio']} {row['kind']}")
    else:
        for path, begin, end, text in (
                (arguments.readme, BEGIN, END, summary_markdown(table)),
                (arguments.page, FIGURES_BEGIN, FIGURES_END, markdown(table, rows_of(arguments.tables / "notes.csv"))),
                (arguments.page, DECODE_BEGIN, DECODE_END, decode_markdown(table))):
            if not accept_or_compare(path, begin, end, f"\n{text}\n", arguments.accept):
                complaints.append(f"{path.name} is out of date; scripts/report/accuracy.py --accept rewrites it:\n{text}")
    print("\n".join(complaints) or f"{len(table)} figures within their bands", file=sys.stderr if complaints else sys.stdout)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
