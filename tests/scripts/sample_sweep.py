# SPDX-License-Identifier: Apache-2.0
"""Made-up results of a sweep and of a study in the layout of sim/results: what the tests of reader and plots read."""

import h5py
import numpy as np

FAILED = 5  # number of the point whose run failed


def write_table(file, name, columns):
    """columns: name -> (unit or None, values)"""
    arrays = {key: np.array([value.encode() for value in values]) if isinstance(values[0], str) else np.array(values)
              for key, (_, values) in columns.items()}
    table = np.zeros(len(next(iter(arrays.values()))), dtype=[(key, array.dtype) for key, array in arrays.items()])
    for key, array in arrays.items():
        table[key] = array
    dataset = file.create_dataset(name, data=table)
    for key, (unit, _) in columns.items():
        if unit:
            dataset.attrs[key + "_units"] = np.bytes_(unit)


def write_head(file, kind, name, points):
    file.attrs["schema"] = np.bytes_("handset sweep")
    file.attrs["schema_version"] = np.uint32(1)
    file.attrs["kind"] = np.bytes_(kind)
    file.create_group("run").attrs["handset_version"] = np.bytes_("0.1.0")
    sweep = file.create_group("sweep")
    sweep.attrs["name"] = np.bytes_(name)
    sweep.attrs["points"] = np.uint32(points)
    file["config/yaml"] = np.bytes_("name: " + name)
    file["config/base"] = np.bytes_("soc: {}")


def decode_rate(channels, call, policy):
    """Of the sample: channels and short calls help, the CPU needs no calls."""
    return 40 * np.sqrt(channels) / (1 + (call / 1e-4 if policy == "npu" else 0.2))


def write_sweep(path):
    """3 channels x 3 call costs x 2 policies; point FAILED has no run."""
    grid = [(channels, call, policy) for channels in (1.0, 2.0, 4.0) for call in (3e-5, 1e-4, 3e-4)
            for policy in ("cpu", "npu")]
    count = len(grid)
    rates = [np.nan if i == FAILED else decode_rate(*point) for i, point in enumerate(grid)]
    energy = [np.nan if i == FAILED else 0.02 * channels + 0.01 / call * 1e-4 + (0.03 if policy == "cpu" else 0.0)
              for i, (channels, call, policy) in enumerate(grid)]
    with h5py.File(path, "w") as file:
        write_head(file, "sweep", "sample", count)
        write_table(file, "axes", {"path": (None, ["dram.channels", "npu0.call", "workload.policy"]),
                                    "unit": (None, ["", "s", ""]), "type": (None, ["number", "number", "text"])})
        write_table(file, "points", {
            "index": (None, np.arange(count, dtype="uint32")),
            "key": (None, [f"{i:016x}" for i in range(count)]),
            "status": (None, ["failed" if i == FAILED else "done" for i in range(count)]),
            "exit_code": (None, np.array([4 if i == FAILED else 0 for i in range(count)], dtype="int32")),
            "error": (None, ["out of simulated memory" if i == FAILED else "" for i in range(count)]),
            "dram.channels": (None, [point[0] for point in grid]),
            "npu0.call": ("s", [point[1] for point in grid]),
            "workload.policy": (None, [point[2] for point in grid]),
            "decode_rate": ("token/s", rates),
            "energy": ("J", energy),
        })
        write_table(file, f"runs/{0:016x}/summary", {"metric": (None, ["decode_rate"]), "unit": (None, ["token/s"]),
                                                      "value": (None, [rates[0]])})


def write_study(path):
    """One figure of each kind and verdict."""
    rows = [
        ("prefill_rate", "absolute", "token/s", "1000", "930", 0.93, 0.2, "ok"),
        ("decode_rate", "absolute", "token/s", "14.2", "20.1", 1.42, 0.2, "OUTSIDE"),
        ("speedup", "ratio", "1", "7.3", "6.9", 0.95, 0.1, "ok"),
        ("speedup_band", "range", "1", "18.1 .. 38.4", "12.5", 0.69, 0.1, "deviation"),
        ("ranking", "order", "", "falling", "5200, 2100, 700", 0.0, 0.0, "ok"),
        ("scaling", "shape", "s", "1, 2.1, 4.4", "1.2, 2.4, 4.9", 0.93, 0.1, "ok"),
        ("lost", "absolute", "s", "3", "-", 0.0, 0.1, "NO RESULT"),
    ]
    names = ("id", "kind", "unit", "published", "simulated", "ratio", "tolerance", "verdict")
    with h5py.File(path, "w") as file:
        write_head(file, "study", "sample", 1)
        write_table(file, "axes", {"path": (None, ["system"]), "unit": (None, [""]), "type": (None, ["text"])})
        write_table(file, "points", {
            "index": (None, np.arange(1, dtype="uint32")), "key": (None, ["0"]), "status": (None, ["done"]),
            "exit_code": (None, np.zeros(1, dtype="int32")), "error": (None, [""]), "system": (None, ["npu"]),
            "decode_rate": ("token/s", [20.1])})
        table = {name: (None, [row[i] for row in rows]) for i, name in enumerate(names)}
        table["source"] = (None, ["Table 1"] * len(rows))
        table["note"] = (None, [""] * len(rows))
        write_table(file, "figures", table)
