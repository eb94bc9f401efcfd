"""tools/beside_pytorch without PyTorch and without sinter: stand-ins for both note their calls and print numbers."""

import importlib.machinery
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The command itself has no ending of a module's.
loader = importlib.machinery.SourceFileLoader("beside_pytorch", str(ROOT / "tools" / "beside_pytorch"))
beside_pytorch = importlib.util.module_from_spec(importlib.util.spec_from_loader("beside_pytorch", loader))
sys.modules["beside_pytorch"] = beside_pytorch  # dataclasses look it up
loader.exec_module(beside_pytorch)
CASES = {case.name: case for case in beside_pytorch.CASES}

MNIST_VAE = """
while [ "$1" != --out ]; do shift; done
mkdir -p "$2"
printf '{"split": "train", "epoch": 1, "images_per_second": 5}\\n{"split": "test", "epoch": 1}\\n' >"$2/metrics.jsonl"
for speed in 900 1000 1100; do printf '{"split": "train", "images_per_second": %s}\\n' $speed; done >>"$2/metrics.jsonl"
"""
DCGAN = """
echo "$$" >{folder}/dcgan.pid
echo 'phase        microseconds   share  steps   (medians of 50 steps)'
echo 'generator forward 90000.0   99.0%     50'
echo 'untraced: median 80000.0 us, 95th percentile 90000.0 us (50 steps before these)'
sleep 600
"""
# PyTorch: the twin of the VAE is faster compiled, that of the DCGAN channels-last.
PYTHON = """
case "$*" in
    *'import torch'*) echo 2.15.0 ;;
    *pytorch_vae.py*--compile*) printf 'epoch 1  7 images/s  test loss 1\\nepoch 2  500 images/s  test loss 1\\n' ;;
    *pytorch_vae.py*) printf 'epoch 1  7 images/s  test loss 1\\nepoch 2  400 images/s  test loss 1\\n' ;;
    *pytorch_dcgan.py*--compile*) echo 'DCGAN 28  batch 128  300.000 ms/step  427 images/s' ;;
    *pytorch_dcgan.py*--channels-last*) echo 'DCGAN 28  batch 128  200.000 ms/step  640 images/s' ;;
    *) echo 'DCGAN 28  batch 128  240.000 ms/step  533 images/s' ;;
esac
"""


class Reading(unittest.TestCase):
    def test_speeds_are_read_from_the_lines_that_hold_them(self):
        vae, gan = CASES["vae"], CASES["dcgan64"]
        self.assertEqual(beside_pytorch.sinter_number(vae, '{"split": "train", "images_per_second": 96000.5}'), 96000.5)
        self.assertIsNone(beside_pytorch.sinter_number(vae, '{"split": "test", "loss": 105.6}'))
        self.assertIsNone(beside_pytorch.sinter_number(vae, "step 12.0"))
        self.assertEqual(beside_pytorch.sinter_number(gan, "untraced: median 286000.0 us, 95th percentile 1 us"), 286)
        self.assertIsNone(beside_pytorch.sinter_number(gan, "step                 286000.0   (means of 2 steps)"))
        self.assertIsNone(beside_pytorch.sinter_number(gan, "forward          12345.0   99.0%"))
        twin = "DCGAN 64  batch 64  568.123 ms/step  113 images/s"
        self.assertEqual(beside_pytorch.pytorch_number(gan, twin), 568.123)
        self.assertEqual(beside_pytorch.pytorch_number(vae, "epoch 3  28123 images/s  test loss 105.61"), 28123)
        self.assertIsNone(beside_pytorch.pytorch_number(vae, "Traceback (most recent call last):"))

    def test_the_first_of_several_numbers_is_a_warm_up(self):
        self.assertEqual(beside_pytorch.median_of([1, 10, 30, 20], "it"), 20)
        self.assertEqual(beside_pytorch.median_of([7], "it"), 7)
        with self.assertRaisesRegex(beside_pytorch.Failure, "it ended without the number"):
            beside_pytorch.median_of([], "it")


class Comparing(unittest.TestCase):
    def test_speeds_and_times_give_ratios_that_mean_the_same(self):
        speeds = beside_pytorch.compare(CASES["vae"], {"sinter": [90, 100, 120], "eager": [30, 40, 50],
                                                       "compiled": [45, 50, 40]})  # fmt: skip
        self.assertEqual(speeds["best_mode"], "compiled")
        self.assertEqual(speeds["medians"], {"sinter": 100, "eager": 40, "compiled": 45})
        self.assertAlmostEqual(speeds["ratio"], 100 / 45)
        self.assertAlmostEqual(speeds["ratio_least"], 2)
        self.assertAlmostEqual(speeds["ratio_largest"], 3)
        times = beside_pytorch.compare(CASES["dcgan28"], {"sinter": [10, 20], "eager": [30, 30], "compiled": [40, 99]})
        self.assertEqual(times["best_mode"], "eager")
        self.assertAlmostEqual(times["ratio"], 2)
        self.assertAlmostEqual(times["ratio_least"], 1.5)
        self.assertAlmostEqual(times["ratio_largest"], 3)

    def test_the_table_has_a_row_for_each_case(self):
        result = beside_pytorch.compare(CASES["vae"], {"sinter": [97000], "eager": [28000]})
        self.assertEqual(
            beside_pytorch.table([result]).splitlines()[-1],
            "| VAE 784-400-20, batch 128, images/s | 97,000 | 28,000 | eager | 3.46 | 3.46 to 3.46 |",
        )


