"""The state file in bad times: it goes on protecting, says what is wrong, and recovers."""
import json

import pytest

import lab

STATE = "/var/lib/banish/state"


@pytest.fixture
def small_disk(machine, banish):
    """The state folder on a tmpfs of 256 KiB."""
    banish.forget()
    machine.shell("""
        mkdir -p /var/lib/banish
        mount -t tmpfs -o size=256k,mode=700,uid=$(id -u banish),gid=$(id -g banish) \
            tmpfs /var/lib/banish""")
    yield "/var/lib/banish"
    banish.stop()
    machine.run("umount", "-l", "/var/lib/banish")


def test_a_full_disk_does_not_stop_it(machine, banish, small_disk):
    banish.configure(**lab.with_mox({}))
    banish.start()
    banish.settle()
    machine.shell("cat /dev/zero >/var/lib/banish/filler 2>/dev/null || true")
    start = machine.cursor()
    for host in range(1, 21):  # the last page of the file takes a few lines more
        machine.mox(f"198.51.100.{host}")
        banish.wait_banned("mox4", f"198.51.100.{host}")
    for source in ("203.0.113.130", "203.0.113.131"):
        machine.attack(source, attempts=5, parallel=True)
        banish.wait_banned("dovecot4", source)
    said = banish.messages("LOG_STATE", start)
    assert len(said) == 1 and STATE in said[0] and "make room" in said[0]
    assert machine.run("systemctl", "is-active", "banish.service", check=False).returncode == 0

    # room again: what was missed is written by itself, and a crash then loses nothing
    machine.run("rm", "/var/lib/banish/filler")
    assert lab.eventually(lambda: len(banish.messages("LOG_STATE", start)) == 2, 15)
    assert "written again" in banish.messages("LOG_STATE", start)[-1]
    machine.run("systemctl", "kill", "--signal=KILL", "banish.service")
    machine.nft("flush", "ruleset")
    for source in ("203.0.113.130", "203.0.113.131"):
        banish.wait_banned("dovecot4", source)
    banish.wait_message("LOG_START", start)
    assert len(banish.entries("ban", start)) == 22


def test_a_crash_while_the_disk_is_full_loses_nothing_that_the_journal_holds(machine, banish,
                                                                             small_disk):
    banish.configure(**lab.with_mox({}))
    banish.start()
    banish.settle()
    machine.shell("cat /dev/zero >/var/lib/banish/filler 2>/dev/null || true")
    for host in range(1, 21):
        machine.mox(f"198.51.100.{host}")
        banish.wait_banned("mox4", f"198.51.100.{host}")
    machine.attack("203.0.113.132", attempts=5, parallel=True)
    banish.wait_banned("dovecot4", "203.0.113.132")
    machine.run("systemctl", "kill", "--signal=KILL", "banish.service")
    machine.nft("flush", "ruleset")
    # decided again from the journal, with the disk still full
    banish.wait_banned("dovecot4", "203.0.113.132")
    triggers = {entry["BANISH_TRIGGER_CURSOR"] for entry in banish.entries("ban")
                if entry["BANISH_JAIL"] == "dovecot"}
    assert len(triggers) == 1


def test_a_folder_that_is_read_only_at_the_start(machine, banish, small_disk):
    banish.configure(**lab.with_mox({}))
    banish.start()
    machine.attack("203.0.113.133", attempts=5, parallel=True)
    banish.wait_banned("dovecot4", "203.0.113.133")
    banish.stop()
    # the file system, not the mount: the daemon has a mount namespace of its own
    machine.shell("mount -o remount,ro /var/lib/banish; mount -o remount,bind,rw /var/lib/banish")
    machine.nft("flush", "ruleset")
    start = machine.cursor()
    banish.start()
    banish.wait_banned("dovecot4", "203.0.113.133")
    machine.attack("203.0.113.134", attempts=5, parallel=True)
    banish.wait_banned("dovecot4", "203.0.113.134")
    said = banish.messages("LOG_STATE", start)
    assert len(said) == 1 and STATE in said[0] and "read-write" in said[0]
    machine.run("mount", "-o", "remount,rw", "/var/lib/banish")
    assert lab.eventually(lambda: "written again" in banish.messages("LOG_STATE", start)[-1], 15)


def damage(machine, script):
    """Changes the state file while the daemon is down."""
    machine.shell(f"cd /var/lib/banish; {script}")


