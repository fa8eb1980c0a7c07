"""`banish import fail2ban` over small configurations: what it writes, what it says, what `check` and
`test` make of it."""
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

TREE = pathlib.Path(__file__).resolve().parents[2]
BANISH = pathlib.Path(os.environ.get("BANISH_BUILD", TREE / "build")) / "daemon" / "banish"
sys.path.append(str(TREE / "test" / "rules"))
import past  # noqa: E402

ACTION = {"action.d/iptables.conf": "[Init]\nblocktype = DROP\n"}
JAILS = """
[DEFAULT]
bantime = 10m
action = iptables[port="%(port)s"]
"""
DOOR = {
    "jail.conf": JAILS + "[door]\nenabled = true\nport = 7000:7010\nmaxretry = 3\n"
                         "filter = door[mode=strict]\n",
    "filter.d/door.conf": """
[INCLUDES]
before = common.conf
[Definition]
_daemon = doord
prefregex = ^<F-MLFID>%(__prefix_line)s</F-MLFID>door: <F-CONTENT>.+</F-CONTENT>$
strict = ^knock by <ADDR>$
lax =
failregex = ^(?P<what>key|code) refused for "<F-USER>[^"]*</F-USER>", from <HOST>(?: port \\d+)?$
            <<mode>>
            ^ajar for <DNS>$
ignoreregex = ^knock by 192\\.0\\.2\\.
journalmatch = _SYSTEMD_UNIT=door.service + _COMM=doord
""",
    "filter.d/common.conf": """
[DEFAULT]
logtype = file
__prefix_line = <lt_<logtype>/__prefix_line>
[lt_file]
__prefix_line = \\S+ %(_daemon)s\\[\\d+\\]:\\s
[lt_journal]
__prefix_line = %(lt_file/__prefix_line)s
""",
    **ACTION,
}


def write_folder(path, files):
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


def banish(*arguments):
    return subprocess.run([BANISH, *arguments], capture_output=True, text=True, timeout=60, check=False)


def run_import(tmp_path, files, *arguments):
    """Without a journal, but for one that the arguments name."""
    folder = write_folder(tmp_path / "fail2ban", files)
    journal = [] if arguments else ["--file", str(tmp_path / "none")]
    return banish("import", "fail2ban", folder, "--output", tmp_path / "out", "--rules", TREE / "rules",
                  *journal, *arguments)


def check(tmp_path):
    done = banish("check", "--config", tmp_path / "out", "--rules", TREE / "rules")
    assert done.returncode == 0, done.stderr
    return done.stdout


def ask(tmp_path, *messages):
    done = banish("test", "--config", tmp_path / "out", "--rules", TREE / "rules", "--json", *messages)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return [(answer["event"], answer["outcome"], answer["address"], answer["user"]) for answer in answers]


def without_comments(path):
    return json.loads(re.sub(r"//.*|/\*.*?\*/", "", path.read_text()))


def test_a_filter_becomes_a_rule(tmp_path):
    done = run_import(tmp_path, DOOR)
    assert done.returncode == 0, done.stderr
    assert "door: translated to" in done.stdout and "3 of 4 patterns" in done.stdout
    assert "not taken: fail-3: it tells a host name" in done.stdout
    assert "its journalmatch _COMM=... alone is left out" in done.stdout
    assert "1 jail, " in check(tmp_path)
    assert ask(tmp_path, 'door: code refused for "eve", from 198.51.100.7 port 1', "door: knock by 2001:db8::1",
               "door: knock by 192.0.2.1", "door: ajar for example.org", "door: knock by 198.51.100.7 x") == [
        ("fail-1", "failure", "198.51.100.7", "eve"),
        ("fail-2", "failure", "2001:db8::1", None),
        ("ignored-1", "success", None, None),
        (None, None, None, None),
        (None, None, None, None),
    ]


def test_jails_of_one_filter_that_count_differently_stand_on_one_rule(tmp_path):
    ssh = "enabled = true\nport = 22\nfilter = sshd\n"
    done = run_import(tmp_path, {"jail.conf": JAILS + f"[sshd]\n{ssh}[ssh-slow]\n{ssh}maxretry = 20\nfindtime = 1d\n"
                                 f"[ssh-plain]\n{ssh}bantime = 10m\n", "filter.d/sshd.conf": "", **ACTION})
    assert done.returncode == 0, done.stderr
    assert "ssh-slow: the shipped rule sshd, as jail ssh-slow\n" in done.stdout
    assert "ssh-plain: the shipped rule sshd, in one jail with another" in done.stdout
    jails = without_comments(tmp_path / "out" / "banish.json")["jails"]
    assert list(jails) == ["sshd", "ssh-slow"]
    assert (jails["ssh-slow"]["rule"], jails["ssh-slow"]["maxretry"]) == ("sshd", 20)
    assert "2 jails, " in check(tmp_path)


