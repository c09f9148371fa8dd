#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The include check must find what it is there for: trees with one bad include each, and a good one."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECKER = pathlib.Path(__file__).parents[2] / "scripts/ci/check_layers.py"

GOOD = {
    "sim/base/errors.h": "#include <string>\n",
    "sim/ir/tensor.h": '#include "sim/base/errors.h"\n',
    "sim/engine/link.h": "#include <systemc>\n#include <tlm>\n",
    "sim/engine/burst.h": '#include "sim/base/errors.h"\n',
    "sim/sched/policy.h": '#include "sim/ir/tensor.h"\n',
    "sim/results/writer.cpp": "#include <hdf5.h>\n",
    "sim/app/version.h.in": "",
    "sim/app/main.cpp": '#include "sim/app/version.h"\n#include "sim/soc/soc.h"\n',
    "sim/soc/soc.h": '#include "hw_models/dram/dram.h"\n',
    "hw_models/common/component.h": '#include "sim/engine/link.h"\n',
    "hw_models/dram/dram_core.h": '#include "sim/engine/burst.h"\n',
    "hw_models/dram/dram.h": '#include "hw_models/common/component.h"\n#include "hw_models/dram/dram_core.h"\n',
    "hw_models/npu/npu.h": "#include <systemc>\n",
    "workloads/kernels/add.cpp": '#include "sim/ir/tensor.h"\n',
}


def check(tree):
    """(exit code, output) of the checker on a tree of path -> text."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in tree.items():
            file = pathlib.Path(root, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        result = subprocess.run(["/usr/bin/python3", CHECKER, root], capture_output=True, text=True, check=False)
        return result.returncode, result.stdout + result.stderr


class LayersSelfTest(unittest.TestCase):
    def expect_problem(self, path, text, *messages):
        """Appends `text` to a file of the good tree; exactly one problem must follow, at that line."""
        before = GOOD.get(path, "")
        code, output = check({**GOOD, path: before + text})
        self.assertEqual(code, 1, output)
        self.assertEqual(len(output.splitlines()), 1, output)
        self.assertIn(f"{path}:{len(before.splitlines()) + 1}: ", output)
        for message in messages:
            self.assertIn(message, output)

    def test_good_tree_passes_silently(self):
        self.assertEqual(check(GOOD), (0, ""))

    def test_foundation_must_not_see_assembly(self):
        self.expect_problem("sim/ir/tensor.h", '#include "sim/sched/policy.h"\n', "sim/ir may not include sim/sched")

    def test_siblings_never_see_each_other(self):
        self.expect_problem("hw_models/npu/npu.h", '#include "hw_models/dram/dram.h"\n',
                            "hw_models/npu may not include hw_models/dram")

    def test_runtime_knows_no_concrete_device(self):
        self.expect_problem("sim/runtime/dispatcher.cpp", '#include "hw_models/npu/npu.h"\n',
                            "sim/runtime may not include hw_models/npu")

    def test_kernels_know_no_configuration(self):
        self.expect_problem("workloads/kernels/add.cpp", '#  include "hw_models/common/component.h"\n',
                            "workloads/kernels may not include hw_models/common")

    def test_relative_includes_are_refused(self):
        self.expect_problem("sim/ir/tensor.h", '#include "errors.h"\n', '"errors.h" is no file of the project')
        self.expect_problem("sim/ir/tensor.h", '#include "../base/errors.h"\n', "is no file of the project")

    def test_missing_headers_are_refused(self):
        self.expect_problem("sim/ir/tensor.h", '#include "sim/base/error.h"\n', "is no file of the project")

    def test_own_headers_are_quoted(self):
        self.expect_problem("sim/ir/tensor.h", "#include <sim/base/errors.h>\n", "write it in quotes")

    def test_cores_include_no_systemc(self):
        self.expect_problem("hw_models/dram/dram_config.h", "#include <systemc>\n", "<systemc> may be included only by")

    def test_cores_reach_no_systemc_through_other_headers(self):
        self.expect_problem("hw_models/npu/npu_core.h", '#include "hw_models/common/component.h"\n',
                            "must stay free of SystemC",
                            "hw_models/common/component.h -> sim/engine/link.h -> systemc")

    def test_hdf5_stays_in_results(self):
        self.expect_problem("sim/app/main.cpp", "#include <hdf5.h>\n", "<hdf5.h> may be included only by")

    def test_unlisted_libraries_are_refused(self):
        self.expect_problem("sim/base/errors.h", "#include <boost/asio.hpp>\n", "not on the list")
        self.expect_problem("sim/base/errors.h", "#include <sys/mman.h>\n", "<sys/mman.h> may be included only by")

    def test_directories_without_a_line_are_refused(self):
        self.expect_problem("hw_models/dsp/dsp.h", "", "no room of the include table")

    def test_empty_tree_is_no_success(self):
        code, output = check({})
        self.assertEqual(code, 1)
        self.assertIn("no sources found", output)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
