"""packaging/banish-notify@.service and banish-report.service: what comes to the command, and what does not."""
import json
import re

import pytest

import lab
from test_report import talk, talker  # a fixture

COMMAND = r"""#!/bin/sh
# Keeps what it is given; fails as long as it is told to.
[ ! -e /etc/banish/notify/down ] || exit 1
number=$(($(ls "$STATE_DIRECTORY" | grep -c subject) + 1))
printf '%s' "$BANISH_SUBJECT" >"$STATE_DIRECTORY/$number.subject"
cat >"$STATE_DIRECTORY/$number.text"
[ -z "${BANISH_ENTRIES:-}" ] || cp "$BANISH_ENTRIES" "$STATE_DIRECTORY/$number.entries"
id -un >"$STATE_DIRECTORY/$number.user"
"""
# A web server that keeps what it is sent; argv: file, status
SERVER = r"""
import http.server, json
class Handler(http.server.BaseHTTPRequestHandler):
    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with open("/run/requests", "a") as file:
            print(json.dumps([self.command, self.path, dict(self.headers), body]), file=file)
        self.send_response(200)
        self.end_headers()
    do_POST = do_PUT
http.server.HTTPServer(("127.0.0.1", 8099), Handler).serve_forever()
"""
HOSTILE = [
    "';touch$IFS/tmp/owned;'", "$(touch$IFS/tmp/owned)", "`touch$IFS/tmp/owned`", '"};touch$IFS/tmp/owned;{"',
    "a\\\"b\\\\", "x\\nBcc:evil@example.org", "%s%n%d", "</pre><script>", "\x1b]0;owned\x07",
    '","BANISH_COUNT":"999999","BANISH_ACTION":"bans', '"__CURSOR":"x"', "-oQ/tmp/owned",
    "$BANISH_SUBJECT", "é\u202eü", "&&touch$IFS/tmp/owned", "|touch$IFS/tmp/owned",
]
NAME = "banish-notify@try"
FOLDER = "/var/lib/banish-notify/try"


class Notices:
    def __init__(self, machine):
        self.machine = machine

    def configure(self, text):
        self.machine.write("/etc/banish/notify/try.conf", text)

    def run(self, check=True):
        """One run, as the timer makes each minute."""
        return self.machine.run("systemctl", "start", NAME + ".service", check=check)

    def kept(self, ending):
        """What the command was given: one text a notice."""
        return [self.machine.output("cat", f"{FOLDER}/{number}.{ending}")
                for number in range(1, 1 + int(self.machine.shell(f"ls {FOLDER} | grep -c subject || true").stdout))]

    def entries(self):
        return [json.loads(line) for text in self.kept("entries") for line in text.splitlines()]


@pytest.fixture
def notices(machine, guard):
    machine.shell(f"rm -rf /var/lib/private/banish-notify {FOLDER} /tmp/owned /run/requests /etc/banish/notify")
    machine.write("/usr/local/bin/keep", COMMAND)
    machine.run("chmod", "755", "/usr/local/bin/keep")
    answer = Notices(machine)
    answer.configure("COMMAND=/usr/local/bin/keep\n")
    machine.run("chmod", "600", "/etc/banish/notify/try.conf")
    answer.run()
    yield answer
    machine.shell(f"systemctl stop {NAME}.timer {NAME}.service; systemctl reset-failed {NAME}.service 2>/dev/null || true")


def ban(machine, guard, *addresses):
    machine.mox(list(addresses))
    for address in addresses[-1:]:
        guard.wait_entry("ban", address=address)
    machine.run("journalctl", "--sync")


def prefixes(entries):
    return [entry["BANISH_PREFIX"] for entry in entries]


