"""Who comes back: the jail recidive bans on all ports whom the other jails ban again and again."""
import lab

RECIDIVE = {"recidive": {"maxretry": 2, "findtime": "1d", "bantime": "1w", "increment": {"factor": 1}}}
POLICY = {"jails": {"dovecot": {}, "mox": {"maxretry": 1, "bantime": "1s", "prefix": {"ipv6": 56},
                                           "increment": {"factor": 1}}}}
WITH = {"jails": {**POLICY["jails"], **RECIDIVE}}


def banned_by_mox(machine, guard, address, network=None):
    """A ban that is over when this returns."""
    name = "mox6" if ":" in address else "mox4"
    machine.mox(address)
    guard.wait_banned(name, network or address)
    guard.wait_gone(name, network or address)


def test_who_comes_back_is_banned_on_all_ports(machine, guard):
    guard.begin(**WITH)
    banned_by_mox(machine, guard, "203.0.113.70")
    guard.restart()
    guard.settle()
    assert machine.elements("recidive4") == {}
    banned_by_mox(machine, guard, "203.0.113.70")
    element = guard.wait_banned("recidive4", "203.0.113.70")
    assert 604000 < element["expires"] <= 604800
    assert element["comment"].startswith("ban x2")
    entry = guard.wait_entry("ban", jail="recidive")
    assert (entry["BANISH_PREFIX"], entry["BANISH_FAILURES"], entry["BANISH_OFFENCE"]) == ("203.0.113.70/32", "2", "1")
    assert entry["BANISH_TRIGGER_CURSOR"] == guard.wait_entry("ban", count=2, jail="mox")["BANISH_TRIGGER_CURSOR"]
    assert machine.outcome("203.0.113.70", timeout=0.3) == "timeout"
    assert machine.nft("list", "chain", "inet", "banish", "prerouting").stdout.count("ip saddr @recidive4 counter") == 1
    assert "banned in jail recidive as 203.0.113.70/32" in guard("why", "203.0.113.70").stdout
    assert "recidive" in guard("list").stdout
    status = guard("status", check=False).stdout
    assert "recidive" in status and "jail recidive is blind" not in status
    assert guard("check").stdout.startswith("OK: 3 jails, ")

    # a network that another jail calls one offender is one here, too
    banned_by_mox(machine, guard, "2001:db8:77:1203::1", "2001:db8:77:1200::")
    banned_by_mox(machine, guard, "2001:db8:77:12ff::1", "2001:db8:77:1200::")
    guard.wait_banned("recidive.56v6", "2001:db8:77:1200::")

    def stand():
        return (list(machine.elements("recidive4") or {}) == ["203.0.113.70"] and
                list(machine.elements("recidive.56v6") or {}) == ["2001:db8:77:1200::"])
    for upset in guard.restart, guard.reload, lambda: machine.nft("flush", "ruleset"), \
            lambda: machine.shell("systemctl kill -s KILL banish; nft flush ruleset"):
        upset()
        assert lab.eventually(stand)
    assert len([entry for entry in guard.entries("ban") if entry["BANISH_JAIL"] == "recidive"]) == 2
    assert not guard.entries("unban")

    # further bans count nothing; an unban ends it and leaves nothing behind
    assert guard("unban", "203.0.113.70").stdout == "203.0.113.70/32 is no longer banned in jail recidive\n"
    guard.wait_entry("unban", jail="recidive")
    guard.restart()
    banned_by_mox(machine, guard, "203.0.113.70")
    guard.settle()
    assert machine.elements("recidive4") == {}
    # without the jail its bans end
    guard.configure(**POLICY)
    guard.reload()
    guard.wait_entry("unban", prefix="2001:db8:77:1200::/56")
    assert machine.elements("recidive4") is None
