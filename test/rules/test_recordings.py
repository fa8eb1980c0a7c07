"""The shipped rules on recordings of real servers: who, how often, and never somebody else."""
import collections
import re

import pytest

import banish_test
import recordings

# Web logins have no second source for the address: behind a proxy that appends to X-Forwarded-For the
# client chooses it, and mox can print another's. rules/mox-web.json says when not to use it.
FORGED_WEB = re.compile(r"(inj-)?fwd-|inj-keycollision-webmail")

CASES = [
    ("dovecot", recordings.DOVECOT, recordings.dovecot_attempts),
    ("mox", recordings.MOX, recordings.mox_attempts),
    ("mox-web", recordings.MOX, recordings.mox_web_attempts),
]
WORDS = [(rule, name, mode, attempts) for rule, names, attempts in CASES for name in names
         for mode in ("normal", "aggressive")]
TABLE = []


@pytest.fixture(scope="module", autouse=True)
def table(request):
    yield
    head = ("recording", "rule", "mode", "lines", "events", "right", "none", "WRONG", "runs", "totals right")
    rows = [head] + TABLE
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(head))]
    text = "\n".join("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in rows)
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("\n" + text)


@pytest.mark.parametrize("rule,name,mode,attempts", WORDS, ids=[f"{r}-{n}-{m}" for r, n, m, _ in WORDS])
def test_recording(rule, name, mode, attempts, tmp_path):
    lines = recordings.load(name)
    answers = banish_test.ask(tmp_path, rule, mode, recordings.journal_json(lines), len(lines))
    count = collections.Counter(lines=len(lines))
    faults = []

    for line, answer in zip(lines, answers):
        if not answer["event"]:
            continue
        count["events"] += 1
        forged = rule == "mox-web" and FORGED_WEB.match(line.run[1])
        if answer["address"] is None:
            count["none"] += 1
            if answer["weight"]:
                faults.append(f"weight for nobody: {line}")
        elif answer["address"] == line.client:
            count["right"] += 1
        else:
            count["WRONG"] += 1
            if not forged:
                faults.append(f"wrong address {answer['address']}: {line}")
        if answer["weight"] and (line.kind == "success" or answer["outcome"] == "success"):
            faults.append(f"a success counts: {line}")

    runs, right = recordings.runs_of(lines), 0
    for run, members in runs.items():
        told = sum(attempts([lines[n] for n in members]).values())
        weight = sum(answers[n]["weight"] for n in members)
        if weight == told or mode == "aggressive" and weight >= told:
            right += 1
        else:
            faults.append(f"{run}: {told} attempts, but weight {weight}")
    TABLE.append((name, rule, mode, count["lines"], count["events"], count["right"], count["none"],
                  count["WRONG"], len(runs), right))
    assert not faults, "\n".join(faults[:20])
    assert count["right"] > 0


def test_truth_of_scenarios():
    """The truth is read from the lines: where a scenario's name says the number, they must agree."""
    known = {"imap-login-wrongpw-x3": 3, "imap-fail5-then-gtuser": 6, "imap-fail5-then-rst": 5,
             "submission-fail2-then-longline": 2, "imap-fail2-then-disconnect-in-auth": 3,
             "imap-login-fail3-oneconn": 3, "imap-plain-fail11-ratelimit": 10}
    seen = set()
    for _, names, attempts in CASES[:2]:
        for name in names:
            lines = recordings.load(name)
            for run, members in recordings.runs_of(lines).items():
                if run[1] in known:
                    seen.add(run[1])
                    assert sum(attempts([lines[n] for n in members]).values()) == known[run[1]], run
    assert seen == set(known)
