#!/usr/bin/python3
"""`banish run` over random journals that come piece by piece, killed at random moments and started
again: what it said of bans is what an uninterrupted model says, and nothing twice.

usage: killed.py [--seed N] [--seeds N] [--steps]

--steps: only journals whose clock steps back at times. They grow in one file: of several libsystemd
makes one in the order of time.
"""
import argparse
import functools
import json
import multiprocessing
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import crash

sys.path.insert(0, str(crash.TREE / "test/replay"))
import make
import run

HOUR = 3600 * make.US


def recent(seed):
    """The case of that seed, with its last entry in the hour that is now, and whether it is in order of
    time. All bans are remembered: one that is over and forgotten before it is told need not be told."""
    make.START = run.START = 1700000000 * make.US
    case = make.Case(seed)
    times = [at for at, _ in case.entries]
    make.START = run.START = make.START + (time.time_ns() // 1000 - max(times)) // HOUR * HOUR
    case = make.Case(seed)
    case.span = []
    for settings in [case.policy["defaults"], *case.policy["jails"].values()]:
        settings["increment"] = dict(settings.get("increment") or {}, memory="520w")
    return case, times == sorted(times)


def pieces(dice, entries):
    """Cut at random, but between no two of one time: of these libsystemd knows no order."""
    places = [i for i in range(1, len(entries)) if entries[i - 1][0] < entries[i][0]]
    cuts = [0, *sorted(dice.sample(places, min(len(places), dice.choice([2, 5, 9])))), len(entries)]
    return [entries[a:b] for a, b in zip(cuts, cuts[1:])]


def write(folder, world, case):
    policy = dict(case.policy, ignoreself=False)
    (folder / "config/banish.json").write_text(json.dumps(policy))
    (folder / "config/rules.d/gate.json").unlink()
    for rule in case.rules:
        (folder / f"config/rules.d/{rule['name']}.json").write_text(json.dumps(rule))
    # it has read all that was before
    before = min(at for at, _ in case.entries) - 1
    cursor = f"s={crash.BOOT};i=1;b={crash.BOOT};m=1;t={before:x};x=0"
    (folder / "state/state").write_text(json.dumps(
        {"v": 1, "cursor": cursor, "time": before, "changes": []}, separators=(",", ":")) + "\n")
    assert world.folder == folder


def kill(world):
    world.daemon.kill()
    world.daemon.wait()


def told(world):
    """(jail, prefix, until, offence) -> what was said of the ban; twice only if marked so."""
    bans, doubled = {}, []
    for said in world.said:
        if said.get("BANISH_ACTION") != "ban":
            continue
        key = (said["BANISH_JAIL"], said["BANISH_PREFIX"], said["BANISH_UNTIL_USEC"],
               said["BANISH_OFFENCE"])
        if key in bans and "BANISH_AGAIN" not in said:
            doubled.append(key)
        bans[key] = said
    return bans, doubled


def differences(wanted, bans, doubled, wrong):
    """In words; `wrong`: keys of bans that are others than wanted. None: there are none."""
    faults = [f"lost {sorted(wanted.keys() - bans.keys())}", f"too many {sorted(bans.keys() - wanted.keys())}",
              f"twice {doubled}", f"other {wrong}"]
    return "; ".join(fault for fault in faults if not fault.endswith("[]")) or None


def campaign(options, play, what):
    """Plays the seeds of the options; an exit status: 1 if some differ, or nothing was banned or killed."""
    seeds = range(options.seed, options.seed + options.seeds)
    bans = kills = wrong = 0
    with multiprocessing.get_context("fork").Pool(2, crash.namespaces) as pool:
        for seed, (n_bans, n_kills, fault) in zip(seeds, pool.imap(play, seeds)):
            bans, kills, wrong = bans + n_bans, kills + n_kills, wrong + bool(fault)
            if fault:
                print(f"seed {seed}: {fault[:2000]}", flush=True)
    print(f"{options.seeds} {what}, {bans} bans, {kills} kills, {wrong} differ")
    return 1 if wrong or not bans or not kills else 0


def play(seed, steps=False):
    """(number of bans, of kills, what is wrong or None)"""
    case, ordered = recent(seed)
    if ordered == steps:
        return 0, 0, None
    dice, kills = random.Random(seed), 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        world = crash.World(folder, crash.Harm())
        try:
            write(folder, world, case)
            world.start()
            for number, piece in enumerate(pieces(dice, case.entries)):
                made = folder / (f"{number}.journal" if ordered else "journal/all.journal")
                subprocess.run([run.REMOTE, "-o", made, "--split-mode=none", "-"], check=True,
                               input=run.export(piece), stderr=subprocess.PIPE)
                if ordered:
                    made.rename(folder / "journal" / made.name)
                if dice.random() < 0.7:
                    time.sleep(dice.choice([0, 0.002, 0.01, 0.03]) * dice.random())
                    kill(world)
                    kills += 1
                    if dice.random() < 0.7:
                        world.start()
                        time.sleep(dice.choice([0, 0.01, 0.1]) * dice.random())
                if world.daemon.poll() is not None:
                    world.start()
            wanted = {(ban["jail"], ban["prefix"], str(ban["until_usec"] or "infinity"), str(ban["offence"])): ban
                      for ban in run.expected(case, folder) if ban["action"] == "ban"}
            crash.wait(world, lambda: told(world)[0].keys() >= wanted.keys())
            time.sleep(0.1)
            world.stop()
            bans, doubled = told(world)
        finally:
            world.close()
    # of one that is over and is told again the cursor may be forgotten
    wrong = [key for key, ban in wanted.items() if key in bans and
             (bans[key]["BANISH_EVENT"] != ban["event"] or float(bans[key]["BANISH_FAILURES"]) != ban["failures"] or
              bans[key].get("BANISH_TRIGGER_CURSOR", ban["cursor"]) != ban["cursor"])]
    return len(wanted), kills, differences(wanted, bans, doubled, wrong)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--steps", action="store_true")
    options = parser.parse_args()
    print(f"--seed {options.seed} --seeds {options.seeds}" + " --steps" * options.steps, flush=True)
    return campaign(options, functools.partial(play, steps=options.steps), "journals")


if __name__ == "__main__":
    sys.exit(main())
