"""tools/gpu_check without a GPU: outcomes of steps, what it reads out of their outputs, and the report."""

import argparse
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from gpu import findings, report, stages, steps  # noqa: E402

# The command itself has no ending of a module's.
loader = importlib.machinery.SourceFileLoader("gpu_check", str(ROOT / "tools" / "gpu_check"))
gpu_check = importlib.util.module_from_spec(importlib.util.spec_from_loader("gpu_check", loader))
loader.exec_module(gpu_check)


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
        child = int(self.notebook.output("step"))
        self.assertEqual((outcome.outcome, outcome.note), (steps.UNFINISHED, f"did not finish in 5 s; {child}"))
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

    def test_a_compiler_s_first_error_is_told_and_not_the_end_of_its_output(self):
        outcome = self.run_python("print('a.cu(3): error: no'); print('a.cu(4): error: why'); print('end'); exit(1)")
        self.assertEqual(outcome.note, "exit code 1; a.cu(3): error: no")

    def judge(self, code, *lines):
        """(outcome, note) of a GoogleTest program that said these lines."""
        return steps.judge(steps.Step("memcheck", "sanitize", [], 240, is_test=True, is_sanitizer=True), code, 240, "\n".join(lines), "")

    def test_a_sanitizer_that_does_not_finish_says_nothing_against_the_kernels(self):
        begun = ["========= COMPUTE-SANITIZER", "[ RUN      ] Kernels_CUDA.add", "[       OK ] Kernels_CUDA.add (9 ms)"]
        outcome, note = self.judge(None, *begun, "[ RUN      ] Kernels_CUDA.adam")
        self.assertEqual(outcome, steps.UNFINISHED)
        self.assertEqual(note, "did not finish in 240 s; 1 tests passed; Kernels_CUDA.adam was under way")

    def test_a_sanitizer_that_refuses_the_device_is_missing(self):
        refusal = "print('========= Error: Device not supported. Please refer to the manual.');"
        failure = "print('[  FAILED  ] Kernels_CUDA.add (1 ms)');"
        step = stages.steps_of("sanitize", stages.Machine(ROOT, self.folder, self.folder, self.folder))[0]
        step.needs = []
        for program, outcome in ((refusal, steps.MISSING), (failure + refusal, steps.FAILED)):
            step.command = [sys.executable, "-c", program + "exit(1)"]
            self.assertEqual(steps.run_step(step, self.notebook, self.folder, 20).outcome, outcome)

    def test_what_was_found_before_the_limit_is_a_failure(self):
        begun, found = "[ RUN      ] Kernels_CUDA.add", "Invalid __global__ write of size 4 bytes"
        outcome, note = self.judge(None, begun, f"========= {found}", "=========     at add_kernel")
        self.assertEqual(outcome, steps.FAILED)
        self.assertTrue(note.endswith(f"; compute-sanitizer: {found}"), note)
        failed = "[  FAILED  ] Kernels_CUDA.add (1 ms)"
        outcome, note = self.judge(None, begun, failed, "[ RUN      ] Kernels_CUDA.fill")
        self.assertEqual(outcome, steps.FAILED)
        self.assertIn("; failed: Kernels_CUDA.add; Kernels_CUDA.fill was under way", note)

    def test_a_test_program_passes_by_tests_that_ran(self):
        ran, skipped = "[==========] 2 tests from 1 test suite ran.", "[  SKIPPED ] Kernels_CUDA.add (0 ms)"
        self.assertEqual(self.judge(0, ran, "[  PASSED  ] 2 tests.")[0], steps.PASSED)
        for lines in ([ran, skipped, "[  PASSED  ] 0 tests."], ["[==========] 0 tests from 0 test suites ran."], []):
            self.assertEqual(self.judge(0, *lines), (steps.FAILED, "no test ran, or all were skipped"), lines)

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
        tile = "CUDA_MatrixPrecision/EveryTile.AloneAndSharedGivesExactSums/large_tf32"
        self.assertEqual(findings.failed_tests(f"[  FAILED  ] {tile}, where GetParam() = (0, 1)\n"), [tile])

    def test_a_test_program_that_did_not_end_has_no_counts(self):
        self.assertIsNone(findings.test_counts("[ RUN      ] Kernels_CUDA.gemm\n"))

    def test_hashes_that_differ_are_told_apart(self):
        device = findings.hashes("01 gemm/gemm/m=1\n02 ~elementwise/logarithm/n=3\n03 elementwise/add/n=3\n")
        emulated = findings.hashes("01 gemm/gemm/m=1\n12 ~elementwise/logarithm/n=3\n13 elementwise/add/n=3\n")
        self.assertEqual(
            findings.compare_hashes(device, emulated),
            {"cases": 3, "equal": 1, "inexact": ["~elementwise/logarithm/n=3"], "broken": ["elementwise/add/n=3"]},
        )

    def test_a_case_that_one_side_lacks_differs(self):
        result = findings.compare_hashes({"gemm/gemm/m=1": ["01"]}, {})
        self.assertEqual(result["broken"], ["gemm/gemm/m=1"])

    def test_speeds(self):
        metrics = '{"split":"train","images_per_second":100.5}\n{"split":"test","images_per_second":200}\n'
        self.assertEqual(findings.sinter_speed(metrics), 200)
        self.assertIsNone(findings.sinter_speed(""))
        self.assertEqual(findings.pytorch_speed("epoch 1  10 images/s\nepoch 2  2500 images/s  test loss 1\n"), 2500)
        self.assertIsNone(findings.pytorch_speed("Traceback\n"))


