"""replay against the bench's own model of what has to be decided, on its made journals."""
import os
import pathlib

import pytest

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
