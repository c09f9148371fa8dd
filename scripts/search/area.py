# SPDX-License-Identifier: Apache-2.0
"""Die area of a configuration by the table area.yaml, to weigh configurations against each other.

Caches with a part per core are left out: they are the cores' own L2, which the core lists."""

import pathlib
import re

import yaml

TABLE = pathlib.Path(__file__).with_name("area.yaml")
MM2 = 1e-6  #: of a square micrometre
MIB = {"B": 2.0**-20, "KiB": 2.0**-10, "MiB": 1.0, "GiB": 1024.0}


def load_table(path=TABLE):
    return yaml.safe_load(pathlib.Path(path).read_text(encoding="utf-8"))


def mib(size):
    """"512 KiB" is 0.5."""
    found = re.fullmatch(r"([0-9.]+) *(\w+)", str(size))
    if not found or found[2] not in MIB:
        raise ValueError(f"'{size}' is no size")
    return float(found[1]) * MIB[found[2]]


def _npu(part, table):
    array, vector = part["array"], part["vector"]
    per_pe = sum(table["mac"].get(name, 0) * count for name, count in part["macs_per_pe"].items())
    arrays = array["count"] * array["rows"] * array["cols"] * per_pe * MM2
    accumulators = array["count"] * mib(array["accumulators"]) * table["sram"]["mm2_per_mib"]
    scratchpad = mib(part["scratchpad"]["size"]) * table["sram"]["mm2_per_mib"] * table["sram"]["scratchpad_factor"]
    lanes = vector["threads"] * vector["width_bits"] / 32 * table["vector_lane"] * MM2
    return arrays + accumulators + scratchpad + lanes


def _gpu(part, table):
    return part["compute_units"] * part["macs_per_unit"]["fp32"] * table["gpu_lane"] * MM2


def _cpu(part, table):
    l2 = table["sram"]["mm2_per_mib"] * table["sram"]["cache_factor"]
    return sum(
        cluster["cores"] * (cluster["issue_width"] ** 2 * table["core_issue_squared"] * MM2
                            + mib(cluster["l2_per_core"]) * l2)
        for cluster in part["clusters"])


def _cache(part, table):
    if part.get("private_caches"):
        return 0.0
    return mib(part["capacity"]) * table["sram"]["mm2_per_mib"] * table["sram"]["cache_factor"]


def _dram(part, table):
    return part["channels"] * part["channel_bits"] / 16 * table["dram_mm2_per_16_bits"]


PARTS = {"npu": _npu, "gpu": _gpu, "cpu": _cpu, "cache": _cache, "dram": _dram}


def by_component(config, table):
    """Square millimetres per component of a resolved configuration of a phone; kinds without an estimate are absent."""
    return {name: PARTS[part["kind"]](part, table)
            for name, part in sorted(config["components"].items()) if part["kind"] in PARTS}


def total(config, table):
    return sum(by_component(config, table).values())
