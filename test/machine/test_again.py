"""Stopping, crashing, rebooting, being away: nothing is lost and nothing is doubled."""
import json
import os
import random
import threading
import time

import lab

SECOND = 1_000_000  # µs


def replay(guard, *arguments):
    """The bans that an uninterrupted run over the same journal decides, by trigger cursor."""
    done = guard("replay", "--json", *arguments)
    decisions = [json.loads(line) for line in done.stdout.splitlines()]
    return {(each["cursor"], each["jail"], each["prefix"]): each for each in decisions
            if each["action"] == "ban"}


def said(guard):
    """The bans that the daemon told of, the same way; it may tell of one again after a crash."""
    return {(entry["BANISH_TRIGGER_CURSOR"], entry["BANISH_JAIL"], entry["BANISH_PREFIX"]): entry
            for entry in guard.entries("ban")}


def assert_same_bans(guard):
    expected, found = replay(guard), said(guard)
    assert expected.keys() == found.keys()
    for key, decision in expected.items():
        entry = found[key]
        assert entry["BANISH_UNTIL_USEC"] == str(decision["until_usec"])
        assert entry["BANISH_OFFENCE"] == str(decision["offence"])
        assert float(entry["BANISH_FAILURES"]) == decision["failures"]
        assert entry["BANISH_EVENT"] == decision["event"]
    return expected


def running(bans, margin=2 * SECOND):
    """Set -> addresses of the bans that run on for a while, and of those that just may."""
    now = time.time() * SECOND
    sure, maybe = {}, {}
    for (_, jail, prefix), decision in bans.items():
        address = prefix.split("/")[0]
        name = jail + ("6" if ":" in address else "4")
        for found, end in ((sure, now + margin), (maybe, now - margin)):
            if decision["until_usec"] > end:
                found.setdefault(name, set()).add(address)
    return sure, maybe


def troubles(machine):
    """What may happen to it at any moment; the first one more often than the others."""
    def systemctl(*words):
        return machine.run("systemctl", *words, "banish.service", check=False)
    return [lambda: systemctl("kill", "--signal=KILL")] * 4 + [
        lambda: systemctl("reload"),
        lambda: systemctl("restart"),
        lambda: machine.nft("flush", "ruleset"),
        lambda: machine.run("journalctl", "--rotate")]


def test_trouble_at_random_moments_loses_and_doubles_nothing(machine, banish):
    seed = int(os.environ.get("BANISH_SEED", random.randrange(1 << 32)))
    print(f"BANISH_SEED={seed}")
    draw = random.Random(seed)
    machine.write("/etc/systemd/system/banish.service.d/soon.conf",
                  "[Service]\nRestartSec=20ms\n")
    machine.run("systemctl", "daemon-reload")
    try:
        banish.begin(jails={"dovecot": {"maxretry": 3, "bantime": "1s"},
                            "mox": {"maxretry": 3, "bantime": "1s",
                                    "increment": {"maxtime": "1h"}}})

        def many_attack():
            attackers = random.Random(seed + 1)
            for _ in range(100):
                hosts = [attackers.randrange(1, 25) for _ in range(attackers.randrange(1, 9))]
                machine.mox([f"203.0.113.{100 + host}" if host % 3 else f"2001:db8:77:{host:x}::1"
                             for host in hosts],
                            attackers.choice(["imap-login-wrongpw", "imap-plain-wrongpw"]))
                time.sleep(attackers.choice([0, 0, 0.1]))

        def one_attacks_dovecot():
            for _ in range(8):
                machine.attack("203.0.113.90", timeout=0.2, attempts=3, parallel=True)
        threads = [threading.Thread(target=target) for target in (many_attack, one_attacks_dovecot)]
        for thread in threads:
            thread.start()
        times = 0
        while times < 20 or any(thread.is_alive() for thread in threads):
            time.sleep(draw.choice([0.01, 0.05, 0.1, 0.3, 0.6]) * draw.random() * 2)
            draw.choice(troubles(machine))()
            times += 1
        for thread in threads:
            thread.join()
        assert lab.eventually(lambda: machine.run("systemctl", "is-active", "banish.service",
                                                  check=False).returncode == 0)
        for _ in range(3):  # settle(): three failures here
            machine.mox("192.0.2.200")
        banish.wait_entry("ban", address="192.0.2.200")
        bans = assert_same_bans(banish)
        assert len(bans) > 25 and len({prefix for _, _, prefix in bans}) > 10
        sure, maybe = running(bans)
        for name in ("dovecot4", "dovecot6", "mox4", "mox6"):
            present = set(machine.elements(name))
            assert sure.get(name, set()) <= present <= maybe.get(name, set())
        assert not banish.entries("unban") and not banish.entries("adopt")
    finally:
        machine.shell("rm -r /etc/systemd/system/banish.service.d; systemctl daemon-reload")


