"""What the parts of the bench share: a build, measured processes, a table of results."""
import contextlib
import dataclasses
import os
import json
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

import journals

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parent.parent
BUILD = TREE / "build-bench"
PROGRAMS = BUILD / "banish"
BANISH = PROGRAMS / "daemon/banish"
RULES = TREE / "rules"
LIMITS = ["bare", "follow", "ledger", "prober", "sources"]


class Wrong(Exception):
    """An answer that is not what it has to be: no figure counts then."""


def expect(answer, wanted, what):
    if answer != wanted:
        raise Wrong(f"{what}: {answer!r} instead of {wanted!r}")


def build():
    """Builds banish as a release, and the bare limits."""
    if not (PROGRAMS / "build.ninja").exists():
        subprocess.run(["meson", "setup", str(PROGRAMS), str(TREE), "--prefix=/usr", "-Dtests=true", "--buildtype=release"],
                       check=True, stdout=subprocess.DEVNULL)
    targets = ["all"] + [f"test/bench/bench-{name}" for name in LIMITS]
    subprocess.run(["ninja", "-C", str(PROGRAMS), *targets], check=True, stdout=subprocess.DEVNULL)


def limit(name):
    return PROGRAMS / f"test/bench/bench-{name}"


@dataclasses.dataclass
class Run:
    """One run of a program: processor and wall time in seconds, and what it printed."""
    cpu: float
    wall: float
    output: str

    def last(self):
        return json.loads(self.output.splitlines()[-1])


def measure(*command, cwd=None):
    """Runs a program and charges it with its own and its children's processor time."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as talk:
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out,
                              stderr=talk, cwd=cwd, check=False)
        after, end = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        out.seek(0)
        talk.seek(0)
        if done.returncode != 0:
            raise Wrong(f"{command[0]} ended with {done.returncode}: {talk.read().decode()[-400:]}")
        spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        return Run(spent, end - begin, out.read().decode())


def in_turn(rounds, **programs):
    """Runs each program once a round, so that a busy machine disturbs all alike: {name: [Run...]}."""
    runs = {name: [] for name in programs}
    for _ in range(rounds):
        for name, program in programs.items():
            runs[name].append(program())
    return runs


def median(values):
    return statistics.median(values)


def cpu(runs):
    return median(run.cpu for run in runs)


def ratio(runs, others):
    """Median over the rounds of how many times longer `runs` took than `others` of the same round."""
    return median(a.cpu / b.cpu for a, b in zip(runs, others))


@contextlib.contextmanager
def configuration(policy, rules=None):
    """A folder for --config; `rules`: {file name: text} instead of the shipped ones."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        folder = pathlib.Path(folder)
        (folder / "banish.json").write_text(json.dumps(policy))
        options = ["--config", folder]
        if rules is None:
            options += ["--rules", RULES]
        else:
            (folder / "empty").mkdir()
            (folder / "rules.d").mkdir()
            for name, rule in rules.items():
                (folder / "rules.d" / f"{name}.json").write_text(json.dumps(rule))
            options += ["--rules", folder / "empty"]
        yield options


def replay(options, journal, everywhere=False):
    """A function that replays the journal and checks nothing. On one processor, by one process, or on all."""
    processors = sorted(os.sched_getaffinity(0))[:None if everywhere else 1]
    return lambda: measure("taskset", "--cpu-list", ",".join(map(str, processors)),
                           BANISH, "replay", *options, "--directory", journal, "--json")


def startup(options, rounds):
    """Processor seconds of a replay that reads next to nothing."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        journals.feed(pathlib.Path(folder), iter([journals.entry(journals.BEGIN, b"", 1, "nothing")]))
        return median(replay(options, folder)().cpu for _ in range(rounds))


@dataclasses.dataclass
class Row:
    """A line of the table. `target` is e.g. ("<=", 1.5), compared with `ratio`."""
    part: str
    what: str
    figures: str
    ratio: float = None
    target: tuple = None
    unit: str = ""

    def met(self):
        if self.target is None:
            return None
        sign, bound = self.target
        return self.ratio <= bound if sign == "<=" else self.ratio >= bound

    def cells(self):
        number = "" if self.ratio is None else f"{self.ratio:.3g}{self.unit}"
        if self.target is None:
            return [self.what, self.figures, number, "", ""]
        sign = {"<=": "≤", ">=": "≥"}[self.target[0]]
        return [self.what, self.figures, number, f"{sign} {self.target[1]:g}{self.unit}",
                "yes" if self.met() else "**no**"]

    def as_json(self):
        return {"part": self.part, "what": self.what, "figures": self.figures, "value": self.ratio,
                "unit": self.unit, "target": self.target, "met": self.met()}


HEADER = ["", "measured", "value", "target", "met"]


def table(rows):
    """The rows as a table in Markdown."""
    cells = [HEADER, ["---"] * len(HEADER)]
    part = None
    for row in rows:
        if row.part != part:
            part = row.part
            cells.append([f"**{part}**", "", "", "", ""])
        cells.append(row.cells())
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEADER))]
    widths[1] = 0  # the figures may be long
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
                     for line in cells)
