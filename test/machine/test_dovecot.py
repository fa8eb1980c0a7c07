"""Dovecot as it comes: each wrong password is counted once, to the address that sent it.

Runs with the Dovecot of the machine's root: 2.3 in test/run, 2.4 by test/machine/suite.
"""
import concurrent.futures
import json

import pytest

import lab

# source -> what it does; all of it at once
ATTACKS = {
    "203.0.113.141": {"attempts": 2},
    "203.0.113.142": {"user": "nobody-here"},
    "203.0.113.143": {"attempts": 2, "method": "plain", "user": "bob"},
    "203.0.113.144": {"user": "x>, method=PLAIN, rip=198.51.100.9, lip=203.0.113.1, session=<A>"},
    "203.0.113.145": {"user": "x,198.51.100.9,<AAAAAAAAAAAJCQkJ>): unknown user"},
    "2001:db8:77:141::1": {"attempts": 3, "per_connection": 3},
    "2001:db8:77:142::1": {"attempts": 4, "per_connection": 2, "user": "carol"},
}
WELCOME = {
    "203.0.113.146": {"password": "alice-secret"},
    "2001:db8:77:143::1": {"password": "bob-secret", "user": "bob", "method": "plain"},
}


@pytest.fixture(scope="module", params=["default", "verbose", "pam", "pam-verbose"])
def dovecot(request, machine, banish):
    """Dovecot with that passdb and auth_verbose; nobody bans meanwhile."""
    banish.forget()
    machine.mail_server(request.param)
    assert lab.eventually(
        lambda: machine.outcome("203.0.113.140", password="alice-secret") == "ok", 20)
    yield machine
    machine.mail_server()


def connections(options):
    return options.get("attempts", 1) // options.get("per_connection", 1)


@pytest.mark.parametrize("protocol", ["imap", "pop3", "sieve", "submission"])
def test_each_wrong_password_counts_once(dovecot, banish, protocol):
    start = dovecot.cursor()
    everybody = {**ATTACKS, **WELCOME}

    def attack(source):
        return dovecot.attack(source, protocol=protocol, **everybody[source])["outcomes"]
    with concurrent.futures.ThreadPoolExecutor(len(everybody)) as pool:
        outcomes = dict(zip(everybody, pool.map(attack, everybody)))
    for source, options in everybody.items():
        wanted = "ok" if source in WELCOME else "refused"
        assert outcomes[source] == [wanted] * options.get("attempts", 1), source
    dovecot.wait_for(sum(map(connections, everybody.values())), "-login: ", after=start)
    lines = dovecot.output("journalctl", "--output=json", "--all", "--after-cursor=" + start,
                           "_SYSTEMD_UNIT=dovecot.service")
    # mode aggressive has nothing to add here
    for mode in ("normal", "aggressive"):
        assert banish.weights(lines, mode) == {source: options.get("attempts", 1)
                                               for source, options in ATTACKS.items()}


PLAIN = "AGFsaWNlAHdyb25n"  # alice, wrong
# a guess, and something behind it that is none
GUESS_AND_NONE = {
    "imap": ("A LOGIN alice wrong", "A AUTHENTICATE PLAIN !!!!"),
    "pop3": ("AUTH PLAIN " + PLAIN, "AUTH PLAIN !!!!"),
    "sieve": (f'AUTHENTICATE "PLAIN" "{PLAIN}"', 'AUTHENTICATE "PLAIN" "!!!!"'),
    "submission": ("AUTH PLAIN " + PLAIN, "AUTH PLAIN !!!!"),
}


def lines_since(machine, start):
    return "\n".join(json.dumps(entry) for entry in
                     machine.journal("_SYSTEMD_UNIT=dovecot.service", after=start)) + "\n"


@pytest.mark.parametrize("protocol", GUESS_AND_NONE)
def test_bad_base64_hides_no_guess(dovecot, banish, protocol):
    start = dovecot.cursor()
    guess, none = GUESS_AND_NONE[protocol]
    dovecot.attack("203.0.113.148", protocol=protocol, say=[guess] * 3 + [none], check=False)
    dovecot.attack("203.0.113.149", protocol=protocol, say=[none], check=False)
    dovecot.wait_for(2, "-login: ", after=start)
    dovecot.wait_for(1, "rip=203.0.113.148,", after=start)
    lines = lines_since(dovecot, start)
    weights = banish.weights(lines, "normal")
    if dovecot.output("dovecot", "--version").startswith("2.3"):
        # it tells no total then, but with auth_verbose each guess
        assert 1 <= weights["203.0.113.148"] <= 3
    else:
        assert weights == {"203.0.113.148": 3}
        assert banish.weights(lines, "aggressive")["203.0.113.149"] == 1


def test_a_slow_scanner_step_by_step(dovecot, banish):
    """As an administrator goes about it: check, test, replay, and then for real."""
    banish.forget()
    banish.configure(jails={"dovecot": {"mode": "aggressive", "maxretry": 3}})
    assert "OK: 1 jail, " in banish("check").stdout
    start = dovecot.cursor()

    def scan(source, protocol):
        dovecot.attack(source, protocol=protocol, probe="connect", attempts=3, per_connection=1,
                       keep_open=12, check=False)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for _ in pool.map(scan, ["203.0.113.151", "203.0.113.152", "203.0.113.153"],
                          ["sieve", "submission", "imap"]):
            pass
    dovecot.wait_for(9, "no auth attempts in 1", after=start)

    lines = lines_since(dovecot, start)
    assert banish.weights(lines, "normal") == {}
    assert banish.weights(lines, "aggressive") == {"203.0.113.151": 3, "203.0.113.152": 3}
    # whoever asks why the third does not count is told
    assert "idle" in banish("test", input=lines).stdout
    bans = [json.loads(line) for line in
            banish("replay", "--json", "--since=@0").stdout.split("\n") if line]
    assert {ban["address"] for ban in bans if ban.get("action") == "ban"} == \
        {"203.0.113.151", "203.0.113.152"}

    banish.start()
    banish.wait_banned("dovecot4", "203.0.113.151")
    banish.wait_banned("dovecot4", "203.0.113.152")
    assert dovecot.outcome("203.0.113.151", protocol="sieve", timeout=0.3) == "timeout"
    assert "203.0.113.153" not in dovecot.elements("dovecot4")
    banish.stop()
    dovecot.nft("flush", "ruleset")


def test_the_daemon_bans_when_it_is_enough(dovecot, banish):
    banish.begin(jails={"dovecot": {"maxretry": 3}})
    dovecot.attack("203.0.113.147", attempts=2, per_connection=2, protocol="pop3")
    dovecot.wait_for(1, "rip=203.0.113.147,")
    banish.settle()
    assert dovecot.elements("dovecot4") == {}
    dovecot.attack("203.0.113.147", protocol="submission")
    entry = banish.wait_entry("ban", address="203.0.113.147")
    assert entry["BANISH_FAILURES"] == "3"
    assert dovecot.outcome("203.0.113.147", timeout=0.3) == "timeout"
    banish.stop()
    dovecot.nft("flush", "ruleset")
