"""Every script of the repository: its syntax, and that it answers --help; shellcheck where it is installed."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLACES = ("", "scripts", ".ci", "tools", "tests/cuda", "tests/package")  # folders that may hold scripts of the shell
WITHOUT_HELP = {"tools/pytorch_step.py"}  # a part of others


def first_line(file):
    with file.open("rb") as content:
        return content.readline().decode(errors="replace")


def shell_scripts():
    files = [file for place in PLACES for file in sorted((ROOT / place).iterdir()) if file.is_file()]
    return [file for file in files if file.suffix == ".sh" or first_line(file).startswith("#!/usr/bin/env bash")]


def python_sources():
    files = [*ROOT.glob("tools/**/*"), *ROOT.glob("tests/**/*.py")]
    return sorted(file for file in files if file.is_file() and is_python(file))


def is_python(file):
    return file.suffix == ".py" or first_line(file).startswith("#!/usr/bin/env python3")


def name(file):
    return str(file.relative_to(ROOT))


class Scripts(unittest.TestCase):
    def test_all_scripts_are_found(self):
        found = [name(file) for file in shell_scripts() + python_sources()]
        for expected in ("run", "test", "scripts/prepare.sh", ".ci/run", "tools/profile", "tools/gpu_check",
                         "tools/beside_pytorch", "tools/pytorch_dcgan.py"):  # fmt: skip
            self.assertIn(expected, found)

    def test_shell_scripts_parse(self):
        for script in shell_scripts():
            with self.subTest(name(script)):
                done = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    @unittest.skipUnless(shutil.which("shellcheck"), "shellcheck is not installed")
    def test_shellcheck_finds_nothing(self):
        for script in shell_scripts():
            with self.subTest(name(script)):
                command = ["shellcheck", "--shell=bash", "--severity=warning", "--external-sources", script]
                done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
                self.assertEqual(done.returncode, 0, done.stdout)

    def prepare(self, commands, **settings):
        """What `commands` print after scripts/prepare.sh was read for the sources in /here, under `settings` alone:
        the caller's own SINTER_... (SINTER_WERROR=1 where everything is checked) say nothing here."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SINTER_")} | settings
        script = f"root=/here; . {ROOT}/scripts/prepare.sh; {commands}"
        command = ["bash", "-euo", "pipefail", "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_a_build_folder_of_other_sources_is_configured_again(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "build.ninja").touch()

            def is_ready(home, cache, more="", **settings):
                text = f"CMAKE_HOME_DIRECTORY:INTERNAL={home}\nCMAKE_CACHEFILE_DIR:INTERNAL={cache}\n{more}"
                (folder / "CMakeCache.txt").write_text(text)
                return self.prepare(f"configured {folder} && echo ready || echo stale", **settings) == ["ready"]

            self.assertTrue(is_ready("/here", folder))
            self.assertFalse(is_ready("/elsewhere", folder), "copied with its build folder")
            self.assertFalse(is_ready("/here", "/elsewhere/build"), "the build folder was moved")
            self.assertFalse(is_ready("/here", folder, SINTER_WERROR="1"), "warnings are no errors in it")
            self.assertTrue(is_ready("/here", folder, "SINTER_WERROR:BOOL=ON\n", SINTER_WERROR="1"))
            self.assertFalse(is_ready("/here", folder, "SINTER_BUILD_APPS:BOOL=OFF\n"), "it has no programs")

    def test_jobs_fit_into_the_memory_that_there_is(self):
        self.assertIn(str(2000000 * 1024), self.prepare("ulimit -v 2000000; memory_limits"))
        self.assertEqual(self.prepare("ulimit -v 2000000; build_jobs"), ["1"])

    def test_python_compiles(self):
        for source in python_sources():
            with self.subTest(name(source)):
                compile(source.read_text(), str(source), "exec", dont_inherit=True)

    def test_tools_answer_help(self):
        """PyTorch's twins say what they need where there is no PyTorch."""
        for tool in sorted((ROOT / "tools").iterdir()):
            if not tool.is_file() or name(tool) in WITHOUT_HELP:
                continue
            command = [tool] if not tool.suffix else [sys.executable, "-B", tool]
            with self.subTest(name(tool)):
                done = subprocess.run([*command, "--help"], capture_output=True, text=True, check=False, timeout=60)
                if tool.name.startswith("pytorch_") and done.returncode == 1:
                    self.assertRegex(done.stderr, r"^\S+ needs PyTorch \(No module .*\): pip install torch numpy\n$")
                    continue
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("usage", done.stdout.lower())

    def test_the_doors_answer_help(self):
        for door in ("run", "test"):
            with self.subTest(door):
                done = subprocess.run([ROOT / door, "--help"], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("usage", done.stdout)


if __name__ == "__main__":
    unittest.main()
