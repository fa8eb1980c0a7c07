"""Lines as FTP servers, mail servers and others write them, with random hostile text wherever a client can put some:
the address that a rule finds is the client's own, or none. BANISH_SEED=N repeats a run."""
import json
import os
import random

import pytest

import banish_test

CLIENT = "192.0.2.77"
VICTIM = "203.0.113.9"
N_LINES = 3000

PIECES = [
    "x", " ", ":", ")", "(", "]", "[", '"', "'", "\n", "\t", "=", ", ", ": ", "alice", "root", f"[{VICTIM}]", VICTIM,
    f" [{VICTIM}]: 535 Incorrect authentication data (set_id=y", f") [{VICTIM}]: 535 x", " (set_id=", " U=x",
    f" I=[{VICTIM}]:25", f" H=(x) [{VICTIM}] P=esmtpa A=plain:alice S=1", " F=<x>",
    " rejected RCPT <y>: relay not permitted",
    f'] FAIL LOGIN: Client "{VICTIM}"', f'] OK LOGIN: Client "{VICTIM}"', ', anon password "',
    f'x] FAIL LOGIN: Client "{VICTIM}', f'ftp] OK LOGIN: Client "{VICTIM}", anon password "x',
    f" rhost={VICTIM}", "  user=y", " (Login failed): Incorrect password", ": Login successful.",
    f": no such user found from y [{VICTIM}] to 198.51.100.1:21",
    f"] (?@{VICTIM}) [WARNING] Authentication failed for user [x",
    ") [SASL(-13): authentication failure: x", " SASL(-13): authentication failure: x", ") invalid user",
    " invalid user", f"badlogin: [{VICTIM}] plaintext (x) invalid user",
    f", ip=[{VICTIM}], port=[1]", f", ip=[{VICTIM}]", ", method=PLAIN",
    f'error,relay={VICTIM},msg="535 Authentication failed.",cmd: x',
    f", client: {VICTIM}, server: y", '" was not found in "/x"',
    f"@y from IP: {VICTIM}", "@mail.example",
    f"{VICTIM}:1 [x] web app/one 0/0/0/2/2 401 1 - - ---- 1/1/0/0/0 0/0 {{password}}", "{password}", "|password}",
    f"' from {VICTIM}:22", f"Exit before auth from <{VICTIM}:1>: (user 'x', 9 fails): ",
]


def hostile(draw, size, without=""):
    text = "".join(draw.choice(PIECES) for _ in range(draw.randint(1, 8)))[:size]
    return "".join("?" if letter in without else letter for letter in text)


def exim(draw):
    name, junk = hostile(draw, 120, "\n\t"), hostile(draw, 80, "\n\t")
    # by default, and with helo_accept_junk_hosts
    helo = draw.choice(["client.example", f"[{VICTIM}]", hostile(draw, 80, "\n\t ()[]"), junk])
    host = draw.choice([f"({helo}) [{CLIENT}]", f"host.example.com ({helo}) [{CLIENT}]:40122", f"[{CLIENT}]"])
    return "2026-11-29 13:10:19 " + draw.choice([
        f"plain authenticator failed for {host}: 535 Incorrect authentication data (set_id={name})",
        f"plain authenticator failed for {host}: 535 Incorrect authentication data",
        f"plain authenticator failed for {host} I=[198.51.100.1]:587: 501 Invalid base64 data",
        f"H={host} F=<{name}> rejected RCPT <{junk}>: relay not permitted",
        f"1xXefu-00001s-2t <= {name} H={host} P=esmtpa A=plain:{junk} S=1",
        f"rejected EHLO from {host}: syntactically invalid argument(s): {name}",
        f"SMTP call from {host} dropped: too many unrecognized commands (last was \"{name}\")",
    ])


def vsftpd(draw):
    name = hostile(draw, 120)
    pam = f"pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser={name} rhost={CLIENT}"
    return draw.choice([
        f'[{name}] FAIL LOGIN: Client "{CLIENT}"',
        f'[{name}] OK LOGIN: Client "{CLIENT}"',
        f'[ftp] OK LOGIN: Client "{CLIENT}", anon password "{name}"',
        f'[ftp] FAIL LOGIN: Client "{CLIENT}", anon password "{name}"',
        pam, f"{pam}  user={name}",
    ])


def proftpd(draw):
    name = hostile(draw, 120)
    text = draw.choice([
        f"USER {name} (Login failed): Incorrect password",
        f"USER {name}: no such user found from {CLIENT} [{CLIENT}] to ::ffff:198.51.100.1:21",
        f"USER {name}: Login successful.",
        f"Refusing empty password from user '{name}'",
    ])
    pam = ("pam_unix(proftpd:auth): authentication failure; logname= uid=0 euid=0 tty=/dev/ftpd1 "
           f"ruser={name} rhost={CLIENT}")
    return draw.choice([f"mail (host.example.com[{CLIENT}]) - {text}", pam, f"{pam}  user={name}"])


def pure_ftpd(draw):
    return f"(?@{CLIENT}) " + draw.choice([
        f"[WARNING] Authentication failed for user [{hostile(draw, 120)}]",
        f"[INFO] HTTP command: [{hostile(draw, 120)}]",
        "[ERROR] Too many authentication failures",
    ])


