"""A central log host: what many servers send is counted once, whenever it comes."""
import json
import secrets
import time

import pytest

import lab

REMOTE = "/var/log/journal/remote"
DROP_IN = "/etc/systemd/system/banish.service.d/central.conf"
HOUR = 3600.0
ONCE, THRICE = "mox", "dovecot"
# jail mox bans at the first guess, jail dovecot at the third
JAILS = {ONCE: {"maxretry": 1, "bantime": "1d", "findtime": "10min"},
         THRICE: {"maxretry": 3, "bantime": "1d", "findtime": "10min"}}


class Server:
    """A host whose journal systemd-journal-remote writes into a file of its own."""

    def __init__(self, machine, name):
        self.machine, self.name, self.id = machine, name, secrets.token_hex(16)
        self.boot, self.number = secrets.token_hex(16), 0
        self.file = f"{REMOTE}/remote-{name}.journal"

    def entry(self, when, unit, message):
        self.number += 1
        return (f"__REALTIME_TIMESTAMP={int(when * 1e6)}\n__MONOTONIC_TIMESTAMP={self.number * 1000}\n"
                f"_BOOT_ID={self.boot}\n_MACHINE_ID={self.id}\n_SYSTEMD_UNIT={unit}.service\n"
                f"SYSLOG_IDENTIFIER={unit}\nMESSAGE={message}\n\n")

    def guess(self, when, address, jail=ONCE):
        """mox counts its connections anew on each server, and says the address only at first."""
        if jail == THRICE:
            return self.entry(when, jail, "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<a>, "
                              f"method=PLAIN, rip={address}, lip=203.0.113.1, TLS, session=<{secrets.token_hex(6)}>")
        said = f"pkg=imapserver cid={self.number:x} delta=1ms"
        return (self.entry(when, jail, f'l=info m="new connection" remote={address}:4711 {said}') +
                self.entry(when + 0.001, jail, f'l=info m="failed authentication attempt" username=a {said}'))

    def send(self, *entries):
        self.machine.run("/lib/systemd/systemd-journal-remote", "-o", self.file, "-", input="".join(entries))


@pytest.fixture
def central(machine, banish):
    """A banish that follows the folder, which is empty."""
    machine.shell(f"rm -rf {REMOTE}; mkdir -p {REMOTE}; chown root:systemd-journal {REMOTE}; chmod 2755 {REMOTE}")
    machine.write(DROP_IN, f"[Service]\nExecStart=\nExecStart=/usr/sbin/banish run --directory {REMOTE}\n")
    machine.run("systemctl", "daemon-reload")
    banish.begin(jails=JAILS)
    yield banish
    machine.shell(f"systemctl stop banish; rm -rf {DROP_IN} {REMOTE}; systemctl daemon-reload")


def bans(guard, jail):
    """address -> failures; each once, but for those that are logged again after a crash."""
    found = {}
    for entry in guard.entries("ban"):
        if entry["BANISH_JAIL"] == jail:
            assert entry["BANISH_ADDRESS"] not in found or "BANISH_AGAIN" in entry, entry
            assert entry["BANISH_OFFENCE"] == "1"
            found[entry["BANISH_ADDRESS"]] = entry["BANISH_FAILURES"]
    return found


def wait(guard, wanted, jail=ONCE):
    missing = None

    def there():
        nonlocal missing
        missing = set(wanted) - set(guard.machine.elements(f"{jail}4") or {})
        return not missing
    assert lab.eventually(there, 10, 0.1), f"{missing} not in {jail}4"


def replayed(guard, jail):
    lines = map(json.loads, guard("replay", "--json", "--directory", REMOTE).stdout.splitlines())
    return {line["address"]: str(line["failures"]) for line in lines
            if line["action"] == "ban" and line["jail"] == jail}


def expect(guard, wanted, jail=ONCE):
    """Exactly these bans are decided, and by `replay` too."""
    wait(guard, wanted, jail)
    assert set(guard.machine.elements(f"{jail}4")) == set(wanted)
    assert bans(guard, jail) == wanted == replayed(guard, jail)


