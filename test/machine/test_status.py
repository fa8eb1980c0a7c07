"""banish status: what is wrong, on the real daemon."""
import json

import pytest

import lab

GHOST = json.dumps({"name": "ghost", "journal": [{"_SYSTEMD_UNIT": "ghost.service"}],
                    "events": [{"name": "x", "pattern": "^fail (?<address>.*)$"}]})
OVERRIDE = "/run/systemd/system/banish.service.d/test.conf"


def objects(banish, *arguments, **options):
    """The exit code and what `banish status --json` tells, by the key "what"."""
    done = banish("status", "--json", *arguments, check=False, **options)
    told = {}
    for line in done.stdout.splitlines():
        told.setdefault(json.loads(line)["what"], []).append(json.loads(line))
    return done.returncode, told


def problems(banish):
    """One problem a line; nothing where all is well."""
    code, told = objects(banish)
    messages = [item["message"] for item in told.get("problem", [])]
    assert told["summary"][0]["problems"] == len(messages)
    assert code == (1 if messages else 0), told
    return "\n".join(messages)


def jail(told, name):
    return next(item for item in told["jail"] if item["jail"] == name)


@pytest.fixture(autouse=True)
def settled(machine, guard):
    """With a daemon that has read everything, saved its place, and is known to be well."""
    guard.settle()
    assert problems(guard) == ""


def test_all_is_well(machine, guard):
    machine.attack("203.0.113.91", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.91")
    guard.wait_entry("ban", jail="dovecot")
    guard.stop()
    guard.start()
    code, told = objects(guard)
    assert code == 0
    assert told["daemon"][0]["state"] == "active"
    assert told["journal"][0]["waiting"] == 0 and told["journal"][0]["position_usec"] > 0
    firewall = told["firewall"][0]
    assert (firewall["table"], firewall["stands"], firewall["whole"]) == ("banish", True, True)
    dovecot = jail(told, "dovecot")
    assert (dovecot["mode"], dovecot["banned"], dovecot["bans"], dovecot["failures"]) == \
        ("normal", 1, 1, 5)
    assert (dovecot["unit"], dovecot["unit_state"]) == ("dovecot.service", "active")
    assert dovecot["last_entry_usec"] <= dovecot["last_ban_usec"]
    assert jail(told, "manual")["mode"] is None


def test_a_forced_ban_is_one_of_the_jail_forced(guard):
    guard("ban", "--force", "203.0.113.95")
    guard.wait_entry("adopt", jail="forced")
    told = objects(guard)[1]
    assert (jail(told, "forced")["mode"], jail(told, "forced")["banned"]) == (None, 1)
    assert jail(told, "manual")["banned"] == 0


def test_it_counts_packets(machine, guard):
    machine.attack("203.0.113.92", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.92")
    assert machine.outcome("203.0.113.92", timeout=0.5) == "timeout"
    dovecot = jail(objects(guard)[1], "dovecot")
    assert dovecot["packets"] > 0 and dovecot["bytes"] > dovecot["packets"]


def test_since_1970(guard):
    summary = objects(guard, "--since", "@0")[1]["summary"][0]
    assert (summary["since_usec"], summary["counted_since_usec"]) == (0, 0)


def test_lines_fit_a_terminal(machine, guard):
    machine.attack("2001:db8:77:93::1", attempts=5, parallel=True)
    guard.wait_banned("dovecot6", "2001:db8:77:93::")
    machine.nft("flush", "ruleset")
    guard.wait_entry("heal")
    done = guard("status", check=False)
    assert done.stdout.startswith("banish: all is well\n")
    assert "nft deleted" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80, done.stdout


def test_the_daemon_does_not_run(machine, guard):
    guard.stop()
    assert "does not run" in problems(guard)
    machine.nft("delete", "table", "inet", "banish")
    assert "no nftables table inet banish" in problems(guard)


def test_without_an_answer_of_systemd_the_journal_tells(machine, guard):
    alone = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /run/dbus;"
             "mount -t tmpfs none /run/systemd; exec banish status --json"]
    done = machine.run(*alone, check=False)
    assert done.returncode == 0 and '"state":"active"' in done.stdout, done.stdout
    assert '"restarts":null' in done.stdout, done.stdout
    guard.stop()
    done = machine.run(*alone, check=False)
    assert done.returncode == 1 and "does not run" in done.stdout, done.stdout


def test_the_daemon_was_killed(machine, guard):
    machine.write(OVERRIDE, "[Service]\nRestart=no\n")
    try:
        machine.shell("""
            systemctl daemon-reload
            systemctl kill --signal=KILL banish.service
            while systemctl is-active --quiet banish.service; do sleep 0.05; done""")
        assert "has failed (signal)" in problems(guard)
    finally:
        machine.shell(f"rm {OVERRIDE}; systemctl daemon-reload")


def test_a_table_that_is_not_whole(machine, guard):
    guard.stop()
    machine.shell("nft delete rule inet banish prerouting handle $(nft -a list ruleset | "
                  "sed -n 's/.*@forced6 .*handle //p')")
    assert "not whole, no rule looks into its set forced6" in problems(guard)
    machine.shell("nft flush chain inet banish prerouting")
    assert "not whole, no rule looks into its set ignore4" in problems(guard)
    machine.shell("nft delete chain inet banish prerouting")
    assert "not whole, it has no chain prerouting" in problems(guard)
    machine.nft("delete", "set", "inet", "banish", "dovecot6")
    guard.start()
    assert problems(guard) == ""


def test_a_full_set(machine, guard):
    guard.stop()
    addresses = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(131072)]
    for some in (addresses[:-1], addresses[-1:]):
        assert "is full" not in problems(guard)
        machine.nft("-f", "-", input="add element inet banish manual4 { " + ", ".join(some) + " }")
    assert "the set manual4 is full" in problems(guard)
    assert jail(objects(guard)[1], "manual")["banned"] == 131072


