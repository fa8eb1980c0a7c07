"""Instruction counts of ten fixed workloads, against those that were recorded.

Times on a busy machine tell a few percent less than they seem to; instructions hardly change from run
to run. Cachegrind counts them, in one process. The recorded ones (counts.json) say by what compiler
and with which libraries they were made.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import journals
import scale
import throughput
import tools
from tools import Wrong

RECORDED = tools.HERE / "counts.json"
BOUND = 1.03
N = 20_000   # entries of a journal: enough to tell them from the start, few enough for valgrind
LIBRARIES = ["libc6", "libcjson1", "libmnl0", "libnftnl11", "libpcre2-8-0", "libsystemd0"]


def environment():
    """What the counts hang on beside banish."""
    def said(*words):
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    comment = said("readelf", "--string-dump=.comment", str(tools.BANISH))
    found = {"processor": os.uname().machine, "compiler": ", ".join(sorted(set(re.findall(r"] +(.*)", comment)))),
             "valgrind": said("valgrind", "--version")}
    for library in LIBRARIES:
        found[library] = said("dpkg-query", "-W", "-f", "${Version}", library)
    return found


def instructions(command, text=None, answers=(0,)):
    """How many a program executes on one processor, so that it starts no processes to help it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        log = pathlib.Path(folder) / "log"
        done = subprocess.run(
            ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
             f"--log-file={log}", *map(str, command)],
            input=text, stdin=None if text else subprocess.DEVNULL, capture_output=True, check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}))
        if done.returncode not in answers:
            raise Wrong(f"{command[0]} {command[1]} ended with {done.returncode}: {done.stderr.decode()[-400:]}")
        if not done.stdout:
            raise Wrong(f"{command[0]} {command[1]} said nothing")
        return int(re.search(r"I +refs: +([0-9,]+)", log.read_text())[1].replace(",", ""))


def said(journal, options):
    """(the journal with what banish would have said of its bans, beside it; these bans)"""
    run = tools.replay(options, journal)()
    bans = [ban for ban in map(json.loads, run.output.splitlines()) if ban["action"] == "ban"]
    fields = journals.block("banish.service", "banish", 998)
    folder = journal.parent / "said"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(journal, folder, copy_function=os.link)   # nobody writes into these files any more
    journals.feed(folder, iter([journals.entry(
        ban["time_usec"] + 300, fields + f"BANISH_ACTION=ban\nBANISH_JAIL={ban['jail']}\n"
        f"BANISH_EVENT={ban['event']}\nBANISH_ADDRESS={ban['address']}\nBANISH_PREFIX={ban['prefix']}\n"
        f"BANISH_TRIGGER_CURSOR={ban['cursor']}\n".encode(), 77, f"ban {ban['prefix']} in jail {ban['jail']}")
        for ban in bans]), "said")
    return folder, bans


def fail2ban(folder, n):
    """A configuration with n jails, each with a filter of its own."""
    (folder / "filter.d").mkdir(parents=True)
    (folder / "action.d").mkdir()
    (folder / "action.d/iptables.conf").write_text("[Init]\nblocktype = DROP\n")
    (folder / "jail.conf").write_text(
        "[DEFAULT]\nbantime = 10m\naction = iptables[port=\"%(port)s\"]\n" +
        "".join(f"[shop{i}]\nenabled = true\nport = {7000 + i}\nmaxretry = 3\nfilter = shop{i}\n" for i in range(n)))
    for i in range(n):
        (folder / f"filter.d/shop{i}.conf").write_text(
            f"[Definition]\n_daemon = shop{i}\n"
            f"failregex = ^login of <F-USER>\\S+</F-USER> failed, client <HOST>(?: port \\d+)?$\n"
            f"            ^(?:key|code) of <F-USER>[^\"]*</F-USER> refused by shop{i}, from <HOST>$\n"
            f"ignoreregex = ^login of monitor\njournalmatch = _SYSTEMD_UNIT=shop{i}.service\n")
    return folder


