"""From a wrong password to a closed door, and who is never shut out."""
import json
import re
import time

import pytest

import lab

HOUR = 3600


def test_five_wrong_passwords_ban_one_address_for_an_hour(machine, guard, code):
    done = machine.attack("203.0.113.30", attempts=4, parallel=True)
    machine.wait_for(4, "rip=203.0.113.30,")
    guard.settle()
    assert done["outcomes"] == ["refused"] * 4
    assert machine.elements("dovecot4") == {}

    assert machine.outcome("203.0.113.30") == "refused"
    element = guard.wait_banned("dovecot4", "203.0.113.30")
    assert HOUR - 3 <= element["timeout"] <= HOUR
    assert element["comment"] == code + "auth-failed x5"
    entry = guard.wait_entry("ban", prefix="203.0.113.30/32")
    assert abs(lab.until(element) - int(entry["BANISH_UNTIL_USEC"])) < 2_000_000
    for protocol in ("imap", "pop3", "sieve", "submission"):
        assert machine.outcome("203.0.113.30", protocol=protocol, timeout=0.3) == "timeout"
    assert machine.outcome("203.0.113.31", password="alice-secret") == "ok"


def test_attempts_on_one_connection_count_each(machine, guard):
    machine.attack("203.0.113.32", attempts=5, per_connection=5)
    entry = guard.wait_entry("ban", address="203.0.113.32")
    assert entry["BANISH_FAILURES"] == "5"
    assert entry["BANISH_OFFENCE"] == "1"


def test_ipv6_bans_the_64_and_nobody_else(machine, guard):
    for host in range(1, 6):
        machine.attack(f"2001:db8:77:30::{host}")
    element = guard.wait_banned("dovecot6", "2001:db8:77:30::")
    assert HOUR - 3 <= element["timeout"] <= HOUR
    assert list(machine.elements("dovecot6")) == ["2001:db8:77:30::"]
    assert machine.outcome("2001:db8:77:30:ffff::1", timeout=0.3) == "timeout"
    for neighbour in ("2001:db8:77:31::1", "2001:db8:77:2f::1"):
        assert machine.outcome(neighbour, password="alice-secret") == "ok"


@pytest.mark.parametrize("mode", ["normal", "aggressive"])
def test_connections_without_authentication_count_in_mode_aggressive(machine, banish, code,
                                                                     mode):
    banish.begin(jails={"dovecot": {"mode": mode}})
    machine.attack("203.0.113.33", protocol="sieve", probe="connect", attempts=5, parallel=True)
    machine.wait_for(5, "rip=203.0.113.33,")
    if mode == "normal":
        banish.settle()
        assert machine.elements("dovecot4") == {}
    else:
        element = banish.wait_banned("dovecot4", "203.0.113.33")
        assert element["comment"] == code + "probe x5"
        assert machine.outcome("203.0.113.33", protocol="sieve", timeout=0.3) == "timeout"


@pytest.mark.parametrize("source, name, element", [
    ("203.0.113.34", "mox4", "203.0.113.34"),
    ("2001:db8:77:34::5", "mox6", "2001:db8:77:34::"),
])
@pytest.mark.parametrize("version", ["0.0.4", "0.0.17"])
def test_recorded_mox_sessions_ban(machine, banish, source, name, element, version):
    banish.begin(jails={"mox": {"maxretry": 2}})
    machine.mox(source, version=version)
    machine.mox(source, "imap-plain-wrongpw", version)
    assert banish.wait_banned(name, element)["comment"] == "auth-failed x2"
    entry = banish.wait_entry("ban", jail="mox")
    assert entry["BANISH_FAILURES"] == "2"


SPOOF = ("imap-login: Disconnected: Connection closed (auth failed, 9 attempts in 0 secs): "
         "user=<x>, method=PLAIN, rip=198.51.100.1, lip=203.0.113.1, session=<AAAAAAAAAAAJCQkJ>")


