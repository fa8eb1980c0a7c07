"""What goes wrong around the daemon while it runs: its folder, journald, signals, others, memory."""
import json
import time

import lab

OVERRIDE = "/etc/systemd/system/banish.service.d/fault.conf"
JOURNALD = "systemd-journald.socket systemd-journald-dev-log.socket systemd-journald.service"


def n_restarts(machine):
    return int(machine.output("systemctl", "show", "--value", "-p", "NRestarts", "banish.service"))


def replayed(guard, **fields):
    """The prefixes that `replay` bans, of these decisions."""
    decisions = [json.loads(line) for line in guard("replay", "--json").stdout.splitlines()]
    return {decision["prefix"] for decision in decisions
            if decision["action"] == "ban" and fields.items() <= decision.items()}


def banned(guard, jail):
    """The prefixes of that jail that the daemon has said to be banned, once each: what is said again
    after a crash is marked."""
    entries = [entry for entry in guard.entries("ban") if entry["BANISH_JAIL"] == jail]
    once = [entry["BANISH_PREFIX"] for entry in entries if "BANISH_AGAIN" not in entry]
    assert len(once) == len(set(once)), entries
    return {entry["BANISH_PREFIX"] for entry in entries}


def test_the_folder_of_somebody_else_is_its_own_again(machine, guard):
    machine.mox("203.0.113.140")
    guard.wait_banned("mox4", "203.0.113.140")
    guard.stop()
    machine.nft("delete", "table", "inet", "banish")
    machine.shell("chown -R root:root /var/lib/banish; chmod 755 /var/lib/banish; chmod 600 /var/lib/banish/*")
    start = machine.cursor()
    guard.start()
    guard.wait_banned("mox4", "203.0.113.140")
    machine.mox("203.0.113.141")
    guard.wait_banned("mox4", "203.0.113.141")
    assert machine.output("stat", "-c", "%U %a", "/var/lib/banish").strip() == "banish 700"
    assert guard.messages("LOG_STATE", start) == guard.messages("LOG_STATE_READ", start) == []


def test_while_journald_is_away_others_are_heard_and_nothing_is_lost(machine, guard):
    guard.settle()
    machine.mox("203.0.113.142")
    guard.wait_banned("mox4", "203.0.113.142")
    begin = n_restarts(machine)
    machine.shell(f"systemctl stop {JOURNALD}")
    try:
        machine.nft("add", "element", "inet", "banish", "manual4", "{", "203.0.113.143", "timeout", "1h", "}")
        machine.nft("delete", "element", "inet", "banish", "mox4", "{", "203.0.113.142", "}")
        time.sleep(3)
    finally:
        machine.shell(f"systemctl start {JOURNALD}")
    # what mox said into the old socket is gone with it
    machine.run("systemctl", "restart", "mox.service")
    machine.mox("203.0.113.144")
    guard.wait_banned("mox4", "203.0.113.144", seconds=15)
    assert n_restarts(machine) == begin
    guard.restart()
    machine.nft("flush", "ruleset")
    guard.wait_banned("manual4", "203.0.113.143")
    guard.wait_banned("mox4", "203.0.113.144")
    assert "203.0.113.142" not in machine.elements("mox4")


def test_a_journald_that_hangs_costs_nothing(machine, guard):
    """More to be said than its socket holds: it waits for two seconds, once, goes on, and says the rest later."""
    machine.write(OVERRIDE, "[Service]\nWatchdogSec=10s\n")
    addresses = [f"10.1.{n >> 8}.{n & 255}" for n in range(2000)]

    def add(addresses):
        machine.nft("-f", "-", input="add element inet banish manual4 { " + ", ".join(
            address + " timeout 1h" for address in addresses) + " }")
    try:
        machine.run("systemctl", "daemon-reload")
        guard.restart()
        guard.settle()
        begin, start = n_restarts(machine), machine.cursor()
        machine.run("systemctl", "kill", "--signal=STOP", "systemd-journald.service")
        try:
            for n in range(0, 1900, 100):
                add(addresses[n:n + 100])
            time.sleep(12)
            # it hears and heals while journald still hangs
            add(addresses[1900:])
            machine.nft("delete", "table", "inet", "banish")
            assert lab.eventually(lambda: set(addresses) <= (machine.elements("manual4") or {}).keys(), 15)
        finally:
            machine.run("systemctl", "kill", "--signal=CONT", "systemd-journald.service")
        machine.mox("203.0.113.145")
        guard.wait_banned("mox4", "203.0.113.145", seconds=30)
        assert n_restarts(machine) == begin
        assert lab.eventually(lambda: {entry["BANISH_ADDRESS"] for entry in guard.entries("adopt", start)} >= set(addresses), 30, 1)
        assert [message for message in guard.messages("LOG_FAULT", start) if "took nothing" in message]
    finally:
        machine.shell(f"rm {OVERRIDE}; systemctl daemon-reload")


