#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every command of a README's ```sh and ```console blocks in the root of the repository, fails when one does.

In a block, lines that start with "$ " are commands and all others their output; an sh block without such lines holds
commands only. A backslash at the end continues a command, "#" starts a comment. A comment <!-- exit: N --> before a
block, with nothing but blank lines between, expects exit code N from each of its commands. scripts/quickstart and
scripts/test are skipped: continuous integration runs them itself.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

SKIPPED = re.compile(r"(\./)?scripts/(quickstart|test)(\s|$)")
EXPECTED = re.compile(r"<!--\s*exit:\s*(\d+)\s*-->")
LANGUAGES = ("sh", "console")
FENCE = re.compile(r"(```+|~~~+)\s*(\S*)")
TIMEOUT_SECONDS = 600


class Command(NamedTuple):
    line: int
    text: str
    exit_code: int


def commands_of_block(language: str, first_line: int, lines: list[str], exit_code: int) -> list[Command]:
    transcript = language == "console" or any(line.startswith("$ ") for line in lines)
    commands = []
    pending = None  # (line, text) of a command that continues
    for number, line in enumerate(lines, first_line):
        if pending:
            start, text = pending[0], pending[1] + line.strip()
        elif transcript and not line.startswith("$ "):
            continue
        else:
            start, text = number, line.removeprefix("$ ").strip()
        if text.endswith("\\"):
            pending = (start, text[:-1])
            continue
        pending = None
        if text and not text.startswith("#"):
            commands.append(Command(start, text, exit_code))
    if pending:
        commands.append(Command(pending[0], pending[1], exit_code))
    return commands


def extract(text: str) -> list[Command]:
    commands = []
    fence, language, block, start = None, "", [], 0
    exit_code = 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        mark = FENCE.match(stripped)
        if fence is None and mark:
            fence, language, block, start = mark[1], mark[2], [], number + 1
        elif fence is not None and stripped == fence:
            if language in LANGUAGES:
                commands += commands_of_block(language, start, block, exit_code)
            fence, exit_code = None, 0
        elif fence is not None:
            block.append(line)
        elif stripped:
            expected = EXPECTED.fullmatch(stripped)
            exit_code = int(expected[1]) if expected else 0
    if fence is not None:
        raise ValueError(f"the block before line {start} is not closed")
    return commands


def run(command: Command, root: pathlib.Path, environment: dict[str, str]) -> str:
    """Runs one command; returns what went wrong, or nothing."""
    try:
        done = subprocess.run(["/bin/bash", "-o", "pipefail", "-c", command.text], cwd=root, env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"did not end within {TIMEOUT_SECONDS} s"
    if done.returncode != command.exit_code:
        output = done.stdout.decode(errors="replace")
        return f"exit code {done.returncode}, expected {command.exit_code}\n{output}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("readme", type=pathlib.Path)
    parser.add_argument("--bin", type=pathlib.Path, help="directory of the built programs, put first on PATH")
    parser.add_argument("--root", type=pathlib.Path, help="where commands run; default: the directory of README")
    parser.add_argument("--list", action="store_true", help="print the commands instead of running them")
    options = parser.parse_args()
    if not options.readme.is_file():
        print(f"{options.readme}: there is no such file", file=sys.stderr)
        return 1
    try:
        commands = extract(options.readme.read_text(encoding="utf-8"))
    except ValueError as error:
        print(f"{options.readme}: {error}", file=sys.stderr)
        return 1
    root = (options.root or options.readme.parent).resolve()
    environment = dict(os.environ)
    if options.bin:
        environment["PATH"] = f"{options.bin.resolve()}:{environment['PATH']}"
    failures = 0
    for command in commands:
        skipped = SKIPPED.match(command.text) is not None
        print(f"{options.readme.name}:{command.line}: {'skipped: ' if skipped else ''}{command.text}", flush=True)
        problem = "" if skipped or options.list else run(command, root, environment)
        if problem:
            failures += 1
            print(f"FAILED: {problem}", flush=True)
    if not commands:
        print(f"{options.readme}: no commands found in its sh and console blocks", file=sys.stderr)
        return 1
    print(f"{len(commands)} commands, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
