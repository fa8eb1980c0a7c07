#!/usr/bin/python3
"""Random streams through the engine and through the model: the same decisions, whole and cut at random points.

    run.py STREAM [--seeds N] [--seed S]

STREAM is the built driver (test/unit/stream). Every fault names its seed; --seed runs that one and shows the stream."""

import argparse
import ipaddress
import json
import os
import subprocess
import sys
import tempfile

from lines import address_of
from model import Model
from streams import Stream

SAID = {
    "ban": "ban {time_usec} {until_usec} {jail} {event} {address} {prefix} {failures} {offence} {cursor}",
    "breaker open": "breaker {time_usec} {jail} {event} {address} {prefix} {failures} {count} {cursor}",
    "breaker closed": "breaker-closed {time_usec} {jail} {count}",
    "target": "target {time_usec} {jail} {event} {prefix} {user} {hosts} {cursor}",
    "end-ban": "end-ban {jail} {prefix}",
    "private": "private {time_usec} {jail} {prefix}"}


def said(decision):
    """As the driver says it."""
    words = SAID[" ".join([decision["action"], *[decision[key] for key in ["state"] if key in decision]])]
    return (words + (" {users} users" if "users" in decision else "")).format(**decision).replace(" None ", " null ")


def play_model(stream):
    """What the model says; puts into the stream whom a hand is about."""
    model = Model(stream.policy, stream.rules, spares_private=stream.spares)
    out, n_entries = [], 0
    for word in stream.words:
        if word[0] == "entry":
            n_entries += 1
            unit, _, machine = word[2].encode().partition(b"@")
            fields = {"_SYSTEMD_UNIT": [unit], "MESSAGE": [word[3].encode()], "_MACHINE_ID": [machine]}
            out += map(said, model.feed(word[1], fields, f"s=test;i={n_entries:x}"))
            continue
        if word[0] == "hear":
            out += map(said, model.hear(*word[1:]))
            continue
        jail = model.by_name(word[2])
        if word[0] == "ban":
            address = address_of(word[3].encode())
            word[3] = word.pop(4) and jail.network(address) or jail.offender(address)
            model.ban(word[1], jail, word[3], word[4])
        else:   # someone whom it has banned, or no one
            bans = jail.bans
            word[3] = bans[int(word[3] * len(bans))].prefix if bans else ipaddress.ip_network("198.51.100.1/32")
            out.append(f"unban {int(model.unban(word[1], jail, word[3]))}")
    return out, f"end {model.failures} {model.prevented} {model.lost}"


def play_engine(driver, files, text, seed):
    result = subprocess.run([driver, seed, *files], input=text, capture_output=True, text=True)
    if result.returncode != 0:
        return [f"driver failed: {result.stderr}"], ""
    *decisions, end = result.stdout.splitlines()
    return decisions, end


def without_private(decisions):
    """Who was warned of is not remembered over a stop longer than it takes to be read again."""
    return [decision for decision in decisions if not decision.startswith("private ")]


def check_seed(driver, seed, folder, verbose):
    """(what differs: which stream, its text, what the engine and what the model said; number of decisions)"""
    stream = Stream(seed)
    files = []
    for name, tree in [("policy", stream.policy), *((rule["name"], rule) for rule in stream.rules)]:
        files.append(os.path.join(folder, f"{name}.json"))
        with open(files[-1], "w") as file:
            json.dump(tree, file)
    wanted, end = play_model(stream)
    whole = stream.text(False)
    if verbose:
        print(*(open(file).read() for file in files), whole, *wanted, end, sep="\n")
    for hash_seed in "one", "another":
        got, engine_end = play_engine(driver, files, whole, hash_seed)
        if (got, engine_end) != (wanted, end):
            return ("whole", whole, got + [engine_end], wanted + [end]), len(wanted)
    wanted = without_private(wanted)
    for _ in range(0 if stream.kind == "wild" else 2):
        cut = stream.text(True)
        got = without_private(play_engine(driver, files, cut, "one")[0])
        if got != wanted:
            return ("cut", cut, got, wanted), len(wanted)
    return None, len(wanted)


def show(seed, fault, verbose):
    kind, text, got, wanted = fault
    print(f"seed {seed}: {kind}: the engine decides otherwise than the model")
    for i in range(max(len(got), len(wanted))):
        a, b = (lines[i] if i < len(lines) else "-" for lines in (got, wanted))
        if a != b:
            print(f"  decision {i}:\n    engine {a}\n    model  {b}")
            break
    if verbose:
        print(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("driver")
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds) if options.seed is None else [options.seed]
    n_bad = n_decisions = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            fault, n = check_seed(options.driver, seed, folder, options.seed is not None)
            n_decisions += n
            if fault:
                n_bad += 1
                show(seed, fault, options.seed is not None)
            if n_bad >= 5:
                break
    print(f"seeds {seeds[0]} to {seeds[-1]}: {n_decisions} decisions, {n_bad} streams differ")
    if not n_bad and n_decisions < 2 * len(seeds) and options.seed is None:
        print("too few decisions to show anything")
        return 1
    return 1 if n_bad else 0


if __name__ == "__main__":
    sys.exit(main())
