"""Lines as the servers write them, with random hostile text wherever a client can put some: the address
that a rule finds is the client's own, or none. BANISH_SEED=N repeats a run."""
import json
import os
import random

import pytest

import banish_test

CLIENT = "192.0.2.77"
SESSION = "<yO7rqtFgr6AKTQEM>"
N_LINES = 4000
CHANGED = ": Change of username or service not allowed: ("

PIECES = [
    "x", ">", "<", ", ", "?", '"', "\\", ")", ": ", "\n", "203.0.113.9", ",203.0.113.9",
    ", rip=203.0.113.9", ", lip=198.51.100.1", ", session=<AAAAAAAAAAAJCQkJ", ">, method=PLAIN",
    ", method=X", "user=<", "): user=<", "(auth_failed)", ") (auth_failed): user=<", " (invalid_mech)",
    " (auth failed, 9 attempts in 1 secs)", "): unknown user", "): Password mismatch", ",<AAAA>",
    ",<AAAA>): unknown user", ",sasl:plain)<AAAA>: passwd-file: unknown user",
    ")<AAAA>: request [1]: pam: pam_authenticate() failed: Authentication failure (Password mismatch?)",
    "): pam_authenticate() failed: Authentication failure (Password mismatch?", " rhost=203.0.113.9",
    "  user=y", " user=y", " (given password: ", " (username: ", " (SHA1 of given password: 00",
    " - trying the next passdb", "default): pam(", "4): pam(", "proxy(", ": Login", "Logged in: ",
    "auth-worker<1>: ", " from 203.0.113.9 port 1 ssh2", " from 203.0.113.9", " port 1", " ssh2",
    " [preauth]", " not allowed because account is locked", "[203.0.113.9]", "unknown[203.0.113.9]",
    ": SASL LOGIN authentication failed: x", ", sasl_username=y",
    " 203.0.113.9 port 1", CHANGED, ": Too many authentication failures", "\x01" * 97, " " * 70,
    " ssh2: RSA SHA256:x", " from [203.0.113.9]:1", ": Relay access denied;", "; from=<", "; Error: open resolver",
]


def hostile(draw, size, newlines="?"):
    text = "".join(draw.choice(PIECES) for _ in range(draw.randint(1, 9)))
    return text[:size].replace("\n", newlines)


def elements(draw, name):
    """The end of a login line, by the default login_log_format_elements or with no brackets around the name."""
    user = draw.choice([f"<{name}>", f"<{name}>", name])
    method = draw.choice(["method=PLAIN, ", "", f"method={hostile(draw, 40).upper()}, "])
    secured = draw.choice(["", ", TLS", ", TLS: Connection closed, TLS: x", ", mpid=3"])
    session = draw.choice([f", session={SESSION}", ""])
    return f"user={user}, {method}rip={CLIENT}, lip=10.0.0.1{secured}{session}"


def dovecot_login(draw):
    name = hostile(draw, 80)
    begin = draw.choice([
        "Disconnected: Connection closed (auth failed, 2 attempts in 1 secs)",
        "Disconnected (no auth attempts in 1 secs)",
        "Disconnected: Connection closed (tried to use unsupported auth mechanism)",
        "Login aborted: Connection closed (auth failed, 2 attempts in 1 secs) (auth_failed)",
        "Login aborted: Logged out (client didn't finish SASL auth, 2 attempts in 1 secs) (auth_waiting_client)",
        "Login aborted: Input buffer full (x) (process_full)",
        "Logged in", "Login",
        f"Authenticate {hostile(draw, 40)} failed: Unsupported authentication mechanism.",
        f"ID sent: name={hostile(draw, 80)}, version={hostile(draw, 80)}",
        f"proxy({name},10.0.0.1:143): Login failed: NO [AUTHENTICATIONFAILED] no",
    ])
    return f"{draw.choice(['imap', 'pop3', 'managesieve', 'submission'])}-login: {begin}: {elements(draw, name)}"


def dovecot_failure(draw):
    """Of these every one is to be found."""
    begin = draw.choice([
        "Disconnected: Connection closed (auth failed, 2 attempts in 1 secs)",
        "Disconnected (tried to use unsupported auth mechanism)",
        "Login aborted: Logged out (auth failed, 2 attempts in 1 secs) (auth_failed)",
        "Login aborted: Logged out (tried to use unsupported auth mechanism, 3 attempts in 1 secs) (invalid_mech)",
    ])
    return f"imap-login: {begin}: {elements(draw, hostile(draw, 80))}"


