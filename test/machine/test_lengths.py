"""Bans of another length than their jail's: hosts that carry an IPv4 address, and elements by hand."""
import lab

POLICY = {"jails": {"dovecot": {}, "mox": {"maxretry": 5}}}
NAT64 = [f"64:ff9b::c633:64{n:02x}" for n in range(1, 6)]
SIX_TO_FOUR = "2002:c633:6401::"


def fail(machine, guard, *addresses):
    """One failure each, and all of them are read."""
    guard.markers += 1
    marker = f"192.0.2.{guard.markers}"
    machine.mox([*addresses, *[marker] * 5])
    guard.wait_banned("mox4", marker)


def banned(machine, name):
    return set(machine.elements(name) or {})


def rules(machine, name):
    return machine.nft("list", "chain", "inet", "banish", "prerouting").stdout.count(f"@{name} ")


def ban_both(machine, guard):
    guard.forget()
    guard.configure(**POLICY)
    guard.start()
    fail(machine, guard, *NAT64)
    assert machine.elements("mox6") == {}
    assert machine.elements("mox.128v6") is None
    fail(machine, guard, *[NAT64[1]] * 4)
    # two customers of one 6to4 host
    fail(machine, guard, *[SIX_TO_FOUR + "1", "2002:c633:6401:7::9"] * 2, SIX_TO_FOUR + "1")


def stand(machine):
    return banned(machine, "mox.128v6") == {NAT64[1]} and banned(machine, "mox.48v6") == {SIX_TO_FOUR}


def test_who_carries_an_ipv4_address_is_banned_alone(machine, guard):
    ban_both(machine, guard)
    assert stand(machine)
    assert machine.elements("mox6") == {}
    assert guard.wait_entry("ban", prefix=NAT64[1] + "/128")["BANISH_ADDRESS"] == NAT64[1]
    guard.wait_entry("ban", prefix=SIX_TO_FOUR + "/48")
    assert rules(machine, "mox.128v6") == rules(machine, "mox.48v6") == 1
    assert [line.split()[:2] for line in guard("list", "mox").stdout.splitlines()[-2:]] == \
        [["mox", NAT64[1] + "/128"], ["mox", SIX_TO_FOUR + "/48"]]
    assert f"banned in jail mox as {NAT64[1]}/128" in guard("why", NAT64[1]).stdout
    assert guard("why", NAT64[2], check=False).returncode == 1

    # nobody but them, whatever becomes of daemon and table
    for upset in guard.restart, guard.reload, lambda: machine.nft("flush", "ruleset"), \
            lambda: machine.nft("flush", "chain", "inet", "banish", "prerouting"):
        upset()
        assert lab.eventually(lambda: stand(machine) and rules(machine, "mox.128v6") == 1)
        assert machine.elements("mox.128v6")[NAT64[1]]["expires"] <= 3600
    machine.shell("systemctl stop banish; nft flush ruleset; systemctl start banish")
    assert stand(machine)
    assert not guard.entries("unban")
    assert len(guard.entries("ban")) == 5

    # failures of others count by themselves, his own are prevented
    fail(machine, guard, NAT64[1], NAT64[2])
    assert stand(machine)
    assert guard("unban", NAT64[1]).stdout == f"{NAT64[1]}/128 is no longer banned in jail mox\n"
    guard.wait_entry("unban", prefix=NAT64[1] + "/128")
    guard("unban", "2002:c633:6401:ffff::1")
    guard.wait_entry("unban", prefix=SIX_TO_FOUR + "/48")
    guard.restart()
    assert not banned(machine, "mox.128v6") and not banned(machine, "mox.48v6")
    assert machine.elements("mox.128v6") is None
    assert guard("status", check=False).stdout.count("no rule looks") == 0


def test_a_new_prefix_leaves_them_what_they_are(machine, guard):
    ban_both(machine, guard)
    for length, name in (128, "mox6"), (56, "mox.128v6"):
        guard.configure(jails={"dovecot": {}, "mox": {"maxretry": 5, "prefix": {"ipv6": length}}})
        guard.reload()
        assert lab.eventually(lambda: NAT64[1] in banned(machine, name))
        assert lab.eventually(lambda: banned(machine, "mox.48v6") == {SIX_TO_FOUR})
    assert not guard.entries("unban")


