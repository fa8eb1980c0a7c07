"""A sample of test/crash/run: the daemon dies here and there, and no ban is lost or ended by it."""
import errno
import multiprocessing

import pytest

import crash

pytestmark = pytest.mark.skipif(not crash.available(), reason="no root, no systemd-journal-remote or no shim here")

WRITES = crash.WRITES
# of each scenario so many calls, evenly spread over it
SAMPLES = {"life": 8, "mend": 8, "emptied": 3, "restore": 4, "reload4": 3, "reload6": 3, "start4": 3, "start6": 6,
           "down-sets": 6, "down-replaced": 3, "down-restored": 3, "down-unbanned": 3, "down-flushed": 2}
# what stood in its sets (test/data/upgrade)
KERNEL_OF_0_1_0 = {
    "gate4": ["198.51.100.1", "198.51.100.2", "198.51.100.3", "203.0.113.1", "203.0.113.130"],
    "gate6": ["2001:db8:1:2::"], "gate.net4": ["198.51.100.0"], "door4": ["192.0.2.77"], "door6": ["2001:db8:9::"],
    "manual4": ["192.0.2.200", "192.0.2.32", "192.0.2.33"], "forced4": ["192.0.2.200"]}


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


@pytest.mark.parametrize("name", ["upgrade", "upgrade-rebooted"])
def test_what_0_1_0_left_is_taken_over(pool, name):
    plain = pool.apply(crash.play, (name, crash.Harm(only=WRITES)))
    assert not plain.faults
    before, after = plain.snapshots[0], plain.snapshots[-1]
    assert after[0] == before[0], crash.differences(before, after)
    assert {name: inside for name, inside in after[1].items() if inside} == KERNEL_OF_0_1_0
    assert plain.unbans == plain.bans == plain.adopted == []
    harms = [crash.Harm(at, "before", WRITES) for at in range(1, len(plain.calls) + 1, 6)]
    plays = pool.starmap(crash.play, [(name, harm, plain) for harm in harms])
    assert [play.faults for play in plays if play.faults] == []
