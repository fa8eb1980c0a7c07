"""The first hour with mox: installed as its README says, then banish as its own README says."""
import json

VERSION = "0.0.17 debug"  # "mox quickstart" sets LogLevel debug


def objects(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def jail_of(told, name):
    return next(each for each in told if each["what"] == "jail" and each["jail"] == name)


def test_from_the_readme_to_a_ban(machine, banish):
    attacker, phone, office, sender = ("203.0.113.170", "203.0.113.171", "2001:db8:77:171::9",
                                       "203.0.113.172")
    banish.forget()
    banish.configure(jails={"mox": {}})

    # last week: five wrong passwords, phones that are set to "no encryption", a mail server whose
    # MAIL FROM was put off
    for _ in range(5):
        machine.mox(attacker)
        machine.mox([phone, office], "imap-login-notls", VERSION)
        machine.mox(phone, "submission-login-notls", VERSION)
    machine.mox(sender, "mail-from-deferred", VERSION)
    machine.wait_for(1, 'missing MAIL FROM" pkg=smtpserver kind=smtp cmd=data')
    machine.wait_for(5, f"username=mox@localhost remote={attacker} ")
    child = machine.journal("_SYSTEMD_UNIT=mox.service", "_TRANSPORT=stdout")[-1]
    assert int(child["_UID"]) >= 1000

    assert banish("check").stdout.startswith("OK: 1 jail, ")
    journal = machine.output("journalctl", "--output=json", "--all", "--unit=mox")
    answers = [each for each in objects(banish("test", "--json", input=journal)) if "message" in each]
    counted = [each["address"] for each in answers if each["outcome"] == "failure" and each["weight"]]
    assert counted == [attacker] * 5
    replayed = objects(banish("replay", "--since", "1w ago", "--json"))
    assert [(each["jail"], each["address"]) for each in replayed if each["action"] == "ban"] == \
        [("mox", attacker)]

    machine.run("systemctl", "enable", "--now", "banish.service")
    banish.wait_banned("mox4", attacker)
    assert jail_of(objects(banish("status", "--json")), "mox")["bans"] == 1
    assert list(machine.elements("mox4")) == [attacker]
    assert machine.elements("mox6") == {}
    assert f"remote={attacker}" in banish("why", attacker).stdout


def test_mail_on_the_https_port_counts_and_is_closed(machine, guard):
    guard.begin(jails={"mox": {"maxretry": 3}})
    machine.mox("203.0.113.173", "imap-login-https", VERSION)
    guard.wait_banned("mox4", "203.0.113.173")
    table = machine.output("nft", "list", "table", "inet", "banish")
    dport = next(line for line in table.splitlines() if "@mox4" in line)
    assert "443" in dport


def test_aggressive_spares_a_mail_server_that_must_come_again(machine, guard):
    guard.begin(jails={"mox": {"mode": "aggressive", "maxretry": 3}})
    machine.mox("203.0.113.174", "mail-from-deferred", VERSION)
    for _ in range(3):
        machine.mox("203.0.113.175", "imap-login-notls", VERSION)
    guard.wait_banned("mox4", "203.0.113.175")
    assert list(machine.elements("mox4")) == ["203.0.113.175"]
