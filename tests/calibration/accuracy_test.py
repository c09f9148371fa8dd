#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/report/accuracy.py on small tables: it accepts, agrees with itself, and fails when it must.

usage: accuracy_test.py HANDSET SCRIPTS_DIRECTORY
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HANDSET = sys.argv[1]
TOOL = pathlib.Path(sys.argv[2]) / "report" / "accuracy.py"
RUNS = "run,soc,workload,options\nstory,phone_8gen3,tiny_story,--set workload.max_tokens=2\n"
HEAD = "figure,source,published,unit,kind,ratio_low,ratio_high,run,measure,note\n"
# The first token comes after 13.8 ms: one NPU call of 0.3 ms for each of 36 linear layers, and attention.
FIGURE = "first token,nobody,10,ms,checked,{low},{high},story,metric time_to_first_token,a\n"
NOTES = "note,text\na,why\nb,not used\n"
README = "# title\n<!-- accuracy: begin -->\n<!-- accuracy: end -->\nend\n"


class Accuracy(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.root = pathlib.Path(self.directory.name)
        self.write("runs.csv", RUNS)
        self.write("figures.csv", HEAD + FIGURE.format(low=1, high=2))
        self.write("notes.csv", NOTES)
        self.write("README.md", README)

    def write(self, name, text):
        (self.root / name).write_text(text, encoding="utf-8")

    def run_tool(self, *options):
        return subprocess.run([TOOL, "--handset", HANDSET, "--tables", self.root, "--readme", self.root / "README.md",
                               *options], capture_output=True, text=True, check=False,
                              env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})

    def test_accepted_table_agrees_with_the_next_run(self):
        self.assertEqual(self.run_tool("--accept").returncode, 0)
        text = (self.root / "README.md").read_text(encoding="utf-8")
        self.assertIn("| first token | 10 ms | 13.8 | 1.38 | checked (a) | nobody |", text)
        self.assertIn("- (a) why\n", text)
        self.assertNotIn("not used", text)
        self.assertTrue(text.startswith("# title\n") and text.endswith("\nend\n"))
        done = self.run_tool()
        self.assertEqual((done.returncode, done.stdout), (0, "1 figures within their bands\n"))

    def test_table_out_of_date_fails(self):
        done = self.run_tool()
        self.assertEqual(done.returncode, 1)
        self.assertIn("out of date", done.stderr)
        self.assertEqual((self.root / "README.md").read_text(encoding="utf-8"), README)

    def test_ratio_outside_its_band_fails_even_when_accepted(self):
        for low, high in ((1.5, 2), (0.5, 1.3)):
            self.write("figures.csv", HEAD + FIGURE.format(low=low, high=high))
            done = self.run_tool("--accept")
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"first token: ratio 1.381 is outside {low} to {high}", done.stderr)

    def test_wrong_tables_are_named(self):
        self.write("figures.csv", HEAD + FIGURE.format(low=1, high=2).replace("checked", "guessed"))
        self.assertIn("unknown kind 'guessed'", self.run_tool().stderr)
        self.write("figures.csv", HEAD + FIGURE.format(low=1, high=2).replace("metric ", "meter "))
        self.assertIn("unknown measure 'meter time_to_first_token'", self.run_tool().stderr)
        self.write("runs.csv", RUNS.replace("max_tokens=2", "max_tokens=none"))
        done = self.run_tool()
        self.assertEqual(done.returncode, 1)
        self.assertIn("run story ended with 2", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
