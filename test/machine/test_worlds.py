"""Journals that are kept otherwise: in memory, in one file, with those of other machines beside."""
import json
import time

import pytest

import lab

CONF = "/etc/systemd/journald.conf.d/test.conf"
AWAY = "/root/journal-away"


def journald(machine, *settings):
    """Restarts journald with these settings, without what it has kept so far, also the number of its
    last entry."""
    machine.write(CONF, "\n".join(("[Journal]", *settings, "")))
    machine.shell(f"""
        rm -rf /run/log/journal/* /run/systemd/journal/seqnum
        mkdir -p {AWAY}
        mv /var/log/journal/* {AWAY} 2>/dev/null || true
        systemctl reset-failed systemd-journald.service systemd-journald.socket
        systemctl restart systemd-journald.service""")


@pytest.fixture
def journal(machine, banish):
    """journal(SETTINGS...) makes journald anew; afterwards it is as it was."""
    banish.forget()
    yield lambda *settings: journald(machine, *settings)
    banish.stop()
    machine.shell(f"""
        rm {CONF}
        rm -rf /run/log/journal/* /var/log/journal/*
        mv {AWAY}/* /var/log/journal/ 2>/dev/null || true
        systemctl reset-failed systemd-journald.service systemd-journald.socket
        systemctl restart systemd-journald.service
        journalctl --flush""")


def folders(machine):
    return machine.output("sh", "-c", "ls -d /run/log/journal/*/*.journal /var/log/journal/*/*.journal "
                          "2>/dev/null || true")


def test_a_journal_in_memory(machine, banish, journal):
    journal("Storage=volatile")
    banish.begin()
    banish.settle()
    assert "/var/" not in folders(machine) and "/run/" in folders(machine)
    machine.attack("203.0.113.130", attempts=5, parallel=True)
    banish.wait_banned("dovecot4", "203.0.113.130")
    assert banish.warnings() == []


@pytest.mark.parametrize("running", [True, False], ids=["runs", "is away"])
def test_from_memory_to_disk_loses_and_doubles_nothing(machine, banish, journal, running):
    """journald copies the entries into new files, under numbers of their own."""
    journal("Storage=volatile")
    banish.begin()
    banish.settle()
    machine.attack("203.0.113.131", attempts=4, parallel=True)
    machine.wait_for(4, "rip=203.0.113.131,")
    time.sleep(1)  # one of these is the last that was read
    if not running:
        banish.stop()
    machine.write(CONF, "[Journal]\nStorage=persistent\n")
    machine.shell("""systemctl reset-failed systemd-journald.service systemd-journald.socket
        systemctl restart systemd-journald.service
        journalctl --flush""")
    if not running:
        banish.start()
    assert lab.eventually(lambda: "/var/" in folders(machine)), folders(machine)
    banish.settle()
    # four failures are not five
    assert "203.0.113.131" not in machine.elements("dovecot4")
    machine.attack("203.0.113.131", attempts=1)
    banish.wait_banned("dovecot4", "203.0.113.131")
    assert banish.wait_entry("ban", address="203.0.113.131")["BANISH_FAILURES"] == "5"
    assert len(banish.entries("ban")) == len({entry["BANISH_PREFIX"] for entry in banish.entries("ban")})
    replayed = [json.loads(line) for line in banish("replay", "--json").stdout.splitlines()]
    assert [ban["failures"] for ban in replayed if ban.get("address") == "203.0.113.131"] == [5]
    assert banish.warnings() == []


def test_all_users_in_one_file(machine, banish, journal):
    journal("SplitMode=none")
    banish.begin()
    banish.settle()
    machine.attack("203.0.113.132", attempts=5, parallel=True)
    banish.wait_banned("dovecot4", "203.0.113.132")
    assert "/user-" not in folders(machine)


def notes(banish, *arguments):
    done = banish("status", "--json", *arguments, check=False)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return "\n".join(item["message"] for item in told if item["what"] == "note")


