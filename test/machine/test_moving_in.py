"""`banish setup` beside real servers: it finds those that run, and what it wrote bans who attacks them; and the
bans that `banish import fail2ban --bans` takes over."""
import json
import re
import time

import pytest

import lab

PATH = "/etc/banish/banish.json"


def policy(machine):
    return json.loads(re.sub(r"^\s*//.*$", "", machine.output("cat", PATH), flags=re.M))


@pytest.fixture
def bare(machine, banish):
    """No policy, nothing enabled; OpenSSH and Postfix run beside Dovecot."""
    banish.forget()
    machine.shell(f"""
        systemctl --quiet disable banish.service; rm -f {PATH}
        [ ! -x /usr/sbin/sshd ] || {{ systemctl start ssh.service; logger -p auth.info hello; }}
        systemctl restart dovecot.service""")
    yield banish
    machine.shell("systemctl --quiet disable --now banish.service; systemctl stop ssh.service || true")


@pytest.fixture
def postfix(machine, bare):
    if machine.run("test", "-x", "/usr/sbin/postfix", check=False).returncode != 0:
        pytest.skip("no Postfix in the machine (package postfix)")
    for name in ("main.cf", "master.cf"):
        machine.write("/etc/postfix/" + name, (lab.HERE / "postfix" / name).read_text(encoding="utf-8"))
    machine.run("systemctl", "stop", "dovecot.service")  # its ports are Postfix's
    # up to Debian 12 postfix.service does nothing
    template = machine.run("grep", "ExecStart=/bin/true", "/lib/systemd/system/postfix.service", check=False)
    unit = "postfix@-.service" if template.returncode == 0 else "postfix.service"
    machine.run("systemctl", "start", unit)
    machine.mail_server("postfix")
    yield bare
    machine.run("systemctl", "stop", unit)
    machine.mail_server()


def test_from_nothing_to_a_ban(machine, bare):
    for attempt in range(5):
        machine.attack(f"203.0.113.{31 + attempt % 2}")
    machine.wait_for(5, "auth failed", "_SYSTEMD_UNIT=dovecot.service")
    done = bare("setup", "--yes")
    assert "dovecot: dovecot.service runs" in done.stdout
    assert "OK: " in done.stdout and "banish runs, and starts at boot" in done.stdout
    found = policy(machine)
    assert found["ignoreip"] == [] and found["jails"]["dovecot"] == {}
    assert machine.run("test", "-x", "/usr/sbin/sshd", check=False).returncode != 0 or "sshd" in found["jails"]
    assert machine.output("systemctl", "is-enabled", "banish.service").strip() == "enabled"
    machine.attack("203.0.113.33", attempts=5)
    bare.wait_banned("dovecot4", "203.0.113.33")
    again = bare("setup", "--yes")
    assert "All that was found has a jail." in again.stdout
    assert policy(machine) == found
    assert bare("status", check=False).stdout.count("problem") == 0


def test_postfix_is_found(machine, postfix):
    assert lab.eventually(lambda: machine.outcome("203.0.113.34", protocol="submission") == "refused")
    machine.wait_for(1, "disconnect from", "SYSLOG_IDENTIFIER=postfix/submission/smtpd")
    assert postfix("setup").returncode == 0
    assert {"dovecot", "postfix"} <= set(policy(machine)["jails"])
    assert machine.run("systemctl", "is-enabled", "banish.service", check=False).stdout.strip() == "disabled"


def guess_at_sshd(machine, source, port):
    """Whether sshd answered."""
    done = machine.verb("attack", "ssh", "-p", port, "-b", source, "-o", "BatchMode=yes", "-o", "ConnectTimeout=3", "-o",
                        "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "guess@203.0.113.1", "true",
                        check=False)
    return "Permission denied" in done.stderr


def test_sshd_is_closed_where_it_listens(machine, bare):
    if machine.run("test", "-x", "/usr/sbin/sshd", check=False).returncode != 0:
        pytest.skip("no sshd in the machine (package openssh-server)")
    before = machine.run("cat", "/etc/default/ssh", check=False).stdout
    addresses = ("0.0.0.0:2222", "[::]:22", "127.0.0.1:2200", "[::1]:2201", "[::]:2223")
    try:
        machine.write("/etc/default/ssh", 'SSHD_OPTS="{}"\n'.format(" ".join(f"-o ListenAddress={each}" for each in addresses)))
        machine.shell("systemctl restart ssh.service; logger -p auth.info hello")
        done = bare("setup", "--yes")
        assert policy(machine)["jails"]["sshd"] == {"ports": [22, "2222-2223"]}
        assert 'sshd: it listens on ports that the rule does not name: "ports": [22, "2222-2223"]' in done.stdout
        assert lab.eventually(lambda: guess_at_sshd(machine, "203.0.113.38", 2222))
        bare("ban", "203.0.113.38", "--jail", "sshd")
        assert not guess_at_sshd(machine, "203.0.113.38", 2222)
        assert guess_at_sshd(machine, "203.0.113.39", 2222)
        # nothing more is to be said, until the jail leaves one open
        assert "listens" not in bare("setup").stdout
        text = machine.output("cat", PATH)
        machine.write(PATH, text.replace(', "2222-2223"', ""))
        done = bare("setup")
        assert 'sshd: it has a jail, but listens where that closes nothing: "ports": [22, "2222-2223"]' in done.stdout
    finally:
        machine.write("/etc/default/ssh", before)
        machine.run("systemctl", "restart", "ssh.service")