def test_faults_in_the_configuration(machine, guard):
    guard.configure(jails={"dovecott": {}})
    told = problems(guard)
    assert "banish.json" in told and "dovecott" in told
    machine.run("rm", "/etc/banish/banish.json")
    assert "there is no such file" in problems(guard)
    guard.configure(jails={})
    assert "no jail is in force" in problems(guard)


def test_a_configuration_that_is_not_in_force_yet(machine, guard):
    guard.configure(**lab.with_mox({"jails": {"dovecot": {"maxretry": 4}}}))
    code, told = objects(guard)
    assert code == 0
    assert "systemctl reload banish" in "".join(item["message"] for item in told["note"])
    guard.reload()
    guard.wait_message("LOG_RELOAD")
    assert "systemctl reload banish" not in str(objects(guard)[1].get("note"))


def test_a_list_that_is_read_again_is_no_reload(machine, guard):
    machine.write("/etc/banish/office", "203.0.113.78\n")
    guard.begin(ignoreip=["/etc/banish/office"])
    guard.configure(**lab.with_mox({"ignoreip": ["/etc/banish/office"],
                                    "jails": {"dovecot": {"maxretry": 4}}}))
    machine.write("/etc/banish/office", "203.0.113.79\n")
    assert "203.0.113.79" not in guard.wait_message("LOG_LISTS")
    assert "systemctl reload banish" in "".join(item["message"] for item in objects(guard)[1]["note"])


def test_blind_jails(machine, guard):
    machine.write("/etc/banish/rules.d/ghost.json", GHOST)
    try:
        guard.configure(**lab.with_mox({"jails": {"dovecot": {}, "ghost": {}}}))
        guard.restart()
        assert "jail ghost is blind: this machine has no ghost.service" in problems(guard)
    finally:
        machine.run("rm", "-r", "/etc/banish/rules.d")


def test_a_unit_that_the_rule_does_not_name(machine, guard):
    """One whose name was mistyped: its lines come under another, which is named at once."""
    text = (lab.TREE / "rules/dovecot.json").read_text().replace('"dovecot.service"', '"dovecott.service"')
    machine.write("/etc/banish/rules.d/dovecot.json", text)
    try:
        guard.restart()
        machine.attack("203.0.113.98", attempts=1)
        machine.wait_for(1, "203.0.113.98", "_SYSTEMD_UNIT=dovecot.service")
        assert "jail dovecot is blind: no entry that it reads has come of late, but dovecot.service logs " \
            "lines that its rule knows" in problems(guard)
        done = guard("check")
        assert "warning: jail dovecot is blind" in done.stderr and done.stdout.startswith("OK")
    finally:
        machine.run("rm", "-r", "/etc/banish/rules.d")


