#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tells Snakemake what became of a Slurm job: running, success or failed.

A job that the controller has forgotten (it keeps ended ones for MinJobAge) counts as failed: its shard resumes.
"""

import subprocess
import sys

RUNNING = {"PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "REQUEUED", "RESIZING", "SIGNALING"}


def state(job: str) -> str:
    """The job's state as the controller knows it, empty when it is forgotten."""
    shown = subprocess.run(["scontrol", "-o", "show", "job", job], capture_output=True, text=True, check=False)
    for word in shown.stdout.split():
        if word.startswith("JobState="):
            return word.removeprefix("JobState=")
    return ""


def main() -> None:
    job_state = state(sys.argv[1])
    if job_state == "COMPLETED":
        print("success")
    else:
        print("running" if job_state in RUNNING else "failed")


if __name__ == "__main__":
    main()
