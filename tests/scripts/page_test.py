#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The report page: what it embeds, and what a browser makes of it.

usage: page_test.py SCRIPTS_DIRECTORY MAKE_SAMPLE_RESULT     exit code 77: there is no browser, the rest passed
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import h5py

SCRIPTS = pathlib.Path(sys.argv[1]).resolve()
MAKE_SAMPLE = sys.argv[2]
sys.dont_write_bytecode = True
sys.path[:0] = [str(SCRIPTS), str(SCRIPTS / "report")]
import browser  # noqa: E402
import handset_results  # noqa: E402
import large_sweep  # noqa: E402
import page_data  # noqa: E402
import sample_sweep  # noqa: E402

DIRECTORY = tempfile.TemporaryDirectory()
FREEZE = 4000  # milliseconds; far more than sorting takes (under 200), far less than 50,000 rows of a document would
STEPS = 1725  # decode steps of the sample that make 50,000 ops
YAML = b"npu:\n  rows: 64 # Gr\xc3\xb6\xc3\x9fe </script><b>\n  cols: 32  # default\n"


def in_directory(name):
    return os.path.join(DIRECTORY.name, name)


RUN, OTHER, LARGE, SWEEP, LARGE_SWEEP, STUDY = (
    in_directory(name + ".h5") for name in ("run", "other", "large", "sweep", "large_sweep", "study"))


def make_inputs():
    for path, arguments in ((RUN, ()), (OTHER, ("8",)), (LARGE, (str(STEPS),))):
        subprocess.run([MAKE_SAMPLE, path, *arguments], check=True)
    with h5py.File(RUN, "r+") as file:
        del file["config/yaml"]
        file["config/yaml"] = YAML
    with h5py.File(OTHER, "r+") as file:
        rows = file["counters"][:]
        rows["value"][0] = rows["value"][0] * 2 + 10
        file["counters"][...] = rows
    sample_sweep.write_sweep(SWEEP)
    sample_sweep.write_study(STUDY)
    large_sweep.write(LARGE_SWEEP, side=100, kept=50)


def page(*arguments):
    return subprocess.run([SCRIPTS / "report" / "page", *arguments], capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})


def page_of(result, *options):
    path = in_directory(pathlib.Path(result).stem + "".join(options[:1]) + ".html")
    if not os.path.exists(path):
        done = page(result, "-o", path, *options)
        if done.returncode or done.stderr:
            raise AssertionError(f"exit code {done.returncode}: {done.stderr}")
    return path


class Embedded(unittest.TestCase):
    def test_wrong_input_gives_a_message_and_exit_code_2(self):
        text = in_directory("text.h5")
        pathlib.Path(text).write_text("no HDF5")
        out = in_directory("none.html")
        for arguments, message in (
            ((in_directory("absent.h5"),), "absent.h5"),
            ((text,), "text.h5"),
            ((SWEEP, "--compare", RUN), "is the result of a sweep, expected that of a run"),
            ((RUN, "--compare", STUDY), "is the result of a study, expected that of a run"),
        ):
            done = page(*arguments, "-o", out)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(message, done.stderr)
            self.assertNotIn("Traceback", done.stderr)
            self.assertFalse(os.path.exists(out))

    def test_equal_results_give_equal_pages_without_addresses_to_load_from(self):
        first = pathlib.Path(page_of(SWEEP)).read_text()
        again = in_directory("again.html")
        self.assertEqual(page(SWEEP, "-o", again).returncode, 0)
        self.assertEqual(pathlib.Path(again).read_text(), first)
        own = re.sub(r"<script>/\*\*\n\* plotly.*?</script>", "", first, flags=re.DOTALL)
        self.assertLess(len(own), 200_000)
        self.assertNotRegex(own, r"(?i)https?://|@import|<link[^>]*stylesheet|<script[^>]*src")

    def test_text_of_the_result_cannot_end_its_script_element(self):
        text = pathlib.Path(page_of(RUN)).read_text()
        embedded = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1]
        self.assertEqual(json.loads(embedded)["configs"][0]["yaml"], YAML.decode())

    def test_counters_stay_exact_beyond_what_javascript_counts(self):
        self.assertEqual(page_data.numbers([2**53, 2**53 + 1]), [2**53, str(2**53 + 1)])
        self.assertEqual(page_data.numbers([0.1234567, float("nan"), 2.0]), [0.123457, None, 2])

    def test_times_of_ops_are_kept_to_the_nanosecond(self):
        run = handset_results.load(LARGE)
        start = next(one for one in page_data.ops_of(run) if one["name"] == "start")
        self.assertEqual(start["factor"], 1e-9)
        self.assertEqual(start["values"][-1], round(int(run.ops["start"].iloc[-1]) / 1_000_000))

    def test_memory_over_time_is_thinned_but_keeps_its_peak_and_its_ends(self):
        run = handset_results.load(LARGE)
        memory = page_data.memory_of(run)
        self.assertGreater(len(run.memory), 10 * page_data.COLUMNS)
        self.assertLess(len(memory["time"]), page_data.COLUMNS + 3)
        self.assertEqual(max(map(sum, zip(*memory["tags"].values()))), run.memory.sum(axis=1).max())
        self.assertAlmostEqual(memory["time"][-1], run.memory.index[-1], places=4)


