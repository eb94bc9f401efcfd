"""Checkpoints in PyTorch: each architecture trains for a few steps, its file is loaded into modules that are
built from torch.nn alone, every key matched, and both have to give the same images, logits and features. The example
of docs/checkpoints.md is run as well.

Needs PyTorch and numpy. Without them the test is skipped (exit code 77), or fails where SINTER_NEED_TORCH is 1.
SINTER_TORCH_PYTHON names another Python to run it with, such as that of a virtual environment. For a machine that
checks everything:

    python3 -m venv torch && torch/bin/pip install torch --index-url https://download.pytorch.org/whl/cpu
    torch/bin/pip install numpy safetensors
    SINTER_NEED_TORCH=1 SINTER_TORCH_PYTHON=$PWD/torch/bin/python ./test -L interop
"""

import collections
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import types
import unittest

other_python = os.environ.pop("SINTER_TORCH_PYTHON", "")
if other_python:
    os.execv(other_python, [other_python, "-B", *sys.argv])
try:
    import numpy
    import torch
    from torch import nn
except ImportError as error:
    print(f"{sys.executable}: {error}")
    sys.exit(1 if os.environ.get("SINTER_NEED_TORCH") == "1" else 77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOLERANCE = 1e-5  # of the largest value: float32 sums of up to 3136 products, each with its own order
TYPES = {"F32": numpy.float32, "I32": numpy.int32}


def read_safetensors(path):
    """({name: tensor}, metadata) of a file, as the safetensors package reads it."""
    content = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    metadata, data = header.pop("__metadata__", {}), content[8 + length :]
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = numpy.frombuffer(data[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"]).copy()
        tensors[name] = torch.from_numpy(values)
    return tensors, metadata


def write_squares(folder, count):
    """MNIST's files with images of random grey squares, 7 a side, and labels 0 to 9."""
    numbers = numpy.random.default_rng(1)
    for split, images in (("train", count), ("t10k", 10)):
        squares = numbers.integers(0, 256, (images, 7, 7), numpy.uint8)
        pixels, labels = squares.repeat(4, 1).repeat(4, 2).tobytes(), bytes(i % 10 for i in range(images))
        (folder / f"{split}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 2051, images, 28, 28) + pixels)
        (folder / f"{split}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 2049, images) + labels)


# The architectures, by PyTorch's own modules. Names are those of the checkpoints; modules without weights have any.


def network(**layers):
    return nn.Sequential(collections.OrderedDict(layers))


def same(kernel, stride):
    """TensorFlow's padding 'same' before a convolution that divides an even size by its stride."""
    padding = kernel - stride
    before, after = padding // 2, padding - padding // 2
    return nn.ZeroPad2d((before, after, before, after))


def crop(kernel, stride):
    """The same padding of a transposed convolution: what is computed there is cut off."""
    padding = kernel - stride
    before, after = padding // 2, padding - padding // 2
    return nn.ZeroPad2d((-before, -after, -before, -after))


def dense_vae(height, width, channels, hidden, latent, classes=0):
    pixels = height * width * channels
    encoder, decoder = collections.OrderedDict(), collections.OrderedDict()
    numbers = [""] if len(hidden) == 1 else range(len(hidden))
    for layers, first, sizes in (
        (encoder, pixels + classes, hidden),
        (decoder, latent + classes, hidden[::-1]),
    ):
        for number, to in zip(numbers, sizes):
            layers[f"hidden{number}"], layers[f"relu{number}"] = nn.Linear(first, to), nn.ReLU()
            first = to
    encoder["heads"] = nn.Linear(hidden[-1], 2 * latent)
    decoder["logits"] = nn.Linear(hidden[0], pixels)
    decoder["image"] = nn.Unflatten(1, (channels, height, width))
    return nn.ModuleDict({"features": nn.Flatten(), "encoder": nn.Sequential(encoder), "decoder": nn.Sequential(decoder)})


def conv_vae_28(channels, latent, classes=0):
    bottleneck = max(16, 2 * latent)
    return nn.ModuleDict({
        "features": network(
            pad1=same(3, 2), down1=nn.Conv2d(channels, 32, 3, stride=2), relu1=nn.ReLU(),
            pad2=same(3, 2), down2=nn.Conv2d(32, 64, 3, stride=2), relu2=nn.ReLU(), flatten=nn.Flatten()),
        "encoder": network(
            hidden=nn.Linear(64 * 7 * 7 + classes, bottleneck), relu=nn.ReLU(), heads=nn.Linear(bottleneck, 2 * latent)),
        "decoder": network(
            hidden=nn.Linear(latent + classes, 64 * 7 * 7), relu=nn.ReLU(), image=nn.Unflatten(1, (64, 7, 7)),
            up1=nn.ConvTranspose2d(64, 64, 3, stride=2), crop1=crop(3, 2), relu1=nn.ReLU(),
            up2=nn.ConvTranspose2d(64, 32, 3, stride=2), crop2=crop(3, 2), relu2=nn.ReLU(),
            logits=nn.ConvTranspose2d(32, channels, 3, padding=1)),
    })  # fmt: skip


def generator(layers, classes):
    return nn.ModuleDict({**({"label": nn.Embedding(classes, 10)} if classes else {}), "layers": layers})


def generator_28(width, latent, channels, classes=0):
    def up(number, to, stride):
        """A stage behind which batch normalisation follows."""
        transposed = nn.ConvTranspose2d(2 * to, to, 5, stride=stride, bias=False)
        return {f"up{number}": transposed, f"crop{number}": crop(5, stride),
                f"norm{number}": nn.BatchNorm2d(to, eps=1e-3), f"leaky{number}": nn.LeakyReLU(0.3)}  # fmt: skip

    values = 4 * width * 7 * 7
    return generator(network(
        dense=nn.Linear(latent + (10 if classes else 0), values, bias=False),
        norm0=nn.BatchNorm1d(values, eps=1e-3), leaky0=nn.LeakyReLU(0.3), image=nn.Unflatten(1, (4 * width, 7, 7)),
        **up(1, 2 * width, 1), **up(2, width, 2),
        up3=nn.ConvTranspose2d(width, channels, 5, stride=2, bias=False), crop3=crop(5, 2), tanh=nn.Tanh()),
        classes)  # fmt: skip


def discriminator(features, logit, classes, count):
    return nn.ModuleDict({"features": features, "logit": logit,
                          **({"projection": nn.Embedding(classes, count)} if classes else {})})  # fmt: skip


def normalised(layer, norm):
    return nn.utils.spectral_norm(layer) if norm == "spectral" else layer


def norm_layer(norm, channels):
    return {"batch": nn.BatchNorm2d, "layer": lambda count: nn.GroupNorm(1, count)}.get(norm, lambda _: nn.Identity())(
        channels)  # fmt: skip


def discriminator_28(width, channels, classes=0, norm="none"):
    def down(number, take, to):
        conv = nn.Conv2d(take, to, 5, stride=2, bias=norm not in ("batch", "layer"))
        return {f"pad{number}": same(5, 2), f"down{number}": normalised(conv, norm),
                f"norm{number}": norm_layer(norm, to), f"leaky{number}": nn.LeakyReLU(0.3)}  # fmt: skip

    count = 2 * width * 7 * 7
    features = network(**down(1, channels, width), **down(2, width, 2 * width), flatten=nn.Flatten())
    return discriminator(features, normalised(nn.Linear(count, 1), norm), classes, count)


def radford_generator(stages, width, latent, channels, classes=0):
    code, width = latent + (10 if classes else 0), width << (stages - 1)
    layers = {"image": nn.Unflatten(1, (code, 1, 1)), "up0": nn.ConvTranspose2d(code, width, 4, bias=False),
              "norm0": nn.BatchNorm2d(width), "relu0": nn.ReLU()}  # fmt: skip
    for stage in range(1, stages):
        layers[f"up{stage}"] = nn.ConvTranspose2d(width, width // 2, 4, stride=2, padding=1, bias=False)
        layers[f"norm{stage}"], layers[f"relu{stage}"] = nn.BatchNorm2d(width // 2), nn.ReLU()
        width //= 2
    layers[f"up{stages}"] = nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1, bias=False)
    return generator(network(**layers, tanh=nn.Tanh()), classes)


def radford_discriminator(stages, width, channels, classes=0, norm="batch"):
    bias = norm not in ("batch", "layer")
    layers = {"down0": normalised(nn.Conv2d(channels, width, 4, stride=2, padding=1, bias=bias), norm),
              "leaky0": nn.LeakyReLU(0.2)}  # fmt: skip
    for stage in range(1, stages):
        conv = nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=bias)
        width *= 2
        layers[f"down{stage}"], layers[f"norm{stage}"] = normalised(conv, norm), norm_layer(norm, width)
        layers[f"leaky{stage}"] = nn.LeakyReLU(0.2)
    return discriminator(network(**layers), normalised(nn.Conv2d(width, 1, 4, bias=bias), norm), classes, width * 16)


def dcgan_vae(features, count, decoder, latent, classes=0):
    """The decoder is a generator that gives logits, the features are those of a discriminator."""
    decoder["layers"].tanh = nn.Identity()
    encoder = nn.ModuleDict({"features": features, "heads": nn.Linear(count + classes, 2 * latent)})
    return nn.ModuleDict({"encoder": encoder, "decoder": decoder})


def dense_generator(size, width, latent, channels, classes=0):
    return generator(network(
        hidden0=nn.Linear(latent + (10 if classes else 0), 4 * width), leaky0=nn.LeakyReLU(0.2),
        hidden1=nn.Linear(4 * width, 8 * width), leaky1=nn.LeakyReLU(0.2),
        image=nn.Linear(8 * width, channels * size * size), tanh=nn.Tanh(),
        unflatten=nn.Unflatten(1, (channels, size, size))), classes)  # fmt: skip


def dense_discriminator(size, width, channels, classes=0):
    features = network(
        flatten=nn.Flatten(), hidden0=nn.Linear(channels * size * size, 8 * width), leaky0=nn.LeakyReLU(0.2),
        hidden1=nn.Linear(8 * width, 4 * width), leaky1=nn.LeakyReLU(0.2))  # fmt: skip
    return discriminator(features, nn.Linear(4 * width, 1), classes, 4 * width)


def classifier_28(channels, width, features, classes=10):
    return nn.ModuleDict({
        "body": network(
            pad1=same(5, 2), conv1=nn.Conv2d(channels, width, 5, stride=2, bias=False),
            norm1=nn.BatchNorm2d(width), relu1=nn.ReLU(),
            pad2=same(5, 2), conv2=nn.Conv2d(width, 2 * width, 5, stride=2, bias=False),
            norm2=nn.BatchNorm2d(2 * width), relu2=nn.ReLU(),
            flatten=nn.Flatten(), features=nn.Linear(2 * width * 7 * 7, features), relu3=nn.ReLU()),
        "head": network(logits=nn.Linear(features, classes)),
    })  # fmt: skip


def deep_classifier(channels, width, features, classes=10):
    layers, number = {}, 0

    def add(inputs, outputs):
        nonlocal number
        number += 1
        layers[f"conv{number}"] = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        layers[f"norm{number}"] = nn.BatchNorm2d(outputs)
        layers[f"relu{number}"] = nn.ReLU()

    for stage in range(3):
        add(channels, width << stage)
        add(width << stage, width << stage)
        layers[f"pool{stage + 1}"] = nn.MaxPool2d(2)
        channels = width << stage
    add(channels, features)
    layers |= {"mean": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten()}
    return nn.ModuleDict({"body": network(**layers), "head": network(logits=nn.Linear(features, classes))})


# What the networks compute, with inputs and outputs by the names of checkpoint_outputs.


def with_labels(x, given, classes):
    return torch.cat([x, nn.functional.one_hot(given["labels"].long(), classes)], 1) if classes else x


def vae_outputs(heads, logits):
    mu, log_variance = heads.chunk(2, dim=1)
    kl = -0.5 * (1 + log_variance - mu**2 - log_variance.exp()).sum(1).mean()
    return {"mu": mu, "kl": kl.reshape(1), "decoded": logits.sigmoid()}


def run_vae(networks, given, classes):
    vae = networks[""]
    heads = vae["encoder"](with_labels(vae["features"](given["images"]), given, classes))
    return vae_outputs(heads, vae["decoder"](with_labels(given["z"], given, classes)))


def generate(network, given, classes):
    label = [network["label"](given["labels"])] if classes else []
    return network["layers"](torch.cat([given["z"], *label], 1))


def run_dcgan_vae(networks, given, classes):
    encoder, decoder = networks[""]["encoder"], networks[""]["decoder"]
    features = encoder["features"](given["images"]).flatten(1)
    return vae_outputs(encoder["heads"](with_labels(features, given, classes)), generate(decoder, given, classes))


def run_gan(networks, given, classes):
    def draw(network):
        return generate(network, given, classes)

    judge = networks["discriminator."]
    features = judge["features"](given["images"])
    logits = judge["logit"](features).flatten(1)
    if classes:
        logits = logits + (features.flatten(1) * judge["projection"](given["labels"])).sum(1, keepdim=True)
    outputs = {"drawn": draw(networks["generator."]), "logits": logits}
    if "average." in networks:
        outputs["drawn_by_average"] = draw(networks["average."])
    return outputs


def run_classifier(networks, given, _):
    features = networks[""]["body"](given["images"])
    return {"features": features, "logits": networks[""]["head"](features)}


class Comparison(unittest.TestCase):
    """Trains, loads and compares; one method for each architecture."""

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.data = cls.folder / "squares"
        cls.data.mkdir()
        write_squares(cls.data, 48)
        torch.set_num_threads(1)

    def call(self, *command, **options):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=300,
                              **options)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)

    def train(self, program, *options, epochs=2, rate=0.01):
        """(checkpoint, inputs and outputs), by default after 6 steps at a rate that moves all weights far enough for
        their order to matter."""
        run = pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / "run"
        self.call(os.environ[f"SINTER_{program.upper()}"], "--data", self.data, "--batch-size", 16, "--epochs", epochs,
                  "--lr", rate, "--threads", 1, "--quiet", "--out", run, *options)  # fmt: skip
        return self.outputs(run / "checkpoints" / "last.safetensors")

    def outputs(self, checkpoint):
        file = self.folder / "outputs.safetensors"
        self.call(os.environ["SINTER_CHECKPOINT_OUTPUTS"], checkpoint, file)
        tensors, _ = read_safetensors(file)
        return checkpoint, {
            name: tensor.permute(0, 3, 1, 2) if tensor.dim() == 4 else tensor for name, tensor in tensors.items()
        }

    def difference(self, expected, got, least_scale=0):
        """The largest, as a share of the largest value. An output whose values differ too little to tell fails."""
        self.assertEqual(tuple(got.shape), tuple(expected.shape))
        scale = max(expected.abs().max().item(), least_scale)
        self.assertTrue(expected.numel() == 1 or expected.std().item() > 100 * TOLERANCE * scale, "the outputs are all alike")
        return (got - expected).abs().max().item() / scale

    def load(self, networks, weights):
        """Every array of the model to its network, all keys matched."""
        for prefix, module in networks.items():
            of_network = {
                name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)
            }
            module.load_state_dict(of_network, strict=True)
            module.eval()

    def compare(self, trained, networks, run, classes=0, images=None):
        """`images`: {array: (axis, (channels, height, width))} of all arrays with an axis that is an image. With one
        of them in the order of memory, channels last, the outputs are to differ: the comparison sees the order."""
        checkpoint, given = trained
        arrays, facts = read_safetensors(checkpoint)
        self.assertEqual(facts["flattened_images"], "channels first")
        weights = {name: array for name, array in arrays.items() if not name.startswith("optimizer.")}
        for name, array in arrays.items():
            if found := re.match(r"optimizer\.(generator\.|discriminator\.|)[a-z_]+\.(.*)", name):
                self.assertEqual(array.shape, weights[found[1] + found[2]].shape, name)

        def largest_difference(weights):
            self.load(networks, weights)
            with torch.no_grad():
                outputs = run(networks, given, classes)
            self.assertEqual(set(outputs), set(given) - {"images", "labels", "z"})
            # The divergence is a sum of numbers of about 1 that cancel.
            return max(self.difference(given[name], outputs[name], name == "kl") for name in outputs)

        self.assertLess(largest_difference(weights), TOLERANCE)
        for name, (axis, sizes) in (images or {}).items():
            with self.subTest(name):
                array = weights[name].movedim(axis, 0)
                count = sizes[0] * sizes[1] * sizes[2]
                last = array[:count].unflatten(0, sizes).movedim(0, 2).flatten(0, 2)
                wrong = torch.cat([last, array[count:]]).movedim(0, axis)
                self.assertGreater(largest_difference({**weights, name: wrong}), 10 * TOLERANCE)

    # VAEs

    def test_dense_vae(self):
        self.compare(self.train("mnist_vae"), {"": dense_vae(28, 28, 1, [400], 20)}, run_vae)

    def test_conditional_dense_vae_of_colour_images(self):
        trained = self.train("mnist_vae", "--channels", 3, "--conditional", "--hidden", "30,20", "--latent", 4)
        image = (3, 28, 28)
        self.compare(trained, {"": dense_vae(28, 28, 3, [30, 20], 4, 10)}, run_vae, 10,
                     {"encoder.hidden0.weight": (1, image), "decoder.logits.weight": (0, image),
                      "decoder.logits.bias": (0, image)})  # fmt: skip

    def compare_conv_vae(self, *options, latent=2, channels=1, classes=0):
        image = (64, 7, 7)
        self.compare(self.train("mnist_vae", "--arch", "conv", "--beta", 0.01, *options, epochs=20, rate=0.003),
                     {"": conv_vae_28(channels, latent, classes)}, run_vae, classes,
                     {"encoder.hidden.weight": (1, image), "decoder.hidden.weight": (0, image),
                      "decoder.hidden.bias": (0, image)})  # fmt: skip

    def test_conv_vae(self):
        self.compare_conv_vae()

    def test_conditional_conv_vae(self):
        self.compare_conv_vae("--conditional", classes=10)

    def test_conv_vae_of_colour_images(self):
        self.compare_conv_vae("--channels", 3, "--latent", 5, latent=5, channels=3)

    def test_conditional_dcgan_vae_28(self):
        width, latent, classes = 4, 5, 10
        trained = self.train("mnist_vae", "--arch", "dcgan", "--base-width", width, "--latent", latent, "--conditional",
                             "--beta", 0.01, epochs=5)  # fmt: skip
        features = discriminator_28(width, 1, norm="batch")["features"]
        vae = dcgan_vae(features, 2 * width * 49, generator_28(width, latent, 1, classes), latent, classes)
        self.compare(trained, {"": vae}, run_dcgan_vae, classes,
                     {"encoder.heads.weight": (1, (2 * width, 7, 7)),
                      "decoder.layers.dense.weight": (0, (4 * width, 7, 7))})  # fmt: skip

    def test_dcgan_vae_32_of_colour_images(self):
        width, latent = 4, 5
        trained = self.train("mnist_vae", "--arch", "dcgan", "--base-width", width, "--latent", latent, "--size", 32,
                             "--channels", 3, "--beta", 0.01, epochs=5)  # fmt: skip
        features = radford_discriminator(3, width, 3)["features"]
        vae = dcgan_vae(features, 4 * width * 16, radford_generator(3, width, latent, 3), latent)
        self.compare(trained, {"": vae}, run_dcgan_vae, 0, {"encoder.heads.weight": (1, (4 * width, 4, 4))})

    # GANs

    def compare_gan_28(self, *options, channels=1, classes=0, norm="none", averaged=True):
        width, latent = 3, 6
        trained = self.train("dcgan", "--base-width", width, "--latent", latent, "--channels", channels,
                             "--ema", 0.5 if averaged else 0, *options)  # fmt: skip
        networks = {"discriminator.": discriminator_28(width, channels, classes, norm)}
        seven, half = (4 * width, 7, 7), (2 * width, 7, 7)
        images = {f"discriminator.logit.weight{'_orig' if norm == 'spectral' else ''}": (1, half)}
        if norm == "spectral":
            images["discriminator.logit.weight_v"] = (0, half)
        if classes:
            images["discriminator.projection.weight"] = (1, half)
        for prefix in ("generator.", "average.") if averaged else ("generator.",):
            networks[prefix] = generator_28(width, latent, channels, classes)
            images[f"{prefix}layers.dense.weight"] = (0, seven)
            for array in ("weight", "bias", "running_mean", "running_var"):
                images[f"{prefix}layers.norm0.{array}"] = (0, seven)
        self.compare(trained, networks, run_gan, classes, images)

    def test_dcgan_28(self):
        self.compare_gan_28(averaged=False)

    def test_averaged_dcgan_28(self):
        self.compare_gan_28()

    def test_conditional_dcgan_28(self):
        self.compare_gan_28("--conditional", classes=10)

    def test_spectral_dcgan_28_of_colour_images(self):
        self.compare_gan_28("--discriminator-norm", "spectral", channels=3, norm="spectral")

    def test_dcgan_28_with_layer_norm(self):
        self.compare_gan_28("--discriminator-norm", "layer", norm="layer", averaged=False)

    def compare_radford(self, size, *options, classes=0, norm="batch", averaged=False):
        stages, width, latent = 4 if size == 64 else 3, 8, 6  # fewer channels may all be dead
        trained = self.train("dcgan", "--size", size, "--base-width", width, "--latent", latent, "--channels", 3,
                             "--ema", 0.5 if averaged else 0, *options, rate=0.002)  # fmt: skip
        networks = {prefix: radford_generator(stages, width, latent, 3, classes)
                    for prefix in (("generator.", "average.") if averaged else ("generator.",))}  # fmt: skip
        networks["discriminator."] = radford_discriminator(stages, width, 3, classes, norm)
        images = {"discriminator.projection.weight": (1, (width << (stages - 1), 4, 4))} if classes else {}
        self.compare(trained, networks, run_gan, classes, images)

    def test_dcgan_32(self):
        self.compare_radford(32)

    def test_conditional_averaged_dcgan_32(self):
        self.compare_radford(32, "--conditional", classes=10, averaged=True)

    def test_spectral_dcgan_32(self):
        self.compare_radford(32, "--discriminator-norm", "spectral", norm="spectral")

    def test_dcgan_64(self):
        self.compare_radford(64)

    def test_conditional_averaged_dcgan_64_with_layer_norm(self):
        self.compare_radford(64, "--conditional", "--discriminator-norm", "layer", classes=10, norm="layer",
                             averaged=True)  # fmt: skip

    def compare_dense_gan(self, *options, classes=0, averaged=False):
        size, width, latent, image = 12, 3, 6, (3, 12, 12)
        trained = self.train("dcgan", "--arch", "dense", "--size", size, "--base-width", width, "--latent", latent,
                             "--channels", 3, "--ema", 0.5 if averaged else 0, *options)  # fmt: skip
        networks = {"discriminator.": dense_discriminator(size, width, 3, classes)}
        images = {"discriminator.features.hidden0.weight": (1, image)}
        for prefix in ("generator.", "average.") if averaged else ("generator.",):
            networks[prefix] = dense_generator(size, width, latent, 3, classes)
            images |= {f"{prefix}layers.image.{array}": (0, image) for array in ("weight", "bias")}
        self.compare(trained, networks, run_gan, classes, images)

    def test_dense_gan_of_colour_images(self):
        self.compare_dense_gan()

    def test_conditional_averaged_dense_gan(self):
        self.compare_dense_gan("--conditional", classes=10, averaged=True)

    # Others

    def test_classifier(self):
        self.compare(self.train("classifier"), {"": classifier_28(1, 32, 128)}, run_classifier, 0,
                     {"body.features.weight": (1, (64, 7, 7))})  # fmt: skip

    def test_deep_classifier(self):
        self.compare(self.train("classifier", "--arch", "deep", "--warmup-steps", 1),
                     {"": deep_classifier(1, 32, 128)}, run_classifier, 0, {})  # fmt: skip

    def test_the_example_of_the_documentation_draws_what_sinter_draws(self):
        page = (ROOT / "docs" / "checkpoints.md").read_text()
        (example,) = re.findall(r"^```python draw\.py\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
        run = self.folder / "runs" / "gan"
        self.call(os.environ["SINTER_DCGAN"], "--data", self.data, "--epochs", 1, "--quiet", "--out", run)
        _, given = self.outputs(run / "checkpoints" / "last.safetensors")
        if "safetensors" not in sys.modules:
            try:
                import safetensors.torch  # noqa: F401
            except ImportError:  # the test reads the format itself, so the example is run without the package, too
                stand_in = types.ModuleType("safetensors.torch")
                stand_in.load_file = lambda path: read_safetensors(path)[0]
                sys.modules["safetensors"] = types.ModuleType("safetensors")
                sys.modules["safetensors.torch"] = stand_in
        before = pathlib.Path.cwd()
        os.chdir(self.folder)
        try:
            names = {}
            exec(compile(example, "draw.py", "exec"), names)
        finally:
            os.chdir(before)
        with torch.no_grad():
            drawn = names["generator"](given["z"])
        self.assertLess(self.difference(given["drawn_by_average"], drawn), TOLERANCE)
        self.assertEqual(tuple(names["images"].shape), (16, 1, 28, 28))
        self.assertTrue(0 <= names["images"].min() and names["images"].max() <= 1)


if __name__ == "__main__":
    unittest.main()
