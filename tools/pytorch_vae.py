"""The dense VAE of mnist_vae in PyTorch, written as in PyTorch's own example, to time beside it.

usage: python3 tools/pytorch_vae.py [MNIST_FOLDER] [--epochs N] [--threads N] [--compile]
                                    [--device cuda] [--precision fp32|tf32] [--graph]

Prints training images per second and the test loss (nats per image) of every epoch. Without a folder the images are
random numbers, and the loss says nothing. On a GPU the images lie in its memory. --graph captures the whole step as a
CUDA graph and replays it. Needs torch, and numpy to read the folder.
"""

import argparse
import gzip
import pathlib
import time

from pytorch_step import add_device_options, prepare, synchronise, use_precision  # first: it asks for PyTorch

import torch
from torch import nn
from torch.nn import functional

BATCH = 128


def images(folder, name, count):
    """[count, 784] in [0, 1] from a gzip or raw IDX file, or random ones."""
    if not folder:
        return torch.rand(count, 784)
    import numpy

    packed = pathlib.Path(folder, name + ".gz")
    content = gzip.decompress(packed.read_bytes()) if packed.exists() else pathlib.Path(folder, name).read_bytes()
    pixels = numpy.frombuffer(content, numpy.uint8, offset=16).reshape(-1, 784)
    return torch.from_numpy(pixels.astype(numpy.float32) / 255)


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(784, 400)
        self.mu, self.logvar = nn.Linear(400, 20), nn.Linear(400, 20)
        self.decoder, self.logits = nn.Linear(20, 400), nn.Linear(400, 784)

    def loss(self, x):
        """Cross-entropy + KL divergence, summed over pixels and the batch."""
        h = functional.relu(self.encoder(x))
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        pixels = torch.sigmoid(self.logits(functional.relu(self.decoder(z))))
        reconstruction = functional.binary_cross_entropy(pixels, x, reduction="sum")
        return reconstruction - 0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    add_device_options(parser, ("fp32", "tf32"))  # PyTorch refuses this loss in bf16
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    use_precision(options)

    train = images(options.folder, "train-images-idx3-ubyte", 60000).to(options.device)
    test = images(options.folder, "t10k-images-idx3-ubyte", 10000).to(options.device)
    vae = Vae().to(options.device)
    adam = torch.optim.Adam(vae.parameters(), 1e-3, capturable=options.graph)

    def step(x):
        adam.zero_grad()
        loss = vae.loss(x)
        loss.backward()
        adam.step()

    # A captured step works on the memory that it was captured with; the last, shorter batch is left to the plain one.
    batch = train[:BATCH].clone()
    captured = prepare(lambda: step(batch), options) if options.graph else None
    if options.compile:
        step = torch.compile(step)
    step(train[:BATCH])
    for epoch in range(1, options.epochs + 1):
        synchronise(options)
        start = time.perf_counter()
        order = torch.randperm(len(train), device=options.device)
        for first in range(0, len(train), BATCH):
            indices = order[first : first + BATCH]
            if captured and len(indices) == BATCH:
                torch.index_select(train, 0, indices, out=batch)
                captured()
            else:
                step(train[indices])
        synchronise(options)
        speed = len(train) / (time.perf_counter() - start)
        with torch.no_grad():
            loss = sum(vae.loss(test[i : i + 500]).item() for i in range(0, len(test), 500)) / len(test)
        print(f"epoch {epoch}  {speed:.0f} images/s  test loss {loss:.2f}", flush=True)


if __name__ == "__main__":
    main()
