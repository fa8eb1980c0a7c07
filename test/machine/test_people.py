"""Offices and those who attack them, under the profile that is shipped for offices."""
import json
import pathlib
import re

import pytest

import lab

TREE = pathlib.Path(lab.TREE)


@pytest.fixture
def office(banish):
    text = (TREE / "packaging/office.json.example").read_text(encoding="utf-8")
    banish.begin(**json.loads(re.sub(r"//[^\n]*", "", text)))
    return banish


def fail(machine, source, user, attempts=1):
    done = machine.attack(source, user=user, attempts=attempts, parallel=True)
    assert done["outcomes"] == ["refused"] * attempts


def test_an_old_password_in_a_phone_bans_nobody(machine, office):
    fail(machine, "203.0.113.60", "alice", attempts=40)
    machine.wait_for(40, "rip=203.0.113.60,")
    office.settle()
    assert machine.elements("dovecot4") == {}
    assert machine.outcome("203.0.113.60", password="alice-secret") == "ok"


def test_five_users_from_one_address_are_a_sprayer(machine, office):
    for user in ("info", "sales", "admin", "test"):
        fail(machine, "203.0.113.61", user)
    machine.wait_for(4, "rip=203.0.113.61,")
    office.settle()
    assert machine.elements("dovecot4") == {}
    fail(machine, "203.0.113.61", "office")
    office.wait_banned("dovecot4", "203.0.113.61")
    entry = office.wait_entry("ban", address="203.0.113.61")
    assert (entry["BANISH_USERS"], entry["BANISH_FAILURES"]) == ("5", "5")
    assert "5 failures of 5 users" in entry["MESSAGE"]


def test_who_gets_in_did_not_fail(machine, office):
    for user in ("info", "sales", "admin", "alice"):
        fail(machine, "203.0.113.62", user)
    assert machine.outcome("203.0.113.62", password="alice-secret") == "ok"
    fail(machine, "203.0.113.62", "office")
    machine.wait_for(6, "rip=203.0.113.62,")
    office.settle()
    assert machine.elements("dovecot4") == {}
    fail(machine, "203.0.113.62", "test")
    office.wait_banned("dovecot4", "203.0.113.62")
