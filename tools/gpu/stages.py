"""What the stages of the check run."""

import dataclasses
import pathlib
import shutil

from .steps import Step

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
    "dcgan64_256_bf16": (["dcgan", "--size", 64, "--channels", 3, "--batch-size", 256, "--epochs", 2, "--precision", "bf16"],
                         ["pytorch_dcgan.py", 64, 256, "--steps", 50, "--precision", "bf16"]),
}  # fmt: skip
# How PyTorch runs the same step.
MODES = {"eager": [], "compiled": ["--compile"], "graph": ["--graph"]}
# Runs whose steps are profiled.
PROFILES = {
    "vae_tf32": ["mnist_vae", "--epochs", 1, "--batch-size", 128, "--precision", "tf32"],
    "dcgan28_tf32": ["dcgan", "--epochs", 1, "--size", 28, "--batch-size", 128, "--ema", 0, "--precision", "tf32"],
}
CHANNELS_LAST = ["--channels-last"]  # of the DCGANs: what cuDNN is fastest with
# Marks that the step is held to: (how its name begins, PyTorch's mode, times as fast).
MARKS = (("vae_", "eager", 8.0), ("vae_", "graph", 1.5), ("dcgan64_", "compiled", 1.0))

# Programs that --prepare packs. programs_test stays behind: paths of the machine that built it are compiled in.
BINARIES = ("kernels_test", "core_test", "models_test", "vendor_test", "mnist_vae", "dcgan", "kernel_bench")

# What the sanitizers run in kernels_test. Of matrix products and convolutions not the sweeps over shapes, thousands of
# calls that the plan gives nearly all to the small tile in float32, but the tests that run every instantiation.
PRODUCTS = "*EveryTile*:*ThinConvolution*"
SHARED_MEMORY = ":".join(
    f"Kernels_CUDA.{kernel}"
    for kernel in ("batch_norm_*", "layer_norm_*", "sum_*", "bias_activation_backward", "*_cross_entropy", "squared_error",
                   "reparameterise_kl_forward", "dot_products", "linear_parameter_gradients", "transpose", "random_permutation",
                   "augment")
)  # fmt: skip
# First what could make every other number worthless.
TILES = {"memcheck_tiles": PRODUCTS, "racecheck_tiles": PRODUCTS}
SANITIZED = {
    "memcheck": "Kernels_CUDA.*-Kernels_CUDA.gemm:Kernels_CUDA.conv_*",
    "racecheck": SHARED_MEMORY,  # this one and the next look at what threads share
    "synccheck": f"{PRODUCTS}:{SHARED_MEMORY}",
    "initcheck": f"{PRODUCTS}:{SHARED_MEMORY}:Kernels_CUDA.adam",
}
SANITIZER_OPTIONS = {"memcheck": ["--track-stream-ordered-races", "all"]}

# What docs/kernels.md asks the counters for, each on a case of kernel_bench that answers it.
LARGE_PRODUCT, THIN_GRADIENT = "m=2048 n=2048 k=2048", "conv_weight_gradient/.*DCGAN 28 up3"
STALLS = ("smsp__issue_active.avg.pct_of_peak_sustained_active,"
          "smsp__average_warps_issue_stalled_long_scoreboard_per_issue_active.ratio,"
          "smsp__average_warps_issue_stalled_barrier_per_issue_active.ratio,"
          "smsp__average_warps_issue_stalled_wait_per_issue_active.ratio")  # fmt: skip
BANKS = ",".join(f"l1tex__data_bank_conflicts_pipe_lsu_mem_shared_op_{access}.sum" for access in ("ld", "ldgsts", "st"))
COUNTERS = {
    "l2": ("tf32", LARGE_PRODUCT, "lts__t_bytes.sum.per_second,sm__cycles_elapsed.avg"),
    "tensor": ("tf32", LARGE_PRODUCT, "sm__inst_executed_pipe_tensor.sum,sm__inst_executed_pipe_alu.sum,"
               "sm__pipe_tensor_op_hmma_cycles_active.avg.pct_of_peak_sustained_active,sm__cycles_active.sum"),
    "banks_huge": ("tf32", LARGE_PRODUCT, BANKS),
    "banks_small": ("tf32", "400-40 forward", BANKS),
    "stalls_small": ("fp32", "784-400 forward", STALLS),
    "stalls_thin": ("fp32", THIN_GRADIENT, STALLS),
}  # fmt: skip


