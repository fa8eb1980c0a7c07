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
    # more, of another one, half an hour late; what would be over is only remembered, as of a day without a hub
    b.bans("203.0.113.72", age=1800)
    assert 1780 < fleet.wait_banned("fleet4", "203.0.113.72")["expires"] <= 1800
    b.bans("203.0.113.73", age=86400)
    assert "already expired" in fleet.wait_entry("ban", address="203.0.113.73")["MESSAGE"]
    b.bans("2001:db8:5::7")
    fleet.wait_banned("fleet6", "2001:db8:5::")
    # by hand there
    b.send(b.entry("unban", "203.0.113.71"))
    fleet.wait_gone("fleet4", "203.0.113.71")
    assert "on another host" in fleet.wait_entry("unban", jail="fleet", address="203.0.113.71")["MESSAGE"]
    why = fleet("why", "203.0.113.72", check=False).stdout
    assert "banned in jail fleet as 203.0.113.72/32" in why
    assert f"b said so; there: journalctl --cursor=\"s={b.id}" in why
    heard(fleet, "a", 1)
    heard(fleet, "b", 4)
    status = fleet("status", check=False).stdout
    assert "\nfleet     a: heard " in status and "          b: heard " in status and "4 taken, 0 refused\n" in status
    told = [json.loads(line) for line in fleet("status", "--json", check=False).stdout.splitlines()]
    assert [(one["member"], one["taken"], one["refused"]) for one in told if one["what"] == "member"] == [
        ("a", 1, 0), ("b", 4, 0)]
    metrics = fleet("status", "--prometheus", check=False).stdout
    for text in 'taken_total{member="b"} 4', 'refused_total{member="b"} 0', 'lag_seconds{member="b"} ', \
            'heard_timestamp_seconds{member="a"} ':
        assert "\nbanish_member_" + text in metrics
    told = [json.loads(line) for line in fleet("report", "--json").stdout.splitlines()]
    assert [(one["member"], one["bans"]) for one in told if one["what"] == "member"] == [("b", 3), ("a", 1)]
    fleet.settle()
    assert sorted(machine.elements("fleet4")) == ["203.0.113.72"]
    assert len(fleet.entries("ban")) == 4 + 1
    assert not fleet.warnings()