def test_what_others_flush_is_told_in_few_entries_and_counted_in_full(machine, guard):
    guard.settle()
    start = machine.cursor()
    machine.nft("-f", "-", input="add element inet banish manual4 { " + ", ".join(
        f"10.{3 + (n >> 16)}.{n >> 8 & 255}.{n & 255} timeout 1h" for n in range(50_000)) + " }")

    def told(one, many):
        return (sum(int(entry["BANISH_COUNT"]) for entry in guard.entries(many, start)) +
                len(guard.entries(one, start))) >= 50_000
    assert lab.eventually(lambda: told("adopt", "adopts"), 60, 1)
    machine.nft("flush", "set", "inet", "banish", "manual4")
    assert lab.eventually(lambda: told("unban", "unbans"), 60, 1)
    entries = {action: len(guard.entries(action, start)) for action in ("adopt", "adopts", "unban", "unbans")}
    assert 0 < entries["adopts"] < 500 and 0 < entries["unbans"] < 500 and entries["adopt"] + entries["unban"] < 45_000, entries


def test_a_storm_of_reloads_loses_and_doubles_nothing(machine, guard):
    """200, every other of a configuration with a fault, while it bans."""
    sources = [f"198.51.100.{n}" for n in range(1, 101)]
    for n, source in enumerate(sources):
        guard.configure(**lab.with_mox({} if n % 2 else {"nonsense": n}))
        for _ in range(2):
            machine.run("systemctl", "kill", "--signal=HUP", "--kill-whom=main", "banish.service")
        machine.mox(source)
    guard.configure(**lab.with_mox({}))
    guard.reload()
    guard.settle()
    assert lab.eventually(lambda: set(sources) <= machine.elements("mox4").keys(), 15)
    assert n_restarts(machine) == 0
    assert banned(guard, "mox") == replayed(guard, jail="mox") >= {source + "/32" for source in sources}


def test_more_changes_than_the_socket_holds_are_found_all_the_same(machine, guard):
    """ENOBUFS of the netlink socket, with a ban and an unban by hand in what was lost."""
    machine.mox("203.0.113.146")
    guard.wait_banned("mox4", "203.0.113.146")
    machine.run("systemctl", "kill", "--signal=STOP", "banish.service")
    try:
        many = ", ".join(f"10.{2 + (n >> 16)}.{n >> 8 & 255}.{n & 255}" for n in range(100_000))
        machine.nft("-f", "-", input=f"add table inet other; add set inet other many {{ type ipv4_addr; }}\n"
                    f"add element inet other many {{ {many} }}\ndelete table inet other\n")
        machine.nft("add", "element", "inet", "banish", "manual4", "{", "203.0.113.147", "timeout", "1h", "}")
        machine.nft("delete", "element", "inet", "banish", "mox4", "{", "203.0.113.146", "}")
        machine.nft("-f", "-", input=f"add table inet other; add set inet other many {{ type ipv4_addr; }}\n"
                    f"add element inet other many {{ {many} }}\ndelete table inet other\n")
    finally:
        machine.run("systemctl", "kill", "--signal=CONT", "banish.service")
    guard.wait_entry("adopt", prefix="203.0.113.147/32")
    guard.wait_entry("unban", prefix="203.0.113.146/32")
    machine.nft("flush", "ruleset")
    guard.wait_banned("manual4", "203.0.113.147")
    assert "203.0.113.146" not in machine.elements("mox4")


def test_without_memory_it_says_so_keeps_its_bans_and_goes_on_later(machine, guard):
    """The unit's limit stands for the machine's: 100,000 sources do not fit into it. It ends and is started
    again, or waits for the files of the journal."""
    machine.write("/etc/banish/rules.d/flood.json", json.dumps(
        {"name": "flood", "journal": [{"_SYSTEMD_UNIT": "flood.service"}],
         "events": [{"name": "fail", "pattern": "^fail (?<address>[0-9.]+)$"}]}))
    machine.write("/run/flood.awk", """BEGIN {
        for (i = 0; i < 100000; i++)
            print "fail 11." int(i / 65536) "." int(i / 256) % 256 "." i % 256
        print "fail 203.0.113.149\\nfail 203.0.113.149"
    }""")
    try:
        guard.stop()
        guard.configure(**lab.with_mox({"jails": {"flood": {"maxretry": 2}}}))
        machine.write(OVERRIDE, "[Service]\nLimitDATA=5M\nRestartSec=500ms\n")
        machine.run("systemctl", "daemon-reload")
        guard.start()
        machine.mox("203.0.113.148")
        guard.wait_banned("mox4", "203.0.113.148")
        machine.run("systemd-run", "--quiet", "--wait", "--unit=flood", "-p", "LogRateLimitBurst=1000000",
                    "sh", "-c", "awk -f /run/flood.awk; sleep 1")
        said = lab.eventually(lambda: [message for message in guard.warnings() if "memory" in message], 30)
        assert said and ("out of memory" in said[0] or "Cannot allocate memory" in said[0])
        assert "203.0.113.148" in machine.elements("mox4")
        machine.write(OVERRIDE, "[Service]\nLimitDATA=infinity\n")
        machine.shell("systemctl daemon-reload; systemctl restart banish.service")
        guard.wait_banned("flood4", "203.0.113.149", seconds=30)
        guard.settle()
        assert banned(guard, "flood") == replayed(guard, jail="flood") == {"203.0.113.149/32"}
        assert banned(guard, "mox") == replayed(guard, jail="mox")
    finally:
        guard.stop()
        machine.shell(f"rm -rf /etc/banish/rules.d {OVERRIDE}; systemctl daemon-reload")
