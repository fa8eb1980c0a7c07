"""`banish run` warns of banned hosts that go on failing."""
import selectors
import shutil
import subprocess
import time

import pytest

import banish_test
import past
import test_start

HOST = "198.51.100.7"
LINE = ("imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<a>, method=PLAIN, "
        f"rip={HOST}, lip=192.0.2.1, TLS, session=<{{}}>")

pytestmark = [
    pytest.mark.skipif(not shutil.which(past.WRITER), reason="systemd-journal-remote is not installed"),
    pytest.mark.skipif(not test_start.unshares(), reason="no user namespaces here")]


def said_of(tmp_path, monkeypatch, *times):
    """What the daemon says of failures of one host so many seconds after its start: up to a last
    line, with which somebody else is banned."""
    for name in ("config", "state", "journal"):
        (tmp_path / name).mkdir()
    (tmp_path / "config" / "banish.json").write_text(
        '{"defaults": {"bantime": "1d"}, "jails": {"dovecot": {"maxretry": 2}}}')

    def write(name, entries):
        past.write(tmp_path / "journal" / f"{name}.journal", entries)

    monkeypatch.setattr(past, "BEGIN", int(time.time() * 1_000_000))
    write("a", [past.entry(-1, _SYSTEMD_UNIT="dovecot.service", MESSAGE="nothing")])
    with subprocess.Popen([*test_start.OWN_NETWORK, banish_test.BANISH, "run", "--config", tmp_path / "config",
                           "--state", tmp_path / "state", "--rules", banish_test.TREE / "rules",
                           "--directory", tmp_path / "journal"], stderr=subprocess.PIPE) as banish, \
            selectors.DefaultSelector() as waiter:
        waiter.register(banish.stderr, selectors.EVENT_READ)
        said = b""

        def wait(text):
            nonlocal said
            end = time.monotonic() + 20
            while text not in said:
                assert waiter.select(end - time.monotonic()), said
                said += banish.stderr.read1()

        try:
            wait(b"started: ")
            monkeypatch.setattr(past, "BEGIN", int(time.time() * 1_000_000))
            write("b", [past.entry(at, _SYSTEMD_UNIT="dovecot.service", MESSAGE=LINE.format(i))
                        for i, at in enumerate(times)] +
                  [past.entry(times[-1] + 2, _SYSTEMD_UNIT="dovecot.service",
                              MESSAGE=LINE.replace(HOST, "203.0.113.8").format("y")),
                   past.entry(times[-1] + 3, _SYSTEMD_UNIT="dovecot.service",
                              MESSAGE=LINE.replace(HOST, "203.0.113.8").format("z"))])
            wait(b"ban 203.0.113.8/32")
        finally:
            banish.terminate()
    return said.decode()


def test_ten_long_after_the_ban(tmp_path, monkeypatch):
    said = said_of(tmp_path, monkeypatch, 1, 2, *range(700, 740, 2))
    assert said.count("they still reach the server") == 1
    assert "jail dovecot: 10 failures of 1 banned host long after their bans began" in said
    assert said.count(HOST) == 1  # in the ban alone


@pytest.mark.parametrize("times", [
    (1, 2, *range(3, 500)),  # connections of before that end
    (1, 2, *range(700, 718, 2)),  # nine
])
def test_not_what_any_ban_brings(tmp_path, monkeypatch, times):
    assert "still reach" not in said_of(tmp_path, monkeypatch, *times)