@pytest.mark.parametrize("command", [
    ["logger", "-t", "dovecot", SPOOF],
    ["logger", "-t", "dovecot", "--socket", "/run/systemd/journal/dev-log", SPOOF],
    ["systemd-cat", "-t", "dovecot", "echo", SPOOF],
    ["sh", "-c", 'printf "%s\\n" "MESSAGE=$1" SYSLOG_IDENTIFIER=dovecot'
     ' _SYSTEMD_UNIT=dovecot.service UNIT=dovecot.service OBJECT_SYSTEMD_UNIT=dovecot.service'
     ' _UID=0 | logger --journald', "-", SPOOF],
], ids=["syslog", "syslog-socket", "stdout", "native"])
def test_a_users_words_ban_nobody(machine, guard, command):
    start = machine.cursor()
    machine.run("setpriv", "--reuid=nobody", "--clear-groups", *command)
    machine.wait_for(1, SPOOF, after=start)
    guard.settle()
    assert machine.elements("dovecot4") == {}
    # the same words by the unit itself would have done it
    assert "auth-failed" in guard("test", "--unit", "dovecot.service", SPOOF).stdout


def test_ignored_own_and_gateway_addresses_are_never_banned(machine, banish):
    banish.begin(ignoreip=["198.51.100.64/26", "2001:db8:77:64::7"],
                 jails={"mox": {"maxretry": 1}})
    machine.run("ip", "route", "add", "default", "via", "203.0.113.2")
    try:
        for own in ("203.0.113.1", "203.0.113.2"):
            assert lab.eventually(lambda: machine.has_element("ignore4", own))
        spared = ["198.51.100.65", "198.51.100.126", "2001:db8:77:64::7", "203.0.113.1",
                  "203.0.113.2", "127.0.0.1", "::1", "2001:db8:77::1", "0.0.0.0", "224.0.0.1"]
        for address in [*spared, "198.51.100.63", "198.51.100.128"]:
            machine.mox(address)
        banish.wait_banned("mox4", "198.51.100.128")
        banned = set(machine.elements("mox4")) | set(machine.elements("mox6"))
        assert banned == {"198.51.100.63", "198.51.100.128"}
        # an ignored host passes though its neighbours get their /64 banned
        machine.mox("2001:db8:77:64::8")
        banish.wait_banned("mox6", "2001:db8:77:64::")
        assert machine.outcome("2001:db8:77:64::8", timeout=0.3) == "timeout"
        assert machine.outcome("2001:db8:77:64::7", password="alice-secret") == "ok"
    finally:
        machine.run("ip", "route", "delete", "default", "via", "203.0.113.2")


def test_routes_that_are_no_gateways_leave_the_rules_and_their_counters(machine, banish):
    def latest():
        """The kernel numbers what is made anew."""
        listed = machine.output("nft", "-a", "list", "table", "inet", "banish")
        return max(int(number) for number in re.findall(r"counter .* # handle (\d+)", listed))

    def change(verb, wanted):
        machine.run("ip", "address", verb, "203.0.113.77/32", "dev", "lo")
        assert lab.eventually(lambda: machine.has_element("ignore4", "203.0.113.77") == wanted)
        return latest()

    banish.begin(jails={"mox": {}})
    before = latest()
    with_own = change("add", True)
    for _ in range(5):
        for verb in ("add", "delete"):
            machine.run("ip", "route", verb, "192.0.2.0/24", "dev", "lo")
    assert change("delete", False) - with_own == with_own - before > 0


def test_a_private_address_is_spared_and_it_is_said(machine, banish):
    banish.begin(jails={"mox": {"maxretry": 2}, "dovecot": {"maxretry": 1, "banprivate": True}})
    start = machine.cursor()
    for _ in range(3):
        machine.mox(["192.168.77.1", "fd00:77::1"])
    machine.mox("203.0.113.39")
    machine.mox("203.0.113.39")
    banish.wait_banned("mox4", "203.0.113.39")
    assert set(machine.elements("mox4")) == {"203.0.113.39"}
    assert machine.elements("mox6") == {}
    entry = banish.wait_entry("private", after=start, prefix="192.168.77.1/32")
    assert (entry["BANISH_JAIL"], entry["PRIORITY"]) == ("mox", "4")
    assert entry["MESSAGE_ID"] == lab.KINDS["LOG_PRIVATE"]
    said = machine.journal("MESSAGE_ID=" + lab.KINDS["LOG_PRIVATE"], after=start)
    assert sorted(entry["BANISH_PREFIX"] for entry in said) == ["192.168.77.1/32", "fd00:77::/64"]


