"""`banish setup` over small journals: what it finds, writes and says, and what it never does."""
import json
import os
import re
import subprocess
import time

import pytest

import banish_test
import past

SSHD = "Failed password for {} from {} port {} ssh2"
LOGIN = "Accepted password for alice from {} port 9 ssh2"
DOVECOT = ("Nov 28 23:26:22 mail dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<a>, "
           "method=PLAIN, rip=198.51.100.7, lip=192.0.2.1, TLS, session=<x{}>\n")
ROOT = {"_UID": "0", "_TRANSPORT": "syslog"}
SSH = {"_SYSTEMD_UNIT": "ssh.service", **ROOT}
DOCKER = {"_SYSTEMD_UNIT": "docker.service", "CONTAINER_NAME": "mail", "SYSLOG_IDENTIFIER": "0a1b", **ROOT}


@pytest.fixture(name="setup")
def setup_fixture(tmp_path, monkeypatch):
    """setup(*entries, *options) -> the finished call; an entry is (fields, message)."""
    monkeypatch.setattr(past, "BEGIN", int(time.time() - 3600) * 1_000_000)

    def setup(*words, address=None):
        entries = [past.entry(i / 10, MESSAGE=message, **fields)
                   for i, (fields, message) in enumerate(word for word in words if isinstance(word, tuple))]
        if entries:
            (tmp_path / "journal").mkdir()
            past.write(tmp_path / "journal" / "system.journal", entries)
        connection = {"SSH_CONNECTION": f"{address} 40000 192.0.2.1 22"} if address else {}
        environment = {name: value for name, value in os.environ.items() if name != "SSH_CONNECTION"}
        return subprocess.run([banish_test.BANISH, "setup", "--config", tmp_path / "etc", "--rules",
                               banish_test.TREE / "rules", "--directory", tmp_path / "journal",
                               *(word for word in words if isinstance(word, str))], text=True, capture_output=True,
                              check=False, timeout=60, env={**environment, **connection})
    return setup


def policy(tmp_path):
    return json.loads(re.sub(r"^\s*//.*$", "", (tmp_path / "etc" / "banish.json").read_text(), flags=re.M))


def attack(address="198.51.100.7", user="root", count=5):
    return [(SSH, SSHD.format(user, address, port)) for port in range(count)]


def test_sshd_alone(tmp_path, setup):
    done = setup(*attack(), *attack("198.51.100.8", count=2), (SSH, LOGIN.format("192.0.2.5")))
    assert done.returncode == 0, done.stderr
    assert policy(tmp_path) == {"ignoreip": [], "jails": {"sshd": {}}}
    assert "OK: 1 jail," in done.stdout
    assert "sshd: 1 host\nNone of them logged in." in done.stdout
    assert done.stdout.endswith("Now enable it: systemctl enable --now banish\n")
    assert oct((tmp_path / "etc" / "banish.json").stat().st_mode)[-3:] == "644"


def test_who_would_have_been_locked_out_is_told(setup):
    done = setup(*attack(user="alice"), (SSH, LOGIN.format("198.51.100.7")))
    assert re.search(r"^198\.51\.100\.7/32 +sshd +1 .* alice$", done.stdout, re.M)
    assert "None of them" not in done.stdout


def test_a_container_gets_a_jail_that_reads_it(tmp_path, setup):
    done = setup(*attack(), *((DOCKER, DOVECOT.format(i)) for i in range(6)))
    assert done.returncode == 0, done.stderr
    assert policy(tmp_path)["jails"]["dovecot-mail"] == {
        "rule": "dovecot", "strip": ["syslog", "dovecot"],
        "journal": [{"_SYSTEMD_UNIT": "docker.service", "CONTAINER_NAME": "mail"}]}
    assert "dovecot-mail: 1 host\n" in done.stdout
    assert "warning" not in done.stderr


@pytest.mark.parametrize("fields, why", [
    ({"_SYSTEMD_UNIT": "user@1000.service", "_UID": "1000"}, "all that its user runs can write such lines"),
    ({"_SYSTEMD_UNIT": "web.service", "_UID": "33"}, "not root writes for it"),
    ({"CONTAINER_NAME": 'm": {}, "x'}, "no engine gives a container such a name"),
])
def test_a_container_that_anybody_may_play_gets_none(tmp_path, setup, fields, why):
    done = setup(*attack(), *(({**DOCKER, **fields}, DOVECOT.format(i)) for i in range(6)))
    assert done.returncode == 0, done.stderr
    assert list(policy(tmp_path)["jails"]) == ["sshd"]
    assert f"dovecot: left out: container {fields.get('CONTAINER_NAME', 'mail')}: {why}" in done.stdout


