"""Dovecot's lines under the settings that spare people: an old password, a guesser, a sprayer."""
import json
import subprocess

import banish_test

START = 1_700_000_000_000_000


def ask(folder, settings, messages):
    """What each line weighs, and why; a minute apart."""
    (folder / "config").mkdir()
    (folder / "config" / "banish.json").write_text(json.dumps({"jails": {"dovecot": settings}}))
    journal = "".join(json.dumps({
        "__REALTIME_TIMESTAMP": str(START + n * 60_000_000), "_SYSTEMD_UNIT": "dovecot.service",
        "SYSLOG_IDENTIFIER": "dovecot", "MESSAGE": message}) + "\n" for n, message in enumerate(messages))
    done = subprocess.run([banish_test.BANISH, "test", "--json", "--config", folder / "config",
                           "--rules", banish_test.TREE / "rules"],
                          input=journal, text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.split("\n") if line]
    return [answer for answer in answers if "message" in answer]


def old(user, session, digest):
    """One connection as Dovecot 2.3 tells it: by auth, and by the login process when it ends."""
    verbose = f" (SHA1 of given password: {digest})" if digest else ""
    return [f"auth: passwd-file({user},192.0.2.41,<{session}>): Password mismatch{verbose}",
            "imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): "
            f"user=<{user}>, method=PLAIN, rip=192.0.2.41, lip=198.51.100.1, TLS, session=<{session}>"]


def new(user, session, digest):
    """The same as Dovecot 2.4 tells it."""
    verbose = f" (SHA1 of given password: {digest})" if digest else ""
    return [f"auth({user},192.0.2.41,sasl:plain)<{session}>: passwd-file: Password mismatch{verbose}",
            "imap-login: Login aborted: Connection closed (auth failed, 1 attempts in 2 secs) (auth_failed): "
            f"user=<{user}>, method=PLAIN, rip=192.0.2.41, lip=198.51.100.1, TLS, session=<{session}>"]


def weights(tmp_path, lines, attempts, **settings):
    settings = {"findtime": "1h", "maxretry": 100, **settings}
    messages = [line for n, (user, digest) in enumerate(attempts) for line in lines(user, f"s{n:014}AAA", digest)]
    answers = ask(tmp_path, settings, messages)
    assert all(answer["user"] == attempts[n // 2][0] for n, answer in enumerate(answers))
    assert all(answer["weight"] == 0 for answer in answers[1::2])
    return [answer["weight"] for answer in answers[::2]]


def test_an_old_password_weighs_little(tmp_path):
    for lines in old, new:
        folder = tmp_path / lines.__name__
        folder.mkdir()
        assert weights(folder, lines, [("alice", "f638ff")] * 4, repeat_weight=0.1) == [1, 0.1, 0.1, 0.1]


def test_a_guesser_of_one_account_weighs_full(tmp_path):
    for lines in old, new:
        folder = tmp_path / lines.__name__
        folder.mkdir()
        guesses = [("alice", f"{n:06x}") for n in range(4)]
        assert weights(folder, lines, guesses, repeat_weight=0) == [1, 1, 1, 1]


def test_without_a_digest_the_user_decides(tmp_path):
    assert weights(tmp_path, old, [("alice", None), ("bob", None), ("alice", None)], repeat_weight=0) == [1, 1, 0]


def test_a_password_is_never_shown(tmp_path):
    line = "auth: passwd-file(alice,192.0.2.41,<s00000000000000AAA>): Password mismatch (given password: hunter2)"
    answers = ask(tmp_path, {"repeat_weight": 0}, [line])
    assert "hunter2" not in json.dumps({key: value for key, value in answers[0].items() if key != "message"})