def test_a_daemon_that_hangs_is_started_again(machine, guard):
    machine.write("/etc/systemd/system/banish.service.d/soon.conf",
                  "[Service]\nWatchdogSec=1s\nRestartSec=20ms\n")
    try:
        machine.run("systemctl", "daemon-reload")
        guard.restart()
        start = machine.cursor()
        machine.run("systemctl", "kill", "--signal=STOP", "banish.service")
        machine.attack("203.0.113.89", attempts=5, parallel=True)
        guard.wait_banned("dovecot4", "203.0.113.89", seconds=10)
        assert "watchdog" in " ".join(
            entry["MESSAGE"] for entry in machine.journal("UNIT=banish.service", after=start))
    finally:
        machine.shell("rm -r /etc/systemd/system/banish.service.d; systemctl daemon-reload")


def test_counters_are_kept_over_a_restart(machine, guard):
    ways = {
        "203.0.113.86": guard.restart,
        "203.0.113.87": lambda: machine.run("systemctl", "kill", "-s", "KILL", "banish.service"),
        "203.0.113.88": guard.reload,
    }
    for source, again in ways.items():
        machine.attack(source, attempts=4, parallel=True)
        machine.wait_for(4, f"rip={source},")
        guard.settle()
        again()
        machine.attack(source)
        entry = guard.wait_entry("ban", address=source)
        assert (entry["BANISH_FAILURES"], entry["BANISH_OFFENCE"]) == ("5", "1")


def test_an_attack_while_it_was_away_is_judged_at_its_time(machine, banish):
    banish.begin(jails={"dovecot": {}, "mox": {"maxretry": 1, "bantime": "1s"}})
    banish.settle()
    banish.stop()
    machine.attack("203.0.113.81", attempts=5, parallel=True)
    machine.wait_for(5, "rip=203.0.113.81,")
    machine.mox("198.51.100.81")
    over, = machine.wait_for(1, "198.51.100.81", "_SYSTEMD_UNIT=mox.service")[-1:]
    assert lab.eventually(
        lambda: time.time() * SECOND > int(over["__REALTIME_TIMESTAMP"]) + 1.1 * SECOND)
    assert machine.outcome("203.0.113.81", password="alice-secret") == "ok"
    banish.start()

    element = banish.wait_banned("dovecot4", "203.0.113.81")
    entry = banish.wait_entry("ban", address="203.0.113.81")
    trigger = machine.wait_for(5, "rip=203.0.113.81,", "_SYSTEMD_UNIT=dovecot.service")[4]
    assert entry["BANISH_UNTIL_USEC"] == str(int(trigger["__REALTIME_TIMESTAMP"]) + 3600 * SECOND)
    assert abs(lab.until(element) - int(entry["BANISH_UNTIL_USEC"])) < 2 * SECOND
    # the other one is only remembered
    past = banish.wait_entry("ban", address="198.51.100.81")
    assert int(past["BANISH_UNTIL_USEC"]) < int(past["__REALTIME_TIMESTAMP"])
    assert "198.51.100.81" not in machine.elements("mox4")
    machine.mox("198.51.100.81")
    assert banish.wait_entry("ban", count=2, address="198.51.100.81")["BANISH_OFFENCE"] == "2"


def test_the_very_first_start_acts_on_what_it_finds(machine, banish):
    banish.forget()
    machine.attack("203.0.113.82", attempts=5, parallel=True)
    machine.wait_for(5, "rip=203.0.113.82,")
    banish.configure(jails={"dovecot": {}})
    banish.start()
    banish.wait_banned("dovecot4", "203.0.113.82")


def test_bans_outlive_a_reboot_and_are_back_before_dovecot_listens(machine, banish):
    banish.begin()
    machine.run("systemctl", "enable", "--quiet", "banish.service")
    try:
        machine.attack("203.0.113.83", attempts=5, parallel=True)
        machine.attack("2001:db8:77:83::1", attempts=5, parallel=True)
        machine.nft("add", "element", "inet", "banish", "manual4", "{ 203.0.113.84 timeout 20m }")
        ends = {}
        for action, name, address in (("ban", "dovecot4", "203.0.113.83"),
                                      ("ban", "dovecot6", "2001:db8:77:83::"),
                                      ("adopt", "manual4", "203.0.113.84")):
            banish.wait_banned(name, address)
            entry = lab.eventually(lambda: [
                entry for entry in banish.entries(action)
                if entry["BANISH_PREFIX"].startswith(address + "/")])[0]
            ends[name, address] = int(entry["BANISH_UNTIL_USEC"])
        for verb in ("reboot", "crash"):
            machine.verb(verb)
            for (name, address), end in ends.items():
                assert abs(lab.until(banish.wait_banned(name, address)) - end) < 2 * SECOND
            assert machine.outcome("203.0.113.83", timeout=0.3) == "timeout"

            def moment(unit, name):
                return int(machine.output("systemctl", "show", "--value", "--property=" + name,
                                          unit))
            ready = moment("banish.service", "ActiveEnterTimestampMonotonic")
            assert 0 < ready <= moment("dovecot.service", "InactiveExitTimestampMonotonic")
            if moment("dovecot.socket", "InactiveExitTimestampMonotonic"):
                assert ready <= moment("dovecot.socket", "InactiveExitTimestampMonotonic")
        assert not banish.entries("unban")
        assert len(banish.entries("ban")) == 2
    finally:
        machine.run("systemctl", "disable", "--quiet", "banish.service")


