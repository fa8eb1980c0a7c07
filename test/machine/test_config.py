"""The configuration: loaded anew under way, missing, broken; wrong words on the command line."""
import json

import pytest

import lab


def test_reload_changes_the_mode_and_keeps_the_counters(machine, guard):
    probe = {"protocol": "sieve", "probe": "connect"}
    machine.attack("203.0.113.120", attempts=4, parallel=True)
    machine.attack("203.0.113.120", attempts=2, parallel=True, **probe)
    machine.wait_for(6, "rip=203.0.113.120,")
    guard.settle()
    assert machine.elements("dovecot4") == {}
    process = machine.output("systemctl", "show", "--value", "--property=MainPID", "banish.service")

    start = machine.cursor()
    guard.configure(**lab.with_mox({"jails": {"dovecot": {"mode": "aggressive", "maxretry": 7}}}))
    guard.reload()
    guard.wait_message("LOG_RELOAD", start)
    machine.attack("203.0.113.120", **probe)
    element = guard.wait_banned("dovecot4", "203.0.113.120")
    assert element["comment"].endswith("x7")
    assert process == machine.output("systemctl", "show", "--value", "--property=MainPID",
                                     "banish.service")


def test_reload_brings_and_takes_jails_and_ignored_addresses(machine, guard):
    machine.attack("203.0.113.121", attempts=5, parallel=True)
    machine.attack("2001:db8:77:121::1", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.121")
    guard.wait_banned("dovecot6", "2001:db8:77:121::")
    start = machine.cursor()
    guard.configure(**lab.with_mox({"ignoreip": ["203.0.113.121"], "jails": {"sshd": {}}}))
    guard.reload()
    # both bans are ended, and it is said
    guard.wait_entry("unban", after=start, address="203.0.113.121")
    guard.wait_entry("unban", after=start, address="2001:db8:77:121::1")
    assert machine.elements("dovecot4") is None
    assert machine.elements("sshd6") == {}
    for source in ("203.0.113.121", "2001:db8:77:121::2"):
        assert machine.outcome(source, password="alice-secret") == "ok"
    machine.mox("203.0.113.121")
    guard.settle()
    assert "203.0.113.121" not in machine.elements("mox4")


BROKEN = {
    # text of banish.json -> where and what
    '{"jails": {"dovecot": {"maxretries": 3}}}': ("banish.json:1:24:", "maxretry"),
    '{"jails": {"dovecot": {"mode": "agressive"}}}': ("banish.json:1:32:", "aggressive"),
    '{\n"jails": {"dovecot": {},}}': ("banish.json:2:24:", "comma"),
    '{"jails": {"dovecott": {}}}': ("banish.json:1:12:", "dovecot"),
    "": ("banish.json:1:1:", ""),
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_bad_configuration_leaves_the_old_one_in_force(machine, guard, text):
    place, hint = BROKEN[text]
    machine.attack("203.0.113.122", attempts=4, parallel=True)
    machine.wait_for(4, "rip=203.0.113.122,")
    start = machine.cursor()
    machine.write("/etc/banish/banish.json", text)
    # whoever sends the signal himself; systemctl reload does not come so far (test_failed.py)
    machine.run("systemctl", "kill", "--signal=HUP", "banish.service")
    assert "the old configuration" in guard.wait_message("LOG_RELOAD_FAILED", start)
    fault, = guard.messages("LOG_FAULT", start)
    assert place in fault and hint in fault
    machine.attack("203.0.113.122")
    guard.wait_banned("dovecot4", "203.0.113.122")
    # "check" says the same, and so does a start, which then fails
    done = guard("check", check=False)
    assert done.returncode == 1 and place in done.stdout + done.stderr
    done = guard("run", "--state", "/run", check=False)
    assert done.returncode == 78 and place in done.stderr


def test_a_restart_with_a_bad_configuration_fails_and_leaves_the_bans(machine, guard):
    guard.settle()
    machine.write("/etc/banish/banish.json", '{"jails": []}')
    done = machine.run("systemctl", "restart", "banish.service", check=False)
    assert done.returncode != 0
    assert machine.elements("mox4")
    guard.configure(**lab.with_mox({}))
    guard.start()


def one_sentence(text):
    """A message for a human: a line or two, no more."""
    lines = text.splitlines()
    return 1 <= len(lines) <= 2 and all(line and len(line) < 300 for line in lines)


WITHOUT = {
    "setpriv --reuid=nobody --clear-groups --inh-caps=-all": "CAP_NET_ADMIN",
    "setpriv --reuid=nobody --clear-groups --inh-caps=+net_admin --ambient-caps=+net_admin":
        "systemd-journal",
}


@pytest.mark.parametrize("command", WITHOUT, ids=["kernel", "journal"])
def test_what_is_not_allowed_is_named(machine, banish, command):
    banish.forget()
    banish.configure(jails={"dovecot": {}})
    machine.shell("rm -rf /run/nobody; install -d -o nobody /run/nobody")
    done = machine.run(*command.split(), "banish", "run", "--state", "/run/nobody", check=False)
    assert done.returncode == 78
    assert WITHOUT[command] in done.stderr and one_sentence(done.stderr), done.stderr
    assert done.stdout == ""


def test_a_kernel_without_nftables_is_named(machine, banish):
    # the nearest thing that a test can have: netlink sockets are refused
    banish.forget()
    banish.configure(jails={"dovecot": {}})
    done = machine.run("systemd-run", "--quiet", "--collect", "--wait", "--pipe",
                       "-p", "RestrictAddressFamilies=AF_UNIX",
                       "banish", "run", "--state", "/run", check=False)
    assert done.returncode == 78
    assert "nftables" in done.stderr and one_sentence(done.stderr), done.stderr


@pytest.mark.parametrize("state", ["missing", "unreadable", "a folder"])
def test_a_configuration_that_cannot_be_read_is_named(machine, banish, state):
    banish.forget()
    machine.shell("rm -rf /etc/banish/banish.json")
    if state == "unreadable":
        banish.configure(jails={"dovecot": {}})
        machine.run("chmod", "600", "/etc/banish/banish.json")
    elif state == "a folder":
        machine.run("mkdir", "/etc/banish/banish.json")
    try:
        for verb in ("check", "run"):
            done = machine.run("setpriv", "--reuid=nobody", "--clear-groups", "banish", verb,
                               check=False)
            assert done.returncode == (78 if verb == "run" else 1)
            assert "/etc/banish/banish.json" in done.stderr, done.stderr
            assert one_sentence(done.stderr), done.stderr
    finally:
        machine.run("rm", "-rf", "/etc/banish/banish.json")


VERBS = ["run", "check", "test", "replay", "list", "ban", "unban"]

WRONG_WORDS = [
    [], ["bann"], ["--wrong"],
    ["run", "--dry-walk"], ["run", "word"], ["check", "--wrong"], ["list", "--wrong"],
    ["replay", "--since", "yesterday-ish"], ["replay", "--until"],
    ["ban"], ["ban", "203.0.113.300"], ["ban", "host.example"],
    ["ban", "--time", "a while", "203.0.113.5"],
    ["unban"], ["unban", "203.0.113"], ["unban", "--all", "203.0.113.5"],
]


@pytest.mark.parametrize("words", WRONG_WORDS, ids=" ".join)
def test_wrong_words_end_with_2_and_a_sentence(machine, guard, words):
    done = guard(*words, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    if words:
        assert one_sentence(done.stderr), done.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_tells_about_itself(machine, banish, verb):
    done = banish(verb, "--help")
    assert done.stdout.startswith(f"Usage: banish {verb}")
    assert "--help" in done.stdout and done.stderr == ""


def test_list_tells_what_the_kernel_holds(machine, guard, code):
    machine.attack("2001:db8:77:123::1", attempts=5, parallel=True)
    guard.wait_banned("dovecot6", "2001:db8:77:123::")
    machine.nft("add", "element", "inet", "banish", "manual4", "{ 203.0.113.123 }")
    guard.wait_entry("adopt")
    listed = [json.loads(line) for line in guard("list", "--json").stdout.splitlines()]
    by_prefix = {each["prefix"]: each for each in listed}
    assert set(by_prefix) == {"2001:db8:77:123::/64", "203.0.113.123/32"}
    entry = guard.wait_entry("ban", jail="dovecot")
    first = by_prefix["2001:db8:77:123::/64"]
    assert abs(first["expires_usec"] - int(entry["BANISH_UNTIL_USEC"])) < 2_000_000
    assert (first["jail"], first["comment"]) == ("dovecot", code + "auth-failed x5")
    assert by_prefix["203.0.113.123/32"]["expires_usec"] is None
    assert guard("list", "dovecot").stdout.count("\n") >= 1
    machine.nft("delete", "table", "inet", "banish")
    guard.stop()
    machine.nft("delete", "table", "inet", "banish", check=False)
    done = guard("list", "--json")
    assert (done.stdout, done.stderr) == ("", "")
