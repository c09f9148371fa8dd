#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Published figures against simulated ones: runs the simulator, checks each ratio, writes the README's accuracy table.

Reads runs.csv, figures.csv and notes.csv of --tables. Exit code 1: a ratio left its band, or the table in the README is
not what the simulator gives now (--accept rewrites it). `kind` of a figure: fitted (a part's value was chosen from it),
checked (nothing was), deviation (outside what we would call a match, for the reason in the note; still asserted).
"""

import argparse
import concurrent.futures
import csv
import pathlib
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
import handset_results  # noqa: E402

KINDS = ("fitted", "checked", "deviation")
BEGIN, END = "<!-- accuracy: begin -->", "<!-- accuracy: end -->"
SCALES = {"s": 1.0, "ms": 1e3, "token/s": 1.0, "GB/s": 1e-9, "W": 1.0, "mJ/token": 1e3}


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def simulate(handset, row, directory):
    """Runs one row of runs.csv without data; the result as handset_results.Run."""
    path = directory / (row["run"] + ".h5")
    command = [handset, "run", "--quiet", "--data", "off", "-o", path,
               "--soc", ROOT / "configs/soc" / (row["soc"] + ".yaml"),
               "--workload", ROOT / "configs/workloads" / (row["workload"] + ".yaml"), *shlex.split(row["options"])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"run {row['run']} ended with {done.returncode}: {done.stderr.strip()}")
    return handset_results.load(path)


def op_bandwidth(ops, kernel, device):
    """Bytes per second of a kernel on a device; of the last op for compute, of all together for loads."""
    chosen = ops[(ops["kernel"] == kernel) & (ops["device"] == device)]
    if kernel != "load":
        chosen = chosen.tail(1)
    return chosen["bytes_written" if kernel == "load" else "bytes_read"].sum() / (
        chosen["end"].max() - chosen["start"].min())


def decode_energy_net(run):
    """Joules per decoded token without the base power and its share of the regulators' loss."""
    base = run.counter("power.energy_base") * handset_results.FEMTO / run.metric("total_time")
    return run.metric("energy_per_token") - base / run.metric("decode_rate")


def measure(run, how):
    """A figure of a run in SI units; `how` is the column `measure` of figures.csv."""
    what, *arguments = how.split()
    if what == "metric":
        return run.metric(arguments[0])
    if what == "bandwidth":
        return op_bandwidth(run.ops_seconds(), *arguments)
    if what == "op":
        ops = run.ops_seconds()
        chosen = ops[(ops["op"] == arguments[0]) & (ops["phase"] == arguments[1])].iloc[0]
        return chosen["end"] - chosen["start"]
    if what == "decode_energy_net":
        return decode_energy_net(run)
    if what == "decode_power":
        return decode_energy_net(run) * run.metric("decode_rate")
    raise SystemExit(f"figures.csv: unknown measure '{how}'")


def compare(figures, runs):
    """(rows of the table, complaints)"""
    rows, complaints = [], []
    for figure in figures:
        if figure["kind"] not in KINDS:
            raise SystemExit(f"figures.csv: unknown kind '{figure['kind']}'")
        published = float(figure["published"])
        simulated = measure(runs[figure["run"]], figure["measure"]) * SCALES[figure["unit"]]
        ratio = simulated / published
        low, high = float(figure["ratio_low"]), float(figure["ratio_high"])
        if not low <= ratio <= high:
            complaints.append(f"{figure['figure']}: ratio {ratio:.3f} is outside {low} to {high}")
        rows.append({**figure, "simulated": f"{simulated:.3g}" if simulated < 1000 else f"{simulated:.0f}", "ratio": f"{ratio:.2f}"})
    return rows, complaints


def markdown(rows, notes):
    lines = ["| figure | published | simulated | ratio | kind | source |", "|---|---|---|---|---|---|"]
    for row in rows:
        note = f" ({row['note']})" if row["note"] else ""
        lines.append(f"| {row['figure']} | {row['published']} {row['unit']} | {row['simulated']} | {row['ratio']} "
                     f"| {row['kind']}{note} | {row['source']} |")
    used = {row["note"] for row in rows}
    lines.append("")
    lines += [f"- ({note['note']}) {note['text']}" for note in notes if note["note"] in used]
    return "\n".join(lines)


def committed(text):
    begin, end = text.find(BEGIN), text.find(END)
    if begin < 0 or end < begin:
        raise SystemExit(f"README has no lines '{BEGIN}' and '{END}'")
    return begin + len(BEGIN), end


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--handset", type=pathlib.Path, default=ROOT / "build/release/bin/handset")
    parser.add_argument("--tables", type=pathlib.Path, default=ROOT / "tests/calibration")
    parser.add_argument("--readme", type=pathlib.Path, default=ROOT / "README.md")
    parser.add_argument("--accept", action="store_true", help="write the table into the README")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, concurrent.futures.ThreadPoolExecutor(2) as pool:
        rows = rows_of(arguments.tables / "runs.csv")
        results = pool.map(lambda row: simulate(arguments.handset.resolve(), row, pathlib.Path(directory)), rows)
        runs = {row["run"]: result for row, result in zip(rows, results)}
    table, complaints = compare(rows_of(arguments.tables / "figures.csv"), runs)
    new = "\n" + markdown(table, rows_of(arguments.tables / "notes.csv")) + "\n"
    text = arguments.readme.read_text(encoding="utf-8")
    begin, end = committed(text)
    if arguments.accept:
        arguments.readme.write_text(text[:begin] + new + text[end:], encoding="utf-8")
    elif text[begin:end] != new:
        complaints.append("the accuracy table of the README is out of date; scripts/report/accuracy.py --accept rewrites it:"
                          + new)
    print("\n".join(complaints) or f"{len(table)} figures within their bands", file=sys.stderr if complaints else sys.stdout)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
