#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The result file as others read it: h5py, pandas, xarray with both engines, and the plots.

usage: results_test.py MAKE_SAMPLE_RESULT SCRIPTS_DIRECTORY
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np
import xarray

MAKE_SAMPLE = sys.argv[1]
SCRIPTS = pathlib.Path(sys.argv[2])
sys.dont_write_bytecode = True
sys.path.insert(0, str(SCRIPTS))
import handset_results  # noqa: E402

DIRECTORY = tempfile.TemporaryDirectory()
PATH = os.path.join(DIRECTORY.name, "run.h5")
ENGINES = ("h5netcdf", "netcdf4")


def make_sample(path, *arguments, **variables):
    subprocess.run([MAKE_SAMPLE, path, *arguments], check=True, env={**os.environ, **variables})


PHONE = """soc:
  components:
    npu0: {kind: npu, array: {rows: 32, cols: 32, count: 8}, clock: 750 MHz, macs_per_pe: {fp16: 1, int8: 2}}
    gpu0: {kind: gpu, compute_units: 6, clock: 770 MHz, macs_per_unit: {fp32: 256, fp16: 512}}
    cpu0: {kind: cpu, clusters: [{use: 2, clock: 3 GHz, macs_per_cycle: {fp32: 16}}, {use: 1, clock: 2 GHz, macs_per_cycle: {fp32: 8}}]}
    dram: {kind: dram, channels: 4, channel_bits: 16, data_rate: 8.448 GHz}
"""


def in_directory(name):
    return os.path.join(DIRECTORY.name, name)


class WithH5py(unittest.TestCase):
    def test_every_part_of_the_layout_is_there(self):
        with h5py.File(PATH) as file:
            self.assertEqual(file.attrs["schema_version"], 1)
            self.assertEqual(
                set(file),
                {"run", "config", "summary", "counters", "ops", "requests", "series", "memory", "decisions", "text"},
            )
            self.assertEqual(file["run"].attrs["policy"], b"heft")
            self.assertEqual(file["counters"].dtype.names, ("path", "unit", "kind", "value"))
            self.assertEqual(file["counters"].dtype["value"], np.uint64)
            self.assertIn("rows: 64 # Größe", file["config/yaml"][()].decode())

    def test_times_and_energies_of_ops_carry_units(self):
        with h5py.File(PATH) as file:
            attributes = file["ops"].attrs
            units = {name: attributes[name + "_units"] for name in ("start", "end", "bytes_read", "macs", "energy")}
        self.assertEqual(
            units, {"start": b"fs", "end": b"fs", "bytes_read": b"B", "macs": b"MAC", "energy": b"fJ"}
        )

    def test_bytes_do_not_depend_on_the_process(self):
        # The allocator fills fresh memory with these: whatever is written without being set differs.
        content = set()
        for fill in ("0", "17", "201"):
            make_sample(in_directory("again.h5"), MALLOC_PERTURB_=fill, TZ="UTC+" + str(len(content)))
            content.add(pathlib.Path(in_directory("again.h5")).read_bytes())
        self.assertEqual(content, {pathlib.Path(PATH).read_bytes()})


class WithXarray(unittest.TestCase):
    def test_series_has_a_time_coordinate_in_seconds(self):
        for engine in ENGINES:
            with self.subTest(engine), xarray.open_dataset(PATH, group="series/dram.power", engine=engine) as data:
                self.assertEqual(data["value"].dims, ("time",))
                self.assertEqual(data["time"].attrs["units"], "s")
                self.assertEqual(data["value"].attrs["units"], "uW")
                # A unit spelt out would silently become timedelta64.
                self.assertEqual(data["time"].dtype, np.float64)
                np.testing.assert_allclose(data["time_fs"] * 1e-15, data["time"], rtol=1e-12)

    def test_memory_has_one_variable_per_tag_in_order(self):
        for engine in ENGINES:
            with self.subTest(engine), xarray.open_dataset(PATH, group="memory", engine=engine) as data:
                self.assertEqual(
                    [name for name in data.data_vars if name != "time_fs"], ["weights", "kv_cache", "activations"]
                )
                self.assertEqual({data[name].attrs["units"] for name in ("weights", "kv_cache")}, {"B"})
                self.assertEqual(int(data["weights"].sel(time=0.005, method="ffill")), 8 << 20)

    def test_empty_series_opens(self):
        for engine in ENGINES:
            with self.subTest(engine), xarray.open_dataset(PATH, group="series/npu0.queue", engine=engine) as data:
                self.assertEqual(data.sizes["time"], 0)


