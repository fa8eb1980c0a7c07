"""Asks the real thing: `banish test --json` with one rule in force."""
import json
import os
import pathlib
import shutil
import subprocess

TREE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BANISH_BUILD", TREE / "build"))
BANISH = BUILD / "daemon" / "banish"


def ask(folder, rule, mode, journal, n):
    """One answer for each of the n entries of `journal`, lines as `journalctl -o json` prints them."""
    rules = folder / "rules"
    rules.mkdir()
    (folder / "config").mkdir()
    shutil.copy(TREE / "rules" / f"{rule}.json", rules)
    done = subprocess.run([BANISH, "test", "--json", "--mode", mode, "--rules", rules,
                           "--config", folder / "config"],
                          input=journal, text=True, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.split("\n") if line]
    answers = [answer for answer in answers if "message" in answer]
    assert len(answers) == n
    return answers
