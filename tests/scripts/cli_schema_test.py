#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The committed phones and workloads, resolved, against the JSON Schemas that the program prints; files as written are
validated by scripts/ci/update_schemas --check."""
import json
import pathlib
import subprocess
import sys
import unittest

HANDSET, ROOT = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "scripts/ci"))
from config_yaml import problems_of, validator_of  # noqa: E402


def handset(*arguments):
    return subprocess.run([HANDSET, *arguments], capture_output=True, text=True, check=True).stdout


def validator(what):
    return validator_of(json.loads(handset("config", "schema", what, "--json")))


class Schema(unittest.TestCase):
    def check_folder(self, kind, folder):
        checker = validator(kind)
        files = sorted((ROOT / folder).glob("*.yaml"))
        self.assertGreaterEqual(len(files), 2)
        for file in files:
            with self.subTest(file.name):
                self.assertEqual(problems_of(checker, handset("config", "resolve", str(file))), [])

    def test_phones_are_valid(self):
        self.check_folder("soc", "configs/soc")

    def test_workloads_are_valid(self):
        self.check_folder("workload", "configs/workloads")

    def test_wrong_phone_is_invalid(self):
        checker = validator("soc")
        good = handset("config", "resolve", str(ROOT / "configs/soc/phone_8gen2.yaml"))
        for old, new in [("kind: dram", "kind: dramm"), ("host:", "hots:"), ("channels: ", "channels: x")]:
            with self.subTest(new):
                self.assertIn(old, good)
                self.assertNotEqual(problems_of(checker, good.replace(old, new, 1)), [])

    def test_parts_may_be_incomplete_but_not_wrong(self):
        checker = validator("soc.components.dram")
        self.assertEqual(problems_of(checker, "capacity: 8 GiB"), [])
        for wrong in ("capacity: 8 GB", "capacitty: 8 GiB", "channels: many", "kind: npu", "timing: {t_rcd: 18}"):
            with self.subTest(wrong):
                self.assertNotEqual(problems_of(checker, wrong), [])

    def test_tolerances_take_one_rule_per_line(self):
        checker = validator("tolerances")
        self.assertEqual(problems_of(checker, "rules: [{path: dram.*, relative: 2 %}, {path: '*', exact: true}]"), [])
        for wrong in ("rules: [{relative: 2 %}]", "rules: [{path: a, relative: 2}]", "rule: []"):
            with self.subTest(wrong):
                self.assertNotEqual(problems_of(checker, wrong), [])


if __name__ == "__main__":
    unittest.main()
