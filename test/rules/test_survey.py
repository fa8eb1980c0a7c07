"""`banish status` looks around: what rules know and no jail reads, and what no rule knows."""
import json
import re
import subprocess
import time

import pytest

import banish_test
import past

DOVECOT = ("imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<a>, method=PLAIN, "
           "rip=198.51.100.7, lip=192.0.2.1, TLS, session=<x{}>")
SSHD = "Failed password for root from 198.51.100.7 port {} ssh2"
STRANGE = "imap-login: Access denied to user <alice>, peer 198.51.100.{}"
ROOT = {"_UID": "0", "_TRANSPORT": "syslog"}


@pytest.fixture(name="look")
def look_fixture(tmp_path, monkeypatch):
    """look(jails, *stretches) -> the findings of status; a stretch is (unit or fields, message, number)."""
    monkeypatch.setattr(past, "BEGIN", int(time.time() - 300) * 1_000_000)

    def look(jails, *stretches, ago=0):
        entries = [past.entry(-ago + n + i / 100, MESSAGE=message.format(n), **ROOT,
                              **(where if isinstance(where, dict) else {"_SYSTEMD_UNIT": where}))
                   for i, (where, message, count) in enumerate(stretches) for n in range(count)]
        (tmp_path / "journal").mkdir()
        past.write(tmp_path / "journal" / "system.journal", sorted(entries, key=lambda e: e["__REALTIME_TIMESTAMP"]))
        (tmp_path / "banish.json").write_text(json.dumps({"jails": jails}))
        done = subprocess.run([banish_test.BANISH, "status", "--json", "--config", tmp_path, "--rules",
                               banish_test.TREE / "rules", "--directory", tmp_path / "journal"],
                              text=True, capture_output=True, check=False, timeout=60)
        told = [json.loads(line) for line in done.stdout.splitlines()]
        return [(item["what"], item["message"]) for item in told
                if item["what"] in ("problem", "note") and "nftables" not in item["message"]]
    return look


def test_a_unit_that_the_rule_does_not_name(look):
    assert look({"dovecot": {}}, ("dovecot3.service", DOVECOT, 3)) == [
        ("problem", "jail dovecot is blind: no entry that it reads has come of late, but dovecot3.service logs lines "
                    "that its rule knows: name that in \"journal\" of the jail")]


def test_one_line_is_enough_where_nothing_is_read(look):
    assert look({"dovecot": {}}, ("dovecot3.service", DOVECOT, 1))[0][0] == "problem"


def test_a_container_beside_the_host(look):
    container = {"_SYSTEMD_UNIT": "docker.service", "CONTAINER_NAME": "mail\033[2J", "SYSLOG_IDENTIFIER": "0a1b"}
    found = look({"dovecot": {}}, ("dovecot.service", DOVECOT, 1), (container, DOVECOT, 3))
    assert [what for what, _ in found] == ["note"]
    assert found[0][1].startswith("container mail?[2J logs lines that rule dovecot knows, but no jail reads them")


def test_a_service_without_a_jail(look):
    found = look({"dovecot": {}}, ("dovecot.service", DOVECOT, 1), ("ssh.service", SSHD, 3))
    assert found == [("note", "ssh.service logs failures that rule sshd knows, but there is no such jail: write "
                              "\"sshd\": {} into \"jails\" of banish.json")]


@pytest.mark.parametrize("stretch", [
    ("ssh.service", SSHD, 2),  # a typo or two
    ("ssh.service", "Accepted password for root from 198.51.100.7 port {} ssh2", 9),
    ("user@1000.service", SSHD, 9),  # who logs there may write anything
    ("session-4.scope", SSHD, 9),
    ("banish.service", SSHD, 9),
    ("dovecot.service", "imap-login: Access denied to nobody {}", 9),
    ("dovecot.service", "pam_unix(dovecot:auth): authentication failure; rhost=198.51.100.{}", 9),
    ("other.service", STRANGE, 9),
    ("dovecot.service", STRANGE, 4),
])
def test_what_is_not_worth_a_word(look, stretch):
    assert look({"dovecot": {}}, ("dovecot.service", DOVECOT, 1), stretch) == []


def test_what_is_long_ago_is_no_news(look):
    found = look({"dovecot": {}}, ("ssh.service", SSHD, 9), ("dovecot.service", DOVECOT, 1), ago=3 * 86400)
    assert len(found) == 1 and "the last entry that its rule reads is 3d" in found[0][1]


def test_lines_that_no_event_takes(look):
    found = look({"dovecot": {}}, ("dovecot.service", DOVECOT, 1), ("dovecot.service", STRANGE, 5))
    assert found == [("note", "jail dovecot: 5 of the last lines that it reads tell of a failure and an address, and no "
                              "event of its rule takes them: \"imap-login: Access denied to user <alice>, peer ADDRESS\"; "
                              "journalctl -o json --all -n 1000 -u dovecot.service | banish test lists such lines")]


def test_of_many_instances_a_few_are_read(look):
    units = [(f"ssh@{i}-192.0.2.1:22-198.51.100.7:{i}.service", SSHD, 3) for i in range(9)]
    found = look({"dovecot": {}}, ("dovecot.service", DOVECOT, 1), *units)
    assert 0 < len(found) <= 4 and all("rule sshd" in message for _, message in found)


def test_a_warning_leaves_when_its_cause_is_gone(tmp_path, monkeypatch):
    """The daemon said that the rule matches nothing; what came then is the same but for one line."""
    log = (banish_test.TREE / "daemon/io/log.h").read_text()
    silent = re.search(r'LOG_SILENT, "([0-9a-f]{32})"', log)[1]
    monkeypatch.setattr(past, "BEGIN", int(time.time() - 300) * 1_000_000)
    (tmp_path / "banish.json").write_text('{"jails": {"dovecot": {}}}')
    warned = past.entry(0, _SYSTEMD_UNIT="banish.service", MESSAGE_ID=silent, PRIORITY="4", BANISH_JAIL="dovecot",
                        MESSAGE="rule dovecot has matched nothing")
    for name, message, count in [("still", "nothing", 1), ("mended", DOVECOT, 0)]:
        past.write(tmp_path / f"{name}.journal", [warned, past.entry(1, _SYSTEMD_UNIT="dovecot.service", MESSAGE=message)])
        for verb, expected in [("status", count), ("report", 1)]:
            done = subprocess.run([banish_test.BANISH, verb, "--json", "--config", tmp_path, "--rules",
                                   banish_test.TREE / "rules", "--file", tmp_path / f"{name}.journal"],
                                  text=True, capture_output=True, check=False, timeout=60)
            told = [json.loads(line) for line in done.stdout.splitlines()]
            assert sum(item["what"] == "warning" for item in told) == expected, (name, verb, told)
