"""Jails that name another rule, other entries, some events."""
import json
import shutil
import subprocess

import pytest

import banish_test
import past

RULE = {"name": "svc", "journal": [{"_SYSTEMD_UNIT": "svc.service"}],
        "events": [{"name": "failed", "pattern": r"^failed from (?<address>\S+) by (?<user>\S+)$"},
                   {"name": "probe", "pattern": r"^probe from (?<address>\S+)$"}],
        "examples": [{"message": "failed from 192.0.2.1 by alice", "event": "failed", "address": "192.0.2.1"},
                     {"message": "probe from 192.0.2.1", "event": "probe"}]}
CONTAINER = {"_SYSTEMD_UNIT": "docker.service", "CONTAINER_NAME": "mail"}


def run(folder, verb, jails, entries=(), *words):
    (folder / "rules.d").mkdir(exist_ok=True)
    (folder / "rules.d" / "svc.json").write_text(json.dumps(RULE))
    (folder / "banish.json").write_text(json.dumps({"jails": jails}))
    return subprocess.run([banish_test.BANISH, verb, "--config", folder, "--rules", folder / "none", *words],
                          input="".join(json.dumps(entry) + "\n" for entry in entries),
                          text=True, capture_output=True, check=False, timeout=60)


def ask(folder, jails, *entries):
    done = run(folder, "test", jails, entries, "--json")
    assert done.returncode == 0, done.stderr
    return [(answer["jail"], answer["event"], answer["weight"], answer["reason"])
            for answer in map(json.loads, done.stdout.splitlines())]


def test_a_jail_reads_what_it_says(tmp_path):
    jails = {"svc": {}, "box": {"rule": "svc", "journal": [CONTAINER], "strip": "syslog"}}
    line = "failed from 192.0.2.1 by bob"
    stripped = f"Nov 28 23:53:02 mail svc[7]: {line}\r\n"
    assert ask(tmp_path, jails, {"_SYSTEMD_UNIT": "svc.service", "MESSAGE": line},
               {**CONTAINER, "MESSAGE": stripped},
               {**CONTAINER, "CONTAINER_NAME": "other", "MESSAGE": stripped},
               {"_SYSTEMD_UNIT": "svc.service", "MESSAGE": stripped}) == [
        ("svc", "failed", 1, "counts"),
        ("box", "failed", 1, "counts"),
        (None, None, 0, "no rule in force reads entries of this unit, user and identifier"),
        (None, None, 0, "no event of the rules that select it matches")]


def test_a_jail_takes_the_events_it_names(tmp_path):
    jails = {"some": {"rule": "svc", "events": ["failed"]}}
    entry = {"_SYSTEMD_UNIT": "svc.service", "MESSAGE": "probe from 192.0.2.1"}
    assert ask(tmp_path, jails, entry) == [
        ("some", "probe", 0, "the event is not among the jail's \"events\"")]


def test_a_piece_of_a_line_is_named(tmp_path):
    entry = {**CONTAINER, "MESSAGE": "failed from 192.0.2.1 by bob", "CONTAINER_PARTIAL_ID": "1"}
    assert ask(tmp_path, {"box": {"rule": "svc", "journal": [CONTAINER]}}, entry) == [
        (None, None, 0, "it is a piece of a line that journald or the container engine split")]


def test_a_private_address_in_a_container_counts_nothing(tmp_path):
    entry = {**CONTAINER, "MESSAGE": "failed from 172.17.0.1 by bob"}
    (answer,) = ask(tmp_path, {"box": {"rule": "svc", "journal": [CONTAINER]}}, entry)
    assert answer[:3] == ("box", "failed", 0) and "private" in answer[3]
    (answer,) = ask(tmp_path, {"box": {"rule": "svc", "journal": [CONTAINER], "banprivate": True}}, entry)
    assert answer[:3] == ("box", "failed", 1)


@pytest.mark.parametrize("jail, fault", [
    ({"rule": "svr"}, 'jail "x": no rule "svr": there are "svc"'),
    ({"rule": "svc", "events": ["faled"]}, 'jail "x": rule "svc" has no event "faled": did you mean "failed"?'),
    ({"rule": "svc", "events": ["login"]}, 'jail "x": rule "svc" has no event "login": write one of '),
    ({}, 'jail "x": no rule of that name: there are "svc"'),
])
def test_what_the_rule_has_not_is_a_fault(jail, fault, tmp_path):
    done = run(tmp_path, "check", {"x": jail})
    assert done.returncode == 1
    assert f": {fault}" in done.stderr


