"""`banish check` refuses rules that a client could fool or stall."""
import json
import shutil
import subprocess

import pytest

import banish_test

LINE = "login failed for alice from 192.0.2.44: wrong password"


def check(tmp_path, pattern, examples=True, **example):
    (tmp_path / "rules.d").mkdir()
    (tmp_path / "banish.json").write_text('{"jails": {"calsrv": {}}}')
    (tmp_path / "rules.d" / "calsrv.json").write_text(json.dumps({
        "name": "calsrv",
        "journal": [{"_SYSTEMD_UNIT": "calsrv.service"}],
        "events": [{"name": "auth-failed", "pattern": pattern}],
        "examples": [{"message": LINE, "event": "auth-failed", **example}] if examples else []}))
    done = subprocess.run([banish_test.BANISH, "check", "--config", tmp_path,
                           "--rules", tmp_path / "none"],
                          text=True, capture_output=True, check=False, timeout=60)
    return done.returncode, done.stderr


def test_a_good_rule_passes(tmp_path):
    pattern = r"^login failed for (?<user>.*) from (?<address>\S+): [a-z ]+$"
    assert check(tmp_path, pattern, address="192.0.2.44", user="alice") == (0, "")


def test_a_name_that_looks_like_the_rest_of_the_line_is_tried(tmp_path):
    pattern = r"^login failed for (?<user>.*?) from (?<address>\S+): .*$"
    code, faults = check(tmp_path, pattern, address="192.0.2.44", user="alice")
    assert code == 1
    assert "calsrv.json:1:" in faults and "with the user name" in faults


def test_a_pattern_that_backtracks_is_measured(tmp_path):
    pattern = r"^login (?:[a-z]+ ?)+from (?<address>\S+): [a-z ]+$"
    code, faults = check(tmp_path, pattern, address="192.0.2.44")
    assert code == 1
    assert "costs more than the line is long" in faults


@pytest.mark.parametrize("pattern, fault", [
    (r"^(?:a+)+ (?<address>\S+)$", "costs more than the line is long: \"a\" repeated 64, 128 and 256 times behind \"\""),
    (r"^.*from.*by (?<address>\S+)$", "costs more than the line is long"),
    (r"^(?i)failed for .* from .*: (?<address>\S+)$", "costs more than the line is long"),
    (r"^(?:" + 28 * "(?=.)" + r"[^,])*+(?<address>,)", "comes near the match limit"),
    (r"^(?i)failed for (?<user>.*) from (?<address>\S+)$", None),
])
def test_an_event_without_an_example_is_a_fault_and_is_measured_all_the_same(pattern, fault, tmp_path):
    code, faults = check(tmp_path, pattern, examples=False)
    assert code == 1
    assert "calsrv.json:1:" in faults
    assert ': event "auth-failed" has no example: add a message that it shall match\n' in faults
    assert ("pattern of event" in faults) == bool(fault)
    assert (fault or "") in faults


def test_names_are_counted_over_all_lists(tmp_path):
    lists = [tmp_path / name for name in ("one", "two")]
    for path in lists:
        path.write_text("".join(f"h{i}.{path.name}.example.org\n" for i in range(200)))
    (tmp_path / "banish.json").write_text(json.dumps({"ignoreip": [str(path) for path in lists],
                                                      "jails": {}}))
    words = ["--config", tmp_path]
    for verb, more in [("check", ["--rules", tmp_path / "none"]), ("resolve", ["--print"])]:
        done = subprocess.run([banish_test.BANISH, verb, *words, *more], text=True,
                              capture_output=True, check=False, timeout=60)
        assert done.returncode == 1
        assert "banish.json: more than 65536 addresses and networks, or 256 host names" in done.stderr


FAIL, OTHER = "fail x 192.0.2.1", "other 77"