@dataclasses.dataclass
class Machine:
    """What the check has found, and where it works."""

    root: pathlib.Path  # the repository
    work: pathlib.Path  # outcomes, runs
    build: pathlib.Path
    emulated_build: pathlib.Path
    emulate: bool = False  # everything on the emulated device: a rehearsal
    emulated_hashes: pathlib.Path = None  # what the emulated device computes, if that is known already
    is_built: bool = False  # `build` holds programs that were brought along and work here
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
        why = "was not brought along; without --prepared it is built here" if self.is_built else "has not been built (--stage build)"
        return self.build / path, f"{path} {why}"


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
    if machine.is_built:
        return []
    cuda = "EMULATE" if machine.emulate else "ON"
    options = [f"-DSINTER_CUDA={cuda}", "-DSINTER_BUILD_APPS=ON"]
    if machine.architecture and not machine.emulate:  # a dry run may know of no GPU
        options += [f"-DCMAKE_CUDA_ARCHITECTURES={machine.architecture}"]
    needs = compilers(machine) + ([] if machine.emulate else [machine.tool("nvcc")])
    steps = [
        Step("configure", "build", configure(machine, machine.build, options), 120, needs),
        Step("compile", "build", compile_command(machine, machine.build), 300, needs),
    ]
    if machine.emulated_build == machine.build or machine.emulated_hashes:
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


def binaries_steps(machine, architecture):
    """Programs for a GPU of that compute capability, built where there is none."""
    options = ["-DSINTER_CUDA=ON", "-DSINTER_BUILD_APPS=ON", f"-DCMAKE_CUDA_ARCHITECTURES={architecture}"]
    needs = [*compilers(machine), machine.tool("nvcc")]
    return [
        Step("configure_binaries", "build", configure(machine, machine.build, options), 120, needs),
        Step("compile_binaries", "build", compile_command(machine, machine.build, "--target", *BINARIES), 3600, needs),
    ]


def test_step(machine, name, stage, arguments):
    program, limit = f"tests/{name}_test", 560 if machine.all_tests else 90
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
    device = Step("hashes_device", "compare", [machine.build / "tests/kernels_test", "--hashes"], 60,
                  [machine.built("tests/kernels_test")])  # fmt: skip
    return [device] if machine.emulated_hashes else [device, emulated_hashes_step(machine)]


def prepare_steps(machine, architecture):
    """All that --prepare takes, the hashes last."""
    return [*binaries_steps(machine, architecture), *emulated_build_steps(machine), emulated_hashes_step(machine)]


def sanitizer_steps(machine, stage, filters, limit):
    test = machine.build / "tests/kernels_test"
    steps = []
    for name, filter_ in filters.items():
        tool = name.removesuffix("_tiles")
        command = ["compute-sanitizer", "--tool", tool, *SANITIZER_OPTIONS.get(tool, []), "--error-exitcode", 9, test,
                   f"--gtest_filter={filter_}"]  # fmt: skip
        needs = [machine.tool("compute-sanitizer"), machine.built("tests/kernels_test")]
        steps.append(Step(name, stage, command, limit, needs, is_test=True, is_sanitizer=True))
    return steps


def sanitize_steps(machine):
    return sanitizer_steps(machine, "sanitize", TILES, 60)


def more_sanitize_steps(machine):
    return sanitizer_steps(machine, "sanitize_more", SANITIZED, 240)


# What kernel_bench times: first what a step of training waits for, and what has the vendor's libraries beside it.
PRODUCT_CASES = "^(gemm|conv)/"
BENCHES = {
    "tf32": ("tf32", "^(gemm|conv|batch_norm|optimizer)/"),
    "fp32": ("fp32", PRODUCT_CASES),
    "bf16": ("bf16", PRODUCT_CASES),
    "others": ("fp32", "^(activation|augment|dot_products|elementwise|embedding|gather|layer_norm|likelihood|loss|pool|"
                       "random|reduce|vae)/"),  # fmt: skip
}


def bench_step(machine, stage, name):
    precision, cases = BENCHES[name]
    filter_ = ["400-40 forward|add/n=51200", "--min-time", 0] if machine.emulate else [cases]
    results = machine.work / f"bench_{name}.json"
    command = [machine.build / "apps/kernel_bench", "--device", "cuda", "--precision", precision,
               "--json", results, "--time-limit", 90, "--filter", *filter_]  # fmt: skip
    return Step(f"bench_{name}", stage, command, 120, [machine.built("apps/kernel_bench")], results=[results])


def bench_steps(machine):
    return [bench_step(machine, "bench", "tf32")]


def more_bench_steps(machine):
    return [bench_step(machine, "bench_more", name) for name in BENCHES if name != "tf32"]


