"""What the stages of the check run: build, test, compare, sanitize, bench, speed, peers."""

import dataclasses
import pathlib
import shutil

from .steps import Step

STAGES = ("build", "test", "compare", "sanitize", "bench", "speed", "peers")
PRECISIONS = ("fp32", "tf32", "bf16")

# Training steps that are timed beside PyTorch's: the name in the report, our program's arguments, the twin's.
SPEEDS = {
    "vae_128_fp32": (["mnist_vae", "--batch-size", 128, "--epochs", 40, "--precision", "fp32"],
                     ["pytorch_vae.py", "--epochs", 4, "--precision", "fp32"]),
    "vae_128_tf32": (["mnist_vae", "--batch-size", 128, "--epochs", 40, "--precision", "tf32"],
                     ["pytorch_vae.py", "--epochs", 4, "--precision", "tf32"]),
    "dcgan28_128_tf32": (["dcgan", "--size", 28, "--batch-size", 128, "--ema", 0, "--epochs", 2, "--precision", "tf32"],
                         ["pytorch_dcgan.py", 28, 128, "--steps", 50, "--precision", "tf32"]),
    "dcgan64_64_tf32": (["dcgan", "--size", 64, "--channels", 3, "--batch-size", 64, "--epochs", 1, "--precision", "tf32"],
                        ["pytorch_dcgan.py", 64, 64, "--steps", 50, "--precision", "tf32"]),
    "dcgan64_256_tf32": (["dcgan", "--size", 64, "--channels", 3, "--batch-size", 256, "--epochs", 1, "--precision", "tf32"],
                         ["pytorch_dcgan.py", 64, 256, "--steps", 50, "--precision", "tf32"]),
}  # fmt: skip
# How PyTorch runs the same step.
MODES = {"eager": [], "compiled": ["--compile"], "graph": ["--graph"]}
CHANNELS_LAST = ["--channels-last"]  # of the DCGANs: what cuDNN is fastest with


@dataclasses.dataclass
class Machine:
    """What the check has found, and where it works."""

    root: pathlib.Path  # the repository
    work: pathlib.Path  # outcomes, runs
    build: pathlib.Path
    emulated_build: pathlib.Path
    emulate: bool = False  # everything on the emulated device: a rehearsal
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


def build_steps(machine):
    cuda = "EMULATE" if machine.emulate else "ON"
    options = [f"-DSINTER_CUDA={cuda}"]
    if not machine.emulate:
        options += [f"-DCMAKE_CUDA_ARCHITECTURES={machine.architecture}"]
    needs = [machine.tool(name) for name in ("cmake", "g++")] + ([] if machine.emulate else [machine.tool("nvcc")])
    compile_all = ["--parallel", machine.jobs]
    steps = [
        Step("configure", "build", configure(machine, machine.build, options), 120, needs),
        Step("compile", "build", ["cmake", "--build", machine.build, *compile_all], 580, needs),
    ]
    if machine.emulated_build == machine.build:
        return steps
    options = ["-DSINTER_CUDA=EMULATE", "-DSINTER_BUILD_APPS=OFF"]
    return steps + [
        Step("configure_emulated", "build", configure(machine, machine.emulated_build, options), 120, needs),
        Step("compile_emulated", "build",
             ["cmake", "--build", machine.emulated_build, "--target", "kernels_test", *compile_all], 580, needs),
    ]  # fmt: skip


def test_steps(machine):
    """The kernels first: where they fail, nothing above them means much."""
    programs = {
        "kernels": ["--gtest_filter=*CUDA*"],
        "vendor": [],
        "core": [],
        "models": [],
        "programs": [],
    }
    return [
        Step(f"test_{name}", "test", [machine.build / f"tests/{name}_test", "--gtest_brief=1", *arguments], 560,
             [machine.built(f"tests/{name}_test")])
        for name, arguments in programs.items()
    ]  # fmt: skip


def compare_steps(machine):
    """What both devices compute. A rehearsal compares the emulated one with itself in another order of threads."""
    other = {"SINTER_EMU_SCHEDULE": "reversed"}
    return [
        Step("hashes_device", "compare", [machine.build / "tests/kernels_test", "--hashes"], 300,
             [machine.built("tests/kernels_test")]),
        Step("hashes_emulated", "compare", [machine.emulated_build / "tests/kernels_test", "--hashes"], 500,
             [(machine.emulated_build / "tests/kernels_test", "the emulated kernels have not been built")], other),
    ]  # fmt: skip


def sanitize_steps(machine):
    """The other tools take longer than memcheck, and see all that they look for in a few kernels."""
    kernels = {
        "memcheck": "Kernels_CUDA.*",
        "racecheck": "Kernels_CUDA.gemm:Kernels_CUDA.conv_*:Kernels_CUDA.batch_norm_*:Kernels_CUDA.sum_*",
        "synccheck": "Kernels_CUDA.gemm:Kernels_CUDA.batch_norm_*:Kernels_CUDA.sum_*",
        "initcheck": "Kernels_CUDA.conv_*:Kernels_CUDA.batch_norm_*:Kernels_CUDA.adam",
    }
    test = machine.build / "tests/kernels_test"
    return [
        Step(tool, "sanitize",
             ["compute-sanitizer", "--tool", tool, "--error-exitcode", 9, test, "--gtest_brief=1", f"--gtest_filter={filter_}"],
             400, [machine.tool("compute-sanitizer"), machine.built("tests/kernels_test")])
        for tool, filter_ in kernels.items()
    ]  # fmt: skip


def bench_steps(machine):
    """The precision matters to products alone, so the other kernels are timed once."""
    few = {precision: ["--filter", "^(gemm|conv)/"] for precision in ("tf32", "bf16")}
    if machine.emulate:
        few = {precision: ["--filter", "400-40 forward|add/n=51200", "--min-time", 0] for precision in PRECISIONS}
    return [
        Step(f"bench_{precision}", "bench",
             [machine.build / "apps/kernel_bench", "--device", "cuda", "--precision", precision,
              "--json", machine.work / f"bench_{precision}.json", *few.get(precision, [])],
             300, [machine.built("apps/kernel_bench")])
        for precision in PRECISIONS
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
        steps.append(Step(f"sinter_{name}", "speed", command, 240, [machine.built(f"apps/{program}")],
                          fresh=runs_folder(machine, name)))  # fmt: skip
    return steps


def peer_steps(machine):
    """PyTorch's. A rehearsal takes few steps on the CPU, where a graph cannot be captured."""
    steps = []
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
            steps.append(Step(f"pytorch_{name}_{mode}", "peers", command, 200, needs))
    return steps


def steps_of(stage, machine):
    makers = {
        "build": build_steps,
        "test": test_steps,
        "compare": compare_steps,
        "sanitize": sanitize_steps,
        "bench": bench_steps,
        "speed": speed_steps,
        "peers": peer_steps,
    }
    return makers[stage](machine)