def places(guard):
    """Of the members, as the state has them."""
    found = {}
    for line in guard.machine.output("cat", "/var/lib/banish/state").splitlines():
        for change in json.loads(line)["changes"]:
            if "followed" in change:
                found[change["followed"]["name"]] = change["followed"]
    return found


def addresses(net, n):
    return [f"198.{18 + net}.{i // 200}.{i % 200 + 1}" for i in range(n)]


def test_a_server_that_was_away_for_an_hour(machine, central):
    now = time.time()
    a, b = Server(machine, "a"), Server(machine, "b")
    on_time, late = addresses(0, 20), addresses(1, 60)
    a.send(a.guess(now - 300, late[0]))
    b.send(*(b.guess(now - 5 + i / 10, address) for i, address in enumerate(on_time[:10])))
    central.wait_banned("mox4", on_time[9])
    # what a tells now lies before all that, in pieces, while b goes on
    for k in range(3):
        a.send(*(a.guess(now - HOUR + k + i, address) for i, address in enumerate(late[20 * k + 1:20 * k + 21])))
        b.send(*(b.guess(time.time(), address) for address in on_time[10 + 3 * k:13 + 3 * k]))
    b.send(b.guess(time.time(), on_time[19]))
    expect(central, {address: "1" for address in on_time + late})
    assert not central.warnings()
    cursor = central.wait_entry("ban", address=late[7])["BANISH_TRIGGER_CURSOR"]
    line = machine.output("journalctl", "--quiet", "--directory", REMOTE, "--output=json", "--lines=1", "--cursor", cursor)
    assert "failed authentication attempt" in json.loads(line)["MESSAGE"] and json.loads(line)["_MACHINE_ID"] == a.id


def test_who_comes_back_with_much_does_not_hold_up_the_others(machine, central):
    now = time.time()
    a, b = Server(machine, "a"), Server(machine, "b")
    some = addresses(0, 4)
    a.send(a.guess(now - 300, some[0]))
    b.send(b.guess(now, some[1]))
    wait(central, some[:2])
    central.stop()
    much = "".join(a.guess(now - HOUR + i / 100, f"10.{i // 60000}.{i // 250 % 240}.{i % 250}", THRICE) for i in range(30000))
    a.send(much, a.guess(now - 1800, some[2]))
    b.send(b.guess(time.time(), some[3]))
    central.start()
    wait(central, some)
    assert list(bans(central, ONCE)) == [some[0], some[1], some[3], some[2]]
    # a reload reads again what lies behind, and counts nothing twice
    central.reload()
    b.send(b.guess(time.time(), "203.0.113.72"))
    central.wait_banned("mox4", "203.0.113.72")
    a.send(*(a.guess(now - 1500, some[0], THRICE) for _ in range(2)))
    central.reload()
    b.send(b.guess(time.time(), "203.0.113.73"))
    central.wait_banned("mox4", "203.0.113.73")
    a.send(a.guess(now - 1499, some[0], THRICE))
    central.wait_banned("dovecot4", some[0])
    assert bans(central, THRICE) == {some[0]: "3"}


def test_a_new_server_with_a_past(machine, central):
    now = time.time()
    a, b, c = (Server(machine, name) for name in "abc")
    first, past = addresses(0, 10), addresses(1, 30)
    a.send(*(a.guess(now - 8 + i / 10, address) for i, address in enumerate(first)))
    central.wait_banned("mox4", first[9])
    # as long as the longest findtime
    b.send(b.guess(now - HOUR, "203.0.113.1"),
           *(b.guess(now - 590 + i, address) for i, address in enumerate(past[:20])))
    central.wait_banned("mox4", past[19])
    central.stop()
    c.send(*(c.guess(now - 500 + i, address) for i, address in enumerate(past[20:])))
    central.start()
    wait(central, past)
    assert bans(central, ONCE) == {address: "1" for address in first + past}
    assert set(places(central)) == {"a", "b", "c"}
    assert not central.warnings()


