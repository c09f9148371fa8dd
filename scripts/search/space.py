# SPDX-License-Identifier: Apache-2.0
"""The points of a sweep file as a space to search, and their runs.

The program reads the file and names its points: `handset sweep --points`."""

import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import handset_results  # noqa: E402

import area  # noqa: E402


class SearchError(Exception):
    """Told to the user in one line."""


@dataclasses.dataclass
class Space:
    """A grid: per dimension its choices, each a tuple of texts, one per axis that changes with it."""

    folder: pathlib.Path
    head: list  #: arguments of `handset run` that all points share
    axes: list  #: paths
    dimensions: list  #: per dimension the positions of its axes
    choices: list  #: per dimension its choices in the file's order
    points: dict  #: choices (a position per dimension) -> point

    def position_of(self, values):
        return tuple(self.choices[d].index(tuple(values[axis] for axis in axes))
                     for d, axes in enumerate(self.dimensions))

    def neighbours(self, position):
        """Points one step away along one dimension, in a fixed order."""
        for d, place in enumerate(position):
            for other in (place - 1, place + 1):
                near = (*position[:d], other, *position[d + 1:])
                if near in self.points:
                    yield near


def load_space(handset, file):
    """Raises SearchError with the program's message when the file is wrong."""
    done = subprocess.run([handset, "sweep", file, "--points"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SearchError(done.stderr.strip().removeprefix("handset: "))
    listed = json.loads(done.stdout)
    head = ["--soc", listed["soc"], "--workload", listed["workload"]]
    for assignment in listed["set"]:
        head += ["--set", assignment]
    numbers = sorted({axis["dimension"] for axis in listed["axes"]})
    dimensions = [[i for i, axis in enumerate(listed["axes"]) if axis["dimension"] == number] for number in numbers]
    choices = [list(dict.fromkeys(tuple(point["values"][axis] for axis in axes) for point in listed["points"]))
               for axes in dimensions]
    space = Space(pathlib.Path(listed["folder"]).resolve(), head, [axis["path"] for axis in listed["axes"]], dimensions,
                  choices, {})
    for point in listed["points"]:
        space.points[space.position_of(point["values"])] = point
    return space


@dataclasses.dataclass
class Outcome:
    """What a run gave: metrics with their units, or an error."""

    metrics: dict
    units: dict
    error: str = ""


class Runner:
    """Runs points, each in a process of its own."""

    def __init__(self, handset, space, table=None):
        self.handset, self.space = pathlib.Path(handset).resolve(), space
        self.table = table or area.load_table()

    def run(self, point):
        with tempfile.TemporaryDirectory(prefix="handset_search.") as folder:
            result = pathlib.Path(folder, "run.h5")
            call = [self.handset, "run", "-q", "--data", "off", "-o", result, *self.space.head]
            for assignment in point["set"]:
                call += ["--set", assignment]
            done = subprocess.run(call, cwd=self.space.folder, capture_output=True, text=True, check=False)
            if done.returncode < 0:
                return Outcome({}, {}, f"ended by signal {-done.returncode}")
            if done.returncode != 0:
                return Outcome({}, {}, done.stderr.strip().removeprefix("handset: ") or f"exit code {done.returncode}")
            run = handset_results.load_run(result)
        metrics = {name: float(value) for name, value in run.summary["value"].items()}
        units = dict(run.summary["unit"])
        metrics["area"] = area.total(yaml.safe_load(run.config_yaml)["soc"], self.table)
        units["area"] = "mm2"
        return Outcome(metrics, units)
