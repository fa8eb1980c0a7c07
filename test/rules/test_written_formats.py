"""Lines in JSON and entries with fields of their own, written as the servers' sources write them, with random hostile
text wherever a client can put some: the address that a rule finds is the client's own. BANISH_SEED=N repeats a run.

maddy 0.9.4: framework/log/log.go (Logger.Error, Logger.Msg), framework/log/orderedjson.go, internal/endpoint/imap/imap.go,
internal/endpoint/smtp/session.go, internal/auth/sasl.go. Stalwart 0.16: crates/common/src/telemetry/tracers/journald.rs.
Nextcloud 30: lib/private/Log/Systemdlog.php, lib/private/Log/LogDetails.php, lib/private/User/Session.php.
Vaultwarden 1.35: src/api/identity.rs, src/api/admin.rs, src/main.rs (chain_syslog).
Roundcube 1.6.5, as recorded in test/field: program/include/rcmail.php (log_login).
Mailu 2024.06 (master of July 2026): core/admin/mailu/internal/nginx.py (check_credentials), sso/views/base.py.
"""
import json
import os
import random

import pytest

import banish_test

CLIENT = "192.0.2.77"
VICTIM = "203.0.113.9"
N_LINES = 2000

PIECES = [
    "x", " ", ":", "\n", "\t", "\\", '"', "'", ")", "(", "}", "{", ",", "\u2028", "\u00fc", "\U0001f600", "\x01", "\\u0022",
    "alice", VICTIM, f'","src_ip":"{VICTIM}:1', f'"src_ip":"{VICTIM}:1"', f'imap: authentication failed\t{{"src_ip":"{VICTIM}:1"}}',
    f'","remoteAddr":"{VICTIM}', f'\\","remoteAddr":"{VICTIM}"', f" (Remote IP: {VICTIM})", f"Login failed: y (Remote IP: {VICTIM})",
    f"\nREMOTEIP={VICTIM}\n", f'", remoteIp = {VICTIM}', f". IP: {VICTIM}. Username: y.", f" IP: {VICTIM}",
    f"\n[2026-11-29 13:10:00.123][vaultwarden::api::admin][ERROR] Invalid admin token. IP: {VICTIM}\n",
    f"/imap/993 from: {VICTIM}/1: failed: badauth: 0a1b2c", f"'/imap/993 from: {VICTIM}/1: failed: account disabled",
    f"/imap/993 from: {VICTIM}/1: success: password",
    "Username or password is incorrect. Try again.", " logged in successfully.",
    f" from {VICTIM} in session 0123456789abcdef (error: 0)", f") from {VICTIM} in session 0123456789abcdef",
    f"\n<01234567> Failed login for root from {VICTIM} in session 0123456789abcdef (error: 0)", " (ID: 1)",
]


def hostile(draw):
    return "".join(draw.choice(PIECES) for _ in range(draw.randint(1, 8)))


def go_json(**keys):
    """encoding/json: sorted by maddy, and what could end a script is a number."""
    text = json.dumps(dict(sorted(keys.items())), separators=(",", ":"), ensure_ascii=False)
    for letter in "<>&\u2028\u2029\x7f":
        text = text.replace(letter, f"\\u{ord(letter):04x}") if letter != "\x7f" else text
    return text


def maddy(draw):
    name = hostile(draw)
    if draw.random() < 0.3:
        return "submission: incoming message\t" + go_json(
            msg_id="f1", sender=hostile(draw), src_host=hostile(draw), src_ip=f"{CLIENT}:4711", username=name), "submitted", {}
    return draw.choice(["imap", "imap/sasl", "submission", "submission/sasl"]) + ": authentication failed\t" + go_json(
        reason=hostile(draw), src_ip=f"{CLIENT}:4711", username=name), "auth-failed", {}


def stalwart(draw):
    failed = draw.random() < 0.7
    fields = {"REMOTEIP": CLIENT, "ACCOUNTNAME": hostile(draw), "LISTENERID": "imap", "DETAILS": hostile(draw)}
    return "Authentication failed" if failed else "Authentication successful", "auth-failed" if failed else "login", fields