class InBrowser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if browser.missing():
            raise unittest.SkipTest(browser.missing())
        cls.browser = browser.Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()

    def tearDown(self):
        self.assertEqual(self.browser.errors(), [])

    def headings(self):
        return self.browser.texts("main h2")

    def choose(self, selector, value):
        self.browser.run("const box = document.querySelector(arguments[0]); box.value = arguments[1];"
                         "box.dispatchEvent(new Event('change'))", selector, value)

    def column_of(self, table, number):
        return self.browser.texts(f"#{table} tbody td:nth-child({number})")

    def test_a_run_has_all_sections_and_plots(self):
        self.browser.open(page_of(RUN))
        self.assertEqual(self.headings(), ["Summary", "Timeline", "Power and energy", "Memory", "Ops", "Counters",
                                           "Configuration"])
        self.assertEqual(self.browser.texts("nav a"), self.headings())
        for identifier in ("timeline-plot", "power-plot", "energy-plot", "device-plot", "memory-plot"):
            self.browser.show_plot(identifier)
        self.assertEqual(self.browser.texts(".config .default b"), ["default"])
        self.assertIn("</script><b>", self.browser.texts(".config .yaml")[0])

    def test_the_configuration_hides_defaults(self):
        self.browser.open(page_of(RUN))
        self.browser.run("document.querySelector('.config input[type=checkbox]').click()")
        shown = self.browser.value("[...document.querySelectorAll('.yaml div')].filter((one) => !one.hidden).length")
        self.assertEqual(shown, 2)

    def test_fifty_thousand_ops_sort_and_filter_without_freezing(self):
        self.browser.open(page_of(LARGE))
        self.assertIn("50,0", self.browser.texts("#op-table [role=status]")[0])
        self.assertLess(self.browser.value("document.querySelectorAll('*').length"), 5000)
        sort = "document.querySelector('#op-table [data-sort=duration]').click()"
        self.assertLess(self.browser.milliseconds(sort), FREEZE)
        ops = handset_results.load(LARGE).ops
        longest = ops.loc[(ops["end"] - ops["start"]).idxmax()]
        self.assertEqual(self.column_of("op-table", 1)[0], longest["op"])
        self.assertEqual(self.browser.value("document.querySelector('#op-table [aria-sort=descending]').textContent"), "duration ▼")
        self.choose("#op-table [data-filter=device]", "cpu0")
        self.assertEqual(set(self.column_of("op-table", 4)), {"cpu0"})
        self.browser.run("const box = document.querySelector('#op-table [data-filter=text]'); box.value = 'residual';"
                         "box.dispatchEvent(new Event('input'))")
        expected = ((ops["device"] == "cpu0") & ops["op"].str.contains("residual")).sum()
        self.browser.wait(f"document.querySelector('#op-table [role=status]').textContent.startsWith('{expected:,} of')")
        self.assertTrue(all("residual" in name for name in self.column_of("op-table", 1)))

    def test_the_timeline_shows_shares_of_many_ops_and_bars_of_few(self):
        self.browser.open(page_of(LARGE))
        self.browser.show_plot("timeline-plot")
        status = "document.querySelector('#timeline [role=status]').textContent"
        self.assertIn("shares of busy time", self.browser.value(status))
        self.browser.run("document.querySelector('#op-table tbody button').click()")
        self.assertIn("each a bar", self.browser.value(status))
        self.browser.run("document.querySelector('#timeline [aria-label=\"The whole run\"]').click()")
        self.assertIn("shares of busy time", self.browser.value(status))

    def test_two_runs_show_their_differences_largest_first(self):
        self.browser.open(page_of(RUN, "--compare", OTHER))
        self.assertIn("Comparison", self.headings())
        expected = handset_results.load(RUN).counters.index[0]
        self.assertIn(expected, self.column_of("counter-differences", 1))
        changes = [abs(float(text.split()[0])) for text in self.column_of("counter-differences", 2) if "%" in text]
        self.assertEqual(changes, sorted(changes, reverse=True))

    def test_a_sweep_shows_its_front_and_the_summary_of_a_chosen_point(self):
        self.browser.open(page_of(SWEEP))
        self.assertEqual(self.headings(), ["All points", "Pareto front", "Points", "Configuration"])
        self.browser.show_plot("pareto-plot")
        self.assertEqual(self.browser.value("document.getElementById('pareto-plot').data[1].customdata"), self.front())
        self.browser.run("document.querySelector('#point-table tbody tr[data-row=\"0\"] button').click()")
        self.assertEqual(self.browser.texts("#point h3"), ["Point 0"])
        self.assertEqual(self.column_of("point-summary", 1), ["decode rate"])
        self.choose("#point-table [data-filter=status]", "failed")
        self.browser.run("document.querySelector('#point-table tbody button').click()")
        self.assertIn("out of simulated memory", self.browser.texts("#point")[0])

    def front(self):
        """Points that no other beats: less energy and a higher rate."""
        points = handset_results.load(SWEEP).done()
        best = [i for i, point in points.iterrows()
                if not ((points["energy"] <= point["energy"]) & (points["decode_rate"] >= point["decode_rate"])
                        & ((points["energy"] < point["energy"]) | (points["decode_rate"] > point["decode_rate"]))).any()]
        return sorted(best, key=lambda i: points.at[i, "energy"])

    def test_a_click_on_a_mark_shows_that_point(self):
        self.browser.open(page_of(SWEEP))
        self.browser.show_plot("pareto-plot")
        self.browser.run("document.getElementById('pareto-plot').emit('plotly_click', {points: [{customdata: 2}]})")
        self.assertEqual(self.browser.texts("#point h3"), ["Point 2"])
        self.assertIn("dram.channels = 1", self.browser.value("document.getElementById('pareto-plot').data[0].text[2]"))

    def test_ten_thousand_points_do_not_freeze_the_page(self):
        self.browser.open(page_of(LARGE_SWEEP))
        self.browser.show_plot("pareto-plot")
        self.assertIn("10,000 of 10,000 rows", self.browser.texts("#point-table [role=status]")[0])
        sort = "document.querySelector('#point-table [data-sort=energy]').click()"
        self.assertLess(self.browser.milliseconds(sort), FREEZE)
        self.assertLess(self.browser.value("document.querySelectorAll('*').length"), 5000)

    def test_a_study_shows_published_simulated_ratio_and_verdict(self):
        self.browser.open(page_of(STUDY))
        self.assertEqual(self.headings()[0], "Figures")
        rows = self.browser.value("[...document.querySelectorAll('#figure-table tbody tr')].map((row) => "
                                  "[...row.cells].slice(0, 6).map((cell) => cell.textContent))")
        self.assertEqual(rows[0], ["prefill_rate", "1000 token/s", "930 token/s", "0.93", "20 %", "ok"])
        self.assertEqual(rows[6], ["lost", "3 s", "-", "–", "10 %", "NO RESULT"])
        self.choose("#figure-table [data-filter=verdict]", "OUTSIDE")
        self.assertEqual(self.column_of("figure-table", 1), ["decode_rate"])
        self.browser.show_plot("ratio-plot")

    def test_phone_and_desk_light_and_dark_fit_the_window(self):
        grounds = set()
        for result, options in ((RUN, ("--compare", OTHER)), (SWEEP, ()), (STUDY, ())):
            for width, scheme in ((390, "dark"), (1400, "light")):
                self.browser.open(page_of(result, *options), width, scheme)
                self.browser.run("window.scrollTo(0, document.body.scrollHeight)")
                self.assertLessEqual(self.browser.value("document.documentElement.scrollWidth"), width)
                grounds.add((scheme, self.browser.value("getComputedStyle(document.body).backgroundColor")))
        self.assertEqual(len(grounds), 2)

    def test_everything_can_be_reached_with_the_keyboard(self):
        self.browser.open(page_of(SWEEP))
        tab = {"type": "keyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
        seen = []
        for _ in range(60):
            self.browser.driver.execute_cdp_cmd("Input.dispatchKeyEvent", tab)
            seen.append(self.browser.value("(document.activeElement.textContent || '').slice(0, 30)"))
            if self.browser.value("document.activeElement !== document.body"):
                outline = self.browser.value("getComputedStyle(document.activeElement).outlineStyle")
                self.assertNotEqual(outline, "none", seen[-1])
            if "Point" in seen[-1] and len(seen) > 30:
                break
        self.assertEqual(seen[0], "Skip to the content")
        for text in ("Pareto front", "energy", "decode rate", "0"):
            self.assertIn(text, seen)

    def test_every_control_has_a_label(self):
        for result in (RUN, SWEEP, STUDY):
            self.browser.open(page_of(result))
            unnamed = self.browser.value(
                "[...document.querySelectorAll('input, select, button')].filter((one) => "
                "!(one.labels && one.labels.length) && !one.getAttribute('aria-label') && !one.textContent.trim()).length")
            self.assertEqual(unnamed, 0)


if __name__ == "__main__":
    make_inputs()
    outcome = unittest.main(argv=sys.argv[:1], exit=False, verbosity=2).result
    if outcome.wasSuccessful() and browser.missing():
        print("the page was not opened:", browser.missing(), file=sys.stderr)
        sys.exit(77)
    sys.exit(0 if outcome.wasSuccessful() else 1)
