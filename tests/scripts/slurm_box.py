# SPDX-License-Identifier: Apache-2.0
"""A real Slurm on this machine for tests: munged, slurmctld and slurmd of their own on the loopback interface.

Needs root and Debian's slurmctld, slurmd, slurm-client and munge; `missing()` says what is not there.
"""

import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import time

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol", "sinfo")

CONFIG = """\
ClusterName=handset
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmctldPort={controller_port}
SlurmdPort={node_port}
AuthType=auth/munge
AuthInfo=socket={state}/munge.socket
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={state}/state
SlurmdSpoolDir={state}/spool
SlurmctldPidFile={state}/slurmctld.pid
SlurmdPidFile={state}/slurmd.pid
SlurmctldLogFile={state}/slurmctld.log
SlurmdLogFile={state}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=2
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
NodeName=localhost NodeAddr=127.0.0.1 CPUs=2 RealMemory=4000 State=UNKNOWN
PartitionName=debug Nodes=localhost Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Why Slurm cannot be started here, or nothing."""
    if os.geteuid() != 0:
        return "needs root"
    absent = [program for program in PROGRAMS if shutil.which(program) is None and not find(program)]
    return f"not installed: {', '.join(absent)}" if absent else ""


def find(program: str) -> str:
    """Daemons may lie outside a user's PATH."""
    return shutil.which(program, path="/usr/sbin:/sbin:/usr/bin:/bin") or ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class SlurmBox:
    """Context manager; `environment` makes sbatch and the like talk to it."""

    def __init__(self, state: pathlib.Path) -> None:
        self.state = state
        self.environment = dict(os.environ, SLURM_CONF=str(state / "slurm.conf"))
        self.daemons: list[subprocess.Popen] = []

    def __enter__(self) -> "SlurmBox":
        for folder in ("state", "spool"):
            (self.state / folder).mkdir(parents=True, exist_ok=True)
        ports = {"controller_port": free_port(), "node_port": free_port()}
        (self.state / "slurm.conf").write_text(CONFIG.format(state=self.state, **ports), encoding="utf-8")
        key = self.state / "munge.key"
        key.write_bytes(secrets.token_bytes(1024))
        key.chmod(0o400)
        self.start("munged", "--foreground", "--force", f"--key-file={key}", f"--socket={self.state}/munge.socket",
                   f"--pid-file={self.state}/munged.pid", f"--log-file={self.state}/munged.log",
                   f"--seed-file={self.state}/munged.seed")
        self.wait(lambda: (self.state / "munge.socket").exists(), "munged's socket")
        self.start("slurmctld", "-D", "-f", str(self.state / "slurm.conf"))
        self.start("slurmd", "-D", "-N", "localhost", "-f", str(self.state / "slurm.conf"))
        self.wait(lambda: "idle" in self.call("sinfo", "-h", "-o", "%T"), "an idle node")
        return self

    def __exit__(self, *_: object) -> None:
        for daemon in reversed(self.daemons):
            daemon.terminate()
        for daemon in self.daemons:
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()

    def start(self, program: str, *arguments: str) -> None:
        with open(self.state / f"{program}.out", "wb") as log:
            daemon = subprocess.Popen([find(program), *arguments], env=self.environment, stdout=log, stderr=log)
        self.daemons.append(daemon)

    def call(self, *command: str) -> str:
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False).stdout

    def wait(self, ready, what: str, seconds: float = 60) -> None:
        """Until `ready()`; fails with the daemons' messages."""
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                logs = "\n".join(p.read_text(errors="replace")[-500:] for p in sorted(self.state.glob("*.out")))
                raise TimeoutError(f"no {what} after {seconds} s\n{logs}")
            time.sleep(0.2)