def test_what_memory_forgets_is_told(machine, banish, journal):
    journal("Storage=volatile")
    banish.begin()
    assert "Storage=persistent" in notes(banish)
    journal("Storage=persistent")
    machine.run("journalctl", "--flush")
    banish.begin()
    assert "Storage=persistent" not in notes(banish)


def test_little_journal_is_told(machine, banish, journal):
    """Fresh ones begin late, too, but nothing of them was deleted."""
    journal("SystemMaxUse=100M")
    machine.run("journalctl", "--flush")
    banish.configure(**lab.with_mox({}))
    banish.start()
    banish.settle()
    assert "reaches back only" not in notes(banish)
    machine.shell("journalctl --quiet --rotate; journalctl --quiet --vacuum-time=1us")
    banish.settle()
    told = notes(banish)
    assert "reaches back only" in told and "SystemMaxUse=" in told and "failures" in told


OTHER = "fedcba9876543210fedcba9876543210"
WRITER = "/lib/systemd/systemd-journal-remote"


def test_other_machines_attackers_are_not_ours(machine, guard):
    """A folder of another machine's beside our own, as containers and virtual machines leave it."""
    if machine.run("test", "-x", WRITER, check=False).returncode != 0:
        pytest.skip("systemd-journal-remote is not installed")
    guard.settle()
    lines = json.load(open(lab.TREE / "test/data/mox-sessions.json", encoding="utf-8"))
    now = int(time.time() * 1_000_000)
    text = ""
    for line in lines["mox 0.0.17"]["imap-login-wrongpw"]:
        line = line.replace("@ADDRESS@:", "203.0.113.133:").replace("@ADDRESS@", "203.0.113.133")
        text += (f"__REALTIME_TIMESTAMP={now}\n__MONOTONIC_TIMESTAMP=1\n_BOOT_ID={OTHER}\n"
                 f"_MACHINE_ID={OTHER}\n_SYSTEMD_UNIT=mox.service\nSYSLOG_IDENTIFIER=mox\n"
                 f"MESSAGE={line.replace('@CID@', 'abcdef')}\n\n")
    folder = "/var/log/journal/" + OTHER
    try:
        machine.run("mkdir", folder)
        machine.run(WRITER, "-o", folder + "/system.journal", "-", input=text)
        guard.settle()
        assert "203.0.113.133" not in machine.elements("mox4")
        guard.restart()
        guard.settle()
        assert "203.0.113.133" not in machine.elements("mox4")
        assert "203.0.113.133" not in guard("replay").stdout
        done = guard("replay", "--directory", "/var/log/journal")
        assert "203.0.113.133" in done.stdout and "entries of 2 machines" in done.stderr
        assert guard.warnings() == []
    finally:
        machine.run("rm", "-r", folder)


@pytest.mark.parametrize("proxy", ["203.0.113.134", "10.0.0.7"], ids=["public", "private"])
def test_a_proxy_in_front_is_told(machine, guard, proxy):
    """All the world fails and logs in from one address."""
    guard.begin(jails={"mox": {"maxretry": 1}, "dovecot": {"maxretry": 1000}})
    guard.settle()
    text = "".join(
        f"imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<u{n}>, "
        f"method=PLAIN, rip={proxy}, lip=192.0.2.1, session=<{n:016}>\n" for n in range(60))
    text += "".join(
        f"imap-login: Login: user=<u{n}>, method=PLAIN, rip={proxy}, lip=192.0.2.1, mpid={n}, "
        f"session=<{n:016}>\n" for n in range(60, 90))
    machine.write("/run/proxied", text)
    # which the rule reads as well
    machine.run("systemd-run", "--quiet", "--wait", "--unit=dovecot2", "-p", "SyslogIdentifier=dovecot",
                "sh", "-c", "cat /run/proxied; sleep 1")
    machine.wait_for(30, "Login: ", "_SYSTEMD_UNIT=dovecot2.service")
    for told in (notes(guard), guard("check").stderr):
        assert f"{proxy} makes 60 of " in told and " and 30 of 30 logins" in told, told
