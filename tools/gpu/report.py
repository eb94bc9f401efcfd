"""The check's report, in Markdown."""

import collections
import re

from . import findings, stages, steps

MODE_NAMES = {"eager": "eager", "compiled": "compiled", "graph": "CUDA graph"}


def table(head, rows):
    """Nothing for no rows."""
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def outcome_section(outcomes):
    rows = [[o.stage, o.name, o.outcome, f"{o.seconds:.0f}", o.note[:300]] for o in outcomes]
    left = [o for o in outcomes if o.outcome == steps.LEFT]
    stages_left = dict.fromkeys(o.stage for o in left)
    by_stage = [f"{stage} ({', '.join(o.name for o in left if o.stage == stage)})" for stage in stages_left]
    sentence = f"Not begun, because the budget was spent: {'; '.join(by_stage)}.\n\n" if left else ""
    return "## Outcome\n\n" + sentence + table(["stage", "step", "outcome", "seconds", "note"], rows)


def vendor_line(notebook):
    """Why no vendor's times stand beside ours. Without headers the vendor's tests pass: the engine says what it lacks."""
    outputs = [notebook.output(f"bench_{name}") for name in stages.BENCHES]
    why = re.search(r"^vendor +none: (.+)$", "\n".join(outputs), re.MULTILINE)
    if not any(outputs):
        why = re.search(r"(Could NOT find CUDNN.*)", notebook.output("configure"))
    return f"vendor: absent ({why.group(1).rstrip()})\n" if why else ""


def test_section(notebook, outcomes):
    rows = []
    for outcome in outcomes:
        counts = findings.test_counts(notebook.output(outcome.name))
        if counts:
            passed, failed, names = counts
            rows.append([outcome.name, passed, failed, ", ".join(names[:20])])
    return "## Tests\n\n" + table(["step", "passed", "failed", "which"], rows) if rows else ""


def compare_section(notebook, machine):
    brought = machine.emulated_hashes
    device = findings.hashes(notebook.output("hashes_device"))
    emulated = findings.hashes(brought.read_text() if brought else notebook.output("hashes_emulated"))
    if not device or not emulated:
        return ""
    result = findings.compare_hashes(device, emulated)
    alone = len(set(device) ^ set(emulated))
    text = (
        "## Device and emulator, bit for bit\n\n"
        f"Of {result['cases']} kernel cases in fp32, {result['equal']} have the same bits on both. "
        f"{len(result['inexact'])} differ that use exponentials, logarithms or sines, of which each has its own last "
        f"bits; {len(result['broken'])} differ that should not.\n"
    )
    if brought and alone:
        text += f"\n{alone} cases are on one side only: the emulator's hashes were made from other sources.\n"
    return text + "".join(f"\n- {case}" for case in result["broken"][:30]) + ("\n" if result["broken"] else "")


def milliseconds(images_per_second, batch):
    return f"{1e3 * batch / images_per_second:.3f}" if images_per_second else "-"


def speeds_of(name, notebook, machine):
    """{"sinter" or a mode of PyTorch: images a second}, of what came to its end: the first steps of a run are slow."""

    def has_passed(step):
        outcome = notebook.read(step)
        return outcome and outcome.ok

    metrics = stages.runs_folder(machine, name) / "metrics.jsonl"
    measured = has_passed(f"sinter_{name}") and metrics.exists()
    found = {"sinter": findings.sinter_speed(metrics.read_text()) if measured else None}
    for mode in stages.MODES:
        step = f"pytorch_{name}_{mode}"
        found[mode] = findings.pytorch_speed(notebook.output(step)) if has_passed(step) else None
    return {who: speed for who, speed in found.items() if speed}


def marks_of(name, speeds):
    """Sentences on the marks that can be judged."""
    judged = []
    for part, mode, times in stages.MARKS:
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


def quotes(title, outputs, begin):
    """A section that quotes those of {heading: output} that have a line that begins so."""
    quoted = [
        f"\n### {heading}\n\n```\n{output.rstrip()}\n```\n"
        for heading, output in outputs.items()
        if re.search(begin, output, re.MULTILINE)
    ]
    return f"## {title}\n" + "".join(quoted) if quoted else ""


def bench_section(notebook):
    outputs = {name: notebook.output(f"bench_{name}") for name in stages.BENCHES}
    return quotes("kernel_bench", outputs, "^device ")


def profile_section(notebook):
    outputs = {name: notebook.output(f"profile_{name}") for name in stages.PROFILES}
    return quotes("Steps, layer by layer", outputs, "^phase, layer ")


def counters_section(notebook):
    outputs = {f"{name}: {case}, {precision}": notebook.output(f"counters_{name}")
               for name, (precision, case, _) in stages.COUNTERS.items()}  # fmt: skip
    return quotes("Counters", outputs, "^ *Metric Name")


def sweep_outputs(machine, notebook, name):
    """{file of the report: text} of the sweeps, which are too long to be quoted."""
    said = {step.name: notebook.output(step.name) for step in stages.steps_of("sweep", machine)}
    return {f"{name}_{step}.txt": text for step, text in said.items() if text}


def sweep_section(files):
    links = ", ".join(f"[{file}]({file})" for file in files)
    return f"## Plan sweeps\n\nProducts with every tile and every split: {links}\n" if files else ""


def name_of(facts):
    """What the report's files are called by."""
    return re.sub(r"[^a-z0-9]+", "-", dict(facts).get("GPU", "no GPU").lower()).strip("-")


def write(machine, notebook, facts):
    """The whole report. `facts` are lines on the machine: (what, value)."""
    outcomes = [
        outcome
        for stage in stages.STAGES
        for step in stages.steps_of(stage, machine)
        if (outcome := notebook.read(step.name))
    ]
    counts = collections.Counter(outcome.outcome for outcome in outcomes)
    passed = counts.pop(steps.PASSED, 0)
    others = "".join(f", {count} {outcome}" for outcome, count in counts.items())
    rehearsal = (
        "A rehearsal on the emulated device: what it says of time means nothing.\n\n" if machine.emulate else ""
    )
    sections = [
        f"# GPU check: {dict(facts).get('GPU', 'no GPU')}\n\n{rehearsal}{passed} of {len(outcomes)} steps passed{others}. "
        "Written by `tools/gpu_check`.\n",
        table(["", ""], facts),
        vendor_line(notebook),
        outcome_section(outcomes),
        test_section(notebook, outcomes),
        compare_section(notebook, machine),
        speed_section(notebook, machine),
        profile_section(notebook),
        bench_section(notebook),
        counters_section(notebook),
        sweep_section(sweep_outputs(machine, notebook, name_of(facts))),
    ]
    return "\n".join(section for section in sections if section)


def save(folder, machine, notebook, facts):
    """Writes the report, and beside it what it points to. Whoever reads it, or ends this, finds the last whole one."""
    folder.mkdir(parents=True, exist_ok=True)
    name = name_of(facts)
    files = {**sweep_outputs(machine, notebook, name), f"{name}.md": write(machine, notebook, facts)}
    for file, text in files.items():
        partial = folder / f"{file}.partial"
        partial.write_text(text)
        partial.replace(folder / file)
    return folder / f"{name}.md"
