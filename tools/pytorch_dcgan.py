"""One training step of the dcgan program in PyTorch, to time beside it.

usage: python3 tools/pytorch_dcgan.py SIZE BATCH [--channels N] [--steps N] [--threads N] [--compile] [--channels-last]
                                      [--device cuda] [--precision fp32|tf32|bf16] [--graph]

SIZE 28 is TensorFlow's tutorial with its padding 'same', 32 and 64 are Radford's networks. A step draws noise, updates
the discriminator on real and on generated images, then the generator. The images are random numbers: they cost what
real ones cost. Prints the median milliseconds a step and images a second. --graph captures the whole step as a CUDA
graph and replays it. Needs torch.
"""

import argparse
import statistics
import time

from pytorch_step import add_device_options, prepare, synchronise, use_precision  # first: it asks for PyTorch

import torch
from torch import nn
from torch.nn import functional

LATENT = 100


class SameConv(nn.Conv2d):
    """Kernel 5, stride 2 on an even size: TensorFlow pads one pixel before and two after."""

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs, 5, stride=2)

    def forward(self, x):
        return super().forward(functional.pad(x, (1, 2, 1, 2)))


class SameConvTranspose(nn.ConvTranspose2d):
    """The transpose of SameConv: of the full result 2 n + 3 pixels wide, the first and the last two are cut off."""

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs, 5, stride=2, padding=1, bias=False)

    def forward(self, x):
        return super().forward(x)[:, :, :-1, :-1]


def networks_28(channels):
    def norm(layer, width):
        return [layer(width, eps=1e-3, momentum=0.01), nn.LeakyReLU(0.3)]

    generator = nn.Sequential(
        nn.Linear(LATENT, 12544, bias=False), *norm(nn.BatchNorm1d, 12544), nn.Unflatten(1, (256, 7, 7)),
        nn.ConvTranspose2d(256, 128, 5, padding=2, bias=False), *norm(nn.BatchNorm2d, 128),
        SameConvTranspose(128, 64), *norm(nn.BatchNorm2d, 64),
        SameConvTranspose(64, channels), nn.Tanh())  # fmt: skip
    discriminator = nn.Sequential(
        SameConv(channels, 64), nn.LeakyReLU(0.3), nn.Dropout(0.3),
        SameConv(64, 128), nn.LeakyReLU(0.3), nn.Dropout(0.3),
        nn.Flatten(), nn.Linear(6272, 1))  # fmt: skip
    return generator, discriminator


def networks_radford(size, channels):
    widths = [64, 128, 256, 512] if size == 64 else [64, 128, 256]
    half = dict(kernel_size=4, stride=2, padding=1, bias=False)
    pairs = list(zip(widths, widths[1:]))

    generator = [nn.Unflatten(1, (LATENT, 1, 1)), nn.ConvTranspose2d(LATENT, widths[-1], 4, bias=False)]
    generator += [nn.BatchNorm2d(widths[-1]), nn.ReLU()]
    for narrow, wide in reversed(pairs):
        generator += [nn.ConvTranspose2d(wide, narrow, **half), nn.BatchNorm2d(narrow), nn.ReLU()]
    generator += [nn.ConvTranspose2d(widths[0], channels, **half), nn.Tanh()]

    discriminator = [nn.Conv2d(channels, widths[0], **half), nn.LeakyReLU(0.2)]
    for narrow, wide in pairs:
        discriminator += [nn.Conv2d(narrow, wide, **half), nn.BatchNorm2d(wide), nn.LeakyReLU(0.2)]
    discriminator += [nn.Conv2d(widths[-1], 1, 4, bias=False), nn.Flatten()]
    return nn.Sequential(*generator), nn.Sequential(*discriminator)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", type=int, choices=(28, 32, 64))
    parser.add_argument("batch", type=int)
    parser.add_argument("--channels", type=int, help="default: 1 for 28, else 3")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--channels-last", action="store_true")
    add_device_options(parser)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    rounding = use_precision(options)

    channels = options.channels or (1 if options.size == 28 else 3)
    generator, discriminator = (
        networks_28(channels) if options.size == 28 else networks_radford(options.size, channels)
    )
    real = torch.rand(options.batch, channels, options.size, options.size) * 2 - 1
    generator, discriminator, real = (x.to(options.device) for x in (generator, discriminator, real))
    if options.channels_last:
        generator, discriminator, real = (
            x.to(memory_format=torch.channels_last) for x in (generator, discriminator, real)
        )
    rate, betas = (1e-4, (0.9, 0.999)) if options.size == 28 else (2e-4, (0.5, 0.999))
    adam_g, adam_d = (
        torch.optim.Adam(network.parameters(), rate, betas, capturable=options.graph)
        for network in (generator, discriminator)
    )

    def loss(logits, target):
        return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))

    def step():
        with rounding():
            fake = generator(torch.randn(options.batch, LATENT, device=options.device))
        # With --compile, both networks would otherwise be one graph, and the walk from loss_d would free what the one
        # from loss_g needs of the generator.
        torch._dynamo.graph_break()
        with rounding():
            loss_d = loss(discriminator(real), 1.0) + loss(discriminator(fake.detach()), 0.0)
        adam_d.zero_grad()
        loss_d.backward()
        adam_d.step()
        adam_g.zero_grad()
        with rounding():
            loss_g = loss(discriminator(fake), 1.0)
        # Not into the discriminator's weights, where the gradients would be thrown away.
        loss_g.backward(inputs=list(generator.parameters()))
        adam_g.step()

    step = prepare(step, options)
    # The host waits once in a round, so that it may run ahead of the device as in training.
    rounds = min(5, options.steps)
    steps = options.steps // rounds
    seconds = []
    for _ in range(rounds):
        synchronise(options)
        start = time.perf_counter()
        for _ in range(steps):
            step()
        synchronise(options)
        seconds.append((time.perf_counter() - start) / steps)
    median = statistics.median(seconds)
    print(f"DCGAN {options.size}  batch {options.batch}  {median * 1e3:.3f} ms/step  {options.batch / median:.0f} images/s")


if __name__ == "__main__":
    main()
