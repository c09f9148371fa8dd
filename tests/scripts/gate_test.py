#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of a regression gate in scripts/ci/examples: they are YAML, both run the same commands, and these commands
pass on an equal result and fail on a slower one.

usage: gate_test.py HANDSET ROOT
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import yaml

HANDSET, ROOT = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
GITHUB = yaml.safe_load((ROOT / "scripts/ci/examples/github-actions.yml").read_text(encoding="utf-8"))
GITLAB = yaml.safe_load((ROOT / "scripts/ci/examples/gitlab-ci.yml").read_text(encoding="utf-8"))
STEPS = {step.get("name", step.get("uses")): step for step in GITHUB["jobs"]["gate"]["steps"]}
JOB = GITLAB["handset gate"]


class Examples(unittest.TestCase):
    def test_both_run_the_same_commands(self):
        self.assertEqual([STEPS["run"]["run"], STEPS["compare"]["run"]], JOB["script"])
        build = [line for line in STEPS["install"]["run"].splitlines() if "GITHUB_PATH" not in line]
        self.assertEqual(build, [line for line in JOB["before_script"] if not line.startswith(("apt-get", "export"))])

    def test_the_verdict_is_published_even_when_it_is_bad(self):
        for name in ("report", "comment", "keep the result, to be accepted"):
            self.assertEqual(STEPS[name]["if"], "always()")
        self.assertEqual((JOB["artifacts"]["when"], JOB["artifacts"]["reports"]["junit"]), ("always", "out/compare.xml"))

    def test_shell_of_the_jobs_is_valid(self):
        lines = [STEPS["install"]["run"], *JOB["before_script"], *JOB["script"], *JOB["after_script"]]
        for line in lines:
            done = subprocess.run(["bash", "-n", "-c", line], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), line)


class Gate(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.out = pathlib.Path(directory.name)
        self.baseline = self.out / "accepted.h5"

    def shell(self, command):
        environment = {**os.environ, "PATH": f"{HANDSET.parent}:{os.environ['PATH']}", "OUT": str(self.out),
                       "BASELINE": str(self.baseline)}
        return subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True,
                              check=False)

    def expect_done(self, command):
        done = self.shell(command)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def failed_cases(self):
        root = xml.etree.ElementTree.parse(self.out / "compare.xml").getroot()
        return [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]

    def test_passes_unchanged_and_fails_when_calls_cost_more(self):
        run, compare = STEPS["run"]["run"], STEPS["compare"]["run"]
        self.expect_done(run)
        self.expect_done('handset compare "$BASELINE" "$OUT/new.h5" --accept')
        self.assertIn("same: ", self.expect_done(compare))
        self.assertEqual(self.failed_cases(), [])

        self.expect_done(run + ' --set "npu0.call=330 us"')
        worse = self.shell(compare)
        self.assertEqual(worse.returncode, 1, worse.stderr)
        failed = self.failed_cases()
        self.assertIn("npu0", failed)
        self.assertIn("summary", failed)
        self.assertNotIn("generated tokens", failed)
        comment = (self.out / "compare.md").read_text(encoding="utf-8")
        self.assertTrue(comment.startswith("### handset compare: FAILED\n"))
        self.assertIn("| soc.components.npu0.call | 300 us | 330 us |", comment)

        self.expect_done('handset compare "$BASELINE" "$OUT/new.h5" --accept')
        self.expect_done(compare)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
