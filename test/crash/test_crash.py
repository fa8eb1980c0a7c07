"""A sample of test/crash/run: the daemon dies here and there, and no ban is lost or ended by it."""
import errno
import multiprocessing
import os
import random
import resource
import signal
import time

import pytest

import crash
import killed
import late
import memory

pytestmark = pytest.mark.skipif(not crash.available(), reason="no root, no systemd-journal-remote or no shim here")

WRITES = crash.WRITES
BLIND = "73386906bfae481e91ac99faed0ac6a3"
SAMPLE_OPENS = 9
# of each scenario so many calls, evenly spread over it
SAMPLES = {"life": 8, "mend": 8, "emptied": 3, "restore": 4, "reload4": 3, "reload6": 3, "start4": 3, "start6": 6,
           "down-sets": 6, "down-replaced": 3, "down-restored": 3, "down-unbanned": 3, "down-flushed": 2,
           "fleet": 6}
# what stood in its sets (test/data/upgrade)
KERNEL_OF_0_1_0 = {
    "gate4": ["198.51.100.1", "198.51.100.2", "198.51.100.3", "203.0.113.1", "203.0.113.130"],
    "gate6": ["2001:db8:1:2::"], "gate.net4": ["198.51.100.0"], "door4": ["192.0.2.77"], "door6": ["2001:db8:9::"],
    "manual4": ["192.0.2.200", "192.0.2.32", "192.0.2.33"], "forced4": ["192.0.2.200"]}
# ignored; of its two elements there forced4 was but a mark, and is the ban now
TWICE_FORCED = "manual", "192.0.2.200"


@pytest.fixture(scope="module")
def pool():
    with multiprocessing.get_context("fork").Pool(2, crash.namespaces) as pool:
        yield pool


