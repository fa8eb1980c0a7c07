"""A reload ends the bans that the new configuration does not know, for good."""
import lab


def reload(machine, banish, **policy):
    banish.configure(**policy)
    after = machine.cursor()
    machine.run("systemctl", "reload", "banish.service")
    assert lab.eventually(lambda: any("loaded anew" in entry["MESSAGE"]
                                      for entry in banish.entries(after=after)))
    return {(entry.get("BANISH_ACTION"), entry.get("BANISH_JAIL"), entry.get("BANISH_PREFIX"))
            for entry in banish.entries(after=after) if "BANISH_ACTION" in entry}


def test_an_address_that_is_ignored_now_is_let_in(machine, banish):
    banish.forget()
    banish.configure(jails={"dovecot": {"maxretry": 3}})
    banish.start()
    machine.attack("2001:db8:77:90::5", attempts=3)
    assert lab.eventually(lambda: machine.elements("dovecot6"))
    said = reload(machine, banish, ignoreip=["2001:db8:77:90::5"], jails={"dovecot": {"maxretry": 3}})
    assert said == {("unban", "dovecot", "2001:db8:77:90::/64")}
    assert machine.elements("dovecot6") == {}
    assert reload(machine, banish, jails={"dovecot": {"maxretry": 3}}) == set()
    machine.nft("flush", "ruleset")
    assert lab.eventually(lambda: machine.elements("dovecot6") is not None)
    assert machine.elements("dovecot6") == {}


def test_bans_of_a_jail_that_is_gone_are_ended(machine, banish):
    banish.forget()
    banish.configure(jails={"dovecot": {}, "mox": {}})
    banish.start()
    banish("ban", "--jail", "mox", "203.0.113.91")
    assert lab.eventually(lambda: banish.entries("adopt"))
    said = reload(machine, banish, jails={"dovecot": {}})
    assert said == {("unban", "mox", "203.0.113.91/32")}
    assert machine.elements("mox4") is None
    assert reload(machine, banish, jails={"dovecot": {}, "mox": {}}) == set()
    assert machine.elements("mox4") == {}
