"""Programming nftables: everything at start, one ban more, and the list; beside nft itself.

Runs as a program of its own, in a network namespace (daemon.enter).
"""
import contextlib
import pathlib
import signal
import subprocess
import sys
import tempfile

import daemon
import tools
from tools import Row, expect, median

PART = "Programming the kernel"
TABLE = ["inet", "banish"]


def nft(*arguments):
    subprocess.run(["nft", *arguments], check=True, stdout=subprocess.DEVNULL)


def count():
    """Elements that the kernel holds, as nft counts them."""
    done = subprocess.run(["nft", "-j", "list", "set", *TABLE, "dovecot4"], capture_output=True, text=True, check=True)
    return done.stdout.count('"timeout"') - 1  # the set's own flag


def nft_file(path, n):
    """The same elements for nft -f, into a table of its own."""
    elements = ",\n".join(f'{address} timeout {(until - since) // 10**6}s comment "{daemon.EVENT} x5"'
                          for _, address, since, until in daemon.bans(n))
    path.write_text("table inet bench { set dovecot4 { type ipv4_addr; flags timeout; size 200000;\n"
                    f"elements = {{\n{elements} }}\n}}\n}}\n")


def listeners():
    """How many sockets listen to nftables on this machine: for any, in any namespace, the kernel tells each element."""
    found = set()
    for table in pathlib.Path("/proc").glob("[0-9]*/net/netlink"):
        with contextlib.suppress(OSError):
            rows = [line.split() for line in table.read_text().splitlines()[1:]]
            found |= {row[0] for row in rows if row[1] == "12" and int(row[3], 16) & 1 << 6}
    return len(found)


def restore(folder, options, n, rounds):
    """Start to READY=1 with n bans that the kernel lost, against nft -f: processor time, the kernel's included."""
    journal = daemon.small_journal(folder / "journal")
    ours, theirs, empty, wall = [], [], [], []
    nft_file(folder / "elements", n)
    others = "; somebody else listened to nftables, which costs both" if listeners() else ""
    for number in range(rounds):
        for size, times in ((0, empty), (n, ours)):
            state = folder / f"state-{number}-{size}"
            daemon.write_state(state, size, *daemon.last_of(journal))
            with daemon.running(options, state, journal) as running:
                times.append(running.cpu)
                if number == 0:
                    expect(count() if size else 0, size, "bans in the kernel at READY=1")
            nft("delete", "table", *TABLE)
        wall.append(running.ready)
        theirs.append(tools.measure("nft", "-f", folder / "elements").cpu)
        nft("delete", "table", "inet", "bench")
    return Row(PART, f"{n:,} bans put back: start to READY=1 / nft -f with the same elements",
               f"{median(ours):.3f} s / {median(theirs):.3f} s (a start with none: {median(empty):.3f} s; "
               f"wall time to READY=1: {median(wall):.3f} s{others})",
               median(a / b for a, b in zip(ours, theirs)), ("<=", 0.35))


def reload(folder, options, n, rounds):
    """SIGHUP with n bans: nothing is read until it is done, for as long as it needs the processor or more."""
    spent = []
    for number in range(rounds):
        state = folder / f"reload-{number}"
        daemon.write_state(state, n, *daemon.last_of(folder / "journal"))
        with daemon.running(options, state, folder / "journal") as running:
            running.settle()
            before = running.cpu_settled
            running.process.send_signal(signal.SIGHUP)
            running.settle()
            spent.append(running.cpu_settled - before)
            expect(count(), n, "bans in the kernel after a reload")
        nft("delete", "table", *TABLE)
    return Row(PART, f"SIGHUP with {n:,} bans: processor time of the wake-up", f"{median(spent) * 1e3:.0f} ms",
               median(spent) * 1e3, ("<=", 50), " ms")


def fill(folder, options, n):
    """A table with n bans, and no daemon."""
    state = folder / f"full-{n}"
    daemon.write_state(state, n, *daemon.last_of(folder / "journal"))
    with daemon.running(options, state, folder / "journal"):
        pass
    expect(count(), n, "bans in the kernel")


def one_more(options, times, host):
    run = tools.measure(tools.BANISH, "ban", f"192.0.2.{host}", "--jail", "dovecot", *options)
    times.append(run.wall)


def one_ban(folder, options, n, rounds):
    """banish ban into a small and into a full set, and nft beside it."""
    found = {}
    for size in (10, n):
        fill(folder, options, size)
        ours, theirs = [], []
        for i in range(5 * rounds):
            one_more(options, ours, i + 1)
            theirs.append(tools.measure("nft", "add", "element", *TABLE, "dovecot4",
                                        f"{{ 198.51.100.{i + 1} timeout 1h }}").wall)
        expect(count(), size + 10 * rounds, "bans in the kernel after some more")
        found[size] = median(ours), median(theirs)
        nft("delete", "table", *TABLE)
    return Row(PART, f"banish ban into 10 / into {n:,}",
               f"{found[10][0] * 1e3:.1f} ms / {found[n][0] * 1e3:.1f} ms (nft add element: "
               f"{found[10][1] * 1e3:.1f} / {found[n][1] * 1e3:.1f} ms)", found[n][0] / found[10][0], ("<=", 1.2))


def lists(folder, options, n, rounds):
    fill(folder, options, n)
    runs = tools.in_turn(rounds, banish=lambda: tools.measure(tools.BANISH, "list", *options, "--json"),
                         nft=lambda: tools.measure("nft", "list", "set", *TABLE, "dovecot4"))
    for run in runs["banish"]:
        expect(len(run.output.splitlines()), n, "lines of banish list")
    wall = {name: median(run.wall for run in those) for name, those in runs.items()}
    return Row(PART, f"banish list --json of {n:,} / nft list set", f"{wall['banish']:.3f} s / {wall['nft']:.3f} s",
               median(a.wall / b.wall for a, b in zip(runs["banish"], runs["nft"])), ("<=", 0.6))


def main():
    n, rounds = map(int, sys.argv[1:])
    with tools.configuration(daemon.POLICY) as options, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        folder = pathlib.Path(folder)
        daemon.answer([restore(folder, options, n, rounds), reload(folder, options, n, rounds),
                       one_ban(folder, options, n, rounds),
                       lists(folder, options, n, rounds)])


if __name__ == "__main__":
    main()
