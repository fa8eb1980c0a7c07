"""`banish report` and `status` on a terminal: no line is wider than it, colours only where they are wanted, a pager."""
import fcntl
import json
import os
import pathlib
import pty
import re
import shutil
import struct
import subprocess
import termios

import pytest

import month
import past

pytestmark = pytest.mark.skipif(not shutil.which(past.WRITER), reason="systemd-journal-remote is not installed")

BANISH = os.path.join(os.environ["BANISH_BUILD"], "daemon/banish")
ESCAPE = "\x1b"
# without what the caller's own terminal is
CLEAN = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("terminal")
    (folder / "etc/rules.d").mkdir(parents=True)
    (folder / "journal").mkdir()
    jails = {"talker": {}, "a-jail-whose-name-is-long-indeed": {"rule": "talker", "events": ["wrong-password"]}}
    (folder / "etc/banish.json").write_text(json.dumps({"jails": jails}))
    (folder / "etc/rules.d/talker.json").write_text(json.dumps(month.TALKER))
    host = "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff"
    entries = month.make(4, 2, 200) + [month.ban(2 * month.DAY - 9, host, offence=n) for n in (1, 2)] + [
        month.own(2 * month.DAY - 8, "warned of " + "/a/very/long/path" * 9 + " and more", 4, month.BLIND),
        month.talk(2 * month.DAY - 7, f"ok {host} \u00e4\u00f6\u00fc" + "x" * 300)]
    past.write(folder / "journal/x.journal", entries)
    return folder


def command(place, verb, *options):
    begin = past.BEGIN // 10 ** 6
    state, until = (["--state", place / "state"], []) if verb == "status" else (
        [], ["--until", f"@{begin + 2 * month.DAY}", "--top", "100"])
    return [BANISH, verb, "--config", place / "etc", "--rules", place / "none", "--directory",
            place / "journal", "--since", f"@{begin}", *until, *state, *options]


def piped(place, verb, *options, **env):
    done = subprocess.run(command(place, verb, *options), capture_output=True, text=True, env={**CLEAN, **env},
                          timeout=60)
    assert done.stderr == ""
    return done.stdout


def shown(place, verb, *options, width=80, code=None, **env):
    """What a terminal of that width gets."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 25, width, 0, 0))
    process = subprocess.Popen(command(place, verb, *options), stdin=slave, stdout=slave, stderr=subprocess.PIPE,
                               env={**CLEAN, **env})
    os.close(slave)
    out = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # nobody has the other end any more
            break
        if not part:
            break
        out += part
    os.close(master)
    assert process.wait(60) == (code if code is not None else verb == "status")
    assert process.stderr.read() == b""
    return out.decode().replace("\r\n", "\n")


def plain(text):
    return re.sub(ESCAPE + r"\[[0-9;]*m", "", text)


@pytest.mark.parametrize("verb", ["report", "status"])
@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_no_line_is_wider_than_the_terminal(place, verb, width):
    text = shown(place, verb, "--no-pager", width=width)
    lines = plain(text).split("\n")
    assert ESCAPE not in "".join(lines)
    assert [line for line in lines if len(line) > width] == []
    if width >= 40:
        assert ESCAPE in text and "\u2588" in text and "failures   " in text and "bans       " in text  # pictures
    if width == 200:
        assert max(map(len, lines)) > 150
    assert plain(shown(place, verb, "--no-pager", width=80, COLUMNS=str(width))) == "\n".join(lines)


@pytest.mark.parametrize("verb", ["report", "status"])
def test_colours_are_where_they_are_wanted(place, verb):
    wanted = shown(place, verb, "--no-pager")
    for options, env in (["--color=never"], {}), ([], {"NO_COLOR": "1"}), ([], {"TERM": "dumb"}), ([], {"TERM": ""}):
        assert shown(place, verb, "--no-pager", *options, **env) == plain(wanted)
    assert shown(place, verb, "--no-pager", "--color=always", NO_COLOR="1") == wanted
    assert shown(place, verb, "--no-pager", NO_COLOR="") == wanted


@pytest.mark.parametrize("verb", ["report", "status"])
def test_what_is_piped_knows_no_terminal(place, verb):
    text = piped(place, verb)
    assert ESCAPE not in text and "\u2588" not in text and "In steps of" not in text
    assert piped(place, verb, COLUMNS="40") == text
    coloured = piped(place, verb, "--color=always")
    assert ESCAPE in coloured and plain(coloured) == text
    for option in ["--json"] + ["--html=-"] * (verb == "report") + ["--prometheus"] * (verb == "status"):
        code = 0 if option == "--prometheus" else None
        assert ESCAPE not in shown(place, verb, option, "--color=always", code=code)


def test_block_characters_need_a_locale_that_has_them(place):
    text = shown(place, "report", "--no-pager", LC_ALL="C")
    assert "In steps of" in text and re.search(r"[.:=+*%#]{8}", text)
    assert "\u2588" not in text and "\u2591" not in text


def test_a_color_is_one_of_three_words(place):
    done = subprocess.run(command(place, "report", "--color=green"), capture_output=True, text=True)
    assert done.returncode == 2 and '--color: "green" is not a valid WHEN' in done.stderr


def bin_with(folder, script):
    """A PATH in which these are all there is."""
    folder.mkdir()
    for name in "less", "pager", "own":
        path = pathlib.Path(folder, name)
        path.write_text(f"#!/bin/sh\n{script.format(name=name)}\n")
        path.chmod(0o755)
    return str(folder)


def test_a_pager_gets_it(place, tmp_path):
    got = tmp_path / "got"
    path = bin_with(tmp_path / "bin", f"exec /bin/cat >{got} && :") + ":/usr/bin:/bin"
    wanted = shown(place, "report", "--no-pager", PATH=path)
    assert shown(place, "report", PATH=path) == ""
    assert got.read_text() == wanted
    got.unlink()
    for env in {"SYSTEMD_PAGER": ""}, {"PAGER": "cat"}, {"SYSTEMD_PAGER": "cat", "PAGER": "less"}, {"TERM": "dumb"}:
        assert plain(shown(place, "report", PATH=path, **env)) == plain(wanted)
    assert shown(place, "report", "--json", PATH=path).startswith("{")
    assert piped(place, "report", PATH=path).startswith("banish")
    assert not got.exists()


def test_a_pager_is_told_what_journalctl_tells_it(place, tmp_path):
    path = bin_with(tmp_path / "bin", 'echo "$LESS $LESSCHARSET $LESSSECURE"')
    assert shown(place, "report", PATH=path) == "FRSXMK utf-8 1\n"
    assert shown(place, "report", PATH=path, SYSTEMD_LESS="FR") == "FR utf-8 1\n"


@pytest.mark.parametrize("script", ["exit 0", "read line; exit 1", "kill -9 $$"])
def test_a_pager_that_is_left_early_is_no_error(place, tmp_path, script):
    path = bin_with(tmp_path / "bin", script)
    for _ in range(3):
        shown(place, "report", "--top", "10000", PATH=path)


def test_without_a_pager_it_is_printed(place, tmp_path):
    for env in {"PATH": str(tmp_path)}, {"PATH": str(tmp_path), "PAGER": "/nowhere/pager -x"}:
        assert shown(place, "report", **env) == shown(place, "report", "--no-pager")
