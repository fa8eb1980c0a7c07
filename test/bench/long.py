"""A long journal: what a month of a busy server costs to replay, to report and to ask of, and in how much memory.

Its journal of 10,000,000 entries takes 6 GB and a quarter of an hour to make, so `run` measures this
part only if it is named.
"""
import os
import pathlib
import re
import resource
import subprocess
import tempfile
import time

import counts
import journals
import throughput
import tools
from tools import Row, Wrong, expect, median

PART = "A long journal"
OWN, WORKER = 64, 16   # MB that the process itself and each that helps it may take
LOOK_EVERY = 0.05      # seconds


def anonymous(pid):
    """Bytes, 0: it is gone."""
    try:
        found = re.search(r"RssAnon:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(found[1]) * 1024 if found else 0


def children(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def watch(command, processors, answers=(0,)):
    """(run, most memory of the process itself, most of one that helps it) of a command on so many processors."""
    chosen = set(sorted(os.sched_getaffinity(0))[:processors])
    own = helping = 0
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                                   preexec_fn=lambda: os.sched_setaffinity(0, chosen))
        while process.poll() is None:
            own = max(own, anonymous(process.pid))
            helping = max([helping] + [anonymous(child) for child in children(process.pid)])
            time.sleep(LOOK_EVERY)
        after, end = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        if process.returncode not in answers:
            raise Wrong(f"{command[1]} ended with {process.returncode}")
        out.seek(0)
        spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        return tools.Run(spent, end - begin, out.read()), own / 1e6, helping / 1e6


def curve(what, command, check, rounds):
    """A line for each number of processors."""
    rows = []
    for processors in range(1, len(os.sched_getaffinity(0)) + 1):
        found = [watch(command, processors) for _ in range(rounds)]
        for run, _, _ in found:
            check(run)
        own, helping = (max(each[i] for each in found) for i in (1, 2))
        rows.append(Row(PART, f"{what} on {processors} processor{'s' * (processors > 1)}",
                        f"{median(each[0].wall for each in found):.1f} s, of processors "
                        f"{tools.cpu([each[0] for each in found]):.1f} s; memory (RssAnon) at most {own:.0f} MB, "
                        f"and {helping:.0f} MB each that helps (aim: {OWN} and {WORKER})",
                        max(own / OWN, helping / WORKER), ("<=", 1)))
    return rows


def against_the_limit(what, command, journal, facts, rounds):
    """On all processors; the bare loop has one."""
    processors = len(os.sched_getaffinity(0))
    runs = tools.in_turn(rounds, bare=throughput.bare(journal), all=lambda: watch(command, processors)[0])
    for run in runs["bare"]:
        expect(run.last()["hits"], facts["failures"] + facts["prevented"], "hits of the bare loop")
    wall = {name: median(run.wall for run in those) for name, those in runs.items()}
    return Row(PART, f"{what}: the bare loop's wall time / banish's",
               f"{wall['bare']:.1f} s / {wall['all']:.1f} s (processor time {tools.cpu(runs['bare']):.1f} s / "
               f"{tools.cpu(runs['all']):.1f} s)", median(a.wall / b.wall for a, b in zip(runs["bare"], runs["all"])))


def check_report(run, facts):
    for name in ("failures", "prevented"):
        expect(run.last()[name], facts[name], f"report of {facts['entries']} entries, {name}")


def ask(options, journal, rounds):
    """Of a host that was banned once, in the middle of it."""
    told, bans = counts.said(journal, options)
    addresses = [ban["address"] for ban in bans]
    once = [address for address in addresses if addresses.count(address) == 1]
    address = once[len(once) // 2]
    command = [tools.BANISH, "why", *options, "--directory", told, address]
    found = [watch(command, len(os.sched_getaffinity(0)), (0, 1))[0] for _ in range(rounds)]
    for run in found:
        expect(run.output.count("  +1  "), journals.MAXRETRY, f"lines that led to the ban of {address}")
    nobody = [watch([*command[:-1], "192.0.2.1"], 1, (0, 1))[0] for _ in range(rounds)]
    return Row(PART, "why ADDRESS, who was banned once",
               f"{median(run.wall for run in found):.2f} s, of processors {tools.cpu(found):.2f} s (of an address "
               f"that nothing was said of: {median(run.wall for run in nobody):.2f} s)",
               median(run.wall for run in found), ("<=", 1), " s")


def run(folder, rounds, n):
    journal, facts = journals.make(folder, "mail", n)
    until = journals.BEGIN // 1_000_000 + n
    with tools.configuration(throughput.POLICY) as options:
        what, command = f"replay of {n:,} entries", [tools.BANISH, "replay", *options, "--directory", journal, "--json"]
        rows = curve(what, command, lambda run: throughput.check(run, facts), rounds)
        rows.append(against_the_limit(what, command, journal, facts, rounds))
        rows += curve(f"report of {n:,} entries",
                      [tools.BANISH, "report", *options, "--directory", journal, "--since",
                       f"@{journals.BEGIN // 1_000_000}", "--until", f"@{until}", "--json"],
                      lambda run: check_report(run, facts), rounds)
        rows.append(ask(options, journal, rounds))
    return rows
