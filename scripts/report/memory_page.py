#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes results/memory.md: DRAM, flash and interconnect against other simulators and published measurements.

    scripts/report/memory_page.py --accept      measures and writes the page (half a minute)
    scripts/report/memory_page.py               exit code 1: the page is not what the simulator gives now

DRAM figures come from memory.py, flash and processors from the output of the tests that assert them. They must be built:
cmake --build build/release --target handset flash_calibration_test fabric_bandwidth_test
"""

import argparse
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import memory  # noqa: E402

PAGE = memory.ROOT / "results/memory.md"
PHONES = ("FabricBandwidth.EightGen3MatchesThePublishedRatesOfOneAndOfTwoProcessors",
          "FabricBandwidth.EightGen2KeepsTheRatioOfItsMemory")
INTRODUCTION = """# Memory against references

Written by `scripts/report/memory_page.py --accept`; the test `calibration.memory_page` keeps it true. Inputs and their
origin: [tests/calibration/memory](../tests/calibration/memory/README.md). Ratios are to the mean of the references.

"""
HARD = """## DRAM: what must agree

Requests of 64 bytes, one channel, equal timing parameters. References, in this order where three are given: Ramulator
2.1, DRAMsim3, DRAMSys in closed loop; DRAMsim3, DRAMSys, Ramulator at idle. W: requests under way; M1: a row per bank,
M3: lines rotate over bank groups. Bounds: idle latency one clock (LPDDR5 1.25 ns, LPDDR4 0.625 ns); bandwidth 2 % where
the references agree within 1.5 %; random reads up to W16 3 % in bandwidth and 5 % in latency; activations 2 %.
For random reads of LPDDR4 only DRAMSys counts, which alone knows that a command takes several clocks of the bus.

"""
SOFT = """## DRAM: where honest controllers differ

Inside the references' range widened by 5 %.

"""
ENERGY = """## DRAM: energy

DRAMPower 6.0.1 on Ramulator's commands. Energy of a command within 1 %; of a whole run, whose commands are the
scheduler's matter, within 5 %. Without I/O, which DRAMPower was not asked for.

"""
SIZES = """## Requests as large as devices send them

The same requests handed over whole and in pieces of 64 bytes (20 000 requests, at most 16 under way). What decides: a
whole request enters the queues at once, even where it is longer than the room left, so reordering sees all of it; pieces
enter as room comes. Streams hardly differ; random and mixed requests differ in either direction.

"""
PROCESSORS = """## One and two processors

Streams with the burst and the bytes in flight of a processor's port, through network, caches and DRAM. *fitted*: bytes
in flight and latency of the port (`noc.ports` of the phone) were chosen from this figure; *follows*: nothing was. Limits
of the ports and queueing decide, no bandwidth is a parameter. Bounds 3 % on the 8 Gen 3, 3 to 8 % on the 8 Gen 2, whose
GPU and NPU figures are not published but those of the 8 Gen 3 scaled with the DRAM's peak. The fits hold for the bursts
that the processors send: with `handset replay soc` and requests of another size a port reaches another rate.

"""
ENVELOPE = """## Flash against MQSim and SimpleSSD

Reads at equal NAND timing, MB/s; inside the range of the two widened by 10 %, never above the channels' 2000 MB/s. Two
rules decide: a whole page leaves the register, not only the sectors asked for, and a die senses on meanwhile. Both are
SimpleSSD's, and **both were chosen after these results were seen**: with MQSim's rules (`--set nand.least_read=0B --set
nand.cache_read=none`) this model gives about 535 MB/s for random reads of 4 KiB at queue depth 32, outside the range. The
parts of phones transfer only the code words asked for.

"""
CURVES = """## Flash of phones and computers

MB/s. *fit*: the parameter in brackets was chosen from this row; *check*: nothing was. The core of 3.0 GHz lies between the
two that were fitted. All rows of the M1 are fits. For random reads of 512 KiB the source states no queue depth; a full
queue is assumed. Writes into the booster (2.8 GB/s, UFS 4.0) and sequential reads were set from the specification.

