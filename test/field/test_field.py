"""What real servers wrote, and lines of public reports, against the shipped rules.

README.md beside this file says what is in the files, and how to add a recording. All shipped rules are
in force at once, as on a machine that runs every service.
"""
import base64
import collections
import datetime
import json
import os
import pathlib
import subprocess

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
TREE = FOLDER.parents[1]
BANISH = pathlib.Path(os.environ.get("BANISH_BUILD", TREE / "build")) / "daemon" / "banish"
DAY = 86_400_000_000
APART = 25 * 3_600_000_000  # no session and no note lives as long
MODES = ("normal", "aggressive")
RECORDINGS = sorted(path.stem for path in (FOLDER / "recordings").glob("*.jsonl"))

# Lines that are not as wanted, each with its reason. At most five.
CONTAINER = "of a container: the shipped rule reads the units of the host only"
LINES = {
    "P53": CONTAINER,
    "M04": CONTAINER,
    "D71": CONTAINER,
}

# Scenarios that are not as they should be, by server and name. The server's own lines do not tell it.
NO_TOTAL = "Dovecot 2.4 ends a connection with an over-long line without telling its attempts: one counts"
ONCE = "Dropbear tells a name that does not exist once a connection"
SCENARIOS = {
    "dovecot: 5 wrong + long line": NO_TOTAL,
    "mox: sub_scram_unknown": "mox itself calls an unknown name a failed attempt, in the very words "
                              "of a wrong password",
    "mox: imap_scram_badproof_text": "so it does a proof that has the wrong length",
    "mox: imap_scram_first_then_close": "the same lines as of who has read that his proof was wrong, and left",
    "mox: imap_literal_64k": "at LogLevel info its only lines are pieces; an account's name is shorter",
    "dropbear: a name that does not exist, 3 passwords": ONCE,
    "dropbear: ten of a name that does not exist": ONCE,
    "exim: hostile name": "a name that holds \") [\": the line might be of a hostile HELO, and counts for nobody",
    "mox: webfwd_xff_wrong2": "a client's own X-Forwarded-For: rules/mox-web.json says where not to use it",
}

TABLE = []


