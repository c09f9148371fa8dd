#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The DRAM model against other simulators: replays their traffic and checks bandwidth, latency, activations, energy.

    scripts/report/memory.py [--handset PROGRAM] [--only PATTERN] [-v] [-- more options of `handset replay dram`]
    scripts/report/memory.py --sizes       what requests as large as devices send them err, against 64 bytes

hard: idle latencies within one clock; bandwidth within 2 % of the references' mean where they agree within 1.5 %;
      uniform random reads (window up to 16) within 3 % in bandwidth and 5 % in latency; of both, row activations within
      2 % of the references' range; energy per kind of command within 1 %.
soft: everything else, within the references' range widened by 5 %; behind the table stands which rule of ours decides.
Exit code 1 when a figure is outside. Only rows that fail are shown, unless -v.
"""

import argparse
import collections
import concurrent.futures
import csv
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
import handset_results  # noqa: E402

PARTS = {"lpddr5": "lpddr5_6400_ref", "lpddr4": "lpddr4_3200_ref"}
CLOCK_NS = {"lpddr5": 1.25, "lpddr4": 0.625}
MAPS = {
    ("lpddr5", "M1"): "row bank group column",
    ("lpddr5", "M3"): "row bank column group column:1",
    ("lpddr4", "M1"): "row bank column",
}
HARD_SPREAD, HARD_BANDWIDTH, RANDOM_BANDWIDTH, RANDOM_LATENCY, ACTIVATIONS, ENERGY, SOFT = (
    0.015, 0.02, 0.03, 0.05, 0.02, 0.01, 0.05)
#: LPDDR4 commands take 4 and 2 clocks of the command bus; of the three simulators only this one models it.
COMMAND_BUS = "DRAMSys"
RULES = {
    "seqrd": "32 bursts wait in the read queue and those behind them outside; a bank is opened when the first of its "
             "bursts gets in.",
    "seqwr": "32 bursts wait in the write queue, so the next bank is opened late; DRAMsim3 holds 8 more per bank.",
    "mix21c": "Writes are drained from 80 % down to 20 % of their queue or when no read waits, and an open row serves all "
              "queued hits.",
    "mix21s": "Writes are drained from 80 % down to 20 % of their queue or when no read waits.",
    "rand64": "Reordering sees 32 bursts; DRAMsim3 sees 8 more per bank.",
    "randwr": "Reordering sees the 32 bursts of the write queue; DRAMsim3 sees 8 more per bank.",
    "randmix": "Writes are drained from 80 % down to 20 % of their queue or when no read waits.",
    "stride4k": "Bursts are served row hits first, then oldest first, over all banks.",
    "stride2k": "An activate takes one slot of the command bus, in LPDDR4 four clocks; Ramulator's takes two commands.",
    "4strc": "An open row serves all queued hits, without a cap; DRAMsim3 closes it after four.",
    "4strs": "An activate needs free slots of the command bus, in LPDDR4 four clocks.",
}


def rows_of(name):
    with open(ROOT / "tests/calibration/memory" / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


#: What one replay depends on.
Setup = collections.namedtuple("Setup", "set map pattern window interval refresh count")
#: One comparison: figures of the references and ours, and whether ours may stand.
Check = collections.namedtuple("Check", "kind setup what references simulated low high")


def replay(handset, more, setup, directory):
    """The result of a replay by the rules of the references: bursts of 32 bytes, one per clock."""
    path = directory / ("_".join(str(field) for field in setup).replace(" ", "") + ".h5")
    command = [handset, "replay", "dram", "--quiet", "-o", path, "--part", ROOT / f"configs/parts/{PARTS[setup.set]}.yaml",
               "--generate", setup.pattern, "--count", str(setup.count), "--chunk", "32 B",
               "--window", str(setup.window), "--set", "address_map=" + MAPS[setup.set, setup.map],
               "--set", "controller.refresh=" + setup.refresh]
    command += ["--interval", f"{setup.interval} ns"] if setup.interval else []
    done = subprocess.run(command + more, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {done.returncode}: {done.stderr.strip()}")
    return handset_results.load(path)


def numbers(rows, column):
    return {row["simulator"]: float(row[column]) for row in rows if row[column]}


def within(kind, setup, what, references, simulated, share):
    """Within the references' range widened by a share."""
    values = references.values()
    return Check(kind, setup, what, references, simulated, min(values) * (1 - share), max(values) * (1 + share))


def near(setup, what, references, simulated, share):
    """Within a share of the references' mean."""
    mean = sum(references.values()) / len(references)
    return Check("hard", setup, what, references, simulated, mean * (1 - share), mean * (1 + share))


