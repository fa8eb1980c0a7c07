"""--force: the own gateway, the own address and who is in ignoreip, banned by hand all the same."""
import json
import re

import pytest

import lab

OWN, GATEWAY = "203.0.113.1", "203.0.113.2"


@pytest.fixture
def routed(machine, banish):
    """A daemon on a machine with a default gateway; mox bans at once."""
    machine.run("ip", "route", "add", "default", "via", GATEWAY)
    try:
        banish.begin(ignoreip=["198.51.100.64/26", "2001:db8:77:64::/64"])
        assert lab.eventually(lambda: machine.has_element("ignore4", GATEWAY))
        yield banish
    finally:
        machine.run("ip", "route", "delete", "default", "via", GATEWAY, check=False)


def reaches(machine, source):
    """Whether the mail server answers; the own address asks through lo."""
    if source != OWN:
        return machine.outcome(source, timeout=0.3, password="alice-secret") == "ok"
    return machine.run("timeout", "1", "bash", "-c", f"exec 3<>/dev/tcp/{OWN}/143",
                       check=False).returncode == 0


def kept_out(machine, banish, source):
    banish.wait_banned("forced4", source)
    return lab.eventually(lambda: not reaches(machine, source))


@pytest.mark.parametrize("source", [GATEWAY, OWN, "198.51.100.65"],
                         ids=["gateway", "own", "ignoreip"])
def test_only_force_bans_who_is_always_let_through(machine, routed, source):
    done = routed("ban", source, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"banish ban: {source} is exempt \(.*\); use --force .*\n",
                        done.stderr)
    assert machine.elements("manual4") == {}
    # nor does nft, in another jail
    machine.nft("add", "element", "inet", "banish", "manual4", "{", source, "}")
    routed.wait_gone("manual4", source)

    routed("ban", "--force", "--time", "1h", "--reason", "turned bad", source)
    assert not reaches(machine, source)
    assert machine.elements("manual4") == {}
    assert routed.wait_entry("adopt", prefix=source + "/32", jail="forced")["MESSAGE"].startswith(
        f"forced: {source}/32 is banned by hand by banish for 1h")
    # the others are let through as before
    assert reaches(machine, "198.51.100.66")
    told = json.loads(routed("list", "forced", "--json").stdout)
    assert (told["jail"], told["address"], told["comment"]) == ("forced", source, "turned bad")
    said = routed("why", source).stdout
    assert said.startswith(f"banned in jail forced as {source}/32, still for ")
    assert "exempt" not in said

    start = machine.cursor()
    for again in (routed.reload, routed.restart,
                  lambda: machine.nft("flush", "ruleset"),
                  lambda: machine.shell("ip address add 203.0.113.200/32 dev server;"
                                        "ip address delete 203.0.113.200/32 dev server")):
        again()
        routed.settle()
        assert kept_out(machine, routed, source)
    assert not routed.entries("unban", after=start)
    healed = routed.wait_entry("heal", after=start)
    # the source and those whom settle() used until then
    assert healed["BANISH_BANS"] == "3"

    routed("unban", source)
    assert lab.eventually(lambda: reaches(machine, source))
    assert machine.elements("forced4") == {}
    routed.wait_entry("unban", after=start, prefix=source + "/32", jail="forced")
    # and it is as before
    assert routed("ban", source, check=False).returncode == 1


def test_a_forced_ban_survives_a_reboot(machine, routed):
    routed("ban", "--force", "198.51.100.65")
    routed.wait_entry("adopt", jail="forced")
    assert lab.eventually(lambda: '"forced"' in machine.output("cat", "/var/lib/banish/state"))
    machine.shell("systemctl enable banish.service")
    try:
        machine.verb("reboot")
        assert kept_out(machine, routed, "198.51.100.65")
    finally:
        machine.shell("systemctl disable banish.service")


def test_who_is_forced_without_the_daemon_is_kept_by_it(machine, routed):
    routed.stop()
    routed("ban", "--force", GATEWAY)
    routed("ban", "--force", "2001:db8:77:64::7")
    assert not reaches(machine, GATEWAY)
    assert not reaches(machine, "2001:db8:77:64::7")
    routed.start()
    routed.settle()
    for source in (GATEWAY, "2001:db8:77:64::7"):
        routed.wait_entry("adopt", address=source, jail="forced")
        assert not reaches(machine, source)
    # of the network only this one
    assert reaches(machine, "2001:db8:77:64::8")
    routed.stop()
    routed("unban", "--all")
    assert machine.elements("forced4") == {} == machine.elements("forced6")
    routed.start()
    routed.settle()
    assert machine.elements("forced4") == {} == machine.elements("forced6")
    assert reaches(machine, GATEWAY)


def test_who_is_ignored_from_now_on_stays_forced(machine, banish):
    source = "198.51.100.3"
    banish.begin()
    banish("ban", "--force", source)
    banish("ban", source)
    banish.wait_entry("adopt", jail="forced")
    banish.configure(**lab.with_mox({"ignoreip": [source]}))
    banish.reload()
    banish.wait_gone("manual4", source)
    assert kept_out(machine, banish, source)
    banish.configure(**lab.with_mox({}))
    banish.reload()
    banish.settle()
    assert kept_out(machine, banish, source)


def test_nft_forces_and_releases(machine, routed):
    machine.nft("add", "element", "inet", "banish", "forced4", "{", GATEWAY, "timeout 1h }")
    routed.wait_entry("adopt", address=GATEWAY, jail="forced")
    assert not reaches(machine, GATEWAY)
    machine.nft("delete", "element", "inet", "banish", "forced4", "{", GATEWAY, "}")
    routed.wait_entry("unban", address=GATEWAY, jail="forced")
    assert reaches(machine, GATEWAY)
