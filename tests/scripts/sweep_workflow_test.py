#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sweeps cut into shards: through Snakemake on this machine, and on a real Slurm where jobs are killed on purpose.

usage: sweep_workflow_test.py PROJECT HANDSET
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import slurm_box

PROJECT, HANDSET = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
SNAKEMAKE = "/usr/bin/snakemake"
SHARDS = 3
LIMIT = 150  #: seconds; a run that hangs is a failure

# Twelve points of about a third of a second: a shard of four lives long enough to be killed between two points.
SWEEP = f"""\
name: sharded
soc: {PROJECT}/configs/soc/phone_8gen3.yaml
workload: {PROJECT}/configs/workloads/tiny_story_int8.yaml
set: {{workload.max_tokens: 100}}
axes:
  - {{path: dram.channels, values: [1, 2, 4]}}
  - {{path: npu0.array.rows, values: [8, 16, 32, 64]}}
metrics: [time_to_first_token, decode_rate, energy]
"""


class Killer(threading.Thread):
    """Waits until a shard has finished its first point, ends the shard through `kill` and remembers that it did."""

    def __init__(self, out: pathlib.Path, shard: int, kill) -> None:
        super().__init__(daemon=True)
        self.points = pathlib.Path(f"{out}.shards/{shard}.h5.points")
        self.kill = kill
        self.finished_points = 0

    def run(self) -> None:
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            if found := len(list(self.points.glob("*.json"))):
                self.kill()
                self.finished_points = found
                return
            time.sleep(0.02)


def kill_process_of(out: pathlib.Path, shard: int) -> None:
    """SIGKILL to the program that works on a shard, and to the point that it forked."""
    words = [b"--shard", f"{shard}/{SHARDS}".encode(), f"{out}.shards/{shard}.h5".encode()]
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
            if os.path.samefile(process / "exe", HANDSET) and all(word in arguments for word in words):
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:
            pass  # it has ended, or is none of ours


@unittest.skipUnless(os.access(SNAKEMAKE, os.X_OK), "not installed: snakemake")
class Workflow(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="handset_workflow."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.file = self.folder / "sweep.yaml"
        self.file.write_text(SWEEP, encoding="utf-8")
        self.reference = self.folder / "reference.h5"
        self.table = subprocess.run([HANDSET, "sweep", "-q", self.file, "-j", "2", "-o", self.reference], check=True,
                                    capture_output=True, text=True).stdout

    def start(self, out, *options, environment=None):
        return subprocess.Popen(
            [PROJECT / "scripts/sweep/run", self.file, "-o", out, "--shards", str(SHARDS), "--handset", HANDSET,
             *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment or dict(os.environ))

    def finish(self, process):
        try:
            stdout, stderr = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            self.fail(f"hangs:\n{process.communicate()[1]}")
        return process.returncode, stdout, stderr

    def test_local_shards_equal_the_uncut_sweep(self):
        out = self.folder / "local.h5"
        # A python3 that comes first on PATH and cannot run Snakemake must not matter.
        shadow = self.folder / "shadow"
        shadow.mkdir()
        (shadow / "python3").write_text("#!/bin/sh\nexit 99\n", encoding="utf-8")
        (shadow / "python3").chmod(0o755)
        environment = dict(os.environ, PATH=f"{shadow}:{os.environ['PATH']}")
        code, stdout, stderr = self.finish(self.start(out, environment=environment))
        self.assertEqual(code, 0, stderr)
        self.assertEqual(stdout, self.table)
        self.assertEqual(out.read_bytes(), self.reference.read_bytes())

    def test_failing_points_are_part_of_the_result_and_tried_once(self):
        # 16 MiB of simulated memory are too few for the model and its graphs.
        self.file.write_text(SWEEP.replace("[1, 2, 4]", "[4]").replace("npu0.array.rows, values: [8, 16, 32, 64]",
                                                                      "dram.capacity, values: [16 MiB, 12 GiB, 8 GiB]"),
                             encoding="utf-8")
        uncut = subprocess.run([HANDSET, "sweep", "-q", self.file, "-o", self.reference], check=False,
                               capture_output=True, text=True)
        self.assertNotEqual(uncut.returncode, 0)
        out = self.folder / "failing.h5"
        code, stdout, stderr = self.finish(self.start(out))
        self.assertEqual((code, stdout), (uncut.returncode, uncut.stdout), stderr)
        self.assertNotIn("Trying to restart", stderr)
        self.assertEqual(out.read_bytes(), self.reference.read_bytes())

    @unittest.skipIf(slurm_box.missing(), slurm_box.missing())
    def test_killed_slurm_jobs_are_submitted_again_and_the_result_is_equal(self):
        out = self.folder / "slurm.h5"
        with slurm_box.SlurmBox(self.folder / "slurm") as box:
            def cancel():
                jobs = box.call("squeue", "-h", "-t", "RUNNING", "-o", "%i %o").splitlines()
                for job in jobs:
                    number, script = job.split()
                    if re.search(r"\b1/3\b|shards/1\.h5", pathlib.Path(script).read_text(encoding="utf-8")):
                        box.call("scancel", number)

            # CI=true: Snakemake asks for states every second instead of every ten.
            process = self.start(out, "--slurm", "-j", "2", environment=dict(box.environment, CI="true"))
            killers = [Killer(out, 1, cancel), Killer(out, 2, lambda: kill_process_of(out, 2))]
            for killer in killers:
                killer.start()
            code, stdout, stderr = self.finish(process)
            jobs = box.call("scontrol", "-o", "show", "jobs").splitlines()
        self.assertEqual(code, 0, stderr)
        self.assertEqual(stdout, self.table)
        self.assertEqual(out.read_bytes(), self.reference.read_bytes())
        self.assertTrue(all(killer.finished_points for killer in killers))
        states = sorted(re.search(r"JobState=(\w+)", job).group(1) for job in jobs)
        # Three shards and the merge, and one more for each that was killed.
        self.assertEqual(states, ["CANCELLED", "COMPLETED", "COMPLETED", "COMPLETED", "COMPLETED", "FAILED"])
        self.assertEqual(stderr.count("Trying to restart"), 2, stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
