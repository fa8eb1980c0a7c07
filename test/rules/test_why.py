"""banish why on a journal of the past: the lines that led to a ban, and no others."""
import json
import shutil
import subprocess

import pytest

import banish_test
import past

pytestmark = pytest.mark.skipif(not shutil.which(past.WRITER), reason="systemd-journal-remote is not installed")

HOUR = 3600
HOST = "203.0.113.7"


def rule(name, *events):
    return {"name": name, "journal": [{"_SYSTEMD_UNIT": f"{name}.service"}], "ports": "all", "events": [
        {"name": "failed", "pattern": f"^{name}: failed from (?<address>[^ ]+) by (?<user>.*)$"}, *events]}


CONNECTION = {"name": "connection", "outcome": "note", "pattern": "^box: (?<session>[0-9]+) is (?<address>[^ ]+)$"}
GUESS = {"name": "guess", "pattern": "^box: (?<session>[0-9]+) guessed for (?<user>.*)$"}
RULES = [rule("svc"), rule("box", CONNECTION, GUESS)]


def line(time, text, unit=None):
    return past.entry(time, _SYSTEMD_UNIT=f"{unit or text.split(':')[0]}.service", MESSAGE=text)


def failures(times, name="svc", host=HOST):
    return [line(time, f"{name}: failed from {host} by u{time}") for time in times]


class Past:
    """A journal with what banish would have said while it was written."""

    def __init__(self, place, entries, jails):
        self.place = place
        (place / "rules.d").mkdir()
        (place / "journal").mkdir()
        for one in RULES:
            (place / f"rules.d/{one['name']}.json").write_text(json.dumps(one))
        self.configure(jails)
        entries.sort(key=lambda entry: int(entry["__REALTIME_TIMESTAMP"]))
        past.write(place / "journal/lines.journal", entries)
        self.bans = [line for line in self.ask("replay") if line["action"] == "ban"]
        past.write(place / "journal/said.journal", [{
            **past.entry(0), "__REALTIME_TIMESTAMP": str(ban["time_usec"] + 1), "_SYSTEMD_UNIT": "banish.service",
            "MESSAGE": f"ban {ban['prefix']}", "BANISH_ACTION": "ban", "BANISH_JAIL": ban["jail"],
            "BANISH_PREFIX": ban["prefix"], "BANISH_TRIGGER_CURSOR": ban["cursor"]} for ban in self.bans])

    def configure(self, jails):
        (self.place / "banish.json").write_text(json.dumps(
            {"defaults": {"maxretry": 3, "findtime": "10min", "bantime": "1h"}, "jails": jails}))

    def ask(self, verb, *words):
        done = subprocess.run([banish_test.BANISH, verb, "--json", "--config", self.place, "--rules",
                               self.place / "none", "--directory", self.place / "journal", *words],
                              capture_output=True, text=True, check=False, timeout=60)
        assert done.stderr == ""
        return [json.loads(line) for line in done.stdout.splitlines()]

    def lines(self, host=HOST):
        """[(jail, message) of the lines] of each ban."""
        found = []
        for told in self.ask("why", host):
            if told["what"] == "said":
                found.append([])
            elif told["what"] == "line":
                found[-1].append((told["jail"], told["message"].split(": ", 1)[1]))
        return found


def others(times):
    """What else is in a journal: other hosts, other units, other words."""
    return [entry for time in times for entry in (
        *failures([time], host=f"198.51.100.{time % 250}"), line(time, "svc: all is well"),
        line(time, f"web: failed from {HOST} by x"), line(time, f"svc: failed from {HOST} by x", unit="web"))]


def by(*times):
    return [f"failed from {HOST} by u{time}" for time in times]


def test_the_lines_of_each_ban_are_those_of_its_jail(tmp_path):
    entries = failures([5, 100, 200, 2 * HOUR, 2 * HOUR + 5, 2 * HOUR + 700, 2 * HOUR + 710, 2 * HOUR + 720])
    entries += failures([3, 4, 90], name="box") + others(range(0, 3 * HOUR, 100))
    # another jail's longer memory is none of this one's
    made = Past(tmp_path, entries, {"svc": {}, "box": {"findtime": "1w"}})
    assert made.lines() == [[("box", text) for text in by(3, 4, 90)],
                            [("svc", text) for text in by(5, 100, 200)],
                            [("svc", text) for text in by(2 * HOUR + 700, 2 * HOUR + 710, 2 * HOUR + 720)]]


@pytest.mark.parametrize("jail", [
    {"increment": {"overall": True}},
    {"journal": [{"_SYSTEMD_UNIT": {"prefix": "svc"}}]},
    {"journal": [{"_SYSTEMD_UNIT": ["svc.service", *(f"u{n}.service" for n in range(20))]}]},
    {"journal": [{"_SYSTEMD_UNIT": "svc.service", "SYSLOG_IDENTIFIER": ""}]},
], ids=["overall", "no match", "many matches", "missing field"])
def test_whatever_a_jail_reads_and_hangs_on_its_lines_are_found(jail, tmp_path):
    made = Past(tmp_path, failures([5, 100, 200]) + others(range(0, HOUR, 100)), {"svc": jail, "box": {}})
    assert made.lines() == [[("svc", text) for text in by(5, 100, 200)]]


@pytest.mark.parametrize("age", [60, 20 * HOUR], ids=["a minute", "most of a day"])
def test_whom_an_old_note_names_is_found(age, tmp_path):
    at = 21 * HOUR
    guesses = [line(at + i, f"box: 17 guessed for u{i}") for i in range(3)]
    known = [line(at - 5, f"box: 18 is {HOST}"), line(at - 4, "box: 18 guessed for other")]
    made = Past(tmp_path, [line(at - age, f"box: 17 is {HOST}"), *guesses, *known], {"svc": {}, "box": {}})
    assert [ban["address"] for ban in made.bans] == [HOST]
    assert made.lines() == [[("box", "18 guessed for other"), ("box", "17 guessed for u0"),
                             ("box", "17 guessed for u1")]]


def test_a_repeat_is_known_from_a_findtime_before(tmp_path):
    """The first of the lines that count weighs less, because of one that counts no more."""
    again = [line(time * HOUR, f"svc: failed from {HOST} by same") for time in (0, 2.5, 5)]
    made = Past(tmp_path, again + failures([5 * HOUR + i for i in range(1, 4)]),
                {"svc": {"repeat_weight": 0.5, "findtime": "3h"}})
    lines = [told for told in made.ask("why", HOST) if told["what"] == "line"]
    assert [told["weight"] for told in lines] == [0.5, 0.5, 1, 1]


def test_a_jail_that_is_gone_shows_what_it_said(tmp_path):
    made = Past(tmp_path, failures([5, 100, 200]) + others(range(0, HOUR, 100)), {"svc": {}, "box": {}})
    made.configure({"box": {}})
    assert made.lines() == [[]]


@pytest.mark.parametrize("box, lines", [("box", []), ("svc", [("svc", f"failed from {HOST} by x")] * 3)],
                         ids=["which nobody reads", "which another jail reads"])
def test_a_jail_that_reads_another_unit_ends_at_its_line(box, lines, tmp_path):
    made = Past(tmp_path, failures([5, 100, 205]) + others(range(0, HOUR, 100)), {"svc": {}, "box": {}})
    made.configure({"box": {"journal": [{"_SYSTEMD_UNIT": f"{box}.service"}]},
                    "svc": {"journal": [{"_SYSTEMD_UNIT": "web.service"}]}})
    assert made.lines() == [lines]
