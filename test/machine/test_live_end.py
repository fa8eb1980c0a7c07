"""Nothing is lost where the journal is being written: several files at once, new ones, rotations, and
a reader that is killed again and again. test/machine/live-end does the same for long."""
import collections
import json
import os
import random
import secrets
import subprocess
import time

import pytest

import conftest
import lab

ENTRIES = int(os.environ.get("LIVE_ENTRIES", "20000"))
SEED = int(os.environ.get("LIVE_SEED", "0")) or random.randrange(1, 1 << 32)
MAXRETRY = 4 if ENTRIES < 200000 else 20
USERS = 12
FIRST_LINES = 10  # offenders of each new user
READER = str(conftest.BUILD) + "/test/machine/live-reader"

RULE = {
    "name": "written",
    "description": "lines of the writers",
    # of a process that is gone when its lines are read journald knows the unit, but not the slice
    "journal": [{"_SYSTEMD_UNIT": ["root-writer.service", "mox-writer.service", "user-writer.service"]}],
    "ports": ["imaps"],
    "events": [{"name": "refused", "outcome": "failure",
                "pattern": r"^writer: refused (?<address>\S++) "}],
    "examples": [{"message": "writer: refused 192.0.2.9 root 0", "event": "refused",
                  "address": "192.0.2.9"}],
}

# Tells of so many offenders, from this one on, in turn; of each so often; now in a hurry, now at the
# pace at which a reader stands at the end all the time.
WRITER = r"""
import sys, time
name, net, first, offenders, times = sys.argv[1], *map(int, sys.argv[2:])
for k in range(first, first + offenders):
    for i in range(times):
        sys.stdout.write(f"writer: refused {net}.{k >> 16}.{k >> 8 & 255}.{k & 255} {name} {i}\n")
    if k % 1000 >= 200 or k % 20 == 0:
        sys.stdout.flush()
        time.sleep(0.0003)
"""

LAST = "writer: refused 13.0.0.1 root %d" % (MAXRETRY - 1)

# What is found afterwards has to be all there still.
LIMITS = "[Journal]\nRateLimitBurst=0\nSystemMaxFiles=10000\nSystemMaxUse=16G\nSystemKeepFree=1M\n"