def dovecot_auth(draw):
    driver = draw.choice(["plain", "passwd-file", "pam"])
    text = draw.choice([
        "unknown user", "Password mismatch", "Empty username",
        "pam_authenticate() failed: Authentication failure (Password mismatch?)",
        "Password mismatch (SHA1 of given password: 00ff)",
        f"Password mismatch (given password: {hostile(draw, 200, '')})",
        f"unknown user (given password: {hostile(draw, 200, '')}) - trying the next passdb",
        f"Username character disallowed by auth_username_chars: 0x3e (username: {hostile(draw, 128)})",
    ])
    name = "?" if "disallowed" in text else hostile(draw, 64)
    return draw.choice([
        f"auth: {driver}({name},{CLIENT},{SESSION}): {text}",
        f"auth: {driver}({name},{CLIENT}): {text}",
        f"auth-worker(12): {driver}({name},{CLIENT},{SESSION}): {text}",
        f"auth-worker(12): conn unix:auth-worker (pid=1,uid=0): auth-worker<1>: "
        f"{driver}({name},{CLIENT},{SESSION}): {text}",
        f"auth({name},{CLIENT},sasl:plain){SESSION}: {driver}: {text}",
        f"auth-worker({name},{CLIENT})<12>{SESSION}: request [1]: {driver}: {text}",
    ])


def dovecot_pam(draw):
    name = hostile(draw, 300, "\n")
    begin = "(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot"
    return draw.choice([
        f"pam_unix{begin} ruser={name} rhost={CLIENT}",
        f"pam_unix{begin} ruser={name} rhost={CLIENT}  user={name}",
        f"pam_sss{begin} ruser={name} rhost={CLIENT} user={name}",
    ])


def dovecot(draw):
    return draw.choice([dovecot_login, dovecot_auth, dovecot_pam])(draw)


def logged_by_sshd(line):
    """sshd writes a control character as four and cuts the line."""
    return line.replace("\x01", "\\001")[:500]


def sshd_end(draw):
    """The lines that have the name as part of the client's: up to 200 bytes of it."""
    user = f"invalid user {hostile(draw, 187, chr(1))} {CLIENT} port 4"
    changed = CHANGED[2:] + f"{hostile(draw, 60)},{hostile(draw, 9)}) -> ({hostile(draw, 90)},ssh-connection)"
    return draw.choice([
        f"Connection closed by {user} [preauth]",
        f"Disconnected from {user} [preauth]",
        f"Disconnecting {user}: Too many authentication failures [preauth]",
        f"Disconnecting {user}: {changed[:100]} [preauth]",
        f"Connection from {user} timed out [preauth]",
        f"ssh_dispatch_run_fatal: Connection from {user}: Broken pipe [preauth]",
    ])


def sshd_line(draw):
    name, text = hostile(draw, 100, "\x01"), hostile(draw, 100, "\x01")
    return draw.choice([
        f"Invalid user {name} from {CLIENT} port 4",
        f"Failed password for invalid user {name} from {CLIENT} port 4 ssh2",
        f"Failed publickey for invalid user {name} from {CLIENT} port 4 ssh2: RSA SHA256:abc",
        f'Failed hostbased for {name} from {CLIENT} port 4 ssh2: RSA SHA256:abc, client user "{text}", '
        f'client host "{text}"',
        f"Connection closed by invalid user {name} {CLIENT} port 4 [preauth]",
        f"error: maximum authentication attempts exceeded for invalid user {name} from {CLIENT} port 4 "
        "ssh2 [preauth]",
        f"User {name} from {CLIENT} not allowed because not listed in AllowUsers",
        f"error: PAM: Authentication failure for illegal user {name} from {CLIENT}",
        f"error: PAM: Authentication failure for {name} from {CLIENT}",
        f"Failed keyboard-interactive/pam for {name} from {CLIENT} port 4 ssh2",
        f"Received disconnect from {CLIENT} port 4:11: {text} [preauth]",
        f"Bad protocol version identification '{text}' from {CLIENT} port 4",
        f"Unable to negotiate with {CLIENT} port 4: no matching cipher found. Their offer: {text} [preauth]",
        f"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= "
        f"rhost={CLIENT}  user={name}",
        f"Accepted gssapi-with-mic for alice from {CLIENT} port 4 ssh2: {text}",
        f'Accepted hostbased for alice from {CLIENT} port 4 ssh2: RSA SHA256:abc, client user "{text}", '
        f'client host "{text}"',
        f"administratively prohibited connection for invalid user {hostile(draw, 2000)}{' ' * draw.randint(0, 600)}"
        f" from {CLIENT} port 4",
        f"refused connect from {name}@host.example.com ({CLIENT})",
    ])