def test_killed_anywhere_each_counts_once(machine, central):
    """Two of three guesses: what is counted twice is banned, what is lost is not with its third."""
    now = time.time()
    servers = [Server(machine, name) for name in "abcd"]
    away = servers[3]
    twice, thrice = addresses(0, 60), addresses(1, 60)
    for server in servers:
        server.send(server.guess(now - 60, "203.0.113.71", THRICE))
    for k in range(12):
        for i in range(5 * k, 5 * k + 5):
            for n, server in enumerate(servers[:3]):
                when = time.time()
                server.send(*([server.guess(when, twice[i], THRICE)] if n < 2 else []), server.guess(when, thrice[i], THRICE))
        # an hour late: all three of them here, and no more than two there
        old = now - HOUR + 10 * k
        away.send(*(away.guess(old + n, f"198.20.0.{k + 1}", THRICE) for n in range(3)),
                  *(away.guess(old + n, f"198.20.1.{k + 1}", THRICE) for n in range(2)))
        machine.shell("systemctl kill -s KILL banish; systemctl reset-failed banish; systemctl start banish")
    wanted = {address: "3" for address in ["203.0.113.71", *thrice, *(f"198.20.0.{k + 1}" for k in range(12))]}
    wait(central, wanted, THRICE)
    assert bans(central, THRICE) == wanted
    # and now the third
    when = time.time()
    away.send(*(away.guess(when, address, THRICE) for address in twice))
    wait(central, twice, THRICE)
    wanted.update({address: "3" for address in twice})
    assert bans(central, THRICE) == wanted


def test_files_come_and_go(machine, central):
    now = time.time()
    a, b = Server(machine, "a"), Server(machine, "b")
    some = addresses(0, 50)
    a.send(a.guess(now, some[0]))
    b.send(b.guess(now, some[1]))
    central.wait_banned("mox4", some[1])
    central.wait_banned("mox4", some[0])
    # rotated while it runs, and while it does not
    for k in range(2):
        machine.run("mv", a.file, f"{REMOTE}/remote-a@{'0' * 31}{k}-0000000000000001-000000000000000{k}.journal")
        a.send(*(a.guess(now - 60 + i, some[10 * k + i]) for i in range(2, 10)))
        central.wait_banned("mox4", some[10 * k + 9])
        central.stop()
        a.send(a.guess(now - 70, some[10 * k + 10]))
        machine.run("mv", a.file, f"{REMOTE}/remote-a@{'0' * 31}{k}-0000000000000009-000000000000000{k}.journal")
        a.send(a.guess(now - 60, some[10 * k + 11]))
        central.start()
        central.wait_banned("mox4", some[10 * k + 11])
    # vacuumed: what was read is read no more
    machine.shell(f"rm {REMOTE}/remote-a@*")
    a.send(a.guess(time.time(), some[40]))
    central.wait_banned("mox4", some[40])
    # damaged, and set aside by systemd-journal-remote
    machine.shell(f"mv {b.file} {REMOTE}/remote-b@1-2.journal~; head -c 100 /dev/urandom >{b.file}")
    time.sleep(0.5)
    machine.shell(f"rm {b.file}")
    b.send(b.guess(time.time(), some[41]))
    central.wait_banned("mox4", some[41])
    # made anew: its clock tells what is new
    machine.shell(f"rm {REMOTE}/remote-b*")
    b.send(b.guess(time.time(), some[42]))
    central.wait_banned("mox4", some[42])
    wanted = [address for i, address in enumerate(some[:44]) if i in (0, 1, 40, 41, 42) or 2 <= i < 22]
    assert bans(central, ONCE) == {address: "1" for address in wanted}
    # a name that is nobody's
    machine.shell(f"cp {a.file} '{REMOTE}/remote-x y.journal'")
    assert "x y.journal is not read" in central.wait_message("LOG_BLIND")


