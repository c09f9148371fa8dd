# SPDX-License-Identifier: Apache-2.0
"""Configuration files as an editor sees them: YAML 1.2 values, validated against a JSON Schema."""

import re
import sys

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skipped: {missing} (packages python3-jsonschema and python3-yaml)", file=sys.stderr)
    sys.exit(77)


class Loader(yaml.SafeLoader):
    """PyYAML takes 1e-6 for text, as YAML 1.1 did; handset and editors follow YAML 1.2."""


Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
                             list("-+0123456789"))


def validator_of(schema):
    """Of a schema as value; raises jsonschema.SchemaError when it is none."""
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def problems_of(checker, text):
    """What a validator says against a YAML text: lines, none when it is valid."""
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(yaml.load(text, Loader))]
