"""banish report: a day on the real daemon, in numbers."""
import json
import time

import pytest

import lab

# A service whose users type what they like; it prints what stands in a file.
TALKER = {"name": "talker", "journal": [{"_SYSTEMD_UNIT": "talker.service"}],
          "events": [{"name": "fail", "pattern": "^fail (?<address>\\S+) (?<user>.*)$"}]}
HOSTILE = "al\u202eice\x1b[2J\u200b"


def report(banish, *arguments):
    """What `banish report --json` tells, by the key "what"."""
    told = {}
    for line in banish("report", "--json", *arguments).stdout.splitlines():
        told.setdefault(json.loads(line)["what"], []).append(json.loads(line))
    return told


def jail(told, name):
    found = [item for item in told["jail"] if item["jail"] == name]
    assert len(found) == 1, told["jail"]
    return found[0]


def talk(machine, *lines):
    machine.write("/run/talk", "".join(line + "\n" for line in lines))
    machine.run("systemd-run", "--quiet", "--collect", "--wait", "--unit=talker", "cat",
                "/run/talk")


@pytest.fixture
def talker(machine, guard):
    machine.write("/etc/banish/rules.d/talker.json", json.dumps(TALKER))
    yield guard
    machine.run("rm", "-r", "/etc/banish/rules.d")


def test_a_day_in_numbers(machine, guard):
    for source in ("203.0.113.81", "203.0.113.82", "2001:db8:77:81::1"):
        machine.attack(source, attempts=5, parallel=True)
    guard.wait_entry("ban", prefix="2001:db8:77:81::/64")
    machine.attack("203.0.113.83", attempts=3, parallel=True)
    machine.wait_for(3, "rip=203.0.113.83,")
    machine.nft("add", "element", "inet", "banish", "manual4", "{ 198.51.100.9 timeout 1h }")
    guard.wait_entry("adopt", jail="manual")
    guard("unban", "203.0.113.82")
    guard.wait_entry("unban")
    told = report(guard)
    dovecot = jail(told, "dovecot")
    assert (dovecot["failures"], dovecot["prevented"], dovecot["bans"], dovecot["unbans"],
            dovecot["again"]) == (18, 0, 3, 1, 0)
    assert jail(told, "manual")["by_hand"] == 1
    assert jail(told, "manual")["failures"] is None
    assert {(item["prefix"], item["bans"], item["failures"], item["offence"])
            for item in told["offender"]} == {
        ("203.0.113.81/32", 1, 5, 1), ("203.0.113.82/32", 1, 5, 1),
        ("2001:db8:77:81::/64", 1, 5, 1)}
    assert [(item["prefix"], item["offenders"]) for item in told["network"]] == \
        [("203.0.113.0/24", 2)]
    assert "repeated" not in told and "account" not in told and "warning" not in told
    summary = told["summary"][0]
    assert (summary["failures"], summary["bans"], summary["by_hand"], summary["unbans"],
            summary["offenders"], summary["starts"], summary["lost"]) == (18, 3, 1, 1, 3, 1, 0)
    assert summary["until_usec"] - summary["since_usec"] == 86400 * 1_000_000


def test_who_came_back(machine, guard):
    guard.begin(jails={"mox": {"maxretry": 1, "bantime": "1s"}})
    machine.mox("203.0.113.84")
    guard.wait_entry("ban", offence="1")
    guard.wait_gone("mox4", "203.0.113.84")
    machine.mox(["203.0.113.84", "203.0.113.85"])
    guard.wait_entry("ban", prefix="203.0.113.85/32")
    told = report(guard)
    assert [(item["prefix"], item["bans"], item["offence"]) for item in told["repeated"]] == \
        [("203.0.113.84/32", 2, 2)]
    assert jail(told, "mox")["again"] == 1
    assert [item["prefix"] for item in report(guard, "--top", "1")["offender"]] == \
        ["203.0.113.84/32"]
    assert set(report(guard, "--top", "0")) == {"jail", "summary"}


def test_who_was_banned_but_got_in(machine, guard):
    for source in ("203.0.113.90", "203.0.113.91"):
        machine.attack(source, attempts=5, parallel=True)
        guard.wait_entry("ban", address=source)
    guard("unban", "203.0.113.90")
    for source in ("203.0.113.90", "203.0.113.90", "203.0.113.92"):
        assert machine.outcome(source, password="alice-secret") == "ok"
    machine.wait_for(3, "in: user=<alice>")  # Login, or Logged in from Dovecot 2.4.5 on
    assert [(item["jail"], item["prefix"], item["user"], item["bans"], item["logins"])
            for item in report(guard)["login"]] == \
        [("dovecot", "203.0.113.90/32", "alice", 1, 2)]
    shown = guard("report").stdout
    assert "logged in too" in shown and "  alice\n" in shown


def test_a_network_is_no_offender(machine, guard):
    guard.begin(jails={"mox": {"maxretry": 1, "networks": {"ipv4": 24, "hosts": 3}}})
    machine.mox([f"198.51.100.{host}" for host in (1, 2, 3)])
    guard.wait_entry("ban", prefix="198.51.100.0/24")
    told = report(guard)
    assert (jail(told, "mox")["bans"], jail(told, "mox")["network_bans"]) == (4, 1)
    assert len(told["offender"]) == 3
    assert [(item["prefix"], item["offenders"], item["bans"]) for item in told["network"]] == \
        [("198.51.100.0/24", 3, 3)]


