"""A day on a mail server: one host visits three services, and is then kept out of all of them."""
import json
import shutil
import subprocess

import pytest

import banish_test
import past

pytestmark = pytest.mark.skipif(not shutil.which(past.WRITER), reason="systemd-journal-remote is not installed")

HOUR = 3600
VISITOR, NEIGHBOUR = "203.0.113.7", "203.0.113.8"
IMAP = {"_SYSTEMD_UNIT": "dovecot.service", "SYSLOG_IDENTIFIER": "dovecot"}
SSH = {"_SYSTEMD_UNIT": "ssh.service", "_UID": "0", "SYSLOG_IDENTIFIER": "sshd"}
SMTP = {"_SYSTEMD_UNIT": "postfix@-.service", "_UID": "101", "SYSLOG_IDENTIFIER": "postfix/smtpd"}


def guesses(time, host, n=5):
    """A login a minute at each of three services, four hours behind each other."""
    for i in range(n):
        yield past.entry(time + 60 * i, **IMAP, MESSAGE="imap-login: Disconnected (auth failed, 1 attempts in 2 secs): "
                         f"user=<u{i}>, method=PLAIN, rip={host}, lip=192.0.2.1, session=<s{time}{i}{host}>")
        yield past.entry(time + 4 * HOUR + 60 * i, **SSH,
                         MESSAGE=f"Failed password for invalid user u{i} from {host} port {40000 + i} ssh2")
        yield past.entry(time + 8 * HOUR + 60 * i, **SMTP,
                         MESSAGE=f"warning: unknown[{host}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6")


def honest(host):
    for hour in range(24):
        yield past.entry(hour * HOUR, **IMAP, MESSAGE=f"imap-login: Login: user=<alice>, method=PLAIN, rip={host}, "
                         f"lip=192.0.2.1, mpid={hour + 100}, TLS, session=<h{hour}{host}>")


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    path = tmp_path_factory.mktemp("day") / "day.journal"
    entries = [*guesses(HOUR, VISITOR), *guesses(HOUR, NEIGHBOUR, 4), *honest("198.51.100.20")]
    past.write(path, sorted(entries, key=lambda entry: int(entry["__REALTIME_TIMESTAMP"])))
    return path


def ask(day, folder, verb, recidive, *options):
    (folder / "banish.json").write_text(json.dumps({"jails": {
        **dict.fromkeys(["dovecot", "sshd", "postfix"], {"maxretry": 5, "findtime": "1h", "bantime": "1h"}),
        "recidive": recidive}}))
    done = subprocess.run([banish_test.BANISH, verb, "--config", folder, "--rules", banish_test.TREE / "rules",
                           "--file", day, *options], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def bans(day, folder, recidive):
    answers = map(json.loads, ask(day, folder, "replay", recidive, "--json").splitlines())
    return [(answer["jail"], answer["address"], (answer["time_usec"] - past.BEGIN) // (60 * 10 ** 6))
            for answer in answers if answer["action"] == "ban"]


VISITS = [("dovecot", VISITOR, 64), ("sshd", VISITOR, 304), ("postfix", VISITOR, 544)]


@pytest.mark.parametrize("recidive, again", [
    ({"maxretry": 3, "findtime": "1d", "bantime": "1w"}, [("recidive", VISITOR, 544)]),
    ({"maxretry": 3, "findtime": "481min", "bantime": "1w"}, [("recidive", VISITOR, 544)]),
    ({"maxretry": 3, "findtime": "8h", "bantime": "1w"}, []),
    ({"maxretry": 4, "findtime": "1d", "bantime": "1w"}, []),
])
def test_the_third_service_is_the_last(day, tmp_path, recidive, again):
    assert bans(day, tmp_path, recidive) == VISITS + again


def test_it_is_told_in_words(day, tmp_path):
    told = ask(day, tmp_path, "replay", {"maxretry": 3, "findtime": "1d", "bantime": "1w"})
    line, = [line for line in told.splitlines() if "recidive" in line and VISITOR in line]
    assert "1w" in line and NEIGHBOUR not in told
