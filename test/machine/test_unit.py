"""packaging/banish.service: how closed it is, and when it starts."""
import json


def test_exposure_is_at_most_1_2(machine, banish):
    done = machine.run("systemd-analyze", "security", "--no-pager", "--threshold=12",
                       "banish.service", check=False)
    assert done.returncode == 0, done.stdout


def test_systemd_finds_no_fault(machine, banish):
    done = machine.run("systemd-analyze", "verify", "--man=no", "banish.service", check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_starts_before_what_it_guards(machine, banish):
    before = machine.output("systemctl", "show", "--value", "--property=Before",
                            "banish.service").split()
    assert {"dovecot.service", "dovecot.socket", "mox.service", "ssh.socket"} <= set(before)
    # enabling it must not tie a knot with the sockets, which come up early
    machine.run("systemctl", "enable", "banish.service")
    done = machine.run("systemd-analyze", "verify", "--man=no", "multi-user.target", check=False)
    assert "cycle" not in done.stderr


def test_sandbox_lets_it_read_the_journal_and_change_nftables(machine, banish):
    """The unit's own settings around what the daemon has to do, done by other programs."""
    banish.forget()
    machine.write("/usr/local/bin/stub", "#!/bin/sh -e\n"
                  "id >$STATE_DIRECTORY/id\n"
                  "journalctl --lines=1 --output=json >$STATE_DIRECTORY/journal\n"
                  "nft add table inet stub\n"
                  "systemd-notify --ready\n"
                  "sleep 1000\n")
    machine.write("/etc/systemd/system/banish.service.d/stub.conf",
                  "[Service]\nExecStart=\nExecStart=/usr/local/bin/stub\nExecPaths=/usr /bin\n"
                  "NotifyAccess=all\n")
    try:
        machine.shell("chmod +x /usr/local/bin/stub; systemctl daemon-reload")
        machine.run("systemctl", "start", "banish.service")
        assert "inet stub" in machine.output("nft", "list", "tables")
        assert json.loads(machine.output("cat", "/var/lib/banish/journal"))["__CURSOR"]
        identity = machine.output("cat", "/var/lib/banish/id")
        assert "(banish)" in identity and "(systemd-journal)" in identity
        assert machine.output("stat", "-c", "%U %a", "/var/lib/banish").strip() == "banish 700"
    finally:
        machine.shell("""
            systemctl stop banish.service
            rm -rf /etc/systemd/system/banish.service.d /usr/local/bin/stub /var/lib/banish
            systemctl daemon-reload
            nft delete table inet stub""")


def test_nothing_that_it_could_write_can_be_executed(machine, guard):
    pid = machine.output("systemctl", "show", "--value", "-p", "MainPID", "banish.service").strip()
    options = {}
    for line in machine.output("cat", f"/proc/{pid}/mountinfo").splitlines():
        fields = line.split()
        options[fields[4]] = fields[5].split(",")
    for folder in ("/var/lib/banish", "/tmp", "/var/tmp", "/dev/shm"):
        assert "noexec" in options[folder], folder
    writable = [folder for folder, given in options.items() if "ro" not in given]
    # in the others no ordinary user can make a file, or nobody a regular one
    assert not [folder for folder in writable if "noexec" not in options[folder]
                and not folder.startswith(("/usr", "/lib", "/run", "/sys/fs/cgroup", "/dev/pts"))]


def test_no_call_makes_sockets_past_its_address_families(machine, banish):
    calls = machine.output("systemctl", "show", "--value", "-p", "SystemCallFilter", "banish.service").split()
    assert "sendmsg" in calls and not {"io_uring_setup", "io_uring_enter", "io_setup"} & set(calls)


def test_metrics_are_written_for_node_exporter(machine, guard):
    """By the unit's own settings: the state, the journal and the sets are seen, and nothing else is changed."""
    machine.attack("203.0.113.95", attempts=5, parallel=True)
    guard.wait_banned("dovecot4", "203.0.113.95")
    guard.settle()
    machine.run("systemctl", "start", "banish-metrics.service")
    text = machine.output("cat", "/run/banish/metrics/banish.prom")
    for line in ('banish_up 1', 'banish_table_intact 1', 'banish_unseen 0', 'banish_journal_lag_seconds 0',
                 'banish_active_bans{jail="dovecot"} 1', 'banish_recent_bans{jail="dovecot"} 1'):
        assert line in text.splitlines(), text
    assert machine.output("ls", "-A", "/run/banish/metrics").split() == ["banish.prom"]
    assert machine.output("stat", "-c", "%U %a", "/run/banish/metrics", "/run/banish/metrics/banish.prom",
                          "/var/lib/banish").split() == ["banish", "755", "banish", "644", "banish", "700"]
    assert machine.output("stat", "-c", "%U", "/run/banish/ignore.d").strip() == "banish-resolve"
    for unit in ("banish-metrics.service", "banish-metrics.timer"):
        done = machine.run("systemd-analyze", "verify", "--man=no", unit, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_a_page_for_a_browser(machine, guard):
    machine.attack("203.0.113.96", attempts=5, parallel=True)
    guard.wait_entry("ban", jail="dovecot")
    guard("report", "--html", "/root/page.html")
    text = machine.output("cat", "/root/page.html")
    assert "203.0.113.96/32" in text and "1 (dovecot 1)</title>" in text
    assert machine.output("stat", "-c", "%a", "/root/page.html").strip() == "600"
    for path in ("/dev/null", "/dev/stdout"):
        assert guard("report", "--html", path, check=False).returncode == 1
    assert machine.output("stat", "-c", "%F", "/dev/null").strip() == "character special file"