def profile_steps(machine):
    """Some replayed steps, layer by layer. A rehearsal takes one step of a small batch, which is not recorded yet."""
    steps = []
    for name, (program, *arguments) in PROFILES.items():
        arguments += ["--profile-steps", "0:1" if machine.emulate else "100:120"]
        step = training_step(machine, f"profile_{name}", "profile", program, arguments, 40)
        step.results.append(machine.work / f"trace_{name}.json")
        step.command += ["--trace", step.results[-1]]
        steps.append(step)
    return steps


def counter_steps(machine):
    """Nsight Compute on one call of a kernel, with the clocks and the caches as training has them."""
    steps = []
    for name, (precision, case, metrics) in COUNTERS.items():
        command = ["ncu", "--clock-control", "none", "--cache-control", "none", "--profile-from-start", "off",
                   "--metrics", metrics, machine.build / "apps/kernel_bench", "--device", "cuda", "--profile",
                   "--precision", precision, "--filter", case]  # fmt: skip
        needs = [machine.tool("ncu"), machine.built("apps/kernel_bench")]
        steps.append(Step(f"counters_{name}", "counters", command, 30, needs))
    return steps


def sweep_steps(machine):
    """Products with every tile and every split: how good the plan's choices are. A rehearsal takes one product."""
    sweeps = {"gemm_tf32": ("tf32", "^gemm/", 5), "conv_tf32": ("tf32", "^conv/", 5), "gemm_fp32": ("fp32", "^gemm/", 5)}
    if machine.emulate:
        sweeps = {"gemm_tf32": ("tf32", "400-40 forward", 0)}
    return [
        Step(f"sweep_{name}", "sweep",
             [machine.build / "apps/kernel_bench", "--device", "cuda", "--sweep-plans", "--precision", precision,
              "--min-time", milliseconds, "--time-limit", 40, "--filter", cases],
             60, [machine.built("apps/kernel_bench")])
        for name, (precision, cases, milliseconds) in sweeps.items()
    ]  # fmt: skip


def runs_folder(machine, name):
    return machine.work / "runs" / name


def training_step(machine, name, stage, program, arguments, limit):
    """A run on the embedded digits. A rehearsal takes one step of a small batch."""
    arguments = list(arguments)
    if machine.emulate:
        arguments[arguments.index("--batch-size") + 1] = 4
        arguments += ["--dry-run"]
    else:
        arguments += ["--quiet", "--sample-every", 0, "--save-every", 0, "--out", runs_folder(machine, name)]
    command = [machine.build / "apps" / program, *arguments, "--device", "cuda", "--data", "digits", "--seed", 1]
    metrics = [] if machine.emulate else [runs_folder(machine, name) / "metrics.jsonl"]
    return Step(name, stage, command, limit, [machine.built(f"apps/{program}")], fresh=runs_folder(machine, name),
                results=metrics)  # fmt: skip


def speed_steps(machine):
    return [
        training_step(machine, f"sinter_{name}", "speed", program, arguments, 30)
        for name, ((program, *arguments), _) in SPEEDS.items()
    ]


def pytorch_steps(machine, stage, is_marked):
    """PyTorch's steps with a mark, or the others. A rehearsal takes few on the CPU, where no graph can be captured."""
    steps = []
    for name, (_, twin) in SPEEDS.items():
        script, *arguments = twin
        layout = CHANNELS_LAST if script == "pytorch_dcgan.py" else []
        for mode, options in MODES.items():
            held = any(name.startswith(part) and mode == held_to for part, held_to, _ in MARKS)
            if held != is_marked or (machine.emulate and mode != "eager"):
                continue
            command = [machine.python, machine.root / "tools" / script, *arguments, *options]
            if machine.emulate:
                command += ["--steps", 1] if layout else ["--epochs", 1]
            else:
                command += ["--device", "cuda"]
            command += layout if mode != "eager" else []
            needs = [machine.tool(machine.python)]
            limit = 120 if mode == "compiled" else 60  # the compiler starts with an empty cache
            steps.append(Step(f"pytorch_{name}_{mode}", stage, command, limit, needs))
    return steps


def peer_steps(machine):
    return pytorch_steps(machine, "peers", True)


def more_peer_steps(machine):
    return pytorch_steps(machine, "peers_more", False)


# In the order of what a check that is cut short should have done. Counters take seconds and PyTorch's compiler minutes.
STAGES = {
    "build": build_steps,
    "test": test_steps,
    "sanitize": sanitize_steps,
    "compare": compare_steps,
    "speed": speed_steps,
    "profile": profile_steps,
    "bench": bench_steps,
    "sweep": sweep_steps,
    "counters": counter_steps,
    "peers": peer_steps,
    "sanitize_more": more_sanitize_steps,
    "bench_more": more_bench_steps,
    "peers_more": more_peer_steps,
    "vendor": vendor_steps,
}


def steps_of(stage, machine):
    return STAGES[stage](machine)