def test_accounts_are_shown_without_harm(machine, talker):
    talker.begin(jails={"talker": {"targets": {"hosts": 2, "within": "1h"}}})
    talk(machine, *(f"fail 203.0.113.{host} {HOSTILE}" for host in (86, 87)))
    talker.wait_entry("target", jail="talker")
    shown = talker("report").stdout
    assert "al???ice?[2J???" in shown
    assert all(char == "\n" or char.isprintable() for char in shown), shown
    account = report(talker)["account"][0]
    assert (account["jail"], account["hosts"], account["warnings"]) == ("talker", 2, 1)


def test_it_fits_a_mail(machine, guard):
    machine.attack("2001:db8:77:88::1", attempts=5, parallel=True)
    guard.wait_entry("ban", prefix="2001:db8:77:88::/64")
    machine.nft("flush", "ruleset")
    guard.wait_entry("heal")
    shown = guard("report").stdout
    assert "2001:db8:77:88::/64  dovecot" in shown and "nft deleted" in shown
    assert max(map(len, shown.splitlines())) <= 80, shown
    assert "started 1 time." in shown


def test_only_the_time_that_was_asked_for(machine, guard):
    guard.settle()
    guard.wait_entry("ban", jail="mox")
    assert jail(report(guard), "mox")["bans"] == 1
    end = f"@{time.time():.6f}"
    machine.mox("203.0.113.89")
    guard.wait_entry("ban", prefix="203.0.113.89/32")
    assert jail(report(guard), "mox")["bans"] == 2
    before, after = report(guard, "--until", end), report(guard, "--since", end)
    for told, prefix in ((before, "192.0.2.1/32"), (after, "203.0.113.89/32")):
        assert (jail(told, "mox")["bans"], jail(told, "mox")["failures"]) == (1, 1)
        assert [item["prefix"] for item in told["offender"]] == [prefix]
    # 1970 is a time like any other
    assert report(guard, "--since", "@0")["summary"][0]["since_usec"] == 0
    shown = guard("report", "--since", "@1000", "--until", "@2000").stdout
    assert "Nothing happened" in shown and "The journal begins at" in shown
    assert "whether it runs" in shown


def test_who_is_ignored_is_no_attacker(machine, guard):
    names = "/run/banish/ignore.d"
    machine.shell(f"mkdir -p {names}; echo 203.0.113.93 >{names}/home.example.org")
    machine.write("/etc/banish/names", "home.example.org\n")
    guard.begin(ignoreip=["/etc/banish/names"])
    # an address of the name, an own one, and one of a stranger
    machine.mox(["203.0.113.93", "203.0.113.1", "203.0.113.94"])
    guard.wait_entry("ban", prefix="203.0.113.94/32")
    status = [json.loads(line) for line in guard("status", "--json").stdout.splitlines()]
    told = {"report": report(guard)["jail"],
            "status": [item for item in status if item["what"] == "jail"]}
    machine.shell(f"rm -r {names} /etc/banish/names")
    for verb, jails in told.items():
        assert jail({"jail": jails}, "mox")["failures"] == 1, verb


def test_faults_in_the_configuration_leave_the_bans(machine, guard):
    guard.settle()
    guard.wait_entry("ban", jail="mox")
    guard.configure(jails={"moxx": {}})
    done = guard("report", "--json")
    assert "failures are not counted" in done.stderr and "moxx" in done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(item["bans"], item["failures"]) for item in told if item.get("jail") == "mox"][0] == \
        (1, None)


def test_who_may_not_look_is_told_so(machine, guard):
    guard.settle()
    guard.wait_entry("ban", jail="mox")
    done = machine.run("setpriv", "--reuid=nobody", "--clear-groups", "banish", "report",
                       check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "systemd-journal" in done.stderr
    done = machine.run("setpriv", "--reuid=nobody", "--groups=systemd-journal", "banish", "report")
    assert "mox" in done.stdout


def test_wrong_words(guard):
    for words in (["--top", "-1"], ["--top", "10001"], ["--top", "x"], ["yesterday"],
                  ["--since", "today", "--until", "yesterday"]):
        assert guard("report", *words, check=False).returncode == 2


def test_a_flood_of_bans_is_told_in_few_entries_and_counted_in_full(machine, talker):
    n = 50000
    hosts = [f"1.{i // 62500}.{i // 250 % 250}.{i % 250 + 1}" for i in range(n)]
    talker.begin(jails={"talker": {"maxretry": 1}})
    machine.write("/run/talk", "".join(f"fail {host} x\n" for host in hosts))
    machine.run("systemd-run", "--quiet", "--collect", "--wait", "--unit=talker",
                "-p", "LogRateLimitBurst=100000000", "cat", "/run/talk")

    def told():
        many = sum(int(entry["BANISH_COUNT"]) for entry in talker.entries("bans"))
        single = machine.output("journalctl", "-q", "--output=cat", "BANISH_ACTION=ban").count("\n")
        # journald may have dropped some of what it was told
        logged = machine.output("journalctl", "-q", "--output=cat", "_SYSTEMD_UNIT=talker.service")
        return single + many == logged.count("\n") and (single, many, logged.splitlines())
    single, many, lines = lab.eventually(told, 40, 1)
    assert single >= 20000 and many > 0
    n = single + many
    assert len(talker.entries("bans")) < 1000
    summary = report(talker)["summary"][0]
    assert (summary["bans"], summary["offenders"]) == (n, n)
    # who is in none of the entries is known all the same
    named = {json.loads(line)["BANISH_ADDRESS"] for line in machine.output(
        "journalctl", "-q", "--output=json", "--output-fields=BANISH_ADDRESS",
        "BANISH_ACTION=ban").splitlines()}
    last = next(line for line in lines if line.split()[1] not in named)
    said = [json.loads(line) for line in talker("why", "--json", last.split()[1]).stdout.splitlines()]
    assert [line["what"] for line in said] == ["banned", "said", "line"]
    assert "in one entry" in said[1]["message"]
    assert said[2]["message"] == last
