"""What the stages of the check run."""

import dataclasses
import pathlib
import shutil

from .steps import Step

PRECISIONS = ("fp32", "tf32", "bf16")

# Training steps that are timed beside PyTorch's: the name in the report, our program's arguments, the twin's. The last
# epoch counts: the first one also loads kernels and captures the step's graph, and PyTorch's steps are warm.
SPEEDS = {
    "vae_128_fp32": (["mnist_vae", "--batch-size", 128, "--epochs", 40, "--precision", "fp32"],
                     ["pytorch_vae.py", "--epochs", 4, "--precision", "fp32"]),
    "vae_128_tf32": (["mnist_vae", "--batch-size", 128, "--epochs", 40, "--precision", "tf32"],
                     ["pytorch_vae.py", "--epochs", 4, "--precision", "tf32"]),
    "dcgan28_128_tf32": (["dcgan", "--size", 28, "--batch-size", 128, "--ema", 0, "--epochs", 2, "--precision", "tf32"],
                         ["pytorch_dcgan.py", 28, 128, "--steps", 50, "--precision", "tf32"]),
    "dcgan64_64_tf32": (["dcgan", "--size", 64, "--channels", 3, "--batch-size", 64, "--epochs", 2, "--precision", "tf32"],
                        ["pytorch_dcgan.py", 64, 64, "--steps", 50, "--precision", "tf32"]),
    "dcgan64_256_tf32": (["dcgan", "--size", 64, "--channels", 3, "--batch-size", 256, "--epochs", 2, "--precision", "tf32"],
                         ["pytorch_dcgan.py", 64, 256, "--steps", 50, "--precision", "tf32"]),
}  # fmt: skip
# How PyTorch runs the same step.
MODES = {"eager": [], "compiled": ["--compile"], "graph": ["--graph"]}
CHANNELS_LAST = ["--channels-last"]  # of the DCGANs: what cuDNN is fastest with
# Marks that the step is held to: (how its name begins, PyTorch's mode, times as fast).
MARKS = (("vae_", "eager", 8.0), ("vae_", "graph", 1.5), ("dcgan64_", "compiled", 1.0))

# What the sanitizers run in kernels_test. Of matrix products and convolutions not the sweeps over shapes, thousands of
# calls that the plan gives nearly all to the small tile in float32, but the tests that run every instantiation.
PRODUCTS = "*EveryTile*:*ThinConvolution*"
SUMS = ":".join(
    f"Kernels_CUDA.{kernel}"
    for kernel in ("batch_norm_*", "layer_norm_*", "sum_*", "bias_activation_backward", "*_cross_entropy", "squared_error",
                   "reparameterise_kl_forward", "linear_parameter_gradients")
)  # fmt: skip
SANITIZED = {
    "memcheck": f"{PRODUCTS}:Kernels_CUDA.*-Kernels_CUDA.gemm:Kernels_CUDA.conv_*",
    # These two look at what threads share: tiles, and the kernels that sum by a block.
    "racecheck": f"{PRODUCTS}:{SUMS}:Kernels_CUDA.transpose",
    "synccheck": f"{PRODUCTS}:{SUMS}:Kernels_CUDA.transpose",
    "initcheck": f"{PRODUCTS}:{SUMS}:Kernels_CUDA.adam",
}


@dataclasses.dataclass
class Machine:
    """What the check has found, and where it works."""

    root: pathlib.Path  # the repository
    work: pathlib.Path  # outcomes, runs
    build: pathlib.Path
    emulated_build: pathlib.Path
    emulate: bool = False  # everything on the emulated device: a rehearsal
    emulator_hashes: pathlib.Path = None  # what the emulated device computes, if that is known already
    all_tests: bool = False  # also those that use no GPU
    architecture: str = ""  # of the GPU, "90"
    jobs: int = 1
    vendored: pathlib.Path = None  # an unpacked archive of tools/vendor_sources
    python: str = "python3"

    def tool(self, name):
        """A need of a step: a program of the system."""
        return shutil.which(name) or name, f"{name} was not found on this machine"

    def built(self, path):
        """A need of a step: what the stage build makes."""
        return self.build / path, f"{path} has not been built (--stage build)"


