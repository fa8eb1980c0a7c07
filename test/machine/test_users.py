"""Services that run as ordinary users: journald files what they say in user-UID.journal."""
import json

import lab

CONTAINER = {
    "description": "lines of a container of an ordinary user",
    "ports": ["imaps"],
    "events": [{"name": "refused", "outcome": "failure",
                "pattern": r"^container: refused (?<address>\S++)$"}],
    "examples": [{"message": "container: refused 192.0.2.9", "event": "refused",
                  "address": "192.0.2.9"}],
}


def objects(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def files(machine, *matches):
    """Names of the journal files that hold such entries: user-1000.journal ..."""
    return machine.output("sh", "-euc", """
        journalctl --sync
        cd "/var/log/journal/$(cat /etc/machine-id)"
        for file in *.journal; do
            [ -z "$(journalctl --quiet --lines=1 --file="$file" "$@")" ] || echo "$file"
        done""", "-", *matches).split()


def uid_of(machine, user):
    uid = int(machine.output("id", "-u", user))
    assert uid >= 1000
    return uid


def test_a_mox_as_its_readme_installs_it_is_seen_and_banned(machine, guard):
    guard.settle()
    for _ in range(3):
        machine.mox("203.0.113.180")
    element = guard.wait_banned("mox4", "203.0.113.180")
    assert element["comment"]
    # nothing of that lies in the system's journal
    assert files(machine, "_SYSTEMD_UNIT=mox.service", f"_UID={uid_of(machine, 'mox')}") == \
        [f"user-{uid_of(machine, 'mox')}.journal"]

    told = objects(guard("replay", "--json"))
    assert "203.0.113.180" in [each["address"] for each in told if each["action"] == "ban"]
    assert told[-1]["failures"] >= 1
    why = guard("why", "203.0.113.180").stdout
    assert "remote=203.0.113.180" in why
    jails = {each["jail"]: each for each in objects(guard("status", "--json", check=False))
             if each["what"] == "jail"}
    assert jails["mox"]["failures"] >= 1
    report = [each for each in objects(guard("report", "--json")) if each["what"] == "jail"]
    assert [each["bans"] for each in report if each["jail"] == "mox"] == [2]


def test_what_a_user_said_while_it_was_away_is_decided_at_its_time(machine, guard):
    guard.settle()
    guard.stop()
    machine.mox("203.0.113.181")
    machine.wait_for(1, "remote=203.0.113.181:")
    guard.start()
    guard.wait_banned("mox4", "203.0.113.181")


def test_a_file_of_a_user_that_comes_later_is_read(machine, banish):
    """Nobody of that user has said a word when banish starts; then journald makes the file anew."""
    uid = uid_of(machine, "mox")
    banish.forget()
    banish.configure(jails={"mox": {}})
    machine.shell(f"""
        systemctl stop mox.service
        journalctl --rotate
        rm -f /var/log/journal/*/user-{uid}*.journal
        systemctl restart systemd-journald.service""")
    banish.start()
    assert files(machine, f"_UID={uid}") == []
    machine.run("systemctl", "start", "mox.service")
    machine.mox(["203.0.113.187"] * 5)
    banish.wait_banned("mox4", "203.0.113.187")
    assert files(machine, f"_UID={uid}") == [f"user-{uid}.journal"]
    machine.mox(["203.0.113.188"] * 2)
    machine.wait_for(2, "remote=203.0.113.188:")
    machine.run("journalctl", "--rotate", "--vacuum-files=1")
    machine.mox(["203.0.113.188"] * 3)
    banish.wait_banned("mox4", "203.0.113.188")


def test_what_a_user_said_after_a_reboot_is_not_passed_over(machine, banish):
    """The place is in the system's journal, and the user's has entries of both boots."""
    banish.begin(jails={"mox": {"maxretry": 2}, "dovecot": {"maxretry": 2}})
    machine.mox("203.0.113.184")
    machine.wait_for(1, "remote=203.0.113.184:")
    for _ in range(2):
        machine.outcome("203.0.113.185")
    banish.wait_banned("dovecot4", "203.0.113.185")
    banish.stop()
    machine.verb("reboot")
    machine.wait_for(1, "starting as root", "_SYSTEMD_UNIT=mox.service")
    machine.mox("203.0.113.184")
    machine.mox(["203.0.113.186"] * 2)
    machine.wait_for(2, "remote=203.0.113.186:")
    banish.start()
    for source in ("203.0.113.184", "203.0.113.186"):
        banish.wait_banned("mox4", source)
    bans = [each for each in objects(banish("replay", "--json")) if each["action"] == "ban"]
    assert sorted(each["address"] for each in bans) == \
        ["203.0.113.184", "203.0.113.185", "203.0.113.186"]


def test_who_sees_only_his_own_journal_is_told_so(machine, guard):
    machine.mox("203.0.113.182")
    guard.wait_banned("mox4", "203.0.113.182")
    for verb in (["replay"], ["report"], ["why", "203.0.113.182"]):
        done = machine.run("setpriv", "--reuid=mox", "--regid=mox", "--clear-groups", "banish", *verb,
                           check=False)
        assert done.returncode == 1 and "systemd-journal" in done.stderr, verb
    done = machine.run("setpriv", "--reuid=mox", "--regid=mox", "--clear-groups", "banish", "status",
                       check=False)
    assert done.returncode == 1 and "systemd-journal" in done.stdout


def test_units_of_an_ordinary_user_are_selected(machine, banish):
    """As those of rootless containers: user@UID.service, or the uid."""
    machine.shell("id pods >/dev/null 2>&1 || useradd -m pods")
    uid = uid_of(machine, "pods")
    # a small Debian has no pam_systemd that would set it, and no bus of a user for systemd-run
    machine.write("/etc/systemd/system/user@.service.d/runtime.conf",
                  "[Service]\nEnvironment=XDG_RUNTIME_DIR=/run/user/%i\n")
    machine.write("/etc/systemd/user/container.service", """[Service]
ExecStart=sh -c 'for i in 1 2 3; do echo "container: refused 203.0.113.183"; done; sleep 0.2'
""")
    machine.shell("""
        mkdir -p /home/pods/.config/systemd/user/default.target.wants
        ln -sf /etc/systemd/user/container.service /home/pods/.config/systemd/user/default.target.wants/
        systemctl daemon-reload""")
    for name, selector in (("byunit", {"_SYSTEMD_UNIT": f"user@{uid}.service"}),
                           ("byuid", {"_UID": str(uid)})):
        machine.write(f"/etc/banish/rules.d/{name}.json",
                      json.dumps({**CONTAINER, "name": name, "journal": [selector]}))
    try:
        banish.begin(jails={"byunit": {"maxretry": 3}, "byuid": {"maxretry": 3}})
        banish.settle()
        machine.run("systemctl", "start", f"user@{uid}.service")
        for name in ("byunit4", "byuid4"):
            banish.wait_banned(name, "203.0.113.183")
        assert files(machine, f"_SYSTEMD_UNIT=user@{uid}.service", "_SYSTEMD_USER_UNIT=container.service",
                     "_TRANSPORT=stdout") == [f"user-{uid}.journal"]
        bans = [each["jail"] for each in objects(banish("replay", "--json"))
                if each["action"] == "ban" and each["address"] == "203.0.113.183"]
        assert sorted(bans) == ["byuid", "byunit"]
    finally:
        machine.shell(f"""
            systemctl stop user@{uid}.service
            rm -rf /etc/banish/rules.d/byunit.json /etc/banish/rules.d/byuid.json \
                /etc/systemd/system/user@.service.d /etc/systemd/user/container.service \
                /home/pods/.config
            systemctl daemon-reload""")
