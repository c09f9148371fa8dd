# SPDX-License-Identifier: Apache-2.0
"""What the report page embeds: results as columns, as short as what is shown allows. Floating-point values keep six
digits; start times of ops keep nanoseconds; counters stay exact integers, those beyond 2^53 as text."""

import pathlib
import sys

import numpy as np

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / "plot")]
import common  # noqa: E402
import power  # noqa: E402

EXACT = 2**53  # integers up to here are numbers in JavaScript
COLUMNS = 600  # of memory and power over time; also the steps of the cumulated energy
FEMTO = 1e-15
NANO = 1e-9


def number(value):
    """Six digits; None for what is no number."""
    if not np.isfinite(value):
        return None
    short = float(f"{value:.6g}")
    return int(short) if short.is_integer() and abs(short) < EXACT else short


def numbers(values):
    array = np.asarray(values)
    if array.dtype.kind in "iu":
        return [value if -EXACT <= value <= EXACT else str(value) for value in array.tolist()]
    return [number(value) for value in array.tolist()]


def column(name, values, unit="", factor=None):
    """One column of a table. Text that repeats itself is stored once; `factor` brings numbers into the unit."""
    made = {"name": name, "unit": "" if unit == "1" else unit}
    array = np.asarray(values)
    if array.dtype.kind in "OUS":
        names, codes = np.unique(array.astype(str), return_inverse=True)
        if len(names) <= max(len(array) // 4, 12):
            return made | {"names": names.tolist(), "codes": codes.tolist()}
        return made | {"values": array.astype(str).tolist()}
    if factor:
        made["factor"] = factor
    return made | {"values": numbers(array)}


def table(frame, units=None):
    """A DataFrame with its index as the first column."""
    units = frame.attrs.get("units", {}) if units is None else units
    columns = [column(frame.index.name or "index", frame.index)]
    return columns + [column(name, frame[name], units.get(name, "")) for name in frame.columns]


def summary_of(run):
    return {name: {"unit": row["unit"], "value": number(row["value"])} for name, row in run.summary.iterrows()}


def ops_of(run):
    ops = run.ops
    times = {name: ops[name].to_numpy().astype("int64") for name in ("ready", "start", "end")}
    columns = [column(name, ops[name]) for name in ("op", "layer", "kernel", "device", "phase", "step")]
    columns.append(column("start", (times["start"] + 500_000) // 1_000_000, "s", NANO))
    columns.append(column("duration", (times["end"] - times["start"]) * FEMTO, "s"))
    columns.append(column("waited", np.maximum(times["start"] - times["ready"], 0) * FEMTO, "s"))
    columns += [column(name, ops[name], "B") for name in ("bytes_read", "bytes_written")]
    columns.append(column("macs", ops["macs"], "MAC"))
    columns.append(column("energy", ops["energy"].to_numpy() * FEMTO, "J"))
    return columns


def counters_of(run):
    rows = run.counters
    return {"path": rows.index.tolist(), "unit": rows["unit"].tolist(), "value": numbers(rows["value"])}


def memory_of(run):
    """Bytes by tag, largest first. With more changes than columns each column shows the moment with most memory."""
    frame = run.memory
    total = frame.sum(axis=1).to_numpy()
    if not len(total) or not total.max():
        return None
    keep = np.arange(len(total))
    if len(total) > 2 * COLUMNS:
        place = np.searchsorted(np.linspace(frame.index[0], frame.index[-1], COLUMNS + 1)[1:-1], frame.index, "right")
        ranked = np.lexsort((total, place))
        keep = np.sort(ranked[np.append(np.diff(place[ranked]) > 0, True)])
        keep = np.unique(np.concatenate([[0], keep, [len(total) - 1]]))
    tags = [tag for tag in frame.max().sort_values(ascending=False, kind="stable").index if frame[tag].any()]
    kept = frame.iloc[keep]
    return {"time": numbers(kept.index), "tags": {tag: numbers(kept[tag]) for tag in tags}}


def power_of(run):
    """Mean watts by component between edges in seconds, the joules up to each edge, and the temperature."""
    if power.TOTAL not in run.series or run.series[power.TOTAL].empty:
        return None
    edges = power.edges_of(run, (0.0, power.end_of(run)))
    parts = power.power_table(run, edges)
    joules = np.concatenate([[0.0], np.cumsum(parts.sum(axis=1).to_numpy() * np.diff(edges))])
    heat = run.series.get("temperature")
    made = {"edges": numbers(edges), "parts": {name: numbers(parts[name]) for name in parts}, "joules": numbers(joules)}
    if heat is not None and len(heat):
        celsius = heat["value"].to_numpy(dtype="float64") * 1e-3 - power.KELVIN
        made["temperature"] = {"time": numbers(heat.index), "celsius": numbers(celsius)}
    return made


def energy_of(run):
    frame = run.energy_by_device()
    frame = frame[frame.sum(axis=1) > 0]
    return {"device": frame.index.tolist(),
            "buckets": {name: numbers(frame[name]) for name in frame.columns if frame[name].any()}}


def requests_of(run):
    frame = run.requests()
    if frame is None:
        return None
    units = dict.fromkeys(("arrival", "start", "first_token", "end", "queueing", "time_to_first_token", "latency"), "s")
    return table(frame, units | {"energy": "J"})


def run_of(run):
    return {
        "attributes": run.attributes, "summary": summary_of(run), "counters": counters_of(run), "ops": ops_of(run),
        "power": power_of(run), "memory": memory_of(run), "energy": energy_of(run), "requests": requests_of(run),
        "text": run.text,
    }


def figures_of(sweep):
    frame = sweep.figures
    columns = ("kind", "unit", "published", "simulated", "ratio", "tolerance", "verdict", "source", "note")
    made = {"id": frame.index.tolist()}
    return made | {name: numbers(frame[name]) if frame[name].dtype.kind in "fiu" else frame[name].tolist()
                   for name in columns if name in frame}


def sweep_of(sweep):
    rows = sweep.points.drop(columns=["key", "exit_code"])
    units = {name: sweep.unit(name) for name in rows.columns}
    summaries = sweep.summaries()
    return {
        "kind": sweep.kind, "attributes": sweep.attributes, "points": table(rows, units),
        "axes": list(sweep.axes.index), "varied": sweep.varied(), "metrics": sweep.metrics,
        "summaries": table(summaries) if len(summaries) else None,
        "figures": figures_of(sweep) if len(sweep.figures) else None,
    }


def page_of(result, other=None, other_name=""):
    """Everything the page shows of a Run or Sweep; `other` is the run to compare with."""
    data = {"palette": common.COLOURS}
    if hasattr(result, "points"):
        configs = [{"title": f"The {result.kind}", "yaml": result.config_yaml}]
        if result.base_yaml:
            configs.append({"title": "What its points change", "yaml": result.base_yaml})
        return data | {"kind": result.kind, "title": f"{result.kind.capitalize()} {result.name}", "sweep": sweep_of(result),
                       "configs": configs}
    data |= {"kind": "run", "title": common.title(result, "Run").replace("  ·", ":", 1), "run": run_of(result),
             "configs": [{"title": "As resolved, defaults included", "yaml": result.config_yaml}]}
    if other is not None:
        data["other"] = {"name": str(other_name), "attributes": other.attributes, "summary": summary_of(other),
                         "counters": counters_of(other), "config": other.config_yaml}
    return data
