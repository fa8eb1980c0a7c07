"""Damage to the table: it is whole again within a second, with the bans and the time they have."""
import time

import pytest

import lab

SECOND = 1_000_000  # µs

# What somebody does, in a shell.
DAMAGES = {
    "flush ruleset": "nft flush ruleset",
    "delete table": "nft delete table inet banish",
    "flush table": "nft flush table inet banish",
    "flush chain": "nft flush chain inet banish $chain",
    "delete chain": "nft 'flush chain inet banish '$chain'; delete chain inet banish '$chain",
    "delete set": "nft 'flush chain inet banish '$chain'; delete set inet banish dovecot4'",
    "delete rule": "nft delete rule inet banish $chain handle"
                   " $(nft -a list chain inet banish $chain"
                   " | sed -n '/@dovecot4/s/.*handle //p' | head -n 1)",
    "delete ignored": "nft delete element inet banish ignore4 '{ 203.0.113.1 }'",
    "dormant": "nft add table inet banish '{ flags dormant; }'",
    "restore": "(echo flush ruleset; nft list ruleset) >/run/saved;"
               " nft delete element inet banish dovecot4 '{ 203.0.113.71 }';"
               " nft add element inet banish dovecot4 '{ 203.0.113.79 timeout 1h }';"
               " nft -f /run/saved",
}


@pytest.fixture(scope="module")
def healed(machine, banish):
    """A guarded machine with bans of both families; each test damages it anew."""
    banish.begin(ignoreip=["203.0.113.78"])
    machine.attack("203.0.113.70", attempts=5, parallel=True)
    machine.attack("2001:db8:77:70::1", attempts=5, parallel=True)
    machine.nft("add", "element", "inet", "banish", "dovecot4", "{ 203.0.113.71 timeout 20m }")
    machine.nft("add", "element", "inet", "banish", "manual6", "{ 2001:db8:77:71:: timeout 30m }")
    ends = {}
    for name, address in (("dovecot4", "203.0.113.70"), ("dovecot6", "2001:db8:77:70::"),
                          ("dovecot4", "203.0.113.71"), ("manual6", "2001:db8:77:71::")):
        banish.wait_banned(name, address)
        ends[name, address] = int(lab.eventually(
            lambda: [entry["BANISH_UNTIL_USEC"] for entry in banish.entries()
                     if entry.get("BANISH_PREFIX", "").startswith(address)])[-1])
    return banish, ends


def all_back(machine, ends):
    """Every ban is in its set and ends when it was to end."""
    for (name, address), end in ends.items():
        element = (machine.elements(name) or {}).get(address)
        if not element or abs(lab.until(element) - end) > 2 * SECOND:
            return False
    return True


@pytest.mark.parametrize("damage", DAMAGES)
def test_it_is_whole_again_within_a_second(machine, healed, damage):
    banish, ends = healed
    if damage == "restore":
        ends = {key: end for key, end in ends.items() if key[1] != "203.0.113.71"}
    chain = machine.shell("nft list table inet banish | awk '$1 == \"chain\" { print $2 }'")
    chain = chain.stdout.strip()
    rules = machine.output("nft", "-s", "list", "chain", "inet", "banish", chain)
    start, begin = machine.cursor(), time.time()
    machine.shell(f"chain={chain}\n" + DAMAGES[damage])
    entry = banish.wait_entry("heal", after=start)
    assert int(entry["__REALTIME_TIMESTAMP"]) < (begin + 1) * SECOND
    assert entry["BANISH_CULPRIT"] == "nft"
    assert entry["MESSAGE"].startswith("nft deleted ")
    assert entry["MESSAGE_ID"] == lab.KINDS["LOG_HEAL"]
    assert lab.eventually(lambda: all_back(machine, ends)), machine.output("nft", "list", "ruleset")
    # rules, too: as they were, and they work
    assert machine.output("nft", "-s", "list", "chain", "inet", "banish", chain) == rules
    for source in ("203.0.113.70", "2001:db8:77:70::9"):
        assert machine.outcome(source, timeout=0.2) == "timeout"
    assert machine.outcome("203.0.113.72", password="alice-secret") == "ok"
    assert machine.has_element("ignore4", "203.0.113.78")
    assert machine.has_element("ignore4", "203.0.113.1")
    if damage == "restore":
        # what was lifted stays lifted though the saved ruleset brings it back, and what was added
        # after it was saved is put back
        assert "203.0.113.71" not in machine.elements("dovecot4")
        banish.wait_banned("dovecot4", "203.0.113.79")
    else:
        assert not [entry for entry in banish.entries("unban", after=start)]
        assert not [entry for entry in banish.entries("adopt", after=start)]


def test_a_repair_that_fails_is_tried_again(machine, guard):
    """Somebody's rule holds a set of ours, of a kind that is not ours."""
    guard("ban", "--jail", "dovecot", "203.0.113.74")
    guard.wait_entry("adopt")
    start = machine.cursor()
    machine.shell("""nft -f - <<'END'
        table inet banish
        delete table inet banish
        table inet banish {
            set dovecot4 { type ipv6_addr; }
            chain other { ip6 saddr @dovecot4 drop; }
        }
END
""")
    message = guard.wait_message("LOG_KERNEL", start)
    assert "in use by other rules" in message
    machine.nft("flush", "chain", "inet", "banish", "other")
    guard.wait_banned("dovecot4", "203.0.113.74", seconds=15)
    assert len(guard.messages("LOG_KERNEL", start)) == 1
    machine.nft("delete", "chain", "inet", "banish", "other")


def test_a_foreign_table_is_left_alone(machine, guard):
    start = machine.cursor()
    machine.shell("""
        nft add table inet other
        nft add set inet other dovecot4 '{ type ipv4_addr; }'
        nft add element inet other dovecot4 '{ 203.0.113.73 }'
        nft delete table inet other
        nft add table ip banish
        nft delete table ip banish""")
    guard.settle()
    said = [entry["MESSAGE"] for entry in guard.entries(after=start)
            if entry.get("BANISH_JAIL") != "mox"]
    assert said == []
    assert machine.elements("dovecot4") == {}


def test_a_fight_over_the_table_is_said_and_does_not_spin(machine, guard):
    guard("ban", "203.0.113.90")
    machine.shell("for i in $(seq 60); do nft delete table inet banish 2>/dev/null || true; "
                  "sleep 0.05; done", timeout=30)
    assert lab.eventually(lambda: "203.0.113.90" in (machine.elements("manual4") or {}), 15)
    entries = guard.entries()
    assert len([e for e in entries if e.get("BANISH_ACTION") == "heal"]) <= 20
    assert len([e for e in entries if "keeps deleting table" in e["MESSAGE"]]) == 1
