"""User names that a stranger chose, and comments that somebody put into the kernel: whatever a verb prints
of them is text without control characters, and without characters that have no width or turn the line."""
import json
import os
import shutil
import subprocess
import unicodedata

import pytest

import banish_test
import past

pytestmark = pytest.mark.skipif(not shutil.which(past.WRITER),
                                reason="systemd-journal-remote is not installed")

NAMES = [
    "\x1b[2J\x1b[31mroot",                     # ESC
    "\x9b2J\x9d0;title\x9c",                   # CSI, OSC and ST of one byte
    "\x80\x85\x8d\x9f",                        # more of them; U+0085 is a new line
    "a\x7fb",                                  # DEL
    "\u202eevil\u202c",                        # turns the line
    "\u2066a\u2069\u2067b\u2069\u200f\u200e",  # isolates and marks
    "\u061cx",                                 # Arabic letter mark
    "ro\u00adot",                              # soft hyphen
    "ro\u180eot",                              # Mongolian vowel separator
    "root\U000e0041\U000e007f",                # tag characters
    "root\u200b\u200d\u2060\ufeff",            # of no width
    "a\u2028b\u2029c",                         # line and paragraph separator
    "x\ufff9y\ufffaz\ufffb",                   # interlinear annotation
    "\udcff\udcc0\udcaf\udc9b",                # no UTF-8 (as surrogateescape writes it)
    'q"\\/\b\f\t',                             # what JSON has words for
]

RULE = {
    "name": "talk", "description": "of the test", "ports": "all",
    "journal": [{"_SYSTEMD_UNIT": "talk.service"}],
    "events": [
        {"name": "wrong", "pattern": r"^wrong (?<address>[0-9.]+) user (?<user>(?s:.*))$"},
        {"name": "in", "pattern": r"^in (?<address>[0-9.]+) user (?<user>(?s:.*))$", "outcome": "success"},
    ],
    "examples": [{"message": "wrong 192.0.2.1 user x", "event": "wrong", "address": "192.0.2.1"}],
}
POLICY = {"defaults": {"maxretry": 3, "targets": {"hosts": 2, "within": "1h"}}, "jails": {"talk": {}}}
OWN = {"_SYSTEMD_UNIT": "banish.service", "SYSLOG_IDENTIFIER": "banish", "BANISH_JAIL": "talk"}
TARGET_ID = "cabd6a19053142358cc3e8d1d37960c5"
BAN_ID = "3ebc39a8ae7248be86dd683ba1b2b4f6"
LIMIT_ID = "86d41127195d477bb87c4b7556866950"


