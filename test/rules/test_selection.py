"""Which entries a shipped rule reads: those that journald vouches for, however the program is started,
and nothing that a user of the machine can write."""
import json

import pytest

import banish_test

SSHD = "Failed password for invalid user admin from 192.0.2.2 port 44004 ssh2"
DOVECOT = ("imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<x>, method=PLAIN, "
           "rip=192.0.2.2, lip=198.51.100.1, session=<XK0yGdFgV9EKTQEh>")
POSTFIX = "warning: unknown[192.0.2.2]: SASL LOGIN authentication failed: UGFzc3dvcmQ6"
MOX = 'l=info m="failed authentication attempt" pkg=imapserver username=x remote=192.0.2.2 cid=1'

DROPBEAR = "Bad password attempt for 'root' from 192.0.2.2:44004"
EXIM = "plain authenticator failed for (x) [192.0.2.2]: 535 Incorrect authentication data (set_id=x)"
COURIER = "LOGIN FAILED, user=x, ip=[::ffff:192.0.2.2], port=[44004]"
PROSODY = "c2s5615abc974b0: Failed authentication attempt (not-authorized) for user x@mail.example from IP: 192.0.2.2"
COCKPIT = "pam_unix(cockpit:auth): authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=::ffff:192.0.2.2"
ROUNDCUBE = "<qru5v7ud> Failed login for x from 192.0.2.2 in session qru5v7uduq3729vv (error: 0)"

