#!/usr/bin/python3
"""Comes to an SSH server from many addresses at once, some with a password, some with worse.

Reads from stdin what each address does, and answers with how it went (as attack.py does):
  {"203.0.113.151": {"how": "password", "user": "alice", "attempts": 3}}
  {"203.0.113.151": ["refused", "refused", "refused"]}
All attempts of an address are made on one connection.
"""
import concurrent.futures
import json
import logging
import socket
import struct
import sys

import paramiko

TIMEOUT = 5     # s
DISCONNECT, KEXINIT = 1, 20     # messages of RFC 4253
BY_APPLICATION = 11


def connect(source, options):
    connection = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET)
    connection.settimeout(options.get("timeout", TIMEOUT))
    connection.bind((source, 0))
    connection.connect(("2001:db8:77::1" if ":" in source else "203.0.113.1", 22))
    return connection


def login(transport, options):
    user, password = options.get("user", "alice"), options.get("password", "wrong")
    if options["how"] == "none":
        transport.auth_none(user)
    elif options["how"] == "key":
        transport.auth_publickey(user, paramiko.ECDSAKey.generate())
    elif options["how"] == "keyboard":
        transport.auth_interactive(user, lambda title, text, asked: [password] * len(asked))
    else:
        transport.auth_password(user, password, fallback=False)


def log_in(source, options):
    transport = paramiko.Transport(connect(source, options))
    transport.auth_timeout = TIMEOUT
    outcomes = []
    try:
        transport.start_client(timeout=TIMEOUT)
        if options.get("key_first"):
            outcomes += attempt(transport, {**options, "how": "key"})
        for _ in range(options.get("attempts", 1)):
            outcomes += attempt(transport, options)
        if "run" in options:
            channel = transport.open_session(timeout=TIMEOUT)
            channel.exec_command(options["run"])
            channel.recv_exit_status()
        if "farewell" in options:
            message = paramiko.Message()
            message.add_byte(bytes([DISCONNECT]))
            message.add_int(BY_APPLICATION)
            message.add_string(options["farewell"])
            message.add_string("")
            transport._send_message(message)    # paramiko's own farewell has no text
            transport.join(TIMEOUT)             # the server closes
        return outcomes
    finally:
        transport.close()


def attempt(transport, options):
    try:
        login(transport, options)
        return ["ok"]
    except (paramiko.AuthenticationException, paramiko.SSHException):
        return ["refused"]


def packet(payload):
    """A packet before any cipher: RFC 4253, 6."""
    padding = 8 - (len(payload) + 5) % 8
    padding += 8 if padding < 4 else 0
    return struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


def say(source, options):
    """Sends no more than that, and waits for the server to have had enough."""
    data = options["text"].encode() if "text" in options else b""
    if "offer" in options:  # as names of algorithms
        text = options["offer"].encode()
        names = struct.pack(">I", len(text)) + text
        data += packet(bytes([KEXINIT]) + bytes(16) + names * 10 + bytes(5))
    with connect(source, options) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    return ["closed"]


def attack(source, options):
    try:
        return say(source, options) if options.setdefault("how", "password") == "say" \
            else log_in(source, options)
    except TimeoutError:
        return ["timeout"]
    except ConnectionError:
        return ["reset"]
    except (paramiko.SSHException, EOFError):
        return ["closed"]


def main():
    logging.getLogger("paramiko").addHandler(logging.NullHandler())
    everybody = json.load(sys.stdin)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        outcomes = pool.map(attack, everybody, everybody.values())
        print(json.dumps(dict(zip(everybody, outcomes))))


if __name__ == "__main__":
    main()