def configure(machine, build, options):
    command = ["cmake"]
    if machine.vendored:
        command += ["-C", machine.vendored / "vendored.cmake"]
    command += ["-S", machine.root, "-B", build, "-DCMAKE_BUILD_TYPE=Release", *options]
    return command + (["-G", "Ninja"] if shutil.which("ninja") else [])


def compile_command(machine, build, *options):
    # What is broken keeps nothing from being built that does not need it.
    go_on = ["-k", "0"] if shutil.which("ninja") else ["-k"]
    return ["cmake", "--build", build, *options, "--parallel", machine.jobs, "--", *go_on]


def compilers(machine):
    return [machine.tool(name) for name in ("cmake", "g++")]


def build_steps(machine):
    cuda = "EMULATE" if machine.emulate else "ON"
    options = [f"-DSINTER_CUDA={cuda}", "-DSINTER_BUILD_APPS=ON"]
    if not machine.emulate:
        options += [f"-DCMAKE_CUDA_ARCHITECTURES={machine.architecture}"]
    needs = compilers(machine) + ([] if machine.emulate else [machine.tool("nvcc")])
    steps = [
        Step("configure", "build", configure(machine, machine.build, options), 120, needs),
        Step("compile", "build", compile_command(machine, machine.build), 580, needs),
    ]
    if machine.emulated_build == machine.build or machine.emulator_hashes:
        return steps
    return steps + emulated_build_steps(machine)


def emulated_build_steps(machine):
    options = ["-DSINTER_CUDA=EMULATE", "-DSINTER_BUILD_APPS=OFF"]
    needs = compilers(machine)
    return [
        Step("configure_emulated", "build", configure(machine, machine.emulated_build, options), 120, needs),
        Step("compile_emulated", "build",
             compile_command(machine, machine.emulated_build, "--target", "kernels_test"), 580, needs),
    ]  # fmt: skip


def test_step(machine, name, stage, arguments):
    program, limit = f"tests/{name}_test", 560 if machine.all_tests else 240
    return Step(f"test_{name}", stage, [machine.build / program, *arguments], limit, [machine.built(program)], is_test=True)


def test_steps(machine):
    """The kernels first: where they fail, nothing above them means much."""
    cuda = ["--gtest_filter=*CUDA*"]
    chosen = [] if machine.all_tests else cuda
    return [test_step(machine, "kernels", "test", cuda)] + [
        test_step(machine, name, "test", chosen) for name in ("core", "models", "programs")
    ]


def vendor_steps(machine):
    return [test_step(machine, "vendor", "vendor", [])]


def emulated_hashes_step(machine):
    """A rehearsal compares the emulated device with itself, so it takes another order of threads here."""
    return Step("hashes_emulated", "compare", [machine.emulated_build / "tests/kernels_test", "--hashes"], 500,
                [(machine.emulated_build / "tests/kernels_test", "the emulated kernels have not been built")],
                {"SINTER_EMU_SCHEDULE": "reversed"})  # fmt: skip


def compare_steps(machine):
    """What both devices compute."""
    device = Step("hashes_device", "compare", [machine.build / "tests/kernels_test", "--hashes"], 180,
                  [machine.built("tests/kernels_test")])  # fmt: skip
    return [device] if machine.emulator_hashes else [device, emulated_hashes_step(machine)]


def emulator_steps(machine):
    """All that --write-emulator-hashes takes."""
    return [*emulated_build_steps(machine), emulated_hashes_step(machine)]