def test_nothing_is_written_over(tmp_path, setup):
    (tmp_path / "etc").mkdir()
    own = tmp_path / "etc" / "banish.json"
    own.write_text('{ "jails": { "slow": { "rule": "sshd", "maxretry": 50 } } } // mine')
    done = setup(*attack(), *((DOCKER, DOVECOT.format(i)) for i in range(6)), "--ignore-me", address="203.0.113.9")
    assert done.returncode == 0, done.stderr
    assert own.read_text().endswith("// mine")
    assert '"dovecot-mail": {' in done.stdout and '"sshd": {}' not in done.stdout
    assert 'Its "ignoreip" lacks: "203.0.113.9/32"' in done.stdout
    assert os.listdir(tmp_path / "etc") == ["banish.json"]


def test_twice_is_as_once(tmp_path, setup):
    assert setup(*attack()).returncode == 0
    text = (tmp_path / "etc" / "banish.json").read_text()
    done = setup()
    assert done.returncode == 0, done.stderr
    assert "All that was found has a jail." in done.stdout
    assert (tmp_path / "etc" / "banish.json").read_text() == text


def test_a_fault_in_ones_own_file_is_told(tmp_path, setup):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "banish.json").write_text('{ "jail": {} }')
    done = setup(*attack())
    assert done.returncode == 1 and 'did you mean "jails"' in done.stderr


@pytest.mark.parametrize("address, wanted", [("203.0.113.9", "203.0.113.9/32"), ("2001:db8:1:2:3::4",
                                                                                  "2001:db8:1:2::/64")])
def test_the_caller_is_ignored_if_asked(tmp_path, setup, address, wanted):
    done = setup(*attack(), "--ignore-me", address=address)
    assert done.returncode == 0, done.stderr
    assert policy(tmp_path)["ignoreip"] == [wanted]
    assert "You log in from" not in done.stdout


def test_the_caller_is_told_else(tmp_path, setup):
    done = setup(*attack(), address="203.0.113.9")
    assert policy(tmp_path)["ignoreip"] == []
    assert "You log in from 203.0.113.9/32" in done.stdout


def test_nobody_knows_who_calls(tmp_path, setup):
    done = setup(*attack(), "--ignore-me")
    assert done.returncode == 1
    assert "you did not log in over the network" in done.stderr
    assert not (tmp_path / "etc").exists()


def test_nothing_to_protect(tmp_path, setup):
    done = setup(({"_SYSTEMD_UNIT": "cron.service", **ROOT}, "hello"))
    assert done.returncode == 1
    assert "nothing to protect yet, so nothing is written" in done.stderr
    assert not (tmp_path / "etc").exists()


def test_what_would_do_nothing_or_harm_is_left_out(tmp_path, setup):
    done = setup(*attack(), ({"_SYSTEMD_UNIT": "mox.service", "_UID": "1000"}, "l=info m=started pkg=serve"),
                 ({"_SYSTEMD_UNIT": "named.service", "_UID": "100"}, "running"),
                 ({"_SYSTEMD_UNIT": "haproxy.service", "_UID": "100"}, "192.0.2.9:4711 [29/Nov/2026:22:37:35.990] web"))
    assert sorted(policy(tmp_path)["jails"]) == ["mox", "sshd"]
    assert "mox-web: left out: read the comment" in done.stdout
    assert "haproxy: left out: read the comment" in done.stdout
    assert "named: left out: it counts in mode aggressive only" in done.stdout


@pytest.mark.parametrize("identifier, jails", [("roundcube-raw", ["roundcube", "sshd"]), ("roundcube", ["sshd"])])
def test_roundcube_only_with_its_setting(tmp_path, setup, identifier, jails):
    done = setup(*attack(), ({"_SYSTEMD_UNIT": "php8.2-fpm.service", "_UID": "33", "_TRANSPORT": "syslog",
                              "SYSLOG_IDENTIFIER": identifier},
                             "<l1o15i39> Successful login for alice (ID: 1) from 192.0.2.1 in session l1o15i39j0ts54im"))
    assert done.returncode == 0, done.stderr
    assert sorted(policy(tmp_path)["jails"]) == jails


def test_it_cannot_write(tmp_path, setup):
    (tmp_path / "etc").write_text("no directory")
    done = setup(*attack())
    assert done.returncode == 1
    assert "Not a directory" in done.stderr or "not a directory" in done.stderr
    assert "Written" not in done.stdout


def test_the_unit_reads_another_place(setup):
    done = setup(*attack(), "--yes")
    assert done.returncode == 2 and "leave out --config, or --yes" in done.stderr