def is_harmless(char):
    code = ord(char)
    return not (unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Cs") or 0xe0000 <= code <= 0xe0fff)


def assert_harmless(output):
    """The bytes of an output, and that it is text at all."""
    text = output.decode("utf-8")
    assert {ascii(char) for char in text if char != "\n" and not is_harmless(char)} == set()


def raw(name):
    return name.encode("utf-8", "surrogateescape")


def shown(name):
    """What a JSON text holds of it."""
    return raw(name).decode("utf-8", "replace").replace("\0", "\ufffd")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("names")
    (place / "config" / "rules.d").mkdir(parents=True)
    (place / "config" / "banish.json").write_text(json.dumps(POLICY))
    (place / "config" / "rules.d" / "talk.json").write_text(json.dumps(RULE))
    entries = []
    for n, name in enumerate(NAMES):
        for host in (2 * n + 1, 2 * n + 2):
            address = f"203.0.113.{host}"
            begin = 100 * n + 10 * host
            line = {"_SYSTEMD_UNIT": "talk.service", "SYSLOG_IDENTIFIER": "talk"}
            for attempt in range(3):
                entries.append(past.entry(begin + attempt, MESSAGE=b"wrong %s user %s" % (
                    address.encode(), raw(name)), **line))
            entries.append(past.entry(begin + 3, MESSAGE=b"in %s user %s" % (address.encode(), raw(name)),
                                      **line))
            entries.append(past.entry(
                begin + 4, MESSAGE=b"ban of " + raw(name), MESSAGE_ID=BAN_ID, BANISH_ACTION="ban",
                BANISH_PREFIX=f"{address}/32", BANISH_FAILURES="3", BANISH_OFFENCE="1",
                BANISH_TRIGGER_CURSOR=str(host), **OWN))
        entries.append(past.entry(
            begin + 5, MESSAGE=b"2 hosts try \"%s\"" % raw(name), MESSAGE_ID=TARGET_ID, PRIORITY="4",
            BANISH_ACTION="target", BANISH_USER=raw(name), BANISH_HOSTS="2", **OWN))
        entries.append(past.entry(begin + 6, MESSAGE=b"warning of " + raw(name), MESSAGE_ID=LIMIT_ID,
                                  PRIORITY="4", **{**OWN, "BANISH_JAIL": f"talk{n}"}))
    entries.sort(key=lambda fields: int(fields["__REALTIME_TIMESTAMP"]))
    past.write(place / "past.journal", entries)
    return place


def banish(place, verb, *words, stdin=b""):
    done = subprocess.run([banish_test.BANISH, verb, "--config", place / "config", "--rules", place / "none",
                           *words], input=stdin, capture_output=True, check=False, timeout=60)
    assert_harmless(done.stdout)
    assert_harmless(done.stderr)
    return done.stdout.decode("utf-8")


def span(place):
    return ["--file", place / "past.journal", "--since", f"@{past.BEGIN // 1_000_000 - 1}"]


def rows(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_test(place, name):
    message = raw(f"wrong 192.0.2.1 user {name}")
    line = json.dumps({"MESSAGE": list(message), "_SYSTEMD_UNIT": "talk.service"}).encode()
    answer = rows(banish(place, "test", "--json", stdin=line))[0]
    assert (answer["user"], answer["message"]) == (shown(name), shown(f"wrong 192.0.2.1 user {name}"))
    assert "address 192.0.2.1, user" in banish(place, "test", stdin=line)
    assert "lines with an address" in banish(place, "test", stdin=json.dumps(
        {"MESSAGE": list(raw(f"{name} at 192.0.2.1")), "_SYSTEMD_UNIT": "talk.service"}).encode())


def test_replay(place):
    users = [row["user"] for row in rows(banish(place, "replay", "--json", *span(place)))
             if row["action"] == "target"]
    assert users == [shown(name) for name in NAMES]
    assert banish(place, "replay", *span(place)).count("at least") == len(NAMES)


def test_report(place):
    words = [*span(place), "--until", f"@{past.BEGIN // 1_000_000 + 100_000}", "--top", "100"]
    answer = rows(banish(place, "report", "--json", *words))
    assert sum(row["what"] == "account" for row in answer) == len(NAMES)
    assert sum(row["what"] == "login" for row in answer) >= len(NAMES)
    assert "Accounts under attack" in banish(place, "report", *words)


def test_status(place):
    words = [*span(place), "--state", place / "nowhere"]
    said = [row for row in rows(banish(place, "status", "--json", *words)) if row["what"] == "warning"]
    assert {row["message"] for row in said} >= {shown(f"warning of {name}") for name in NAMES}
    assert "warning of" in banish(place, "status", *words)


def test_why(place):
    for n, name in enumerate(NAMES):
        said = [row for row in rows(banish(place, "why", f"203.0.113.{2 * n + 1}", "--json", *span(place)))
                if row["what"] == "said"]
        assert [row["message"] for row in said] == [shown(f"ban of {name}")]
        assert "ban of" in banish(place, "why", f"203.0.113.{2 * n + 1}", *span(place))


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("nft"), reason="needs root and nft")
def test_list(place):
    """Comments of elements; nft itself takes neither quotes nor what is not UTF-8."""
    elements = ", ".join(f'192.0.2.{n + 1} comment "{name}"' for n, name in enumerate(NAMES[:13]))
    ruleset = ("table inet banish { set manual4 { type ipv4_addr; flags timeout; elements = { %s } }\n"
               "set manual6 { type ipv6_addr; flags timeout; }\n}\n" % elements)
    for words in ([], ["--json"]):
        done = subprocess.run(["unshare", "-n", "sh", "-c", 'nft -f - && shift && exec "$@"', "sh", "x",
                               banish_test.BANISH, "list", *words], input=ruleset.encode(),
                              capture_output=True, check=True, timeout=60)
        assert_harmless(done.stdout)
        assert len([line for line in done.stdout.splitlines() if b"192.0.2." in line]) == 13
