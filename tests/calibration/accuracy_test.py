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
RUNS = """run,command,soc,workload,options
story,run,phone_8gen3,tiny_story,--set workload.max_tokens=3
product,op,phone_8gen3,,matmul --device npu0 --format w8a8 --list TABLES/shapes.csv
"""
SHAPES = "name,m,n,k\nsmall,64,64,64\nlarge,64,128,64\n"
HEAD = "id,figure,series,group,source,published,unit,kind,ratio_low,ratio_high,run,measure,note\n"
FIGURES = HEAD + """first,first token,,tiny,nobody,{first},ms,checked,0.5,2,story,metric time_to_first_token,a
decode,story,one phone,tiny,nobody,{decode},token/s,checked,0.5,2,story,metric decode_rate,
share,MACs,,products,nobody,2,x,checked,1,1,,product:cell large macs / product:cell small macs,
"""
NOTES = "note,text\na,why\nb,not used\n"
README = "# title\n<!-- accuracy: begin -->\n<!-- accuracy: end -->\nend\n"
PAGE = "# title\n<!-- figures: begin -->\n<!-- figures: end -->\n<!-- decode: begin -->\n<!-- decode: end -->\n"


class Accuracy(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.root = pathlib.Path(self.directory.name)
        self.figures = FIGURES.format(first=self.simulated("time to first token"), decode=self.simulated("decode rate"))
        for name, text in (("runs.csv", RUNS), ("shapes.csv", SHAPES), ("figures.csv", self.figures), ("notes.csv", NOTES),
                           ("README.md", README), ("accuracy.md", PAGE)):
            self.write(name, text)

    def simulated(self, what):
        """What the run prints: the figures below are published as that, so that their ratios are 1."""
        if not hasattr(Accuracy, "summary"):
            configs = TOOL.parents[2] / "configs"
            Accuracy.summary = subprocess.run(
                [HANDSET, "run", "--quiet", "--data", "off", "--soc", configs / "soc/phone_8gen3.yaml", "--workload",
                 configs / "workloads/tiny_story.yaml", "--set", "workload.max_tokens=3"],
                capture_output=True, text=True, check=True).stdout
        line = next(line for line in Accuracy.summary.splitlines() if line.startswith(what))
        return line[len(what):].split()[0]

    def write(self, name, text):
        (self.root / name).write_text(text, encoding="utf-8")

    def run_tool(self, *options):
        return subprocess.run([TOOL, "--handset", HANDSET, "--tables", self.root, "--readme", self.root / "README.md",
                               "--page", self.root / "accuracy.md", *options], capture_output=True, text=True, check=False,
                              env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})

    def fails_with(self, text, *options):
        done = self.run_tool(*options)
        self.assertEqual(done.returncode, 1)
        self.assertIn(text, done.stderr)

    def test_accepted_tables_agree_with_the_next_run(self):
        done = self.run_tool("--accept", "--csv", self.root / "out.csv")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        summary = (self.root / "README.md").read_text(encoding="utf-8")
        self.assertTrue(summary.startswith("# title\n") and summary.endswith("\nend\n"))
        self.assertIn("| products | 1 |  |  | 1 | 1.00 |  |  |\n", summary)
        text = (self.root / "accuracy.md").read_text(encoding="utf-8")
        self.assertRegex(text, r"\| first token \| [0-9.]+ ms \| [0-9.]+ \| 1\.00 \| checked \(a\) \| nobody \|")
        self.assertIn("| MACs | 2 | 2 | 1.00 | checked | nobody |", text)
        self.assertIn("- (a) why\n", text)
        self.assertNotIn("not used", text)
        self.assertIn("1 row, 1 within 15 %", text)
        self.assertIn("share,MACs,,2,x,2,1.0,checked,1,1\n", (self.root / "out.csv").read_text(encoding="utf-8"))
        done = self.run_tool()
        self.assertEqual((done.returncode, done.stdout), (0, "3 figures within their bands\n"))

    def test_table_out_of_date_fails(self):
        self.fails_with("out of date")
        self.assertEqual((self.root / "README.md").read_text(encoding="utf-8"), README)

    def test_ratio_outside_its_band_fails_even_when_accepted(self):
        for low, high in ((1.5, 2), (0.5, 0.9)):
            self.write("figures.csv", self.figures.replace("checked,0.5,2,story,metric decode", f"checked,{low},{high},story,"
                                                           "metric decode"))
            self.fails_with(f"is outside {low} to {high}", "--accept")

    def test_only_some_runs_show_their_figures(self):
        done = self.run_tool("--only", "product")
        self.assertEqual(done.returncode, 0)
        self.assertIn("share", done.stdout)
        self.assertNotIn("decode", done.stdout)

    def test_wrong_tables_are_named(self):
        for old, new, text in (("checked", "guessed", "unknown kind 'guessed'"), ("decode,", "first,", "two figures"),
                               ("metric decode", "meter decode", "unknown measure 'meter decode_rate'"),
                               ("cell large", "cell huge", "no op is called 'huge'"),
                               ("product:cell large", "none:cell large", "there is no run 'none'")):
            self.write("figures.csv", self.figures.replace(old, new, 1))
            self.fails_with(text)
        self.write("figures.csv", self.figures)
        self.write("runs.csv", RUNS.replace("max_tokens=3", "max_tokens=none"))
        self.fails_with("run story ended with 2")
        self.write("runs.csv", RUNS.replace("story,run", "story,walk"))
        self.fails_with("unknown command 'walk'")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
