"""`banish test --suggest`: what it prints is a rule that check takes, and that takes the line."""
import json
import subprocess

import banish_test

LINE = "login failed for alice from 192.0.2.44: wrong password"


def run(tmp_path, *words, stdin=""):
    for name in ("config", "rules"):
        (tmp_path / name).mkdir(exist_ok=True)
    policy = tmp_path / "config" / "banish.json"
    if not policy.exists():
        policy.write_text('{ "jails": { } }')
    return subprocess.run([banish_test.BANISH, words[0], "--config", tmp_path / "config", "--rules", tmp_path / "rules",
                           *words[1:]], input=stdin, text=True, capture_output=True, timeout=60, check=False)


def test_check_takes_what_is_suggested(tmp_path):
    done = run(tmp_path, "test", "--suggest", "--unit", "calsrv.service", LINE)
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / "rules" / "calsrv.json").write_text(done.stdout)
    (tmp_path / "config" / "banish.json").write_text('{ "jails": { "calsrv": {} } }')
    assert run(tmp_path, "check").stdout == "OK: 1 jail, 1 rule, 2 examples passed\n"
    answer = json.loads(run(tmp_path, "test", "--json", LINE).stdout.splitlines()[0])
    assert (answer["event"], answer["address"], answer["user"]) == ("auth-failed", "192.0.2.44", "alice")
    done = run(tmp_path, "test", "--suggest", LINE)
    assert (done.returncode, done.stdout) == (1, "")
    assert "a rule takes this line: calsrv, event auth-failed\n" in done.stderr


def test_the_first_line_with_an_address_of_a_journal(tmp_path):
    entries = [{"_SYSTEMD_UNIT": "calsrv.service", "MESSAGE": "started"},
               {"_SYSTEMD_UNIT": "calsrv.service", "SYSLOG_IDENTIFIER": "cal", "MESSAGE": LINE},
               {"_SYSTEMD_UNIT": "other.service", "MESSAGE": "refused 192.0.2.45"}]
    done = run(tmp_path, "test", "--suggest", stdin="".join(json.dumps(entry) + "\n" for entry in entries))
    assert done.returncode == 0
    assert '{ "_SYSTEMD_UNIT": "calsrv.service", "SYSLOG_IDENTIFIER": "cal" }' in done.stdout
    assert "192.0.2.45" not in done.stdout


def test_says_what_to_think_about(tmp_path):
    done = run(tmp_path, "test", "--suggest", "--unit", "x.service", "from 192.0.2.44 from 192.0.2.45 user a")
    assert done.returncode == 0 and '"pattern"' in done.stdout
    done = run(tmp_path, "test", "--suggest", "started", "version 1.2.3")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "banish test: nothing to suggest: no line holds an address and is not taken by a rule\n"