@pytest.mark.parametrize("selector, warning", [
    ({"_SYSTEMD_UNIT": "docker.service"}, '"docker.service" alone lets every container'),
    ({"_SYSTEMD_UNIT": "user@1000.service"}, '"user@1000.service" alone lets every container'),
    ({"_SYSTEMD_UNIT": {"prefix": "libpod-conmon-"}}, '"libpod-conmon-" alone lets every container'),
    ({"_UID": "0", "_EXE": "/usr/bin/conmon", "CONTAINER_NAME": "mail"}, "can give itself this name"),
    ({"_SYSTEMD_UNIT": "docker.service", "CONTAINER_NAME": ""}, '"docker.service" alone'),
    (CONTAINER, None),
    ({"_SYSTEMD_UNIT": {"prefix": "libpod-conmon-"}, "CONTAINER_NAME": "mail"}, None),
    ({"_SYSTEMD_UNIT": "user@1000.service", "_SYSTEMD_CGROUP": {"prefix": "/user.slice/mail"}}, None),
    ({"_SYSTEMD_UNIT": "mailq.service"}, None),
])
def test_check_warns_who_else_could_write(selector, warning, tmp_path):
    done = run(tmp_path, "check", {"box": {"rule": "svc", "journal": [selector]}})
    assert done.returncode == 0, done.stderr
    warnings = [line for line in done.stderr.splitlines() if "warning" in line]
    assert len(warnings) == (warning is not None)
    assert not warning or (warning in warnings[0] and 'banish.json:1:' in warnings[0])


def test_the_counts_of_a_rule_are_told_once(tmp_path):
    done = run(tmp_path, "check", {"svc": {}, "slow": {"rule": "svc"}}, (), "--verbose")
    assert done.returncode == 0 and done.stdout.count("svc: counts") == 1
    assert "OK: 2 jails, 1 rule," in done.stdout


@pytest.mark.skipif(not shutil.which(past.WRITER), reason="systemd-journal-remote is not installed")
@pytest.mark.parametrize("selector", [
    CONTAINER,
    # no match of the journal can say how a field begins, so everything is read
    {"_SYSTEMD_UNIT": {"prefix": "docker."}},
    {"_SYSTEMD_UNIT": "docker.service", "SYSLOG_IDENTIFIER": "svc"},
    # many units, beyond what matches are good for
    {"_SYSTEMD_UNIT": ["docker.service", *(f"u{n}.service" for n in range(20))]},
])
def test_replay_reads_what_a_jail_says(selector, tmp_path):
    entries = [past.entry(n, _SYSTEMD_UNIT=unit, CONTAINER_NAME="mail", SYSLOG_IDENTIFIER="5e13", PRIORITY="6",
                          CONTAINER_ID_FULL="5e13", MESSAGE=f"Nov 28 23:53:02 mail svc: {message}\n", **more)
               for n, (unit, message, more) in enumerate([
                   ("docker.service", "failed from 192.0.2.1 by a", {}),
                   ("other.service", "failed from 192.0.2.2 by a", {}),
                   ("docker.service", "failed from 192.0.2.3 by a", {"CONTAINER_PARTIAL_MESSAGE": "true"}),
                   ("docker.service", "failed from 192.0.2.4 by a", {}),
                   ("docker.service", "failed from 192.0.2.5 by a", {"CONTAINER_PARTIAL_ID": "7"}),
                   ("docker.service", "failed from 192.0.2.6 by a", {}),
                   ("svc.service", "failed from 192.0.2.7 by a", {})])]
    past.write(tmp_path / "past.journal", entries)
    jails = {"box": {"rule": "svc", "journal": [selector], "strip": "syslog", "maxretry": 1},
             "slow": {"rule": "svc", "journal": [selector], "strip": ["dovecot", "syslog"], "maxretry": 1},
             "again": {"rule": "svc", "journal": [selector], "strip": "syslog", "events": "failed", "maxretry": 1}}
    done = run(tmp_path, "replay", jails, (), "--json", "--file", tmp_path / "past.journal")
    assert done.returncode == 0, done.stderr
    bans = [(line["jail"], line["address"]) for line in map(json.loads, done.stdout.splitlines())
            if line["action"] == "ban"]
    # "slow" takes the time off first, and then there is no envelope
    assert bans == [(jail, address) for address in ("192.0.2.1", "192.0.2.6") for jail in ("box", "again")]
