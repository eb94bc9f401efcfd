"""What the outputs of the steps say: tests that failed, results that differ, images a second."""

import json
import re

# Stands before cases whose last bits are the mathematical library's own (KernelCase::uses_transcendentals).
INEXACT = "~"


def failed_tests(output):
    return sorted(set(re.findall(r"\[  FAILED  \] ([\w/]+\.[\w./]+)", output)))


def test_counts(output):
    """(passed, failed, names of the failed) of a GoogleTest program, or None where it did not come to an end."""
    ran = re.search(r"\[==========\] (\d+) tests? from", output)
    passed = re.search(r"\[  PASSED  \] (\d+) test", output)
    if not ran or not passed:
        return None
    names = failed_tests(output)
    return int(passed.group(1)), len(names), names


def sanitizer_report(output):
    """The first line of what compute-sanitizer found, or ""."""
    found = re.search(r"^========= (?!COMPUTE-SANITIZER|\w+ SUMMARY)(\S.*)", output, re.MULTILINE)
    return found.group(1) if found else ""


def no_sanitizer(output):
    """Why compute-sanitizer does not work on this machine, in its words, or ""."""
    found = re.search(r"^=+ .*(device (?:is )?not supported|no (?:CUDA-capable )?device|insufficient permissions).*", output,
                      re.MULTILINE | re.IGNORECASE)  # fmt: skip
    return found.group().strip("= ") if found else ""


def test_progress(output):
    """How far a GoogleTest program came, under compute-sanitizer or not, in words; "" where it began no test."""
    begun = re.findall(r"\[ RUN      \] (\S+)", output)
    said = [f"{output.count('[       OK ]')} tests passed"] if begun else []
    if failed := failed_tests(output):
        said.append(f"failed: {', '.join(failed[:5])}")
    if begun and not re.search(r"\[ +(OK|FAILED|SKIPPED) +\] " + re.escape(begun[-1]) + r"\b", output):
        said.append(f"{begun[-1]} was under way")
    if report := sanitizer_report(output):
        said.append(f"compute-sanitizer: {report}")
    return "; ".join(said)


def hashes(output):
    """{case: the hashes of its runs}, from kernels_test --hashes. Some cases share a name."""
    found = {}
    for line in output.splitlines():
        value, _, case = line.partition(" ")
        found.setdefault(case, []).append(value)
    return found


def compare_hashes(device, emulated):
    """How many cases agree to the bit: {"cases", "equal", "inexact": those that need not, "broken": those that must}."""
    cases = sorted(set(device) | set(emulated))
    different = [case for case in cases if device.get(case) != emulated.get(case)]
    return {
        "cases": len(cases),
        "equal": len(cases) - len(different),
        "inexact": [case for case in different if case.startswith(INEXACT)],
        "broken": [case for case in different if not case.startswith(INEXACT)],
    }


def sinter_speed(metrics):
    """Images a second of a run, from its metrics.jsonl, or None."""
    lines = [json.loads(line) for line in metrics.splitlines() if line.strip()]
    speeds = [line["images_per_second"] for line in lines if line.get("images_per_second")]
    return speeds[-1] if speeds else None


def pytorch_speed(output):
    """Images a second that a twin printed last, or None."""
    speeds = re.findall(r"([\d.]+) images/s", output)
    return float(speeds[-1]) if speeds else None
