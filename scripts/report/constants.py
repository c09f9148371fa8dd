#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calibration constants: writes their table into configs/CALIBRATION.md and fails when it does not hold.

    scripts/report/constants.py             exit code 1: a rule is broken, or the page is out of date
    scripts/report/constants.py --accept    writes the page

Reads constants.csv, figures.csv and runs.csv of --tables. `name` is a path in a part or a phone, such as
npu_hexagon_v75.call or phone_8gen3.components.noc.ports.l3.outstanding, elements of lists by their number; or what a run
sets: `run cpu_i8 cpu0.clusters.1.use`, or one of its options: `run gpu_f16 --lowering`. A value without a number is a choice
between `low` and `high`. fitted_on and checked_on name figures, or a table of --tables by its file (all of its rows). Rules:
the value is what the file has and lies in its range; what one constant was fitted on checks no constant at all and is not
called "checked"; every figure called "fitted" is named by a constant.
"""

import argparse
import pathlib
import re
import shlex
import sys

import yaml

from calibration_tables import ROOT, TABLES, accept_or_compare, figures_of, rows_of

BEGIN, END = "<!-- constants: begin -->", "<!-- constants: end -->"
COLUMNS = ("name", "meaning", "value", "low", "high", "fitted_on", "checked_on", "source")
UNITS = {"": 1.0, "ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "B": 1.0, "KiB": 2.0**10, "MiB": 2.0**20, "MHz": 1e6,
         "GHz": 1e9, "GB/s": 1e9, "cycles": 1.0, "pJ": 1e-12, "fJ": 1e-15, "mW": 1e-3, "W": 1.0}


class Broken(Exception):
    """A rule does not hold; the text says which."""


def quantity(text):
    """(number in base units, dimension); "300 us" and 0.3 are quantities."""
    found = re.fullmatch(r"\s*([-+0-9.eE]+)\s*([A-Za-z/]*)\s*", str(text))
    if not found or found[2] not in UNITS:
        raise Broken(f"'{text}' is no quantity")
    base = {"ns": "s", "us": "s", "ms": "s", "KiB": "B", "MiB": "B", "MHz": "Hz", "GHz": "Hz", "mW": "W", "fJ": "J", "pJ": "J"}
    return float(found[1]) * UNITS[found[2]], base.get(found[2], found[2])


def entry(value, key):
    if isinstance(value, list):
        return value[int(key)] if key.isdigit() and int(key) < len(value) else None
    return value.get(key) if isinstance(value, dict) else None


def stored(root, name):
    """The scalar at a path of a part or a phone."""
    file, *keys = name.split(".")
    paths = [path for kind in ("parts", "soc") if (path := root / kind / (file + ".yaml")).exists()]
    if not paths:
        raise Broken(f"there is no part or phone '{file}'")
    value = yaml.safe_load(paths[0].read_text(encoding="utf-8"))
    for key in keys:
        value = entry(value, key)
        if value is None:
            raise Broken(f"{paths[0].name} has no '{'.'.join(keys)}'")
    return value


def set_by(tables, run, path):
    """What a row of runs.csv sets `path` to, or the word after an option of it."""
    for row in rows_of(tables / "runs.csv"):
        words = shlex.split(row["options"]) if row["run"] == run else []
        for word, following in zip(words, [*words[1:], ""]):
            if word.startswith(path + "="):
                return word.partition("=")[2]
            if word == path and path.startswith("--"):
                return following
    raise Broken(f"no run '{run}' sets {path}")


def actual(root, tables, name):
    words = name.split()
    return set_by(tables, words[1], words[2]) if len(words) == 3 and words[0] == "run" else stored(root, name)


def is_choice(row):
    return not re.match("[-+0-9.]", row["low"])


def check_choice(root, tables, row):
    if row["value"] not in (row["low"], row["high"]):
        raise Broken(f"{row['value']} is neither {row['low']} nor {row['high']}")
    has = actual(root, tables, row["name"])
    if str(has) != row["value"]:
        raise Broken(f"the file has {has}, the table {row['value']}")


def check_value(root, tables, row):
    if is_choice(row):
        check_choice(root, tables, row)
        return
    value, dimension = quantity(row["value"])
    low, high = quantity(row["low"]), quantity(row["high"])
    if {low[1], high[1]} != {dimension}:
        raise Broken(f"the range {row['low']} to {row['high']} has another dimension than {row['value']}")
    if not low[0] <= value <= high[0]:
        raise Broken(f"{row['value']} is outside {row['low']} to {row['high']}")
    has = actual(root, tables, row["name"])
    if quantity(has) != (value, dimension):
        raise Broken(f"the file has {has}, the table {row['value']}")


def check_figures(tables, row, kinds, fitted_by):
    fitted, checked = row["fitted_on"].split(), row["checked_on"].split()
    for name in fitted + checked:
        if name not in kinds and not (name.endswith(".csv") and (tables / name).exists()):
            raise Broken(f"there is no figure '{name}'")
        if name in checked and name in fitted_by:
            raise Broken(f"'{name}' is both fitted and checked on (fitted: {fitted_by[name]})")
    for name in fitted:
        if kinds.get(name) == "checked":
            raise Broken(f"it was fitted on '{name}', which figures.csv calls checked")
    if not fitted:
        raise Broken("it names no figure that it was fitted on")


def problems(configs, tables, constants, figures):
    kinds = {figure["id"]: figure["kind"] for figure in figures}
    fitted_by = {name: row["name"] for row in constants for name in row["fitted_on"].split()}
    found = []
    for row in constants:
        for check in (lambda r: check_value(configs, tables, r), lambda r: check_figures(tables, r, kinds, fitted_by)):
            try:
                check(row)
            except Broken as error:
                found.append(f"{row['name']}: {error}")
    found += [f"figure '{name}' is called fitted, but no constant was fitted on it"
              for name, kind in kinds.items() if kind == "fitted" and name not in fitted_by]
    names = [row["name"] for row in constants]
    found += [f"{name}: is listed twice" for name in sorted(set(names)) if names.count(name) > 1]
    return found


def markdown(constants, figures):
    titles = {figure["id"]: figure["figure"] for figure in figures}
    def listed(ids):
        return "; ".join(titles.get(name, name) for name in ids.split()) or "-"
    lines = ["| name | meaning | value | range | fitted on | checked on | source |", "|---|---|---|---|---|---|---|"]
    lines += [f"| `{row['name']}` | {row['meaning']} | {row['value']} | {row['low']} {'or' if is_choice(row) else 'to'} {row['high']} "
              f"| {listed(row['fitted_on'])} | {listed(row['checked_on'])} | {row['source']} |" for row in constants]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=pathlib.Path, default=TABLES)
    parser.add_argument("--configs", type=pathlib.Path, default=ROOT / "configs")
    parser.add_argument("--page", type=pathlib.Path, default=ROOT / "configs/CALIBRATION.md")
    parser.add_argument("--accept", action="store_true", help="write the table into the page")
    arguments = parser.parse_args()
    constants, figures = rows_of(arguments.tables / "constants.csv"), figures_of(arguments.tables)
    if constants and tuple(constants[0]) != COLUMNS:
        raise SystemExit(f"constants.csv: expected the columns {', '.join(COLUMNS)}")
    found = problems(arguments.configs, arguments.tables, constants, figures)
    text = "\n" + markdown(constants, figures) + "\n"
    if not accept_or_compare(arguments.page, BEGIN, END, text, arguments.accept):
        found.append("the table of constants is out of date; scripts/report/constants.py --accept rewrites it")
    print("\n".join(found) or f"{len(constants)} constants", file=sys.stderr if found else sys.stdout)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