def test_stopping_leaves_the_bans_in_force(machine, guard):
    machine.attack("203.0.113.85", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.85")
    guard.stop()
    assert machine.outcome("203.0.113.85", timeout=0.3) == "timeout"
    assert guard.messages("LOG_STOP")
    guard.start()
    guard.settle()
    assert len(guard.entries("ban")) == 2  # that one, and the marker: nothing is said twice


def tell_mox(machine, *lines):
    machine.run("sh", "-c", "cat >/run/mox/lines", input="".join(f"l=info {line}\n" for line in lines))


def test_a_note_is_known_for_longer_than_a_restart_reads_the_rest(machine, banish):
    banish.begin(jails={"dovecot": {}, "mox": {"maxretry": 1}})
    tell_mox(machine, 'm="new connection" pkg=imapserver remote=198.51.100.83:47231 local=10.77.0.1:1143 tls=false '
                      'viahttps=false listener=local cid=83a delta=77ms')
    machine.wait_for(1, "cid=83a", "_SYSTEMD_UNIT=mox.service")
    banish.settle()
    banish.stop()
    # as if the place up to which it has read were five hours later
    *before, last = machine.output("cat", "/var/lib/banish/state").splitlines()
    last = json.loads(last)
    last["time"] += 5 * 3600 * SECOND
    del last["checksum"]
    machine.run("sh", "-c", "cat >/var/lib/banish/state",
                input="".join(line + "\n" for line in [*before, json.dumps(last, separators=(",", ":"))]))
    start = machine.cursor()
    tell_mox(machine, 'm="authentication failed" pkg=imapserver username=mox@localhost cid=83b delta=110ms')
    machine.wait_for(1, "cid=83b", "_SYSTEMD_UNIT=mox.service")
    banish.start()
    assert "jail mox: 1 failure counted for nobody" in banish.wait_message("LOG_BLIND", start)
    tell_mox(machine, 'm="authentication failed" pkg=imapserver username=mox@localhost cid=83a delta=110ms')
    assert banish.wait_entry("ban", address="198.51.100.83", after=start)["BANISH_FAILURES"] == "1"


def as_if_killed_before_telling(machine, untold):
    """What of the state file was written after the line with `untold` is gone, as are the entries."""
    text = machine.output("cat", "/var/lib/banish/state")
    lines = text.splitlines()
    last = max(i for i, line in enumerate(lines) if untold in line)
    machine.write("/tmp/state", "\n".join(lines[:last + 1]) + "\n")
    machine.shell("cat /tmp/state >/var/lib/banish/state")
    machine.shell("journalctl --quiet --rotate")


def test_a_ban_that_a_crash_kept_from_being_told_is_told_again(machine, guard):
    machine.attack("203.0.113.160", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.160")
    first, = guard.entries("ban")
    assert "BANISH_AGAIN" not in first
    guard.restart()
    assert len(guard.entries("ban")) == 1
    guard.stop()
    as_if_killed_before_telling(machine, '{"ban":')
    guard.start()
    entries = guard.wait_entry("ban", 2) and guard.entries("ban")
    assert len(entries) == 2 and entries[1]["BANISH_AGAIN"] == "1"
    fields = [name for name in first if name.startswith("BANISH_")]
    assert [entries[1][name] for name in fields] == [first[name] for name in fields]
    # and no more than once
    guard.restart()
    assert len(guard.entries("ban")) == 2
    report = [json.loads(line) for line in guard("report", "--json").stdout.splitlines()]
    assert report[-1]["bans"] == 1
    said = [json.loads(line) for line in guard("why", "--json", "203.0.113.160").stdout.splitlines()]
    assert len([line for line in said if line["what"] == "said"]) == 1


def test_an_unban_that_a_crash_kept_from_being_told_is_told_again(machine, banish):
    policy = lab.with_mox({})
    banish.begin(**policy)
    machine.mox("198.51.100.161")
    banish.wait_banned("mox4", "198.51.100.161")
    start = machine.cursor()
    banish.configure(**dict(policy, ignoreip=["198.51.100.161"]))
    banish.reload()
    banish.wait_gone("mox4", "198.51.100.161")
    first, = banish.entries("unban", start)
    banish.stop()
    as_if_killed_before_telling(machine, '"ended":"ignored"')
    # as it was in the kernel
    machine.nft("add", "element", "inet", "banish", "mox4",
                '{ 198.51.100.161 timeout 1h comment "login-failed x1" }')
    banish.start()
    banish.wait_gone("mox4", "198.51.100.161")
    entries = banish.entries("unban", start)
    assert len(entries) == 2 and entries[1]["BANISH_AGAIN"] == "1"
    assert entries[1]["BANISH_UNTIL_USEC"] == first["BANISH_UNTIL_USEC"]
    assert not banish.messages("LOG_RESTORED", start) and not banish.entries("adopt", start)
    banish.restart()
    assert len(banish.entries("unban", start)) == 2
