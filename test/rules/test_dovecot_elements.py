"""Dovecot's login_log_format_elements in other orders, and names that look like a line's end.

Whatever a client calls itself, the address is its own, or nobody's.
"""
import json
import random
import re

import pytest

import banish_test

CLIENT, STRANGER = "192.0.2.9", "203.0.113.99"
ORDERS = {
    "stock": "user=<U>, method=M, rip=R, lip=L, TLS, session=<S>",
    "2.0": "method=M, rip=R, lip=L, TLS",
    "fingerprint": "user=<U>, method=M, rip=R, lip=L, TLS, session=<S>, ja3=<771,4865-1>",
    "original": "user=<U>, orig_user=<U>, method=M, rip=R, lip=L, TLS, session=<S>",
    "original first": "orig_user=<U>, user=<U>, method=M, rip=R, lip=L, session=<S>",
    "address first": "rip=R, lip=L, user=<U>, method=M, session=<S>",
    "service first": "session=<S>, service=imap, rip=R, user=<U>",
    "session first": "session=<S>, user=<U>, method=M, remote_ip=R, lip=L",
    "no session": "user=<U>, method=M, rip=R, lip=L",
    "no brackets": "user=U, method=M, rip=R, lip=L, session=<S>",
}
WITHOUT_ADDRESS = {
    "private": "user=<U>, method=M, session=<S>",
    "private, no session": "user=<U>, method=M",
    "private, no method": "user=<U>, session=<S>",
    "private, no brackets": "user=U, method=M, session=<S>",
}
WHY = [
    "Login aborted: Connection closed (auth failed, 3 attempts in 1 secs) (auth_failed): ",
    "Disconnected: Connection closed (auth failed, 3 attempts in 1 secs): ",
    "Login aborted: Input buffer full (client_limit and process_limit was hit and this login "
    "session was killed.) (process_full): ",
    "Login aborted: Logged out (sent invalid base64 in response, 6 attempts in 0 secs) "
    "(invalid_base64): ",
    "Login aborted: Logged out (proxy dest authentication failure to h:1, 2/3 successful auths in "
    "0 secs, last failure: U) (proxy_dest_auth_failed): ",
    "Disconnected (tried to use disallowed plaintext auth): ",
    "Logged in: ",
]
PIECES = [
    ">", "<", ", ", f", rip={STRANGER}", f"rip={STRANGER}", f", remote_ip={STRANGER}",
    ", lip=198.51.100.1", ", session=<AAAA", ", session=<", ", session=<AAAA>", ", method=PLAIN",
    ", ja3=<1", ", ja3=<1>", ", orig_user=<", ", user=<", "user=<", "x", ": ", ") (auth_failed): ",
    " (auth failed, 9 attempts in 1 secs)", ", service=imap", ", TLS", ")", "(", "): ", ", y=<z",
]


def name(dice, most):
    return "".join(dice.choice(PIECES) for _ in range(dice.randint(1, 7)))[:most]


def line(dice, order, plain):
    """A login line; the last server's text and the method are the client's, too."""
    fill = {"R": CLIENT, "L": "198.51.100.1", "S": "c2Vzc2lv",
            "M": "PLAIN" if plain or dice.random() < 0.5 else name(dice, 64).upper(),
            "U": "alice" if plain else name(dice, 80)}
    elements = re.sub(r"(?<==)[RLMU](?=,|$)|(?<=<)[US](?=>)", lambda m: fill[m.group()], order)
    reply = "no" if plain else name(dice, 160)
    return "imap-login: " + dice.choice(WHY).replace("failure: U", "failure: " + reply) + elements


def ask(folder, lines):
    entries = [{"__REALTIME_TIMESTAMP": str(10**15 + n * 10**11), "MESSAGE": text,
                "_SYSTEMD_UNIT": "dovecot.service"} for n, text in enumerate(lines)]
    journal = "".join(json.dumps(entry) + "\n" for entry in entries)
    return banish_test.ask(folder, "dovecot", "aggressive", journal, len(lines))


@pytest.mark.parametrize("order", ORDERS)
def test_plain_names(order, tmp_path):
    dice = random.Random(order)
    lines = [line(dice, ORDERS[order], True) for _ in range(50)]
    taken = 0
    for text, answer in zip(lines, ask(tmp_path, lines)):
        if "Input buffer full" in text or "last failure" in text:
            continue  # only believed behind a name
        assert (answer["address"], answer["event"] is None) == (CLIENT, False), (text, answer)
        taken += 1
    assert taken > 20


@pytest.mark.parametrize("order", {**ORDERS, **WITHOUT_ADDRESS})
def test_no_name_is_an_address(order, tmp_path):
    dice = random.Random(order)
    lines = [line(dice, {**ORDERS, **WITHOUT_ADDRESS}[order], False) for _ in range(1000)]
    right = 0
    for text, answer in zip(lines, ask(tmp_path, lines)):
        assert answer["address"] in (None, CLIENT), (text, answer)
        right += answer["address"] == CLIENT
    assert right == 0 if order in WITHOUT_ADDRESS else right > 250
