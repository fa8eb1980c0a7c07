"""What sshd's and Postfix's lines add up to: an attempt counts once, however many lines tell it, and what
are different attempts add up."""
import json
import subprocess

import pytest

import banish_test

START = 1_700_000_000_000_000
SSHD = {"_SYSTEMD_UNIT": "ssh.service", "_UID": "0", "SYSLOG_IDENTIFIER": "sshd-session"}
POSTFIX = {"_SYSTEMD_UNIT": "postfix.service", "_UID": "105", "SYSLOG_IDENTIFIER": "postfix/smtpd"}
PAM = "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1"
SASL = "warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: "
REFUSED = SASL + "(reason unavailable), sasl_username=alice"
LOST = SASL + "Connection lost to authentication server"
END = "disconnect from unknown[192.0.2.1] ehlo=1 auth=0/{} quit=1 commands=2/3"
RELAY = ("NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 454 4.7.1 <x>y@example.net>: Relay access denied; "
         "from=<a@example.net> to=<x>y@example.net> proto=ESMTP helo=<x>")
SCREENED = "[192.0.2.1]:4000"
OF_RECIPIENT = "; from=<x@example.com>, to=<y@example.org>, proto=ESMTP, helo=<x>"


def keys(user, n, port=6001):
    return [f"Failed publickey for {user} from 192.0.2.1 port {port} ssh2: RSA SHA256:{i}" for i in range(n)]


def failed(user, n=1, port=6001, method="password"):
    return [f"Failed {method} for {user} from 192.0.2.1 port {port} ssh2"] * n


def end(user, port=6001):
    return f"Connection closed by {user} 192.0.2.1 port {port} [preauth]"


