"""A central log host: `banish replay` of what several servers sent, a file each."""
import json
import os
import pathlib
import subprocess

import pytest

import past

TREE = pathlib.Path(__file__).parents[2]
BANISH = os.path.join(os.environ["BANISH_BUILD"], "daemon/banish")
pytestmark = pytest.mark.skipif(not os.path.exists(past.WRITER), reason="systemd-journal-remote is not installed")


def mox(time, machine, words, cid):
    return past.entry(time, _MACHINE_ID=f"{machine:032x}", _SYSTEMD_UNIT="mox.service",
                      MESSAGE=f"l=info {words} pkg=imapserver cid={cid} delta=1ms")


def guess(time, machine, address, cid):
    """mox names the client where it comes in, and counts connections from 1."""
    return [mox(time, machine, f'm="new connection" remote={address}:4711', cid),
            mox(time + 2, machine, 'm="failed authentication attempt" username=a', cid)]


def test_sessions_are_those_of_a_machine(tmp_path):
    (tmp_path / "remote").mkdir()
    (tmp_path / "banish.json").write_text('{"jails": {"mox": {"maxretry": 5}}}')
    for machine in range(1, 6):     # one guess of the same host on each
        entries = guess(machine * 10, machine, "203.0.113.7", "a1")
        past.write(tmp_path / f"remote/remote-mx{machine}.journal", entries)
    entries = [line for i in range(5) for line in guess(100 + i, 9, f"198.51.100.{i}", f"{i}")]
    past.write(tmp_path / "remote/remote-mx9.journal", entries)
    done = subprocess.run([BANISH, "replay", "--json", "--config", tmp_path, "--rules", TREE / "rules",
                           "--directory", tmp_path / "remote"], capture_output=True, timeout=60, check=True)
    bans = [line for line in map(json.loads, done.stdout.splitlines()) if line["action"] == "ban"]
    assert [(ban["address"], ban["failures"]) for ban in bans] == [("203.0.113.7", 5)]
    assert "entries of 6 machines, and count together" in done.stderr.decode()


def test_who_came_in_elsewhere_under_the_same_number_is_not_blamed(tmp_path):
    (tmp_path / "remote").mkdir()
    (tmp_path / "banish.json").write_text('{"jails": {"mox": {"maxretry": 1}}}')
    first, other = guess(1, 1, "203.0.113.7", "a1"), guess(2, 2, "198.51.100.9", "a1")
    past.write(tmp_path / "remote/remote-mx1.journal", first)
    past.write(tmp_path / "remote/remote-mx2.journal", other[:1])
    done = subprocess.run([BANISH, "replay", "--json", "--config", tmp_path, "--rules", TREE / "rules",
                           "--directory", tmp_path / "remote"], capture_output=True, timeout=60, check=True)
    bans = [line for line in map(json.loads, done.stdout.splitlines()) if line["action"] == "ban"]
    assert [ban["address"] for ban in bans] == ["203.0.113.7"]
