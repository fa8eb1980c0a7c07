#!/usr/bin/python3
"""Each allocation fails once: a verb then says so and exits 1, or does what it does without harm. Never a signal,
never another answer. The daemon ends or goes on, and ledger and kernel come out the same.

usage: memory.py [--verbs check,test,replay,run] [--every N] [--first N] [--last N] [--jobs N]
"""
import argparse
import collections
import errno
import json
import multiprocessing
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import crash

ALLOCATIONS = "malloc,calloc,realloc"
SAID = re.compile(rb"memory|cannot be read, such as")  # libsystemd leaves a file out; of the cause it says nothing
# libsystemd's own: sd_journal_add_match() frees what it could not allocate
LIBSYSTEMD = re.compile(rb"Assertion 'm' failed at src/libsystemd/sd-journal/sd-journal.c:[0-9]+, function match_free")
RULES = {
    "gate": {
        "name": "gate", "journal": [{"_SYSTEMD_UNIT": "gate.service", "SYSLOG_IDENTIFIER": ["gate", "door"]}],
        "ports": ["imap", "4000-4010"], "define": {"tail": "from=(?<address>[^ ]+)(?: session=(?<session>[a-z]+))?$"},
        "events": [{"name": "denied", "pattern": "^denied user=(?<user>[^ ]*) %{tail}"},
                   {"name": "hello", "outcome": "note", "pattern": "^hello %{tail}"},
                   {"name": "refused", "mode": "aggressive", "weight": 0.5, "pattern": "^refused %{tail}"}],
        "examples": [{"message": "denied user=bob from=192.0.2.1", "event": "denied", "address": "192.0.2.1"},
                     {"message": "hello from=192.0.2.1 session=a", "event": "hello", "address": "192.0.2.1"},
                     {"message": "refused from=192.0.2.1", "event": "refused", "address": "192.0.2.1"}]},
    "door": {
        "name": "door", "journal": [{"_SYSTEMD_UNIT": "door.service", "_UID": ["0", "system"]}], "ports": "all",
        "events": [{"name": "denied", "format": "logfmt", "where": {"m": ["denied", "refused"], "x": {"not": "1"}},
                    "address": "remote", "user": "user", "session": "cid"}],
        "examples": [{"message": "l=info m=denied remote=192.0.2.1 user=\"a b\" cid=7", "event": "denied",
                      "address": "192.0.2.1"}]}}
POLICY = {"ignoreself": False, "ignoreip": ["192.0.2.0/24", "2001:db8:ffff::/48"],
          "defaults": {"maxretry": 2, "networks": {"hosts": 2}},
          "jails": {"gate": {"mode": "aggressive", "maxusers": 2, "targets": {"hosts": 2}}, "door": {"repeat_weight": 0}}}
LINES = [("gate", line) for line in [
    "hello from=198.51.100.7 session=a", "denied user=alice from=198.51.100.7 session=a",
    "denied user=bob from=198.51.100.7 session=a", "denied user=bob from=198.51.100.8",
    "denied user=carol from=198.51.100.8", "denied user=carol from=198.51.100.8", "refused from=2001:db8::1",
    "denied user=x from=192.0.2.7", "nothing of all this"]] + [("door", line) for line in [
        'l=info m=denied remote=203.0.113.9 user="a b" cid=7', "l=info m=refused remote=203.0.113.9 user=c cid=7",
        "m=denied x=1 remote=203.0.113.9"]]


def entries():
    for number, (unit, line) in enumerate(LINES):
        yield {"__REALTIME_TIMESTAMP": str(1700000000 * crash.US + number * crash.US), "_BOOT_ID": crash.BOOT,
               "__MONOTONIC_TIMESTAMP": str(1000 + number), "_SYSTEMD_UNIT": f"{unit}.service", "_UID": "0",
               "SYSLOG_IDENTIFIER": "gate", "MESSAGE": line}


def write(folder):
    for sub in ("config/rules.d", "rules", "journal"):
        (folder / sub).mkdir(parents=True)
    (folder / "config/banish.json").write_text("// of the test\n" + json.dumps(POLICY))
    for name, rule in RULES.items():
        (folder / f"config/rules.d/{name}.json").write_text(json.dumps(rule))
    out = "".join("".join(f"{name}={value}\n" for name, value in entry.items()) + "\n" for entry in entries())
    subprocess.run([crash.REMOTE, "-o", folder / "journal/some.journal", "--split-mode=none", "-"], input=out.encode(),
                   check=True, stderr=subprocess.PIPE)