# lines -> what they add up to in mode normal and in mode aggressive
SSHD_LINES = {
    "one password of a name that does not exist": (
        ["Invalid user x from 192.0.2.1 port 6001", "pam_unix(sshd:auth): check pass; user unknown", PAM,
         *failed("invalid user x"), end("invalid user x")], 1, 1),
    "three passwords of one connection": (
        [PAM + "  user=root", *failed("root", 3), end("authenticating user root"),
         "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root"],
        3, 3),
    "as many as MaxAuthTries, and again": (
        [line for port in (6001, 6002) for line in (
            *failed("root", 3, port),
            f"error: maximum authentication attempts exceeded for root from 192.0.2.1 port {port} ssh2 [preauth]",
            f"Disconnecting authenticating user root 192.0.2.1 port {port}: Too many authentication failures "
            "[preauth]")], 6, 6),
    "keyboard-interactive, which has no port, on two connections": (
        [line for port in (6001, 6002) for line in (
            *["error: PAM: Authentication failure for root from 192.0.2.1"] * 2,
            end("authenticating user root", port))], 4, 4),
    "keyboard-interactive of a name that does not exist": (
        [line for port in (6001, 6002) for line in (
            f"Invalid user x from 192.0.2.1 port {port}",
            "error: PAM: User not known to the underlying authentication module for illegal user x "
            "from 192.0.2.1",
            *failed("invalid user x", 1, port, "keyboard-interactive/pam"),
            end("invalid user x", port))], 2, 2),
    "of a user who is not allowed": (
        ["User root from 192.0.2.1 not allowed because not listed in AllowUsers",
         *failed("invalid user root", 2), end("invalid user root")], 2, 2),
    "an agent's keys, the last of them the right one": (
        [*keys("alice", 5), "Accepted publickey for alice from 192.0.2.1 port 6001 ssh2: ED25519 SHA256:x"], 0, 0),
    "an agent's keys for a name that does not exist": (
        ["Invalid user x from 192.0.2.1 port 6001", *keys("invalid user x", 5), end("invalid user x")], 1, 1),
    "a directory's user, whom pam_unix does not know": (
        [PAM + "  user=alice", "Accepted password for alice from 192.0.2.1 port 6001 ssh2"] * 5, 0, 0),
    "a name that changes": (
        ["Invalid user x from 192.0.2.1 port 6001",
         "Disconnecting invalid user x 192.0.2.1 port 6001: Change of username or service not allowed: "
         "(x,ssh-connection) -> (y,ssh-connection) [preauth]"], 1, 1),
    # the same line, of OpenSSH 10.3 and later, says no more than that somebody looked
    "a look whether it listens": ([end("").replace("  ", " "), "Connection reset by 192.0.2.1 port 6002 [preauth]"],
                                  0, 0),
    "who has said SSH": (["Disconnected from 192.0.2.1 port 6001 [preauth]"], 0, 1),
    "what sshd drops, beside what it tried": (
        [*failed("root", 2),
         *["drop connection #0 from [192.0.2.1]:6002 on [198.51.100.1]:22 penalty: failed authentication"] * 3],
        2, 5),
}
POSTFIX_LINES = {
    "passwords, told again when the connection ends": ([*[REFUSED] * 3, END.format(3)] * 2, 6, 6),
    "passwords and relay tests": ([REFUSED] * 4 + [RELAY] * 4, 8, 8),
    "faults of the server, then passwords": ([LOST, END.format(1)] * 6 + [REFUSED, END.format(1)] * 6, 6, 6),
    "nothing but faults of the server": ([LOST, END.format(1)] * 6, 0, 0),
    "behind the name (unavailable)": (
        [SASL + "(reason unavailable), sasl_username=(unavailable)", REFUSED, END.format(2)] * 40, 40, 40),
    "AUTH where there is none": ([END.format(1)] * 3, 0, 3),
    "one connection that breaks the protocol in two ways": (
        ["warning: non-SMTP command from unknown[192.0.2.1]: GET / HTTP/1.1",
         "lost connection after UNKNOWN from unknown[192.0.2.1]"] * 2, 0, 2),
    "too many errors, beside passwords": (
        [*[REFUSED] * 4, "NOQUEUE: too many errors after AUTH from unknown[192.0.2.1]", END.format(4)], 4, 4),
    "all that postscreen finds of one connection": (
        [f"PREGREET 11 after 0.1 from {SCREENED}: EHLO x\\r\\n", f"DNSBL rank 8 for {SCREENED}",
         f"COMMAND PIPELINING from {SCREENED} after EHLO: x", f"BARE NEWLINE from {SCREENED} after EHLO",
         *[f"NOQUEUE: reject: RCPT from {SCREENED}: 550 5.7.1 Service unavailable; client [192.0.2.1] blocked "
           f"using rbl.example.com{OF_RECIPIENT}"] * 5,
         *[f"NOQUEUE: reject: RCPT from {SCREENED}: 550 5.5.1 Protocol error{OF_RECIPIENT}"] * 5,
         f"DATA without valid RCPT from {SCREENED}", f"DISCONNECT {SCREENED}"], 0, 1),
    "what an honest server does": (
        ["connect from mail.example.com[192.0.2.1]", "lost connection after DATA from mail.example.com[192.0.2.1]",
         "SSL_accept error from mail.example.com[192.0.2.1]: -1",
         "NOQUEUE: reject: RCPT from mail.example.com[192.0.2.1]: 550 5.1.1 <x@example.org>: Recipient address "
         "rejected: User unknown in virtual mailbox table; from=<> to=<x@example.org> proto=ESMTP helo=<x>",
         "NOQUEUE: reject: RCPT from mail.example.com[192.0.2.1]: 554 5.7.1 Service unavailable; Client host "
         "[192.0.2.1] blocked using rbl.example.com; Error: open resolver; from=<> to=<x@example.org> "
         "proto=ESMTP helo=<x>", f"HANGUP after 0.3 from {SCREENED} in tests after SMTP handshake",
         "disconnect from mail.example.com[192.0.2.1] ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4"], 0, 0),
}
CASES = [(SSHD, *case) for case in SSHD_LINES.items()] + [(POSTFIX, *case) for case in POSTFIX_LINES.items()]


@pytest.mark.parametrize("fields,name,case", CASES, ids=[name for _, name, _ in CASES])
@pytest.mark.parametrize("mode", ["normal", "aggressive"])
def test_sum(mode, fields, name, case, tmp_path):
    lines, *wanted = case
    done = subprocess.run([banish_test.BANISH, "test", "--json", "--mode", mode, "--rules",
                           banish_test.TREE / "rules", "--config", tmp_path],
                          input="".join(json.dumps({**fields, "MESSAGE": line, "__REALTIME_TIMESTAMP":
                                                    str(START + n * 1_000_000)}) + "\n"
                                        for n, line in enumerate(lines)),
                          text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.split("\n") if line]
    counted = [answer for answer in answers if "message" in answer and answer["outcome"] == "failure"]
    assert {answer["address"] for answer in counted if answer["weight"]} <= {"192.0.2.1"}
    assert sum(answer["weight"] for answer in counted) == wanted[mode == "aggressive"], \
        [(answer["weight"], answer["event"]) for answer in counted]
