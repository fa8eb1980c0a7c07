"""Networks: several banned hosts bring the ban of all of it."""
import pytest

import lab

POLICY = {
    "jails": {"dovecot": {"maxretry": 2, "networks": {"ipv4": 24, "ipv6": 48, "hosts": 4}}},
}
# Hosts of one network that attack, the network, one host more, one of another network (of which the machine has none
# for IPv6).
IPV4 = [f"203.0.113.{n}" for n in (5, 77, 78, 200)], "203.0.113.0/24", "203.0.113.9", "198.51.100.9"
IPV6 = [f"2001:db8:77:{n}::1" for n in (1, 2, 3, 4)], "2001:db8:77::/48", "2001:db8:77:9::1", None


def ban_network(machine, guard, hosts, network):
    name = "dovecot.net6" if ":" in network else "dovecot.net4"
    guard.begin(**POLICY)
    for host in hosts[:3]:
        machine.attack(host, attempts=2, parallel=True)
        guard.wait_entry("ban", address=host)
    assert machine.elements(name) == {}
    machine.attack(hosts[3], attempts=2, parallel=True)
    guard.wait_banned(name, network.partition("/")[0])
    return name


@pytest.mark.parametrize("hosts, network, fifth, other", [IPV4, IPV6], ids=["ipv4", "ipv6"])
def test_four_hosts_bring_the_ban_of_their_network(machine, guard, hosts, network, fifth, other):
    name = ban_network(machine, guard, hosts, network)
    entry = guard.wait_entry("ban", prefix=network)
    assert entry["BANISH_JAIL"] == "dovecot"
    assert entry["BANISH_ADDRESS"] == hosts[3]
    assert entry["BANISH_FAILURES"] == "4"
    assert entry["BANISH_OFFENDERS"] == "4"
    assert f"ban network {network} for 1h: 4 offenders" in entry["MESSAGE"]
    assert machine.outcome(fifth, timeout=0.3) == "timeout"
    if other:
        assert machine.outcome(other, password="alice-secret") == "ok"

    # it stays over a restart, and whoever throws the table away does not let it in
    guard.restart()
    guard.settle()
    assert machine.outcome(fifth, timeout=0.3) == "timeout"
    machine.nft("flush", "ruleset")
    guard.wait_banned(name, network.partition("/")[0])
    assert machine.outcome(fifth, timeout=0.3) == "timeout"
    assert len(guard.entries("ban")) == len({entry["BANISH_PREFIX"] for entry in guard.entries("ban")})


def test_the_unban_of_a_network_frees_all_in_it(machine, guard):
    hosts, network, fifth, _ = IPV4
    ban_network(machine, guard, hosts, network)
    talk = guard("unban", network).stdout
    assert talk.count("is no longer banned in jail dovecot") == 5
    for host in (*hosts, fifth):
        assert machine.outcome(host, password="alice-secret") == "ok"
    guard.wait_entry("unban", prefix=network)


def test_the_unban_of_one_host_says_who_is_still_banned(machine, guard):
    hosts, network, fifth, _ = IPV4
    ban_network(machine, guard, hosts, network)
    talk = guard("unban", hosts[0]).stdout
    assert f"{network} is no longer banned in jail dovecot" in talk
    assert f"{hosts[0]}/32 is no longer banned in jail dovecot" in talk
    assert sorted(line.split("/")[0] for line in talk.splitlines() if "still banned" in line) == sorted(hosts[1:])
    guard.wait_entry("unban", prefix=network)
    for host in (hosts[0], fifth):
        assert machine.outcome(host, password="alice-secret") == "ok"
    assert machine.outcome(hosts[1], timeout=0.3) == "timeout"


def test_a_network_is_banned_by_hand(machine, guard):
    guard.begin(**POLICY)
    network = "203.0.113.0/24"
    guard("ban", network, "--jail", "dovecot")
    guard.wait_entry("adopt", prefix=network)
    assert machine.outcome("203.0.113.9", timeout=0.3) == "timeout"
    assert guard("list", "dovecot").stdout.count("dovecot ") == 1
    guard("ban", "198.51.0.0/16", "--jail", "dovecot")
    guard.wait_entry("adopt", prefix="198.51.0.0/16")
    assert list(machine.elements("dovecot.16v4")) == ["198.51.0.0"]

    # a jail that no longer bans networks ends it
    guard.configure(**lab.with_mox({}))
    guard.reload()
    entry = guard.wait_entry("unban", prefix=network)
    assert "no longer bans networks" in entry["MESSAGE"]
    assert machine.outcome("203.0.113.9", password="alice-secret") == "ok"
