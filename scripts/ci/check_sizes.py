#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Fails for headers over 150 and sources over 400 lines: a file that grows past that holds two things."""

import pathlib
import sys

LIMITS = {".h": 150, ".cpp": 400}
TOPS = ("sim", "hw_models", "workloads", "tests")


def main(arguments):
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parents[2]).resolve()
    files = sorted(f for top in TOPS for f in (root / top).rglob("*") if f.suffix in LIMITS)
    problems = [f"{root}: no sources found"] if not files else []
    for file in files:
        lines = len(file.read_text(encoding="utf-8").splitlines())
        if lines > LIMITS[file.suffix]:
            problems.append(f"{file.relative_to(root)}:{lines}: longer than {LIMITS[file.suffix]} lines")
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
