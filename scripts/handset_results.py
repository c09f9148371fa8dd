#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads handset result files into pandas and xarray, units kept.

    import handset_results
    run = handset_results.load("run.h5")
    run.counters          # DataFrame indexed by path: unit, kind, value (exact integers)
    run.ops               # one row per executed op; run.ops.attrs["units"]["start"] == "fs"
    run.energy_by_device()
    run.requests()        # of a workload with several requests: one row per request, in seconds and joules

    sweep = handset_results.load("sweep.h5")          # of handset sweep, merge or study
    sweep.points          # DataFrame: one row per point, axes and metrics; sweep.unit("decode_rate") == "token/s"
    sweep.grid("energy")  # xarray.DataArray over the axes, with coordinates and units

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


@dataclasses.dataclass
class Sweep:
    """A sweep or a study: a table of points. Units are in `attrs["units"]` of the tables and from unit()."""

    kind: str  #: "sweep" or "study"
    name: str
    path: str  #: the file it was read from
    attributes: dict  #: provenance
    config_yaml: str  #: the sweep or study file
    base_yaml: str  #: the resolved configuration that the points change; empty for studies
    axes: pd.DataFrame  #: indexed by parameter: unit, type ("number" or "text")
    points: pd.DataFrame  #: indexed by number of the point: key, status, exit_code, error, axes, metrics
    figures: pd.DataFrame  #: of a study, indexed by id: published, simulated (text), ratio, tolerance, verdict, source

    @property
    def metrics(self):
        """Names of the metric columns."""
        known = {"key", "status", "exit_code", "error", *self.axes.index}
        return [name for name in self.points.columns if name not in known]

    def unit(self, name):
        """Of an axis or a metric; "" and "1" are plain numbers."""
        return self.points.attrs["units"].get(name, "")

    def done(self):
        """The points that ran, without those that failed."""
        return self.points[self.points["status"] == "done"]

    def varied(self):
        """Axes with more than one value among the points."""
        return [name for name in self.axes.index if self.points[name].nunique() > 1]

    def grid(self, metric):
        """A metric as xarray.DataArray over the axes; what failed or was not asked for is NaN.

        Raises ResultError when several points share their axis values, as in a study."""
        import xarray  # pylint: disable=import-outside-toplevel

        names = list(self.axes.index)
        table = self.done()
        if not names or metric not in self.metrics:
            raise ResultError(f"{self.path}: no metric '{metric}' over axes; metrics: {', '.join(self.metrics)}")
        if table.duplicated(names).any():
            raise ResultError(f"{self.path}: points with equal axes form no grid")
        array = xarray.DataArray.from_series(table.set_index(names)[metric])
        array.attrs["units"] = self.unit(metric)
        for name in names:
            array[name].attrs["units"] = self.unit(name)
        return array

    def summary(self, index):
        """Summary of one point, as Run.summary; raises ResultError when that point failed."""
        return self._table_of(index, "summary", "metric")

    def summaries(self):
        """All metrics of all points whose summary was kept: one row per point, units in `attrs["units"]`."""
        rows, units = {}, {}
        with h5py.File(self.path, "r") as file:
            for index, key in self.points["key"].items():
                where = f"runs/{key}/summary"
                if where in file:
                    cells = [(_text(row["metric"]), _text(row["unit"]), float(row["value"])) for row in file[where][:]]
                    rows[index] = {metric: value for metric, _, value in cells}
                    units.update((metric, unit) for metric, unit, _ in cells)
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(units))
        frame.index.name = "index"
        frame.attrs["units"] = units
        return frame

    def counters(self, index):
        """Counters of one point, as Run.counters; raises ResultError when they were not kept."""
        return self._table_of(index, "counters", "path")

    def _table_of(self, index, name, key):
        with h5py.File(self.path, "r") as file:
            where = f"runs/{self.points.at[index, 'key']}/{name}"
            if where not in file:
                raise ResultError(f"{self.path}: point {index} has no {name}")
            return _table(file[where]).set_index(key)


#: attribute `schema` -> what reads the rest of the file
SWEEP = "handset sweep"


def load(path):
    """Reads a result file as Run or Sweep, whichever it is; raises ResultError when it is something else, OSError when
    it cannot be opened."""
    with h5py.File(path, "r") as file:
        version = file.attrs.get("schema_version")
        if version is None:
            raise ResultError(f"{path}: no handset result (no attribute 'schema_version')")
        if version != SCHEMA_VERSION:
            raise ResultError(f"{path}: has schema version {version}, this reader knows {SCHEMA_VERSION}")
        try:
            return _load_sweep(file, path) if _text(file.attrs.get("schema", b"")) == SWEEP else _load(file)
        except KeyError as error:
            raise ResultError(f"{path}: incomplete: {error.args[0]}") from error


def load_run(path):
    """As load(), but raises ResultError for anything but a run."""
    result = load(path)
    if not isinstance(result, Run):
        raise ResultError(f"{path}: is the result of a {result.kind}, expected that of a run")
    return result


def load_sweep(path, kinds=("sweep", "study")):
    """As load(), but raises ResultError for anything but these kinds."""
    result = load(path)
    kind = getattr(result, "kind", "run")
    if kind not in kinds:
        raise ResultError(f"{path}: is the result of a {kind}, expected that of a {' or a '.join(kinds)}")
    return result


def _load_sweep(file, path):
    axes = _table(file["axes"]).set_index("path")
    points = _table(file["points"])
    units = points.attrs["units"]
    points = points.set_index("index")
    points.attrs["units"] = units
    figures = _table(file["figures"]) if "figures" in file else pd.DataFrame({"id": []})
    return Sweep(
        kind=_text(file.attrs["kind"]),
        name=_text(file["sweep"].attrs["name"]),
        path=str(path),
        attributes={name: _text(value) for name, value in file["run"].attrs.items()},
        config_yaml=_text(file["config/yaml"][()]),
        base_yaml=_text(file["config/base"][()]),
        axes=axes,
        points=points,
        figures=figures.set_index("id"),
    )


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