def nextcloud(draw):
    quote = draw.choice(["", "'"])
    entry = {"reqId": "x", "level": 2, "time": "2026-11-29T13:10:00+00:00", "remoteAddr": CLIENT, "user": "--",
             "app": "core", "method": hostile(draw), "url": "/" + hostile(draw),
             "message": f"Login failed: {quote}{hostile(draw)}{quote} (Remote IP: {quote}{CLIENT}{quote})",
             "userAgent": hostile(draw), "version": "30.0.2.2"}
    return json.dumps(entry, separators=(",", ":")), "login-failed", {"SYSLOG_IDENTIFIER": "Nextcloud"}


def vaultwarden(draw):
    begin = draw.choice(["", "[2026-11-29 13:10:00.123][vaultwarden::api::identity][ERROR] "])
    message = f"Username or password is incorrect. Try again. IP: {CLIENT}. Username: {hostile(draw).strip()}."
    return begin + message, "wrong-password", {"_TRANSPORT": "syslog"}


def roundcube(draw):
    end = f"from {CLIENT} in session afmottk0u38qqpcq"
    if draw.random() < 0.2:
        return f"<afmottk0> Successful login for alice (ID: 1) {end}", "login", ROUNDCUBE
    if draw.random() < 0.2:  # a header that the client wrote
        return (f"<afmottk0> Failed login for {hostile(draw)} from {CLIENT} (X-Forwarded-For: {hostile(draw)}) in session "
                "afmottk0u38qqpcq (error: 0)"), None, ROUNDCUBE
    return f"<afmottk0> Failed login for {hostile(draw)} {end} (error: 0)", "auth-failed", ROUNDCUBE


def mailu(draw):
    begin = "[2026-11-29 13:10:00,601] INFO in nginx: Login attempt for: "
    end = f"/{draw.choice(['imap', 'submission', 'web'])}/{draw.choice([993, None])} from: {CLIENT}/{draw.choice([4711, None])}: "
    if draw.random() < 0.3:  # the comment is a user's own
        return begin + f"alice@example.org{end}success: token-3: {hostile(draw)!r}", "login", CONTAINER
    return begin + f"{hostile(draw)!r}{end}failed: account disabled", "unknown-user", CONTAINER


CONTAINER = {"_SYSTEMD_UNIT": "docker.service", "CONTAINER_NAME": "mailu-admin-1"}
ROUNDCUBE = {"_TRANSPORT": "syslog", "SYSLOG_IDENTIFIER": "roundcube-raw", "_UID": "33"}
UNITS = {"nextcloud": "php8.2-fpm.service", "roundcube": "php8.2-fpm.service"}


@pytest.mark.parametrize("write", [maddy, stalwart, nextcloud, vaultwarden, roundcube, mailu])
def test_nobody_else_is_named(tmp_path, write):
    seed = int(os.environ.get("BANISH_SEED", random.randrange(1 << 32)))
    print(f"BANISH_SEED={seed}")
    draw = random.Random(seed)
    rule = write.__name__
    lines = [write(draw) for _ in range(N_LINES)]
    journal = "".join(json.dumps({"_SYSTEMD_UNIT": UNITS.get(rule, rule + ".service"), "MESSAGE": message, **fields}) + "\n"
                      for message, _, fields in lines)
    for answer, (message, event, _) in zip(banish_test.ask(tmp_path, rule, "normal", journal, N_LINES), lines):
        assert (answer["event"], answer["address"]) == (event, event and CLIENT), message


def test_standard_output_of_vaultwarden_is_not_read(tmp_path):
    """There a client's line feed begins an entry of its own."""
    entry = {"_SYSTEMD_UNIT": "vaultwarden.service", "_TRANSPORT": "stdout",
             "MESSAGE": f"[2026-11-29 13:10:00.123][vaultwarden::api::admin][ERROR] Invalid admin token. IP: {VICTIM}"}
    answer, = banish_test.ask(tmp_path, "vaultwarden", "normal", json.dumps(entry) + "\n", 1)
    assert answer["event"] is None