def test_the_policy_says_where_values_are_from(tmp_path):
    assert run_import(tmp_path, DOOR).returncode == 0
    path = tmp_path / "out" / "banish.json"
    policy = without_comments(path)
    assert policy["defaults"]["bantime"] == "10min"
    assert policy["jails"] == {"door": {"maxretry": 3, "action": "drop", "ports": ["7000-7010"]}}
    assert '"maxretry": 3 /* jail.conf:8 */' in path.read_text()


def test_lines_of_the_journal_are_examples(tmp_path):
    journal = tmp_path / "a.journal"
    fields = {"_SYSTEMD_UNIT": "door.service", "SYSLOG_IDENTIFIER": "doord"}
    past.write(journal, [
        past.entry(0, MESSAGE='door: key refused for "too early", from 198.51.100.1', **fields),
        past.entry(9, MESSAGE="door: knock by 198.51.100.3", _SYSTEMD_UNIT="other.service"),
        past.entry(10, MESSAGE='door: key refused for "ann", from 198.51.100.2', **fields),
        past.entry(11, MESSAGE='door: key refused for "bob", from 198.51.100.4', **fields),
    ])
    done = run_import(tmp_path, DOOR, "--file", str(journal), "--since", f"@{past.BEGIN // 1000000 + 5}")
    assert done.returncode == 0, done.stderr
    assert "3 of 4 patterns, 1 seen in the journal" in done.stdout
    rule = without_comments(tmp_path / "out" / "rules.d" / "door.json")
    assert {"message": 'door: key refused for "ann", from 198.51.100.2', "event": "fail-1",
            "address": "198.51.100.2", "user": "ann"} in rule["examples"]
    check(tmp_path)


def test_every_shipped_rule_stands_for_a_filter():
    table = (TREE / "lib" / "import" / "import.c").read_text()
    for rule in (TREE / "rules").glob("*.json"):
        assert f'", "{rule.stem}", ' in table, f"{rule.stem}: add its filter to the table in lib/import/import.c"


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "out" / "rules.d").mkdir(parents=True)
    for name in ("banish.json", "rules.d/door.json"):
        mine = tmp_path / "out" / name
        mine.write_text("mine")
        done = run_import(tmp_path, DOOR)
        assert done.returncode == 1 and "File exists" in done.stderr and name in done.stderr
        assert mine.read_text() == "mine"
        mine.unlink()
        assert not list((tmp_path / "out").rglob("*.json"))


