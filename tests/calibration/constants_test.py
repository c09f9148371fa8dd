#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/report/constants.py on small tables: every rule can be broken, and is named.

usage: constants_test.py SCRIPTS_DIRECTORY
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(sys.argv[1]) / "report" / "constants.py"
FIGURES = "id,figure,kind\nrate,Rate of one,fitted\nother,Rate of two,checked\nfar,Rate of three,deviation\n"
HEAD = "name,meaning,value,low,high,fitted_on,checked_on,source\n"
GOOD = "engine.call,cost of a call,300 us,30 us,0.5 ms,rate,other far,a paper\n"
PART = "call: 300 us   # why\nlanes: [{rate: 4}, {rate: 8}]\n"
PAGE = "# Title\n<!-- constants: begin -->\n<!-- constants: end -->\n"


class Constants(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        (self.root / "parts").mkdir()
        (self.root / "soc").mkdir()
        self.write("parts/engine.yaml", PART)
        self.write("figures.csv", FIGURES)
        self.write("page.md", PAGE)
        self.write("runs.csv", "run,options\nslow,--set engine0.lanes.0.rate=2 --lowering wide\n")

    def write(self, name, text):
        (self.root / name).write_text(text, encoding="utf-8")

    def run_tool(self, table, *options):
        self.write("constants.csv", HEAD + table)
        return subprocess.run([TOOL, "--tables", self.root, "--configs", self.root, "--page", self.root / "page.md", *options],
                              capture_output=True, text=True, check=False,
                              env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})

    def assert_broken(self, table, text):
        done = self.run_tool(table, "--accept")
        self.assertEqual(done.returncode, 1, table)
        self.assertIn(text, done.stderr)

    def test_accepted_page_agrees_with_the_next_run(self):
        self.assertEqual(self.run_tool(GOOD).returncode, 1)
        self.assertEqual(self.run_tool(GOOD, "--accept").returncode, 0)
        self.assertIn("| `engine.call` | cost of a call | 300 us | 30 us to 0.5 ms | Rate of one | Rate of two; Rate of three |",
                      (self.root / "page.md").read_text(encoding="utf-8"))
        done = self.run_tool(GOOD)
        self.assertEqual((done.returncode, done.stdout), (0, "1 constants\n"))

    def test_value_is_that_of_the_file_and_in_its_range(self):
        self.assert_broken(GOOD.replace("300 us", "301 us"), "engine.call: the file has 300 us, the table 301 us")
        self.assert_broken(GOOD.replace("30 us", "310 us", 1), "engine.call: 300 us is outside 310 us to 0.5 ms")
        self.assert_broken(GOOD.replace("0.5 ms", "5 KiB"), "has another dimension")
        self.assert_broken(GOOD.replace("engine.call", "engine.cell"), "engine.yaml has no 'cell'")
        self.assert_broken(GOOD.replace("engine.call", "motor.call"), "there is no part or phone 'motor'")
        self.assert_broken(GOOD + "engine.lanes.1.rate,rate,4,1,9,rate,,\n", "engine.lanes.1.rate: the file has 8, the table 4")
        self.assert_broken(GOOD + "engine.lanes.2.rate,rate,4,1,9,rate,,\n", "engine.yaml has no 'lanes.2.rate'")

    def test_what_a_run_sets_is_a_constant_too(self):
        row = "run slow engine0.lanes.0.rate,lanes,2,1,9,rate,,a paper\n"
        self.assertEqual(self.run_tool(row, "--accept").returncode, 0)
        self.assert_broken(row.replace(",2,", ",3,"), "run slow engine0.lanes.0.rate: the file has 2, the table 3")
        self.assert_broken(row.replace("slow", "fast"), "no run 'fast' sets engine0.lanes.0.rate")

    def test_choice_is_one_of_two_names(self):
        row = "run slow --lowering,way of a kernel,wide,narrow,wide,rate,,a paper\n"
        self.assertEqual(self.run_tool(row, "--accept").returncode, 0)
        self.assertIn("| wide | narrow or wide |", (self.root / "page.md").read_text(encoding="utf-8"))
        self.assert_broken(row.replace(",wide,narrow,", ",narrow,narrow,"), "the file has wide, the table narrow")
        self.assert_broken(row.replace(",narrow,wide,", ",narrow,broad,"), "wide is neither narrow nor broad")
        self.assert_broken(row.replace("--lowering", "--tile"), "no run 'slow' sets --tile")

    def test_all_rows_of_a_table_can_be_fitted_on(self):
        row = GOOD + "engine.lanes.0.rate,rate,4,1,9,shapes.csv,,a tool\n"
        self.assert_broken(row, "there is no figure 'shapes.csv'")
        self.write("shapes.csv", "n\n1\n")
        self.assertEqual(self.run_tool(row, "--accept").returncode, 0)

    def test_no_figure_serves_twice(self):
        self.assert_broken(GOOD.replace("other far", "other rate"), "'rate' is both fitted and checked on")
        self.assert_broken(GOOD.replace(",rate,", ",rate other,").replace("other far", "far"),
                           "fitted on 'other', which figures.csv calls checked")
        self.assert_broken(GOOD.replace("other far", "none"), "there is no figure 'none'")
        self.assert_broken(GOOD.replace(",rate,", ",far,").replace("other far", "other"),
                           "figure 'rate' is called fitted, but no constant was fitted on it")
        self.assert_broken(GOOD.replace(",rate,", ",,"), "names no figure that it was fitted on")
        self.assert_broken(GOOD + "engine.lanes.0.rate,rate,4,1,9,far,,a tool\n",
                           "engine.call: 'far' is both fitted and checked on (fitted: engine.lanes.0.rate)")
        self.assert_broken(GOOD + GOOD, "engine.call: is listed twice")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