def test_the_caller_is_never_banned(machine, bare):
    done = machine.run("env", "SSH_CONNECTION=203.0.113.36 1 203.0.113.1 22", "banish", "setup", "--ignore-me")
    assert done.returncode == 0
    assert policy(machine)["ignoreip"] == ["203.0.113.36/32"]
    machine.run("systemctl", "start", "banish.service")
    machine.attack("203.0.113.36", attempts=6)
    machine.attack("203.0.113.37", attempts=5)
    bare.wait_banned("dovecot4", "203.0.113.37")
    assert not machine.has_element("dovecot4", "203.0.113.36")


def test_who_has_no_rights_is_told(machine, bare):
    done = machine.run("setpriv", "--reuid=nobody", "--regid=systemd-journal", "--clear-groups", "banish", "setup",
                       check=False)
    assert done.returncode == 1
    assert f"cannot write {PATH}: Permission denied: run it as root" in done.stderr
    assert machine.run("test", "-e", PATH, check=False).returncode == 1


def test_a_full_disk_leaves_nothing(machine, bare):
    machine.shell("mount -t tmpfs -o size=4k,nr_inodes=2 full /etc/banish; head -c 4096 /dev/zero >/etc/banish/x || true")
    try:
        done = bare("setup", check=False)
        assert done.returncode == 1 and "No space left on device" in done.stderr
        assert machine.output("ls", "/etc/banish").split() == ["x"]
    finally:
        machine.run("umount", "/etc/banish")


JAILS = """
[DEFAULT]
action = iptables[port="%(port)s"]
enabled = true
[dovecot]
port = imap
filter = dovecot
[sasl]
port = smtp
filter = dovecot
[sshd]
port = ssh
filter = sshd
"""
# of fail2ban's server/database.py, version 4
DATABASE = """
import sqlite3, sys
database = sqlite3.connect("/var/lib/fail2ban/fail2ban.sqlite3")
database.execute("CREATE TABLE bips(ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER NOT NULL, bantime INTEGER NOT "
                 "NULL, bancount INTEGER NOT NULL default 1, data JSON, PRIMARY KEY(ip, jail))")
database.executemany("INSERT INTO bips(jail, ip, timeofban, bantime) VALUES (?, ?, ?, ?)", eval(sys.argv[1]))
database.commit()
"""


def test_fail2bans_bans_are_taken_over(machine, guard):
    now = int(time.time())
    rows = [("dovecot", "198.51.100.71", now - 100, 86400), ("dovecot", "198.51.100.72", now - 1000, 600),
            ("dovecot", "127.0.0.1", now, 600), ("sasl", "2001:db8:71::1", now - 100, -1), ("sshd", "198.51.100.73", now, 600),
            ("gone", "198.51.100.74", now, 600)]
    machine.shell("rm -rf /etc/fail2ban /var/lib/fail2ban; mkdir -p /etc/fail2ban /var/lib/fail2ban")
    machine.write("/etc/fail2ban/jail.conf", JAILS)
    machine.run("python3", "-c", DATABASE, repr(rows))
    done = guard("import", "fail2ban", "--bans", check=False)
    assert done.returncode == 1
    assert "2 bans taken over from /var/lib/fail2ban/fail2ban.sqlite3, 1 not, 2 of jails" in done.stdout
    assert "127.0.0.1 is a loopback" in done.stderr and "sshd" in done.stderr
    assert 86200 < guard.wait_banned("dovecot4", "198.51.100.71")["expires"] <= 86300
    assert "expires" not in guard.wait_banned("dovecot6", "2001:db8:71::")
    for address in ("198.51.100.72", "198.51.100.73", "198.51.100.74"):
        assert not machine.has_element("dovecot4", address)
    assert guard.wait_entry("adopt", address="198.51.100.71")["BANISH_JAIL"] == "dovecot"
