#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Matrix products with ONNXim's tiling imposed: cycles and DRAM bytes against ONNXim.

usage: npu_tools.py HANDSET SOURCE_DIRECTORY
"""

import csv
import pathlib
import subprocess
import sys
import tempfile

HANDSET, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
TABLE = SOURCE / "tests/calibration/npu/onnxim_lpddr5.csv"


def simulate(row, directory):
    out = pathlib.Path(directory) / "op.csv"
    tile = f"m={row['tile_m']},n={row['tile_n']},k={row['tile_k']},order=outputs"
    subprocess.run(
        [HANDSET, "op", "matmul", "--soc", SOURCE / f"configs/soc/ref_npu_{row['array']}.yaml", "--device", "npu0",
         "--shape", f"m={row['m']},n={row['n']},k={row['k']}", "--format", "w8a8h", "--tile", tile, "--csv", out,
         "--quiet"], check=True, stdout=subprocess.DEVNULL)
    with open(out, newline="") as file:
        measured = next(csv.DictReader(file))
    return {name.split(" [")[0]: value for name, value in measured.items()}


def main():
    failed = 0
    print(f"{'array':>5} {'m x n x k':>16} | {'ONNXim':>9} {'cycles':>9} ratio | {'ONNXim':>10} {'DRAM B':>10} ratio | mapping")
    with open(TABLE, newline="") as file, tempfile.TemporaryDirectory() as directory:
        for row in csv.DictReader(file):
            got = simulate(row, directory)
            cycles = int(got["cycles"])
            moved = int(float(got["loaded"])) + int(float(got["stored"]))
            time_ratio = cycles / int(row["cycles"])
            byte_ratio = moved / int(row["dram_bytes"])
            good = (float(row["time_low"]) <= time_ratio <= float(row["time_high"])
                    and float(row["bytes_low"]) <= byte_ratio <= float(row["bytes_high"]))
            failed += not good
            shape = f"{row['m']}x{row['n']}x{row['k']}"
            print(f"{row['array']:>5} {shape:>16} | {row['cycles']:>9} {cycles:>9} {time_ratio:5.3f} |"
                  f" {row['dram_bytes']:>10} {moved:>10} {byte_ratio:5.3f} | {got['mapping']}"
                  + ("" if good else "  <- outside its range") + (f"  ({row['note']})" if row["note"] != "-" else ""))
    return 1 if failed else 0


sys.exit(main())
