"""`banish replay`: two configurations beside each other (--against), and who of those banned logged in, too."""
import json
import shutil
import subprocess

import pytest

import banish_test
import past

pytestmark = pytest.mark.skipif(not shutil.which(past.WRITER), reason="systemd-journal-remote is not installed")

RULE = {"name": "svc", "journal": [{"_SYSTEMD_UNIT": "svc.service"}], "ports": "all",
        "events": [{"name": "failed", "pattern": "^failed from (?<address>[^ ]+) by (?<user>.*)$"},
                   {"name": "login", "outcome": "success", "pattern": "^login from (?<address>[^ ]+) by (?<user>.*)$"}],
        "examples": [{"message": "failed from 192.0.2.1 by a", "event": "failed"},
                     {"message": "login from 192.0.2.1 by a", "event": "login"}]}
DAY = 86400


def configure(path, settings, jail="svc"):
    (path / "rules.d").mkdir(parents=True)
    (path / "banish.json").write_text(json.dumps(
        {"jails": {jail: {"rule": "svc", "maxretry": 3, "findtime": "1h", "bantime": "10min", **settings}}}))
    (path / "rules.d/svc.json").write_text(json.dumps(RULE))


def replay(place, lines, *options, a=None, b=None, jail_b="svc"):
    """`lines`: (seconds, message)."""
    configure(place / "a", a or {})
    if b is not None:
        configure(place / "b", b, jail_b)
        options = ("--against", place / "b", *options)
    past.write(place / "past.journal", [past.entry(time, _SYSTEMD_UNIT="svc.service", MESSAGE=message)
                                        for time, message in lines])
    done = subprocess.run([banish_test.BANISH, "replay", "--config", place / "a", "--rules", place / "none",
                           "--file", place / "past.journal", *options], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no progress but on a terminal
    return [json.loads(line) for line in done.stdout.splitlines()] if "--json" in options else done.stdout


def failures(host, *times):
    return [(time, f"failed from {host} by mallory") for time in times]


HOST = "192.0.2.1"
ATTACK = failures(HOST, 0, 60, 120, 180)


@pytest.mark.parametrize("a, b, wanted, words", [
    ({}, {"maxretry": 9}, {"only": "a"}, "A bans 1 more host, none of which had logged in."),
    ({"maxretry": 9}, {}, {"only": "b"}, "B bans 1 more host, none of which had logged in."),
    ({}, {"maxretry": 2}, {"only": "both", "start": "earlier", "length": "same"}, "B bans 1min earlier"),
    ({}, {"maxretry": 4}, {"only": "both", "start": "later", "length": "same"}, "B bans 1min later"),
    ({}, {"bantime": "1h"}, {"only": "both", "start": "same", "length": "longer"}, "B bans for 1h, A for 10min"),
    ({}, {"bantime": "5min"}, {"only": "both", "start": "same", "length": "shorter"}, "B bans for 5min, A for 10min"),
    ({}, {"maxretry": 4, "bantime": "infinity"}, {"only": "both", "start": "later", "length": "longer"},
     "B bans 1min later, and for good, A for 10min"),
])
def test_each_difference_is_told(tmp_path, a, b, wanted, words):
    line, summary = replay(tmp_path, ATTACK, "--json", a=a, b=b)
    assert line | wanted == line
    assert (line["jail"], line["prefix"], line["event"]) == ("svc", HOST + "/32", "failed")
    assert ("a_time_usec" in line, "b_time_usec" in line) == (wanted["only"] != "b", wanted["only"] != "a")
    assert (summary["action"], summary["differences"]) == ("summary", 1)
    kinds = {"a": "only_a", "b": "only_b"}.get(wanted["only"])
    told = {key for key in ("only_a", "only_b", "earlier", "later", "longer", "shorter") if summary[key]}
    assert told == ({kinds} if kinds else {wanted["start"], wanted["length"]} - {"same"})
    (tmp_path / "text").mkdir()
    assert words in replay(tmp_path / "text", ATTACK, a=a, b=b)


def test_with_itself_there_is_none(tmp_path):
    lines = replay(tmp_path, ATTACK + failures("2001:db8::1", 200, 201, 202), "--json", b={})
    assert [(line["action"], line["differences"], line["bans_a"], line["bans_b"]) for line in lines] == [
        ("summary", 0, 2, 2)]
    (tmp_path / "text").mkdir()
    assert replay(tmp_path / "text", ATTACK, b={}) == "4 entries read. A: 1 ban. B: 1 ban.\nNo difference.\n"


def test_other_rules_read_other_units(tmp_path):
    """Each gets its own entries, as if it were alone."""
    lines = sorted(ATTACK + failures("192.0.2.2", 1, 61))
    configure(tmp_path / "a", {})
    configure(tmp_path / "b", {"journal": [{"_SYSTEMD_UNIT": "other.service"}], "maxretry": 2}, "other")
    past.write(tmp_path / "past.journal", [
        past.entry(time, _SYSTEMD_UNIT="other.service" if "192.0.2.2" in message else "svc.service", MESSAGE=message)
        for time, message in lines])
    done = subprocess.run([banish_test.BANISH, "replay", "--config", tmp_path / "a", "--rules", tmp_path / "none",
                           "--file", tmp_path / "past.journal", "--json", "--against", tmp_path / "b"],
                          capture_output=True, text=True, timeout=60)
    told = [(line["only"], line["jail"], line["address"]) for line in map(json.loads, done.stdout.splitlines())
            if "only" in line]
    assert told == [("b", "other", "192.0.2.2"), ("a", "svc", "192.0.2.1")], done.stderr


def test_who_of_each_had_logged_in_is_told(tmp_path):
    lines = sorted(failures(HOST, 0, 60) + failures("192.0.2.2", 1, 61) + [(30 * 60, f"login from {HOST} by alice")])
    told = replay(tmp_path, lines, b={"maxretry": 2})
    assert "B bans 2 more hosts, 1 of which had logged in.\n" in told
    assert [line.endswith("; logged in, too") for line in told.splitlines() if "only B bans" in line] == [True, False]
    (tmp_path / "json").mkdir()
    *_, summary = told = replay(tmp_path / "json", lines, "--json", b={"maxretry": 2})
    assert (summary["hosts_a"], summary["hosts_b"], summary["logged_in_b"]) == (0, 2, 1)
    assert {line["address"]: line["user"] for line in told[:-1]} == {HOST: "alice", "192.0.2.2": None}


def test_a_second_configuration_with_faults_is_named(tmp_path):
    configure(tmp_path / "a", {})
    configure(tmp_path / "b", {"maxretry": "many"})
    done = subprocess.run([banish_test.BANISH, "replay", "--config", tmp_path / "a", "--rules", tmp_path / "none",
                           "--file", "/nowhere.journal", "--against", tmp_path / "b"], capture_output=True, text=True)
    assert done.returncode == 1 and f"{tmp_path}/b/banish.json:1:" in done.stderr


@pytest.mark.parametrize("login, wanted", [(-6 * DAY, True), (-8 * DAY, False), (6 * DAY, True), (8 * DAY, False)])
def test_those_who_were_banned_and_logged_in_are_told(tmp_path, login, wanted):
    lines = sorted(ATTACK[:3] + failures("192.0.2.2", 1, 61, 121) + [(login, f"login from {HOST} by alice")])
    *bans, summary = replay(tmp_path, lines, "--json")
    watch = [line for line in bans if line["action"] != "ban"]
    assert summary["action"] == "summary"
    if not wanted:
        assert watch == []
        return
    assert watch == [
        {"action": "login", "jail": "svc", "prefix": HOST + "/32", "bans": 1, "ban_usec": past.BEGIN + 120 * 10 ** 6,
         "login_usec": past.BEGIN + login * 10 ** 6, "user": "alice"},
        {"action": "logins", "jail": "svc", "offenders": 2, "logged_in": 1}]
    (tmp_path / "text").mkdir()
    told = replay(tmp_path / "text", lines)
    assert "\nBanned, but logged in within a week of a ban" in told and "alice" in told
    assert "\nsvc: 1 of 2 offenders logged in (50%)\n" in told
    assert told.splitlines()[-1].startswith("7 entries read")
