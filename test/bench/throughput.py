"""How fast a journal is read: against what libsystemd alone needs, and against the peers."""
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import journals
import peer
import tools
from tools import Row, Wrong, cpu, expect, ratio

PART = "Throughput"
UNITS = ["dovecot.service", "mox.service"]
POLICY = {**journals.POLICY, "jails": {"dovecot": {}, "mox": {}}}


def bare(journal, units=None, *more):
    options = [option for unit in units or UNITS for option in ("--unit", unit)]
    return lambda: tools.measure(tools.limit("bare"), *options, *more, journal)


def check(run, facts):
    """banish has to have decided what the model decided."""
    summary = run.last()
    for name in ("failures", "bans", "prevented"):
        expect(summary[name], facts[name], f"replay of {facts['entries']} entries, {name}")


def against_the_limit(sizes, folder, rounds):
    per_entry = {}
    rows = []
    with tools.configuration(POLICY) as options:
        for n in sizes:
            journal, facts = journals.make(folder, "mail", n)
            runs = tools.in_turn(rounds, bare=bare(journal), banish=tools.replay(options, journal),
                                 all=tools.replay(options, journal, everywhere=True))
            for run in runs["banish"] + runs["all"]:
                check(run, facts)
            for run in runs["bare"]:
                expect(run.last()["hits"], facts["failures"] + facts["prevented"], "hits of the bare loop")
            per_entry[n] = cpu(runs["banish"]) / n
            rows.append(Row(PART, f"replay of {n:,} entries by one process: the bare loop's time / banish's",
                            f"{cpu(runs['bare']):.3f} s / {cpu(runs['banish']):.3f} s",
                            1 / ratio(runs["banish"], runs["bare"]),
                            (">=", 0.87) if n == max(sizes) else None))
            wall = {name: tools.median(run.wall for run in those) for name, those in runs.items()}
            rows.append(Row(PART, f"the same on {os.cpu_count()} processors: the bare loop's wall time / banish's",
                            f"{wall['bare']:.3f} s / {wall['all']:.3f} s (by one process {wall['banish']:.3f} s)",
                            tools.median(a.wall / b.wall for a, b in zip(runs["bare"], runs["all"])),
                            (">=", 1.6) if n == max(sizes) else None))
        # a start costs its milliseconds whatever follows; they do not belong to an entry
        start = tools.startup(options, 3 * rounds)
    costs = {n: cost - start / n for n, cost in per_entry.items()}
    low, high = min(sizes), max(sizes)
    rows.append(Row(PART, f"cost of an entry, {high:,} against {low:,}",
                    ", ".join(f"{n:,}: {cost * 1e6:.2f} µs" for n, cost in costs.items()) +
                    f" (besides {start * 1e3:.1f} ms to start)",
                    costs[high] / costs[low], ("<=", 1.5)))
    return rows


def against_fail2ban(n, folder, rounds):
    journal, facts = journals.make(folder, "mail", n)
    with tools.configuration(POLICY) as options:
        runs = tools.in_turn(rounds, banish=tools.replay(options, journal, everywhere=True),
                             fail2ban=lambda: peer.read(journal))
    told = facts["failures"] + facts["prevented"]
    for found in runs["fail2ban"]:
        if found.failures < 0.99 * told or found.bans == 0:
            raise Wrong(f"fail2ban found {found} where there are {told} failures")
    wall = {name: tools.median(run.wall for run in those) for name, those in runs.items()}
    return Row(PART, f"fail2ban's server on {n:,} entries, two jails, no action: its wall time / banish's",
               f"{wall['fail2ban']:.2f} s / {wall['banish']:.3f} s (processor time "
               f"{cpu(runs['fail2ban']):.2f} s / {cpu(runs['banish']):.3f} s)",
               tools.median(a.wall / b.wall for a, b in zip(runs["fail2ban"], runs["banish"])), (">=", 55), "x")


def beside_each_other(rounds, journal):
    """What a second processor is worth on this machine: two bare loops at once, which share nothing but it."""
    def both():
        with ThreadPoolExecutor(2) as pool:
            return max((loop.result() for loop in [pool.submit(bare(journal)) for _ in range(2)]),
                       key=lambda run: run.wall)
    runs = tools.in_turn(rounds, one=bare(journal), both=both)
    wall = {name: tools.median(run.wall for run in those) for name, those in runs.items()}
    return Row(PART, "two bare loops at once, twice one's wall time / theirs (no program does more on two processors)",
               f"{wall['one']:.3f} s / {wall['both']:.3f} s",
               tools.median(2 * a.wall / b.wall for a, b in zip(runs["one"], runs["both"])))


def against_journalctl(n, folder, rounds):
    """What people do by hand; it counts nothing."""
    journal, facts = journals.make(folder, "mail", n)
    search = lambda: tools.measure("journalctl", "--directory", journal, "--quiet", "-o", "cat", "-u", UNITS[0], "-u",
                                   UNITS[1], "--grep", r"\(auth failed, |m=\"failed authentication attempt\"")
    with tools.configuration(POLICY) as options:
        runs = tools.in_turn(rounds, banish=tools.replay(options, journal, everywhere=True), journalctl=search)
    for run in runs["journalctl"]:
        expect(len(run.output.splitlines()), facts["failures"] + facts["prevented"], "lines that journalctl finds")
    wall = {name: tools.median(run.wall for run in those) for name, those in runs.items()}
    return Row(PART, f"journalctl --grep for the failures of {n:,} entries (which it only prints): its wall time / "
               "banish's", f"{wall['journalctl']:.2f} s / {wall['banish']:.3f} s (processor time "
               f"{cpu(runs['journalctl']):.2f} s / {cpu(runs['banish']):.3f} s)",
               tools.median(a.wall / b.wall for a, b in zip(runs["journalctl"], runs["banish"])), None, "x")


def against_sshguard(n, folder, rounds):
    """sshguard's parser alone, on text that is ready for it."""
    journal, facts = journals.make(folder, "mail", n)
    text = journal.parent / "text"
    if not text.exists():
        with open(text, "wb") as out:
            subprocess.run(["journalctl", "--directory", str(journal), "-u", UNITS[0], "-u", UNITS[1]],
                           stdout=out, check=True)
    parser = f"/usr/libexec/sshguard/sshg-parser <{text}"
    runs = tools.in_turn(rounds, sshguard=lambda: tools.measure("sh", "-c", parser))["sshguard"]
    lines = sum(1 for _ in open(text, "rb"))
    found = len(runs[0].output.splitlines())
    return Row(PART, f"sshguard's parser on {lines:,} lines of text (no journal, no counting)",
               f"{cpu(runs) / lines * 1e6:.1f} µs a line; it recognised {found} of "
               f"{facts['failures'] + facts['prevented']:,} failures")


def run(folder, rounds, sizes):
    rows = against_the_limit(sizes, folder, rounds)
    rows.append(beside_each_other(rounds, journals.make(folder, "mail", max(sizes))[0]))
    rows.append(against_fail2ban(max(sizes), folder, max(1, rounds // 3)))
    rows.append(against_journalctl(max(sizes), folder, max(1, rounds // 3)))
    rows.append(against_sshguard(sorted(sizes)[len(sizes) // 2], folder, rounds))
    return rows