def test_each_ban_is_told_once_whatever_happens_between(machine, guard, notices):
    notices.run()
    assert notices.kept("subject") == []     # nothing of what was before, nothing of nothing
    ban(machine, guard, "203.0.113.30", "203.0.113.31")
    notices.run()
    notices.run()
    assert prefixes(notices.entries()) == ["203.0.113.30/32", "203.0.113.31/32"]
    assert notices.kept("subject") == ["banish on mail: 2 bans"]
    text = notices.kept("text")[0]
    assert len(text.splitlines()) == 2 and "mox: ban 203.0.113.30/32 for " in text
    assert notices.kept("user") == ["banish-notify\n"]
    # the command fails: told later, together with what came meanwhile
    machine.write("/etc/banish/notify/down", "")
    ban(machine, guard, "203.0.113.32")
    assert notices.run(check=False).returncode != 0
    ban(machine, guard, "203.0.113.33")
    machine.run("rm", "/etc/banish/notify/down")
    notices.run()
    assert prefixes(notices.entries())[2:] == ["203.0.113.32/32", "203.0.113.33/32"]
    # banned while nobody looked; a rotated journal
    machine.run("systemctl", "restart", "systemd-journald")
    ban(machine, guard, "203.0.113.34")
    machine.run("journalctl", "--rotate")
    notices.run()
    notices.run()
    assert prefixes(notices.entries())[4:] == ["203.0.113.34/32"]


def test_a_burst_is_one_notice(machine, guard, notices):
    hosts = [f"198.51.{100 + number // 250}.{number % 250 + 1}" for number in range(500)]
    ban(machine, guard, *hosts)
    machine.run("systemctl", "start", NAME + ".timer")
    assert lab.eventually(lambda: notices.kept("subject"), 10) == ["banish on mail: 500 bans"]
    text = notices.kept("text")[0]
    assert len(text.splitlines()) == 51 and text.endswith("... and 450 more: journalctl -t banish\n")
    assert len(notices.entries()) == 50
    # the next one is not before the timer's minute is over
    ban(machine, guard, "203.0.113.35")
    assert machine.output("systemctl", "show", "--value", "-p", "ActiveState", NAME + ".timer").strip() == "active"
    assert len(notices.kept("subject")) == 1
    notices.run()
    assert notices.kept("subject")[1:] == ["banish on mail: 1 ban"]


def test_what_strangers_type_is_text(machine, talker, notices):
    talker.begin(jails={"talker": {"targets": {"hosts": 1, "within": "1h"}}})
    talk(machine, *(f"fail 203.0.113.{40 + i} {user}" for i, user in enumerate(HOSTILE)))
    talker.wait_entry("target", count=len(HOSTILE))
    notices.run()
    entries = notices.entries()
    assert len(entries) == len(HOSTILE) and notices.kept("subject") == [f"banish on mail: 0 bans, {len(HOSTILE)} warnings"]
    lines = notices.kept("text")[0].splitlines()
    assert len(lines) == len(HOSTILE) and all(char.isprintable() for line in lines for char in line)
    assert lines == [entry["MESSAGE"] for entry in entries]
    for name in HOSTILE[:3]:
        assert any(name in line for line in lines)
    assert machine.run("ls", "/tmp/owned", check=False).returncode != 0
    notices.run()
    assert len(notices.kept("subject")) == 1


@pytest.fixture
def server(machine):
    if machine.run("which", "curl", check=False).returncode:
        pytest.skip("no curl in the machine")
    machine.write("/run/server.py", SERVER)
    machine.run("systemd-run", "--quiet", "--unit=server", "/usr/bin/python3", "/run/server.py")
    machine.shell("for i in $(seq 100); do ! curl -s -o /dev/null -X POST -d '' http://127.0.0.1:8099/ || break; sleep 0.1; done; rm -f /run/requests")
    yield lambda: [json.loads(line) for line in machine.output("cat", "/run/requests").splitlines()]
    machine.run("systemctl", "stop", "server.service")


