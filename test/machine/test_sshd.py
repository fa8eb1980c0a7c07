"""OpenSSH as it comes: each wrong password is counted once, to the address that sent it.

Runs with the OpenSSH of the machine's root, in the ways that it can be started.
"""
import json

import pytest

import lab

# name -> where it runs, and its settings
VARIANTS = {
    "service": ("ssh.service", "UsePAM yes", "KbdInteractiveAuthentication no"),
    "keyboard": ("ssh.service", "UsePAM yes", "PasswordAuthentication no"),
    "socket": ("ssh.socket", "UsePAM yes", "KbdInteractiveAuthentication no"),
    "connection": ("ssh.socket", "UsePAM yes", "KbdInteractiveAuthentication no"),
    "verbose": ("bastion.service", "UsePAM no", "LogLevel VERBOSE", "MaxAuthTries 3"),
}
# what a user of the machine would like to be believed
FORGED = "Failed password for bob from 198.51.100.9 port 22 ssh2"
OWN_SOCKET = "/etc/systemd/system/ssh.socket"
# source -> what it does; all of it at once. The attempts of one source share a connection.
ATTACKS = {
    "203.0.113.151": {},
    "203.0.113.152": {"attempts": 3},
    "203.0.113.153": {"user": "nobody-here", "attempts": 2},
    "203.0.113.154": {"user": "x from 198.51.100.9 port 22"},
    "203.0.113.155": {"user": "x from 198.51.100.9 port 22 ssh2", "attempts": 2},
    "203.0.113.156": {"user": "x\nFailed password for y from 198.51.100.9 port 22 ssh2"},
    "203.0.113.157": {"user": "x 198.51.100.9 port 22 [preauth]"},
    "203.0.113.158": {"user": "x from 198.51.100.9 not allowed because listed in DenyUsers"},
    "203.0.113.159": {"user": "x rhost=198.51.100.9"},
    "203.0.113.160": {"user": ""},
    "203.0.113.161": {"user": "A" * 300},
    "203.0.113.162": {"user": "carol", "password": "carol-secret"},
    "203.0.113.163": {"user": "root", "password": "root-secret"},
    "203.0.113.164": {"user": "x from 198.51.100.9 port 22 ssh2: ECDSA SHA256:x", "how": "key"},
    "203.0.113.165": {"farewell": "x from 198.51.100.9 port 22:11: x [preauth]"},
    "2001:db8:77:151::1": {"attempts": 3, "user": "bob"},
    "2001:db8:77:152::1": {"user": "\u00fc\u2028from 2001:db8:dead::1 port 22"},
}
# no password was tried: it counts in mode aggressive
PROBES = {
    "203.0.113.171": {"how": "key"},
    "203.0.113.172": {"how": "none"},
    "203.0.113.174": {"how": "say", "text": "GET /x from 198.51.100.9 port 22 HTTP/1.0\r\n\r\n"},
    "203.0.113.175": {"how": "say", "text": "SSH-1.0-x from 198.51.100.9 port 22\r\n"},
    "203.0.113.177": {"how": "say", "text": "SSH-2.0-x\r\n",
                      "offer": "x 198.51.100.9 port 22: no matching cipher found"},
}
# no more than a word: up to OpenSSH 9.7 it can be told from a look
WORDS = {"203.0.113.176": {"how": "say", "text": "SSH-2.0-x from 198.51.100.9 port 22\r\n"}}
# no more than a look whether somebody listens
QUIET = {
    "203.0.113.173": {"how": "say"},
    "2001:db8:77:153::1": {"how": "say"},
}
WELCOME = {
    "203.0.113.181": {"password": "alice-secret", "run": f"logger -t sshd '{FORGED}'"},
    "2001:db8:77:154::1": {"password": "bob-secret", "user": "bob", "key_first": True},
}

@pytest.fixture(scope="module")
def ssh_machine(machine):
    if machine.run("test", "-x", "/usr/sbin/sshd", check=False).returncode != 0:
        pytest.skip("no sshd in the machine (package openssh-server)")
    pytest.importorskip("paramiko", reason="package python3-paramiko")
    files = lab.HERE / "ssh"
    for path, source in {"/etc/ssh/sshd_config": "sshd_config", "/etc/pam.d/sshd": "pam",
                         "/etc/systemd/system/ssh@.service": "connection",
                         "/etc/systemd/system/ssh.service.d/end.conf": "end.conf"}.items():
        machine.write(path, (files / source).read_text(encoding="utf-8"))
    machine.shell("""
        echo root:root-secret | chpasswd
        ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/test_key
        systemctl daemon-reload""")
    return machine