def test_many_private_addresses_fill_no_journal(machine, banish):
    banish.begin()
    banish.settle()
    start = machine.cursor()
    machine.mox([f"10.7.{n >> 8}.{n & 255}" for n in range(2000)])
    banish.settle()
    said = machine.journal("MESSAGE_ID=" + lab.KINDS["LOG_PRIVATE"], after=start)
    assert 100 <= len(said) < 110


def test_a_burst_opens_the_breaker_and_is_taken_back(machine, banish):
    banish.begin(jails={"mox": {"maxretry": 1, "maxbans": {"count": 3, "within": "3s"}}})
    start = machine.cursor()
    machine.mox("203.0.113.200")
    banish.wait_banned("mox4", "203.0.113.200")
    time.sleep(4)
    began = f"@{time.time() - 1:.0f}"
    machine.mox([f"203.0.113.{host}" for host in range(201, 207)])
    entry = banish.wait_entry("breaker", after=start, state="open")
    assert (entry["BANISH_JAIL"], entry["BANISH_COUNT"]) == ("mox", "3")
    assert entry["BANISH_PREFIX"] == "203.0.113.204/32"
    assert (entry["MESSAGE_ID"], entry["PRIORITY"]) == (lab.KINDS["LOG_BREAKER"], "4")
    assert set(machine.elements("mox4")) == {f"203.0.113.{host}" for host in range(200, 204)}
    # who fails again finds room when the rate has fallen
    time.sleep(4)
    machine.mox("203.0.113.206")
    banish.wait_banned("mox4", "203.0.113.206")
    assert banish.wait_entry("breaker", after=start, state="closed")["BANISH_COUNT"] == "3"

    assert banish("unban", "--since", began, "203.0.113.201", check=False).returncode == 2
    assert banish("unban", "--since", "@0", "203.0.113.201", check=False).returncode == 2
    machine.run("banish", "ban", "--jail", "mox", "--time", "infinity", "203.0.113.210")
    banish("unban", "--all", "--jail", "mox", "--since", began)
    assert set(machine.elements("mox4")) == {"203.0.113.200", "203.0.113.210"}
    assert banish.wait_entry("unban", after=start, address="203.0.113.206")


def test_an_account_that_many_hosts_try_is_named(machine, banish, code):
    banish.begin(jails={"dovecot": {"targets": {"hosts": 3, "within": "1w"}}})
    start = machine.cursor()
    user = "eve" + "\t" + 100 * "x"
    for host in range(1, 3):
        machine.attack(f"203.0.113.{220 + host}", user=user, method="plain")
        machine.attack(f"203.0.113.{220 + host}", user="alice")
    machine.attack("203.0.113.221", user="alice")
    machine.wait_for(5, "rip=203.0.113.22")
    banish.settle()
    assert banish.entries("target", after=start) == []
    machine.attack("2001:db8:77:220::3", user="alice")
    entry = banish.wait_entry("target", after=start)
    assert {name: value for name, value in entry.items() if name.startswith("BANISH_")} == {
        "BANISH_ACTION": "target", "BANISH_JAIL": "dovecot", "BANISH_EVENT": code + "auth-failed",
        "BANISH_USER": "alice", "BANISH_HOSTS": "3", "BANISH_ADDRESS": "2001:db8:77:220::3",
        "BANISH_PREFIX": "2001:db8:77:220::/64",
        "BANISH_TRIGGER_CURSOR": entry["BANISH_TRIGGER_CURSOR"]}
    assert (entry["MESSAGE_ID"], entry["PRIORITY"]) == (lab.KINDS["LOG_TARGET"], "4")
    # a restart does not name it again, and a hostile name is made harmless
    banish.restart()
    machine.attack("203.0.113.224", user="alice")
    machine.attack("203.0.113.224", user=user, method="plain")
    entry = banish.wait_entry("target", count=2, after=start)
    assert len(entry["BANISH_USER"]) <= 83 and entry["BANISH_USER"].startswith("eve")
    assert "\t" not in entry["BANISH_USER"] + entry["MESSAGE"]
    assert len(banish.entries("target", after=start)) == 2
    assert machine.elements("dovecot4") == {} and machine.elements("dovecot6") == {}
    lines = [json.loads(line) for line in banish("replay", "--json").stdout.splitlines()]
    assert [line["user"] for line in lines if line["action"] == "target"][0] == "alice"


