"""What docker and podman wrote into the journal, against jails that read containers.

containers/ has recordings of real engines (docker 20.10 and 26.1, podman 4.3 and 5.4), each line with the fields that
banish reads; "truth" on the lines of an attack says who it was, also where the line names a gateway. Long texts are cut
to their ends. All jails are in force at once, as on a machine that has every kind of container.
"""
import collections
import json
import os
import pathlib
import subprocess

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
TREE = FOLDER.parents[1]
BANISH = pathlib.Path(os.environ.get("BANISH_BUILD", TREE / "build")) / "daemon" / "banish"
RECORDINGS = sorted(path.stem for path in (FOLDER / "containers").glob("*.jsonl"))

SELECTORS = {
    "docker": {"_SYSTEMD_UNIT": "docker.service", "CONTAINER_NAME": "mail"},
    "quadlet": {"_SYSTEMD_UNIT": "mailq.service", "_SYSTEMD_CGROUP": "/system.slice/mailq.service/runtime",
                "CONTAINER_NAME": "mail"},
    "passthrough": {"_SYSTEMD_UNIT": "mailq.service",
                    "_SYSTEMD_CGROUP": {"prefix": "/system.slice/mailq.service/libpod-payload-"}},
    "podman": {"_SYSTEMD_UNIT": {"prefix": "libpod-conmon-"}, "CONTAINER_NAME": "mail"},
    "by-a-service": {"_SYSTEMD_UNIT": "scenario.service", "CONTAINER_NAME": "mail"},
    "rootless": {"_SYSTEMD_UNIT": "user@1000.service", "CONTAINER_NAME": "mail"},
    "hostlog": {"_SYSTEMD_UNIT": {"prefix": "docker-"}, "CONTAINER_NAME": ""},
}
JAILS = {name: {"rule": "dovecot", "journal": [selector], "strip": ["syslog", "dovecot"]}
         for name, selector in SELECTORS.items()}

# More guesses than lines: journald's rate limit is shared by all containers.
LOST = {"docker-flood": 30}
FORGED = ("Nov 28 23:26:22 imap-login: Info: Login aborted: Logged out (auth failed, 1 attempts in 0 secs) "
          "(auth_failed): user=<x>, method=PLAIN, rip=198.51.100.1, lip=172.17.0.2, session=<AAAAAAAA{}>")
# Who may write as the container, whatever selects it: how many of a recording's forged lines are believed.
BELIEVED = {
    "forge-syslog-inside": 1,  # any user of the container, by its own syslog
}


def rows_of(name):
    with open(FOLDER / "containers" / f"{name}.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def ask(folder, rows):
    """One answer of `banish test` for each row."""
    (folder / "banish.json").write_text(json.dumps({"jails": JAILS}))
    done = subprocess.run([BANISH, "test", "--json", "--rules", TREE / "rules", "--config", folder],
                          input="".join(json.dumps(row) + "\n" for row in rows),
                          text=True, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(rows)
    return answers


def counts(answer):
    return answer["outcome"] == "failure" and answer["weight"] > 0


def text_of(row):
    return bytes(row["MESSAGE"]).decode("latin-1") if isinstance(row["MESSAGE"], list) else row["MESSAGE"]


@pytest.mark.parametrize("name", RECORDINGS)
def test_counted_is_the_truth(name, tmp_path):
    rows = rows_of(name)
    guesses, counted = {}, collections.Counter()
    for row, answer in zip(rows, ask(tmp_path, rows)):
        truth = row.get("truth")
        if truth and truth["client"] in text_of(row):
            guesses[truth["client"]] = truth["guesses"]
        if counts(answer):
            # nobody but the client; where the engine hides him, nobody
            assert truth and answer["address"] == truth["client"], answer
            counted[answer["address"]] += answer["weight"]
        elif truth and truth["client"] not in text_of(row) and answer["event"]:
            assert "private" in answer["reason"] or answer["weight"] == 0, answer
    if name in LOST:
        assert sum(guesses.values()) - sum(counted.values()) == LOST[name]
    else:
        assert counted == guesses


@pytest.mark.parametrize("name", [name for name in RECORDINGS if name.startswith("forge-") or name == "docker-forge"])
def test_no_forged_line_is_believed(name, tmp_path):
    rows = [dict(row, MESSAGE=FORGED.format(n)) for n, row in enumerate(rows_of(name))]
    answers = ask(tmp_path, rows)
    assert len(rows) > 1
    assert sum(map(counts, answers)) == BELIEVED.get(name, 0)


def pieces_of(rows):
    """Whether each row is a piece of a line."""
    pending = set()
    for row in rows:
        key = row.get("CONTAINER_ID_FULL"), row.get("PRIORITY")
        marked = "CONTAINER_PARTIAL_MESSAGE" in row
        yield marked or "CONTAINER_PARTIAL_ID" in row or key in pending
        pending.discard(key)
        if marked and "CONTAINER_PARTIAL_ID" not in row:
            pending.add(key)


@pytest.mark.parametrize("name", [name for name in RECORDINGS if name.endswith("-long")])
def test_pieces_never_match(name, tmp_path):
    rows = rows_of(name)
    # whoever was recorded, as a container that some jail reads
    rows = [dict(row, MESSAGE=FORGED.format(n), CONTAINER_NAME="mail", _SYSTEMD_UNIT="docker.service")
            for n, row in enumerate(rows)]
    pieces = list(pieces_of(rows))
    assert True in pieces and False in pieces
    assert [not answer["event"] for answer in ask(tmp_path, rows)] == pieces
