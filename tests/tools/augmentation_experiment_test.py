"""tools/augmentation_experiment: its arithmetic, and all of it on a tiny set with the real programs, where they are built
(SINTER_PROGRAMS names their folder)."""

import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import pathlib
import shutil
import struct
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The command itself has no ending of a module's.
loader = importlib.machinery.SourceFileLoader("augmentation_experiment", str(ROOT / "tools" / "augmentation_experiment"))
experiment = importlib.util.module_from_spec(importlib.util.spec_from_loader("augmentation_experiment", loader))
sys.modules["augmentation_experiment"] = experiment
loader.exec_module(experiment)

PROGRAMS = os.environ.get("SINTER_PROGRAMS")
SIDE, CLASSES = 12, 3


def run(*arguments):
    """Exit code, stdout and stderr of the tool."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = experiment.main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
    return code, out.getvalue(), err.getvalue()


def write_set(folder):
    """Images in MNIST's files whose class is where their bright rows are."""
    folder.mkdir()
    for name, count in (("train", 60), ("t10k", 30)):
        labels = bytes(i % CLASSES for i in range(count))
        images = b"".join(bytes(200 + (i * 7 + p) % 50 if p // SIDE // (SIDE // CLASSES) == label else (i + p) % 40
                                for p in range(SIDE * SIDE)) for i, label in enumerate(labels))  # fmt: skip
        (folder / f"{name}-images-idx3-ubyte").write_bytes(struct.pack(">4i", 2051, count, SIDE, SIDE) + images)
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 2049, count) + labels)


class Arithmetic(unittest.TestCase):
    def test_epochs_are_those_that_come_closest_to_the_steps(self):
        self.assertEqual(experiment.epochs_for(2000, 100, 50), (1000, 2000))
        self.assertEqual(experiment.epochs_for(2000, 5100, 50), (20, 2040))
        self.assertEqual(experiment.epochs_for(2000, 101, 50), (667, 2001))
        self.assertEqual(experiment.epochs_for(100, 30, 50), (100, 100), "a set smaller than a batch is one step")
        self.assertEqual(experiment.epochs_for(100, 199, 50, drops_last=True), (33, 99))
        self.assertEqual(experiment.epochs_for(1, 5000, 50), (1, 100), "an epoch is the least")

    def test_the_table_has_mean_and_deviation(self):
        cell = experiment.summary([{"accuracy": 0.5, "steps": 10}, {"accuracy": 0.6, "steps": 12}])
        self.assertEqual(cell["steps"], [10, 12])
        self.assertAlmostEqual(cell["deviation"], 0.0707107, 6)
        self.assertEqual(experiment.cell_text(cell), "55.00 +- 7.07")
        self.assertEqual(experiment.cell_text(experiment.summary([{"accuracy": 0.5}])), "50.00")
        none = experiment.summary([{"accuracy": None, "reason": "another order"}])
        self.assertEqual((experiment.cell_text(none), none["reason"]), ("-", "another order"))


class Usage(unittest.TestCase):
    def test_wrong_options_are_sentences(self):
        for arguments, part in ((["--labels", "a"], "--labels: expected numbers"),
                                (["--labels", "0,5"], "--labels: expected at least 1, got 0"),
                                (["--seeds", "0"], "--seeds: expected at least 1"),
                                (["--generator", "bigan"], "--generator: expected mnist_vae or dcgan, got 'bigan'"),
                                (["--augment", "'"], "--augment:"),
                                (["--programs", "/nowhere"], "no program classifier")):  # fmt: skip
            code, out, err = run("--out", "/nowhere/at/all", *arguments)
            self.assertEqual((code, out), (2, ""), arguments)
            self.assertIn(part, err)


@unittest.skipUnless(PROGRAMS, "SINTER_PROGRAMS names no folder with the programs")
class WithThePrograms(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        write_set(self.folder / "tiny")
        os.environ["SINTER_CACHE_DIR"] = str(self.folder / "cache")
        os.environ["SINTER_OFFLINE"] = "1"
        self.out = self.folder / "out"

    def start(self, *more, labels="2,4", seeds=2):
        return run("--data", self.folder / "tiny", "--out", self.out, "--programs", PROGRAMS, "--labels", labels,
                   "--seeds", seeds, "--images", 4, "--steps", 30, "--batch-size", 6, "--generator", "mnist_vae --hidden 16",
                   "--generator-steps", 30, "--threads", 1, "--augment", "--shift 1", *more)  # fmt: skip

    def test_all_arms_are_run_and_gone_on_with(self):
        code, out, err = self.start()
        self.assertEqual(code, 0, err)
        results = json.loads((self.out / "results.json").read_text())
        self.assertEqual(sorted(results["results"]), ["2", "4"])
        for cells in results["results"].values():
            self.assertEqual(list(cells), list(experiment.ARMS))
            for name, cell in cells.items():
                self.assertEqual(len(cell["values"]), 2, name)
                self.assertTrue(all(0 <= value <= 1 for value in cell["values"]))
                self.assertEqual(len(cell["steps"]), 0 if name == "gan_test" else 2, name)
                self.assertTrue(all(28 <= steps <= 32 for steps in cell["steps"]), "whole epochs, the same steps")
            self.assertGreater(cells["real"]["mean"], 0.9, "bright rows are easily learned")
        self.assertIn("| real + generated |", out)
        self.assertIn("30 steps of 6 images", out)
        self.assertEqual(list(self.out.glob("work-*")), [], "what is done is cleared away")

        # Goes on where it stopped: an arm that is missing is done again, with the same number, and no other.
        missing = self.out / "labels-4" / "seed-2-only.json"
        kept = {file: file.stat().st_mtime_ns for file in self.out.glob("labels-*/*.json") if file != missing}
        before = missing.read_text()
        missing.unlink()
        shutil.rmtree(self.out / "work-4-2", ignore_errors=True)
        code, again, err = self.start()
        self.assertEqual((code, again), (0, out), err)
        self.assertEqual(missing.read_text(), before)
        self.assertEqual({file: file.stat().st_mtime_ns for file in kept}, kept)

        code, _, err = self.start("--steps", 31)
        self.assertEqual(code, 2)
        self.assertIn("--steps 30, now it is 31", err)

    def test_a_program_that_fails_is_named(self):
        code, out, err = self.start(labels="100", seeds=1)
        self.assertEqual((code, out), (3, ""))
        self.assertIn("100 training images of each class", err)
        code, _, err = self.start("--classifier", "--arch square", labels="2", seeds=1)
        self.assertEqual(code, 2)
        self.assertIn("square", err)

    def test_a_folder_of_something_else_is_left_alone(self):
        self.out.mkdir()
        (self.out / "mine").write_text("precious")
        code, _, err = self.start()
        self.assertEqual(code, 2)
        self.assertIn("holds no experiment", err)


if __name__ == "__main__":
    unittest.main()
