"""`banish check` refuses rules that a client could fool or stall."""
import json
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
    (r"^(?:a+)+ (?<address>\S+)$", "costs more than the line is long: \"a\" repeated 128, 256 and 512 times"),
    (r"^.*from.*by (?<address>\S+)$", "costs more than the line is long"),
    (r"^(?i)failed for .* from .*: (?<address>\S+)$", "costs more than the line is long"),
    (r"^\Qlogin\E for (?<address>\S+)$", "add an example"),
    (r"^(?i)failed for (?<user>.*) from (?<address>\S+)$", None),
])
def test_a_pattern_without_examples_is_measured(pattern, fault, tmp_path):
    code, faults = check(tmp_path, pattern, examples=False)
    assert code == (1 if fault else 0)
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


def test_an_example_that_does_not_hold_is_told(tmp_path):
    pattern = r"^login failed for (?<user>.*) from (?<address>\S+): [a-z ]+$"
    code, faults = check(tmp_path, pattern, address="192.0.2.45")
    assert code == 1
    assert "192.0.2.44" in faults and "192.0.2.45" in faults