def sshd(draw):
    return logged_by_sshd(draw.choice([sshd_end, sshd_line])(draw))


def postfix(draw):
    text, host = hostile(draw, 200), draw.choice(["unknown", "mail.example.com"])
    client = f"{host}[{CLIENT}]"
    return draw.choice([
        f"warning: {client}: SASL {(text.split() or ['X'])[0]} authentication failed: x, sasl_username={text}",
        f"warning: {client}: SASL LOGIN authentication failed: {text}",
        f"NOQUEUE: reject: RCPT from {client}: 554 5.7.1 <{text}>: Relay access denied; from=<{text}> "
        f"to=<{text}> proto=ESMTP helo=<{text}>",
        f"improper command pipelining after AUTH from {client}: {text}",
        f"warning: non-SMTP command from {client}: {text}",
        f"NOQUEUE: reject: RCPT from {client}: 504 5.5.2 <{text}>: Helo command rejected: need fully-qualified "
        f"hostname; from=<{text}> to=<{text}> proto=ESMTP helo=<{text}>",
        f"NOQUEUE: reject: RCPT from {client}: 554 5.7.1 Service unavailable; Client host [{CLIENT}] blocked "
        f"using rbl.example.com; Listed; from=<{text}> to=<{text}> proto=ESMTP helo=<{text}>",
        f"4F2AB1C0899: reject: END-OF-MESSAGE from {client}: bare <LF> received; from=<{text}> to=<{text}>",
        f"PREGREET 14 after 0.08 from [{CLIENT}]:59415: {text}",
        f"COMMAND PIPELINING from [{CLIENT}]:59415 after EHLO: {text}",
        f"NOQUEUE: reject: RCPT from [{CLIENT}]:59415: 550 5.5.1 Protocol error; from=<{text}>, to=<{text}>, "
        f"proto=ESMTP, helo=<{text}>",
        f"4F2AB1C0899: client={client}, sasl_method=PLAIN, sasl_username={text}",
    ])


def entry_of(message):
    """journald takes blanks off both ends, and keeps what came."""
    entry = {"MESSAGE": message.strip()}
    return entry if entry["MESSAGE"] == message else {**entry, "SYSLOG_RAW": message}


def answers_to(make, tmp_path):
    seed = int(os.environ.get("BANISH_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"BANISH_SEED={seed}")
    draw = random.Random(seed)
    messages = [make(draw) for _ in range(N_LINES)]
    journal = "\n".join(json.dumps(entry_of(message)) for message in messages) + "\n"
    rule = make.__name__.split("_", maxsplit=1)[0]
    return zip(messages, banish_test.ask(tmp_path, rule, "aggressive", journal, len(messages)))


@pytest.mark.parametrize("make", [dovecot, sshd, postfix], ids=lambda make: make.__name__)
def test_hostile_text_names_nobody_else(make, tmp_path):
    answers = list(answers_to(make, tmp_path))
    wrong = [(answer["address"], message) for message, answer in answers
             if answer["address"] not in (None, CLIENT)]
    assert not wrong, wrong[:5]
    found = sum(answer["address"] == CLIENT for _, answer in answers)
    assert found > N_LINES // 4, f"only {found} of {N_LINES} lines name a client"


def postfix_failure(draw):
    """What counts in every mode, whatever the client has typed."""
    text, client = hostile(draw, 300), f"unknown[{CLIENT}]"
    return draw.choice([
        f"warning: {client}: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username={text}",
        f"NOQUEUE: reject: RCPT from {client}: 554 5.7.1 <{text}>: Relay access denied; from=<{text}> "
        f"to=<{text}> proto=ESMTP helo=<{text}>",
    ])


@pytest.mark.parametrize("make", [dovecot_failure, postfix_failure], ids=lambda make: make.__name__)
def test_no_name_or_method_hides_a_failure(make, tmp_path):
    missed = [message for message, answer in answers_to(make, tmp_path)
              if answer["address"] != CLIENT or answer["outcome"] != "failure"]
    assert not missed, missed[:5]
