"""What `banish run` wants and does not get: however little that is, it does not end without a sentence."""
import selectors
import shutil
import subprocess
import time

import pytest

import banish_test

WRITER = "/lib/systemd/systemd-journal-remote"
OWN_NETWORK = ("unshare", "--user", "--map-root-user", "--net")
DRY_RUN = "dry run"
FULL = "in its own network"

pytestmark = pytest.mark.skipif(not shutil.which(WRITER),
                                reason="systemd-journal-remote is not installed")


def unshares():
    return subprocess.run([*OWN_NETWORK, "true"], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("start")
    for name in ("config", "state", "journal"):
        (folder / name).mkdir()
    (folder / "config" / "banish.json").write_text('{"jails": {"dovecot": {}}}')
    subprocess.run([WRITER, "-o", folder / "journal" / "a.journal", "-"], check=True, text=True,
                   capture_output=True, input="__REALTIME_TIMESTAMP=1700000000000000\n"
                   "_SYSTEMD_UNIT=dovecot.service\nMESSAGE=nothing\n\n")
    return folder


def start(folder, way, before):
    """Until it ends by itself or has started: how it ended, None if it did not, and what it said."""
    words = ["--dry-run"] if way == DRY_RUN else ["--state", folder / "state"]
    own = OWN_NETWORK if way == FULL else ()
    said = b""
    with subprocess.Popen([*own, "sh", "-c", before + '; exec "$@"', "sh", banish_test.BANISH, "run",
                           *words, "--config", folder / "config",
                           "--rules", banish_test.TREE / "rules",
                           "--directory", folder / "journal"],
                          stderr=subprocess.PIPE) as banish, selectors.DefaultSelector() as waiter:
        waiter.register(banish.stderr, selectors.EVENT_READ)
        end = time.monotonic() + 20
        try:
            while b"started: " not in said and waiter.select(end - time.monotonic()):
                piece = banish.stderr.read1()
                if not piece:
                    return banish.wait(10), said.decode()
                said += piece
            assert b"started: " in said
            return None, said.decode()
        finally:
            banish.terminate()


@pytest.mark.parametrize("way", [DRY_RUN, FULL])
def test_no_start_with_few_descriptors_fails_in_silence(folder, way):
    if way == FULL and not unshares():
        pytest.skip("no user namespaces here")
    outcomes = set()
    for n in range(4, 24):  # with three not even the C library is loaded
        code, said = start(folder, way, f"ulimit -n {n}")
        outcomes.add(code)
        assert code is None or (code == 1 and said.strip()), (n, code, said)
    assert outcomes == {1, None}


def test_a_start_without_inotify_names_the_sysctl(folder):
    if not unshares():
        pytest.skip("no user namespaces here")
    code, said = start(folder, FULL, "echo 0 >/proc/sys/user/max_inotify_instances")
    assert code == 1
    assert said.startswith("banish: cannot start: watch of the journal: ")
    assert "fs.inotify.max_user_instances" in said


def test_what_cannot_be_told_to_the_journal_is_told_to_stderr(folder):
    as_by_systemd = "export JOURNAL_STREAM=$(stat --dereference --format=%d:%i /dev/stderr)"
    code, said = start(folder, DRY_RUN, as_by_systemd + "; ulimit -n 4")
    assert code == 1
    assert said.startswith("banish: cannot start: event loop: Too many open files")
