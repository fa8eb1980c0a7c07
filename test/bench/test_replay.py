"""replay against the bench's own model of what has to be decided, on its made journals."""
import json
import os
import pathlib
import shutil

import pytest

import counts
import journals
import scale
import throughput
import tools

BUILD = os.environ.get("BANISH_BUILD", str(tools.TREE / "build"))

pytestmark = pytest.mark.skipif(not os.path.exists(journals.REMOTE), reason="systemd-journal-remote is not installed")


@pytest.fixture(autouse=True)
def program(monkeypatch):
    monkeypatch.setattr(tools, "BANISH", pathlib.Path(BUILD) / "daemon/banish")


def check(journal, facts, policy, rules=None):
    with tools.configuration(policy, rules) as options:
        summary = tools.replay(options, journal)().last()
    for name in ("failures", "bans", "prevented"):
        assert summary[name] == facts[name], name


def test_replay_decides_what_the_model_decides(tmp_path):
    journal, facts = journals.make(tmp_path, "mail", 20_000)
    assert facts["bans"] > 100
    check(journal, facts, throughput.POLICY)


@pytest.mark.parametrize("n_units", [1, 3, 40])
@pytest.mark.parametrize("same_text", [False, True])
def test_every_rule_reads_its_own_unit_however_many_there_are(tmp_path, n_units, same_text):
    journal, facts = journals.make(tmp_path, "units", 2000, n_units=n_units, same_text=same_text)
    rules = scale.unit_rules(n_units, same_text)
    check(journal, facts, scale.policy(rules), rules)
    half = dict(list(rules.items())[::2])
    with tools.configuration(scale.policy(half), half) as options:
        summary = tools.replay(options, journal)().last()
    assert summary["failures"] < facts["failures"] or n_units == 1


def test_of_instructions_more_than_the_bound_is_told(monkeypatch, tmp_path, capsys):
    recorded = {"replay": 1000, "why": 2000}
    kept = tmp_path / "counts.json"
    kept.write_text(json.dumps({"environment": {"libc6": "1"}, "instructions": recorded}))
    monkeypatch.setattr(counts, "RECORDED", kept)

    def check(libc, replay, why):
        monkeypatch.setattr(counts, "environment", lambda: {"libc6": libc})
        monkeypatch.setattr(counts, "count", lambda: {"replay": replay, "why": why})
        return counts.check(), capsys.readouterr().out
    assert check("1", 1030, 2060)[0] == 0
    answer, text = check("1", 1031, 2000)
    assert answer == 1 and [line.split()[0] for line in text.splitlines() if line.endswith("MORE")] == ["replay"]
    # with another library all may be dearer alike, and one of them not
    answer, text = check("2", 1500, 3000)
    assert answer == 0 and "note: libc6 is 2" in text
    assert check("2", 1500, 2000)[0] == 1
    with pytest.raises(tools.Wrong):
        monkeypatch.setattr(counts, "count", lambda: {"replay": 1000})
        counts.check()


@pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed")
def test_instructions_are_counted_alike_each_time():
    first, again = (counts.instructions(["/bin/echo", "some words"]) for _ in range(2))
    assert first > 10_000 and abs(first - again) < first / 1000


def test_the_recorded_counts_are_of_the_workloads_there_are():
    kept = json.loads(counts.RECORDED.read_text())
    assert len(kept["instructions"]) == 10 and set(kept["environment"]) >= {"compiler", "valgrind", "libsystemd0"}
