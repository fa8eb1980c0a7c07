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


def test_why_says_no(machine, banish):
    banish.forget()
    banish.configure(jails={"dovecot": {}}, ignoreip=["203.0.113.80"])
    banish.start()
    done = banish("why", "203.0.113.71", check=False)
    assert (done.returncode, done.stdout) == (1, "203.0.113.71 is not banned\n")
    assert "never will be" in banish("why", "203.0.113.80", check=False).stdout
    assert banish("why", "nobody", check=False).returncode == 2