@pytest.mark.parametrize("example, fault", [
    ({"message": FAIL, "event": "fail", "address": "192.0.2.1", "user": "x"}, None),
    ({"message": FAIL, "event": "fail"}, None),
    ({"message": "fail x 2001:db8:0::1", "event": "fail", "address": "2001:db8::1"}, None),
    ({"message": FAIL, "event": "fail", "address": "192.0.2.2"},
     "the address is 192.0.2.1, not 192.0.2.2"),
    ({"message": FAIL, "event": "fail", "user": "y"}, "the user is x, not y"),
    ({"message": FAIL, "event": "other"}, "the event is fail, not other: mend"),
    ({"message": FAIL, "event": None}, "the event is fail, not none: mend"),
    ({"message": "good x 192.0.2.1", "event": "fail"}, "the event is none, not fail: mend"),
    ({"message": "good x 192.0.2.1", "event": None}, None),
    # the line itself tells none, and no session before it did
    ({"message": OTHER, "event": "other", "address": "192.0.2.1"},
     "the address is none, not 192.0.2.1"),
    ({"message": OTHER, "event": "other", "user": "x"}, "the user is none, not x"),
])
def test_an_example_is_held_to_its_word(example, fault, tmp_path):
    (tmp_path / "banish.json").write_text('{"jails": {}}')
    (tmp_path / "rules.d").mkdir()
    (tmp_path / "rules.d" / "r.json").write_text(json.dumps({
        "name": "r", "journal": [{"_SYSTEMD_UNIT": "r.service"}],
        "events": [{"name": "fail", "pattern": r"^fail (?<user>\S+) (?<address>\S+)$"},
                   {"name": "other", "pattern": r"^other (?<session>\S+)$"}],
        "examples": [example, {"message": FAIL, "event": "fail"}, {"message": "other 78", "event": "other"}]}))
    done = subprocess.run([banish_test.BANISH, "check", "--config", tmp_path,
                           "--rules", tmp_path / "none"],
                          text=True, capture_output=True, check=False, timeout=60)
    lines = [line for line in done.stderr.splitlines() if "warning: no jail is in force" not in line]
    assert done.returncode == (1 if fault else 0), lines
    assert len(lines) == (1 if fault else 0)
    assert not fault or "r.json:1:" in lines[0] and f": example: {fault}" in lines[0]


def counts_of(tmp_path, *events, words=("--verbose",)):
    (tmp_path / "banish.json").write_text('{"jails": {"r": {}}}')
    (tmp_path / "rules.d").mkdir()
    (tmp_path / "rules.d" / "r.json").write_text(json.dumps({
        "name": "r", "journal": [{"_SYSTEMD_UNIT": "r.service"}],
        "events": [dict(event, pattern=rf"^{event['name']} (?<address>\S+) (?<session>\d+)$")
                   for event in events],
        "examples": [{"message": f"{event['name']} 192.0.2.{i} {i}", "event": event["name"]}
                     for i, event in enumerate(events)]}, indent=1))
    done = subprocess.run([banish_test.BANISH, "check", "--config", tmp_path, "--rules", tmp_path / "none", *words],
                          text=True, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    *told, last = done.stdout.splitlines()
    assert last.startswith("OK: ")
    return told, done.stderr.splitlines()


TOLD = [{"name": "a", "told_by": "t"}, {"name": "b"}, {"name": "c", "weight": 0, "told_by": "t"},
        {"name": "d", "weight": 0}, {"name": "e", "counts": "tests", "weight": 2}]


def test_it_says_who_tells_what(tmp_path):
    told, _ = counts_of(tmp_path, *TOLD)
    assert told == ["r: counts attempts, told by t (a, c), b", "r: counts tests, told by e"]
    shutil.rmtree(tmp_path / "rules.d")
    assert counts_of(tmp_path, *TOLD, words=()) == ([], [])


def test_it_warns_of_different_weights_of_one_thing(tmp_path):
    told, (warning,) = counts_of(tmp_path, *TOLD, {"name": "f", "counts": "tests", "weight": 0.5}, words=())
    assert "warning: events \"e\" and \"f\" count the same (tests) but have different weights" in warning
    assert "rules.d/r.json:" in warning and not told


@pytest.mark.parametrize("policy", ["{}", '{"jails": {}}'])
def test_it_warns_where_no_jail_is_in_force(policy, tmp_path):
    (tmp_path / "banish.json").write_text(policy)
    done = subprocess.run([banish_test.BANISH, "check", "--config", tmp_path, "--rules", tmp_path / "none"],
                          text=True, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0 and done.stdout.startswith("OK: 0 jails")
    assert done.stderr.startswith(f"{tmp_path}/banish.json: warning: no jail is in force, so nobody is ever banned")