@contextlib.contextmanager
def workloads():
    """{name: (command, stdin)} of what is counted."""
    folder = tools.BUILD / "journals"
    journal, _ = journals.make(folder, "mail", N)
    units, _ = journals.make(folder, "units", N, n_units=scale.N_UNITS, same_text=False)
    many = scale.unit_rules(scale.N_UNITS, False)
    until = str(journals.BEGIN // 1_000_000 + N)
    with contextlib.ExitStack() as stack:
        two = stack.enter_context(tools.configuration(throughput.POLICY))
        every = stack.enter_context(tools.configuration({"jails": {
            rule.stem: {} for rule in sorted(tools.RULES.glob("*.json"))}}))
        shops = stack.enter_context(tools.configuration(scale.policy(many), many))
        scratch = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        told, bans = said(journal, two)
        addresses = [ban["address"] for ban in bans]
        address = max(sorted(set(addresses)), key=addresses.count)
        few = scratch / "rules"
        few.mkdir()
        for name in "dovecot", "mox":
            shutil.copy(tools.RULES / f"{name}.json", few)
        lines = subprocess.run(["journalctl", "--directory", journal, "-o", "json", "--all", "-n", "500", "-u", throughput.UNITS[0]],
                               capture_output=True, check=True).stdout
        yield {
            "replay, two jails": ([tools.BANISH, "replay", *two, "--directory", journal, "--json"], None),
            "replay, all shipped rules": ([tools.BANISH, "replay", *every, "--directory", journal, "--json"], None),
            "replay, 500 rules": ([tools.BANISH, "replay", *shops, "--directory", units, "--json"], None),
            "check, two rules": ([tools.BANISH, "check", "--config", two[1], "--rules", few], None),
            "test, 500 lines": ([tools.BANISH, "test", *two, "--json"], lines),
            "engine, 10,000 sources": ([tools.limit("sources"), 10_000, 20_000], None),
            "state, 10,000 bans": ([tools.limit("ledger"), 10_000], None),
            "import, 20 jails": ([tools.BANISH, "import", "--output", scratch / "new", "--rules", tools.RULES,
                                  "--directory", journal, "fail2ban", fail2ban(scratch / "fail2ban", 20)], None),
            "report": ([tools.BANISH, "report", *two, "--directory", told, "--since", f"@{journals.BEGIN // 1_000_000}",
                        "--until", f"@{until}"], None),
            "why": ([tools.BANISH, "why", *two, "--directory", told, address], None),
        }


def count():
    with workloads() as all_of:
        return {name: instructions(command, text, answers=(0, 1)) for name, (command, text) in all_of.items()}


def ratios(recorded, present, alike):
    """Of each workload how much more it takes; of another compiler or libraries only which part of all."""
    if set(recorded) != set(present):
        raise Wrong(f"{RECORDED.name} holds other workloads: --record them")
    scale_of = 1 if alike else sum(recorded.values()) / sum(present.values())
    return {name: present[name] * scale_of / recorded[name] for name in recorded}


def check():
    """0: nothing takes more than it did; 1: something does."""
    kept = json.loads(RECORDED.read_text())
    here = environment()
    others = [key for key in here if here[key] != kept["environment"].get(key)]
    for key in others:
        print(f"note: {key} is {here[key]}, the counts were recorded with {kept['environment'].get(key)}")
    if others:
        print("note: so only each workload's part of all is compared; what made all of them dearer does not show")
    present = count()
    found = ratios(kept["instructions"], present, not others)
    for name, ratio in found.items():
        word = "MORE" if ratio > BOUND else "less: --record it" if ratio < 1 / BOUND else ""
        print(f"{name:26} {kept['instructions'][name]:>14,} {present[name]:>14,}  {ratio:.3f} {word}".rstrip())
    return 1 if any(ratio > BOUND for ratio in found.values()) else 0


def record():
    RECORDED.write_text(json.dumps({"environment": environment(), "instructions": count()}, indent=2) + "\n")
    print(f"{RECORDED} is written")
    return 0
