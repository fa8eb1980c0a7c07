"""Postfix with Dovecot's passwords: each wrong one is counted once, to the address that sent it.

Runs with the Postfix of the machine's root.
"""
import base64
import concurrent.futures
import json

import pytest

import lab


def plain(user, password):
    return "AUTH PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode()).decode()


# source -> what it does, all of it at once, on submission where nothing else is said
ATTACKS = {
    "203.0.113.191": {"protocol": "smtp"},
    "203.0.113.192": {"protocol": "smtp", "method": "sasl-login", "attempts": 2},
    "203.0.113.193": {"user": "nobody-here"},
    "203.0.113.194": {"attempts": 4, "per_connection": 4},
    "203.0.113.195": {"protocol": "smtp", "user":
                      "x], unknown[198.51.100.9]: SASL LOGIN authentication failed: x"},
    "203.0.113.196": {"method": "sasl-login", "user": "x, sasl_username=unknown[198.51.100.9]"},
    "203.0.113.197": {"user": "x\nwarning: unknown[198.51.100.9]: SASL LOGIN authentication failed:"},
    "203.0.113.198": {"user": ""},
    "203.0.113.199": {"say": ["EHLO unknown[198.51.100.9]", plain("alice", "wrong"), "QUIT"]},
    "203.0.113.200": {"protocol": "smtp", "say": [
        "MAIL FROM:<unknown@[198.51.100.9]>", "RCPT TO:<unknown@[198.51.100.9]>", "QUIT"]},
    "2001:db8:77:191::1": {"attempts": 3, "per_connection": 3, "user": "bob"},
    "2001:db8:77:192::1": {"attempts": 2, "per_connection": 2, "protocol": "smtp",
                           "method": "sasl-login", "user": "carol"},
}
# no password was tried: it counts in mode aggressive
PROBES = {
    "203.0.113.201": {"probe": "unknown-mechanism"},
    "203.0.113.202": {"probe": "bad-base64"},
    "203.0.113.203": {"probe": "unfinished", "protocol": "smtp"},
    "203.0.113.204": {"say": ["AUTH unknown[198.51.100.9] AAAA"]},
    "203.0.113.205": {"say": ["AUTH LOGIN", "*"]},
    "203.0.113.206": {"say": ["GET /unknown[198.51.100.9] HTTP/1.0"], "protocol": "smtp"},
    # to postscreen, before it has said its name
    "203.0.113.207": {"probe": "tls-garbage", "tls": True, "port": 2525, "protocol": "imap"},
}
WELCOME = {
    "203.0.113.211": {"say": [plain("alice", "alice-secret"), "MAIL FROM:<alice@mail.example>",
                              "RCPT TO:<bob@example.com>"]},
    "2001:db8:77:193::1": {"method": "sasl-login", "user": "bob", "password": "bob-secret"},
    "203.0.113.212": {"say": ["QUIT"], "protocol": "smtp"},
    "203.0.113.213": {"probe": "connect", "protocol": "smtp"},
}
# what a user of the machine would like to be believed, from a command that delivers his mail; it
# lives on for a moment, or journald may come too late to see of which unit it is
FORGED = "warning: unknown[198.51.100.9]: SASL LOGIN authentication failed: x"
FORWARD = f"""
    install -d -o alice -g alice /home/alice
    cat >/home/alice/.forward <<'END'
|"systemd-cat -t postfix/smtpd sh -c 'echo \\"{FORGED}\\"; sleep 2'"
END
    chown alice: /home/alice/.forward
    echo mail | sendmail alice@mail.example"""


@pytest.fixture(scope="module")
def unit(machine):
    """Up to Debian 12 postfix.service does nothing."""
    done = machine.run("grep", "ExecStart=/bin/true", "/lib/systemd/system/postfix.service", check=False)
    return "postfix@-.service" if done.returncode == 0 else "postfix.service"


@pytest.fixture(scope="module")
def postfix(machine, banish, unit):
    if machine.run("test", "-x", "/usr/sbin/postfix", check=False).returncode != 0:
        pytest.skip("no Postfix in the machine (package postfix)")
    banish.forget()
    for name in ("main.cf", "master.cf"):
        machine.write("/etc/postfix/" + name,
                      (lab.HERE / "postfix" / name).read_text(encoding="utf-8"))
    # its ports are Dovecot's, Dovecot's socket lies in its folder
    machine.run("systemctl", "stop", "dovecot.service")
    machine.run("systemctl", "start", unit)
    machine.mail_server("postfix")
    assert lab.eventually(lambda: machine.outcome(
        "203.0.113.190", password="alice-secret", protocol="submission") == "ok")
    yield machine
    machine.run("systemctl", "stop", unit)
    machine.mail_server()


