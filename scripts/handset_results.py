#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads handset result files into pandas, units kept.

    import handset_results
    run = handset_results.load("run.h5")
    run.counters          # DataFrame indexed by path: unit, kind, value (exact integers)
    run.ops               # one row per executed op; run.ops.attrs["units"]["start"] == "fs"
    run.energy_by_device()
    run.requests()        # of a workload with several requests: one row per request, in seconds and joules

Integers stay what the simulator counted (fs, fJ, B); the helpers that return seconds or joules say so in their name or
documentation. xarray reads the time series directly: xarray.open_dataset("run.h5", group="series/<name>").
"""

import dataclasses

import h5py
import numpy as np
import pandas as pd

SCHEMA_VERSION = 1
FEMTO = 1e-15


class ResultError(Exception):
    """The file is not a result of a handset run that this reader understands."""


def _text(value):
    """A fixed-length string of the file as str; the model may have produced half a character at the end."""
    return bytes(value).rstrip(b"\0").decode("utf-8", errors="replace")


def _table(dataset):
    """A compound table as DataFrame; `attrs["units"]` maps columns to their unit."""
    rows = dataset[:]
    frame = pd.DataFrame(
        {
            name: [_text(cell) for cell in rows[name]] if rows.dtype[name].kind == "S" else rows[name]
            for name in rows.dtype.names
        }
    )
    frame.attrs["units"] = {
        name: _text(dataset.attrs[name + "_units"]) for name in rows.dtype.names if name + "_units" in dataset.attrs
    }
    return frame


def _columns_over_time(group, names):
    """Datasets of a group as DataFrame indexed by simulated time in seconds."""
    frame = pd.DataFrame({name: group[name][:] for name in names}, index=pd.Index(group["time"][:], name="time"))
    frame.attrs["units"] = {name: _text(group[name].attrs["units"]) for name in names}
    frame.attrs["units"]["time"] = _text(group["time"].attrs["units"])
    return frame


@dataclasses.dataclass
class Run:
    """One run. Tables are pandas DataFrames whose `attrs["units"]` give the unit of each dimensional column."""

    attributes: dict  #: provenance: inputs, versions, git, config hash, seed
    config_yaml: str  #: the resolved configuration, defaults included
    summary: pd.DataFrame  #: indexed by metric: unit, value
    counters: pd.DataFrame  #: indexed by path: unit, kind, value
    ops: pd.DataFrame  #: op, layer, kernel, device, phase, step, ready, start, end, bytes, macs, energy
    series: dict  #: name -> DataFrame(value) indexed by seconds
    memory: pd.DataFrame  #: bytes by tag, indexed by seconds; a step function
    prompt_tokens: np.ndarray
    tokens: np.ndarray
    text: str
    request_table: pd.DataFrame | None = None  #: as the file has it; None for a run of one prompt

    def counter(self, path):
        """The value of one counter as int."""
        return int(self.counters.at[path, "value"])

    def metric(self, name):
        """The value of one summary metric as float, in the unit the summary names."""
        return float(self.summary.at[name, "value"])

    def ops_seconds(self):
        """Copy of `ops` with `ready`, `start`, `end` in seconds and `energy` in joules as floats."""
        frame = self.ops.copy()
        for column in ("ready", "start", "end", "energy"):
            frame[column] = frame[column].astype("float64") * FEMTO
        units = dict(self.ops.attrs["units"])
        units.update(ready="s", start="s", end="s", energy="J")
        frame.attrs["units"] = units
        return frame

    def requests(self):
        """One row per request, times in seconds and energy in joules, with `queueing`, `time_to_first_token` and
        `latency` counted from its arrival; None for a run of one prompt."""
        if self.request_table is None:
            return None
        frame = self.request_table.set_index("index")
        times = ["arrival", "start", "first_token", "end"]
        frame = frame.astype({column: "float64" for column in [*times, "energy"]})
        frame[[*times, "energy"]] *= FEMTO
        for name, column in (("queueing", "start"), ("time_to_first_token", "first_token"), ("latency", "end")):
            frame[name] = frame[column] - frame["arrival"]
        return frame

    def energy_by_device(self):
        """Joules as DataFrame: one row per device, one column per energy counter, largest device first."""
        rows = self.counters[(self.counters["unit"] == "fJ") & (self.counters["kind"] == "sum")]
        parts = rows.index.to_series().str.partition(".")
        buckets = parts[2].str.replace(r"^energy_|_energy$", "", regex=True)
        joules = rows["value"].astype("float64") * FEMTO
        table = joules.groupby([parts[0], buckets]).sum().unstack(fill_value=0.0)
        table.index.name, table.columns.name = "device", "bucket"
        order = table.sum(axis=1).sort_values(ascending=False, kind="stable").index
        table = table.loc[order]
        table.attrs["units"] = {bucket: "J" for bucket in table.columns}
        return table


def load(path):
    """Reads a result file; raises ResultError when it is something else, OSError when it cannot be opened."""
    with h5py.File(path, "r") as file:
        version = file.attrs.get("schema_version")
        if version is None:
            raise ResultError(f"{path}: no handset result (no attribute 'schema_version')")
        if version != SCHEMA_VERSION:
            raise ResultError(f"{path}: has schema version {version}, this reader knows {SCHEMA_VERSION}")
        try:
            return _load(file)
        except KeyError as error:
            raise ResultError(f"{path}: incomplete: {error.args[0]}") from error


def _load(file):
    tags = [name for name in file["memory"] if name not in ("time", "time_fs")]
    return Run(
        attributes={name: _text(value) for name, value in file["run"].attrs.items()},
        config_yaml=_text(file["config/yaml"][()]),
        summary=_table(file["summary"]).set_index("metric"),
        counters=_table(file["counters"]).set_index("path"),
        ops=_table(file["ops"]),
        series={name: _columns_over_time(group, ["value"]) for name, group in file["series"].items()},
        memory=_columns_over_time(file["memory"], tags),
        prompt_tokens=file["decisions/prompt_tokens"][:],
        tokens=file["decisions/tokens"][:],
        text=_text(file["text"][()]),
        request_table=_table(file["requests"]) if "requests" in file else None,
    )