def test_an_old_state_goes_on(machine, central):
    """What was followed as one journal until now."""
    now = time.time()
    a, b = Server(machine, "a"), Server(machine, "b")
    some = addresses(0, 30)
    a.send(*(a.guess(now - 20 + i / 10, address) for i, address in enumerate(some[:10])))
    central.wait_banned("mox4", some[9])
    b.send(*(b.guess(now - 10 + i / 10, address) for i, address in enumerate(some[10:20])))
    central.wait_banned("mox4", some[19])
    central.stop()
    state = machine.output("cat", "/var/lib/banish/state").splitlines()
    last = json.loads(state[-1])
    old = {"v": 1, "cursor": last["cursor"], "time": last["time"], "changes": [
        change for line in state for change in json.loads(line)["changes"] if "followed" not in change]}
    machine.write("/var/lib/banish/state", json.dumps(old) + "\n")
    machine.run("chown", "banish:", "/var/lib/banish/state")
    a.send(a.guess(now, some[20]))
    b.send(b.guess(now, some[21]))
    central.start()
    wait(central, some[20:22])
    # late, from now on
    a.send(a.guess(now - 300, some[22]))
    central.wait_banned("mox4", some[22])
    assert bans(central, ONCE) == {address: "1" for address in some[:23]}


def test_one_guess_on_each_of_many(machine, central):
    """At about the same time, in any order."""
    servers = [Server(machine, f"mx{i}") for i in range(3)]
    for address in addresses(0, 20):
        when = time.time()
        for server in sorted(servers, key=lambda server: secrets.token_hex(4)):
            server.send(server.guess(when + servers.index(server) / 1000, address, THRICE))
    wait(central, addresses(0, 20), THRICE)
    assert bans(central, THRICE) == {address: "3" for address in addresses(0, 20)}


def test_the_clock_of_one_server_alone_may_step_back(machine, central):
    """Then it is counted as `replay` counts it; with two servers such an entry may as well be late."""
    now = time.time()
    a = Server(machine, "a")
    a.send(*(a.guess(now - back, "198.18.9.1", THRICE) for back in (60, 300, 299)),
           a.guess(now - 50, "198.18.9.2"))
    wait(central, ["198.18.9.2"])
    assert bans(central, THRICE) == replayed(central, THRICE) == {}
    a.send(a.guess(now - 40, "198.18.9.1", THRICE), a.guess(now - 39, "198.18.9.3"))
    wait(central, ["198.18.9.3"])
    assert bans(central, THRICE) == replayed(central, THRICE)


def test_status_lists_the_servers(machine, central):
    now = time.time()
    a, b = Server(machine, "a"), Server(machine, "b")
    a.send(*(a.guess(now - 60 + i, address) for i, address in enumerate(addresses(0, 5))))
    wait(central, addresses(0, 5))
    b.send(b.guess(now - 500, "203.0.113.71", THRICE), b.entry(now - 400, "nobody", "of no rule"))
    time.sleep(0.3)
    central.stop()
    central.start()
    a.send(a.guess(now, "203.0.113.72"))
    central.wait_banned("mox4", "203.0.113.72")
    machine.shell("systemctl kill -s KILL banish; systemctl reset-failed banish; systemctl start banish")
    central.stop()
    central.start()
    told = [json.loads(line) for line in central("status", "--json", check=False).stdout.splitlines()]
    servers = {one["server"]: one for one in told if one["what"] == "server"}
    assert {name: (one["taken"], one["refused"]) for name, one in servers.items()} == {"a": (12, 0), "b": (1, 0)}
    assert 499 < servers["b"]["lag_usec"] / 1e6 < 560 and abs(servers["b"]["heard_usec"] / 1e6 - now) < 60
    lines = central("status", check=False).stdout.splitlines()
    assert [line for line in lines if "taken" in line and line.startswith("servers   a: heard ")]
    assert [line for line in lines if "taken" in line and line.startswith("          b: heard ")]
    metrics = central("status", "--prometheus", check=False).stdout
    assert '\nbanish_server_taken_total{server="a"} 12\n' in metrics and "banish_member" not in metrics