LOGGER = {"_SYSTEMD_UNIT": "user@1000.service", "_EXE": "/usr/bin/logger", "_UID": "1000"}
PHP = {"_SYSTEMD_UNIT": "php8.2-fpm.service", "_TRANSPORT": "syslog"}
ENTRIES = [
    # Debian's and others' unit, before and after the program's renaming
    ("sshd", SSHD, {"_SYSTEMD_UNIT": "ssh.service", "SYSLOG_IDENTIFIER": "sshd", "_UID": "0"}, True),
    ("sshd", SSHD, {"_SYSTEMD_UNIT": "sshd.service", "SYSLOG_IDENTIFIER": "sshd-session", "_UID": "0"},
     True),
    # socket activation: a unit for each connection
    ("sshd", SSHD, {"_SYSTEMD_UNIT": "ssh@3-198.51.100.1:22-192.0.2.2:44004.service",
                    "_SYSTEMD_SLICE": "system-ssh.slice", "_UID": "0"}, True),
    ("sshd", SSHD, {"_SYSTEMD_UNIT": "sshd@3-1-2.service", "_SYSTEMD_SLICE": "system-sshd.slice",
                    "_UID": "0"}, True),
    # without a unit of either name
    ("sshd", SSHD, {"_SYSTEMD_UNIT": "my-ssh.service", "_EXE": "/usr/lib/openssh/sshd-session",
                    "_UID": "0"}, True),
    # ended before journald could look
    ("sshd", SSHD, {"SYSLOG_IDENTIFIER": "sshd", "_TRANSPORT": "syslog", "_UID": "0"}, True),
    ("sshd", SSHD, {"SYSLOG_IDENTIFIER": "sshd", "_TRANSPORT": "journal", "_UID": "0"}, False),
    # root of a container, confined or not
    ("sshd", SSHD, {"_SYSTEMD_UNIT": "container-3.service", "SYSLOG_IDENTIFIER": "sshd",
                    "_TRANSPORT": "syslog", "_UID": "0"}, False),
    ("sshd", SSHD, dict(LOGGER, SYSLOG_IDENTIFIER="sshd", _COMM="sshd"), False),
    # logged in where no logind runs
    ("sshd", SSHD, {"_SYSTEMD_UNIT": "ssh.service", "SYSLOG_IDENTIFIER": "sshd", "_UID": "1000"}, False),
    ("sshd", SSHD, {"_SYSTEMD_UNIT": "user@1000.service", "_EXE": "/usr/sbin/sshd", "_UID": "1000"},
     False),
    ("dovecot", DOVECOT, {"_SYSTEMD_UNIT": "dovecot.service", "SYSLOG_IDENTIFIER": "dovecot"}, True),
    ("dovecot", DOVECOT, {"_SYSTEMD_UNIT": "dovecot.service", "SYSLOG_IDENTIFIER": "mail"}, True),
    ("dovecot", DOVECOT, dict(LOGGER, SYSLOG_IDENTIFIER="dovecot"), False),
    ("dovecot", DOVECOT, {"SYSLOG_IDENTIFIER": "dovecot", "_UID": "0"}, False),
    ("postfix", POSTFIX, {"_SYSTEMD_UNIT": "postfix.service"}, True),
    ("postfix", POSTFIX, {"_SYSTEMD_UNIT": "postfix@-.service"}, True),
    ("postfix", POSTFIX, {"_SYSTEMD_UNIT": "postfix@mx.service",
                          "_SYSTEMD_SLICE": "system-postfix.slice"}, True),
    ("postfix", POSTFIX, {"_SYSTEMD_UNIT": "postfix@-.service", "_UID": "104"}, True),
    # from ~/.forward
    ("postfix", POSTFIX, {"_SYSTEMD_UNIT": "postfix@-.service", "_UID": "1000"}, False),
    ("postfix", POSTFIX, {"_SYSTEMD_UNIT": "postfix@-.service", "_UID": "65534"}, False),
    ("postfix", POSTFIX, dict(LOGGER, SYSLOG_IDENTIFIER="postfix/smtpd"), False),
    ("mox", MOX, {"_SYSTEMD_UNIT": "mox.service"}, True),
    # as its README runs it: useradd -m mox
    ("mox", MOX, {"_SYSTEMD_UNIT": "mox.service", "_UID": "1000"}, True),
    ("mox", MOX, dict(LOGGER, SYSLOG_IDENTIFIER="mox"), False),
    ("dropbear", DROPBEAR, {"_SYSTEMD_UNIT": "dropbear.service", "_UID": "0"}, True),
    ("dropbear", DROPBEAR, {"_SYSTEMD_UNIT": "dropbear@1-192.0.2.1:22-192.0.2.2:44004.service",
                            "_SYSTEMD_SLICE": "system-dropbear.slice", "_UID": "0"}, True),
    # logged in: no PAM takes him out of the unit
    ("dropbear", DROPBEAR, {"_SYSTEMD_UNIT": "dropbear.service", "_UID": "1000"}, False),
    # of the main log, of the reject log, and what is only there
    ("exim", EXIM, {"_SYSTEMD_UNIT": "exim4.service", "_UID": "101", "PRIORITY": "6"}, False),
    ("exim", EXIM, {"_SYSTEMD_UNIT": "exim4.service", "_UID": "101", "PRIORITY": "5"}, True),
    ("exim", EXIM, {"_SYSTEMD_UNIT": "exim.service", "_UID": "101"}, True),
    # from ~/.forward
    ("exim", EXIM, {"_SYSTEMD_UNIT": "exim4.service", "_UID": "1000", "PRIORITY": "5"}, False),
    ("courier", COURIER, {"_SYSTEMD_UNIT": "courier-imap.service", "_UID": "0"}, True),
    ("courier", COURIER, {"_SYSTEMD_UNIT": "courier-imap.service", "_UID": "1000"}, False),
    # from ~/.courier
    ("courier", COURIER, {"_SYSTEMD_UNIT": "courier.service", "_UID": "0"}, False),
    ("prosody", PROSODY, {"_SYSTEMD_UNIT": "prosody.service", "_TRANSPORT": "syslog"}, True),
    # a line of many that a client has written
    ("prosody", PROSODY, {"_SYSTEMD_UNIT": "prosody.service", "_TRANSPORT": "stdout"}, False),
    ("cockpit", COCKPIT, {"_SYSTEMD_UNIT": "cockpit-wsinstance-https@e3b0.service",
                          "_SYSTEMD_SLICE": "system-cockpithttps.slice", "_UID": "0"}, True),
    ("cockpit", COCKPIT, {"_SYSTEMD_UNIT": "cockpit-session@1-2-3.service",
                          "_SYSTEMD_SLICE": "system-cockpit\\x2dsession.slice", "_UID": "0"}, True),
    # logged in
    ("cockpit", COCKPIT, {"_SYSTEMD_UNIT": "cockpit-wsinstance-https@e3b0.service",
                          "_SYSTEMD_SLICE": "system-cockpithttps.slice", "_UID": "1000"}, False),
    ("roundcube", ROUNDCUBE, {**PHP, "_UID": "33", "SYSLOG_IDENTIFIER": "roundcube-raw"}, True),
    # perhaps a line of many that a client has written
    ("roundcube", ROUNDCUBE, {**PHP, "_UID": "33", "SYSLOG_IDENTIFIER": "roundcube"}, False),
    # a pool of somebody else
    ("roundcube", ROUNDCUBE, {**PHP, "_UID": "1000", "SYSLOG_IDENTIFIER": "roundcube-raw"}, False),
    ("roundcube", ROUNDCUBE, dict(LOGGER, _TRANSPORT="syslog", SYSLOG_IDENTIFIER="roundcube-raw"), False),
]


@pytest.mark.parametrize("rule,message,fields,read", ENTRIES)
def test_selection(rule, message, fields, read, tmp_path):
    entry = dict(fields, MESSAGE=message, __REALTIME_TIMESTAMP="1700000000000000")
    answer = banish_test.ask(tmp_path, rule, "normal", json.dumps(entry) + "\n", 1)[0]
    assert (answer["address"], answer["weight"]) == (("192.0.2.2", 1) if read else (None, 0)), answer