def test_a_forging_member_can_have_others_banned_by_our_policy_and_nothing_else(machine, fleet):
    fleet.begin(ignoreip=["203.0.113.99"],
                jails={**JAIL, "dovecot": {"maxretry": 1}, "fleet": {"maxretry": 1, "maxbans": {"count": 20}}})
    evil = Member(machine, "evil")
    # our own jail's decision stays
    machine.mox("203.0.113.80")
    fleet.wait_banned("mox4", "203.0.113.80")
    evil.bans("203.0.113.80")
    fleet.wait_banned("fleet4", "203.0.113.80")
    evil.send(evil.entry("unban", "203.0.113.80"), evil.entry("unban", "203.0.113.80", BANISH_JAIL="mox"))
    fleet.wait_gone("fleet4", "203.0.113.80")
    assert list(machine.elements("mox4")) == ["203.0.113.80"]
    # ignored, own, private, of nobody; and a prefix of everybody is one host of ours
    evil.bans("203.0.113.99", "203.0.113.1", "192.168.7.7", "10.0.0.1", "127.0.0.1", "0.0.0.0", "224.0.0.1", "::1")
    evil.bans("203.0.113.81", BANISH_PREFIX="0.0.0.0/0", BANISH_BANTIME_USEC="infinity", BANISH_UNTIL_USEC="infinity")
    assert 3590 < fleet.wait_banned("fleet4", "203.0.113.81")["expires"] <= 3600
    # no line of another service, wherever it says that it comes from
    failed = "imap-login: Disconnected (auth failed, 9 attempts in 9 secs): user=<a>, method=PLAIN, " \
             "rip=203.0.113.82, lip=203.0.113.1, TLS"
    evil.send(evil.entry("ban", "203.0.113.82", _SYSTEMD_UNIT="dovecot.service", SYSLOG_IDENTIFIER="dovecot",
                         MESSAGE=failed),
              evil.entry("ban", "203.0.113.82", _SYSTEMD_UNIT=None), evil.entry("heal", "203.0.113.82"),
              evil.entry("ban", "203.0.113.82", BANISH_JAIL="fleet"))
    # what makes no sense, is too old or too new, or was told
    replayed = evil.entry("ban", "203.0.113.83")
    evil.send(replayed, replayed, evil.entry("ban", "203.0.113.84", BANISH_ADDRESS="203.0.113"),
              evil.entry("ban", "203.0.113.84", BANISH_PREFIX="1" * 100_000),
              evil.entry("ban", "203.0.113.84", BANISH_TRIGGER_CURSOR="s=\x1b[31m"),
              evil.entry("ban", "203.0.113.84", BANISH_TRIGGER_CURSOR=None),
              evil.entry("ban", "203.0.113.84", BANISH_TIME_USEC="9" * 30),
              evil.entry("ban", "203.0.113.84", age=8 * 86400), evil.entry("ban", "203.0.113.84", age=-86400))
    fleet.wait_banned("fleet4", "203.0.113.83")
    # a clock that is a little ahead
    evil.bans("203.0.113.85", age=-300)
    assert 3500 < fleet.wait_banned("fleet4", "203.0.113.85")["expires"] <= 3600
    # no more than maxbans, whatever comes
    evil.bans(*(f"198.51.100.{i}" for i in range(100)))
    fleet.wait_entry("breaker", jail="fleet", state="open")
    fleet.settle()
    assert sorted(set(machine.elements("fleet4")) - {f"198.51.100.{i}" for i in range(100)}) == [
        "203.0.113.81", "203.0.113.83", "203.0.113.85"]
    assert len(machine.elements("fleet4")) == 20 - 1
    assert machine.elements("dovecot4") == {} and machine.elements("fleet6") == {}
    assert machine.outcome("203.0.113.82", timeout=2) != "timeout"
    assert len([text for text in fleet.warnings() if "entries are refused" in text]) == 3    # once a reason
    heard(fleet, "evil", 114, other=3, echo=1, malformed=5, ahead=1, old=1, again=1)


def test_who_floods_does_not_hold_up_the_others(machine, fleet):
    evil, good = Member(machine, "evil"), Member(machine, "good")
    good.bans("203.0.113.70")
    fleet.wait_banned("fleet4", "203.0.113.70")
    fleet.stop()
    evil.bans(*(f"198.18.{i // 250}.{i % 250}" for i in range(3000)))
    good.bans("203.0.113.71")
    fleet.start()
    assert lab.eventually(lambda: len(machine.elements("fleet4")) == 3002, seconds=20)
    heard(fleet, "evil", 3000)
    heard(fleet, "good", 2)
    # they take turns: not many of the flood came first
    bans = {change["ban"]["address"]: change["ban"]["id"] for line in machine.output("cat", "/var/lib/banish/state").splitlines()
            for change in json.loads(line)["changes"] if "ban" in change}
    assert bans["203.0.113.71"] - bans["203.0.113.70"] < 1000


def test_a_quorum_asks_for_two_hosts(machine, fleet):
    fleet.begin(jails={"fleet": {"maxretry": 99, "maxusers": 2}})
    a, b = Member(machine, "a"), Member(machine, "b")
    a.bans("203.0.113.71", "203.0.113.71", "203.0.113.72")
    fleet.restart()
    fleet.settle()
    assert machine.elements("fleet4") == {}
    b.bans("203.0.113.71", age=60)
    fleet.wait_banned("fleet4", "203.0.113.71")
    assert fleet.wait_entry("ban", jail="fleet")["BANISH_USERS"] == "2"
    # an unban by hand here leaves nothing behind, nor what is late
    assert "no longer banned in jail fleet" in fleet("unban", "203.0.113.71").stdout
    fleet.wait_entry("unban", jail="fleet")
    a.bans("203.0.113.71", age=30)
    b.bans("203.0.113.71", age=30)
    fleet.settle()
    time.sleep(0.3)
    assert machine.elements("fleet4") == {}