def closed_loop_checks(setup, rows, run):
    bandwidth, simulated = numbers(rows, "bandwidth_gbps"), run.metric("bandwidth") / 1e9
    spread = (max(bandwidth.values()) - min(bandwidth.values())) / min(bandwidth.values())
    random = setup.pattern == "rand64" and setup.window <= 16
    hard = random or spread <= HARD_SPREAD
    checks = []
    if random:
        latency = numbers(rows, "latency_ns")
        if setup.set == "lpddr4":
            bandwidth, latency = ({COMMAND_BUS: values[COMMAND_BUS]} for values in (bandwidth, latency))
        checks.append(near(setup, "bandwidth GB/s", bandwidth, simulated, RANDOM_BANDWIDTH))
        checks.append(near(setup, "mean latency ns", latency, run.metric("read_latency_mean") * 1e9, RANDOM_LATENCY))
    elif hard:
        checks.append(near(setup, "bandwidth GB/s", bandwidth, simulated, HARD_BANDWIDTH))
    else:
        checks.append(within("soft", setup, "bandwidth GB/s", bandwidth, simulated, SOFT))
    activations = numbers(rows, "activations")
    if activations and hard:
        checks.append(within("hard", setup, "activations", activations, run.counter("dram.activations"), ACTIVATIONS))
    return checks


def idle_checks(setup, rows, run):
    """Without refresh every percentile is a closed form; with it refresh must cost what it costs the references."""
    clock = CLOCK_NS[setup.set]
    checks = []
    names = {"mean_ns": "mean", "p50_ns": "p50", "least_ns": "least"}
    if setup.refresh == "off":
        names.update({"p99_ns": "p99", "most_ns": "most"})
    for column, metric in names.items():
        references = numbers(rows, column)
        checks.append(Check("hard", setup, f"{metric} latency ns", references, run.metric("read_latency_" + metric) * 1e9,
                            min(references.values()) - clock * 1.001, max(references.values()) + clock * 1.001))
    checks.append(within("hard", setup, "activations", numbers(rows, "activations"), run.counter("dram.activations"),
                         ACTIVATIONS))
    checks.append(within("hard", setup, "refreshes", numbers(rows, "refreshes"), run.counter("dram.refreshes"), 0.002))
    return checks


def energy_checks(setup, row, run):
    """Energy of a command of each kind; the number of commands is the scheduler's matter, not that of the formulas."""
    checks = []

    def add(what, reference_uj, reference_count, energy_fj, count):
        if reference_count and count:
            checks.append(near(setup, what, {"DRAMPower": reference_uj / reference_count * 1e6},
                               energy_fj / count * 1e-3, ENERGY))

    for kind in ("read", "write"):
        add(f"pJ per {kind}", float(row[kind + "_uj"]), int(row[kind + "s"]), run.counter("dram.energy_" + kind),
            run.counter(f"dram.{kind}_bursts"))
    add("pJ per activate, precharge", float(row["activate_uj"]) + float(row["precharge_uj"]), int(row["activations"]),
        run.counter("dram.energy_activate"), run.counter("dram.activations"))
    add("pJ per refresh", float(row["refresh_uj"]), int(row["refreshes"]), run.counter("dram.energy_refresh"),
        run.counter("dram.refreshes"))
    total = sum(float(row[kind + "_uj"]) for kind in ("activate", "precharge", "background", "read", "write", "refresh"))
    checks.append(within("soft", setup, "core energy uJ", {"DRAMPower": total}, run.metric("energy") * 1e6, SOFT))
    return checks


#: Traffic classes: the same bytes in the same order, in blocks of a device's burst.
CLASSES = {
    "sequential read": ["--generate", "sequential"],
    "sequential write": ["--generate", "sequential", "--writes", "100"],
    "random read": ["--generate", "random"],
    "random write": ["--generate", "random", "--writes", "100"],
    "mixed": ["--generate", "mixed"],
    "strided read": ["--generate", "strided", "--stride", "64 KiB"],
}


def size_rows(handset, more):
    """Blocks handed over whole against the same blocks in pieces of 64 bytes, by traffic class:
    (class, part, block, GB/s in pieces, GB/s whole, error of bandwidth, error of activations)"""
    for name, traffic in CLASSES.items():
        for part in ("lpddr5_6400_ref", "lpddr5x_8448"):
            for block in ("1 KiB", "4 KiB"):
                runs = []
                for chunk in ("64 B", block):
                    with tempfile.TemporaryDirectory() as directory:
                        path = pathlib.Path(directory) / "x.h5"
                        subprocess.run([handset, "replay", "dram", "-q", "-o", path, "--part",
                                        ROOT / f"configs/parts/{part}.yaml", *traffic, "--size", block, "--chunk", chunk,
                                        "--count", "20000", *more], check=True, stdout=subprocess.DEVNULL)
                        runs.append(handset_results.load(path))
                small, large = (run.metric("bandwidth") / 1e9 for run in runs)
                opened = [run.counter("dram.activations") for run in runs]
                yield name, part, block, small, large, large / small - 1, opened[1] / opened[0] - 1


