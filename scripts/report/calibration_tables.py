# SPDX-License-Identifier: Apache-2.0
"""The tables of tests/calibration: published figures, the runs they are compared with, notes. Read and checked here."""

import csv
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TABLES = ROOT / "tests/calibration"
KINDS = ("fitted", "checked", "deviation")


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def figures_of(tables):
    """Rows of figures.csv; SystemExit for an unknown kind or an id that is not unique."""
    figures = rows_of(tables / "figures.csv")
    seen = set()
    for figure in figures:
        if figure["kind"] not in KINDS:
            raise SystemExit(f"figures.csv: unknown kind '{figure['kind']}'")
        if figure["id"] in seen:
            raise SystemExit(f"figures.csv: two figures are called '{figure['id']}'")
        seen.add(figure["id"])
    return figures


def between(path, begin, end):
    """(text, position after the line `begin`, position of `end`)"""
    text = path.read_text(encoding="utf-8")
    first, last = text.find(begin), text.find(end)
    if first < 0 or last < first:
        raise SystemExit(f"{path.name} has no lines '{begin}' and '{end}'")
    return text, first + len(begin), last


def accept_or_compare(path, begin, end, new, accept):
    """Writes `new` between the markers, or says whether it stands there; True when it does."""
    text, first, last = between(path, begin, end)
    if accept:
        path.write_text(text[:first] + new + text[last:], encoding="utf-8")
    return accept or text[first:last] == new