class Writers:
    """root and mox at full speed, new users, rotations; a daemon that is killed, or a reader that
    falls behind."""

    def __init__(self, machine):
        self.machine, self.dice, self.deeds = machine, random.Random(SEED), collections.Counter()

    def write(self, unit, user, *arguments):
        self.machine.run("systemd-run", "--quiet", "--collect", f"--unit={unit}", f"--uid={user}",
                         "-p", "LogRateLimitIntervalSec=0", *(["--wait"] if unit == "user-writer" else []),
                         "python3", "/usr/local/lib/writer.py", user, *map(str, arguments))

    def busy(self):
        """As units are told when they end, or as nothing is told where systemd is too busy."""
        return self.machine.run("pgrep", "-f", "lib/writer[.]py", check=False).returncode == 0

    def filed(self):
        """How many of their lines the journal holds, by journalctl."""
        return int(self.machine.shell("""
            journalctl --quiet --output=cat \
                _SYSTEMD_UNIT=root-writer.service _SYSTEMD_UNIT=mox-writer.service \
                _SYSTEMD_UNIT=user-writer.service | grep -c '^writer: ' || true""").stdout)

    def write_all(self, kill):
        # whose journals there are not yet: journald keeps a file once it is there
        names = ["w" + secrets.token_hex(4) for _ in range(USERS)]
        for name in names:
            self.machine.run("useradd", "--no-create-home", name)
        begin = time.monotonic()
        for unit, user in (("root-writer", "root"), ("mox-writer", "mox")):
            self.write(unit, user, 11, 0, ENTRIES // MAXRETRY, MAXRETRY // 2)
        user = 0
        while self.busy() or user < USERS:
            time.sleep(self.dice.uniform(0, 0.3))
            deed = self.dice.choice(("user", "rotate", "kill" if kill else "stall"))
            self.deeds[deed] += 1
            if deed == "user" and user < USERS:
                self.write("user-writer", names[user], 12, user << 8, FIRST_LINES, MAXRETRY)
                user += 1
            elif deed == "kill":
                self.machine.run("systemctl", "kill", "--signal=KILL", "banish.service",
                                 check=False)
            elif deed == "stall":
                self.machine.shell("pkill -STOP live-reader || true; sleep 0.4; pkill -CONT live-reader || true")
            elif deed == "rotate":
                self.machine.run("journalctl", "--rotate")
        # who has written is gone before journald has filed it all
        assert lab.eventually(lambda: self.filed() == self.entries - MAXRETRY, 120, 0.5), self.filed()
        self.write("root-writer", "root", 13, 1, 1, MAXRETRY)
        print(f"{ENTRIES} entries in {time.monotonic() - begin:.1f} s, {dict(self.deeds)}")

    @property
    def entries(self):
        return ENTRIES // MAXRETRY * (MAXRETRY // 2) * 2 + (USERS * FIRST_LINES + 1) * MAXRETRY

    @property
    def offenders(self):
        return ENTRIES // MAXRETRY + USERS * FIRST_LINES + 1


@pytest.fixture
def writers(machine, banish):
    print("LIVE_SEED", SEED)
    machine.write("/usr/local/lib/writer.py", WRITER)
    machine.write("/etc/systemd/journald.conf.d/limits.conf", LIMITS)
    machine.write("/etc/banish/rules.d/written.json", json.dumps(RULE))
    machine.shell("systemctl restart systemd-journald.service")
    banish.forget()
    banish.configure(jails={"written": {"maxretry": MAXRETRY, "findtime": "1d", "bantime": "1d"}})
    yield Writers(machine)
    banish.stop()
    machine.shell("""
        rm -f /etc/systemd/journald.conf.d/limits.conf /etc/banish/rules.d/written.json
        systemctl restart systemd-journald.service""")
    banish.forget()


def decided(machine):
    """prefix -> when the ban began, by the state file."""
    bans = {}
    for line in machine.output("cat", "/var/lib/banish/state").splitlines():
        for change in json.loads(line)["changes"]:
            if "ban" in change:
                bans[change["ban"]["prefix"]] = change["ban"]["since"]
    return bans


def test_a_killed_daemon_decides_what_replay_decides(machine, banish, writers):
    banish.start()
    writers.write_all(kill=True)
    banish.wait_banned("written4", "13.0.0.1", 120)

    told = [json.loads(line) for line in banish("replay", "--json").stdout.splitlines()]
    replayed = {each["prefix"]: each["time_usec"] for each in told if each["action"] == "ban"}
    assert len(replayed) == writers.offenders
    lived = decided(machine)
    lost = sorted(replayed.keys() - lived.keys())
    moved = sorted(prefix for prefix in lived if lived[prefix] != replayed.get(prefix))
    print(f"{len(lost)} bans lost, {len(moved)} at another time")
    assert (lost[:20], moved[:20]) == ([], [])


# "naive" only tells how many are lost without all the care
@pytest.mark.parametrize("manner", ["look", *os.environ.get("LIVE_NAIVE", "").split()])
def test_who_reads_at_the_end_without_a_pause_sees_each_entry_once(machine, writers, tmp_path,
                                                                       manner):
    with open(READER, "rb") as program:
        machine.run("sh", "-euc", "cat >/usr/local/bin/live-reader; chmod +x /usr/local/bin/live-reader",
                    stdin=program)
    rules = machine.output("sh", "-c", "dirname $(find /usr -path '*rules.d/mox.json')").strip()
    # into files: a pipe that is full would let it wait
    with open(tmp_path / "found", "w+") as found, open(tmp_path / "talk", "w+") as talk:
        with subprocess.Popen(
                [lab.HERE / "machine", "run", "timeout", str(60 + ENTRIES // 1000), "live-reader",
                 manner, "/etc/banish", rules, LAST],
                env=machine.environment, stdout=found, stderr=talk) as reader:
            assert lab.eventually(lambda: (tmp_path / "talk").read_text() == "ready\n")
            writers.write_all(kill=False)
        talk.seek(0)
        found.seek(0)
        complaints, found = talk.read(), found.read()
    lines = collections.Counter(line for line in found.splitlines() if line.startswith("writer: "))
    wanted = writers.entries
    doubled = [line for line, n in lines.items() if n > 1]
    firsts = sum(line.startswith("writer: refused 12.") for line in lines)
    print(f"{manner}: {wanted - len(lines)} of {wanted} lost, "
          f"{USERS * FIRST_LINES * MAXRETRY - firsts} of them of new files; {len(doubled)} doubled")
    if manner == "look":
        assert (reader.returncode, complaints) == (0, "ready\n")
        assert len(lines) == wanted and not doubled
