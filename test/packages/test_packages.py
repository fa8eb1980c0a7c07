"""The Debian package in a machine, in the order of its life. BANISH_DEB names it; without it nothing is tested."""
import os
import pathlib
import shutil
import sys

import pytest

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TREE / "test/machine"))
import lab

DEB = os.environ.get("BANISH_DEB")
ROOT = os.environ.get("MACHINE_ROOT", "/")
PACKAGE = "/root/banish.deb"
GUESSER = "198.51.100.20"
NEWCOMER = "198.51.100.29"

pytestmark = pytest.mark.skipif(not DEB, reason="BANISH_DEB names no package: see test/packages/run")


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    with lab.running_machine(folder / "box", ROOT) as (box, reason):
        if reason:
            pytest.skip(reason)
        stage = folder / "stage"
        (stage / "root").mkdir(parents=True)
        shutil.copy(DEB, stage / PACKAGE[1:])
        shutil.copy(TREE / "packaging/debian/tests/guesses-are-banned", stage / "root")
        stage.chmod(0o755)
        (stage / "root").chmod(0o700)
        box.verb("copy", stage)
        # the machine's own: services may start here
        box.shell("rm -f /usr/sbin/policy-rc.d")
        yield box


def install(machine):
    """As apt does it, which finds all dependencies there."""
    return machine.run("apt-get", "-y", "--reinstall", "--allow-downgrades", "--no-install-recommends", "-o",
                       "Dpkg::Use-Pty=0", "install", PACKAGE, timeout=300)


def shown(machine, *properties, unit="banish.service"):
    return tuple(machine.output("systemctl", "show", "--value", "-p", each, unit).strip() for each in properties)


def banned(machine, address=GUESSER):
    return machine.has_element("sshd4", address)


def guess(machine, source, name="guess"):
    """A name at sshd; whether it answered."""
    done = machine.verb("attack", "ssh", "-b", source, "-o", "BatchMode=yes", "-o", "ConnectTimeout=3", "-o",
                        "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", f"{name}@203.0.113.1", "true",
                        check=False)
    return "Permission denied" in done.stderr


def test_installed_it_guards_nothing_yet(machine):
    install(machine)
    assert machine.output("banish", "--version").startswith("banish ")
    assert shown(machine, "ActiveState", "UnitFileState") == ("inactive", "disabled")
    assert machine.output("id", "-un", "banish").strip() == "banish"
    for name in ("banish.service", "banish-report.timer", "banish-metrics.timer"):
        assert machine.run("systemctl", "is-enabled", name, check=False).stdout.strip() == "disabled"
        assert machine.run("systemd-analyze", "verify", "--man=no", name).stderr == ""
    files = machine.output("dpkg", "--listfiles", "banish").splitlines()
    for name in ("/usr/share/man/man8/banish.8.gz", "/usr/share/man/man7/banish.fields.7.gz",
                 "/usr/share/bash-completion/completions/banish", "/usr/share/zsh/vendor-completions/_banish",
                 "/usr/share/fish/vendor_completions.d/banish.fish", "/usr/share/banish/rules.d/dovecot.json"):
        assert name in files
    assert machine.run("nft", "list", "table", "inet", "banish", check=False).returncode != 0


def test_setup_protects_what_runs(machine):
    # newer ones keep guessers out by themselves for a while, before the fifth guess
    machine.shell("""
        echo PerSourcePenalties no >/etc/ssh/sshd_config.d/penalties.conf
        mkdir -p /run/sshd
        sshd -t 2>/dev/null || rm /etc/ssh/sshd_config.d/penalties.conf
        systemctl start ssh.service""")
    machine.run("banish", "setup", "--yes")
    assert shown(machine, "ActiveState", "UnitFileState") == ("active", "enabled")
    assert all(guess(machine, NEWCOMER) for _ in range(5))
    assert lab.eventually(lambda: banned(machine, NEWCOMER), 20)
    assert not guess(machine, NEWCOMER)
    machine.run("banish", "unban", NEWCOMER)