"""
SINGLES = """### Queue depth 1

The closed form of each reference from its stated parts, us, within 3 %. One row is left out: SimpleSSD published 75.8 us
for 32 KiB and its closed form gives 70.2; what its firmware costs by size is not stated.

"""
WRITES = """### Sequential writes

128 KiB, 32 in flight, factory-new device, MB/s; within 3 % of MQSim without its cache and below dies x planes x page / program time.

"""


def table(heads, rows):
    return "\n".join([f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
                     + [f"| {' | '.join(row)} |" for row in rows]) + "\n"


def verdict(low, simulated, high):
    return "ok" if low <= simulated <= high else "**OUTSIDE**"


def check_rows(verdicts):
    for check, passed in verdicts:
        yield (memory.traffic(check.setup), check.what, " / ".join(map(memory.short, check.references.values())),
               memory.short(check.simulated), f"{memory.ratio(check):.3f}", "ok" if passed else "**OUTSIDE**")


def check_table(verdicts):
    return table(("traffic", "figure", "references", "simulated", "ratio", "verdict"), check_rows(verdicts))


def summary(verdicts, others):
    rows = []
    for kind in ("hard", "soft"):
        of_kind = [(memory.ratio(check), passed) for check, passed in verdicts if check.kind == kind]
        rows.append((f"DRAM, {kind}", f"{sum(passed for _, passed in of_kind)} of {len(of_kind)}",
                     f"{min(of_kind)[0]:.3f} to {max(of_kind)[0]:.3f}"))
    for name, lines in others:
        ratios = [float(line[-2]) for line in lines]
        rows.append((name, f"{sum('ok' in line for line in lines)} of {len(lines)}",
                     f"{min(ratios):.3f} to {max(ratios):.3f}"))
    return table(("class", "figures inside their bounds", "ratios"), rows)


def dram(verdicts):
    energy = [pair for pair in verdicts if "pJ" in pair[0].what or "energy" in pair[0].what]
    rest = [pair for pair in verdicts if pair not in energy]
    rules = [(name, memory.RULES[name]) for name in memory.deciding_patterns(rest)]
    return "\n".join((HARD + check_table([pair for pair in rest if pair[0].kind == "hard"]),
                      SOFT + check_table([pair for pair in rest if pair[0].kind == "soft"]),
                      table(("traffic", "which rule of ours decides"), rules), ENERGY + check_table(energy)))


def sizes(handset):
    rows = [(name, part, block, f"{small:.2f}", f"{large:.2f}", f"{error:+.1%}", f"{opened:+.1%}")
            for name, part, block, small, large, error, opened in memory.size_rows(handset, [])]
    return SIZES + table(("class", "part", "request", "GB/s in 64 B", "GB/s whole", "error", "activations"), rows)


def printed(program, test):
    """Cells of the lines with bars that a test prints."""
    if not program.exists():
        raise SystemExit(f"{program} is missing: cmake --build build/release --target {program.name}")
    done = subprocess.run([program, "--gtest_filter=" + test], capture_output=True, text=True, check=False)
    rows = [[cell.strip() for cell in line.split("|")] for line in done.stdout.splitlines() if "|" in line]
    if not rows:
        raise SystemExit(f"{program} {test} printed no figures: {done.stderr.strip()}")
    return rows


def processors(program):
    rows = []
    for test in PHONES:
        phone = "8 Gen 3" if "Gen3" in test else "8 Gen 2"
        for what, published, reached, result in printed(program, test):
            name, use = what.split(": ")
            rows.append((f"{phone} {name}", f"{float(published):.1f}", f"{float(reached):.1f}",
                         f"{float(reached) / float(published):.3f}", use, result.replace("OUTSIDE", "**OUTSIDE**")))
    return rows


def phone_flash(program):
    rows = []
    lines = printed(program, "FlashCalibration.PhonesAndComputersReachTheirPublishedCurves")[1:]
    for row, line in zip(memory.rows_of("flash_phones.csv"), lines, strict=True):
        ratio = float(line[2].split()[0])
        core = f", {row['cores']} x {int(row['core_mhz']) / 1000:.1f} GHz" if int(row["core_mhz"]) else ""
        rows.append((f"{row['part']} {row['access']} {row['size_kib']} KiB QD{row['queue_depth']} in {row['range_mib']} MiB"
                     + core, row["published_mbps"], line[1], f"{ratio:.3f}", row["use"],
                     verdict(float(row["least_ratio"]), ratio, float(row["most_ratio"])), row["source"]))
    return rows


def envelope(program):
    rows = []
    lines = printed(program, "FlashCalibration.DeepQueuesLieBetweenTheReferenceSimulators")[1:]
    for row, line in zip(memory.rows_of("flash_reference.csv"), lines, strict=True):
        references = [float(row["mqsim_mbps"]), float(row["simplessd_mbps"])]
        simulated = float(line[1])
        rows.append((f"{row['access']} {row['size_kib']} KiB QD{row['queue_depth']}", row["mqsim_mbps"],
                     row["simplessd_mbps"], line[1], f"{simulated / sum(references) * 2:.3f}",
                     verdict(min(references) * 0.9, simulated, max(references) * 1.1)))
    return rows


def singles(program):
    for line in printed(program, "FlashCalibration.SingleReadsTakeTheSumOfTheirParts")[1:]:
        name, published = line[0].rsplit(None, 1)
        yield name, published, line[1], line[2], verdict(0.97, float(line[2]), 1.03)


def writes(program):
    for line in printed(program, "FlashCalibration.SustainedWritesStayBelowTheProgramTimeBound")[1:]:
        name, bound, mqsim = line[0].split()
        ratio = float(line[1]) / float(mqsim)
        yield name, bound, mqsim, line[1], f"{ratio:.3f}", verdict(0.97, ratio, min(1.03, float(bound) / float(mqsim)))


def page(handset, tests):
    flash, fabric = tests / "calibration/memory/flash_calibration_test", tests / "module/memory/fabric_bandwidth_test"
    verdicts = memory.compare(handset, memory.plan(""), [])
    buses, curves, between = processors(fabric), phone_flash(flash), envelope(flash)
    forms, programs = list(singles(flash)), list(writes(flash))
    others = [("one and two processors", [(*row[:4], row[5]) for row in buses]), ("flash, queue depth 1", forms),
              ("flash, range of MQSim and SimpleSSD", between), ("flash, sequential writes", programs),
              ("flash, published curves", [(*row[:4], row[5]) for row in curves])]
    heads = ("published", "simulated", "ratio")
    return INTRODUCTION + "\n".join((
        summary(verdicts, others), dram(verdicts), sizes(handset),
        PROCESSORS + table(("GB/s", *heads, "kind", "verdict"), buses),
        ENVELOPE + table(("reads", "MQSim", "SimpleSSD", "simulated", "ratio", "verdict"), between),
        SINGLES + table(("us", "closed form", "simulated", "ratio", "verdict"), forms),
        WRITES + table(("part", "bound", "MQSim", "simulated", "ratio", "verdict"), programs),
        CURVES + table(("reads", *heads, "kind", "verdict", "source"), curves)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--handset", type=pathlib.Path, default=memory.ROOT / "build/release/bin/handset")
    parser.add_argument("--tests", type=pathlib.Path, help="tests of the same build (default: beside the program)")
    parser.add_argument("--page", type=pathlib.Path, default=PAGE)
    parser.add_argument("--accept", action="store_true", help="write the page")
    arguments = parser.parse_args()
    handset = arguments.handset.resolve()
    new = page(handset, arguments.tests or handset.parents[1] / "tests")
    if arguments.accept:
        arguments.page.write_text(new, encoding="utf-8")
    elif not arguments.page.exists() or arguments.page.read_text(encoding="utf-8") != new:
        print(f"{arguments.page} is out of date; scripts/report/memory_page.py --accept rewrites it", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
