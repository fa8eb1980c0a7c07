#!/usr/bin/python3
"""Random journals through `banish replay`, against the model of test/model.

usage: run.py BANISH [--seed N] [--seeds N] [--keep DIR] [--cuts PROGRAM]
"""

import argparse
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

from make import BOOT, START, US, Case, together
from model import Model

REMOTE = "/lib/systemd/systemd-journal-remote"
SKIP = 77
CUTS = 8   # readings in pieces of each journal
NUMBERING = bytes(range(1, 17))


def export(entries, back=lambda time: 0):
    """`back`: how much the clock is behind what it was at first, by what it was."""
    out = []
    for time, fields in entries:
        out.append(b"__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\n" %
                   (time - back(time), time - START + 10 ** 6 * US, BOOT.encode()))
        for name, value in fields:
            if b"\n" in value:
                out.append(name.encode() + b"\n" + len(value).to_bytes(8, "little") + value + b"\n")
            else:
                out.append(name.encode() + b"=" + value + b"\n")
        out.append(b"\n")
    return b"".join(out)


def tell(command, **kwargs):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ends with {done.returncode}: {done.stderr.decode()}")
    return [json.loads(line) for line in done.stdout.decode().split("\n") if line]


def write(case, folder):
    for sub in ("config/rules.d", "rules", "journal"):
        os.makedirs(os.path.join(folder, sub))
    with open(f"{folder}/config/banish.json", "w") as file:
        json.dump(case.policy, file, indent=1)
    for rule in case.rules:
        with open(f"{folder}/config/rules.d/{rule['name']}.json", "w") as file:
            json.dump(rule, file, indent=1)
    for number, entries in enumerate(case.files):
        if entries:
            subprocess.run([REMOTE, "-o", f"{folder}/journal/{number}.journal", "--split-mode=none", "-"],
                           input=export(entries), check=True, stderr=subprocess.PIPE)


def expected(case, folder):
    """The journal as libsystemd orders it, through the model."""
    model = Model(case.policy, case.rules)
    decisions = []
    for read in tell(["journalctl", "--directory", f"{folder}/journal", "-o", "json",
                      "--output-fields=X_MARK", "--no-pager", "-q", *case.span]):
        time, fields = case.entries[int(read["X_MARK"])]
        decisions += model.feed(time, together(fields), read["__CURSOR"])
    return decisions + [model.summary()]


def replayed(banish, case, folder, *options):
    command = [banish, "replay", "--json", "--config", f"{folder}/config", "--rules", f"{folder}/rules", *options]
    if len(case.files) == 1:
        command += ["--file", f"{folder}/journal/0.journal"]
    else:
        command += ["--directory", f"{folder}/journal"]
    # who of those banned logged in, too, the model does not know
    return [line for line in tell(command + case.span) if line.get("action") not in ("login", "logins")]


def first(value):
    return value[0] if isinstance(value, list) else value


def asked(banish, case, folder):
    """(what the model, what `banish test` says of each entry)"""
    read = subprocess.run(["journalctl", "--directory", f"{folder}/journal", "-o", "json", "--all",
                           "--no-pager", "-q"], stdout=subprocess.PIPE, check=True).stdout
    # of other fields than MESSAGE `banish test` knows texts only
    lines = [line for line in read.split(b"\n") if line and isinstance(
        first(json.loads(line).get("X_DETAIL", "")), str)]
    mode = ["--mode", case.mode] if case.mode else []
    answers = tell([banish, "test", "--json", "--config", f"{folder}/config", "--rules",
                    f"{folder}/rules", *mode], input=b"\n".join(lines))
    model = Model(case.policy, case.rules, case.mode)
    wanted = []
    for line in lines:
        time, fields = case.entries[int(json.loads(line)["X_MARK"])]
        wanted.append(model.answer(time, together(fields)))
    return wanted, answers


def difference(wanted, got):
    """None, or the first place where they differ, in words."""
    for answer in wanted + got:     # an empty user is one; of a long one a session keeps a part
        if "user" in answer:
            answer["user"] = (answer["user"] or "")[:200]
    for number, (want, have) in enumerate(zip(wanted, got)):
        keys = [key for key in want if key != "entries" and have.get(key) != want[key]]
        if keys:
            return (f"answer {number} differs in {' '.join(keys)}\n"
                    f"  model:  {json.dumps(want)}\n  banish: {json.dumps(have)}")
    if wanted and len(wanted) == len(got) and got[-1].get("entries", 0) < wanted[-1].get("entries", 0):
        return f"only {got[-1]['entries']} entries read, rules in force select {wanted[-1]['entries']}"
    if len(wanted) != len(got):
        return f"model answers {len(wanted)} times, banish {len(got)} times"
    return None


def renumber(path, numbers):
    """Gives the entries of a file these numbers of a common numbering."""
    with open(path, "r+b") as file:
        journal = bytearray(file.read())

        def put(place, number):
            struct.pack_into("<Q", journal, place, number)
        journal[72:88] = NUMBERING
        put(160, numbers[-1])
        put(168, numbers[0])
        place = struct.unpack_from("<Q", journal, 88)[0]
        end = struct.unpack_from("<Q", journal, 136)[0]     # where the last object begins
        left = iter(numbers)
        while place <= end:
            if journal[place] == 3:                         # an entry
                put(place + 16, next(left))
            place += (struct.unpack_from("<Q", journal, place + 8)[0] + 7) & ~7
        file.seek(0)
        file.write(journal)