def test_another_unit_beside_it(machine, guard):
    """As NixOS had it: a name that the rule does not know."""
    machine.attack("203.0.113.98", attempts=1)
    line = machine.wait_for(1, "203.0.113.98", "_SYSTEMD_UNIT=dovecot.service")[0]["MESSAGE"]
    machine.run("systemd-run", "--quiet", "--wait", "--unit=dovecot9", "echo", line)
    machine.wait_for(1, "203.0.113.98", "_SYSTEMD_UNIT=dovecot9.service")
    code, told = objects(guard)
    assert code == 0
    assert "dovecot9.service logs lines that rule dovecot knows, but jail dovecot does not read them" in \
        "".join(item["message"] for item in told["note"])


def test_a_name_that_nobody_resolved(machine, guard):
    guard.configure(**lab.with_mox({"ignoreip": ["office.example.org"]}))
    assert "no address of office.example.org" in problems(guard)
    machine.write("/run/banish/ignore.d/office.example.org", "203.0.113.78\n")
    assert problems(guard) == ""
    machine.run("rm", "/run/banish/ignore.d/office.example.org")


def test_a_failed_reload_is_no_news_after_a_good_one(machine, guard):
    def warned():
        return any("reload failed" in item["message"] for item in objects(guard)[1].get("warning", []))

    guard.configure(jails={"dovecott": {}})
    guard("check", check=False)
    machine.run("systemctl", "kill", "--signal=HUP", "banish.service")
    guard.wait_message("LOG_RELOAD_FAILED")
    assert warned()
    guard.configure(**lab.with_mox({}))
    guard.reload()
    guard.wait_message("LOG_RELOAD")
    assert not warned()


def test_a_server_that_has_just_started_is_not_blind(machine, guard):
    """Its first words come before systemd calls it active: only its begin is before them."""
    cursor = machine.cursor()
    machine.run("systemctl", "restart", "dovecot.service")
    machine.wait_for(1, "starting up", "_SYSTEMD_UNIT=dovecot.service", after=cursor)
    dovecot = jail(objects(guard)[1], "dovecot")
    assert 0 < dovecot["unit_begun_usec"] < dovecot["last_entry_usec"]


def test_the_breaker(machine, guard):
    guard.begin(jails={"mox": {"maxretry": 1, "maxbans": {"count": 2, "within": "1h"}}})
    machine.mox(["203.0.113.94", "203.0.113.95", "203.0.113.96"])
    guard.wait_entry("breaker")
    assert "jail mox bans nobody" in problems(guard)
    # no longer, where there is no such limit any more
    guard.configure(jails={"mox": {"maxretry": 1}})
    guard.reload()
    guard.wait_message("LOG_RELOAD")
    assert problems(guard) == ""


def test_the_state_cannot_be_written(machine, guard):
    # a folder without a name in the way: not even root can write there
    machine.shell("""
        mkdir /run/small
        mount -t tmpfs -o size=4k,nr_inodes=4 tmpfs /run/small
        systemctl stop banish.service
        rm -rf /var/lib/banish/state
        chown banish: /run/small
        mount --bind /run/small /var/lib/banish
        head -c 4096 /dev/zero >/var/lib/banish/full || true
        systemctl start banish.service""")
    try:
        guard.wait_message("LOG_STATE")
        assert "the state cannot be saved" in problems(guard)
        machine.run("rm", "/var/lib/banish/full")
        machine.mox("203.0.113.97")
        guard.wait_banned("mox4", "203.0.113.97")
        assert "the state cannot be saved" not in problems(guard)
    finally:
        machine.shell("systemctl stop banish.service; umount /var/lib/banish /run/small")


def test_who_may_not_look_is_told_so(machine, guard):
    code, told = objects(machine_user(machine, "--clear-groups"))
    unseen = "\n".join(item["message"] for item in told["unseen"])
    assert code == 1 and len(told["unseen"]) == 3
    assert "systemd-journal" in unseen and "CAP_NET_ADMIN" in unseen and "state" in unseen
    assert (told["daemon"][0]["state"], told["daemon"][0]["restarts"]) == ("active", 0)
    assert told["summary"][0]["lost"] is None
    mox = jail(told, "mox")
    assert {mox[key] for key in ("banned", "bans", "packets", "bytes", "failures")} == {None}
    code, told = objects(machine_user(machine, "--groups=systemd-journal"))
    assert code == 1 and len(told["unseen"]) == 2
    assert jail(told, "mox")["bans"] > 0


def machine_user(machine, groups):
    """A banish that an ordinary user runs."""
    def run(*arguments, **options):
        return machine.run("setpriv", "--reuid=nobody", groups, "banish", *arguments, **options)
    return run


def test_wrong_words(guard):
    assert guard("status", "now", check=False).returncode == 2
    assert guard("status", "--since", "sometime", check=False).returncode == 2