def test_the_shipped_commands(machine, talker, notices, server):
    talker.begin(jails={"talker": {"targets": {"hosts": 1, "within": "1h"}}, "mox": {"maxretry": 1}})
    name = 'a\\"$(id)`id`'
    talk(machine, f"fail 203.0.113.70 {name}")
    talker.wait_entry("target")
    ban(machine, talker, "203.0.113.71")
    cursor = machine.output("cat", f"{FOLDER}/cursor")

    def send(settings):
        machine.write(f"{FOLDER}/cursor", cursor)
        notices.configure(settings)
        notices.run()
    send("COMMAND=/usr/share/banish/notify/ntfy\nURL=http://127.0.0.1:8099/topic\nTOKEN=secret\n")
    method, path, headers, body = server()[0]
    assert (method, path, headers["Authorization"]) == ("POST", "/topic", "Bearer secret")
    assert headers["Title"] == "banish on mail: 1 ban, 1 warning" and name in body and "203.0.113.71/32" in body

    send("COMMAND=/usr/share/banish/notify/matrix\nHOMESERVER=http://127.0.0.1:8099\nROOM=!room:example\nTOKEN=secret\n")
    method, path, headers, body = server()[1]
    assert method == "PUT" and re.fullmatch(r"/_matrix/client/v3/rooms/!room:example/send/m.room.message/[0-9a-f-]+", path)
    assert headers["Authorization"] == "Bearer secret"
    said = json.loads(body)
    assert said["msgtype"] == "m.notice" and name in said["body"] and said["body"].count("\n") == 3

    # a program in place of sendmail: what arrives, and with which arguments
    machine.write("/usr/local/lib/sendmail", "#!/bin/sh\n{ echo \"$@\"; cat; } >>$STATE_DIRECTORY/mails\n")
    machine.run("chmod", "755", "/usr/local/lib/sendmail")
    send("COMMAND=/usr/share/banish/notify/mail\nSENDMAIL=/usr/local/lib/sendmail\nTO=admin@example.org\n")
    mail = machine.output("cat", f"{FOLDER}/mails")
    head, _, text = mail.partition("\n\n")
    assert head.splitlines()[0] == "-i -f banish@mail -- admin@example.org"
    assert "Subject: banish on mail: 1 ban, 1 warning" in head.splitlines() and name in text and name not in head

    machine.run("rm", f"{FOLDER}/mails")
    send("COMMAND=/usr/share/banish/notify/xarf\nSENDMAIL=/usr/local/lib/sendmail\nTO=abuse@example.net\n"
         "ORG=Example\nCONTACT=admin@example.org\nDOMAIN=example.org\n")
    mail = machine.output("cat", f"{FOLDER}/mails")
    assert mail.count("-i -f") == 1 and "Subject: Abuse report: login attack from 203.0.113.71" in mail
    report = json.loads(mail.partition("\n\n")[2])
    assert (report["xarf_version"], report["category"], report["type"], report["source_identifier"]) == \
        ("4.0.0", "connection", "login_attack", "203.0.113.71")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", report["timestamp"])
    assert report["reporter"] == {"org": "Example", "contact": "admin@example.org", "domain": "example.org"}


def test_the_daily_report(machine, guard, notices):
    ban(machine, guard, "203.0.113.36")
    machine.write("/etc/banish/notify/report.conf", "COMMAND=/usr/local/bin/report\n")
    machine.write("/usr/local/bin/report", "#!/bin/sh\necho \"$BANISH_SUBJECT\" >&2\ncat >&2\n")
    machine.run("chmod", "755", "/usr/local/bin/report")
    start = machine.cursor()
    machine.run("systemctl", "start", "banish-report.service")
    entries = machine.wait_for(1, "203.0.113.36/32", "_SYSTEMD_UNIT=banish-report.service", after=start)
    assert entries
    assert machine.wait_for(1, "banish on mail: the last day", "_SYSTEMD_UNIT=banish-report.service", after=start)
    assert machine.run("systemctl", "is-enabled", "banish-report.timer", check=False).stdout.strip() == "disabled"


def test_they_are_confined(machine, guard, notices):
    for unit in (NAME + ".service", "banish-report.service"):
        done = machine.run("systemd-analyze", "security", "--no-pager", "--threshold=20", unit, check=False)
        assert done.returncode == 0, done.stdout
    for unit in (NAME + ".service", NAME + ".timer", "banish-report.service", "banish-report.timer"):
        done = machine.run("systemd-analyze", "verify", "--man=no", unit, check=False)
        assert (done.returncode, done.stderr) == (0, "")
