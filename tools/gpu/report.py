"""The check's report, in Markdown."""

import re

from . import findings, stages, steps

# Marks that the step is held to: (part of its name, PyTorch's mode, times as fast).
MARKS = (("vae_", "eager", 8.0), ("vae_", "graph", 1.5), ("dcgan64_", "compiled", 1.0))
MODE_NAMES = {"eager": "eager", "compiled": "compiled", "graph": "CUDA graph"}


def table(head, rows):
    """Nothing for no rows."""
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def outcome_section(outcomes):
    rows = [[o.stage, o.name, o.outcome, f"{o.seconds:.0f}", o.note[:300]] for o in outcomes]
    return "## Outcome\n\n" + table(["stage", "step", "outcome", "seconds", "note"], rows)


def test_section(notebook, outcomes):
    rows = []
    for outcome in outcomes:
        if outcome.stage not in ("test", "sanitize"):
            continue
        counts = findings.test_counts(notebook.output(outcome.name))
        if counts:
            passed, failed, names = counts
            rows.append([outcome.name, passed, failed, ", ".join(names[:20])])
    return "## Tests\n\n" + table(["step", "passed", "failed", "which"], rows) if rows else ""


def compare_section(notebook):
    device, emulated = (findings.hashes(notebook.output(f"hashes_{name}")) for name in ("device", "emulated"))
    if not device or not emulated:
        return ""
    result = findings.compare_hashes(device, emulated)
    text = (
        "## Device and emulator, bit for bit\n\n"
        f"Of {result['cases']} kernel cases in fp32, {result['equal']} have the same bits on both. "
        f"{len(result['inexact'])} differ that use exponentials, logarithms or sines, of which each has its own last "
        f"bits; {len(result['broken'])} differ that should not.\n"
    )
    return text + "".join(f"\n- {case}" for case in result["broken"][:30]) + ("\n" if result["broken"] else "")


def milliseconds(images_per_second, batch):
    return f"{1e3 * batch / images_per_second:.3f}" if images_per_second else "-"


def speeds_of(name, notebook, machine):
    """{"sinter" or a mode of PyTorch: images a second}, of what was measured."""
    metrics = stages.runs_folder(machine, name) / "metrics.jsonl"
    found = {"sinter": findings.sinter_speed(metrics.read_text()) if metrics.exists() else None}
    for mode in stages.MODES:
        outcome = notebook.read(f"pytorch_{name}_{mode}")
        output = notebook.output(f"pytorch_{name}_{mode}")
        found[mode] = findings.pytorch_speed(output) if outcome and outcome.ok else None
    return {who: speed for who, speed in found.items() if speed}


def marks_of(name, speeds):
    """Sentences on the marks that can be judged."""
    judged = []
    for part, mode, times in MARKS:
        if name.startswith(part) and mode in speeds and "sinter" in speeds:
            ratio = speeds["sinter"] / speeds[mode]
            verdict = "reached" if ratio >= times else "missed"
            judged.append(f"{ratio:.2f}x {MODE_NAMES[mode]} (mark {times:g}x: {verdict})")
    return "; ".join(judged)


def speed_section(notebook, machine):
    rows = []
    for name in stages.SPEEDS:
        speeds = speeds_of(name, notebook, machine)
        if not speeds:
            continue
        batch = int(name.split("_")[1])
        cells = [milliseconds(speeds.get(who), batch) for who in ("sinter", *stages.MODES)]
        rows.append([name.replace("_", " "), *cells, marks_of(name, speeds)])
    if not rows:
        return ""
    head = ["model, batch, precision", "sinter"] + [f"PyTorch {MODE_NAMES[mode]}" for mode in stages.MODES] + ["marks"]
    return "## Training steps\n\nMilliseconds a step; a DCGAN of PyTorch is channels-last where it is compiled or a graph.\n\n" + table(
        head, rows
    )


def bench_section(notebook):
    text = ""
    for precision in stages.PRECISIONS:
        output = notebook.output(f"bench_{precision}")
        if re.search(r"^device ", output, re.MULTILINE):
            text += f"\n### {precision}\n\n```\n{output.rstrip()}\n```\n"
    return "## kernel_bench\n" + text if text else ""


def write(machine, notebook, facts):
    """The whole report. `facts` are lines on the machine: (what, value)."""
    outcomes = [
        outcome
        for stage in stages.STAGES
        for step in stages.steps_of(stage, machine)
        if (outcome := notebook.read(step.name))
    ]
    passed = sum(outcome.ok for outcome in outcomes)
    rehearsal = (
        "A rehearsal on the emulated device: what it says of time means nothing.\n\n" if machine.emulate else ""
    )
    sections = [
        f"# GPU check: {dict(facts).get('GPU', 'no GPU')}\n\n{rehearsal}{passed} of {len(outcomes)} steps passed. "
        "Written by `tools/gpu_check`.\n",
        table(["", ""], facts),
        outcome_section(outcomes),
        test_section(notebook, outcomes),
        compare_section(notebook),
        speed_section(notebook, machine),
        bench_section(notebook),
    ]
    return "\n".join(section for section in sections if section)