def fake(tmp_path, monkeypatch, name, script):
    """A program in PATH, and else what is there."""
    (tmp_path / "bin").mkdir(exist_ok=True)
    (tmp_path / "bin" / name).write_text("#!/bin/sh\n" + script)
    (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")


def write_knocks(tmp_path):
    fields = {"_SYSTEMD_UNIT": "door.service", "_COMM": "doord", "_PID": "7", "_HOSTNAME": "host"}
    past.write(tmp_path / "a.journal", [
        past.entry(1, MESSAGE="door: knock by 198.51.100.1", **fields),
        past.entry(2, MESSAGE="door: knock by 198.51.100.2", **fields),
        past.entry(3, MESSAGE="door: two\n\x1b[31mlines", **fields),
        past.entry(4, MESSAGE="door: knock by 198.51.100.3", _SYSTEMD_UNIT="other.service"),
    ])
    return "--file", str(tmp_path / "a.journal"), "--since", "@1"


@pytest.mark.parametrize("script, said", [
    ("echo 1000000000.0 198.51.100.1; echo 1000000001.0 198.51.100.2",
     "    fail2ban-regex agrees on 3 of 3 lines of the journal; 2 failures\nWritten"),
    ("echo 1000000000.0 198.51.100.1; echo 1000000001.0 198.51.100.9; echo 1000000002 192.0.2.7; echo 1000000003 "
     "192.0.2.7; echo 7 192.0.2.7; echo x",
     "    fail2ban-regex agrees on 1 of 3 lines of the journal; 3 failures\n"
     "      TIME: fail2ban: 198.51.100.9, banish: 198.51.100.2: door: knock by 198.51.100.2\n"
     "      TIME: fail2ban: 192.0.2.7, banish: no failure: door: two\\n?[31mlines\nWritten"),
    ("echo 1000000000.0 example.org",
     "agrees on 1 of 3 lines of the journal; 0 failures\n      TIME: fail2ban: no failure, banish: 198.51.100.1: door"),
    ("echo; echo ERROR: x; exit 255", "    not compared: fail2ban-regex does not take its filter\nWritten"),
    ("cat /dev/fd/3 >$OUT; echo \"$@\" >>$OUT", "agrees on 1 of 3 lines"),
])
def test_fail2bans_own_judgement_is_compared(tmp_path, monkeypatch, script, said):
    monkeypatch.setenv("OUT", str(tmp_path / "asked"))
    fake(tmp_path, monkeypatch, "fail2ban-regex", script + "\n")
    done = run_import(tmp_path, DOOR, *write_knocks(tmp_path))
    assert done.returncode == 0, done.stderr
    assert said in re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", done.stdout).replace("\n\n", "\n"), done.stdout
    if "$OUT" in script:
        assert (tmp_path / "asked").read_text().split("\n") == [
            "1000000000 host doord[7]: door: knock by 198.51.100.1",
            "1000000001 host doord[7]: door: knock by 198.51.100.2",
            "1000000002 host doord[7]: door: two\\n\x1b[31mlines",
            f"--config {tmp_path}/fail2ban --raw --encoding utf-8 --out <time> <ip> --datepattern ^{{EPOCH}}\\s -- /dev/fd/3 "
            "door.conf[logtype=journal][mode=strict]", ""]


def test_what_cannot_be_compared_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    done = run_import(tmp_path, DOOR, *write_knocks(tmp_path))
    assert done.returncode == 0 and "fail2ban-regex is not installed" in done.stdout
    fake(tmp_path, monkeypatch, "fail2ban-regex", "exit 1\n")
    for file in (tmp_path / "out" / "banish.json", tmp_path / "out" / "rules.d" / "door.json"):
        file.unlink()
    done = run_import(tmp_path, {**DOOR, "jail.local": "[door]\nfailregex = ^knock by <ADDR>$\n"}, *write_knocks(tmp_path))
    assert done.returncode == 0 and "the jail overrules its filter" in done.stdout


# test/machine/test_moving_in.py has the bans themselves
@pytest.mark.parametrize("files, said", [
    ({"fail2ban.local": "[Definition]\ndbfile = None\n"}, "fail2ban keeps no database"),
    ({"fail2ban.local": "[Definition]\ndbfile = /nowhere/x?y\n"}, "cannot read /nowhere/x?y: python3 cannot open it"),
    ({"fail2ban.d/a.conf": "[Definition]\ndbfile = /dev/null\n"}, "cannot read /dev/null: python3 cannot open it"),
])
def test_a_database_that_cannot_be_read_is_told(tmp_path, files, said):
    folder = write_folder(tmp_path / "fail2ban", {**DOOR, "fail2ban.conf": "[DEFAULT]\n[Definition]\n", **files})
    done = banish("import", "fail2ban", folder, "--bans")
    assert done.returncode == 1 and said in done.stderr
    assert not done.stdout


@pytest.mark.parametrize("arguments, code, text", [
    (["fail2ban"], 2, "--output DIR"),
    (["fail2ban", "--output", "/nowhere", "--bans"], 2, "--output DIR, or --bans"),
    (["crowdsec", "--output", "/nowhere"], 2, "only fail2ban's"),
    ([], 2, "fail2ban [DIR] is missing"),
    (["fail2ban", "/nowhere", "--output", "/nowhere/out"], 1, "cannot read /nowhere"),
])
def test_a_wrong_call_is_told(arguments, code, text):
    done = banish("import", *arguments)
    assert done.returncode == code and text in done.stderr


def test_a_folder_without_jails_is_none(tmp_path):
    done = run_import(tmp_path, ACTION)
    assert done.returncode == 1 and "jail.conf" in done.stderr


@pytest.mark.parametrize("text", [
    "[DEFAULT]\nx = %(x)s\n[door]\nenabled = true\nfilter = %(x)s\n",
    "[door]\nenabled = true\nfilter = door[mode=" + "<" * 5000 + ">]\n",
    "[door]\nenabled = true\nfailregex = " + "(" * 100000 + "<HOST>\n",
    "[door]\nenabled = true\nfailregex = " + "<HOST>" * 20000 + "\n",
    "[door]\nenabled = true\nfailregex = ^(?:a|a)*$" + "<ADDR>\n",
    "[door]\nenabled = true\nmaxretry = " + "9" * 1000 + "\nbantime = " + "9" * 1000 + "\n",
    "[door]\nenabled = true\nport = " + "1," * 100000 + "\n",
    "[INCLUDES]\nbefore = jail.local\nafter = jail.local\n[door]\nenabled = true\n",
    "[\nx\n]=[\n=\n[door]\nenabled = true\nfilter = [[[[\n",
    "[door]\nenabled = true\naction = iptables[[[a=\"\n",
    "\x00\xff[door]\x00\nenabled\x00=true\n",
], ids=range(11))
def test_hostile_texts_end(tmp_path, text):
    done = run_import(tmp_path, {**DOOR, "jail.local": text})
    assert done.returncode in (0, 1), done.stderr
    if done.returncode == 0:
        check(tmp_path)
