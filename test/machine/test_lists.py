"""Lists of networks of others: the packets of those in them are dropped, in every order of events."""
import json

import pytest

import lab

LIST = "/var/lib/banish-lists/drop"
POLICY = {"lists": {"drop": {"file": LIST}}}
LISTED, OTHER = "203.0.113.90", "203.0.113.91"
LISTED6 = "2001:db8:77:90::1"
TEXT = f"; Spamhaus DROP\n{LISTED}/32 ; SBL1\r\n2001:db8:77:90::9/64\n10.0.0.0/8\n"


def put(machine, text, path=LIST):
    machine.write(path + ".new", text)
    machine.run("mv", path + ".new", path)


def listed(machine, guard):
    """name -> networks, as `banish list` tells."""
    return {line["list"]: line["networks"]
            for line in map(json.loads, guard("list", "--json").stdout.splitlines()) if "list" in line}


def wait_list(machine, guard, networks, seconds=20):
    assert lab.eventually(lambda: listed(machine, guard) == {"list-drop": networks}, seconds), \
        (listed(machine, guard), guard.messages())


def is_dropped(machine, source):
    return machine.outcome(source, timeout=0.3) == "timeout"


@pytest.fixture
def list_guard(machine, guard):
    put(machine, TEXT)
    guard.begin(**POLICY)
    wait_list(machine, guard, 2)
    yield guard
    machine.run("rm", "-rf", "/var/lib/banish-lists")


def many(first, number):
    return "".join(f"{first}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}\n" for n in range(0, 2 * number, 2))


def sets(machine):
    return sorted(line.split()[1] for line in machine.output("nft", "-t", "list", "sets", "inet").splitlines()
                  if line.strip().startswith("set list-"))


def test_its_networks_are_dropped(machine, list_guard):
    guard = list_guard
    assert is_dropped(machine, LISTED)
    assert is_dropped(machine, LISTED6)
    assert machine.outcome(OTHER, password="alice-secret") == "ok"
    assert f"list drop: 2 networks of {LIST} in force, 1 private or unassigned" in guard.messages("LOG_BLOCKLIST")[-1]
    done = guard("why", LISTED)
    assert "blocked by the list drop" in done.stdout
    assert guard("why", OTHER, check=False).returncode == 1
    status = [json.loads(line) for line in guard("status", "--json", check=False).stdout.splitlines()]
    row, = [row for row in status if row["what"] == "list"]
    assert row["list"] == "drop" and row["networks"] == 2 and row["packets"] > 0 and row["file_time_usec"] > 0
    assert "drop" in guard("status", check=False).stdout
    metrics = guard("status", "--prometheus", check=False).stdout
    assert 'banish_list_networks{list="drop"} 2' in metrics
    assert "list drop: 2 networks, 1 private or unassigned left out" in guard("check").stdout
    same, = [line for line in map(json.loads, guard("report", "--json").stdout.splitlines()) if line["what"] == "list"]
    assert same["networks"] == 2 and same["packets"] >= row["packets"]
    text = guard("report").stdout
    assert "Block lists" in text and LIST in text
    page = guard("report", "--html", "-").stdout
    assert "Block lists" in page and LIST in page
    assert guard("list", "list-drop").stdout == f"{LISTED}/32\n2001:db8:77:90::/64\n"
    assert json.loads(guard("list", "--jail", "list-drop", "--json").stdout.splitlines()[0]) == \
        {"list": "list-drop", "prefix": f"{LISTED}/32"}
    done = guard("list", "list-other", check=False)
    assert done.returncode == 1 and "no list-other is in force" in done.stderr

    # it is no ban: nothing of it in the state, nothing for list and unban
    assert LISTED not in machine.output("sh", "-c", "cat /var/lib/banish/*")
    assert guard("unban", LISTED, check=False).returncode == 1

    # a new file: its networks alone; the counter goes on
    before = row["packets"]
    put(machine, f"{OTHER}\n")
    wait_list(machine, guard, 1)
    assert machine.outcome(LISTED, password="alice-secret") == "ok"
    assert is_dropped(machine, OTHER)
    rows = [json.loads(line) for line in guard("status", "--json", check=False).stdout.splitlines()]
    assert [row for row in rows if row["what"] == "list"][0]["packets"] > before
    assert lab.eventually(lambda: sets(machine) == ["list-drop4.b", "list-drop6.b"])


@pytest.mark.parametrize("broken, said", [
    ("192.0.2.1\n<html>password</html>\n", ":2: the first word is neither"),
    ("0.0.0.0/0\n", ":1: a network of that size"),
    (None, "No such file"),
])
def test_a_broken_file_leaves_what_was(machine, list_guard, broken, said):
    guard, start = list_guard, machine.cursor()
    if broken is None:
        machine.run("rm", LIST)
    else:
        put(machine, broken)
    message = guard.wait_message("LOG_BLOCKLIST_FAILED", after=start)
    assert said in message and "previous networks stay" in message and "password" not in message
    assert is_dropped(machine, LISTED)
    assert said in guard("check").stderr
    guard.reload()
    guard.settle()
    assert len(guard.messages("LOG_BLOCKLIST_FAILED", after=start)) == 1
    # nor is it lost over a restart
    guard.restart()
    guard.settle()
    assert is_dropped(machine, LISTED)
    put(machine, f"{OTHER}\n")
    wait_list(machine, guard, 1)
    assert is_dropped(machine, OTHER)


