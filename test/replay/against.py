#!/usr/bin/python3
"""`banish replay --against` over random journals: what a model makes of two replays of one configuration each.

usage: against.py BANISH [--seed N] [--seeds N]
"""

import argparse
import copy
import json
import os
import sys
import tempfile

from make import Case, Dice, make_settings, mend_networks
from run import ask, replayed, tell, write


def other(dice, case):
    """A policy that is the case's, or nearly."""
    policy = copy.deepcopy(case.policy)
    if dice.chance(10):
        return policy
    for settings in [policy["defaults"], *policy["jails"].values()]:
        if dice.chance(50):
            made = make_settings(dice)
            for key in dice.some(sorted(made), 2) if made else []:
                settings[key] = made[key]
    names = sorted(set(policy["jails"]) - {"recidive"})
    if len(names) > 1 and dice.chance(25):
        del policy["jails"][dice.choice(names)]
    mend_networks(policy)
    return policy


def pairs(bans):
    """Of one jail and prefix: (ban of A or None, ban of B or None), as the manual page says."""
    left = {"a": None, "b": None}
    out = []
    for side, ban in bans:
        beside = "b" if side == "a" else "a"
        if left[side]:
            out.append((side, left[side]))
        left[side] = ban
        before = left[beside]
        if before and (before[0] == ban[0] or (before[0] < ban[1] and ban[0] < before[1])):
            out.append(("both", left["a"], left["b"]))
            left = {"a": None, "b": None}
    return out + [(side, ban) for side, ban in left.items() if ban]


def span(ban):
    return ban["time_usec"], float("inf") if ban["until_usec"] is None else ban["until_usec"]


def expected(a, b, order):
    """What differs, as sorted lines, off the answers of both."""
    keys = {}
    for side, answer in ("a", a), ("b", b):
        for ban in answer:
            if ban["action"] == "ban":
                keys.setdefault((ban["jail"], ban["prefix"]), []).append((order[ban["cursor"]], side, span(ban)))
    out = []
    for key, bans in keys.items():
        # of one entry A comes first, then each in its own order
        for only, *of in pairs([each[1:] for each in sorted(bans, key=lambda each: each[:2])]):
            if only != "both":
                out.append((*key, only, *of[0]))
            elif of[0][0] != of[1][0] or of[0][1] - of[0][0] != of[1][1] - of[1][0]:
                # for good minus anything is for good
                out.append((*key, "both", *of[0], *of[1]))
    return sorted(out)


def told(answer):
    out = []
    for line in answer:
        times = [float("inf") if line[side + end] is None else line[side + end]
                 for side in ("a", "b") if side + "_time_usec" in line for end in ("_time_usec", "_until_usec")]
        out.append((line["jail"], line["prefix"], line["only"], *times))
    return sorted(out)


def check(banish, seed, folder):
    """(fault or None, number of differences)"""
    case, dice = Case(seed), Dice(-seed)
    write(case, folder)
    os.makedirs(f"{folder}/other")
    os.symlink("../config/rules.d", f"{folder}/other/rules.d")
    with open(f"{folder}/other/banish.json", "w") as file:
        json.dump(other(dice, case), file, indent=1)
    one = replayed(banish, case, folder)
    two = replayed(banish, case, folder, "--config", f"{folder}/other")
    *lines, summary = replayed(banish, case, folder, "--against", f"{folder}/other")
    read = tell(["journalctl", "--directory", f"{folder}/journal", "-o", "json", "--output-fields=X_MARK",
                 "--no-pager", "-q"])
    order = {entry["__CURSOR"]: number for number, entry in enumerate(read)}
    wanted = expected(one, two, order)
    if told(lines) != wanted:
        return f"differ:\n  model  {wanted}\n  banish {told(lines)}", len(wanted)
    sums = {"differences": len(wanted), "bans_a": one[-1]["bans"], "bans_b": two[-1]["bans"],
            "only_a": sum(line[2] == "a" for line in wanted), "only_b": sum(line[2] == "b" for line in wanted)}
    if {key: summary[key] for key in sums} != sums:
        return f"sums differ: {sums}, {summary}", len(wanted)
    return None, len(wanted)


def main():
    options = ask(argparse.ArgumentParser())
    differences = wrong = 0
    for seed in options.cases:
        with tempfile.TemporaryDirectory() as folder:
            try:
                fault, n = check(options.banish, seed, folder)
            except RuntimeError as error:
                fault, n = str(error), 0
        differences += n
        if fault:
            wrong += 1
            print(f"seed {seed}: {fault}", flush=True)
    print(f"{options.seeds} journals, {differences} differences, {wrong} wrong")
    return 1 if wrong or not differences else 0


if __name__ == "__main__":
    sys.exit(main())
