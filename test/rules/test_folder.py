"""A journal that lies anywhere: one file, or the files of a folder."""
import json
import shutil
import subprocess

import pytest

import banish_test

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