def write_files(case, folder, dice, back=lambda time: 0):
    """The entries once more, some of them in files that were rotated. From systemd 254 on the files of users
    have numbers of the same numbering, too."""
    os.makedirs(folder)
    common = dice.random() < 0.5
    numbers = {id(entry): number for number, entry in enumerate(
        sorted((entry for entries in case.files for entry in entries), key=lambda entry: entry[0]), 1)}
    for number, entries in enumerate(case.files):
        entries = sorted(entries, key=lambda entry: entry[0])
        rotated = number == 0 or (common and dice.random() < 0.5)
        cuts = sorted(dice.sample(range(len(entries) + 1), min(dice.randrange(6), len(entries)) if rotated else 0))
        for at, until in zip([0] + cuts, cuts + [len(entries)]):
            if at == until:
                continue
            path = f"{folder}/{number}-{at}.journal"
            subprocess.run([REMOTE, "-o", path, "--split-mode=none", "-"], input=export(entries[at:until], back),
                           check=True, stderr=subprocess.PIPE)
            if common:
                renumber(path, [numbers[id(entry)] for entry in entries[at:until]])
            elif number == 0:
                renumber(path, range(at + 1, until + 1))


def write_stepped(case, seed, folder):
    """The same, while the clock is set back now and then."""
    dice = random.Random(seed)
    times = [time for time, _ in case.entries]
    span = max(times) - min(times)
    steps = [(dice.choice(times), dice.randrange(span // 2 + 1)) for _ in range(dice.choice([1, 1, 2, 4]))]
    write_files(case, folder, dice, lambda time: sum(step for at, step in steps if time >= at))


def cut(program, case, seed, folder):
    """None, or where reading it in pieces differs from reading it at once."""
    write_stepped(case, seed, f"{folder}/stepped")
    write_files(case, f"{folder}/rotated", random.Random(seed))
    journals = [["stepped", "whole"], ["rotated"]]
    # where the entries themselves step back, so does the clock of the boot here, which no kernel lets
    # happen and by which libsystemd finds a cursor in files that number by themselves
    if all(entries == sorted(entries, key=lambda entry: entry[0]) for entries in case.files):
        journals.append(["journal"])
    for journal, *how in journals:
        done = subprocess.run([program, f"{folder}/config", f"{folder}/rules", f"{folder}/{journal}", str(seed),
                               str(CUTS), *how], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            return f"{journal} cut (ends with {done.returncode}): {done.stdout.decode(errors='replace')}"
    return None


def compare(banish, case, folder):
    """(what differs or None, number of bans)"""
    write(case, folder)
    try:
        wanted = expected(case, folder)
        fault = difference(wanted, replayed(banish, case, folder))
        if not fault and not case.repeats:  # bans of others stand between one line and the next
            fault = difference(*asked(banish, case, folder))
            fault = fault and f"`banish test {case.mode}`: {fault}"
        return fault, len(wanted) - 1
    except RuntimeError as error:
        return str(error), 0


def shrink(banish, case):
    """Leave out what is not needed to differ."""
    step = max(1, len(case.entries) // 2)
    while step:
        at = 0
        while at < len(case.entries):
            less = case.without(at, step)
            with tempfile.TemporaryDirectory() as folder:
                if less.entries and compare(banish, less, folder)[0]:
                    case = less
                else:
                    at += step
        step //= 2
    return case


def report(options, seed, case, fault):
    print(f"seed {seed}: {fault}")
    if options.keep:
        case = shrink(options.banish, case)
        folder = f"{options.keep}/{seed}"
        shutil.rmtree(folder, ignore_errors=True)
        print(f"  the least of it, in {folder}: {compare(options.banish, case, folder)[0]}")
        for time, fields in case.entries:
            print(f"    {time - START}", *(f"{name}={value[:200]}" for name, value in fields))
    sys.stdout.flush()


def ask(parser):
    """The options, of which `cases` are the seeds."""
    parser.add_argument("banish")
    parser.add_argument("--seed", type=int, help="of the first case")
    parser.add_argument("--seeds", type=int, default=30, help="how many cases")
    options = parser.parse_args()
    if not os.path.exists(REMOTE):
        print("no systemd-journal-remote here")
        sys.exit(SKIP)
    first = random.randrange(1 << 30) if options.seed is None else options.seed
    print(f"--seed {first} --seeds {options.seeds}", flush=True)
    options.cases = range(first, first + options.seeds)
    return options


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", help="leave the least that differs in this folder")
    parser.add_argument("--cuts", help="the program that reads each journal in pieces, too")
    options = ask(parser)
    bans = wrong = 0
    for seed in options.cases:
        case = Case(seed)
        with tempfile.TemporaryDirectory() as folder:
            fault, decided = compare(options.banish, case, folder)
            if not fault and options.cuts:
                fault = cut(options.cuts, case, seed, folder)
        bans += decided
        if fault:
            wrong += 1
            report(options, seed, case, fault)
    print(f"{options.seeds} journals, {bans} bans, {wrong} differ")
    return 1 if wrong or not bans else 0


if __name__ == "__main__":
    sys.exit(main())
