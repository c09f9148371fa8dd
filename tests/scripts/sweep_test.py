#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sweeps and studies as the Python reader gives them, and the plots drawn from them.

usage: sweep_test.py SCRIPTS_DIRECTORY MAKE_SAMPLE_RESULT [HANDSET]     with HANDSET: also a sweep that it really ran
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import numpy as np

SCRIPTS = pathlib.Path(sys.argv[1])
MAKE_SAMPLE = sys.argv[2]
HANDSET = sys.argv[3] if len(sys.argv) > 3 else None
sys.dont_write_bytecode = True
sys.path[:0] = [str(SCRIPTS), str(SCRIPTS / "plot")]
import handset_results  # noqa: E402
import sample_sweep  # noqa: E402

DIRECTORY = tempfile.TemporaryDirectory()
SWEEP, STUDY, RUN = (os.path.join(DIRECTORY.name, name) for name in ("sweep.h5", "study.h5", "run.h5"))


def plot(name, source, *options, suffix=".png"):
    picture = pathlib.Path(DIRECTORY.name) / (name + suffix)
    picture.unlink(missing_ok=True)
    done = subprocess.run([SCRIPTS / "plot" / (name + ".py"), source, "-o", picture, *options], capture_output=True,
                          text=True, check=False, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    return done, picture


PLOTS = {
    "curves": (SWEEP, "--x", "npu0.call", "--metric", "decode_rate", "--lines", "workload.policy"),
    "heatmap": (SWEEP, "--x", "npu0.call", "--y", "dram.channels", "--metric", "energy"),
    "pareto": (SWEEP, "--x", "energy", "--y", "decode_rate"),
    "tornado": (SWEEP, "--metric", "decode_rate"),
    "study": (STUDY,),
    "power": (RUN,),
}


class Reader(unittest.TestCase):
    def setUp(self):
        self.sweep = handset_results.load(SWEEP)

    def test_points_keep_axes_metrics_and_units(self):
        self.assertEqual((self.sweep.kind, self.sweep.name), ("sweep", "sample"))
        self.assertEqual(self.sweep.metrics, ["decode_rate", "energy"])
        self.assertEqual(self.sweep.varied(), ["dram.channels", "npu0.call", "workload.policy"])
        self.assertEqual([self.sweep.unit(name) for name in ("npu0.call", "decode_rate", "dram.channels")],
                         ["s", "token/s", ""])
        self.assertEqual(len(self.sweep.points), 18)
        self.assertEqual(self.sweep.points.at[1, "workload.policy"], "npu")

    def test_failed_point_is_told_with_its_error_and_left_out(self):
        failed = self.sweep.points.loc[sample_sweep.FAILED]
        self.assertEqual((failed["status"], failed["exit_code"], failed["error"]),
                         ("failed", 4, "out of simulated memory"))
        self.assertNotIn(sample_sweep.FAILED, self.sweep.done().index)

    def test_grid_is_an_array_over_the_axes(self):
        grid = self.sweep.grid("decode_rate")
        self.assertEqual((grid.dims, grid.shape), (("dram.channels", "npu0.call", "workload.policy"), (3, 3, 2)))
        self.assertEqual((grid.attrs["units"], grid["npu0.call"].attrs["units"]), ("token/s", "s"))
        value = grid.sel({"dram.channels": 4, "npu0.call": 1e-4, "workload.policy": "npu"})
        self.assertEqual(float(value), sample_sweep.decode_rate(4, 1e-4, "npu"))
        self.assertEqual(int(np.isnan(grid).sum()), 1)

    def test_runs_are_read_by_point(self):
        self.assertEqual(self.sweep.summary(0).at["decode_rate", "unit"], "token/s")
        with self.assertRaisesRegex(handset_results.ResultError, "point 5 has no summary"):
            self.sweep.summary(sample_sweep.FAILED)
        with self.assertRaisesRegex(handset_results.ResultError, "no metric 'decode'"):
            self.sweep.grid("decode")

    def test_study_has_figures(self):
        study = handset_results.load(STUDY)
        self.assertEqual(study.kind, "study")
        self.assertEqual(study.figures.at["speedup_band", "published"], "18.1 .. 38.4")

    def test_wrong_kind_is_told(self):
        with self.assertRaisesRegex(handset_results.ResultError, "is the result of a sweep, expected that of a run"):
            handset_results.load_run(SWEEP)
        with self.assertRaisesRegex(handset_results.ResultError, "is the result of a run, expected that of a sweep"):
            handset_results.load_sweep(RUN)


class Arithmetic(unittest.TestCase):
    """What the plots compute before they draw."""

    def test_front_holds_what_nothing_dominates(self):
        import pareto  # pylint: disable=import-outside-toplevel
        first, second = np.array([1.0, 2, 2, 3, 4, 1]), np.array([9.0, 5, 6, 5, 1, 9])
        self.assertEqual(pareto.front_of(first, second), [0, 1, 4])

    def test_tornado_moves_one_axis_from_the_middle(self):
        import common, tornado  # pylint: disable=import-outside-toplevel,multiple-imports
        sweep = handset_results.load(SWEEP)
        rows, base, _ = tornado.one_at_a_time(sweep, common.metric_column(sweep, "decode_rate"))
        # Middle: 2 channels, 100 us, npu: 40 * sqrt(2) / 2.
        self.assertAlmostEqual(base, 28.284, places=3)
        ends = {name: (low[0], high[0]) for name, low, high in rows}
        self.assertEqual(ends, {"dram.channels": (1, 4), "npu0.call": (3e-4, 3e-5), "workload.policy": ("npu", "cpu")})

    def test_regression_finds_the_slopes_of_a_linear_metric(self):
        import common, tornado  # pylint: disable=import-outside-toplevel,multiple-imports
        sweep = handset_results.load(SWEEP)
        linear = 3 * sweep.points["dram.channels"] + 7.0 * (sweep.points["workload.policy"] == "npu")
        sweep.points["decode_rate"] = linear
        rows, _, words = tornado.regression(sweep, common.metric_column(sweep, "decode_rate"))
        effect = {name: high[1] - low[1] for name, low, high in rows}
        self.assertAlmostEqual(effect["dram.channels"], 9)  # 3 x (4 - 1)
        self.assertAlmostEqual(effect["workload.policy"], 7)
        self.assertAlmostEqual(effect["npu0.call"], 0)
        self.assertIn("100 %", words)

    def test_mean_power_between_edges_keeps_the_energy(self):
        import power  # pylint: disable=import-outside-toplevel
        import pandas  # pylint: disable=import-outside-toplevel
        series = pandas.DataFrame({"value": [10, 30, 0]}, index=[0.0, 1.0, 3.0])
        # 10 for 1 s, then 30: (10 + 30) / 2; 30; 30 until 3 s and nothing after.
        np.testing.assert_allclose(power.step_means(series, np.array([0.0, 2, 3, 5])), [20, 30, 0])

    def test_figures_are_drawn_in_parts_of_what_was_published(self):
        import study  # pylint: disable=import-outside-toplevel
        figures = handset_results.load(STUDY).figures
        bars = [bar for name, figure in figures.iterrows() for bar in study.bars_of(name, figure)]
        values = {bar.name: bar.value for bar in bars}
        self.assertAlmostEqual(values["prefill_rate"], 0.93)
        self.assertAlmostEqual(values["speedup_band"], 12.5 / 18.1)
        self.assertAlmostEqual(values["scaling [2]"], (2.4 / 1.2) / 2.1)
        self.assertAlmostEqual(values["ranking [3]"], 700 / 5200)
        self.assertTrue(np.isnan(values["lost"]))


class Plots(unittest.TestCase):
    def test_png_and_svg_are_whole_and_equal_for_equal_results(self):
        for name, (source, *options) in PLOTS.items():
            with self.subTest(name):
                contents = []
                for _ in range(2):
                    done, picture = plot(name, source, *options)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    contents.append(picture.read_bytes())
                self.assertTrue(contents[0].startswith(b"\x89PNG") and contents[0].endswith(b"IEND\xaeB`\x82"))
                self.assertEqual(*contents)
                done, picture = plot(name, source, *options, suffix=".svg")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                root = xml.etree.ElementTree.fromstring(picture.read_bytes())
                self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")

    def test_axes_name_their_units(self):
        texts = []
        for _ in range(2):
            _, picture = plot("curves", *PLOTS["curves"], suffix=".svg")
            texts.append(picture.read_text(encoding="utf-8"))
        self.assertEqual(*texts)
        text = texts[0]
        for words in ("npu0.call (µs)", "decode rate (token/s)", "at dram.channels = 2", "npu"):
            self.assertIn(words, text)

    def test_help_has_an_example(self):
        for script in sorted((SCRIPTS / "plot").glob("*.py")):
            if script.name != "common.py":
                done = subprocess.run([script, "--help"], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, script.name)
                self.assertIn(f"example:\n  scripts/plot/{script.name} out/", done.stdout)

    def test_wrong_input_is_told_in_one_line_and_leaves_nothing(self):
        curves = PLOTS["curves"][1:]
        cases = [
            ("curves", (RUN, *curves), "is the result of a run, expected that of a sweep"),
            ("study", (SWEEP,), "is the result of a sweep, expected that of a study"),
            ("power", (SWEEP,), "is the result of a sweep, expected that of a run"),
            ("curves", (SWEEP, "--x", "dram.chanels", "--metric", "energy"), "neither an axis nor a metric"),
            ("curves", (SWEEP, "--x", "energy", "--metric", "energy"), "'energy' is no axis"),
            ("curves", (SWEEP, "--x", "npu0.call", "--metric", "dram.channels"), "is an axis, expected a metric"),
            ("curves", (SWEEP, *curves, "--fix", "dram.channels=3"), "no point has dram.channels=3; values: 1, 2, 4"),
            ("curves", (SWEEP, *curves, "--fix", "dram.channels"), "expected AXIS=VALUE"),
            ("curves", (SWEEP, *curves, "--fix", "npu0.call=100 µs"), "that axis is drawn"),
            ("power", (RUN, "--begin", "9999"), "the window is empty"),
        ]
        for name, arguments, words in cases:
            with self.subTest(words):
                done, picture = plot(name, *arguments)
                self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)
                self.assertIn(words, done.stderr)
                self.assertFalse(picture.exists())

    def test_middle_or_asked_value_of_an_axis_that_is_not_drawn(self):
        import common  # pylint: disable=import-outside-toplevel
        sweep = handset_results.load(SWEEP)
        points, words = common.fixed_points(sweep, ["npu0.call"], ["workload.policy=cpu"])
        self.assertEqual(words, "dram.channels = 2, workload.policy = cpu")
        self.assertEqual(len(points), 3)
        points, _ = common.fixed_points(sweep, ["dram.channels"], ["npu0.call=30 µs", "workload.policy=npu"])
        self.assertEqual(set(points["npu0.call"]), {3e-5})


@unittest.skipUnless(HANDSET, "no program given")
class RealSweep(unittest.TestCase):
    def test_sweep_of_the_program_is_read_and_drawn(self):
        result = os.path.join(DIRECTORY.name, "real.h5")
        subprocess.run([HANDSET, "sweep", "-q", SCRIPTS.parent / "configs/sweeps/dram_npu_tiny.yaml", "-o", result],
                       check=True, capture_output=True)
        sweep = handset_results.load(result)
        self.assertEqual(sweep.grid("decode_rate").shape, (2, 3))
        self.assertEqual(sweep.unit("energy"), "J")
        done, _ = plot("heatmap", result, "--x", "dram.channels", "--y", "npu0.array.rows", "--metric", "decode_rate")
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    sample_sweep.write_sweep(SWEEP)
    sample_sweep.write_study(STUDY)
    subprocess.run([MAKE_SAMPLE, RUN], check=True)
    unittest.main(argv=sys.argv[:1], verbosity=2)
