"""Other hosts: what they tell bans here by our own policy, whoever they are and whatever they send."""
import json
import secrets
import time

import pytest

import lab

REMOTE = "/var/log/journal/remote"
JAIL = {"fleet": {"maxretry": 1, "increment": {"factor": 1}}}


class Member:
    """A host whose entries systemd-journal-remote writes into a file of its own."""

    def __init__(self, machine, name):
        self.machine, self.name, self.id = machine, name, secrets.token_hex(16)
        self.boot, self.number, self.before = secrets.token_hex(16), 0, 0

    def entry(self, action, address, age=0.0, **fields):
        """In the export format; `age` in seconds, None removes a field."""
        self.number += 1
        now = int((time.time() - age) * 1e6)
        prefix = f"{address}/{128 if ':' in address else 32}"
        wanted = {
            "__REALTIME_TIMESTAMP": now, "__MONOTONIC_TIMESTAMP": self.number * 1000, "_BOOT_ID": self.boot,
            "_MACHINE_ID": self.id, "_SYSTEMD_UNIT": "banish.service", "MESSAGE": "said", "BANISH_ACTION": action,
            "BANISH_JAIL": "dovecot", "BANISH_ADDRESS": address, "BANISH_PREFIX": prefix, "BANISH_TIME_USEC": now,
            "BANISH_TRIGGER_CURSOR":
                f"s={self.id};i={self.number:x};b={self.boot};m=1;t={now:x};x=1" if action == "ban" else None,
            **fields}
        return "".join(f"{name}={value}\n" for name, value in wanted.items() if value is not None) + "\n"

    def send(self, *entries):
        self.machine.run("/lib/systemd/systemd-journal-remote", "-o", f"{REMOTE}/remote-{self.name}.journal", "-",
                         input="".join(entries))

    def bans(self, *addresses, **fields):
        self.send(*(self.entry("ban", address, **fields) for address in addresses))


@pytest.fixture
def fleet(machine, banish):
    machine.shell(f"rm -rf {REMOTE}; mkdir -p {REMOTE}; chown root:systemd-journal {REMOTE}; chmod 2755 {REMOTE}")
    banish.begin(jails=JAIL)
    return banish


def member_of(guard, name):
    """What the state says of a member, the last."""
    found = None
    for line in guard.machine.output("cat", "/var/lib/banish/state").splitlines():
        for change in json.loads(line)["changes"]:
            if change.get("member", {}).get("name") == name:
                found = change["member"]
    return found


def heard(guard, name, taken=0, **refused):
    """Waits until the state, saved by a stop, says exactly that; starts again."""
    time.sleep(0.3)
    guard.stop()
    member = member_of(guard, name)
    guard.start()
    assert member and (member["taken"], member["refused"]) == (taken, refused), member


def test_what_another_host_banned_is_banned_here(machine, fleet):
    a, b = Member(machine, "a"), Member(machine, "b")
    a.bans("203.0.113.71")
    element = fleet.wait_banned("fleet4", "203.0.113.71")
    assert 3590 < element["expires"] <= 3600
    entry = fleet.wait_entry("ban", jail="fleet", address="203.0.113.71")
    assert entry["BANISH_MEMBER"] == "a" and entry["BANISH_TRIGGER_CURSOR"].startswith("s=" + a.id)
    assert entry["MESSAGE"].startswith("fleet: ban 203.0.113.71/32 for 1h: ban on a, 1 failure, offence 1")
    assert machine.outcome("203.0.113.71", timeout=0.3) == "timeout"
    # more, of another one, half an hour late; what would be over is only remembered
    b.bans("203.0.113.72", age=1800)
    assert 1780 < fleet.wait_banned("fleet4", "203.0.113.72")["expires"] <= 1800
    b.bans("203.0.113.73", age=7200)
    assert "already expired" in fleet.wait_entry("ban", address="203.0.113.73")["MESSAGE"]
    b.bans("2001:db8:5::7")
    fleet.wait_banned("fleet6", "2001:db8:5::")
    # by hand there
    b.send(b.entry("unban", "203.0.113.71"))
    fleet.wait_gone("fleet4", "203.0.113.71")
    assert "on another host" in fleet.wait_entry("unban", jail="fleet", address="203.0.113.71")["MESSAGE"]
    heard(fleet, "a", 1)
    heard(fleet, "b", 4)
    fleet.settle()
    assert sorted(machine.elements("fleet4")) == ["203.0.113.72"]
    assert len(fleet.entries("ban")) == 4 + 1
    assert not fleet.warnings()
