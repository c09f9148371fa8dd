#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Fails with file:line for every include that a room may not use. The include table of the project is here alone.

    scripts/ci/check_layers.py [ROOT]

A room is a directory; it may include itself, its line of ROOMS and the third-party headers of THIRD_PARTY. Files outside
SYSTEMC_FILES must not reach SystemC through any chain of includes either: timing cores, policies and kernels stay
plain C++ that a unit test links without a simulator.
"""

import pathlib
import re
import sys

FOUNDATION = ("sim/base", "sim/ir", "sim/config", "sim/stats", "sim/engine")
KINDS = tuple(f"hw_models/{kind}" for kind in ("cache", "cpu", "dram", "flash", "gpu", "noc", "npu", "power"))
WORKLOADS = ("workloads/kernels", "workloads/models", "workloads/passes", "workloads/traces")

ROOMS = {
    "sim/base": (),
    "sim/ir": ("sim/base",),
    "sim/config": ("sim/base",),
    "sim/stats": ("sim/base",),
    "sim/engine": ("sim/base", "sim/stats"),
    "sim/sched": ("sim/base", "sim/ir"),
    "sim/runtime": ("sim/base", "sim/ir", "sim/stats", "sim/engine", "sim/sched", "hw_models/common"),
    "sim/replay": ("sim/base", "sim/stats", "workloads/traces"),
    "sim/soc": (*FOUNDATION, "sim/sched", "sim/runtime", "hw_models", "hw_models/common", *KINDS, *WORKLOADS),
    "sim/results": ("sim/base", "sim/stats", "sim/config"),
    "hw_models/common": FOUNDATION,
    **{kind: (*FOUNDATION, "hw_models/common") for kind in KINDS},
    "hw_models": (*FOUNDATION, "hw_models/common", *KINDS),  # the catalogue
    "workloads/kernels": ("sim/base", "sim/ir"),
    "workloads/models": ("sim/base", "sim/ir", "sim/config", "workloads/kernels"),
    # models: passes that quantise rewrite a model's weights, which is a type of the model room.
    "workloads/passes": ("sim/base", "sim/ir", "workloads/kernels", "workloads/models"),
    "workloads/traces": ("sim/base", "sim/ir"),
}
ROOMS["sim/app"] = tuple(ROOMS)

SYSTEMC_FILES = re.compile(
    r"sim/(engine|runtime|soc|app)/.*"
    r"|hw_models/catalog\.(h|cpp)"
    r"|hw_models/common/(component|tile_device)\.(h|cpp)"
    r"|hw_models/(?!common/)(?P<kind>\w+)/(?P=kind)\.(h|cpp)"  # the shell of a kind has the name of its room
)
POSIX = r"(fcntl|unistd|sys/\w+)\.h"
#: header (whole name) -> files that may include it
THIRD_PARTY = (
    (r"systemc|tlm", SYSTEMC_FILES.pattern),
    (r"hdf5(_hl)?\.h", r"sim/results/.*"),
    (r"yaml-cpp/.*", r"sim/config/.*"),
    (r"boost/graph/.*", r"sim/(ir|sched)/.*"),
    (r"CLI/.*", r"sim/app/.*"),
    (r"hwy/.*", r"workloads/kernels/.*"),
    (r"utf8proc\.h", r"workloads/models/.*"),
    (r"nlohmann/.*", r"sim/(config|results|app)/.*"),
    (r"fmt/.*", r".*"),
    (POSIX, r"(sim/(app|results)|hw_models/dram|workloads/models)/.*"),
    (r"[a-z_0-9]+", r".*"),  # the standard library
)

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
TOPS = ("sim", "hw_models", "workloads")
SUFFIXES = (".h", ".cpp")


def room_of(path):
    """The room that a path from the root lies in, None when the table does not know its directory."""
    directory = str(pathlib.PurePosixPath(path).parent)
    return directory if directory in ROOMS else None


def includes_of(file):
    """(line, quote, header) of each include directive of a file."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def own_problem(path, room, header, known):
    """Why `path` may not include our `header`, or None."""
    if header not in known:
        return f'"{header}" is no file of the project (paths start at the root of the repository)'
    other = room_of(header)
    if other != room and other not in ROOMS[room]:
        allowed = ", ".join(ROOMS[room]) or "no other room"
        return f'{room} may not include {other} ("{header}"); it may include {allowed}'
    return None


def foreign_problem(path, header):
    """Why `path` may not include the third-party or system `header`, or None."""
    if header.split("/")[0] in TOPS:
        return f"<{header}> is ours: write it in quotes"
    for pattern, files in THIRD_PARTY:
        if re.fullmatch(pattern, header):
            return None if re.fullmatch(files, path) else f"<{header}> may be included only by {files}"
    return f"<{header}> is not on the list of third-party headers"


def systemc_chain(path, graph, done):
    """Chain of includes from `path` to SystemC, [] when there is none; `done` remembers answers."""
    if path in done:
        return done[path]
    done[path] = []
    for _, header in graph.get(path, ()):
        if header in ("systemc", "tlm"):
            done[path] = [path, header]
            break
        chain = systemc_chain(header, graph, done)
        if chain:
            done[path] = [path, *chain]
            break
    return done[path]


def check(root):
    """All problems of a tree, as text."""
    files = sorted(f for top in TOPS for f in (root / top).rglob("*") if f.suffix in SUFFIXES)
    paths = [f.relative_to(root).as_posix() for f in files]
    known, graph, problems = set(paths), {}, []
    for file, path in zip(files, paths):
        room = room_of(path)
        if room is None:
            problems.append(f"{path}:1: no room of the include table: add its directory to {pathlib.Path(__file__).name}")
            continue
        graph[path] = []
        for line, quote, header in includes_of(file):
            if quote == "<":
                problem = foreign_problem(path, header)
            elif (root / (header + ".in")).is_file():  # generated by CMake
                problem = own_problem(path, room, header, {header})
            else:
                problem = own_problem(path, room, header, known)
            if problem:
                problems.append(f"{path}:{line}: {problem}")
            else:
                graph[path].append((line, header))
    done = {}
    for path in graph:
        if SYSTEMC_FILES.fullmatch(path):
            continue
        for line, header in graph[path]:
            chain = systemc_chain(header, graph, done)
            if chain:
                problems.append(f"{path}:{line}: must stay free of SystemC, but reaches it: {' -> '.join(chain)}")
    if not files:
        problems.append(f"{root}: no sources found")
    return problems


def main(arguments):
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parents[2]).resolve()
    problems = check(root)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
