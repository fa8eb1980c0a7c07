"""banish status --prometheus: Prometheus' text format, with the numbers of --json."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

import month
import past

TREE = pathlib.Path(__file__).parents[2]
BANISH = os.path.join(os.environ["BANISH_BUILD"], "daemon/banish")
pytestmark = pytest.mark.skipif(not os.path.exists(past.WRITER), reason="systemd-journal-remote is not installed")

HEAD = re.compile(r"# (HELP|TYPE) (banish_[a-z_]+) (.+)")
SAMPLE = re.compile(r'(banish_[a-z_]+)(?:\{([a-z]+)="((?:[^"\\\n]|\\["\\n])*)"\})? (\d+(?:\.\d+)?)')


def parse(text):
    """{metric: (type, {label value or None: number})}; fails where the format or the conventions are broken."""
    metrics, current = {}, None
    assert text.endswith("\n")
    lines = iter(text[:-1].split("\n"))
    for line in lines:
        if line.startswith("#"):
            kind, current, _ = HEAD.fullmatch(line).groups()
            assert kind == "HELP" and current not in metrics, line  # each stands once, in one piece
            kind, name, of = HEAD.fullmatch(next(lines)).groups()
            assert (kind, name) == ("TYPE", current) and of in ("counter", "gauge"), line
            assert (of == "counter") == name.endswith("_total"), line
            metrics[current] = of, {}
            continue
        name, _, value, number = SAMPLE.fullmatch(line).groups()
        assert name == current and value not in metrics[name][1], line
        metrics[name][1][value] = float(number)
    assert all(samples for _, samples in metrics.values()), metrics
    return metrics


@pytest.fixture
def status(tmp_path):
    (tmp_path / "etc/rules.d").mkdir(parents=True)
    (tmp_path / "etc/banish.json").write_text('{"jails": {"talker": {"maxretry": 3}}}')
    (tmp_path / "etc/rules.d/talker.json").write_text(json.dumps(month.TALKER))
    (tmp_path / "journal").mkdir()

    def run(entries, *words, out=subprocess.PIPE):
        past.write(tmp_path / "journal/x.journal", entries)
        return subprocess.run([BANISH, "status", "--config", tmp_path / "etc", "--rules", TREE / "rules", "--directory",
                               tmp_path / "journal", "--state", tmp_path, "--since", f"@{past.BEGIN // 1_000_000}",
                               *words], stdout=out, stderr=subprocess.PIPE, timeout=120)
    return run


def test_the_numbers_are_those_of_json(status):
    entries = month.make(1, 30, 300)
    done = status(entries, "--prometheus")
    assert (done.returncode, done.stderr) == (0, b"")
    metrics = parse(done.stdout.decode())
    told = [json.loads(line) for line in status([], "--json").stdout.splitlines()]
    jails = [item for item in told if item["what"] == "jail"]
    for name, key, unit in (("active_bans", "banned", 1), ("dropped_packets_total", "packets", 1),
                            ("dropped_bytes_total", "bytes", 1), ("recent_bans", "bans", 1),
                            ("recent_failures", "failures", 1), ("recent_prevented", "prevented", 1),
                            ("last_ban_timestamp_seconds", "last_ban_usec", 1_000_000)):
        expected = {item["jail"]: item[key] / unit for item in jails if item[key] is not None}
        assert metrics.get(f"banish_{name}", ("", {}))[1] == pytest.approx(expected), name
    assert metrics["banish_recent_bans"][1]["talker"] > 50 and metrics["banish_recent_failures"][1]["talker"] > 50
    assert metrics["banish_recent_warnings"][1]["blind"] == 1 and metrics["banish_recent_warnings"][1]["target"] == 2
    assert metrics["banish_recent_warnings"][1]["evicted"] == 0
    assert metrics["banish_problems"][1][None] == told[-1]["problems"]
    assert len(metrics["banish_build_info"][1]) == 1


def test_a_weight_has_its_decimal(status):
    done = status([month.talk(9, "relay 203.0.113.1")], "--prometheus")
    assert parse(done.stdout.decode())["banish_recent_failures"][1] == {"talker": 0.5}


def test_names_are_escaped(status):
    hostile = 'x"} 1\n\\y\u202e'
    entry = month.ban(5, "203.0.113.1")
    entry["BANISH_JAIL"] = hostile
    metrics = parse(status([entry], "--prometheus").stdout.decode())
    assert metrics["banish_recent_bans"][1]['x\\"} 1?\\\\y???'] == 1


def test_what_is_not_known_is_left_out(status):
    metrics = parse(status([past.entry(1, MESSAGE="x", _SYSTEMD_UNIT="x.service")], "--prometheus").stdout.decode())
    assert "banish_start_time_seconds" not in metrics and "banish_recent_bans" in metrics
    assert "banish_last_ban_timestamp_seconds" not in metrics
    assert "banish_journal_position_timestamp_seconds" not in metrics


def test_usage_and_errors(status):
    assert status([month.talk(9, "x")], "--prometheus", "--json").returncode == 2
    with open("/dev/full", "wb") as full:
        assert status([], "--prometheus", out=full).returncode == 1


@pytest.mark.skipif(not shutil.which("promtool"), reason="prometheus is not installed")
def test_promtool_finds_no_fault(status):
    done = subprocess.run(["promtool", "check", "metrics"], input=status(month.make(1, 30, 300), "--prometheus").stdout,
                          capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
