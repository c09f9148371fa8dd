#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The committed phones and workloads, as written and resolved, against the JSON Schemas that the program prints."""
import json
import pathlib
import re
import subprocess
import sys
import unittest

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skipped: {missing} (packages python3-jsonschema and python3-yaml)")
    sys.exit(77)

HANDSET, ROOT = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))


class Loader(yaml.SafeLoader):
    """PyYAML takes 1e-6 for text, as YAML 1.1 did; handset and editors follow YAML 1.2."""


Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
                             list("-+0123456789"))


def handset(*arguments):
    return subprocess.run([HANDSET, *arguments], capture_output=True, text=True, check=True).stdout


def validator(kind):
    schema = json.loads(handset("config", "schema", kind, "--json"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def problems(checker, text):
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(yaml.load(text, Loader))]


class Schema(unittest.TestCase):
    def check_folder(self, kind, folder):
        checker = validator(kind)
        files = sorted((ROOT / folder).glob("*.yaml"))
        self.assertGreaterEqual(len(files), 2)
        for file in files:
            with self.subTest(file.name):
                self.assertEqual(problems(checker, handset("config", "resolve", str(file))), [])
                self.assertEqual(problems(checker, file.read_text(encoding="utf-8")), [])

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
                self.assertNotEqual(problems(checker, good.replace(old, new, 1)), [])


if __name__ == "__main__":
    unittest.main()
