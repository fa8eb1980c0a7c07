"""A saved ruleset is loaded again, as firewall scripts do: the ledger knows better."""
import pytest

import lab

SAVED = "/run/saved"


@pytest.fixture
def saved(machine, guard):
    """Saved with two bans that are no more, and without one that is."""
    machine.attack("203.0.113.101", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.101")
    guard("ban", "--time", "1h", "203.0.113.102")
    guard.wait_entry("adopt", prefix="203.0.113.102/32")
    machine.shell(f"nft list ruleset >{SAVED}")
    guard("unban", "203.0.113.101", "203.0.113.102")
    guard.wait_entry("unban", 2)
    guard("ban", "--time", "1h", "203.0.113.103")
    guard.wait_entry("adopt", prefix="203.0.113.103/32")
    guard.settle()
    return guard


def while_it_runs(machine, guard, script):
    machine.shell(script)


def while_it_sleeps(machine, guard, script):
    machine.run("systemctl", "kill", "-s", "STOP", "banish")
    try:
        machine.shell(script)
    finally:
        machine.run("systemctl", "kill", "-s", "CONT", "banish")


def while_it_is_down(machine, guard, script):
    guard.stop()
    machine.shell(script)
    guard.start()


TIMES = [while_it_runs, while_it_sleeps, while_it_is_down]


def is_as_before(machine, guard, start):
    def settled():
        return machine.elements("dovecot4") == {} and \
            set(machine.elements("manual4") or "-") == {"203.0.113.103"}
    guard.settle()
    assert lab.eventually(settled), (machine.elements("dovecot4"), machine.elements("manual4"))
    assert not guard.entries("adopt", after=start)
    assert not guard.entries("unban", after=start)
    # one rule for each, though the saved ones were added to those that stood there
    rules = machine.output("nft", "list", "chain", "inet", "banish", "prerouting")
    assert rules.count("@dovecot4") == 1, rules
    guard.restart()
    guard.settle()
    assert settled()


@pytest.mark.parametrize("when", TIMES)
@pytest.mark.parametrize("script", [
    f"nft flush ruleset; nft -f {SAVED}",
    f"nft flush ruleset; sleep 0.3; nft -f {SAVED}",
    f"(echo flush ruleset; cat {SAVED}) | nft -f -",
], ids=["two", "two-slow", "one"])
def test_stale_elements_are_no_bans_by_hand(machine, saved, when, script):
    start = machine.cursor()
    when(machine, saved, script)
    is_as_before(machine, saved, start)


@pytest.mark.parametrize("when", [while_it_runs, while_it_sleeps])
def test_stale_elements_over_those_that_stand_are_no_bans_by_hand(machine, saved, when):
    start = machine.cursor()
    when(machine, saved, f"nft -f {SAVED}")
    is_as_before(machine, saved, start)


def test_a_ban_by_hand_while_it_is_down_is_believed(machine, saved):
    while_it_is_down(machine, saved, "banish ban 203.0.113.107; banish unban 203.0.113.103")
    saved.wait_entry("adopt", prefix="203.0.113.107/32")
    assert set(machine.elements("manual4")) == {"203.0.113.107"}


def test_a_ruleset_that_is_loaded_at_boot_is_not_believed(machine, saved):
    """nftables.service comes first."""
    machine.shell(f"""
        cp /etc/nftables.conf /etc/nftables.conf.kept
        (echo '#!/usr/sbin/nft -f'; echo flush ruleset; cat {SAVED}) >/etc/nftables.conf
        systemctl enable --quiet nftables banish""")
    start = machine.cursor()
    try:
        machine.verb("reboot")
        assert machine.output("systemctl", "is-active", "nftables").strip() == "active"
        is_as_before(machine, saved, start)
        assert "another program loaded table inet banish" in saved.messages("LOG_RESTORED", start)[0]
    finally:
        machine.shell("""
            systemctl disable --quiet nftables banish
            mv /etc/nftables.conf.kept /etc/nftables.conf""")


def test_an_unban_after_the_ruleset_was_loaded_holds(machine, saved):
    """... though the daemon puts all back before it hears of that."""
    start = machine.cursor()
    while_it_sleeps(machine, saved, f"nft flush ruleset; nft -f {SAVED};"
                                    " banish ban --time 30min 203.0.113.103;"
                                    " banish unban 203.0.113.103; banish ban 203.0.113.104;"
                                    " banish unban 203.0.113.104; banish ban 203.0.113.104")
    saved.wait_entry("unban", after=start, prefix="203.0.113.103/32")
    saved.settle()
    for _ in range(2):
        assert lab.eventually(lambda: set(machine.elements("manual4")) == {"203.0.113.104"}), \
            machine.elements("manual4")
        saved.restart()
        saved.settle()


def test_own_words_in_a_comment_make_no_ban_by_hand(machine, saved):
    """Somebody loads the elements alone."""
    start = machine.cursor()
    machine.shell("nft -f - <<'END'\n"
                  "add element inet banish dovecot4 { 203.0.113.105 timeout 1h "
                  'comment "auth-failed x5" }\n'
                  "add element inet banish manual4 { 203.0.113.106 timeout 1h "
                  'comment "auth-failed x5" }\n'
                  "END\n")
    # in the jail of that event it was ours once; elsewhere it is somebody's comment
    saved.wait_gone("dovecot4", "203.0.113.105")
    saved.wait_entry("adopt", after=start, prefix="203.0.113.106/32")
    assert len(saved.entries("adopt", after=start)) == 1