def test_the_verb_bans_them_alone(machine, guard):
    guard.begin()
    guard("ban", NAT64[0], "--jail", "dovecot", "--time", "2h")
    guard("ban", "2002:c633:6401:7::9", "--time", "2h")
    guard.wait_entry("adopt", prefix=NAT64[0] + "/128", jail="dovecot")
    guard.wait_entry("adopt", prefix=SIX_TO_FOUR + "/48", jail="manual")
    for upset in guard.settle, guard.restart, lambda: machine.nft("flush", "ruleset"):
        upset()
        assert lab.eventually(lambda: banned(machine, "dovecot.128v6") == {NAT64[0]}
                              and banned(machine, "manual.48v6") == {SIX_TO_FOUR})
        assert lab.eventually(lambda: rules(machine, "dovecot.128v6") == rules(machine, "manual.48v6") == 1)
    assert not guard.entries("unban")
    guard("unban", "--all")
    guard.wait_entry("unban", prefix=NAT64[0] + "/128")
    guard.wait_entry("unban", prefix=SIX_TO_FOUR + "/48")


def test_an_element_by_hand_is_a_ban_of_that_length(machine, guard):
    guard.begin()
    machine.nft("add set inet banish manual.20v4 { type ipv4_addr; flags timeout; }")
    machine.nft("add element inet banish manual.20v4 { 198.51.96.0 timeout 1h }")
    guard.wait_entry("adopt", prefix="198.51.96.0/20")
    assert lab.eventually(lambda: rules(machine, "manual.20v4") == 1)
    assert machine.outcome("198.51.100.20", timeout=0.3) == "timeout"
    assert machine.outcome("203.0.113.20", password="alice-secret") == "ok"
    guard.restart()
    machine.nft("flush", "ruleset")
    guard.wait_banned("manual.20v4", "198.51.96.0")
    assert machine.outcome("198.51.100.20", timeout=0.3) == "timeout"

    # it keeps its length
    guard.configure(defaults={"prefix": {"ipv4": 24}}, jails={"mox": {"maxretry": 1, "prefix": {"ipv4": 32}}})
    guard.reload()
    guard.settle()
    assert banned(machine, "manual.20v4") == {"198.51.96.0"}
    # host bits would block nobody
    machine.nft("add element inet banish manual.20v4 { 203.0.113.9 timeout 1h }")
    guard.wait_banned("manual.20v4", "203.0.112.0")
    guard.wait_gone("manual.20v4", "203.0.113.9")
    machine.nft("delete element inet banish manual.20v4 { 198.51.96.0 }")
    guard.wait_entry("unban", prefix="198.51.96.0/20")
    assert machine.outcome("198.51.100.20", password="alice-secret") == "ok"
    guard("unban", "203.0.113.77")
    guard.wait_entry("unban", prefix="203.0.112.0/20")
    guard.restart()
    assert machine.elements("manual.20v4") is None