class WithReader(unittest.TestCase):
    def setUp(self):
        self.run_result = handset_results.load(PATH)

    def test_attributes_text_and_tokens_are_plain(self):
        run = self.run_result
        self.assertEqual(run.attributes["soc"], "configs/soc/phone.yaml")
        self.assertEqual(list(run.attributes)[0], "soc")
        self.assertEqual(run.text, "there was a little girl")
        self.assertEqual(run.tokens.tolist(), [100, 101, 102, 103, 104, 105])

    def test_counters_are_exact_integers(self):
        rows = self.run_result.counters
        self.assertEqual(rows["value"].dtype, np.uint64)
        self.assertEqual(rows.at["npu0.macs", "unit"], "MAC")
        self.assertEqual(rows.at["dram.peak_queue", "kind"], "peak")
        macs = self.run_result.ops.groupby("device")["macs"].sum()
        self.assertEqual(self.run_result.counter("npu0.macs"), macs["npu0"])

    def test_ops_keep_units_and_convert(self):
        ops = self.run_result.ops
        self.assertEqual(ops.attrs["units"]["energy"], "fJ")
        seconds = self.run_result.ops_seconds()
        self.assertEqual(seconds.attrs["units"]["energy"], "J")
        self.assertAlmostEqual(seconds["end"].max(), self.run_result.metric("total_time"), places=15)
        self.assertTrue((ops["end"] >= ops["start"]).all())

    def test_requests_count_from_their_arrival(self):
        requests = self.run_result.requests()
        self.assertEqual(requests["conversation"].tolist(), ["chat", ""])
        self.assertAlmostEqual(requests.at[0, "queueing"], 0.010)
        self.assertAlmostEqual(requests.at[0, "time_to_first_token"], 0.025)
        self.assertAlmostEqual(requests.at[1, "latency"], 0.015)
        self.assertAlmostEqual(requests.at[1, "energy"], 5e-6)
        self.assertEqual(self.run_result.request_table.attrs["units"]["arrival"], "fs")

    def test_memory_and_series_are_indexed_by_seconds(self):
        memory = self.run_result.memory
        self.assertEqual(memory.attrs["units"], {"weights": "B", "kv_cache": "B", "activations": "B", "time": "s"})
        self.assertEqual(memory.sum(axis=1).max(), self.run_result.metric("peak_memory"))
        self.assertEqual(self.run_result.series["dram.power"].attrs["units"]["value"], "uW")

    def test_energy_by_device_adds_up_to_the_metric(self):
        table = self.run_result.energy_by_device()
        self.assertEqual(table.index[0], "npu0")
        self.assertIn("refresh", table.columns)
        self.assertAlmostEqual(table.to_numpy().sum(), self.run_result.metric("energy"), places=12)

    def test_other_files_are_refused(self):
        foreign = in_directory("foreign.h5")
        with h5py.File(foreign, "w"):
            pass
        with self.assertRaisesRegex(handset_results.ResultError, "no handset result"):
            handset_results.load(foreign)
        with h5py.File(foreign, "a") as file:
            file.attrs["schema_version"] = 9
        with self.assertRaisesRegex(handset_results.ResultError, "schema version 9"):
            handset_results.load(foreign)
        with h5py.File(foreign, "a") as file:
            file.attrs["schema_version"] = 1
        with self.assertRaisesRegex(handset_results.ResultError, "incomplete"):
            handset_results.load(foreign)
        with self.assertRaises(OSError):
            handset_results.load(in_directory("absent.h5"))


class Plots(unittest.TestCase):
    def plot(self, name, source, *options):
        picture = in_directory(name + ".png")
        pathlib.Path(picture).unlink(missing_ok=True)
        done = subprocess.run(
            [SCRIPTS / "plot" / (name + ".py"), source, "-o", picture, *options],
            capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        return done, picture

    def check_picture(self, done, picture):
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        content = pathlib.Path(picture).read_bytes()
        self.assertTrue(content.startswith(b"\x89PNG") and content.endswith(b"IEND\xaeB`\x82"))
        return content

    def test_equal_results_give_equal_pictures(self):
        for name in ("timeline", "energy", "memory"):
            with self.subTest(name):
                first = self.check_picture(*self.plot(name, PATH))
                self.assertEqual(first, self.check_picture(*self.plot(name, PATH)))

    def test_roofline_needs_the_configuration_of_a_phone(self):
        done, picture = self.plot("roofline", PATH)
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)
        self.assertIn("no configuration of a phone", done.stderr)
        configured = in_directory("configured.h5")
        shutil.copy(PATH, configured)
        with h5py.File(configured, "a") as file:
            del file["config/yaml"]
            file["config/yaml"] = np.bytes_(PHONE)
        first = self.check_picture(*self.plot("roofline", configured))
        self.assertEqual(first, self.check_picture(*self.plot("roofline", configured)))

    def test_peaks_follow_from_the_configuration(self):
        sys.path.insert(0, str(SCRIPTS / "plot"))
        import roofline  # noqa: PLC0415  (needs the directory above)
        import yaml  # noqa: PLC0415
        components = yaml.safe_load(PHONE)["soc"]["components"]
        # 32 x 32 x 8 elements at 750 MHz: 6.144e12, int8 twice; 6 units: 512 x 6 x 770e6; 2 x 16 x 3e9 + 8 x 2e9.
        self.assertEqual(roofline.roofs_of(components["npu0"]), {12.288e12: ["int8"], 6.144e12: ["fp16"]})
        self.assertEqual(roofline.roofs_of(components["gpu0"]), {2.36544e12: ["fp16"], 1.18272e12: ["fp32"]})
        self.assertEqual(roofline.roofs_of(components["cpu0"]), {112e9: ["fp32"]})
        self.assertEqual(roofline.dram_rate(components), 67.584e9)  # 4 x 16 bit x 8448 MHz

    def test_long_run_and_window_can_be_drawn(self):
        long_run = in_directory("long.h5")
        make_sample(long_run, "100")
        whole = self.check_picture(*self.plot("timeline", long_run))
        self.assertNotEqual(whole, self.check_picture(*self.plot("timeline", long_run, "--begin", "3", "--end", "6")))

    def test_wrong_input_is_told_in_one_line(self):
        text = in_directory("text.h5")
        pathlib.Path(text).write_text("no HDF5")
        for source, options in ((text, ()), (in_directory("absent.h5"), ()), (PATH, ("--begin", "9999"))):
            done, picture = self.plot("timeline", source, *options)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertFalse(os.path.exists(picture))

    def test_unknown_image_format_leaves_nothing(self):
        picture = in_directory("picture.xyz")
        done = subprocess.run([SCRIPTS / "plot" / "memory.py", PATH, "-o", picture], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 2)
        self.assertEqual([name for name in os.listdir(DIRECTORY.name) if name.startswith("picture")], [])


if __name__ == "__main__":
    make_sample(PATH)
    unittest.main(argv=sys.argv[:1], verbosity=2)
