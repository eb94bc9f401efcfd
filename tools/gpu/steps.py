"""One step of the check: a command with a time limit, whose outcome is kept, so that the check can go on another time."""

import dataclasses
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

PASSED, FAILED, TIMED_OUT, MISSING, LEFT = "passed", "failed", "timed out", "missing", "left for the next call"


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


def run_step(step, notebook, folder, limit):
    """Runs the step within `limit` seconds, writes down how it went, and returns that."""
    command = " ".join(str(word) for word in step.command)
    absent = [sentence for path, sentence in step.needs if not pathlib.Path(path).exists()]
    if absent:
        outcome = Outcome(step.name, step.stage, MISSING, note=absent[0], command=command)
    else:
        if step.fresh:
            shutil.rmtree(step.fresh, ignore_errors=True)
        out, err = notebook.output_file(step.name), notebook.errors_file(step.name)
        code, seconds = run_command([str(w) for w in step.command], limit, out, err, step.environment, folder)
        said = last_lines(err.read_text(errors="replace")) or last_lines(out.read_text(errors="replace"))
        if code is None:
            outcome = Outcome(step.name, step.stage, TIMED_OUT, seconds, f"ended after {limit} s; {said}", command)
        elif code:
            outcome = Outcome(step.name, step.stage, FAILED, seconds, f"exit code {code}; {said}", command)
        else:
            outcome = Outcome(step.name, step.stage, PASSED, seconds, "", command)
    notebook.write(outcome)
    return outcome