def test_files_come_and_go_and_each_entry_counts_once(machine, fleet):
    a, own = Member(machine, "a"), Member(machine, "clone")
    file = f"{REMOTE}/remote-a.journal"
    a.bans("203.0.113.71")
    fleet.wait_banned("fleet4", "203.0.113.71")
    # rotated, as journal-remote does it; what was in flight comes into the new one
    machine.run("mv", file, f"{REMOTE}/remote-a@{'0' * 31}1-0000000000000001-0000000000000001.journal")
    a.bans("203.0.113.72", age=7200, BANISH_TIME_USEC=int(time.time() * 1e6))
    fleet.wait_banned("fleet4", "203.0.113.72")
    # removed while it was away, and told again from the beginning: a hub that was made anew
    again = a.entry("ban", "203.0.113.73")
    a.send(again)
    fleet.wait_banned("fleet4", "203.0.113.73")
    fleet.stop()
    machine.shell(f"rm {REMOTE}/*")
    a.send(again, a.entry("ban", "203.0.113.74", age=60))
    fleet.start()
    fleet.wait_banned("fleet4", "203.0.113.74")
    # damaged: its readable part and the next file
    machine.shell(f"mv {file} {REMOTE}/remote-a@1-2.journal~; head -c 100 /dev/urandom >{file}")
    time.sleep(0.5)
    machine.shell(f"rm {file}")
    a.bans("203.0.113.75")
    fleet.wait_banned("fleet4", "203.0.113.75")
    # a host with our own machine id
    own.id = machine.output("cat", "/etc/machine-id").strip()
    own.bans("203.0.113.76")
    assert "member clone: entries are refused (own, 1 so far)" in fleet.wait_message("LOG_FLEET")
    # a name that is none, and what is no journal
    machine.shell(f"cp {REMOTE}/remote-clone.journal '{REMOTE}/remote-x y.journal'; echo >{REMOTE}/remote-z.journal")
    fleet.settle()
    assert sorted(machine.elements("fleet4")) == [f"203.0.113.7{i}" for i in range(1, 6)]
    bans = [entry["BANISH_ADDRESS"] for entry in fleet.entries("ban") if entry["BANISH_JAIL"] == "fleet"]
    assert sorted(bans) == [f"203.0.113.7{i}" for i in range(1, 6)]
    # without the folder: said once, and heard as soon as it is there
    machine.run("mv", REMOTE, REMOTE + ".away")
    assert lab.eventually(lambda: any("cannot be watched" in text for text in fleet.warnings()))
    machine.run("mv", REMOTE + ".away", REMOTE)
    a.bans("203.0.113.77")
    fleet.wait_banned("fleet4", "203.0.113.77", seconds=12)


def test_killed_anywhere_it_takes_each_once(machine, fleet):
    members = [Member(machine, name) for name in "abc"]
    addresses = [f"198.18.{i // 50}.{i % 50 + 1}" for i in range(300)]
    for i in range(0, 300, 20):
        for k, member in enumerate(members):
            member.bans(*addresses[i + k:i + 20:3])
        machine.shell("systemctl kill -s KILL banish; systemctl reset-failed banish; systemctl start banish")
    assert lab.eventually(lambda: len(machine.elements("fleet4")) == 300, seconds=20), len(machine.elements("fleet4"))
    for member in members:
        member.send(*(member.entry("unban", address) for address in addresses[:30]))
    machine.shell("systemctl kill -s KILL banish; systemctl reset-failed banish; systemctl start banish")
    assert lab.eventually(lambda: len(machine.elements("fleet4")) == 270, seconds=20)
    fleet.settle()
    for action, n in ("ban", 300), ("unban", 30):
        entries = [entry for entry in fleet.entries(action) if entry["BANISH_JAIL"] == "fleet"]
        assert len([entry for entry in entries if "BANISH_AGAIN" not in entry]) <= n
        assert len({entry["BANISH_ADDRESS"] for entry in entries}) == n
        assert all(entry.get("BANISH_OFFENCE", "1") == "1" for entry in entries)
    fleet.stop()
    assert sum(member_of(fleet, name)["taken"] for name in "abc") == 300 + 3 * 30
    assert all(member_of(fleet, name)["refused"] == {} for name in "abc")


NAMESPACE = "systemd-journald@banish-fleet"