def sanitize_steps(machine):
    test = machine.build / "tests/kernels_test"
    return [
        Step(tool, "sanitize",
             ["compute-sanitizer", "--tool", tool, "--error-exitcode", 9, test, f"--gtest_filter={filter_}"],
             240, [machine.tool("compute-sanitizer"), machine.built("tests/kernels_test")], is_test=True)
        for tool, filter_ in SANITIZED.items()
    ]  # fmt: skip


def bench_steps(machine):
    """The precision matters to products alone, so the other kernels are timed once."""
    few = {precision: ["--filter", "^(gemm|conv)/"] for precision in ("tf32", "bf16")}
    if machine.emulate:
        few = {precision: ["--filter", "400-40 forward|add/n=51200", "--min-time", 0] for precision in PRECISIONS}
    return [
        Step(f"bench_{precision}", "bench",
             [machine.build / "apps/kernel_bench", "--device", "cuda", "--precision", precision,
              "--json", machine.work / f"bench_{precision}.json", "--time-limit", 180, *few.get(precision, [])],
             220, [machine.built("apps/kernel_bench")])
        for precision in PRECISIONS
    ]  # fmt: skip


def sweep_steps(machine):
    """Products with every tile and every split: how good the plan's choices are. A rehearsal takes one product."""
    filters = {"gemm": ["gemm"], "conv": ["conv"]}
    if machine.emulate:
        filters = {"gemm": ["400-40 forward", "--min-time", 0]}
    return [
        Step(f"sweep_{name}", "sweep",
             [machine.build / "apps/kernel_bench", "--device", "cuda", "--sweep-plans", "--time-limit", 180, "--filter", *words],
             220, [machine.built("apps/kernel_bench")])
        for name, words in filters.items()
    ]  # fmt: skip


def runs_folder(machine, name):
    return machine.work / "runs" / name


def speed_steps(machine):
    """Our training steps on the embedded digits. A rehearsal takes one step of a small batch."""
    steps = []
    for name, (ours, _) in SPEEDS.items():
        program, *arguments = ours
        if machine.emulate:
            arguments[arguments.index("--batch-size") + 1] = 4
            arguments += ["--dry-run"]
        else:
            arguments += ["--quiet", "--sample-every", 0, "--save-every", 0, "--out", runs_folder(machine, name)]
        command = [machine.build / "apps" / program, *arguments, "--device", "cuda", "--data", "digits", "--seed", 1]
        steps.append(Step(f"sinter_{name}", "speed", command, 120, [machine.built(f"apps/{program}")],
                          fresh=runs_folder(machine, name)))  # fmt: skip
    return steps


def peer_steps(machine):
    """PyTorch's, those with a mark first. A rehearsal takes few steps on the CPU, where a graph cannot be captured."""
    marked, others = [], []
    for name, (_, twin) in SPEEDS.items():
        script, *arguments = twin
        layout = CHANNELS_LAST if script == "pytorch_dcgan.py" else []
        for mode, options in MODES.items():
            if machine.emulate and mode != "eager":
                continue
            command = [machine.python, machine.root / "tools" / script, *arguments, *options]
            if machine.emulate:
                command += ["--steps", 1] if layout else ["--epochs", 1]
            else:
                command += ["--device", "cuda"]
            command += layout if mode != "eager" else []
            needs = [machine.tool(machine.python)]
            is_marked = any(name.startswith(part) and mode == held_to for part, held_to, _ in MARKS)
            (marked if is_marked else others).append(Step(f"pytorch_{name}_{mode}", "peers", command, 200, needs))
    return marked + others


# In the order of what a check that is cut short should have done.
STAGES = {
    "build": build_steps,
    "test": test_steps,
    "compare": compare_steps,
    "speed": speed_steps,
    "peers": peer_steps,
    "bench": bench_steps,
    "sweep": sweep_steps,
    "sanitize": sanitize_steps,
    "vendor": vendor_steps,
}


def steps_of(stage, machine):
    return STAGES[stage](machine)
