"""Lines as docker writes them for a container, by a unit of its name."""
import json

import pytest

JAIL = {"rule": "dovecot", "strip": ["syslog", "dovecot"], "maxretry": 3,
        "journal": [{"_SYSTEMD_UNIT": "docker.service", "CONTAINER_NAME": "mail"}]}
# journald asks who the sender is, so it stays a while
WRITER = """
import json, socket, struct, sys, time
out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for fields in json.loads(sys.argv[1]):
    out.sendto(b"".join(name.encode() + b"\\n" + struct.pack("<Q", len(value)) + value.encode() + b"\\n"
                        for name, value in fields.items()), "/run/systemd/journal/socket")
time.sleep(1)
"""


def write(machine, messages, **fields):
    entries = [{"MESSAGE": message, "CONTAINER_NAME": "mail", "CONTAINER_ID_FULL": "5e13", "PRIORITY": "6", **fields}
               for message in messages]
    machine.run("systemd-run", "--quiet", "--wait", "--collect", "--unit=docker.service",
                "/usr/bin/python3", "-c", WRITER, json.dumps(entries))


def lines(address, n=3):
    return [f"Nov 28 23:26:22 mail dovecot: imap-login: Login aborted: Logged out (auth failed, 1 attempts in 0 secs) "
            f"(auth_failed): user=<user{i}>, method=PLAIN, rip={address}, lip=172.17.0.2, session=<{address}/{i}>\n"
            for i in range(n)]


@pytest.fixture
def box(machine, banish):
    banish.begin(jails={"dovecot": {}, "box": JAIL})
    banish.settle()
    return banish


def test_whoever_guesses_in_a_container_is_banned(machine, box):
    write(machine, lines("203.0.113.191"), CONTAINER_NAME="other")
    write(machine, lines("203.0.113.192"), CONTAINER_PARTIAL_ID="1")
    write(machine, lines("203.0.113.193"), CONTAINER_PARTIAL_MESSAGE="true")
    write(machine, lines("203.0.113.194", 2))  # the first is the last piece of the line before
    write(machine, lines("203.0.113.195"))
    element = box.wait_banned("box4", "203.0.113.195")
    assert element["comment"]
    assert set(machine.elements("box4")) == {"203.0.113.195"} and machine.elements("dovecot4") == {}
    why = box("why", "203.0.113.195").stdout
    assert "box" in why
    assert "box" in box("list").stdout


def test_clients_that_the_engine_hides_are_told(machine, box):
    machine.shell("ip address add 172.17.0.1/32 dev lo")
    try:
        box.reload()
        box.settle()
        write(machine, lines("172.17.0.1"))
        assert "from 172.17.0.1 count for nobody" in box.wait_message("LOG_HIDDEN")
        write(machine, lines("10.0.2.100"))
        box.wait_entry("hidden", address="10.0.2.100")
        assert machine.elements("box4") == {}
        status = box("status", check=False).stdout
        assert "jail box is blind for clients that the container engine hides" in status
    finally:
        machine.shell("ip address del 172.17.0.1/32 dev lo")