@pytest.fixture
def namespace(machine):
    """The socket lives as long as somebody wants it."""
    folder = "/etc/systemd/system/banish.service.d"
    machine.write(f"{folder}/fleet.conf", f"[Unit]\nWants={NAMESPACE}.socket\nAfter={NAMESPACE}.socket\n")
    machine.run("systemctl", "daemon-reload")
    yield
    machine.shell(f"systemctl stop banish; rm {folder}/fleet.conf; systemctl daemon-reload")


def shared(machine, action):
    machine.run("journalctl", "--namespace=banish-fleet", "--sync", check=False)
    lines = machine.output("journalctl", "--namespace=banish-fleet", "--quiet", "--output=json", "BANISH_ACTION=" + action)
    return [(entry["BANISH_JAIL"], entry["BANISH_ADDRESS"]) for entry in map(json.loads, lines.splitlines())
            if entry["_SYSTEMD_UNIT"] == "banish.service"]


def test_what_is_decided_here_gets_to_others(machine, namespace, fleet):
    a = Member(machine, "a")
    fleet.begin(jails=JAIL, fleet={"share": True})
    machine.mox("203.0.113.71")
    a.bans("203.0.113.72")
    fleet.wait_banned("fleet4", "203.0.113.72")
    fleet.wait_banned("mox4", "203.0.113.71")
    fleet("unban", "203.0.113.71")
    fleet.wait_entry("unban", jail="mox")
    assert shared(machine, "ban") == [("mox", "203.0.113.71")]
    assert shared(machine, "unban") == [("mox", "203.0.113.71")]

    # as another machine hears it
    other = secrets.token_hex(16)
    machine.shell(f"""journalctl --namespace=banish-fleet -o export BANISH_ACTION=ban |
        sed "s/^_MACHINE_ID=.*/_MACHINE_ID={other}/" |
        /lib/systemd/systemd-journal-remote -o {REMOTE}/remote-other.journal -""")
    assert fleet.wait_banned("fleet4", "203.0.113.71")
    entry = fleet.wait_entry("ban", jail="fleet", address="203.0.113.71")
    assert entry["BANISH_TRIGGER_CURSOR"] == fleet.wait_entry("ban", jail="mox")["BANISH_TRIGGER_CURSOR"]

    # nobody takes it: said once, and no ban waits for it
    machine.shell(f"systemctl stop {NAMESPACE}.socket {NAMESPACE}.service")
    machine.mox(["203.0.113.73", "203.0.113.74"])
    fleet.wait_banned("mox4", "203.0.113.74")
    machine.mox("203.0.113.75")
    fleet.wait_banned("mox4", "203.0.113.75")
    assert len([text for text in fleet.warnings() if "do not get to other hosts" in text]) == 1
    machine.shell(f"systemctl start {NAMESPACE}.socket")
    machine.mox("203.0.113.76")
    assert lab.eventually(lambda: ("mox", "203.0.113.76") in shared(machine, "ban"))
    assert "bans get to other hosts again" in fleet.messages("LOG_FLEET")
    assert len(shared(machine, "ban")) == 2 and not shared(machine, "adopt")


def test_a_hub_tells_what_its_members_brought(machine, namespace, fleet):
    before = shared(machine, "ban"), shared(machine, "unban")
    a, hub = Member(machine, "a"), Member(machine, "hub")
    fleet.begin(jails=JAIL, fleet={"share": True, "hub": True, "hubs": ["hub"]})
    a.bans("203.0.113.71")
    hub.bans("203.0.113.72", BANISH_JAIL="fleet")
    a.bans("203.0.113.73", BANISH_JAIL="fleet")
    fleet.wait_banned("fleet4", "203.0.113.71")
    fleet.wait_banned("fleet4", "203.0.113.72")
    a.send(a.entry("unban", "203.0.113.71", BANISH_JAIL="fleet"))
    fleet.wait_gone("fleet4", "203.0.113.71")
    fleet.settle()
    bans, unbans = shared(machine, "ban"), shared(machine, "unban")
    assert [ban for ban in bans[len(before[0]):] if ban[0] == "fleet"] == [
        ("fleet", "203.0.113.71"), ("fleet", "203.0.113.72")]
    assert unbans[len(before[1]):] == [("fleet", "203.0.113.71")]
    assert list(machine.elements("fleet4")) == ["203.0.113.72"]
    heard(fleet, "a", 2, echo=1)
