"""One step of the check: a command with a time limit, whose outcome is kept, so that the check can go on another time."""

import dataclasses
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import time

from . import findings

PASSED, FAILED, UNFINISHED, MISSING, LEFT = "passed", "failed", "unfinished", "missing", "not begun"


@dataclasses.dataclass
class Step:
    """A command of a stage. `needs` are files without which it cannot run: (path, sentence for the report)."""

    name: str
    stage: str
    command: list
    limit: int  # seconds
    needs: list = dataclasses.field(default_factory=list)
    environment: dict = dataclasses.field(default_factory=dict)
    fresh: pathlib.Path = None  # a folder of an earlier try, removed first
    results: list = dataclasses.field(default_factory=list)  # files that it writes and that --out takes
    is_test: bool = False  # a GoogleTest program
    is_sanitizer: bool = False  # under compute-sanitizer

    def command_line(self):
        """The command as one types it."""
        variables = [f"{name}={shlex.quote(value)}" for name, value in self.environment.items()]
        return " ".join([*variables, shlex.join(str(word) for word in self.command)])


@dataclasses.dataclass
class Outcome:
    name: str
    stage: str
    outcome: str
    seconds: float = 0.0
    note: str = ""
    command: str = ""

    @property
    def ok(self):
        return self.outcome == PASSED


class Notebook:
    """Outcomes and outputs of all steps, in files of one folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def output_file(self, name):
        """What the step said on stdout."""
        return self.folder / f"{name}.out"

    def errors_file(self, name):
        return self.folder / f"{name}.err"

    def output(self, name):
        file = self.output_file(name)
        return file.read_text(errors="replace") if file.exists() else ""

    def write(self, outcome):
        file = self.folder / f"{outcome.name}.json"
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(dataclasses.asdict(outcome), indent=2) + "\n")
        partial.replace(file)

    def read(self, name):
        """The outcome of a step, or None."""
        file = self.folder / f"{name}.json"
        return Outcome(**json.loads(file.read_text())) if file.exists() else None


def last_lines(text, count=3):
    return " / ".join([line.strip() for line in text.splitlines() if line.strip()][-count:])


def main_words(output, errors):
    """What a command said that matters most: a compiler's first error, or the last lines."""
    error = re.search(r"^.*\berror: .*$", output, re.MULTILINE)
    return error.group().strip() if error else last_lines(errors) or last_lines(output)


def run_command(command, limit, stdout, stderr, environment, folder):
    """(exit code or None where the limit ended it, seconds). The command's whole process group ends with it."""
    start = time.monotonic()
    with open(stdout, "wb") as out, open(stderr, "wb") as err:
        try:
            process = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL, cwd=folder,
                                       env={**os.environ, **environment}, start_new_session=True)  # fmt: skip
        except OSError as error:
            err.write(str(error).encode())
            return 127, 0.0
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
    return code, time.monotonic() - start


def judge(step, code, limit, output, errors):
    """(outcome, note) of a step that ended with `code`, or by the limit where that is None."""
    said = (findings.test_progress(output) if step.is_test else "") or main_words(output, errors)
    if code is None:
        # Slow is not wrong; but what was wrong before the limit still is.
        wrong = step.is_test and (findings.failed_tests(output) or findings.sanitizer_report(output))
        return FAILED if wrong else UNFINISHED, f"did not finish in {limit} s; {said}"
    unsupported = findings.no_sanitizer(output + errors) if step.is_sanitizer else ""
    found = findings.failed_tests(output) or findings.sanitizer_report(output) not in ("", unsupported)
    if code and unsupported and not found:
        return MISSING, unsupported
    if code:
        return FAILED, f"exit code {code}; {said}"
    passed = (findings.test_counts(output) or (0,))[0]
    if step.is_test and passed == 0:
        # A filter that matches nothing any more, or a device that every test found absent.
        return FAILED, "no test ran, or all were skipped"
    return PASSED, ""


def run_step(step, notebook, folder, limit):
    """Runs the step within `limit` seconds, writes down how it went, and returns that."""
    command = step.command_line()
    absent = [sentence for path, sentence in step.needs if not pathlib.Path(path).exists()]
    if absent:
        outcome = Outcome(step.name, step.stage, MISSING, note=absent[0], command=command)
    else:
        if step.fresh:
            shutil.rmtree(step.fresh, ignore_errors=True)
        out, err = notebook.output_file(step.name), notebook.errors_file(step.name)
        code, seconds = run_command([str(w) for w in step.command], limit, out, err, step.environment, folder)
        output, errors = (file.read_text(errors="replace") for file in (out, err))
        verdict, note = judge(step, code, limit, output, errors)
        outcome = Outcome(step.name, step.stage, verdict, seconds, note, command)
    notebook.write(outcome)
    return outcome
