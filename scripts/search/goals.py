# SPDX-License-Identifier: Apache-2.0
"""What a search is for: metrics to minimise or maximise, limits, and which outcomes are best."""

import dataclasses
import difflib
import math
import re

from space import SearchError

#: unit as a user writes it -> unit of the tables and factor
UNITS = {
    "s": ("s", 1.0), "ms": ("s", 1e-3), "us": ("s", 1e-6), "µs": ("s", 1e-6), "ns": ("s", 1e-9),
    "J": ("J", 1.0), "mJ": ("J", 1e-3), "uJ": ("J", 1e-6), "W": ("W", 1.0), "mW": ("W", 1e-3),
    "B": ("B", 1.0), "KiB": ("B", 2.0**10), "MiB": ("B", 2.0**20), "GiB": ("B", 2.0**30),
    "kB": ("B", 1e3), "MB": ("B", 1e6), "GB": ("B", 1e9),
    "token/s": ("token/s", 1.0), "token": ("token", 1.0), "mm2": ("mm2", 1.0), "%": ("1", 1e-2), "": ("1", 1.0),
}
RELATIONS = {"<=": (1, False), "<": (1, True), ">=": (-1, False), ">": (-1, True)}


def metric_of(outcome, name):
    """The metric's value; raises SearchError when runs have no such metric."""
    if name not in outcome.metrics:
        near = difflib.get_close_matches(name, outcome.metrics, 1)
        hint = f", did you mean '{near[0]}'?" if near else f"; there are {', '.join(outcome.metrics)}"
        raise SearchError(f"no metric '{name}'{hint}")
    return outcome.metrics[name]


@dataclasses.dataclass(frozen=True)
class Goal:
    metric: str
    maximise: bool

    def cost(self, outcome):
        """Better when small."""
        value = metric_of(outcome, self.metric)
        return -value if self.maximise else value


@dataclasses.dataclass(frozen=True)
class Limit:
    """"peak_memory <= 4 GiB"."""

    text: str
    metric: str
    sign: int  #: 1: at most, -1: at least
    strict: bool
    value: float
    unit: str

    @staticmethod
    def parse(text):
        found = re.fullmatch(r"\s*([\w.]+)\s*(<=|>=|<|>)\s*([-+0-9.e]+)\s*(\S*)\s*", text)
        try:
            value = float(found[3])
            unit, factor = UNITS[found[4]]
        except (TypeError, ValueError, KeyError):
            raise SearchError(f"--constraint '{text}': expected METRIC <= VALUE UNIT, such as peak_memory <= 4 GiB"
                              ) from None
        sign, strict = RELATIONS[found[2]]
        return Limit(text, found[1], sign, strict, value * factor, unit)

    def excess(self, outcome):
        """How far the outcome is beyond the limit, in parts of it; kept when 0 or less."""
        value = metric_of(outcome, self.metric)
        unit = outcome.units[self.metric] or "1"
        if unit != self.unit:
            raise SearchError(f"--constraint '{self.text}': '{self.metric}' is in {unit}, not in {self.unit}")
        excess = self.sign * (value - self.value) / (abs(self.value) or 1.0)
        return math.nextafter(excess, math.inf) if self.strict else excess


def dominates(first, second):
    """Of two lists of costs."""
    return all(a <= b for a, b in zip(first, second)) and first != second


def front_of(costs):
    """Positions of the lists of costs that no other dominates, ordered by the costs; of equal ones the first."""
    order = sorted(range(len(costs)), key=lambda i: (costs[i], i))
    front = []
    for i in order:
        if not any(dominates(costs[k], costs[i]) or costs[k] == costs[i] for k in front):
            front.append(i)
    return front
