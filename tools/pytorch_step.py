"""What the PyTorch twins of sinter's programs share: device, precision, and how a step is run."""

import contextlib
import sys

try:
    import torch
except ImportError as error:
    sys.exit(f"{sys.argv[0]} needs PyTorch ({error}): pip install torch numpy")


def add_device_options(parser, precisions=("fp32", "tf32", "bf16")):
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--precision", choices=precisions, default="fp32", help="of products")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--graph", action="store_true", help="replay the step from a CUDA graph")


def use_precision(options):
    """Sets what products are rounded to, and returns the context in which to compute a loss."""
    torch.set_float32_matmul_precision("high" if options.precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = options.precision == "tf32"
    if options.precision != "bf16":
        return contextlib.nullcontext
    return lambda: torch.autocast(torch.device(options.device).type, torch.bfloat16)


def synchronise(options):
    if torch.device(options.device).type == "cuda":
        torch.cuda.synchronize()


def prepare(step, options):
    """The step, warmed up: as it is, compiled, or captured as a CUDA graph."""
    if options.compile:
        step = torch.compile(step)
    if not options.graph:
        for _ in range(3):
            step()
        return step
    side = torch.cuda.Stream()  # a capture wants its warm-up on another stream
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay
