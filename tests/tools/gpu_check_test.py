"""tools/gpu_check without a GPU: outcomes of steps, what it reads out of their outputs, and the report."""

import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from gpu import findings, report, stages, steps  # noqa: E402


def runs(process):
    """Whether the process is there and not only waiting to be buried."""
    try:
        return "zombie" not in pathlib.Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


class Folder(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.notebook = steps.Notebook(self.folder / "outcomes")

    def run_python(self, program, limit=20, **more):
        step = steps.Step("step", "test", [sys.executable, "-c", program], limit, **more)
        return steps.run_step(step, self.notebook, self.folder, limit)


class Steps(Folder):
    def test_a_step_that_ends_well_has_passed(self):
        outcome = self.run_python("print('hello')")
        self.assertTrue(outcome.ok)
        self.assertEqual(self.notebook.output("step"), "hello\n")
        self.assertEqual(self.notebook.read("step"), outcome)

    def test_a_step_that_fails_says_how(self):
        outcome = self.run_python("import sys; sys.exit('the device is gone')")
        self.assertEqual(outcome.outcome, steps.FAILED)
        self.assertEqual(outcome.note, "exit code 1; the device is gone")

    def test_a_step_over_its_limit_is_ended_with_its_children(self):
        program = (
            "import subprocess, sys, time;"
            "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
            "print(child.pid, flush=True); time.sleep(60)"
        )
        outcome = self.run_python(program, limit=5)
        self.assertEqual(outcome.outcome, steps.TIMED_OUT)
        child = int(self.notebook.output("step"))
        for _ in range(100):  # a signal takes its time
            if not runs(child):
                return
            time.sleep(0.1)
        self.fail(f"process {child} goes on")

    def test_a_step_without_what_it_needs_is_not_run(self):
        outcome = self.run_python("print('never')", needs=[(self.folder / "nothing", "nothing was not found")])
        self.assertEqual((outcome.outcome, outcome.note), (steps.MISSING, "nothing was not found"))
        self.assertEqual(self.notebook.output("step"), "")

    def test_a_command_that_does_not_exist_has_failed(self):
        step = steps.Step("step", "test", [self.folder / "no_program"], 5)
        self.assertEqual(steps.run_step(step, self.notebook, self.folder, 5).outcome, steps.FAILED)

    def test_the_folder_of_an_earlier_try_is_removed(self):
        (self.folder / "run").mkdir()
        self.run_python("import os; print(os.path.exists('run'))", fresh=self.folder / "run")
        self.assertEqual(self.notebook.output("step"), "False\n")


class Findings(unittest.TestCase):
    def test_counts_of_a_test_program(self):
        output = (
            "[  FAILED  ] Kernels_CUDA.gemm (12 ms)\n[==========] 40 tests from 1 test suite ran. (99 ms total)\n"
            "[  PASSED  ] 39 tests.\n[  FAILED  ] 1 test, listed below:\n[  FAILED  ] Kernels_CUDA.gemm\n"
        )
        self.assertEqual(findings.test_counts(output), (39, 1, ["Kernels_CUDA.gemm"]))

    def test_a_test_program_that_did_not_end_has_no_counts(self):
        self.assertIsNone(findings.test_counts("[ RUN      ] Kernels_CUDA.gemm\n"))

    def test_hashes_that_differ_are_told_apart(self):
        device = findings.hashes("01 gemm/gemm/m=1\n02 elementwise/logarithm/n=3\n03 elementwise/add/n=3\n")
        emulated = findings.hashes("01 gemm/gemm/m=1\n12 elementwise/logarithm/n=3\n13 elementwise/add/n=3\n")
        self.assertEqual(
            findings.compare_hashes(device, emulated),
            {"cases": 3, "equal": 1, "inexact": ["elementwise/logarithm/n=3"], "broken": ["elementwise/add/n=3"]},
        )

    def test_a_case_that_one_side_lacks_differs(self):
        result = findings.compare_hashes({"gemm/gemm/m=1": ["01"]}, {})
        self.assertEqual(result["broken"], ["gemm/gemm/m=1"])

    def test_only_activations_with_exponentials_may_differ(self):
        for case, inexact in (
            ("activation/activation_forward/tanh n=3", True),
            ("batch_norm/batch_norm_forward/5x3 sigmoid around 0", True),
            ("batch_norm/batch_norm_forward/5x3 leaky_relu around 0", False),
            ("activation/activation_forward/leaky_relu n=3", False),
            ("activation/activation_forward/relu n=3", False),
        ):
            self.assertEqual(bool(findings.INEXACT.search("/" + case)), inexact, case)

    def test_speeds(self):
        metrics = '{"split":"train","images_per_second":100.5}\n{"split":"test","images_per_second":200}\n'
        self.assertEqual(findings.sinter_speed(metrics), 200)
        self.assertIsNone(findings.sinter_speed(""))
        self.assertEqual(findings.pytorch_speed("epoch 1  10 images/s\nepoch 2  2500 images/s  test loss 1\n"), 2500)
        self.assertIsNone(findings.pytorch_speed("Traceback\n"))


class Stages(Folder):
    def test_the_tests_that_are_run_are_those_that_are_built(self):
        machine = stages.Machine(root=ROOT, work=self.folder, build=self.folder, emulated_build=self.folder)
        for step in stages.steps_of("test", machine):
            folder = pathlib.Path(step.command[0]).name.removesuffix("_test")
            self.assertTrue((ROOT / "tests" / folder).is_dir(), f"{step.name}: tests/{folder} is no folder")


class Report(Folder):
    def setUp(self):
        super().setUp()
        self.machine = stages.Machine(
            root=ROOT, work=self.folder, build=self.folder / "build", emulated_build=self.folder / "emulated"
        )

    def note(self, name, stage, output, outcome=steps.PASSED, note=""):
        self.notebook.write(steps.Outcome(name, stage, outcome, 1.0, note))
        self.notebook.output_file(name).write_text(output)

    def report(self):
        return report.write(self.machine, self.notebook, [("GPU", "Some GPU"), ("nvcc", "13.0")])

    def test_without_outcomes_it_names_the_machine_and_no_empty_section(self):
        text = self.report()
        self.assertIn("# GPU check: Some GPU\n\n0 of 0 steps passed.", text)
        self.assertIn("| nvcc | 13.0 |", text)
        for section in ("## Tests", "## Training steps", "## kernel_bench", "## Device and emulator"):
            self.assertNotIn(section, text)

    def test_a_failed_step_is_told_and_the_others_too(self):
        self.note("configure", "build", "", steps.FAILED, "exit code 1; no | compiler")
        self.note("test_kernels", "test", "[==========] 2 tests from 1 test suite ran.\n[  PASSED  ] 2 tests.\n")
        text = self.report()
        self.assertIn("1 of 2 steps passed", text)
        self.assertIn(r"| build | configure | failed | 1 | exit code 1; no \| compiler |", text)
        self.assertIn("| test_kernels | 2 | 0 |", text)

    def test_bits_that_should_be_equal_are_named(self):
        self.note("hashes_device", "compare", "01 gemm/gemm/m=1\n02 elementwise/add/n=3\n")
        self.note("hashes_emulated", "compare", "01 gemm/gemm/m=1\n03 elementwise/add/n=3\n")
        text = self.report()
        self.assertIn("Of 2 kernel cases in fp32, 1 have the same bits on both.", text)
        self.assertIn("\n- elementwise/add/n=3\n", text)

    def test_marks_are_judged_by_the_measured_steps(self):
        run = stages.runs_folder(self.machine, "vae_128_fp32")
        run.mkdir(parents=True)
        (run / "metrics.jsonl").write_text(json.dumps({"images_per_second": 1_280_000}) + "\n")
        self.note("pytorch_vae_128_fp32_eager", "peers", "epoch 1  128000 images/s\n")
        self.note("pytorch_vae_128_fp32_graph", "peers", "epoch 1  1024000 images/s\n")
        self.note("pytorch_vae_128_fp32_compiled", "peers", "epoch 1  999 images/s\n", steps.FAILED)
        text = self.report()
        self.assertIn("| vae 128 fp32 | 0.100 | 1.000 | - | 0.125 | 10.00x eager (mark 8x: reached); ", text)
        self.assertIn("1.25x CUDA graph (mark 1.5x: missed)", text)

    def test_the_tables_of_kernel_bench_are_quoted(self):
        self.note("bench_tf32", "bench", "device     Some GPU\nfamily  kernel\n")
        self.assertIn("### tf32\n\n```\ndevice     Some GPU\nfamily  kernel\n```\n", self.report())


class Command(unittest.TestCase):
    def gpu_check(self, *arguments):
        command = [sys.executable, ROOT / "tools" / "gpu_check", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_a_dry_run_names_every_step_once(self):
        done = self.gpu_check("--dry-run", "--emulate")
        self.assertEqual(done.returncode, 0, done.stderr)
        names = [line.split(":")[0] for line in done.stdout.splitlines()]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual({name.split()[0] for name in names}, set(stages.STAGES))

    def test_an_unknown_stage_is_refused(self):
        done = self.gpu_check("--stage", "build,teste")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--stage: expected some of build, test,", done.stderr)


if __name__ == "__main__":
    unittest.main()