class Command(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.stand_in("mnist_vae", MNIST_VAE)
        self.stand_in("dcgan", DCGAN.replace("{folder}", str(self.folder)))
        self.stand_in("python", PYTHON)

    def stand_in(self, name, script):
        """A program that writes its arguments down, one call a line, and then runs `script`."""
        file = self.folder / name
        file.write_text(f'#!/bin/sh\necho "{name} $@" >>{self.folder}/calls\n{script}\n')
        file.chmod(0o755)

    def call(self, *arguments):
        command = [sys.executable, "-B", ROOT / "tools" / "beside_pytorch", "--programs", self.folder,
                   "--python", self.folder / "python", *arguments]  # fmt: skip
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60,
                              env={**os.environ, "TMPDIR": str(self.folder)})  # fmt: skip

    def calls(self):
        """Who was called, without the question for PyTorch."""
        lines = (self.folder / "calls").read_text().splitlines()
        return [line for line in lines if "import torch" not in line]

    def test_sinter_and_every_mode_take_turns(self):
        file = self.folder / "times.json"
        done = self.call("--case", "vae", "--rounds", "2", "--threads", "2", "--json", file)
        self.assertEqual(done.returncode, 0, done.stderr)
        calls = self.calls()
        self.assertEqual([call.split()[0] for call in calls], ["mnist_vae", "python", "python"] * 2)
        self.assertEqual(["--compile" in call for call in calls], [False, False, True] * 2)
        self.assertTrue(all("--threads 2" in call for call in calls))
        self.assertIn("--batch-size 128 --epochs 4", calls[0])
        (case,) = json.loads(file.read_text())["cases"]
        self.assertEqual(case["rounds"], {"sinter": [1000, 1000], "eager": [400, 400], "compiled": [500, 500]})
        self.assertEqual((case["best_mode"], case["ratio"]), ("compiled", 2))
        machine = json.loads(file.read_text())["machine"]
        self.assertEqual((machine["pytorch"], machine["threads"], machine["rounds"]), ("2.15.0", 2, 2))
        self.assertIn("| VAE 784-400-20, batch 128, images/s | 1,000 | 500 | compiled | 2.00 | 2.00 to 2.00 |", done.stdout)

    def test_a_program_that_has_printed_its_number_is_ended(self):
        began = time.monotonic()
        done = self.call("--case", "dcgan28", "--quick")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(time.monotonic() - began, 30)
        self.assertIn("| 80 | 200 | channels-last | 2.50 |", done.stdout)
        self.assertIn("quick: no result", done.stdout)
        self.assertIn("--profile-steps 5:6", self.calls()[0])
        with self.assertRaises(ProcessLookupError):
            os.kill(int((self.folder / "dcgan.pid").read_text()), 0)
        self.assertEqual(list(self.folder.glob("beside_pytorch-*")), [], "runs were left behind")

    def test_a_missing_pytorch_is_said_before_anything_is_timed(self):
        self.stand_in("python", "echo \"ModuleNotFoundError: No module named 'torch'\" >&2; exit 1")
        done = self.call()
        self.assertEqual(done.returncode, 1)
        self.assertIn("has no PyTorch (ModuleNotFoundError: No module named 'torch')", done.stderr)
        self.assertIn("--python venv/bin/python", done.stderr)
        self.assertEqual(self.calls(), [])

    def test_a_folder_without_mnist_is_a_fault_of_the_data(self):
        done = self.call("--data", self.folder)
        self.assertEqual(done.returncode, 3)
        self.assertIn("has no train-images-idx3-ubyte(.gz)", done.stderr)

    def test_the_data_go_to_both(self):
        for name in ("train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte"):
            (self.folder / name).write_bytes(b"")
        self.assertEqual(self.call("--data", self.folder, "--case", "vae", "--quick").returncode, 0)
        self.assertIn(f"--data {self.folder}", self.calls()[0])
        self.assertIn(f"pytorch_vae.py {self.folder} --epochs 2", self.calls()[1])

    def test_arguments_that_make_no_sense_are_errors_of_usage(self):
        for arguments in (["--rounds", "0"], ["--threads", "no"], ["--case", "gpt"], ["--json", "nowhere/times.json"],
                          ["--python", self.folder / "snake"], ["--programs", self.folder / "nowhere"]):  # fmt: skip
            with self.subTest(arguments):
                done = self.call(*arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(arguments[0], done.stderr)

    def test_a_child_that_fails_is_quoted(self):
        self.stand_in("mnist_vae", "echo 'no room on the disk'; exit 1")
        done = self.call("--case", "vae")
        self.assertEqual(done.returncode, 1)
        self.assertIn("failed with exit code 1:\n    no room on the disk", done.stderr)

    def test_a_child_without_a_number_is_a_failure(self):
        self.stand_in("dcgan", "echo done")
        done = self.call("--case", "dcgan64", "--quick")
        self.assertEqual(done.returncode, 1)
        self.assertIn("sinter's dcgan ended without the number", done.stderr)


if __name__ == "__main__":
    unittest.main()
