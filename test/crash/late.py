#!/usr/bin/python3
"""A central log host that is killed while it catches up with a server that was away: it decides what it decides
without that, and each entry counts once.

usage: late.py [--seed N] [--seeds N]
"""
import argparse
import json
import random
import subprocess
import sys
import tempfile
import time

import crash
import killed

US = crash.US
# Failures of as many hosts: so catching up takes a moment.
CROWD = 20_000
EVENTS = [{"name": "denied", "pattern": "^denied from=(?<address>[^ ]+)(?: session=(?<session>[^ ]+))?(?: user=(?<user>[^ ]+))?$"}]


class Case:
    """Entries (time, server, message): `before` was read, `after` is what a start finds."""

    def __init__(self, seed, now):
        dice = random.Random(seed)
        self.servers = [f"m{i}" for i in range(dice.choice([2, 3, 4]))]
        late = dice.sample(self.servers, dice.choice([1, 1, len(self.servers) - 1]))
        findtime = dice.choice([60, 300, 600, 1200])
        # no repeat_weight, and one line tells an attempt: else the order may count (banish-fleet(7))
        self.settings = {"maxretry": dice.choice([2, 3, 4, 5]), "findtime": findtime, "maxusers": dice.choice([0, 0, 2, 3]),
                         "bantime": dice.choice([45, findtime, 2 * findtime, 3600]), "maxbans": {"count": 0, "within": 60},
                         "increment": {"factor": dice.choice([1, 2]), "memory": "520w"}}
        hosts = [f"203.0.113.{i}" for i in range(dice.choice([3, 6, 20]))]
        end, span = now - 60 * US, dice.choice([1800, 3600, 6000]) * US
        gone = {name: end - dice.randrange(span // 4, span) for name in late}
        session = dice.choice(["", " session={}"])
        self.before = [(end - span - 30 * US, name, "denied from=192.0.2.1") for name in self.servers]
        self.after = [(end + dice.randrange(50 * US), name, f"denied from={dice.choice(hosts)}{session.format(k)}")
                      for name in self.servers for k in range(20)]
        self.after += [(dice.randrange(gone[name], end), name, f"denied from=10.{k >> 16}.{k >> 8 & 255}.{k & 255}")
                       for name in late for k in range(CROWD)]
        for name in self.servers:
            for _ in range(dice.choice([30, 100, 200])):
                at, host = end - dice.randrange(span), dice.choice(hosts)
                user = f" user={dice.choice('abcd')}" if dice.random() < 0.6 else ""
                (self.after if at > gone.get(name, end) else self.before).append(
                    (at, name, f"denied from={host}{session.format(at)}{user}"))


def send(world, case, entries):
    for number, name in enumerate(case.servers):
        text = "".join(f"__REALTIME_TIMESTAMP={at}\n__MONOTONIC_TIMESTAMP={at % 10 ** 12}\n_BOOT_ID={number:032x}\n"
                       f"_MACHINE_ID={number + 1:032x}\n_SYSTEMD_UNIT=gate.service\nMESSAGE={message}\n\n"
                       for at, server, message in sorted(entries) if server == name)
        subprocess.run([crash.REMOTE, "-o", world.folder / f"journal/remote-{name}.journal", "--split-mode=none", "-"],
                       input=text.encode(), check=True, stderr=subprocess.PIPE)


def taken(world):
    """How many entries of all servers were read, as the state file says."""
    counts = {}
    for line in (world.folder / "state/state").read_text().splitlines():
        for change in json.loads(line)["changes"] if line.endswith("}") else []:
            if "followed" in change:
                counts[change["followed"]["name"]] = change["followed"].get("taken", 0)
    return sum(counts.values())


def read(world, number):
    crash.settle(world)
    world.stop()
    assert taken(world) == number, f"{taken(world)} of {number} entries read"


def follow(case, dice=None):
    """What it said of bans, and how often it was killed in the midst (`dice`: at random moments)."""
    n_before, n_all, kills = len(case.before), len(case.before) + len(case.after), 0
    with tempfile.TemporaryDirectory() as name:
        world = crash.World(name, crash.Harm())
        try:
            (world.folder / "config/banish.json").write_text(json.dumps(
                {"ignoreself": False, "jails": {"gate": case.settings}}))
            (world.folder / "config/rules.d/gate.json").write_text(json.dumps(dict(crash.RULE, events=EVENTS)))
            first = min(case.before)[0] - 1
            (world.folder / "state/state").write_text(json.dumps(
                {"v": 1, "cursor": f"s={crash.BOOT};i=1;b={crash.BOOT};m=1;t={first:x};x=0", "time": first, "changes": [
                    {"followed": {"name": server, "time": first}} for server in case.servers]}, separators=(",", ":")) + "\n")
            send(world, case, case.before)
            world.start()
            read(world, n_before)
            send(world, case, case.after)
            world.start()
            for _ in range(dice.choice([1, 2, 3]) if dice else 0):
                time.sleep(dice.random() * 0.3)
                killed.kill(world)
                kills += n_before < taken(world) < n_all
                world.start()
            read(world, n_all)
            return *killed.told(world), kills
        finally:
            world.close()


def play(seed):
    """(number of bans, of kills in the midst, what is wrong or None)"""
    case = Case(seed, time.time_ns() // 1000)
    wanted, _, _ = follow(case)
    bans, doubled, kills = follow(case, random.Random(seed))
    wrong = [key for key in wanted if key in bans and bans[key]["BANISH_FAILURES"] != wanted[key]["BANISH_FAILURES"]]
    return len(wanted), kills, killed.differences(wanted, bans, doubled, wrong)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--seeds", type=int, default=50)
    options = parser.parse_args()
    print(f"--seed {options.seed} --seeds {options.seeds}", flush=True)
    return killed.campaign(options, play, "cases")


if __name__ == "__main__":
    sys.exit(main())