@pytest.mark.parametrize("damage", [
    "nft flush ruleset",
    "nft delete table inet banish",
    "nft flush chain inet banish prerouting",
    "nft flush set inet banish list-drop4",
    f"nft delete element inet banish list-drop4 '{{ {LISTED} }}'",
])
def test_it_is_healed(machine, list_guard, damage):
    machine.shell(damage)
    assert lab.eventually(lambda: is_dropped(machine, LISTED))
    assert lab.eventually(lambda: is_dropped(machine, LISTED6))


def test_who_is_exempt_passes(machine, list_guard):
    guard = list_guard
    guard.configure(**lab.with_mox({**POLICY, "ignoreip": [LISTED]}))
    guard.reload()
    assert lab.eventually(lambda: machine.outcome(LISTED, password="alice-secret") == "ok")
    assert "is banned but exempt" in guard("why", LISTED).stdout


def test_it_goes_with_its_key(machine, list_guard):
    guard = list_guard
    guard.configure(**lab.with_mox({}))
    guard.reload()
    assert lab.eventually(lambda: sets(machine) == [])
    assert machine.outcome(LISTED, password="alice-secret") == "ok"
    # and comes with it, for these ports alone
    guard.configure(**lab.with_mox({"lists": {"drop": {"file": LIST, "ports": ["smtp"]}}}))
    guard.reload()
    wait_list(machine, guard, 2)
    assert machine.outcome(LISTED, password="alice-secret") == "ok"
    assert "@list-drop4" in machine.output("nft", "-t", "list", "chain", "inet", "banish", "prerouting")


def test_bans_go_in_while_a_long_list_does(machine, list_guard):
    guard, start = list_guard, machine.cursor()
    put(machine, f"{LISTED}\n" + many(31, 300_000))
    machine.mox("203.0.113.77")
    assert is_dropped(machine, LISTED)
    wait_list(machine, guard, 300_001, seconds=60)
    ban = guard.wait_entry("ban", after=start, address="203.0.113.77")
    done, = [entry for entry in guard.entries(after=start) if "300001 networks" in entry["MESSAGE"]]
    assert int(ban["__MONOTONIC_TIMESTAMP"]) < int(done["__MONOTONIC_TIMESTAMP"])
    # a second time, with a flush in the middle
    put(machine, f"{OTHER}\n" + many(33, 300_000))
    machine.nft("flush", "ruleset")
    assert lab.eventually(lambda: is_dropped(machine, OTHER), 60)
    assert machine.outcome(LISTED, password="alice-secret") == "ok"
    assert not [text for text in guard.warnings(after=start) if "cannot" in text]


def test_a_list_is_fetched(machine, list_guard):
    guard = list_guard
    machine.write("/etc/banish/lists.d/drop.conf", "URL=http://127.0.0.1:8099/drop.txt\n")
    machine.write("/run/lists/drop.txt", f"# x\n{OTHER}\n198.51.100.0/24\n")
    machine.run("systemd-run", "--unit=list-server", "/usr/bin/python3", "-m", "http.server", "8099",
                "--bind", "127.0.0.1", "--directory", "/run/lists")
    fetch = ("systemctl", "start", "banish-list@drop.service")
    try:
        assert lab.eventually(lambda: machine.run("curl", "-sf", "http://127.0.0.1:8099/", check=False).returncode == 0)
        machine.run("rm", "-rf", "/var/lib/banish-lists")
        machine.run(*fetch)
        wait_list(machine, guard, 2)
        assert is_dropped(machine, OTHER)
        assert machine.output("stat", "-c", "%U %a", LIST) == "banish-list 644\n"

        # neither an error nor a list that has shrunk takes its place
        machine.run("rm", "/run/lists/drop.txt")
        assert machine.run(*fetch, check=False).returncode != 0
        put(machine, "<html></html>\n", "/run/lists/drop.txt")
        assert machine.run(*fetch, check=False).returncode != 0
        put(machine, many(31, 100), "/run/lists/drop.txt")
        machine.run(*fetch)
        wait_list(machine, guard, 100)
        put(machine, many(31, 5), "/run/lists/drop.txt")
        assert machine.run(*fetch, check=False).returncode != 0
        assert machine.output("ls", "-A", "/var/lib/banish-lists") == "drop\n"
        assert "5 networks were fetched" in machine.output("journalctl", "-u", "banish-list@drop.service")
        machine.write("/etc/banish/lists.d/drop.conf", "URL=http://127.0.0.1:8099/drop.txt\nFORCE=yes\n")
        machine.run(*fetch)
        wait_list(machine, guard, 5)
    finally:
        machine.run("systemctl", "stop", "list-server.service", check=False)
        machine.shell("systemctl reset-failed banish-list@drop.service || true; rm -rf /etc/banish/lists.d/drop.conf")
