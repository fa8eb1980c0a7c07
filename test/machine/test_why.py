"""banish why: from an address to the lines that did it."""
import json

import lab


def test_why_shows_the_ban_and_its_lines(machine, banish):
    banish.forget()
    banish.configure(jails={"dovecot": {"maxretry": 3}})
    banish.start()
    machine.attack("203.0.113.70", attempts=3)
    assert lab.eventually(lambda: machine.elements("dovecot4"))
    done = banish("why", "203.0.113.70", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["what"] for line in lines] == ["banned", "said", "line", "line", "line"]
    assert lines[0]["prefix"] == "203.0.113.70/32"
    assert all("rip=203.0.113.70," in line["message"] for line in lines[2:])
    assert sum(line["weight"] for line in lines[2:]) == 3
    assert "still for" in banish("why", "203.0.113.70").stdout


def test_why_finds_the_lines_in_files_that_were_rotated(machine, banish):
    banish.begin(jails={"dovecot": {"maxretry": 4}})
    machine.run("journalctl", "--rotate")
    machine.attack("203.0.113.72", attempts=1)
    machine.run("journalctl", "--rotate")
    machine.attack("203.0.113.73", attempts=1)
    machine.run("journalctl", "--rotate")
    machine.attack("203.0.113.72", attempts=3)
    assert lab.eventually(lambda: machine.elements("dovecot4"))
    machine.run("journalctl", "--rotate")
    lines = [json.loads(line) for line in banish("why", "203.0.113.72", "--json").stdout.splitlines()]
    lines = [line for line in lines if line["what"] == "line"]
    assert sum(line["weight"] for line in lines) == 4
    assert all("rip=203.0.113.72," in line["message"] for line in lines)


def test_why_says_no(machine, banish):
    banish.forget()
    banish.configure(jails={"dovecot": {}}, ignoreip=["203.0.113.80"])
    banish.start()
    done = banish("why", "203.0.113.71", check=False)
    assert (done.returncode, done.stdout) == (1, "203.0.113.71 is not banned\n")
    assert "is exempt and not banned" in banish("why", "203.0.113.80", check=False).stdout
    assert banish("why", "nobody", check=False).returncode == 2


def asked_by_nobody(machine, *words):
    """Who may read the journal, but not ask nftables."""
    done = machine.run("setpriv", "--reuid=nobody", "--regid=systemd-journal", "--clear-groups",
                       "banish", "why", *words, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    return done.stdout


def test_why_claims_nothing_that_it_cannot_know(machine, guard):
    guard.settle()
    guard.wait_entry("ban", prefix="192.0.2.1/32")
    lines = asked_by_nobody(machine, "192.0.2.1").splitlines()
    assert lines[0].startswith("whether 192.0.2.1 is banned is not known: ")
    assert "CAP_NET_ADMIN" in lines[0] and "ban 192.0.2.1/32" in lines[1]
    first, said = [json.loads(line) for line in
                   asked_by_nobody(machine, "--json", "192.0.2.1").splitlines()][:2]
    assert (first["what"], first["message"], said["what"]) == ("unseen", lines[0], "said")
    assert guard("why", "192.0.2.1").returncode == 0


def test_why_knows_who_is_always_let_through(machine, banish):
    names = "/run/banish/ignore.d"
    machine.shell(f"mkdir -p {names}; echo 203.0.113.81 >{names}/home.example.org")
    banish.begin(ignoreip=["home.example.org", "2001:db8:77:82::7"])

    def told(address):
        return banish("why", address, check=False).stdout.splitlines()
    assert told("203.0.113.81") == ["203.0.113.81 is exempt and not banned: "
                                    "it is an address of home.example.org, which is in ignoreip"]
    assert told("203.0.113.1")[0].endswith("is exempt and not banned: it is an own address or a gateway")
    assert told("127.0.0.1")[0].endswith("it is a loopback, unspecified or multicast address")
    assert told("203.0.113.82") == ["203.0.113.82 is not banned"]
    # who asks without the right to see the kernel learns the rest
    lines = asked_by_nobody(machine, "203.0.113.81").splitlines()
    assert lines[1] == ("203.0.113.81 is exempt, so it is accepted unless forced: "
                        "an address of home.example.org, which is in ignoreip")

    # an ignored host passes though its network is banned, until it is forced
    banish("ban", "2001:db8:77:82::8")
    lines = told("2001:db8:77:82::7")
    assert lines[0].startswith("banned in jail manual as 2001:db8:77:82::/64")
    assert lines[1] == "2001:db8:77:82::7 is banned but exempt, so it is accepted: in ignoreip"
    lines = [json.loads(line) for line in banish("why", "2001:db8:77:82::7", "--json",
                                                 check=False).stdout.splitlines()]
    assert [line["what"] for line in lines][:2] == ["banned", "ignored"]
    assert lines[1]["reason"] == "in ignoreip"
    banish("ban", "--force", "2001:db8:77:82::7")
    assert "exempt" not in banish("why", "2001:db8:77:82::7").stdout
    machine.shell(f"rm -r {names}")
