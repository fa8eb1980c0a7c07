"""The machine itself: what the other tests take for granted."""
import os

import lab


def test_real_systemd_runs_everything(machine):
    assert machine.output("cat", "/proc/1/comm").strip() == "systemd"
    assert machine.output("systemctl", "--quiet", "--plain", "list-units", "--failed") == "", \
        machine.output("journalctl", "--quiet", "--unit=banish-resolve.timer")


def test_neither_clock_nor_kernel_settings_of_the_host_are_in_reach(machine):
    status = machine.output("cat", "/proc/self/status", "/proc/1/status")
    for line in status.splitlines():
        if line.startswith("CapBnd"):
            allowed = int(line.split()[1], 16)
            sys_time, sys_module = 25, 16
            assert not allowed & (1 << sys_time | 1 << sys_module)
    assert machine.shell("echo x >/proc/sys/kernel/core_pattern", check=False).returncode != 0


def test_dovecot_logs_real_lines_of_its_unit(machine):
    start = machine.cursor()
    assert machine.outcome("203.0.113.20") == "refused"
    assert machine.outcome("2001:db8:77:20::1", password="alice-secret") == "ok"

    def lines():
        return [entry for entry in machine.journal("_SYSTEMD_UNIT=dovecot.service", after=start)
                if "login: " in entry["MESSAGE"]]
    failure, success = lab.eventually(lambda: len(lines()) == 2 and lines())
    assert "auth failed, 1 attempts" in failure["MESSAGE"]
    assert "rip=203.0.113.20" in failure["MESSAGE"]
    # the second from 2.4.5 on
    assert success["MESSAGE"].startswith(("imap-login: Login: user=<alice>", "imap-login: Logged in: user=<alice>"))
    assert "rip=2001:db8:77:20::1" in success["MESSAGE"]


def test_a_users_logger_cannot_take_dovecots_unit(machine):
    start = machine.cursor()
    machine.run("systemd-run", "--quiet", "--wait", "--uid=nobody",
                "logger", "-t", "dovecot", "imap-login: rip=198.51.100.1")
    machine.run("setpriv", "--reuid=nobody", "--clear-groups",
                "logger", "-t", "dovecot", "imap-login: rip=198.51.100.1")
    entries = machine.journal("SYSLOG_IDENTIFIER=dovecot", after=start)
    assert len(entries) == 2
    for entry in entries:
        assert entry["_UID"] == "65534"
        assert entry.get("_SYSTEMD_UNIT") != "dovecot.service"


def test_mox_tells_recorded_sessions_as_its_unit(machine):
    start = machine.cursor()
    machine.mox("203.0.113.21")
    machine.mox("2001:db8:77:21::1", "imap-plain-wrongpw", "0.0.4")

    def messages():
        entries = machine.journal("_SYSTEMD_UNIT=mox.service", "_TRANSPORT=stdout", after=start)
        return len(entries) == 10 and [entry["MESSAGE"] for entry in entries]
    messages = lab.eventually(messages)
    assert "remote=203.0.113.21:" in messages[0] and "remote=203.0.113.21 " in messages[1]
    assert "remote=[2001:db8:77:21::1]:" in messages[5]


def test_reboot_keeps_the_disk_and_renews_the_rest(machine):
    machine.shell("echo kept >/var/lib/kept; echo lost >/run/lost; nft add table inet lost")
    boot_id = machine.output("cat", "/proc/sys/kernel/random/boot_id")
    start = machine.cursor()
    for verb in ("reboot", "crash"):
        machine.verb(verb)
        assert machine.output("cat", "/var/lib/kept") == "kept\n"
        assert machine.run("test", "-e", "/run/lost", check=False).returncode != 0
        assert "lost" not in machine.output("nft", "list", "tables")
        assert machine.output("cat", "/proc/sys/kernel/random/boot_id") != boot_id
        assert machine.journal("_PID=1", after=start)
        assert machine.outcome("198.51.100.9", password="alice-secret") == "ok"


def test_stop_leaves_nothing_behind(machine, tmp_path):
    with lab.running_machine(tmp_path / "box") as (box, reason):
        assert reason is None
        box.output("true")
        cgroup = (tmp_path / "box/cgroup").read_text().strip()
        assert os.path.isdir(cgroup)
    assert not (tmp_path / "box").exists()
    assert not os.path.exists(cgroup)
    with open("/proc/mounts") as mounts:
        assert str(tmp_path) not in mounts.read()


def test_machine_ends_with_its_owner(machine, tmp_path):
    box = lab.Machine(tmp_path / "box")
    owner = os.fork()
    if owner == 0:
        os.execvp("sleep", ["sleep", "100"])
    box.environment["MACHINE_OWNER"] = str(owner)
    assert box.start() is None
    os.kill(owner, 9)
    os.waitpid(owner, 0)
    assert lab.eventually(lambda: not (tmp_path / "box").exists(), 10)
