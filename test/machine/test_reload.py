"""A reload ends the bans that the new configuration does not know, for good, whatever the kernel
says to it."""
import contextlib

import lab


def reload(machine, banish, **policy):
    banish.configure(**policy)
    after = machine.cursor()
    machine.run("systemctl", "reload", "banish.service")
    assert lab.eventually(lambda: any("configuration reloaded" in entry["MESSAGE"]
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


def test_a_range_by_hand_stays_what_it_is(machine, banish):
    def policy(length):
        return {"defaults": {"prefix": {"ipv4": length}}, "jails": {"dovecot": {}}}
    banish.forget()
    banish.configure(**policy(24))
    banish.start()
    banish("ban", "203.0.113.96")
    banish("ban", "198.51.100.0/24")
    banish.wait_entry("adopt", 2)
    both = {"203.0.113.0", "198.51.100.0"}
    assert set(machine.elements("manual4")) == both
    for length in 20, 32:
        assert reload(machine, banish, **policy(length)) == set()
        assert machine.elements("manual4") == {}
        assert set(machine.elements("manual.24v4")) == both
    assert reload(machine, banish, **policy(24)) == set()
    assert set(machine.elements("manual4")) == both


@contextlib.contextmanager
def table_of_somebody_else(machine):
    """Our table is gone, and a table of its name belongs to a process: nobody else may change it."""
    machine.shell("""rm -f /run/words; mkfifo /run/words
        systemd-run --quiet --collect --unit=owner --property=StandardInput=file:/run/words nft -i
        exec 3>/run/words
        echo 'delete table inet banish; add table inet banish { flags owner; }' >&3
        systemd-run --quiet --collect --unit=holder sh -c 'exec sleep 1000 3>/run/words'
        for i in $(seq 100); do systemctl is-active -q holder && break; sleep 0.05; done
        for i in $(seq 100); do nft list tables | grep -q 'inet banish' && break; sleep 0.05; done
        nft list table inet banish | grep -q owner""")
    try:
        yield
    finally:
        # it ends by itself when nobody can write to it any more
        machine.shell("systemctl stop holder; systemctl stop owner 2>/dev/null || true")


def test_a_reload_that_the_kernel_refuses_is_made_good(machine, banish):
    policy = {"dovecot": {"maxretry": 5}}
    banish.begin(jails=policy)
    banish("ban", "203.0.113.92")
    banish.wait_entry("adopt")
    machine.attack("203.0.113.93", attempts=3, parallel=True)
    machine.wait_for(3, "rip=203.0.113.93,")
    banish.settle()
    with table_of_somebody_else(machine):
        start = machine.cursor()
        banish.reload()
        banish.wait_message("LOG_RELOAD", start)
        # what the kernel does not take is decided all the same, by what was counted before
        machine.attack("203.0.113.93", attempts=2, parallel=True)
        banish.wait_entry("ban", after=start, prefix="203.0.113.93/32")
        start = machine.cursor()
        banish.configure(**lab.with_mox({"jails": {"dovecot": {"maxretry": 2}}}))
        banish.reload()
        banish.wait_message("LOG_RELOAD", start)
        machine.attack("203.0.113.94", attempts=2, parallel=True)
        banish.wait_entry("ban", after=start, prefix="203.0.113.94/32")
        # a ban that ends meanwhile does not come back
        banish.configure(**lab.with_mox({"jails": {"dovecot": {"maxretry": 2}},
                                         "ignoreip": ["203.0.113.94"]}))
        banish.reload()
        banish.wait_entry("unban", after=start, prefix="203.0.113.94/32")
    banish.wait_banned("manual4", "203.0.113.92", seconds=15)
    banish.wait_banned("dovecot4", "203.0.113.93", seconds=15)
    assert "203.0.113.94" not in machine.elements("dovecot4")
    start = machine.cursor()
    banish.reload()
    banish.wait_message("LOG_RELOAD", start)
    machine.attack("203.0.113.95", attempts=2, parallel=True)
    banish.wait_banned("dovecot4", "203.0.113.95")
    assert machine.output("systemctl", "show", "-P", "NRestarts", "banish").strip() == "0"


def test_a_stricter_or_new_jail_bans_at_once_who_is_over_its_limit(machine, banish):
    banish.forget()
    banish.configure(jails={"dovecot": {"maxretry": 9}})
    banish.start()
    machine.attack("203.0.113.80", attempts=4, parallel=True)
    machine.wait_for(4, "rip=203.0.113.80,")
    machine.mox(["203.0.113.81"] * 3)
    banish.configure(jails={"dovecot": {"maxretry": 4}, "mox": {"maxretry": 3}})
    banish.reload()
    banish.wait_banned("dovecot4", "203.0.113.80")
    banish.wait_banned("mox4", "203.0.113.81")
    entry = banish.wait_entry("ban", jail="mox")
    assert (entry["BANISH_FAILURES"], entry["BANISH_OFFENCE"]) == ("3", "1")
    assert banish.wait_entry("ban", jail="dovecot")["BANISH_TRIGGER_CURSOR"]
    # and only once
    banish.reload()
    banish.restart()
    banish.configure(jails={"dovecot": {"maxretry": 4}, "mox": {"maxretry": 3},
                           "recidive": {"maxretry": 1, "findtime": "1d"}})
    banish.reload()
    banish.wait_banned("recidive4", "203.0.113.80")
    banish.wait_banned("recidive4", "203.0.113.81")
    banish.restart()
    assert len(banish.entries("ban")) == 4