def attack(machine, source, options):
    return machine.attack(source, **{"protocol": "submission", **options})["outcomes"]


def test_each_wrong_password_counts_once(postfix, banish, unit):
    everybody = {**ATTACKS, **PROBES, **WELCOME}
    with concurrent.futures.ThreadPoolExecutor(len(everybody)) as pool:
        outcomes = dict(zip(everybody, pool.map(lambda source: attack(
            postfix, source, everybody[source]), everybody)))
    for source, options in ATTACKS.items():
        if "say" not in options:
            assert outcomes[source] == ["refused"] * options.get("attempts", 1), source
    for source in WELCOME:
        assert outcomes[source] == ["ok"], source
    # the first was the fixture's, one was postscreen's
    connections = sum(options.get("attempts", 1) // options.get("per_connection", 1)
                      for options in everybody.values())
    postfix.wait_for(connections, "disconnect from", "_SYSTEMD_UNIT=" + unit)
    postfix.wait_for(1, "DISCONNECT", "_SYSTEMD_UNIT=" + unit)
    postfix.shell(FORWARD)
    postfix.wait_for(1, FORGED, "_SYSTEMD_UNIT=" + unit, "SYSLOG_IDENTIFIER=postfix/smtpd")
    lines = postfix.output("journalctl", "--output=json", "--all")
    wanted = {source: options.get("attempts", 1) for source, options in ATTACKS.items()}
    assert banish.weights(lines, "normal") == wanted
    assert banish.weights(lines, "aggressive") == {**wanted, **dict.fromkeys(PROBES, 1)}
    identifiers = {json.loads(line).get("SYSLOG_IDENTIFIER") for line in lines.splitlines()}
    assert {"postfix/smtpd", "postfix/submission/smtpd", "postfix/postscreen"} <= identifiers
    assert unit == "postfix.service" or "postfix/postfix-script" in identifiers


def test_a_login_is_told(postfix, banish):
    start = postfix.cursor()
    done = postfix.attack("203.0.113.214", protocol="submission", say=[
        plain("bob", "bob-secret"), "MAIL FROM:<bob@mail.example>", "RCPT TO:<x@example.com>"])
    assert done["outcomes"] == ["ok"]
    postfix.wait_for(1, "sasl_username=bob", after=start)
    lines = postfix.output("journalctl", "--output=json", "--all", "--after-cursor=" + start)
    assert banish.logins(lines) == [("203.0.113.214", "bob")]


def test_what_is_the_servers_fault_counts_for_nobody(postfix, banish):
    # a process that has known Dovecot finds it gone, a new one does not begin without it: which of
    # the two answers is Postfix's choice
    assert attack(postfix, "203.0.113.217", {"password": "alice-secret"}) == ["ok"]
    postfix.wait_for(1, "disconnect from unknown[203.0.113.217]")
    postfix.run("systemctl", "stop", "dovecot.service")
    start = postfix.cursor()
    assert attack(postfix, "203.0.113.218", {"password": "alice-secret"}) != ["ok"]
    postfix.run("systemctl", "start", "dovecot.service")
    assert lab.eventually(lambda: {
        entry["MESSAGE"] for entry in postfix.journal(after=start)
        if "disconnect from unknown[203.0.113.218]" in entry.get("MESSAGE", "") or
        "no SASL authentication mechanisms" in entry.get("MESSAGE", "")}, 30)
    lines = postfix.output("journalctl", "--output=json", "--all", "--after-cursor=" + start)
    assert banish.weights(lines, "aggressive") == {}, lines


def test_the_daemon_bans_when_it_is_enough(postfix, banish):
    banish.begin(jails={"postfix": {"maxretry": 4}})
    attack(postfix, "203.0.113.215", {"attempts": 3, "per_connection": 3})
    postfix.wait_for(1, "disconnect from unknown[203.0.113.215]")
    banish.settle()
    assert postfix.elements("postfix4") == {}
    attack(postfix, "203.0.113.215", {"protocol": "smtp", "method": "sasl-login"})
    entry = banish.wait_entry("ban", address="203.0.113.215")
    assert (entry["BANISH_FAILURES"], entry["BANISH_EVENT"]) == ("4", "auth-failed")
    for protocol in ("smtp", "submission"):
        assert postfix.outcome("203.0.113.215", protocol=protocol, timeout=0.3) == "timeout"
    assert postfix.outcome("203.0.113.216", protocol="submission", password="alice-secret") == "ok"
    banish.stop()
    postfix.nft("flush", "ruleset")
