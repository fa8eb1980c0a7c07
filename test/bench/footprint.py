"""Memory while idle, and how long a start takes with much to remember.

Runs as a program of its own, in a network namespace (daemon.enter).
"""
import pathlib
import subprocess
import sys
import tempfile

import daemon
import tools
from tools import Row, Wrong, median

PART = "Footprint"
HOUR = {**daemon.POLICY, "defaults": {"maxretry": 5, "findtime": "1h"}}


def forget_table():
    subprocess.run(["nft", "delete", "table", "inet", "banish"], check=True)


def idle(folder, rounds):
    """Anonymous memory with the shipped rules in force, after everything was read."""
    found = []
    with tools.configuration(daemon.POLICY) as options:
        for i in range(rounds):
            state = folder / f"idle-{i}"
            daemon.write_state(state, 0, *daemon.last_of(folder / "journal"))
            with daemon.running(options, state, folder / "journal") as running:
                running.settle()
                found.append(running.anonymous())
                code = running.has_machine_code()
            forget_table()
    return Row(PART, "anonymous memory (RssAnon) idle, jails dovecot and mox",
               f"{median(found) / 1e6:.2f} MB ({'with' if code else 'without'} compiled patterns)",
               median(found) / 1e6, ("<=", 1.2), " MB")


def start(folder, n, rounds):
    """With n bans that the kernel lost."""
    times = []
    with tools.configuration(daemon.POLICY) as options:
        for i in range(rounds):
            state = folder / f"start-{i}"
            daemon.write_state(state, n, *daemon.last_of(folder / "journal"))
            with daemon.running(options, state, folder / "journal") as running:
                times.append(running.ready)
                memory = running.anonymous()
            forget_table()
    return Row(PART, f"start to READY=1 with {n:,} bans to put back",
               f"{median(times):.3f} s (memory {memory / 1e6:.1f} MB)", median(times), ("<=", 0.3), " s")


def rebuild(folder, journal, n, rounds):
    """With an hour of findtime and n bans: two hours of a busy journal are read again."""
    cursor, position = daemon.last_of(journal)
    ready, settled, spent = [], [], []
    with tools.configuration(HOUR) as options:
        for i in range(rounds):
            state = folder / f"rebuild-{i}"
            daemon.write_state(state, n, cursor, position)
            with daemon.running(options, state, journal) as running:
                ready.append(running.ready)
                settled.append(running.settle())
                spent.append(running.cpu_settled)
                memory = running.anonymous()
            forget_table()
    if median(settled) < median(ready) + 0.05:
        raise Wrong("nothing was read again")
    return Row(PART, f"the same with {n:,} bans and an hour of findtime to rebuild, 100 entries a second",
               f"READY=1 after {median(ready):.3f} s, windows rebuilt after {median(settled):.3f} s, "
               f"{median(spent):.3f} s of a processor "
               f"(memory {memory / 1e6:.1f} MB)", median(ready), ("<=", 1), " s")


def main():
    journal, n, rounds = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        folder = pathlib.Path(folder)
        daemon.small_journal(folder / "journal")
        daemon.answer([idle(folder, rounds), start(folder, n, rounds), rebuild(folder, journal, n, rounds)])


if __name__ == "__main__":
    main()
