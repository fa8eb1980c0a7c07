"""What journald does to its files and its readers."""
import json
import re
import time

import pytest

import lab


def test_rotation_loses_nothing(machine, guard):
    for source in ("203.0.113.110", "203.0.113.111"):
        machine.attack(source, attempts=3, parallel=True)
        machine.run("journalctl", "--rotate")
        machine.attack(source, attempts=2, parallel=True)
        machine.run("journalctl", "--rotate")
        guard.wait_banned("dovecot4", source)
    assert len(guard.entries("ban")) == 2


def test_rotation_while_it_is_away_loses_nothing(machine, guard):
    machine.attack("203.0.113.112", attempts=2, parallel=True)
    machine.wait_for(2, "rip=203.0.113.112,")
    guard.settle()
    guard.stop()
    machine.attack("203.0.113.112", attempts=3, parallel=True)
    machine.wait_for(5, "rip=203.0.113.112,")
    machine.run("journalctl", "--rotate")
    guard.start()
    guard.wait_banned("dovecot4", "203.0.113.112")
    assert guard.warnings() == []


def test_it_says_that_the_journal_was_vacuumed_past_its_place(machine, guard):
    machine.attack("203.0.113.113", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.113")
    guard.stop()
    machine.mox("203.0.113.114")
    machine.wait_for(1, "203.0.113.114", "_SYSTEMD_UNIT=mox.service")
    machine.shell("journalctl --quiet --rotate; journalctl --quiet --vacuum-time=1us")
    guard.start()
    assert "not seen" in guard.wait_message("LOG_BLIND")
    guard.settle()
    # the bans are those of the ledger
    guard.wait_banned("dovecot4", "203.0.113.113")
    machine.attack("203.0.113.115", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.115")


def test_vacuuming_while_it_runs_does_no_harm(machine, guard):
    for source in ("203.0.113.116", "203.0.113.117"):
        machine.attack(source, attempts=5, parallel=True)
        guard.wait_banned("dovecot4", source)
        machine.shell("journalctl --quiet --rotate; journalctl --quiet --vacuum-time=1us")
    assert guard.warnings() == []


def test_it_says_that_the_journal_was_vacuumed_while_it_was_behind(machine, guard):
    guard.settle()
    assert guard.warnings() == []
    machine.run("systemctl", "kill", "--signal=STOP", "banish.service")
    time.sleep(2.5)
    machine.mox("203.0.113.119")
    machine.wait_for(1, "203.0.113.119", "_SYSTEMD_UNIT=mox.service")
    machine.shell("journalctl --quiet --rotate; journalctl --quiet --vacuum-time=1us")
    machine.run("systemctl", "kill", "--signal=CONT", "banish.service")
    machine.mox("203.0.113.120")
    guard.wait_banned("mox4", "203.0.113.120")
    assert "deleted entries after" in guard.wait_message("LOG_BLIND")
    assert "203.0.113.119" not in machine.elements("mox4")


def test_it_says_that_journalds_rate_limit_dropped_messages(machine, guard):
    machine.write("/etc/systemd/system/mox.service.d/limit.conf",
                  "[Service]\nLogRateLimitIntervalSec=1s\nLogRateLimitBurst=20\n")
    machine.shell("systemctl daemon-reload; systemctl restart mox.service")
    try:
        machine.mox(["203.0.113.118"] * 200)

        def told():
            # journald tells when the unit logs again after the interval
            machine.mox("203.0.113.118")
            return guard.messages("LOG_BLIND")
        message = lab.eventually(told, seconds=10, pause=0.3)[0]
        assert "mox.service" in message and "rate limit" in message
        assert int(message.split(" dropped ")[1].split()[0]) > 0
    finally:
        machine.shell("""
            rm -r /etc/systemd/system/mox.service.d
            systemctl daemon-reload
            systemctl restart mox.service""")


def test_other_units_limits_are_not_its_concern(machine, guard):
    # it lives on until journald has looked whose line the last one is
    machine.shell("""systemd-run --quiet --collect --wait -p LogRateLimitIntervalSec=1s \
        -p LogRateLimitBurst=5 sh -c 'seq 100; sleep 1.2; echo end; sleep 1'""")
    machine.wait_for(1, "Suppressed ", "_TRANSPORT=driver")
    guard.settle()
    assert guard.warnings() == []


# Sets the flag of a compressed object at the third of the lines about an address; nothing there is compressed.
DAMAGE = r"""
import re
path = "/var/log/journal/" + open("/etc/machine-id").read().strip() + "/system.journal"
text = bytearray(open(path, "rb").read())
third = [found.start() for found in re.finditer(rb"MESSAGE=imap-login: .*?rip={address},", text)][2]
header = next(third - size for size in (64, 72) if text[third - size] == 1)  # compact or not
text[header + 1] = {flag}
open("/root/damaged/system.journal", "wb").write(text)
"""


@pytest.mark.parametrize("flag", [1, 2, 3], ids=["xz", "lz4", "both"])
def test_a_damaged_entry_is_passed_over(machine, guard, flag):
    address = f"203.0.113.12{3 + flag}"
    guard.stop()    # a ban at the fifth would cut the sixth off, of which Dovecot then tells late
    machine.attack(address, attempts=6, parallel=True)
    machine.wait_for(6, f"rip={address},")
    machine.shell("journalctl --sync; mkdir -p /root/damaged")
    machine.write("/root/damage.py", DAMAGE.format(flag=flag, address=re.escape(address)))
    machine.run("python3", "/root/damage.py")
    try:
        whole, damaged = (json.loads(guard("replay", "--json", *source).stdout.splitlines()[-1])
                          for source in ((), ("--directory", "/root/damaged")))
        for found in (whole, damaged):
            found["told"] = found["failures"] + found["prevented"]
        assert (damaged["bans"], damaged["told"]) == (whole["bans"], whole["told"] - 1) == (1, 5)
        assert json.loads(guard("report", "--json", "--directory", "/root/damaged")
                          .stdout.splitlines()[-1])["what"] == "summary"
        # and so does the daemon, and says it once
        done = machine.run("timeout", "--preserve-status", "2", "banish", "run", "--dry-run",
                           "--directory", "/root/damaged", check=False)
        assert done.returncode == 0
        assert done.stderr.count("are skipped") == 1
        assert f"ban {address}/32" in done.stderr
    finally:
        machine.run("rm", "-r", "/root/damaged")
        guard.start()