class Stages(Folder):
    def test_the_tests_that_are_run_are_those_that_are_built(self):
        for step in stages.steps_of("test", self.machine()) + stages.steps_of("vendor", self.machine()):
            folder = pathlib.Path(step.command[0]).name.removesuffix("_test")
            self.assertTrue((ROOT / "tests" / folder).is_dir(), f"{step.name}: tests/{folder} is no folder")

    def machine(self, **more):
        return stages.Machine(
            root=ROOT, work=self.folder, build=self.folder / "a", emulated_build=self.folder / "b", **more
        )

    def test_what_was_brought_along_is_all_that_the_steps_run(self):
        """But for programs_test: paths of the machine that built it are compiled in."""
        machine = self.machine(is_built=True, emulated_hashes=self.folder / "hashes")
        programs = {word.name for stage in stages.STAGES for step in stages.steps_of(stage, machine)
                    for word in step.command if isinstance(word, pathlib.Path) and machine.build in word.parents}  # fmt: skip
        self.assertEqual(programs - {"programs_test"}, set(stages.BINARIES))

    @unittest.skipUnless("SINTER_KERNEL_BENCH" in os.environ, "ctest names the program")
    def test_every_filter_of_kernel_bench_matches_a_case(self):
        filters = [case for _, case, _ in stages.COUNTERS.values()]
        for stage in ("bench", "bench_more", "sweep"):
            commands = [step.command for step in stages.steps_of(stage, self.machine())]
            filters += [command[command.index("--filter") + 1] for command in commands]
        for filter_ in filters:
            listed = subprocess.run([os.environ["SINTER_KERNEL_BENCH"], "--list", "--filter", filter_],
                                    capture_output=True, text=True, check=False)  # fmt: skip
            self.assertEqual(listed.returncode, 0, listed.stderr)
        everything = "|".join(cases for _, cases in stages.BENCHES.values())
        count = [len(subprocess.run([os.environ["SINTER_KERNEL_BENCH"], "--list", *more], capture_output=True, text=True,
                                    check=True).stdout.splitlines()) for more in ([], ["--filter", everything])]  # fmt: skip
        self.assertEqual(count[0], count[1], "a family of kernels that no step times")

    def test_those_without_a_gpu_are_run_where_they_are_asked_for(self):
        def filters(**more):
            return ["--gtest_filter=*CUDA*" in step.command for step in stages.steps_of("test", self.machine(**more))]

        self.assertEqual(filters(), [True] * 4)
        self.assertEqual(filters(all_tests=True), [True] + [False] * 3)

    def test_the_sanitizers_see_every_tile(self):
        sources = "".join(file.read_text() for file in (ROOT / "tests" / "kernels").glob("*.cpp"))
        for name in re.findall(r"\w+", stages.PRODUCTS):
            self.assertIn(f"TEST_P({name},", sources)
        for step in stages.steps_of("sanitize", self.machine()):
            self.assertEqual(step.command[-1], "--gtest_filter=" + stages.PRODUCTS)
            self.assertTrue(step.is_test)
            self.assertEqual("--track-stream-ordered-races" in step.command, "memcheck" in step.command)

    def test_nine_minutes_reach_the_marks(self):
        """By the limits: what comes before them may take as long as it may take, built here or brought along."""
        machine = self.machine(is_built=True, emulated_hashes=self.folder / "hashes.txt")

        def seconds(*names):
            return sum(step.limit for name in names for step in stages.steps_of(name, machine))

        self.assertLess(seconds("sanitize", "compare", "profile", "bench"), 420)
        self.assertEqual(stages.steps_of("build", machine), [])

    def test_hashes_that_are_brought_along_spare_the_emulated_build(self):
        def names(**more):
            return [s.name for stage in ("build", "compare") for s in stages.steps_of(stage, self.machine(**more))]

        emulated = ["configure_emulated", "compile_emulated", "hashes_emulated"]
        prepared = [step.name for step in stages.prepare_steps(self.machine(), "90")]
        self.assertEqual(prepared, ["configure_binaries", "compile_binaries", *emulated])
        self.assertEqual(set(names()) - set(names(emulated_hashes=self.folder / "hashes")), set(emulated))

    def test_peers_with_a_mark_come_first(self):
        marked, others = ([s.name for s in stages.steps_of(stage, self.machine())] for stage in ("peers", "peers_more"))
        for names, is_marked in ((marked, True), (others, False)):
            for name in names:
                self.assertEqual(bool(re.search("vae.*_(eager|graph)|dcgan64.*_compiled", name)), is_marked, name)
        self.assertLess(list(stages.STAGES).index("peers"), list(stages.STAGES).index("peers_more"))

    def test_a_run_that_is_timed_has_an_epoch_after_the_first(self):
        for name, (ours, _) in stages.SPEEDS.items():
            self.assertGreater(ours[ours.index("--epochs") + 1], 1, name)