def test_a_torn_last_line_is_cut_off(machine, guard):
    machine.attack("203.0.113.135", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.135")
    guard.stop()
    damage(machine, """printf '{"v":1,"cursor":"s=99dece' >>state""")
    machine.nft("flush", "ruleset")
    start = machine.cursor()
    guard.start()
    guard.wait_banned("dovecot4", "203.0.113.135")
    message, = guard.messages("LOG_STATE_READ", start)
    assert "incomplete last line" in message
    for line in machine.output("cat", STATE).splitlines():
        json.loads(line)
    assert not guard.entries("ban", start) and not guard.entries("adopt", start)


@pytest.mark.parametrize("script, word", [
    ("""sed -i 's/"v":1,/"v":99,/' state""", "newer"),
    ("""sed -i '1s/.*/no state at all/' state""", "damaged"),
    ("dd if=/dev/urandom of=state bs=4k count=1 status=none; echo >>state", "damaged"),
    ("chown root:root state; chmod 600 state", "cannot be read"),  # somebody ran it as root
    ("rm state; mkdir state; touch state/x", "is a directory"),
    ("rm state; mkfifo state", "is not a regular file"),
])
def test_a_file_that_makes_no_sense_is_kept_aside(machine, guard, script, word):
    machine.attack("203.0.113.136", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.136")
    guard.stop()
    damage(machine, script)
    start = machine.cursor()
    guard.start()
    message, = guard.messages("LOG_STATE_READ", start)
    assert word in message and STATE + ".bad" in message
    assert machine.run("test", "-e", STATE + ".bad", check=False).returncode == 0
    assert machine.run("test", "-f", STATE, check=False).returncode == 0
    # it goes on protecting: what the kernel holds stays, what the journal tells is judged again
    guard.wait_banned("dovecot4", "203.0.113.136")
    machine.attack("203.0.113.137", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.137")


# Somebody's own change, or a line of 0.1.0: with a checksum it would be damage of the whole line.
UNSEAL = r"""s/,"checksum":"[^"]*"//;"""


@pytest.mark.parametrize("script", [
    r"""s/"cursor":"s=./"cursor":"s=Z/""",
    r"""s/"cursor":"s=[^"]*"/"cursor":""/""",
    r"""s/;b=/;b=g/""",
])
def test_a_cursor_that_makes_no_sense_costs_only_the_place(machine, guard, script):
    machine.mox("198.51.100.170")
    guard.wait_banned("mox4", "198.51.100.170")
    guard("ban", "--reason", "spam", "198.51.100.171")
    guard.wait_entry("adopt", address="198.51.100.171")
    guard.stop()
    machine.mox("198.51.100.172")
    damage(machine, f"sed -i '{UNSEAL}{script}' state")
    start = machine.cursor()
    guard.start()
    message, = guard.messages("LOG_STATE_READ", start)
    assert "the journal cursor" in message
    # what was logged while it was down is found, and nothing that is known is told again
    guard.wait_banned("mox4", "198.51.100.172")
    guard.settle()
    assert [entry["BANISH_ADDRESS"] for entry in guard.entries("ban", start)][0] == "198.51.100.172"
    assert len(guard.entries("ban", start)) == 2 and not guard.entries("adopt", start)
    assert not guard.entries("unban", start)
    assert guard("status", check=False).returncode in (0, 1)
    # and it is said once
    start = machine.cursor()
    guard.restart()
    assert not guard.messages("LOG_STATE_READ", start)


@pytest.mark.parametrize("script", [
    UNSEAL + r"""/"ban":.*198\.51\.100\.173/s/"jail":"mox"/"jail":"Mox"/""",
    r"""/"ban":.*198\.51\.100\.173/s/"until":1/"until":2/""",  # another time, as good as the right one
    r"""/"ban":.*198\.51\.100\.173/d""",
    r"""/"ban":.*198\.51\.100\.173/s/"since":1/"since":9/""",
    r"""/"ban":.*198\.51\.100\.173/s/^./#/""",
])
def test_damage_of_one_ban_costs_no_other(machine, guard, script):
    machine.mox("198.51.100.173")
    guard.wait_banned("mox4", "198.51.100.173")
    machine.mox("198.51.100.174")
    guard.wait_banned("mox4", "198.51.100.174")
    until = guard.wait_entry("ban", address="198.51.100.174")["BANISH_UNTIL_USEC"]
    guard.stop()
    damage(machine, f"sed -i '{script}' state")
    start = machine.cursor()
    guard.start()
    message, = guard.messages("LOG_STATE_READ", start)
    assert "damaged" in message and STATE + ".bad" in message
    assert machine.run("test", "-s", STATE + ".bad", check=False).returncode == 0
    # the kernel holds the lost one still: it is a ban by hand now
    assert [entry["BANISH_ADDRESS"] for entry in guard.entries("adopt", start)] == ["198.51.100.173"]
    guard.settle()
    for address in ("198.51.100.173", "198.51.100.174"):
        guard.wait_banned("mox4", address)
    assert not guard.entries("unban", start)
    # the state is whole again
    start = machine.cursor()
    machine.run("systemctl", "kill", "--signal=KILL", "banish.service")
    guard.wait_message("LOG_START", start)
    assert not guard.messages("LOG_STATE_READ", start)
    machine.nft("flush", "set", "inet", "banish", "mox4")
    unban = guard.wait_entry("unban", address="198.51.100.174", after=start)
    assert unban["BANISH_UNTIL_USEC"] == until


def test_a_lost_state_is_read_from_the_journal_again(machine, guard):
    machine.attack("203.0.113.138", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.138")
    end = int(guard.wait_entry("ban", address="203.0.113.138")["BANISH_UNTIL_USEC"])
    guard.stop()
    machine.shell("rm -rf /var/lib/banish; nft flush ruleset")
    guard.start()
    element = guard.wait_banned("dovecot4", "203.0.113.138")
    assert abs(lab.until(element) - end) < 2_000_000


def test_two_at_once_are_refused(machine, guard):
    done = guard("run", check=False)
    assert done.returncode == 1
    assert "another banish" in done.stderr and done.stderr.count("\n") == 1, done.stderr
    # and it did no harm
    guard.settle()
    assert not guard.messages("LOG_HEAL")


def test_nobody_else_can_read_the_state(machine, guard):
    guard.settle()
    for command in (["cat", STATE], ["ls", "/var/lib/banish"]):
        done = machine.run("setpriv", "--reuid=nobody", "--clear-groups", *command, check=False)
        assert done.returncode != 0