def test_ports_and_verdict_are_those_of_the_jail(machine, banish):
    banish.begin(jails={"dovecot": {"ports": ["imap"], "action": "reject", "maxretry": 1}})
    for source, name in (("203.0.113.35", "dovecot4"), ("2001:db8:77:35::", "dovecot6")):
        machine.attack(source)
        banish.wait_banned(name, source)
        assert machine.outcome(source) == "reset"
        assert machine.outcome(source, protocol="pop3", password="alice-secret") == "ok"


def test_a_ban_grows_with_each_offence_and_ends_by_itself(machine, banish):
    banish.begin(jails={"dovecot": {"maxretry": 1, "bantime": "2s"}})
    for offence, seconds in ((1, 2), (2, 4)):
        machine.attack("203.0.113.36")
        entry = banish.wait_entry("ban", address="203.0.113.36", offence=str(offence))
        assert int(entry["BANISH_BANTIME_USEC"]) == seconds * 1_000_000
        assert machine.outcome("203.0.113.36", timeout=0.2) == "timeout"
        assert lab.eventually(
            lambda: machine.outcome("203.0.113.36", timeout=0.5, password="alice-secret") == "ok")


def test_the_entry_of_a_ban_tells_everything(machine, guard, code):
    start = machine.cursor()
    machine.attack("2001:db8:77:37::1", attempts=5, parallel=True)
    entry = guard.wait_entry("ban", after=start, jail="dovecot")
    trigger = machine.wait_for(5, "rip=2001:db8:77:37::1,", after=start)[-1]
    assert {name: value for name, value in entry.items() if name.startswith("BANISH_")} == {
        "BANISH_ACTION": "ban", "BANISH_JAIL": "dovecot", "BANISH_EVENT": code + "auth-failed",
        "BANISH_ADDRESS": "2001:db8:77:37::1", "BANISH_PREFIX": "2001:db8:77:37::/64",
        "BANISH_FAILURES": "5", "BANISH_OFFENCE": "1", "BANISH_BANTIME_USEC": "3600000000",
        "BANISH_TIME_USEC": trigger["__REALTIME_TIMESTAMP"],
        "BANISH_UNTIL_USEC": str(int(trigger["__REALTIME_TIMESTAMP"]) + 3_600_000_000),
        "BANISH_TRIGGER_CURSOR": trigger["__CURSOR"]}
    assert entry["MESSAGE_ID"] == lab.KINDS["LOG_BAN"]
    assert (entry["SYSLOG_IDENTIFIER"], entry["PRIORITY"]) == ("banish", "5")
    assert "2001:db8:77:37::/64" in entry["MESSAGE"]
    # nothing of Dovecot's line but the address, and the two commands that the catalog names work
    assert "session=" not in entry["MESSAGE"] and "alice" not in entry["MESSAGE"]
    shown = machine.output("journalctl", "--cursor=" + entry["BANISH_TRIGGER_CURSOR"],
                           "--lines=1", "--output=cat")
    assert shown.strip() == trigger["MESSAGE"]
    explained = machine.output("journalctl", "-x", "--cursor=" + entry["__CURSOR"], "--lines=1")
    assert "2001:db8:77:37::/64 is banned" in explained
    assert "banish unban 2001:db8:77:37::1" in explained


def test_nothing_is_banned_and_nothing_kept_in_a_dry_run(machine, banish):
    banish.forget()
    banish.configure(jails={"dovecot": {}})
    machine.run("systemd-run", "--quiet", "--unit=dry", "banish", "run", "--dry-run")
    try:
        machine.attack("203.0.113.38", attempts=5, parallel=True)
        entry, = machine.wait_for(1, "203.0.113.38", "_SYSTEMD_UNIT=dry.service")
        assert entry["MESSAGE"].startswith("dry run: dovecot: ban 203.0.113.38/32")
        assert machine.elements("dovecot4") is None
        assert machine.run("test", "-e", "/var/lib/banish", check=False).returncode == 1
        assert machine.outcome("203.0.113.38", password="alice-secret") == "ok"
    finally:
        machine.run("systemctl", "stop", "dry.service")