def test_the_package_s_own_test(machine):
    done = machine.run("/root/guesses-are-banned", check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_upgrade_under_attack_leaves_no_gap(machine):
    assert all(guess(machine, GUESSER) for _ in range(3))
    assert lab.eventually(lambda: banned(machine), 20)
    # whenever somebody looks, the ban is there
    machine.run("systemd-run", "--quiet", "--unit=look", "sh", "-c",
                f"while :; do echo; nft get element inet banish sshd4 '{{ {GUESSER} }}' || echo gap; done >/run/seen")
    process = shown(machine, "MainPID")
    others = [f"198.51.100.{host}" for host in range(30, 33)]
    assert all(guess(machine, other) for other in others for _ in range(2))
    install(machine)
    assert shown(machine, "ActiveState") == ("active",) and shown(machine, "MainPID") != process
    # the third guess of each comes after it, and the first two still count
    assert all(guess(machine, other) for other in others)
    assert lab.eventually(lambda: all(banned(machine, other) for other in others), 20)
    assert banned(machine) and not guess(machine, GUESSER)
    machine.run("systemctl", "stop", "look.service")
    seen = machine.output("cat", "/run/seen")
    assert GUESSER in seen and "gap" not in seen


def test_an_upgrade_keeps_a_daemon_that_could_not_start_again(machine):
    policy = machine.output("cat", "/etc/banish/banish.json")
    process = shown(machine, "MainPID")
    machine.write("/etc/banish/banish.json", '{"jails": {"sshdd": {}}}')
    done = install(machine)
    assert "goes on running" in done.stdout + done.stderr
    assert shown(machine, "ActiveState", "MainPID") == ("active", *process)
    machine.write("/etc/banish/banish.json", policy)
    # who stopped it wants it stopped
    machine.run("systemctl", "stop", "banish.service")
    install(machine)
    assert shown(machine, "ActiveState") == ("inactive",)
    machine.run("systemctl", "start", "banish.service")
    assert banned(machine)


def test_removed_it_bans_nobody_and_comes_back_with_its_bans(machine):
    machine.write("/etc/banish/notify/try.conf", "COMMAND=/bin/true\n")
    machine.run("systemctl", "enable", "--now", "banish-notify@try.timer", "banish-metrics.timer")
    machine.run("apt-get", "-y", "remove", "banish")
    assert machine.run("nft", "list", "table", "inet", "banish", check=False).returncode != 0
    assert guess(machine, GUESSER)
    assert "banish" not in machine.output("systemctl", "list-units", "--plain", "--no-legend", "--state=active",
                                       "--type=service,timer")
    machine.run("ls", "/var/lib/banish/state", "/etc/banish/banish.json")
    install(machine)
    assert shown(machine, "UnitFileState") == ("enabled",)
    machine.run("systemctl", "start", "banish.service")
    assert banned(machine)


def start_fleet(machine):
    """What banish-fleet(7) starts, as far as it goes without the programs that the package only suggests."""
    machine.run("useradd", "--system", "systemd-journal-remote", check=False)
    machine.write("/etc/banish/fleet/key.pem", "")
    machine.run("systemctl", "enable", "--now", "banish-upload@peer.example.service", check=False)
    machine.run("systemctl", "start", "systemd-journald@banish-fleet.socket", "systemd-journald@banish-fleet.service",
                "banish-remote@peer.example.socket")
    machine.shell("ls -d /var/lib/private/banish-upload/peer.example /var/log/journal/*.banish-fleet /run/banish-fleet/* "
                  "/etc/systemd/system/banish.service.wants/*")


def test_purged_it_leaves_nothing(machine):
    start_fleet(machine)
    # a table of another name goes, too
    policy = machine.output("cat", "/etc/banish/banish.json")
    machine.write("/etc/banish/banish.json", policy.replace("{", '{ "nftables": { "table": "other" },', 1))
    machine.run("systemctl", "restart", "banish.service")
    machine.run("nft", "delete", "table", "inet", "banish", check=False)
    machine.run("nft", "list", "table", "inet", "other")
    machine.run("apt-get", "-y", "purge", "banish")
    assert machine.output("nft", "list", "tables") == ""
    left = machine.shell("find / -xdev -iname '*banish*' -not -path '/proc/*' -not -path '/root/*' "
                         "-not -path '/var/log/apt/*' -not -path '/sys/*' 2>/dev/null; "
                         "find /run /var/lib/systemd -iname '*banish*'").stdout.split()
    assert left == []
    assert "banish" not in machine.output("systemctl", "list-units", "--plain", "--no-legend", "--state=active",
                                       "--type=service,socket,timer")
    assert machine.run("getent", "passwd", "banish", "banish-resolve", check=False).stdout == ""
    assert machine.run("systemctl", "list-unit-files", "--no-legend", "banish*", check=False).stdout == ""