def sizes(handset, more):
    print("class, part, block: bandwidth GB/s in 64 B pieces | whole | error | activations error")
    for name, part, block, small, large, error, opened in size_rows(handset, more):
        print(f"{name:17} {part:16} {block}: {small:7.3f} | {large:7.3f} | {error:+7.2%} | {opened:+7.2%}", flush=True)


def plan(only):
    """[(setup, function of its result that gives checks)]"""
    jobs = []

    def grouped(name, setup_of, checks_of):
        groups = collections.defaultdict(list)
        for row in rows_of(name):
            if only in ("", row["pattern"]):
                groups[setup_of(row)].append(row)
        for setup, rows in groups.items():
            jobs.append((setup, lambda run, s=setup, r=rows: checks_of(s, r, run)))

    grouped("dram_closed_loop.csv", lambda row: Setup(row["set"], row["map"], row["pattern"], int(row["window"]), 0,
                                                      "all_bank", 100000), closed_loop_checks)
    grouped("dram_idle.csv", lambda row: Setup(row["set"], row["map"], row["pattern"], 1000, 200, row["refresh"], 100000),
            idle_checks)
    grouped("dram_energy.csv",
            lambda row: Setup(row["set"], row["map"], row["pattern"], 1000 if row["interval_ns"] else 16,
                              int(row["interval_ns"] or 0), "all_bank", int(row["requests"])),
            lambda setup, rows, run: energy_checks(setup, rows[0], run))
    return jobs


def compare(handset, jobs, more):
    """[(check, whether it passed)] of a plan"""
    setups = sorted({setup for setup, _ in jobs})
    with tempfile.TemporaryDirectory() as directory, concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda s: replay(handset, more, s, pathlib.Path(directory)), setups)
        runs = dict(zip(setups, results))
    checks = [check for setup, checks_of in jobs for check in checks_of(runs[setup])]
    return [(check, check.low <= check.simulated <= check.high) for check in checks]


def ratio(check):
    """To the mean of the references; 1 where that is nothing."""
    mean = sum(check.references.values()) / len(check.references)
    return check.simulated / mean if mean else 1.0


def traffic(setup):
    return f"{setup.set} {setup.map} {setup.pattern}" + (
        f" every {setup.interval} ns, refresh {setup.refresh}" if setup.interval else f" W{setup.window}")


def deciding_patterns(verdicts):
    """Patterns whose bandwidth honest controllers disagree about."""
    return sorted({check.setup.pattern for check, _ in verdicts
                   if check.kind == "soft" and check.what.startswith("bandwidth")})


def short(value):
    return f"{value:.0f}" if value >= 10000 else f"{value:.4g}"


def line(check, passed):
    references = " / ".join(short(value) for value in check.references.values())
    return (f"{check.kind:4} {traffic(check.setup):44} {check.what:27} {references:>26} | {short(check.simulated):>8} "
            f"| {ratio(check):5.3f} | {'ok' if passed else 'OUTSIDE ' + short(check.low) + ' to ' + short(check.high)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--handset", type=pathlib.Path, default=ROOT / "build/release/bin/handset")
    parser.add_argument("--only", default="", help="one pattern of the reference set")
    parser.add_argument("-v", "--verbose", action="store_true", help="rows that agree as well")
    parser.add_argument("more", nargs="*", help="behind --: more options of the replay, to see what a change does")
    parser.add_argument("--sizes", action="store_true", help="the error of large requests instead")
    arguments = parser.parse_args()
    if arguments.sizes:
        return sizes(arguments.handset.resolve(), arguments.more)
    jobs = plan(arguments.only)
    if not jobs:
        parser.error(f"no reference has a pattern '{arguments.only}'")
    verdicts = compare(arguments.handset.resolve(), jobs, arguments.more)
    print("kind where, what: references | simulated | ratio to their mean | verdict")
    for check, passed in verdicts:
        if arguments.verbose or not passed:
            print(line(check, passed))
    if arguments.verbose:
        print("\n".join(["\nWhat decides where simulators differ:"] + [f"  {name:9} {RULES[name]}" for name in deciding_patterns(verdicts)]))
    for kind in ("hard", "soft"):
        of_kind = [passed for check, passed in verdicts if check.kind == kind]
        print(f"{kind}: {sum(of_kind)} of {len(of_kind)} figures agree")
    return 0 if all(passed for _, passed in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
