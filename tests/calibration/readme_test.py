#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Executes a document: its sh blocks line by line, its python blocks, and its console blocks, whose output must be what
is printed (line breaks aside; a line `...` stands for anything). A cpp block must stand in the file that the link before
it names. `--accept` writes what is printed now into the document; output abridged with `...` is left to the writer.
Commands start in the root of the repository.

usage: readme_test.py DIRECTORY_OF_HANDSET REPOSITORY [--document README.md] [--accept]
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("repository", type=pathlib.Path)
    parser.add_argument("--document", default="README.md")
    parser.add_argument("--accept", action="store_true")
    return parser.parse_args()


OPTIONS = arguments()
BINARIES = OPTIONS.binaries.resolve()
REPOSITORY = OPTIONS.repository.resolve()
DOCUMENT = REPOSITORY / OPTIONS.document
ACCEPT = OPTIONS.accept
LONGEST = 600  # seconds; a command takes a few, a sweep half a minute, on an idle computer
WIDTH = 118  # of a line of output


def blocks(text):
    """(language, content) of every fenced block."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def links(text):
    """Targets of all links, without what looks like one in a fenced block."""
    prose = re.sub(r"^```\w+\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"\]\(([^)#]+)\)", prose)


def quotes(text):
    """(link, content) of every cpp block and of the last link before it."""
    found = []
    for match in re.finditer(r"^```cpp\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        before = links(text[:match.start()])
        found.append((before[-1] if before else "", match[1]))
    return found


def commands_with_output(block):
    """(command, expected output) of a console block."""
    parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2]))


def pattern(expected):
    """A regular expression for the words of the output."""
    pieces = [r"\s+".join(map(re.escape, piece.split())) for piece in re.split(r"^\.\.\.$", expected, flags=re.MULTILINE)]
    return r"\s*" + r".*".join(pieces) + r"\s*"


class Document(unittest.TestCase):
    def setUp(self):
        # The repository as links, so that what the commands write below out/ does not land in it.
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        for entry in REPOSITORY.iterdir():
            if entry.name not in ("out", "build", ".git"):
                (self.root / entry.name).symlink_to(entry)
        self.text = DOCUMENT.read_text(encoding="utf-8")

    def run_in_root(self, *command):
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False, timeout=LONGEST,
                              env={**os.environ, "PATH": f"{BINARIES}:{os.environ['PATH']}",
                                   "PYTHONDONTWRITEBYTECODE": "1"})

    def check_shell(self, block):
        done = self.run_in_root("/bin/bash", "-euc", block)
        self.assertEqual(done.returncode, 0, f"{block}\n{done.stderr}")

    def check_console(self, block):
        for command, expected in commands_with_output(block):
            done = self.run_in_root("/bin/bash", "-c", command)
            if ACCEPT and "..." not in expected.splitlines():
                self.accept(f"$ {command}\n", expected, done.stdout)
                continue
            self.assertRegex(done.stdout, re.compile(r"\A" + pattern(expected) + r"\Z", re.DOTALL), command)

    def accept(self, prompt, old, printed):
        lines = [part for line in printed.splitlines() for part in textwrap.wrap(line, WIDTH) or [""]]
        self.text = self.text.replace(prompt + old, prompt + "\n".join(lines) + "\n")
        DOCUMENT.write_text(self.text, encoding="utf-8")

    def check_python(self, block):
        done = self.run_in_root("/usr/bin/python3", "-c", block)
        self.assertEqual(done.returncode, 0, f"{block}\n{done.stderr}")

    def test_all_commands_do_what_is_shown(self):
        checks = {"sh": self.check_shell, "console": self.check_console, "python": self.check_python}
        seen = set()
        for language, block in blocks(self.text):
            if language in checks:
                seen.add(language)
                with self.subTest(block.splitlines()[0]):
                    checks[language](block)
        self.assertEqual(seen, set(checks))

    def test_files_it_links_to_exist(self):
        for target in links(self.text):
            if "://" not in target:
                with self.subTest(target):
                    self.assertTrue((DOCUMENT.parent / target).exists(), target)

    def test_quoted_sources_stand_in_the_files_they_name(self):
        for target, block in quotes(self.text):
            with self.subTest(target):
                self.assertIn(block.rstrip("\n"), (DOCUMENT.parent / target).read_text(encoding="utf-8"))

    def test_another_output_is_noticed(self):
        self.assertEqual(commands_with_output("$ a\nx\n$ b\n"), [("a", "x\n"), ("b", "")])
        self.assertIsNotNone(re.fullmatch(pattern("one\ntwo\n...\nfive"), "one two three\nfour\nfive\n", re.DOTALL))
        self.assertIsNone(re.fullmatch(pattern("one\n...\nsix"), "one two\nfive\n", re.DOTALL))
        self.assertEqual(quotes("[a](a.md)\n[b](b.cpp):\n\n```cpp\nint b;\n```\n"), [("b.cpp", "int b;\n")])
        self.assertEqual(links("[a](a.md)\n```cpp\n[](int b) {}\n```\n[c](c.md#d)"), ["a.md"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
