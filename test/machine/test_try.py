"""packaging/try: what it shows happens, and nothing of it stays, also after Ctrl-C."""
import os
import pathlib
import signal
import subprocess

import lab
from conftest import BUILD

TRY = [lab.TREE / "packaging/try", "--build", BUILD]


def begin(tmp_path):
    return subprocess.Popen(TRY, env={**os.environ, "TMPDIR": str(tmp_path)}, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, start_new_session=True)


def leftovers(session, folder):
    """Processes of that session, the machine's included, and folders."""
    found = [str(path) for path in folder.iterdir()]
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            environment = (stat.parent / "environ").read_bytes()
        except OSError:
            continue
        if fields[0] != "Z" and (int(fields[3]) == session or b"/banish-try-" in environment):
            found.append((stat.parent / "cmdline").read_text())
    return found


def test_it_shows_what_happens(bare_machine, tmp_path):
    run = begin(tmp_path)
    shown, _ = run.communicate(timeout=200)
    assert run.returncode == 0, shown
    assert "All of this really happened" in shown and "NOT AS" not in shown
    for part in ("banish  | dovecot: ban 203.0.113.66/32 for 1h", "elements = { 203.0.113.66 ",
                 "2001:db8:77:66:ab::cd", "no answer", "# banish unban 203.0.113.66",
                 "banish: all is well"):
        assert part in shown, shown
    assert lab.eventually(lambda: not leftovers(run.pid, tmp_path)), leftovers(run.pid, tmp_path)


def test_it_cleans_up_after_an_interruption(bare_machine, tmp_path):
    run = begin(tmp_path)
    for line in run.stdout:
        if line.startswith("1. "):
            break
    os.killpg(run.pid, signal.SIGINT)
    shown, _ = run.communicate(timeout=60)
    assert run.returncode == 130, shown
    assert lab.eventually(lambda: not leftovers(run.pid, tmp_path)), leftovers(run.pid, tmp_path)
