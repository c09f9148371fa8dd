# SPDX-License-Identifier: Apache-2.0
"""A sweep larger than a test can run: what the report page must show without freezing."""

import h5py
import numpy as np
import sample_sweep


def write(path, side, kept):
    """side x side points over two axes; `kept` of them with a summary of their own."""
    first, second = (grid.ravel() for grid in np.meshgrid(np.arange(1.0, side + 1), np.arange(1.0, side + 1)))
    rate = 30 * np.sqrt(first) / (1 + second / side)
    energy = 0.01 * first + 0.5 / second
    count = side * side
    with h5py.File(path, "w") as file:
        sample_sweep.write_head(file, "sweep", "large", count)
        sample_sweep.write_table(file, "axes", {"path": (None, ["dram.channels", "npu0.rows"]), "unit": (None, ["", ""]),
                                                "type": (None, ["number", "number"])})
        sample_sweep.write_table(file, "points", {
            "index": (None, np.arange(count, dtype="uint32")), "key": (None, [f"{i:016x}" for i in range(count)]),
            "status": (None, ["done"] * count), "exit_code": (None, np.zeros(count, dtype="int32")),
            "error": (None, [""] * count), "dram.channels": (None, first), "npu0.rows": (None, second),
            "decode_rate": ("token/s", rate), "energy": ("J", energy)})
        for i in range(kept):
            sample_sweep.write_table(file, f"runs/{i:016x}/summary", {
                "metric": (None, ["decode_rate", "total_time"]), "unit": (None, ["token/s", "s"]),
                "value": (None, [rate[i], 100 / rate[i]])})
