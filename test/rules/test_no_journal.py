"""A journal that cannot be read: every verb that reads one says the same, and what to do."""
import os
import subprocess

import pytest

import banish_test
import past

# Root without its capabilities may read no more than its files' modes say.
PLAIN = ["setpriv", "--bounding-set=-all"] if os.geteuid() == 0 else []

VERBS = {"replay": [], "report": [], "why": ["192.0.2.1"], "status": ["--json"],
         "run": ["--dry-run"]}

MISSING, FORBIDDEN = "systemd-journal", "permission denied: run as root or in group systemd-journal"
PLACES = [
    ("--file", "missing", MISSING), ("--file", "empty", MISSING), ("--directory", "missing", MISSING),
    ("--file", "secret", FORBIDDEN), ("--directory", "forbidden", FORBIDDEN),
    ("--file", "text", "not a journal file"), ("--file", "folder", "--directory"),
    ("--directory", "text", "not a directory"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("journals")
    for name in ("config", "folder", "forbidden"):
        (place / name).mkdir()
    (place / "config" / "banish.json").write_text('{"jails": {}}')
    (place / "empty").touch()
    for name in ("text", "secret"):
        (place / name).write_text("This is no journal.\n" * 1000)
    for name in ("secret", "forbidden"):
        (place / name).chmod(0)
    return place


@pytest.mark.parametrize("verb, option, name, sentence",
                         [(verb, *place) for verb in VERBS for place in PLACES
                          if (verb, place[0]) != ("run", "--file")])
def test_it_is_said_what_to_do(place, verb, option, name, sentence):
    done = subprocess.run([*PLAIN, banish_test.BANISH, verb, *VERBS[verb], option, place / name,
                           "--config", place / "config", "--rules", banish_test.TREE / "rules"],
                          text=True, capture_output=True, check=False, timeout=60)
    assert done.returncode == (78 if (verb, name) == ("run", "forbidden") else 1)
    if verb == "status":
        said = done.stdout
    else:
        said = done.stderr
        assert (done.stdout, len(said.splitlines())) == ("", 1)
        assert "cannot read the journal: " in said
    assert sentence in said


@pytest.mark.parametrize("verb", ["replay", "report", "why"])
def test_a_folder_without_a_journal_is_no_success(place, verb):
    done = subprocess.run([banish_test.BANISH, verb, *VERBS[verb], "--directory", place / "folder",
                           "--config", place / "config", "--rules", banish_test.TREE / "rules"],
                          text=True, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"banish {verb}: the journal is empty: check the path\n"


@pytest.mark.skipif(not os.path.exists(past.WRITER), reason="systemd-journal-remote is not installed")
@pytest.mark.parametrize("verb", ["replay", "report", "why"])
def test_a_file_that_libsystemd_leaves_out_is_named(place, verb, tmp_path):
    past.write(tmp_path / "good.journal", [past.entry(0, MESSAGE="x")])
    content = bytearray((tmp_path / "good.journal").read_bytes())
    content[15] |= 0x80     # needs a later version
    (tmp_path / "later.journal").write_bytes(content)
    done = subprocess.run([banish_test.BANISH, verb, *VERBS[verb], "--directory", tmp_path, "--config", place / "config",
                           "--rules", banish_test.TREE / "rules"], text=True, capture_output=True, check=False, timeout=60)
    assert f"banish {verb}: 1 file of the journal cannot be read, such as later.journal: see journalctl --verify\n" in done.stderr
