"""The numbers of measure against NumPy: the program exports features, logits and the subsets of KID, and everything is
computed again from them, by the definitions, in float64.

Needs numpy. Without it the test is skipped (exit code 77), or fails where SINTER_NEED_TORCH is 1; see
pytorch_test.py.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

other_python = os.environ.pop("SINTER_TORCH_PYTHON", "")
if other_python:
    os.execv(other_python, [other_python, "-B", *sys.argv])
try:
    import numpy
except ImportError as error:
    print(f"{sys.executable}: {error}")
    sys.exit(1 if os.environ.get("SINTER_NEED_TORCH") == "1" else 77)


def run(program, *arguments, **environment):
    """What the program prints."""
    done = subprocess.run(
        [os.environ[f"SINTER_{program.upper()}"], *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )
    if done.returncode != 0:
        raise AssertionError(f"{program} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def frechet(a, b):
    """|mu_a - mu_b|^2 + tr(C_a + C_b) - 2 tr (C_a C_b)^(1/2), the last by the eigenvalues of a symmetric form."""
    c_a, c_b = numpy.cov(a, rowvar=False), numpy.cov(b, rowvar=False)
    values, vectors = numpy.linalg.eigh(c_a)
    root = vectors * numpy.sqrt(numpy.maximum(values, 0)) @ vectors.T
    cross = numpy.sqrt(numpy.maximum(numpy.linalg.eigvalsh(root @ c_b @ root), 0)).sum()
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + numpy.trace(c_a) + numpy.trace(c_b) - 2 * cross


def frechet_error(a, b, orders):
    """The jackknife that leaves out a tenth of both sets, in their orders."""
    rest = lambda x, order, part: numpy.delete(x[order], range(part * len(x) // 10, (part + 1) * len(x) // 10), axis=0)
    without = numpy.array([frechet(rest(a, orders[0], part), rest(b, orders[1], part)) for part in range(10)])
    return numpy.sqrt(9 / 10 * ((without - without.mean()) ** 2).sum())


def kid(a, b, subsets):
    """Mean and deviation over the subsets of the unbiased squared maximum mean discrepancy."""
    distances = []
    for chosen_a, chosen_b in zip(*subsets):
        x, y = a[chosen_a], b[chosen_b]
        kernel = lambda p, q: (p @ q.T / a.shape[1] + 1) ** 3
        xx, yy, xy, m = kernel(x, x), kernel(y, y), kernel(x, y), len(x)
        others = (xx.sum() - numpy.trace(xx)) + (yy.sum() - numpy.trace(yy))
        distances.append(others / (m * (m - 1)) - 2 * xy.mean())
    return numpy.mean(distances), numpy.std(distances)


def distances(a, b):
    """Squared distances of all pairs, by differences: no cancellation."""
    return numpy.stack([((row - b) ** 2).sum(1) for row in a])


def coverage(generated, real, k_precision=3, k_density=5):
    """Values of each image, whose means are the measures."""
    among_real, among_generated, between = distances(real, real), distances(generated, generated), distances(generated, real)
    radius = lambda squares, k: numpy.sort(squares, axis=1)[:, k]  # the point itself is at 0
    real_ball, generated_ball = radius(among_real, k_precision), radius(among_generated, k_precision)
    open_ball = radius(among_real, k_density)
    return {
        "precision": (between <= real_ball).any(1),
        "recall": (between <= generated_ball[:, None]).any(0),
        "density": (between < open_ball).sum(1) / k_density,
        "coverage": (between < open_ball).any(0),
    }


def probabilities(logits):
    exponentials = numpy.exp(logits - logits.max(1, keepdims=True))
    return exponentials / exponentials.sum(1, keepdims=True)


class Measures(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def expect(self, found, expected, name):
        self.assertTrue(
            abs(found - expected) <= max(1e-6 * abs(expected), 1e-9), f"{name}: {found}, by NumPy {expected}"
        )

    def check(self, found, stem, with_subsets):
        """The JSON of measure against what NumPy makes of the exported files."""
        load = lambda ending: numpy.load(self.folder / f"{stem}{ending}").astype(numpy.float64)
        a, b = load(".npy"), load(".real.npy")
        orders = [numpy.load(self.folder / f"{stem}{ending}") for ending in (".order.npy", ".real_order.npy")]
        self.expect(found["frechet"], frechet(a, b), "frechet")
        self.expect(found["frechet_error"], frechet_error(a, b, orders), "frechet_error")
        for name, values in coverage(a, b).items():
            self.expect(found[name], values.mean(), name)
            self.expect(found[name + "_error"], values.std(ddof=1) / numpy.sqrt(len(values)), name + "_error")
        if with_subsets:
            mean, deviation = kid(a, b, numpy.load(self.folder / f"{stem}.subsets.npy"))
            self.expect(found["kid"], mean, "kid")
            self.expect(found["kid_std"], deviation, "kid_std")

    def test_distances_of_given_features(self):
        """Of vectors like a judge's: not negative, correlated, far from the origin beside their spread."""
        numbers = numpy.random.default_rng(5)
        mixing = numbers.standard_normal((24, 24)) * numpy.linspace(0.05, 1, 24)
        for name, count, shift in (("a", 1300, 2.2), ("b", 1200, 2.0)):
            vectors = numpy.maximum(numbers.standard_normal((count, 24)) @ mixing + shift, 0)
            numpy.save(self.folder / f"{name}.npy", vectors.astype(numpy.float32))
        found = json.loads(
            run("measure", "--images", self.folder / "a.npy", "--against", self.folder / "b.npy", "--json",
                "--save-features", self.folder / "out.npy")
        )  # fmt: skip
        self.check(found, "out", with_subsets=True)
        self.assertEqual(found["warnings"], ["unequal counts, 1300 and 1200"])

    def test_measures_of_classes(self):
        """By the logits of a judge of noise: what the judge is worth does not matter here."""
        numbers = numpy.random.default_rng(6)
        numpy.save(self.folder / "images.npy", numbers.integers(0, 256, (60, 12, 12), numpy.uint8))
        self.write_mnist(numbers, self.folder / "digits")
        found = json.loads(
            run("measure", "--images", self.folder / "images.npy", "--against", self.folder / "digits", "--json",
                "--save-features", self.folder / "out.npy", SINTER_CACHE_DIR=str(self.folder / "cache"))
        )  # fmt: skip
        self.check(found, "out", with_subsets=False)
        given = probabilities(numpy.load(self.folder / "out.logits.npy").astype(numpy.float64))
        confidence = given.max(1)
        self.expect(found["confidence"], confidence.mean(), "confidence")
        self.expect(found["confidence_error"], confidence.std(ddof=1) / numpy.sqrt(len(confidence)), "confidence_error")
        shares = numpy.bincount(given.argmax(1), minlength=given.shape[1]) / len(given)
        numpy.testing.assert_allclose(found["class_shares"], shares, rtol=1e-12)
        order = numpy.load(self.folder / "out.order.npy")
        scores = []
        for part in range(10):
            rows = given[order[part * len(given) // 10 : (part + 1) * len(given) // 10]]
            divergences = (rows * (numpy.log(rows) - numpy.log(rows.mean(0)))).sum(1)
            scores.append(numpy.exp(divergences.mean()))
        self.expect(found["inception_score"], numpy.mean(scores), "inception_score")
        self.expect(found["inception_score_std"], numpy.std(scores), "inception_score_std")

    @staticmethod
    def write_mnist(numbers, folder):
        """MNIST's files of noise in three classes, 12 pixels a side."""
        folder.mkdir()
        for split, count in (("train", 90), ("t10k", 60)):
            images = numbers.integers(0, 256, (count, 12, 12), numpy.uint8)
            labels = (numpy.arange(count) % 3).astype(numpy.uint8)
            for name, array in ((f"{split}-images-idx3-ubyte", images), (f"{split}-labels-idx1-ubyte", labels)):
                sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
                (folder / name).write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())


if __name__ == "__main__":
    unittest.main()
