"""Bans by hand, with banish's verbs and with plain nft: the daemon hears of both and keeps them."""
import json
import time

import pytest

import lab

SECOND = 1_000_000  # µs


def ledger(machine):
    """What the state file says of each ban: {id: {...}}, with what happened to it later."""
    bans = {}
    for line in machine.output("cat", "/var/lib/banish/state").splitlines():
        for change in json.loads(line).get("changes", []):
            if "ban" in change:
                bans[change["ban"]["id"]] = {**change["ban"]}
            elif "unban" in change:
                bans[change["unban"]["id"]]["unban"] = change["unban"]
    return bans


def unban_by_verb(guard, address):
    guard("unban", address)


def unban_by_nft(guard, address):
    guard.machine.nft("delete", "element", "inet", "banish", "dovecot4", "{", address, "}")


@pytest.mark.parametrize("unban", [unban_by_verb, unban_by_nft], ids=["banish", "nft"])
def test_an_unban_lets_in_again_and_takes_all_back(machine, guard, unban):
    machine.attack("203.0.113.50", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.50")
    assert machine.outcome("203.0.113.50", timeout=0.3) == "timeout"

    unban(guard, "203.0.113.50")
    assert machine.outcome("203.0.113.50", password="alice-secret") == "ok"
    entry = guard.wait_entry("unban", prefix="203.0.113.50/32")
    assert entry["BANISH_JAIL"] == "dovecot"
    assert entry["MESSAGE_ID"] == lab.KINDS["LOG_UNBAN"]
    assert lab.eventually(lambda: all("unban" in ban for ban in ledger(machine).values()))

    # the window is empty: four more are not enough; and the next ban is the first offence again
    machine.attack("203.0.113.50", attempts=4, parallel=True)
    machine.wait_for(9, "rip=203.0.113.50,")
    guard.settle()
    assert machine.elements("dovecot4") == {}
    machine.attack("203.0.113.50")
    element = guard.wait_banned("dovecot4", "203.0.113.50")
    assert element["timeout"] <= 3600
    assert guard.wait_entry("ban", count=2, address="203.0.113.50")["BANISH_OFFENCE"] == "1"


def test_an_unban_is_remembered_over_a_restart(machine, guard):
    machine.attack("203.0.113.51", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.51")
    guard("unban", "203.0.113.51")
    guard.wait_entry("unban")
    for again in (guard.restart, lambda: machine.run("systemctl", "kill", "-s", "KILL", "banish")):
        start = machine.cursor()
        again()
        guard.wait_message("LOG_START", start)
        guard.settle()
        assert machine.elements("dovecot4") == {}


def test_unban_while_the_daemon_is_down_is_noted_at_its_start(machine, guard):
    machine.attack("203.0.113.52", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.52")
    guard.stop()
    guard("unban", "203.0.113.52")
    guard.start()
    guard.wait_entry("unban", address="203.0.113.52")
    assert machine.elements("dovecot4") == {}


def test_unban_finds_the_ban_by_any_address_in_it(machine, guard):
    machine.attack("2001:db8:77:53::1", attempts=5, parallel=True)
    guard.wait_banned("dovecot6", "2001:db8:77:53::")
    assert guard("unban", "2001:db8:77:53::99", check=False).returncode == 0
    assert machine.elements("dovecot6") == {}
    done = guard("unban", "2001:db8:77:53::99", check=False)
    assert (done.returncode, done.stdout.count("\n") + done.stderr.count("\n")) == (1, 1)


def ban_by_verb(guard, jail, address):
    guard("ban", "--jail", jail, "--time", "10min", address)


def ban_by_nft(guard, jail, address):
    family = "6" if ":" in address else "4"
    guard.machine.nft("add", "element", "inet", "banish", jail + family,
                      "{", address, "timeout", "10m", "}")


@pytest.mark.parametrize("jail", ["dovecot", "manual"])
@pytest.mark.parametrize("ban", [ban_by_verb, ban_by_nft], ids=["banish", "nft"])
def test_a_ban_by_hand_is_kept(machine, guard, ban, jail):
    ban(guard, jail, "203.0.113.54")
    entry = guard.wait_entry("adopt", prefix="203.0.113.54/32")
    assert entry["BANISH_JAIL"] == jail
    assert machine.outcome("203.0.113.54", timeout=0.3) == "timeout"
    end = int(entry["BANISH_UNTIL_USEC"])

    def kept():
        element = guard.wait_banned(jail + "4", "203.0.113.54")
        return abs(lab.until(element) - end) < 2 * SECOND
    assert kept()
    guard.restart()
    assert kept()
    machine.nft("flush", "ruleset")
    assert kept()
    machine.run("systemctl", "kill", "-s", "KILL", "banish")
    machine.nft("flush", "ruleset")
    assert kept()
    assert not guard.entries("unban")


def test_a_ban_by_hand_for_good(machine, guard):
    guard.machine.nft("add", "element", "inet", "banish", "manual4", "{ 203.0.113.55 }")
    entry = guard.wait_entry("adopt", prefix="203.0.113.55/32")
    assert entry["BANISH_UNTIL_USEC"] == "infinity"
    machine.nft("flush", "ruleset")
    assert "expires" not in guard.wait_banned("manual4", "203.0.113.55")


@pytest.mark.parametrize("name, given, masked, length, other", [
    ("dovecot6", "2001:db8:77:56::5", "2001:db8:77:56::", "/64", "2001:db8:77:56:9::1"),
    ("dovecot4", "198.51.100.201", "198.51.100.192", "/28", "198.51.100.207"),
])
def test_an_element_with_host_bits_is_replaced_by_the_masked_one(machine, banish, name, given,
                                                                  masked, length, other):
    banish.begin(defaults={"prefix": {"ipv4": 28}})
    ban_by_nft(banish, "dovecot", given)
    element = banish.wait_banned(name, masked)
    banish.wait_entry("adopt", prefix=masked + length)
    assert list(machine.elements(name)) == [masked]
    assert 590 <= element["timeout"] <= 600
    assert machine.outcome(other, timeout=0.3) == "timeout"


def test_a_longer_time_by_hand_is_taken_over(machine, guard):
    machine.attack("203.0.113.57", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.57")
    guard("ban", "--jail", "dovecot", "--time", "3h", "203.0.113.57")
    entry = guard.wait_entry("adopt", address="203.0.113.57")
    machine.nft("flush", "ruleset")
    element = guard.wait_banned("dovecot4", "203.0.113.57")
    assert abs(lab.until(element) - int(entry["BANISH_UNTIL_USEC"])) < 2 * SECOND
    assert element["expires"] > 10000


def test_flush_set_unbans_all_in_it(machine, guard):
    sources = ["203.0.113.58", "203.0.113.59"]
    for source in sources:
        guard("ban", "--jail", "dovecot", source)
        guard.wait_entry("adopt", address=source)
    machine.nft("flush", "set", "inet", "banish", "dovecot4")
    for source in sources:
        guard.wait_entry("unban", address=source)
    guard.restart()
    guard.settle()
    assert machine.elements("dovecot4") == {}


def test_the_reason_of_a_ban_is_kept(machine, guard):
    def comments():
        return [json.loads(line)["comment"] for line in
                guard("list", "manual", "--json").stdout.splitlines()]

    odd = 'called "twice" \\ é\t' + "x" * 200  # a quote would make a saved ruleset unreadable
    guard("ban", "--reason", "did not listen", "203.0.113.61")
    guard("ban", "--reason", odd, "203.0.113.62")
    machine.nft("add", "element", "inet", "banish", "manual4", "{ 203.0.113.63 timeout 1h }")
    guard.wait_entry("adopt", 3)
    told = ["did not listen", "called 'twice' \\ é " + "x" * 107]
    assert comments() == [*told, ""]
    machine.nft("flush", "ruleset")
    guard.wait_entry("heal")
    assert lab.eventually(lambda: comments() == [*told, "by hand"]), comments()
    # another reason, the same time
    guard("ban", "--reason", "another", "203.0.113.61")
    told[0] = "another"
    assert lab.eventually(lambda: '"another"' in machine.output("cat", "/var/lib/banish/state"))
    machine.run("systemctl", "kill", "-s", "KILL", "banish")
    machine.nft("flush", "ruleset")
    assert lab.eventually(lambda: comments() == [*told, "by hand"]), comments()


def test_what_is_ignored_cannot_be_banned_by_hand(machine, banish):
    banish.begin(ignoreip=["203.0.113.60"])
    ban_by_nft(banish, "dovecot", "203.0.113.60")
    banish.wait_gone("dovecot4", "203.0.113.60")
    assert machine.outcome("203.0.113.60", password="alice-secret") == "ok"


@pytest.fixture
def part_ignored(banish):
    """A jail that bans /24, of which some addresses are let through."""
    policy = lab.with_mox({"ignoreip": ["203.0.113.0/29"], "defaults": {"prefix": {"ipv4": 24}}})
    banish.begin(**policy)
    return banish


def assert_said_so(banish, start, element, end):
    """The ban is what the verb said, now and after a restart."""
    for again in (False, True):
        if again:
            banish.restart()
        banish.wait_banned("mox4", "198.51.100.0", 5)  # what was done is heard of in order
        found = banish.wait_banned(*element)
        assert abs(lab.until(found) - end) < 2_000_000
    said = [message for message in banish.messages(after=start) if "ignoreip" in message]
    assert not said


def test_a_network_of_which_some_are_let_through_stays_banned(machine, part_ignored):
    start = machine.cursor()
    said = json.loads(part_ignored("ban", "--json", "203.0.113.200").stdout)
    part_ignored.wait_entry("adopt", prefix="203.0.113.0/24", after=start)
    machine.mox("198.51.100.7")
    assert_said_so(part_ignored, start, ("manual4", "203.0.113.0"), said["expires_usec"])


def test_a_longer_ban_by_hand_over_an_automatic_one_of_a_part_ignored_network(machine,
                                                                              part_ignored):
    start = machine.cursor()
    machine.mox("203.0.113.200")
    part_ignored.wait_banned("mox4", "203.0.113.0")
    said = json.loads(part_ignored("ban", "--jail", "mox", "--time", "5h", "--json",
                                   "203.0.113.201").stdout)
    part_ignored.wait_entry("adopt", prefix="203.0.113.0/24", after=start)
    machine.mox("198.51.100.7")
    assert_said_so(part_ignored, start, ("mox4", "203.0.113.0"), said["expires_usec"])


def test_the_network_of_the_unspecified_address_is_one_like_any(machine, guard):
    start = machine.cursor()
    said = json.loads(guard("ban", "--json", "::2").stdout)
    guard.wait_entry("adopt", prefix="::/64", after=start)
    guard.restart()
    assert abs(lab.until(guard.wait_banned("manual6", "::")) - said["expires_usec"]) < 2_000_000
    for address in ("::1", "::", "127.0.0.1", "224.0.0.1"):
        assert guard("ban", address, check=False).returncode == 1


def test_a_reason_like_an_automatic_bans_is_refused(machine, guard):
    for reason in ("auth-failed x5", "network: 3 offenders"):
        done = guard("ban", "--jail", "dovecot", "--reason", reason, "203.0.113.99", check=False)
        assert done.returncode == 2 and reason in done.stderr and done.stdout == ""
        guard("ban", "--reason", reason, "203.0.113.98")
        guard.wait_entry("adopt", address="203.0.113.98")
        guard.restart()
        guard.wait_banned("manual4", "203.0.113.98")
        guard("unban", "203.0.113.98")
    assert guard.machine.elements("dovecot4") == {}


def test_what_others_do_while_it_starts_is_not_missed(machine, guard):
    """While 30,000 bans are put back, elements come and go by hand, one transaction each."""
    guard.stop()
    machine.nft("flush", "ruleset")
    now = int(time.time() * SECOND)
    addresses = [f"11.0.{i >> 8}.{i & 255}" for i in range(30_000)]
    lines = []
    for first in range(0, len(addresses), 100):
        changes = []
        for number, address in enumerate(addresses[first:first + 100], first + 1):
            changes.append({"ban": {"id": number, "jail": "dovecot", "prefix": address + "/32", "address": address,
                                    "since": now, "until": now + 3600 * SECOND, "event": "auth-failed",
                                    "failures": 5, "offence": 1, "cursor": "s=1"}})
            changes.append({"placed": number})
        lines.append(json.dumps({"v": 1, "changes": changes}) + "\n")
    machine.write("/var/lib/banish/state", "".join(lines))
    machine.run("chown", "banish:banish", "/var/lib/banish/state")
    begin = machine.cursor()
    machine.run("systemctl", "start", "--no-block", "banish")
    done = machine.shell("""i=0; while [ $i -lt 80 ]; do
        if nft add element inet banish manual4 "{ 198.51.100.$i timeout 1h }"; then echo added $i; i=$((i + 1)); fi
        nft delete element inet banish dovecot4 "{ 11.0.$i.7 }" && echo deleted $i
        done 2>/dev/null""").stdout.split("\n")
    added = {f"198.51.100.{line.split()[1]}/32" for line in done if line.startswith("added")}
    deleted = {f"11.0.{line.split()[1]}.7" for line in done if line.startswith("deleted")}
    assert len(added) == 80 and deleted
    guard.wait_message("LOG_START", begin)

    def heard():
        bans = ledger(machine).values()
        return (added == {ban["prefix"] for ban in bans if ban["jail"] == "manual"}
                and deleted == {ban["address"] for ban in bans if "unban" in ban})
    assert lab.eventually(heard, seconds=10)
    guard.settle()
    left = machine.elements("dovecot4").keys()
    assert left == set(addresses) - deleted
    assert {address + "/32" for address in machine.elements("manual4")} == added


def test_what_has_no_room_ends_early_and_is_told(machine, guard):
    """As many bans as are remembered, and one more: those that end soonest go, but none by hand."""
    guard.stop()
    machine.nft("flush", "ruleset")
    now = int(time.time() * SECOND)
    by_hand = {"id": 1, "jail": "manual", "prefix": "203.0.113.99/32", "address": "203.0.113.99", "since": now,
               "until": now + 1800 * SECOND, "manual": True}
    lines = [{"v": 1, "changes": [{"ban": by_hand}, {"told": 1}]}]
    for first in range(2, 131_072 + 1, 100):
        bans = [{"id": n, "jail": "dovecot", "prefix": f"11.{n >> 16}.{n >> 8 & 255}.{n & 255}/32",
                 "address": f"11.{n >> 16}.{n >> 8 & 255}.{n & 255}", "since": now, "until": now + (3600 + n) * SECOND,
                 "event": "auth-failed", "failures": 5, "offence": 1, "cursor": "s=1"}
                for n in range(first, min(first + 100, 131_073))]
        lines.append({"v": 1, "changes": [{"ban": ban} for ban in bans]})
    lines.append({"v": 1, "changes": [{"told": 131_072}]})
    machine.write("/var/lib/banish/state", "".join(json.dumps(line) + "\n" for line in lines))
    machine.run("chown", "banish:banish", "/var/lib/banish/state")
    start = machine.cursor()
    guard.start()
    for source in ("198.51.100.200", "198.51.100.201"):
        machine.mox(source)
        guard.wait_banned("mox4", source, seconds=20)
    entry = guard.wait_entry("evict", after=start)
    n = int(entry["BANISH_BANS"])
    assert 0 < n < 10_000 and entry["PRIORITY"] == "4" and f"would expire soonest: {n};" in entry["MESSAGE"]
    assert len(guard.entries("evict", start)) == 1 and len(guard.entries("ban", start)) == 2
    left = machine.elements("dovecot4")
    assert len(left) == 131_071 - n and "11.0.0.2" not in left and "11.2.0.0" in left
    assert "203.0.113.99" in machine.elements("manual4")