def command(verb, folder):
    """(the words, stdin)"""
    more = {"check": [], "test": [], "replay": ["--json", "--directory", folder / "journal"]}[verb]
    lines = "\n".join(map(json.dumps, entries())) if verb == "test" else ""
    return [crash.BANISH, verb, "--config", folder / "config", "--rules", folder / "rules", *more], lines.encode()


def call(verb, folder, at):
    """(exit status, stdout, stderr), with the allocation of that number failing; 0: none, and how many there are."""
    words, lines = command(verb, folder)
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "LD_PRELOAD": str(crash.SHIM), "CRASH_ONLY": ALLOCATIONS,
           "CRASH_AT": str(at), "CRASH_MODE": str(errno.ENOMEM)}
    if at == 0:
        env["CRASH_LOG"] = str(folder / "calls")
    done = subprocess.run(words, input=lines, env=env, capture_output=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def fault_of(wanted, got):
    """None, or what is wrong with it."""
    (code, out, err), (want_code, want_out, want_err) = got, wanted
    if code == -6 and LIBSYSTEMD.search(err):
        return None
    if code < 0:
        return f"dies by signal {-code}"
    if (code, out, err) == (want_code, want_out, want_err):
        return None
    if not SAID.search(err):
        return f"exit {code}, another answer, and no word of memory: {err.decode(errors='replace')[-200:]!r}"
    same = code == want_code and (out == want_out or b"such as" in err)
    return None if code == 1 or same else f"exit {code}: {err.decode(errors='replace')[-200:]!r}"


def verb_point(task):
    verb, folder, at, wanted = task
    fault = fault_of(wanted, call(verb, folder, at))
    return verb, at, fault and [fault]


def run_point(task):
    verb, scenario, at, wanted = task
    played = crash.play(scenario, crash.Harm(at, str(errno.ENOMEM), ALLOCATIONS, patient=True), wanted)
    fine = {0, 1, -6} if LIBSYSTEMD.search(played.stderr) else {0, 1}
    codes = [f"exit {code}: {played.stderr[-300:]!r}" for code in played.codes if code not in fine]
    said = set(wanted.bans) ^ set(played.bans)
    codes += [f"ban entries that differ: {said}"] if said and not played.faults else []
    return verb, at, codes + [str(fault) for fault in played.faults]


def points(n_calls, every, first):
    return range(first, n_calls + 1, every)


def prepare(verb, pool, folder):
    """(how many allocations there are, the function for a point, its first argument, what is wanted)"""
    if verb == "run":
        wanted = pool.apply(crash.play, ("life", crash.Harm(only=ALLOCATIONS, patient=True)))
        assert not wanted.faults, wanted.faults
        return len(wanted.calls), run_point, "life", wanted
    wanted = call(verb, folder, 0)
    n_calls = (folder / "calls").read_bytes().count(b"\n")
    (folder / "calls").unlink()
    return n_calls, verb_point, folder, wanted


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--verbs", default="check,test,replay,run")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--last", type=int, default=10 ** 9)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    n_bad = collections.Counter()
    with tempfile.TemporaryDirectory() as name, \
            multiprocessing.get_context("fork").Pool(options.jobs, crash.namespaces) as pool:
        folder = pathlib.Path(name)
        write(folder)
        for verb in options.verbs.split(","):
            n_calls, point, first, wanted = prepare(verb, pool, folder)
            tasks = [(verb, first, at, wanted) for at in points(min(n_calls, options.last), options.every, options.first)]
            print(f"{verb}: {n_calls} allocations", flush=True)
            where = collections.defaultdict(list)
            for _, at, faults in pool.imap(point, tasks, chunksize=4):
                n_bad[verb] += bool(faults)
                for fault in faults or []:
                    where[fault].append(at)
            for fault, at in where.items():
                print(f"  {len(at)} from {at[0]} to {at[-1]}: {fault}", flush=True)
            print(f"{verb}: {len(tasks)} points, {n_bad[verb]} bad", flush=True)
    return 1 if n_bad.total() else 0


if __name__ == "__main__":
    sys.exit(main())
