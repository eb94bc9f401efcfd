"""tools/profile without Nsight and without a GPU: stand-ins for both note how they are called."""

import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Profile(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        for name in ("kernel_bench", "dcgan"):
            self.stand_in(f"build/apps/{name}", "")

    def stand_in(self, path, script):
        """A program that writes its arguments down, one call a line, and then runs `script`."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'#!/bin/sh\necho "$@" >>{self.folder}/calls\n{script}\n')
        file.chmod(0o755)

    def profile(self, *arguments):
        environment = {
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
            "SINTER_BUILD": str(self.folder / "build"),
            "CUDA_HOME": str(self.folder / "no_toolkit"),
        }
        command = [ROOT / "tools" / "profile", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=self.folder, env={**os.environ, **environment}
        )

    def calls(self):
        return (self.folder / "calls").read_text().splitlines()

    def test_a_kernel_is_profiled_and_its_figures_printed(self):
        self.stand_in("bin/ncu", "")
        done = self.profile("kernel", "gemm/.*forward", "--precision", "tf32")
        self.assertEqual(done.returncode, 0, done.stderr)
        first, second = self.calls()
        self.assertIn("--profile-from-start off", first)
        self.assertIn("-o profiles/gemm-.-forward ", first)
        self.assertTrue(first.endswith("--device cuda --profile --filter gemm/.*forward --precision tf32"), first)
        self.assertIn("--import profiles/gemm-.-forward.ncu-rep", second)

    def test_a_lack_of_permission_is_explained(self):
        self.stand_in("bin/ncu", "echo '==ERROR== ERR_NVGPUCTRPERM - The user does not have permission'; exit 1")
        done = self.profile("kernel", "gemm")
        self.assertEqual(done.returncode, 1)
        self.assertIn("NVreg_RestrictProfilingToAdminUsers=0", done.stderr)

    def test_another_failure_is_not_taken_for_it(self):
        self.stand_in("bin/ncu", "echo 'no kernels were profiled'; exit 3")
        done = self.profile("kernel", "gemm")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no kernels were profiled", done.stderr)
        self.assertIn("ncu failed; what it said is above", done.stderr)
        self.assertNotIn("NVreg", done.stderr)

    def test_a_layer_is_profiled_in_a_step_that_is_launched(self):
        self.stand_in("bin/ncu", "")
        done = self.profile("kernel", "--in-step", "discriminator.conv1", "dcgan", "--size", "64")
        self.assertEqual(done.returncode, 0, done.stderr)
        first, second = self.calls()
        self.assertIn("--nvtx --nvtx-include sinter@discriminator/conv1/", first)
        self.assertTrue(first.endswith("dcgan --device cuda --no-capture --profile-steps 20:21 --size 64"), first)
        self.assertIn("--import profiles/dcgan-discriminator.conv1.ncu-rep", second)

    def test_steps_are_profiled_by_nsight_systems(self):
        self.stand_in("bin/nsys", "")
        done = self.profile("steps", "10:20", "dcgan", "--size", "64")
        self.assertEqual(done.returncode, 0, done.stderr)
        first, second = self.calls()
        self.assertIn("-c cudaProfilerApi", first)
        self.assertTrue(first.endswith("--device cuda --no-capture --profile-steps 10:20 --size 64"), first)
        self.assertIn("profiles/dcgan-10-20.nsys-rep", second)

    def test_a_run_is_profiled_with_the_kernels_of_its_graphs(self):
        self.stand_in("bin/nsys", "")
        done = self.profile("run", "dcgan", "--epochs", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("--cuda-graph-trace=node", self.calls()[0])
        self.assertTrue(self.calls()[0].endswith("dcgan --device cuda --epochs 1"), self.calls()[0])

    def test_a_program_that_is_not_built_is_named(self):
        self.stand_in("bin/nsys", "")
        done = self.profile("steps", "10:20", "mnist_vae")
        self.assertEqual(done.returncode, 1)
        self.assertIn("build/apps/mnist_vae does not exist", done.stderr)

    def test_arguments_are_checked_before_nsight_is_looked_for(self):
        """Nsight is not on the PATH of most machines on which somebody tries the command out."""
        steps = self.profile("steps", "20:10", "dcgan")
        self.assertEqual(steps.returncode, 2)
        self.assertIn("expected steps A:B with 0 <= A < B, got '20:10'", steps.stderr)
        for arguments in (("steps", "10:20", "dcgann"), ("run", "dcgann"), ("kernel", "--in-step", "conv1", "dcgann")):
            done = self.profile(*arguments)
            self.assertEqual(done.returncode, 1)
            self.assertIn("build/apps/dcgann does not exist", done.stderr)

    def test_without_arguments_it_says_how_it_is_used(self):
        for arguments in ((), ("kernel",), ("kernel", "--in-step", "conv1"), ("run",), ("steps", "10:20")):
            done = self.profile(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn("usage: tools/profile kernel FILTER", done.stderr)


if __name__ == "__main__":
    unittest.main()