def test_a_range_by_hand_is_kept(machine, guard):
    """As a host is: whatever becomes of daemon, table and configuration."""
    guard.begin()
    ranges = {"manual.20v4": ("198.51.96.0", "/20"), "dovecot.28v4": ("203.0.113.16", "/28"),
              "manual.48v6": ("2001:db8:77::", "/48")}

    def stand():
        return all(banned(machine, name) == {address} and rules(machine, name) >= 1
                   for name, (address, _) in ranges.items())
    for name, (address, length) in ranges.items():
        guard("ban", address + length, "--time", "1w", "--jail", name.split(".")[0])
        guard.wait_entry("adopt", prefix=address + length)
    assert machine.outcome("198.51.100.20", timeout=0.3) == "timeout"
    assert machine.outcome("203.0.113.20", timeout=0.3) == "timeout"
    assert machine.outcome("203.0.113.40", password="alice-secret") == "ok"
    why = guard("why", "198.51.100.20").stdout
    assert "banned in jail manual as 198.51.96.0/20, still for 6d 23h" in why
    assert "198.51.96.0/20" in why.splitlines()[1]  # what was said of it
    assert "banned in jail dovecot as 203.0.113.16/28" in guard("why", "203.0.113.20").stdout
    assert guard("why", "203.0.113.40", check=False).returncode == 1

    for upset in guard.restart, guard.reload, lambda: machine.nft("flush", "ruleset"), \
            lambda: machine.shell("systemctl kill -s KILL banish; nft flush ruleset"):
        upset()
        assert lab.eventually(stand)
        assert machine.elements("manual.20v4")["198.51.96.0"]["expires"] > 604000
    machine.shell("systemctl stop banish; nft flush ruleset; systemctl start banish")
    assert stand()
    # of its jail's own length, for now
    guard("ban", "2001:db8:88::/64")
    guard.wait_entry("adopt", prefix="2001:db8:88::/64")
    assert banned(machine, "manual6") == {"2001:db8:88::"}
    guard.configure(defaults={"prefix": {"ipv4": 24, "ipv6": 56}},
                    jails={"dovecot": {}, "mox": {"maxretry": 1, "prefix": {"ipv4": 32}}})
    guard.reload()
    guard.settle()
    assert stand()
    assert banned(machine, "manual.64v6") == {"2001:db8:88::"}
    assert banned(machine, "manual6") == set()
    assert not guard.entries("unban")

    # by any host in it, and at once by nft
    assert guard("unban", "198.51.111.255").stdout == "198.51.96.0/20 is no longer banned in jail manual\n"
    guard.wait_entry("unban", prefix="198.51.96.0/20")
    assert machine.outcome("198.51.100.20", password="alice-secret") == "ok"
    machine.nft("flush", "set", "inet", "banish", "dovecot.28v4")
    guard.wait_entry("unban", prefix="203.0.113.16/28")
    guard.stop()
    guard("unban", "2001:db8:77:9::/64")
    guard.start()
    guard.wait_entry("unban", prefix="2001:db8:77::/48")
    guard.restart()
    assert machine.elements("manual.20v4") is machine.elements("dovecot.28v4") is machine.elements("manual.48v6") is None


def test_a_range_does_not_shut_out_who_is_exempt(machine, guard):
    guard.begin(ignoreip=["198.51.100.16/28", "192.0.2.0/24"])
    refused = guard("ban", "192.0.2.128/25", check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "is exempt, all of it" in refused.stderr
    done = guard("ban", "198.51.96.0/20")
    assert done.stderr.startswith("banish ban: of this 198.51.100.16/28 is exempt, so accepted")
    guard.wait_entry("adopt", prefix="198.51.96.0/20")
    assert machine.outcome("198.51.100.20", password="alice-secret") == "ok"
    assert machine.outcome("198.51.100.40", timeout=0.3) == "timeout"
    why = guard("why", "198.51.100.20").stdout
    assert "198.51.100.20 is banned but exempt, so it is accepted" in why
    # one that becomes exempt as a whole ends, as a host's does
    guard.configure(ignoreip=["198.51.0.0/16"], jails={"dovecot": {}})
    guard.reload()
    guard.wait_entry("unban", prefix="198.51.96.0/20")
    assert lab.eventually(lambda: not banned(machine, "manual.20v4"))


def test_the_seventeenth_length_is_refused(machine, guard):
    guard.begin()
    for length in range(8, 24):
        machine.nft(f"add set inet banish manual.{length}v4 {{ type ipv4_addr; flags timeout; }}")
        machine.nft(f"add element inet banish manual.{length}v4 {{ 100.0.0.0 timeout 1h }}")
    guard.wait_entry("adopt", count=16)
    assert lab.eventually(lambda: rules(machine, "manual.23v4") == 1)
    refused = guard("ban", "100.0.0.0/25", check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "100.0.0.0/25 cannot be banned in jail manual: there are 16 sets for IPv4" in refused.stderr
    machine.nft("add set inet banish manual.24v4 { type ipv4_addr; flags timeout; }")
    machine.nft("add element inet banish manual.24v4 { 100.0.0.0 timeout 1h }")
    assert "100.0.0.0/24 cannot be banned" in guard.wait_message("LOG_KERNEL")
    # those that stand go on, and when one of them ends the other has its place
    guard.restart()
    assert rules(machine, "manual.8v4") == rules(machine, "manual.23v4") == 1
    machine.nft("delete element inet banish manual.8v4 { 100.0.0.0 }")
    guard.wait_entry("unban", prefix="100.0.0.0/8")
    guard.reload()
    assert lab.eventually(lambda: rules(machine, "manual.24v4") == 1)
    assert banned(machine, "manual.24v4") == {"100.0.0.0"}
    assert machine.elements("manual.8v4") is None
    assert rules(machine, "manual.23v4") == 1
    guard("unban", "100.0.0.0/8")
    guard.wait_entry("unban", count=17)