@pytest.fixture(scope="module", params=VARIANTS)
def sshd(request, ssh_machine, banish):
    """What runs there and how to try a password on it; nobody bans meanwhile."""
    banish.forget()
    unit, *settings = VARIANTS[request.param]
    ssh_machine.write("/etc/ssh/variant.conf", "\n".join(settings) + "\n")
    if request.param == "connection":
        ssh_machine.write(OWN_SOCKET, (lab.HERE / "ssh/socket").read_text(encoding="utf-8"))
        ssh_machine.run("systemctl", "daemon-reload")
    if unit == "bastion.service":
        # of a unit of another name only the slice tells it of a connection that ended at once
        ssh_machine.shell("mkdir -p /run/sshd; systemd-run --quiet --collect --unit=bastion "
                          "--slice=system-sshd.slice /usr/sbin/sshd -D")
    else:
        ssh_machine.run("systemctl", "start", unit)
    yield "keyboard" if request.param == "keyboard" else "password"
    ssh_machine.run("systemctl", "stop", unit, "ssh.service", "ssh@*.service")
    ssh_machine.shell(f"rm -f {OWN_SOCKET}; systemctl daemon-reload")


def attack(machine, how, everybody):
    everybody = {source: {"how": how, **options} for source, options in everybody.items()}
    done = machine.verb("attack", "/usr/bin/python3", lab.HERE / "attack_ssh.py",
                        input=json.dumps(everybody))
    return json.loads(done.stdout)


def has_told_all(machine):
    """Whether no process of a connection is left."""
    return machine.shell(r"grep -lE '^sshd[^ ]*: .*\[(accepted|net|priv)\]' /proc/[0-9]*/cmdline",
                         check=False).returncode != 0


def test_each_wrong_password_counts_once(ssh_machine, banish, sshd):
    assert lab.eventually(
        lambda: attack(ssh_machine, sshd, {"203.0.113.150": {"password": "alice-secret"}}) ==
        {"203.0.113.150": ["ok"]})
    start = ssh_machine.cursor()
    outcomes = attack(ssh_machine, sshd, {**ATTACKS, **PROBES, **WORDS, **QUIET, **WELCOME})
    for source, options in ATTACKS.items():
        assert outcomes[source] == ["refused"] * options.get("attempts", 1), source
    for source in WELCOME:
        assert outcomes[source][-1] == "ok", source
    ssh_machine.run("setpriv", "--reuid=nobody", "--clear-groups", "logger", "-t", "sshd", FORGED)
    assert lab.eventually(lambda: has_told_all(ssh_machine))
    assert len(ssh_machine.wait_for(2, FORGED, "SYSLOG_IDENTIFIER=sshd", after=start)) == 2
    lines = ssh_machine.output("journalctl", "--output=json", "--all", "--after-cursor=" + start)
    wanted = {source: options.get("attempts", 1) for source, options in ATTACKS.items()}
    assert banish.weights(lines, "normal") == wanted
    assert sorted(banish.logins(lines)) == sorted(
        (source, options.get("user", "alice")) for source, options in WELCOME.items())
    identifiers = {json.loads(line).get("SYSLOG_IDENTIFIER") for line in lines.splitlines()}
    probes = {**PROBES, **({} if "sshd-session" in identifiers else WORDS)}
    assert banish.weights(lines, "aggressive") == {**wanted, **dict.fromkeys(probes, 1)}


@pytest.mark.parametrize("sshd", ["service", "connection"], indirect=True)
def test_the_daemon_bans_when_it_is_enough(ssh_machine, banish, sshd):
    banish.begin(jails={"sshd": {"maxretry": 4}})
    attack(ssh_machine, sshd, {"203.0.113.182": {"attempts": 3}})
    assert lab.eventually(lambda: has_told_all(ssh_machine))
    banish.settle()
    assert ssh_machine.elements("sshd4") == {}
    attack(ssh_machine, sshd, {"203.0.113.182": {}})
    entry = banish.wait_entry("ban", address="203.0.113.182")
    assert entry["BANISH_FAILURES"] == "4"
    assert list(ssh_machine.elements("sshd4")) == ["203.0.113.182"]
    assert attack(ssh_machine, sshd, {"203.0.113.182": {"timeout": 0.3}}) == \
        {"203.0.113.182": ["timeout"]}
    banish.stop()
    ssh_machine.nft("flush", "ruleset")
