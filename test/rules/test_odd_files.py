"""What may lie where a configuration is read: each gets one sentence with its name, and none holds banish."""
import os
import socket
import subprocess

import pytest

import banish_test

RULE = (b'{"name": "a", "journal": [{"_SYSTEMD_UNIT": "a.service"}], '
        b'"events": [{"name": "e", "pattern": "^x (?<address>\\\\S+)$"}], '
        b'"examples": [{"message": "x 192.0.2.1", "event": "e"}]}')
POLICY = b'{"jails": {}}'


def bind(path, text):
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(path.parent)   # a socket's path is short
        listener.bind(path.name)
        os.chdir(here)


def unreadable(path, text):
    path.write_bytes(text)
    path.chmod(0)


# what lies there -> what is said, after the name
ODD = {
    "folder": (lambda path, text: path.mkdir(), ": not a regular file"),
    "fifo": (lambda path, text: os.mkfifo(path), ": not a regular file"),
    "socket": (bind, ": not a regular file"),
    "device": (lambda path, text: path.symlink_to("/dev/zero"), ": not a regular file"),
    "terminal": (lambda path, text: path.symlink_to("/dev/tty"), ": not a regular file"),
    "link to nothing": (lambda path, text: path.symlink_to("nothing"), ": a dangling symbolic link"),
    "link to itself": (lambda path, text: path.symlink_to(path), ": a symbolic link loop"),
    "unreadable": (unreadable, ": permission denied for the user that runs banish"),
    "empty": (lambda path, text: path.write_bytes(b""), ":1:1: the file is empty"),
    "blank": (lambda path, text: path.write_bytes(b"\n \t\n"), ":1:1: the file is empty"),
    "byte order mark": (lambda path, text: path.write_bytes(b"\xef\xbb\xbf" + text),
                        ":1:1: a byte order mark"),
    "NUL at the end": (lambda path, text: path.write_bytes(text + b"\0"), ": a NUL byte"),
    "NUL in a comment": (lambda path, text: path.write_bytes(b"/*\0*/" + text), ":1:3: a NUL byte"),
    "10 MB": (lambda path, text: path.write_bytes(text + b" " * 10_000_000), ": larger than 1 MiB"),
    "UTF-16": (lambda path, text: path.write_bytes(text.decode().encode("utf-16")),
               ":1:1: the text is not UTF-8"),
    "UTF-16, the other": (lambda path, text: path.write_bytes(text.decode().encode("utf-16-be")),
                          ":1:1: a NUL byte"),
    "Latin-1": (lambda path, text: path.write_bytes(b"// \xfc\n" + text), ":1:4: the text is not UTF-8"),
    "archive": (lambda path, text: path.write_bytes(b"\x1f\x8b\x08" + text), ": the text is not UTF-8"),
    "list": (lambda path, text: path.write_bytes(b"[]"), ":1:1: the file cannot be a list"),
}


def check(folder):
    command = [banish_test.BANISH, "check", "--config", folder, "--rules", folder / "none"]
    if os.getuid() == 0:    # to whom no file is unreadable else
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] + command
    return subprocess.run(command, text=True, capture_output=True, check=False, timeout=10,
                          stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("what", ODD)
@pytest.mark.parametrize("name, text", [("banish.json", POLICY), ("rules.d/a.json", RULE)])
def test_an_odd_file_gets_one_sentence(name, text, what, tmp_path):
    make, sentence = ODD[what]
    (tmp_path / "rules.d").mkdir()
    (tmp_path / "banish.json").write_bytes(POLICY)
    (tmp_path / "rules.d/a.json").write_bytes(RULE)
    assert check(tmp_path).returncode == 0
    (tmp_path / name).unlink()
    make(tmp_path / name, text)
    done = check(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(str(tmp_path / name)) and sentence in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("make, sentence", [
    (lambda path: path.write_bytes(RULE), "not a directory"),
    (lambda path: path.symlink_to("nothing"), "a dangling symbolic link"),
    (lambda path: path.mkdir(mode=0), "permission denied for the user that runs banish"),
])
def test_odd_rules_d(make, sentence, tmp_path):
    (tmp_path / "banish.json").write_bytes(POLICY)
    make(tmp_path / "rules.d")
    done = check(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{tmp_path}/rules.d: {sentence}"), done.stderr
    assert done.stderr.count("\n") == 1


def test_what_is_no_rule_file_is_not_looked_at(tmp_path):
    (tmp_path / "rules.d").mkdir()
    (tmp_path / "banish.json").write_bytes(POLICY)
    for name in (".a.json", "a.json~", "a.json.dpkg-old", "README", ".json"):
        (tmp_path / "rules.d" / name).write_bytes(b"no JSON")
    (tmp_path / "rules.d" / "old").mkdir()
    assert check(tmp_path).returncode == 0
