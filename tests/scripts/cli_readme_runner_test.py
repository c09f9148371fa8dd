#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/ci/run_readme_commands.py on small READMEs of its own."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

RUNNER = pathlib.Path(sys.argv.pop(1)).resolve()


class ReadmeRunner(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)

    def run_on(self, text, *options):
        readme = self.root / "README.md"
        readme.write_text(text, encoding="utf-8")
        return subprocess.run([sys.executable, RUNNER, *options, readme], capture_output=True, text=True, check=False)

    def test_commands_run_in_the_directory_of_the_readme(self):
        done = self.run_on("# A\n```sh\necho hello > made\n```\n")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual((self.root / "made").read_text(), "hello\n")

    def test_lines_without_dollar_are_output_when_others_have_one(self):
        done = self.run_on("```sh\n$ true\nfalse\n$ true\n```\n")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("2 commands, 0 failed", done.stdout)

    def test_console_blocks_run_only_lines_with_dollar(self):
        done = self.run_on("```console\n$ true\nfalse\n```\n```console\nfalse\n```\n")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("1 commands, 0 failed", done.stdout)

    def test_failure_names_line_and_output(self):
        done = self.run_on("text\n```sh\ntrue\necho why; exit 3\n```\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("README.md:4: echo why; exit 3\nFAILED: exit code 3, expected 0\nwhy\n", done.stdout)
        self.assertIn("2 commands, 1 failed", done.stdout)

    def test_failure_inside_a_pipe_counts(self):
        self.assertEqual(self.run_on("```sh\nfalse | cat\n```\n").returncode, 1)

    def test_expected_exit_code_goes_with_the_next_block_only(self):
        self.assertEqual(self.run_on("<!-- exit: 1 -->\n\n```sh\nfalse\n```\n").returncode, 0)
        self.assertEqual(self.run_on("<!-- exit: 1 -->\n```sh\ntrue\n```\n").returncode, 1)
        self.assertEqual(self.run_on("<!-- exit: 1 -->\n```sh\nfalse\n```\n```sh\nfalse\n```\n").returncode, 1)
        self.assertEqual(self.run_on("<!-- exit: 1 -->\ntext\n```sh\nfalse\n```\n").returncode, 1)

    def test_continued_lines_are_one_command(self):
        done = self.run_on("```sh\n$ test a = \\\n    a\noutput\n```\n")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("1 commands, 0 failed", done.stdout)

    def test_setup_commands_other_languages_and_comments_do_not_run(self):
        done = self.run_on("```sh\nscripts/quickstart\n./scripts/test --fast\n# note\ntrue\n```\n"
                           "```yaml\nfalse\n```\n```\nfalse\n```\n")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("skipped: scripts/quickstart", done.stdout)

    def test_programs_of_the_build_come_first(self):
        program = self.root / "bin" / "ls"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\nexit 7\n", encoding="utf-8")
        program.chmod(0o755)
        self.assertEqual(self.run_on("<!-- exit: 7 -->\n```sh\nls\n```\n", "--bin", program.parent).returncode, 0)

    def test_nothing_to_run_is_a_failure(self):
        self.assertEqual(self.run_on("no blocks\n").returncode, 1)
        self.assertIn("not closed", self.run_on("```sh\ntrue\n").stderr)
        missing = subprocess.run([sys.executable, RUNNER, self.root / "none.md"], capture_output=True, text=True, check=False)
        self.assertEqual(missing.returncode, 1)
        self.assertIn("there is no such file", missing.stderr)


if __name__ == "__main__":
    unittest.main()