def points(n_calls, n):
    return [1 + i * n_calls // n for i in range(n)]


@pytest.mark.parametrize("name", SAMPLES)
def test_it_is_killed(pool, name):
    wanted = pool.apply(crash.play, (name, crash.Harm(only=WRITES)))
    assert not wanted.faults
    assert sum(map(len, wanted.snapshots[-1][1].values())) > 5
    harms = [crash.Harm(at, "before", WRITES) for at in points(len(wanted.calls), SAMPLES[name])]
    plays = pool.starmap(crash.play, [(name, harm, wanted) for harm in harms])
    assert all(play.fired for play in plays)
    assert [play.faults for play in plays if play.faults] == []


@pytest.mark.parametrize("then", ["hup", "restart", "kill"])
def test_a_message_to_the_kernel_fails(pool, then):
    wanted = pool.apply(crash.play, ("mend", crash.Harm(only="sendto")))
    harms = [crash.Harm(at, str(errno.ENOBUFS), "sendto", then) for at in points(len(wanted.calls), 3)]
    plays = pool.starmap(crash.play, [("mend", harm, wanted) for harm in harms])
    assert [play.faults for play in plays if play.faults] == []


def test_a_message_to_systemd_fails(pool):
    """READY=1 is the last that a start sends."""
    wanted = pool.apply(crash.play, ("start4", crash.Harm(only="sendmsg")))
    harms = [crash.Harm(at, str(errno.ENOBUFS), "sendmsg") for at in range(1, len(wanted.calls) + 1)]
    plays = pool.starmap(crash.play, [("start4", harm, wanted) for harm in harms])
    assert [play.faults for play in plays if play.faults] == []


def test_killed_over_a_cut_journal_it_says_what_the_model_says(pool):
    first = int(os.environ.get("BANISH_SEED", random.randrange(1 << 30)))
    print(f"BANISH_SEED={first}")
    plays = pool.map(killed.play, range(first, first + 20))
    assert [(first + i, play[2]) for i, play in enumerate(plays) if play[2]] == []
    assert sum(play[0] for play in plays) > 5 and sum(play[1] for play in plays) > 10


def test_killed_over_a_journal_whose_clock_steps_it_says_what_the_model_says(pool):
    first = int(os.environ.get("BANISH_SEED", random.randrange(1 << 30)))
    print(f"BANISH_SEED={first}")
    plays = pool.starmap(killed.play, [(seed, True) for seed in range(first, first + 200)])
    assert [(first + i, play[2]) for i, play in enumerate(plays) if play[2]] == []
    assert sum(play[0] for play in plays) > 0 and sum(play[1] for play in plays) > 0


def test_a_central_log_host_is_killed_while_it_catches_up(pool):
    first = int(os.environ.get("BANISH_SEED", random.randrange(1 << 30)))
    print(f"BANISH_SEED={first}")
    plays = pool.map(late.play, range(first, first + 8), chunksize=1)
    assert [(first + i, play[2]) for i, play in enumerate(plays) if play[2]] == []
    assert sum(play[0] for play in plays) > 20


@pytest.mark.parametrize("error", ["EMFILE", "EIO"])
def test_a_file_cannot_be_opened_once(pool, error):
    opens = "open,open64,openat,openat64"
    wanted = pool.apply(crash.play, ("files", crash.Harm(only=opens)))
    assert not wanted.faults
    n = len(wanted.calls)
    # where the first file of the journal comes, and of the second half, where others do; all if few calls are made
    step = SAMPLE_OPENS if n > 100 else 1
    harms = [crash.Harm(at, str(getattr(errno, error)), opens)
             for at in [*range(13, min(n // 2, 19)), *range(n // 2, n + 1, step)]]
    plays = pool.starmap(crash.play, [("files", harm, wanted) for harm in harms])
    assert [(harm.at, play.faults) for harm, play in zip(harms, plays) if play.faults] == []


def starved(folder):
    """The daemon, without a descriptor left while files come: (bans meanwhile, bans then, what it said)."""
    world = crash.World(folder, crash.Harm())
    try:
        world.start()
        world.attack("198.51.100.10")
        assert crash.wait(world, lambda: len(world.entries("ban")) == 1)
        before = resource.prlimit(world.daemon.pid, resource.RLIMIT_NOFILE)
        assert before[0] == before[1]  # it has asked for all that it may have
        n_open = len(os.listdir(f"/proc/{world.daemon.pid}/fd"))
        resource.prlimit(world.daemon.pid, resource.RLIMIT_NOFILE, (n_open, before[1]))
        world.attack("198.51.100.20")
        world.attack("198.51.100.30", times=1)
        time.sleep(1)
        meanwhile = world.entries("ban")
        resource.prlimit(world.daemon.pid, resource.RLIMIT_NOFILE, before)
        world.attack("198.51.100.30", times=1)
        world.attack("198.51.100.40")
        crash.wait(world, lambda: len(world.entries("ban")) == 4)
        world.stop()
        world.start()
        crash.settle(world)
        return (meanwhile, world.entries("ban"),
                [said["MESSAGE"] for said in world.said if said.get("MESSAGE_ID") == BLIND and
                 "the journal begins" not in said["MESSAGE"]])
    finally:
        world.close()


def test_files_come_while_no_descriptor_is_left(pool, tmp_path):
    meanwhile, bans, said = pool.apply(starved, (tmp_path,))
    assert [address for _, address in meanwhile] == ["198.51.100.10"]
    assert [address for _, address in bans] == [f"198.51.100.{n}0" for n in range(1, 5)]
    assert "waiting for it" in said[0] and "no entry was skipped" in said[1] and len(said) == 2


def torn(folder):
    """A message as journald has it between two stores, for a moment, at the journal's end: the bans."""
    world = crash.World(folder, crash.Harm())
    try:
        world.start()
        for i in range(1, 6):
            world.attack(f"198.51.100.{i}0", before=lambda made: tear(made, 0))
            time.sleep(0.01)
            tear(next((world.folder / "journal").glob(f"{world.n_files}.journal")), 1)
            crash.wait(world, lambda i=i: len(world.entries("ban")) == i)
        return world.entries("ban")
    finally:
        world.close()


def tear(path, n_entries):
    """Sets how many entries have the last message, as its object in the file says."""
    with open(path, "r+b") as file:
        content = file.read()
        compact = int.from_bytes(content[12:16], "little") & 16
        file.seek(content.rindex(b"MESSAGE=denied") - (16 if compact else 8))
        file.write(n_entries.to_bytes(8, "little"))


def test_the_last_entry_is_read_when_it_is_written(pool, tmp_path):
    assert [address for _, address in pool.apply(torn, (tmp_path,))] == [f"198.51.100.{n}0" for n in range(1, 6)]


def told_beside_a_new_member(folder):
    """A new member's file comes, and before the daemon looks, the others tell more: what is banned."""
    world = crash.World(folder, crash.Harm())
    try:
        world.configure(fleet=True)
        world.start()
        for member in "ab":
            world.tell(member, "ban", "198.51.100.16")
        assert crash.wait(world, lambda: world.ledger())
        world.daemon.send_signal(signal.SIGSTOP)
        for member in "cab":
            world.tell(member, "ban", "198.51.100.32")
        world.daemon.send_signal(signal.SIGCONT)
        crash.wait(world, lambda: len(world.ledger()) == 2)
        world.stop()
        return world.entries("ban"), world.members()
    finally:
        world.close()


def test_what_is_told_beside_a_new_member_is_heard(pool, tmp_path):
    bans, members = pool.apply(told_beside_a_new_member, (tmp_path,))
    assert [address for _, address in bans] == ["198.51.100.16", "198.51.100.32"]
    assert members == {"a": (2, {}), "b": (2, {}), "c": (1, {})}


def unshared(folder):
    """Other hosts cannot be told for a while: what was shared then, in order."""
    world = crash.World(folder, crash.Harm())
    try:
        world.configure(fleet=True)
        world.start()
        world.stop_sharing()
        world.attack("198.51.100.16", "198.51.100.32", "198.51.100.48")
        assert crash.wait(world, lambda: len(world.kernel()["gate4"]) == 3)
        world.nft("delete element inet banish gate4 { 198.51.100.32 }\n")
        assert crash.wait(world, lambda: world.entries("unban"))
        world.share_again()
        crash.wait(world, lambda: world.entries("unban", where=world.shared))
        return [(said["BANISH_ACTION"], said["BANISH_ADDRESS"]) for said in world.shared], world.entries("ban")
    finally:
        world.close()


def test_what_other_hosts_could_not_be_told_is_told_later(pool, tmp_path):
    shared, bans = pool.apply(unshared, (tmp_path,))
    assert shared == [("ban", "198.51.100.16"), ("ban", "198.51.100.48"), ("unban", "198.51.100.32")]
    assert len(bans) == 3


def stopped_meanwhile(folder):
    """Elements are added while it does not run: (the bans by hand, what ends at another time)."""
    world = crash.World(folder, crash.Harm())
    try:
        world.start()
        crash.banned_by_nft(world)
        assert crash.wait(world, lambda: len(world.ledger()) == 2)
        world.daemon.send_signal(signal.SIGSTOP)
        world.nft("add element inet banish manual4 { 192.0.2.32 timeout 1h }\n"
                  "delete element inet banish manual4 { 192.0.2.32 }\n")
        world.nft("add element inet banish manual4 { 192.0.2.48 timeout 2h, 192.0.2.64 timeout 1h }\n")
        time.sleep(2 * crash.SLACK)
        world.nft("add element inet banish manual4 { 192.0.2.80 timeout 3h }\n")
        world.daemon.send_signal(signal.SIGCONT)
        assert crash.wait(world, lambda: len([ban for ban in world.ledger() if not ban[-1]]) == 5)
        return world.wrong_times(), world.entries("adopt"), world.entries("unban")
    finally:
        world.close()


def test_what_was_heard_late_ends_with_its_element(pool, tmp_path):
    wrong, adopted, unbanned = pool.apply(stopped_meanwhile, (tmp_path,))
    assert wrong == []
    assert {address for _, address in adopted} >= {"192.0.2.48", "192.0.2.64", "192.0.2.80"}
    assert {address for _, address in unbanned} <= {"192.0.2.32"}


def restarted(folder):
    """One failure, a restart behind it, another: the failures that the ban counts."""
    world = crash.World(folder, crash.Harm())
    try:
        world.start()
        world.attack("198.51.100.10", times=1)
        crash.settle(world)
        world.stop()
        world.start()
        crash.settle(world)
        world.attack("198.51.100.10", times=1)
        assert crash.wait(world, lambda: world.bans())
        return [ban["failures"] for ban in world.bans().values()]
    finally:
        world.close()


def test_the_last_entry_counts_once_after_a_restart(pool, tmp_path):
    assert pool.apply(restarted, (tmp_path,)) == [2]


def shortened(folder):
    """The last lines of the state file are gone, as many as leave it a ban: [(how many, what differs, unbans)]."""
    world = crash.World(folder, crash.Harm())
    try:
        for step in crash.BANNED[:-1]:
            step(world)
            wanted = crash.settle(world)
        world.stop()
        state = world.folder / "state/state"
        lines = state.read_text().splitlines(keepends=True)
        came = []
        for n in range(1, len(lines)):
            if '"ban":' not in "".join(lines[:-n]):
                break
            state.write_text("".join(lines[:-n]))
            world.start()
            crash.wait(world, lambda: world.snapshot() == wanted)
            came.append((n, crash.differences(wanted, world.snapshot()), world.entries("unban")))
            world.stop()
        return came
    finally:
        world.close()


def test_the_last_lines_of_the_state_are_gone(pool, tmp_path):
    """No checksum can tell that. What they held is decided again from the journal, or found in the kernel; an unban
    of what they held, too, while the set says it."""
    came = pool.apply(shortened, (tmp_path,))
    assert len(came) > 3 and [each for each in came if each[1] or each[2]] == []


@pytest.mark.parametrize("name", ["upgrade", "upgrade-rebooted"])
def test_what_0_1_0_left_is_taken_over(pool, name):
    plain = pool.apply(crash.play, (name, crash.Harm(only=WRITES)))
    assert not plain.faults
    before, after = plain.snapshots[0], plain.snapshots[-1]
    assert after[0] == before[0], crash.differences(before, after)
    kernel = dict(KERNEL_OF_0_1_0, manual4=[each for each in KERNEL_OF_0_1_0["manual4"] if each != TWICE_FORCED[1]])
    assert {name: inside for name, inside in after[1].items() if inside} == kernel
    assert plain.unbans == [TWICE_FORCED] and plain.bans == plain.adopted == []
    harms = [crash.Harm(at, "before", WRITES) for at in range(1, len(plain.calls) + 1, 6)]
    plays = pool.starmap(crash.play, [(name, harm, plain) for harm in harms])
    assert [play.faults for play in plays if play.faults] == []


@pytest.mark.parametrize("verb", ["check", "test", "replay", "run"])
def test_an_allocation_fails(pool, verb, tmp_path):
    memory.write(tmp_path)
    n_calls, point, first, wanted = memory.prepare(verb, pool, tmp_path)
    every = n_calls // (4 if verb == "run" else 200) + 1
    seed = int(os.environ.get("BANISH_SEED", random.randrange(1 << 30)))
    print(f"BANISH_SEED={seed}")
    tasks = [(verb, first, at, wanted) for at in memory.points(n_calls, every, 1 + seed % every)]
    assert [(at, faults) for _, at, faults in pool.map(point, tasks, chunksize=1) if faults] == []