class Report(Folder):
    def setUp(self):
        super().setUp()
        self.machine = stages.Machine(
            root=ROOT, work=self.folder, build=self.folder / "build", emulated_build=self.folder / "emulated"
        )

    def note(self, name, stage, output="", outcome=steps.PASSED, note=""):
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
        self.assertIn("1 of 2 steps passed, 1 failed.", text)
        self.assertIn(r"| build | configure | failed | 1 | exit code 1; no \| compiler |", text)
        self.assertIn("| test_kernels | 2 | 0 |", text)

    def test_bits_that_should_be_equal_are_named(self):
        self.note("hashes_device", "compare", "01 gemm/gemm/m=1\n02 elementwise/add/n=3\n")
        self.note("hashes_emulated", "compare", "01 gemm/gemm/m=1\n03 elementwise/add/n=3\n")
        text = self.report()
        self.assertIn("Of 2 kernel cases in fp32, 1 have the same bits on both.", text)
        self.assertIn("\n- elementwise/add/n=3\n", text)

    def test_hashes_that_were_brought_along_take_the_place_of_the_emulated_device(self):
        self.machine.emulated_hashes = self.folder / "hashes.txt"
        self.machine.emulated_hashes.write_text("01 gemm/gemm/m=1\n03 elementwise/old/n=3\n")
        self.note("hashes_device", "compare", "01 gemm/gemm/m=1\n02 elementwise/add/n=3\n")
        text = self.report()
        self.assertIn("Of 3 kernel cases in fp32, 1 have the same bits on both.", text)
        self.assertIn("2 cases are on one side only: the emulator's hashes were made from other sources.", text)

    def test_what_the_budget_did_not_reach_is_named(self):
        self.note("sweep_gemm_fp32", "sweep", outcome=steps.UNFINISHED)
        for tool in ("memcheck", "racecheck"):
            self.note(tool, "sanitize", outcome=steps.LEFT)
        self.note("test_vendor", "vendor", outcome=steps.LEFT)
        text = self.report()
        self.assertIn("0 of 4 steps passed, 1 unfinished, 3 not begun.", text)
        self.assertIn("because the budget was spent: sanitize (memcheck, racecheck); vendor (test_vendor).\n", text)

    def test_absent_vendor_columns_have_a_reason(self):
        self.assertNotIn("vendor:", self.report())
        self.note("configure", "build", "-- Could NOT find CUDNN (missing: CUDNN_INCLUDE_DIR)\n")
        self.assertIn("\nvendor: absent (Could NOT find CUDNN (missing: CUDNN_INCLUDE_DIR))\n", self.report())
        self.note("bench_fp32", "bench", "device     Some GPU\nvendor     none: no libcudnn.so.9\n")
        self.assertIn("\nvendor: absent (no libcudnn.so.9)\n", self.report())
        self.note("bench_fp32", "bench", "device     Some GPU\nvendor     cuBLASLt beside matrix products\n")
        self.assertNotIn("vendor: absent", self.report())

    def test_sweeps_stand_whole_beside_the_report(self):
        self.note("sweep_gemm_tf32", "sweep", "family  kernel\n" * 500)
        self.note("sweep_conv_tf32", "sweep", outcome=steps.FAILED, note="exit code 2; unknown option '--sweep-plans'")
        file = report.save(self.folder / "out", self.machine, self.notebook, [("GPU", "Some GPU")])
        self.assertEqual((self.folder / "out" / "some-gpu_sweep_gemm_tf32.txt").read_text(), "family  kernel\n" * 500)
        self.assertIn("every split: [some-gpu_sweep_gemm_tf32.txt](some-gpu_sweep_gemm_tf32.txt)\n", file.read_text())
        self.assertIn("unknown option '--sweep-plans'", file.read_text())
        self.assertEqual(len(list(file.parent.iterdir())), 2)

    def test_marks_are_judged_by_the_measured_steps(self):
        run = stages.runs_folder(self.machine, "vae_128_fp32")
        run.mkdir(parents=True)
        lines = [{"images_per_second": speed} for speed in (999, 1_280_000)]  # the first epoch and the last
        (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        self.note("sinter_vae_128_fp32", "speed")
        self.note("pytorch_vae_128_fp32_eager", "peers", "epoch 1  128000 images/s\n")
        self.note("pytorch_vae_128_fp32_graph", "peers", "epoch 1  1024000 images/s\n")
        self.note("pytorch_vae_128_fp32_compiled", "peers", "epoch 1  999 images/s\n", steps.FAILED)
        text = self.report()
        self.assertIn("| vae 128 fp32 | 0.100 | 1.000 | - | 0.125 | 10.00x eager (mark 8x: reached); ", text)
        self.assertIn("1.25x CUDA graph (mark 1.5x: missed)", text)
        self.note("sinter_vae_128_fp32", "speed", outcome=steps.UNFINISHED)
        self.assertIn("| vae 128 fp32 | - | 1.000 |", self.report())

    def test_the_tables_of_kernel_bench_are_quoted(self):
        self.note("bench_tf32", "bench", "device     Some GPU\nfamily  kernel\n")
        self.assertIn("### tf32\n\n```\ndevice     Some GPU\nfamily  kernel\n```\n", self.report())


class Run(Folder):
    """run_steps and what stands around it, with steps of Python in place of the check's."""

    def setUp(self):
        super().setUp()
        silence = unittest.mock.patch("builtins.print")
        silence.start()
        self.addCleanup(silence.stop)
        self.saved = []

    def step(self, name, program="", limit=60, stage="test"):
        return steps.Step(name, stage, [sys.executable, "-c", program], limit)

    def run_all(self, *planned, deadline=None, save=None):
        def names_so_far():
            self.saved.append([s.name for s in planned if self.notebook.read(s.name)])

        options = argparse.Namespace(again=False, emulate=False)
        gpu_check.run_steps(options, planned, self.notebook, deadline, save or names_so_far)
        return [self.notebook.read(step.name).outcome for step in planned]

    def test_saves_after_every_step(self):
        self.run_all(self.step("a"), self.step("b", "exit(1)"), self.step("c"))
        self.assertEqual(self.saved, [["a"], ["a", "b"], ["a", "b", "c"]])

    def test_begins_nothing_after_the_budget_and_ends_what_runs_then(self):
        with unittest.mock.patch.object(gpu_check, "TOO_SHORT", 2):
            found = self.run_all(
                self.step("short"), self.step("long", "import time; time.sleep(60)"), self.step("never"),
                deadline=time.monotonic() + 6)  # fmt: skip
        self.assertEqual(found, [steps.PASSED, steps.UNFINISHED, steps.LEFT])
        self.assertLess(self.notebook.read("long").seconds, 30)

    def test_a_check_that_is_ended_ends_its_step(self):
        step = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
        program = (
            f"import sys; sys.path.insert(0, {str(pathlib.Path(__file__).parent)!r});"
            "from gpu_check_test import gpu_check, steps; gpu_check.end_with_the_step();"
            f"step = steps.Step('long', 'test', [{sys.executable!r}, '-c', {step!r}], 60);"
            f"steps.run_step(step, steps.Notebook({str(self.notebook.folder)!r}), '/', 60)"
        )
        check = subprocess.Popen([sys.executable, "-B", "-c", program])
        for _ in range(200):
            if self.notebook.output("long").endswith("\n"):
                break
            time.sleep(0.1)
        check.terminate()
        self.assertEqual(check.wait(20), 143)
        self.assertFalse(runs(int(self.notebook.output("long"))))

    def test_a_kernel_bench_without_plans_is_told_and_no_more(self):
        machine = stages.Machine(root=ROOT, work=self.folder, build=self.folder, emulated_build=self.folder)
        bench = self.folder / "apps" / "kernel_bench"
        bench.parent.mkdir()
        bench.write_text("#!/bin/sh\necho \"kernel_bench: unknown option '$3'\" >&2\nexit 2\n")
        bench.chmod(0o755)
        planned = stages.steps_of("sweep", machine)
        self.assertEqual(self.run_all(*planned, self.step("next")), [*[steps.FAILED] * len(planned), steps.PASSED])
        note = "exit code 2; kernel_bench: unknown option '--sweep-plans'"
        self.assertEqual({self.notebook.read(step.name).note for step in planned}, {note})

    def test_without_time_nothing_is_begun_and_an_earlier_failure_stays(self):
        self.notebook.write(steps.Outcome("failed", "test", steps.FAILED))
        found = self.run_all(self.step("failed"), self.step("new"), deadline=time.monotonic() + 1)
        self.assertEqual(found, [steps.FAILED, steps.LEFT])

    def prepare(self, *planned):
        folder = self.folder / "carry"
        machine = stages.Machine(root=ROOT, work=self.folder, build=self.folder, emulated_build=self.folder)
        packs_nothing = subprocess.CompletedProcess([], 1)
        run = subprocess.run
        with unittest.mock.patch.object(
            subprocess, "run", lambda command, **more: packs_nothing if "vendor" in str(command) else run(command, **more)
        ):
            gpu_check.prepare(folder, planned, machine, self.notebook)
        return folder

    def test_prepares_one_folder_that_holds_what_travels(self):
        hashes = self.step("hashes", "print('0123456789abcdef gemm/gemm/m=1')")
        folder = self.prepare(self.step("compile_binaries", "exit(1)"), self.step("compile_emulated"), hashes)
        self.assertEqual((folder / "hashes.txt").read_text(), "0123456789abcdef gemm/gemm/m=1\n")
        self.assertRegex((folder / "commit").read_text(), r"^\S+\n$|^\n$")
        self.assertFalse((folder / gpu_check.carry.BINARIES).exists(), "what could not be built is built on the other machine")
        self.assertEqual(gpu_check.parse(["--prepared", str(folder)]).prepared, folder)

    def test_prepares_nothing_where_the_emulated_device_fails(self):
        with self.assertRaisesRegex(SystemExit, "is not ready"):
            self.prepare(self.step("compile_emulated", "exit(1)"), self.step("hashes"))
        self.assertFalse((self.folder / "carry" / "hashes.txt").exists())

    def test_programs_that_were_brought_along_are_tried_first(self):
        for says, works in (("[  PASSED  ] 1 test.", True), ("[  PASSED  ] 0 tests.", False)):
            root = self.folder / str(works)
            for name in stages.BINARIES:
                program = root / "built" / ("tests" if name.endswith("_test") else "apps") / name
                program.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy("/bin/true", program)
            carry = root / "carry"
            carry.mkdir()
            (carry / "hashes.txt").write_text("0123456789abcdef gemm/gemm/m=1\n")
            packed = root / "packed"
            gpu_check.carry.pack_binaries(root / "built", packed, root / "first.tar.xz")
            (packed / "tests" / "kernels_test").write_text(f"#!/bin/sh\necho '{says}'\n")
            with tarfile.open(carry / gpu_check.carry.BINARIES, "w:xz") as tar:
                tar.add(packed, "binaries")
            with unittest.mock.patch.dict(os.environ), unittest.mock.patch.object(gpu_check, "ROOT", root):
                machine = gpu_check.describe_machine(gpu_check.parse(["--prepared", str(carry)]))
            unpacked = root / "build" / "gpu_check" / "binaries"
            self.assertEqual((machine.is_built, machine.build == unpacked), (works, works))
            self.assertTrue((unpacked / "apps" / "dcgan").exists())

    def test_the_commit_is_known_where_git_did_not_travel(self):
        (self.folder / "commit").write_text("1234567\n")
        options = argparse.Namespace(prepared=self.folder)
        with unittest.mock.patch.object(gpu_check, "ROOT", self.folder):
            self.assertEqual(gpu_check.commit_of(options), "1234567")

    def test_a_folder_elsewhere_gets_all_that_the_steps_said(self):
        machine = stages.Machine(root=ROOT, work=self.folder, build=self.folder, emulated_build=self.folder)
        (self.folder / "bench_fp32.json").write_text("{}\n")
        out = self.folder / "out"
        self.run_all(
            self.step("a", "print('hello')"),
            save=lambda: gpu_check.save_all(out, machine, self.notebook, [("GPU", "Some GPU")]),
        )
        names = ["some-gpu.md", "some-gpu_outcomes.tar.gz"]
        self.assertEqual(sorted(file.name for file in out.iterdir()), names)
        with tarfile.open(out / names[1]) as tar:
            self.assertEqual(tar.extractfile("outcomes/a.out").read(), b"hello\n")
            self.assertEqual(tar.extractfile("outcomes/bench_fp32_bench_fp32.json").read(), b"{}\n")

    def virtual_environment(self, **environment):
        """VIRTUAL_ENV as a step sees it, where a stand-in is the Python that has torch."""
        python = self.folder / "python"
        python.write_text(f"#!/bin/sh\necho {self.folder}\n")
        python.chmod(0o755)
        with unittest.mock.patch.dict(os.environ, environment):
            if not environment:
                os.environ.pop("VIRTUAL_ENV", None)
            gpu_check.describe_machine(gpu_check.parse(["--python", str(python)]))
            self.run_python("import os; print(os.environ.get('VIRTUAL_ENV'))")
        return self.notebook.output("step").strip()

    def test_steps_see_the_environment_that_has_the_vendor_s_wheels(self):
        self.assertEqual(self.virtual_environment(), "None")
        (self.folder / "lib" / "python3.12" / "site-packages" / "nvidia").mkdir(parents=True)
        self.assertEqual(self.virtual_environment(), str(self.folder))
        self.assertEqual(self.virtual_environment(VIRTUAL_ENV="/the/active/one"), "/the/active/one")


class Command(unittest.TestCase):
    def gpu_check(self, *arguments):
        command = [sys.executable, ROOT / "tools" / "gpu_check", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_a_dry_run_of_the_preparation_needs_no_gpu(self):
        done = self.gpu_check("--dry-run", "--prepare", "carry")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 5)

    def test_a_folder_without_hashes_is_refused(self):
        for folder in ("/nowhere", str(pathlib.Path(__file__).parent)):
            done = self.gpu_check("--dry-run", "--prepared", folder)
            self.assertEqual(done.returncode, 2)
            self.assertIn("holds no hashes; make the folder with --prepare", done.stderr)

    def test_a_dry_run_names_every_step_once(self):
        done = self.gpu_check("--dry-run", "--emulate")
        self.assertEqual(done.returncode, 0, done.stderr)
        names = [line.split(":")[0] for line in done.stdout.splitlines()]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual({name.split()[0] for name in names}, set(stages.STAGES))

    def test_the_commands_of_a_dry_run_can_be_pasted(self):
        done = self.gpu_check("--dry-run")
        commands = dict(line.split(": ", 1) for line in done.stdout.splitlines())
        words = {name.split()[1]: shlex.split(command) for name, command in commands.items()}
        cases = words["bench_tf32"]
        self.assertEqual(cases[cases.index("--filter") + 1], stages.BENCHES["tf32"][1])
        self.assertEqual(words["hashes_emulated"][0], "SINTER_EMU_SCHEDULE=reversed")
        self.assertNotIn("-DCMAKE_CUDA_ARCHITECTURES=", words["configure"], "it is named where there is a GPU")
        for name, command in commands.items():
            seen = subprocess.run(["bash", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=False)
            self.assertEqual(seen.stdout.splitlines(), shlex.split(command), f"{name}: {seen.stderr}")

    def test_numbers_that_mean_nothing_are_refused(self):
        for option, value, expected in (
            ("--architecture", "abc", "expected a compute capability times ten, such as 90, got 'abc'"),
            ("--architecture", "9.0", "got '9.0'"),
            ("--budget", "-4", "expected a whole number from 1 on, got '-4'"),
            ("--budget", "0", "got '0'"),
            ("--jobs", "0", "got '0'"),
            ("--budget", "soon", "'soon'"),
        ):
            done = self.gpu_check("--dry-run", f"{option}={value}")
            self.assertEqual(done.returncode, 2, option)
            self.assertIn(f"argument {option}: ", done.stderr)
            self.assertIn(expected, done.stderr)

    def test_the_commands_of_the_readme_name_the_stages_that_are_left(self):
        commands = (ROOT / "docs" / "gpu" / "README.md").read_text().replace("\\\n", " ")
        named = [options.split(",") for options in re.findall(r"--stage (\S+)", commands)]
        self.assertTrue(named)
        for names in named:
            self.assertEqual([name for name in names if name not in stages.STAGES], [])
        order = list(stages.STAGES)
        self.assertEqual(named[0], order[order.index("sweep") :], "what nine minutes leave")

    def test_an_unknown_stage_is_refused(self):
        done = self.gpu_check("--stage", "build,teste")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--stage: expected some of build, test,", done.stderr)


if __name__ == "__main__":
    unittest.main()
