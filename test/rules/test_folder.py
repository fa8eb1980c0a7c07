"""A journal that lies anywhere: one file, or the files of a folder."""
import json
import shutil
import subprocess

import pytest

import banish_test
import past

WRITER = "/lib/systemd/systemd-journal-remote"
ID = "0123456789abcdef0123456789abcdef"
LINE = ("imap-login: Disconnected: Connection closed (auth failed, 5 attempts in 9 secs): user=<x>, "
        "method=PLAIN, rip=192.0.2.7, lip=198.51.100.1, session=<AAAAAAAAAAAJCQkJ>")


@pytest.mark.skipif(not shutil.which(WRITER), reason="systemd-journal-remote is not installed")
@pytest.mark.parametrize("words", [("--file", "a.journal"), ("--directory", ".")])
def test_replay_reads_a_journal_that_lies_anywhere(words, tmp_path):
    subprocess.run([WRITER, "-o", tmp_path / "a.journal", "-"], check=True, text=True,
                   capture_output=True, input=f"__REALTIME_TIMESTAMP=1700000000000000\n"
                   f"__MONOTONIC_TIMESTAMP=1\n_BOOT_ID={ID}\n_MACHINE_ID={ID}\n"
                   f"_SYSTEMD_UNIT=dovecot.service\nMESSAGE={LINE}\n\n")
    done = subprocess.run([banish_test.BANISH, "replay", "--json", "--config", tmp_path / "none",
                           "--rules", banish_test.TREE / "rules", *words],
                          cwd=tmp_path, text=True, capture_output=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["action"] for answer in answers] == ["ban", "summary"]
    assert answers[0]["prefix"] == "192.0.2.7/32"


@pytest.mark.skipif(not shutil.which(WRITER), reason="systemd-journal-remote is not installed")
@pytest.mark.parametrize("machines", [[ID, ID], [ID, ID[::-1]]], ids=["one", "two"])
def test_a_folder_with_journals_of_several_machines_is_told(machines, tmp_path):
    for n, machine in enumerate(machines):
        folder = tmp_path / machine
        folder.mkdir(exist_ok=True)
        past.write(folder / f"{n}.journal", [past.entry(n, _MACHINE_ID=machine, MESSAGE=LINE,
                                                        _SYSTEMD_UNIT="dovecot.service")])
    done = subprocess.run([banish_test.BANISH, "replay", "--config", tmp_path / "none", "--rules",
                           banish_test.TREE / "rules", "--directory", tmp_path],
                          text=True, capture_output=True, check=True)
    assert ("entries of 2 machines" in done.stderr) == (machines[0] != machines[1]), done.stderr
    assert "2 entries read" in done.stdout
