"""Why it cannot start or reload, and what systemd makes of it: what only a person mends ends as a
failed unit at once, the rest is tried again, and what runs goes on running."""

import pytest

import lab

DROP_IN = "/etc/systemd/system/banish.service.d/test.conf"
ALARM = "[Unit]\nOnFailure=alarm.service\n"


@pytest.fixture
def alarmed(machine, guard):
    """A daemon with OnFailure=; answers how often that has fired, when called."""
    machine.write("/etc/systemd/system/alarm.service",
                  "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo fired >>/run/alarm'\n")
    machine.write(DROP_IN, ALARM)
    machine.shell("rm -f /run/alarm; touch /run/alarm; systemctl daemon-reload")
    yield lambda: machine.output("cat", "/run/alarm").count("fired")
    machine.shell(f"rm -f {DROP_IN} /etc/systemd/system/alarm.service; systemctl daemon-reload")


def shown(machine, *names):
    text = machine.output("systemctl", "show", "banish.service", "--property=" + ",".join(names))
    told = dict(line.split("=", 1) for line in text.splitlines())
    return tuple(told[name] for name in names)


HOPELESS = {
    "fault": ("echo '{\"jails\": {\"dovecott\": {}}}' >/etc/banish/banish.json", "banish.json:1:12:"),
    "no policy": ("rm /etc/banish/banish.json", "banish.json"),
    "no rule": ("echo '{\"jails\": {\"nobodys\": {}}}' >/etc/banish/banish.json", "nobodys"),
    "unreadable": ("chown root /etc/banish/banish.json; chmod 600 /etc/banish/banish.json", "denied"),
    "no capability": (f"echo '{ALARM}[Service]\nCapabilityBoundingSet=\nAmbientCapabilities=' >{DROP_IN}",
                      "CAP_NET_ADMIN"),
    "no netlink": (f"echo '{ALARM}[Service]\nRestrictAddressFamilies=\nRestrictAddressFamilies=AF_UNIX' >{DROP_IN}",
                   "AF_NETLINK"),
}


@pytest.mark.parametrize("why", HOPELESS)
def test_what_only_a_person_mends_fails_at_once_and_is_said_once(machine, guard, alarmed, why):
    script, word = HOPELESS[why]
    machine.shell(script + "; systemctl daemon-reload")
    start = machine.cursor()
    try:
        assert machine.run("systemctl", "restart", "banish.service", check=False).returncode != 0
        assert lab.eventually(alarmed)
        assert shown(machine, "ActiveState", "ExecMainStatus", "NRestarts") == ("failed", "78", "0")
        assert "banish.service" in machine.output("systemctl", "--failed", "--no-legend")
        said = machine.journal("SYSLOG_IDENTIFIER=banish", after=start)
        said = [entry["MESSAGE"] for entry in said if entry["PRIORITY"] <= "4"]
        assert len(said) == 1 and word in said[0], said
        assert alarmed() == 1
        # nor does the resolver say it again every five minutes
        assert lab.eventually(lambda: machine.run("systemctl", "is-active", "banish-resolve.timer",
                                                  check=False).stdout.strip() == "inactive")
    finally:
        machine.shell("rm -rf /etc/banish/banish.json")
        machine.write(DROP_IN, ALARM)
        machine.run("systemctl", "daemon-reload")
    guard.configure(**lab.with_mox({}))
    guard.start()
    guard.settle()


def test_what_may_pass_is_tried_again(machine, guard, alarmed):
    machine.shell("rm -rf /run/journals; mkdir -m 755 /run/journals")
    machine.write(DROP_IN, f"{ALARM}[Service]\nExecStart=\n"
                  "ExecStart=/usr/sbin/banish run --directory /run/journals/later\n")
    machine.run("systemctl", "daemon-reload")
    start = machine.cursor()
    assert machine.run("systemctl", "restart", "banish.service", check=False).returncode != 0
    assert lab.eventually(lambda: int(shown(machine, "NRestarts")[0]) > 1, 20)
    assert lab.eventually(lambda: shown(machine, "ExecMainStatus") == ("1",))
    assert "banish" not in machine.output("systemctl", "--failed", "--no-legend")
    # the journal is there: so is the daemon, by itself
    machine.shell("ln -s /var/log/journal/$(cat /etc/machine-id) /run/journals/later")
    guard.wait_message("LOG_START", start, seconds=20)
    assert shown(machine, "ActiveState") == ("active",)


def test_a_reload_with_a_fault_fails_and_says_why(machine, guard):
    process = shown(machine, "MainPID")
    machine.write("/etc/banish/banish.json", '{"jails": {"dovecot": {"maxretry": "2"}}}')
    start = machine.cursor()
    done = machine.run("systemctl", "reload", "banish.service", check=False)
    assert done.returncode != 0 and "journalctl" in done.stderr
    said = machine.wait_for(1, "banish.json:1:36:", "_SYSTEMD_UNIT=banish.service", after=start)
    assert len(said) == 1
    assert shown(machine, "ActiveState", "MainPID") == ("active", *process)
    # jail mox is in force as before
    guard.settle()
    assert not guard.messages("LOG_RELOAD", start) and not guard.messages("LOG_RELOAD_FAILED", start)
    # one without a fault says that it was made, and no more
    guard.configure(**lab.with_mox({}))
    start = machine.cursor()
    guard.reload()
    guard.wait_message("LOG_RELOAD", start)
    assert all("MESSAGE_ID" in entry for entry in guard.entries(after=start))


def test_the_resolver_is_not_the_daemon(machine, guard):
    guard.configure(**lab.with_mox({"ignoreip": ["nobody.invalid"]}))
    start = machine.cursor()
    machine.run("systemctl", "start", "banish-resolve.service", check=False)
    # the timer may have started it, too
    entries = machine.wait_for(1, "nobody.invalid", "_SYSTEMD_UNIT=banish-resolve.service", after=start)
    assert {entry["SYSLOG_IDENTIFIER"] for entry in entries} == {"banish-resolve"}
    assert not machine.journal("SYSLOG_IDENTIFIER=banish", after=start)
    machine.shell("systemctl reset-failed banish-resolve.service 2>/dev/null || true")


def test_an_upgrade_keeps_a_daemon_that_could_not_start_again(machine, guard):
    # of packaging/build-deb's package, without what debhelper puts in
    script = (lab.TREE / "packaging/debian/banish.postinst").read_text()
    assert script.count("#DEBHELPER#") == 1
    machine.write("/run/postinst", script)

    def upgrade():
        return machine.run("sh", "/run/postinst", "configure", "0.1.0-1")
    process = shown(machine, "MainPID")
    machine.write("/etc/banish/banish.json", '{"jails": {"dovecott": {}}}')
    done = upgrade()
    assert "banish.json:1:12:" in done.stderr and "goes on running" in done.stderr
    assert shown(machine, "ActiveState", "MainPID") == ("active", *process)
    guard.settle()

    guard.configure(**lab.with_mox({}))
    done = upgrade()
    assert (done.stdout, done.stderr) == ("", "")
    assert shown(machine, "ActiveState") == ("active",) and shown(machine, "MainPID") != process
    # who stopped it wants it stopped
    guard.stop()
    upgrade()
    assert shown(machine, "ActiveState") == ("inactive",)