def rows_of(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def ask(folder, mode, entries):
    """One answer of `banish test` for each entry, a dictionary of journal fields."""
    (folder / "config").mkdir(exist_ok=True)
    done = subprocess.run([BANISH, "test", "--json", "--mode", mode, "--rules", TREE / "rules",
                           "--config", folder / "config"],
                          input="".join(json.dumps(entry) + "\n" for entry in entries),
                          text=True, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.split("\n") if line]
    answers = [answer for answer in answers if "message" in answer]
    assert len(answers) == len(entries)
    return answers


def entry_of(row, time):
    """The journal's fields of a line, as `journalctl -o json` prints them."""
    entry = {"__REALTIME_TIMESTAMP": str(time), "_SYSTEMD_UNIT": row["unit"],
             "SYSLOG_IDENTIFIER": row["identifier"], "_TRANSPORT": row.get("transport", "syslog"),
             "_STREAM_ID": "0123456789abcdef0123456789abcdef"}
    if "uid" in row:
        entry["_UID"] = str(row["uid"])
    if "exe" in row:
        entry["_EXE"] = row["exe"]
    if "line_break" in row:
        entry["_LINE_BREAK"] = row["line_break"]
    entry.update(row.get("extra") or {})
    entry["MESSAGE"] = list(base64.b64decode(row["message_b64"])) if "message_b64" in row \
        else row["message"]
    return entry


def counts(answer):
    return answer["outcome"] == "failure" and answer["weight"] > 0


def sound(answer, client):
    """It counts for the true client, or for nobody."""
    return not counts(answer) or answer["address"] == client


def scenarios_of(rows):
    scenarios = collections.OrderedDict()
    for n, row in enumerate(rows):
        scenarios.setdefault((row["config"], row["scenario"], row["true_client"]), []).append(n)
    return scenarios


def exception(recording, scenario):
    """The name of a scenario in SCENARIOS, of all recordings of a server."""
    return f"{recording.partition('-')[0]}: {scenario}"


@pytest.fixture(scope="module", autouse=True)
def table(request):
    yield
    head = ("recording", "mode", "scenarios", "lines", "guesses", "counted", "wrong address")
    rows = [[str(cell) for cell in row] for row in [head] + TABLE]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print()
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", RECORDINGS)
def test_recording(name, mode, tmp_path):
    rows = rows_of(FOLDER / "recordings" / f"{name}.jsonl")
    times = [round(datetime.datetime.fromisoformat(row["time"].replace("Z", "+00:00")).timestamp()
                   * 1_000_000) for row in rows]
    answers = ask(tmp_path, mode, [entry_of(*pair) for pair in zip(rows, times)])
    faults, all_guesses, all_counted, wrong = [], 0, 0, 0

    for row, answer in zip(rows, answers):
        if not sound(answer, row["true_client"]):
            wrong += 1
            if exception(name, row["scenario"]) not in SCENARIOS:
                faults.append(f"{row['scenario']}: counts for {answer['address']}: {row['message']}")
    for (_, scenario, _), members in scenarios_of(rows).items():
        guesses = (rows[members[0]].get("truth") or {}).get("guesses", 0)
        counted = sum(answers[n]["weight"] for n in members if counts(answers[n]))
        all_guesses += guesses
        all_counted += counted
        # the last attempt of a connection may be an odd one of which these servers do not tell whether
        # it was a guess
        odd = guesses > 0 and name.startswith(("dovecot-", "mox-"))
        right = guesses <= counted <= guesses + odd
        if mode == "aggressive":  # probes come on top
            right = counted >= guesses
        if not right and exception(name, scenario) not in SCENARIOS:
            faults.append(f"{scenario}: {guesses} guesses, {counted} counted")
    TABLE.append((name, mode, len(scenarios_of(rows)), len(rows), all_guesses, all_counted, wrong))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("mode", MODES)
def test_lines(mode, tmp_path):
    rows = rows_of(FOLDER / "lines.jsonl")
    entries = [entry_of(row, DAY + APART * n) for n, row in enumerate(rows)]
    faults = []

    for row, answer in zip(rows, ask(tmp_path, mode, entries)):
        got = "F" if counts(answer) else "S" if answer["outcome"] == "success" else "0"
        right = got == row[mode]
        if got == "F":
            right = right and answer["address"] == row["address"] and \
                row["user"] in (None, answer["user"])  # none given: nobody looked
        if not right and row["id"] not in LINES:
            faults.append(f"{row['id']}: wanted {row[mode]} {row['address']} {row['user']}, "
                          f"got {got} {answer['address']} {answer['user']} ({answer['event']}): "
                          f"{row['message']}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("row", rows_of(FOLDER / "sequences.jsonl"), ids=lambda row: row["id"])
def test_sequence(row, mode, tmp_path):
    entries = [entry_of(line, DAY + 1_000_000 * n) for n, line in enumerate(row["messages"])]
    answers = ask(tmp_path, mode, entries)
    want = row[f"want_{mode}"]
    least, most = want if isinstance(want, list) else (want, want)
    got = sum(answer["weight"] for answer in answers if counts(answer))
    shown = "\n".join(f"{answer['weight']} {answer['event']}: {answer['message']}"
                      for answer in answers[:20])

    assert least <= got <= most, \
        f"{row['wish']}: wanted {want}, got {got}\n{shown}"


def test_exceptions_are_few_and_of_what_there_is():
    assert len(LINES) <= 5
    assert set(LINES) <= {row["id"] for row in rows_of(FOLDER / "lines.jsonl")}
    assert set(SCENARIOS) <= {exception(name, row["scenario"]) for name in RECORDINGS
                              for row in rows_of(FOLDER / "recordings" / f"{name}.jsonl")}