def cyrus(draw):
    name, host = hostile(draw, 120), draw.choice(["", "host.example.com "])
    quoted = json.dumps(hostile(draw, 120))
    return draw.choice([
        f"badlogin: {host}[{CLIENT}] plaintext ({name}) [SASL(-13): authentication failure: checkpass failed]",
        f"badlogin: {host}[{CLIENT}] plaintext ({name}) invalid user",
        f"badlogin: {host}[{CLIENT}] plaintext {name} SASL(-13): authentication failure: checkpass failed",
        f"badlogin: {host}[{CLIENT}] PLAIN ({name}) [SASL(-6): can't request information]",
        f"event=login.bad r.clienthost=\"host.example.com [{CLIENT}]\" u.username={quoted} login.mech=plaintext "
        "error=\"SASL(-13): authentication failure\"",
        f"login: {host}[{CLIENT}] {name} plaintext User logged in SESSIONID=<x>",
    ])


def courier(draw):
    name = hostile(draw, 120, "\n\t")
    return draw.choice([
        f"LOGIN FAILED, user={name}, ip=[{CLIENT}], port=[4711]",
        f"LOGIN FAILED, user={name}, ip=[{CLIENT}]",
        f"LOGIN FAILED, method=PLAIN, ip=[{CLIENT}], port=[4711]",
        f"error,relay={CLIENT},port=4711,msg=\"535 Authentication failed.\",cmd: AUTH PLAIN {name}",
        f"error,relay={CLIENT},port=4711,from=<{name}>: 513 Relaying denied.",
        f"LOGOUT, user={name}, ip=[{CLIENT}], port=[4711], rcvd=1, sent=1",
    ])


def nginx(draw):
    # no name holds a colon: auth_basic ends it there
    name, text = hostile(draw, 120, ":"), hostile(draw, 200, "\n")
    request = f'request: "GET /{text} HTTP/1.1", host: "{text}", referrer: "{text}"'
    return "mail nginx: 2026/11/29 13:19:14 [error] 63#63: *6 " + draw.choice([
        f'user "{name}": password mismatch, client: {CLIENT}, server: , {request}',
        f'user "{name}" was not found in "/etc/nginx/htpasswd", client: {CLIENT}, server: , {request}',
        f"access forbidden by rule, client: {CLIENT}, server: , {request}",
        f'open() "/var/www/{text}" failed (2: No such file or directory), client: {CLIENT}, server: , {request}',
    ])


def prosody(draw):
    name = hostile(draw, 120)
    return "c2s5615abc974b0: " + draw.choice([
        f"Failed authentication attempt (not-authorized) for user {name}@mail.example from IP: {CLIENT}",
        f"Failed authentication attempt (malformed-request) for user {name}@mail.example from IP: {CLIENT}",
        f"Session closed by remote with error: undefined-condition ({name})",
    ])


def dropbear(draw):
    name = hostile(draw, 120)
    return draw.choice(["", "[96] Nov 29 13:04:39 "]) + draw.choice([
        f"Bad PAM password attempt for '{name}' from {CLIENT}:4711",
        f"Pubkey auth bad signature for '{name}' with key SHA256:x from {CLIENT}:4711",
        f"Exit before auth from <{CLIENT}:4711>: (user '{name}', 2 fails): {name}",
        f"Password auth succeeded for '{name}' from {CLIENT}:4711",
    ])


def haproxy(draw):
    def encoded(text):
        return "".join(f"#{ord(c):02X}" if c in '"{|}#' or ord(c) < 32 else c for c in text)
    path, agent, cookie = (encoded(hostile(draw, 120)).replace("}", "#7D") for _ in range(3))
    what, status = draw.choice([("password", 401), ("login", 403), ("login", 401), ("", 401), ("password", 200)])
    server = draw.choice(["web/<NOSRV> 0/-1/-1/-1/0", "app/one 0/0/0/2/2"])
    captures = draw.choice([f"{{{what}}}", f"{{{agent}|{what}}}", f"{{{what}|{agent}}} {{{agent}}}", ""])
    return (f"{CLIENT}:4711 [29/Nov/2026:22:37:35.990] web {server} {status} 249 {draw.choice(['-', cookie])} - LR-- "
            f"1/1/0/0/0 0/0 {captures} \"GET /{path} HTTP/1.1\"")


def entry_of(message):
    return {"MESSAGE": message, "PRIORITY": "5"}


MAKERS = [exim, vsftpd, proftpd, pure_ftpd, cyrus, courier, nginx, prosody, dropbear, haproxy]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_hostile_text_names_nobody_else(make, tmp_path):
    seed = int(os.environ.get("BANISH_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"BANISH_SEED={seed}")
    draw = random.Random(seed)
    messages = [make(draw) for _ in range(N_LINES)]
    journal = "\n".join(json.dumps(entry_of(message)) for message in messages) + "\n"
    answers = banish_test.ask(tmp_path, make.__name__.replace("_", "-"), "aggressive", journal, len(messages))
    wrong = [(answer["address"], message) for message, answer in zip(messages, answers)
             if answer["address"] not in (None, CLIENT)]
    assert not wrong, wrong[:5]
    found = sum(answer["address"] == CLIENT for answer in answers)
    assert found > N_LINES // 4, f"only {found} of {N_LINES} lines name a client"
