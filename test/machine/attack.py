#!/usr/bin/python3
"""Logs in to a mail server, or fails to, from a source address of one's choice.

Prints one JSON line for each source:
  {"source": "203.0.113.11", "protocol": "imap", "outcomes": ["refused", "ok"], "seconds": 0.02}
An outcome is one of
  ok         logged in (a probe: did what it was to do)
  refused    the server said no
  closed     the server closed the connection instead of answering
  reset      connection reset or refused
  timeout    no answer, or no connection, in time
The exit code tells the last outcome: 0 ok, 1 refused, 3 closed, 4 reset, 5 timeout; 2 is a wrong
option. An attempt that ends the connection (closed, reset, timeout) is followed by a new one.
"""
import argparse
import base64
import concurrent.futures
import json
import socket
import ssl
import sys
import time

EXIT_CODES = {"ok": 0, "refused": 1, "closed": 3, "reset": 4, "timeout": 5}
PORTS = {"imap": 143, "pop3": 110, "sieve": 4190, "submission": 587, "smtp": 25}
TLS_PORTS = {"imap": 993, "pop3": 995}
PROBES = ["connect", "tls-garbage", "tls-abort", "unknown-mechanism", "long-line", "unfinished",
          "bad-base64"]


class Closed(Exception):
    """The server ended the connection."""


class Session:
    """One connection: a line reader and writer over a socket."""

    def __init__(self, options, source, tls):
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(options.timeout)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((source, 0))
        self.buffer = b""
        self.protocol = options.protocol
        host = options.host or ("2001:db8:77::1" if family == socket.AF_INET6 else "203.0.113.1")
        ports = TLS_PORTS if tls else PORTS
        self.socket.connect((host, options.port or ports[options.protocol]))
        if tls and options.probe not in ("tls-garbage", "tls-abort"):
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def line(self):
        while b"\n" not in self.buffer:
            data = self.socket.recv(4096)
            if not data:
                raise Closed
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def until(self, *beginnings):
        """The next line that begins with one of these words."""
        while True:
            line = self.line()
            if line.upper().startswith(beginnings):
                return line

    def close(self):
        self.socket.close()

    # Each protocol: greet() reads what comes first; say() sends a command with the words of the
    # protocol around it; answer() is True for yes, False for no, None for "go on".

    def greet(self):
        if self.protocol == "imap":
            self.until(b"* OK")
        elif self.protocol == "pop3":
            self.until(b"+OK")
        elif self.protocol == "sieve":
            self.until(b"OK")
        else:
            self.until(b"220 ")
            self.send("EHLO client\r\n")
            self.until(b"250 ")

    def answer(self):
        if self.protocol == "imap":
            word = self.until(b"A OK", b"A NO", b"A BAD", b"+")[:3]
            return {b"A O": True, b"A N": False, b"A B": False}.get(word)
        if self.protocol == "pop3":
            word = self.until(b"+", b"-ERR")[:3]
            return {b"+OK": True, b"-ER": False}.get(word)
        if self.protocol == "sieve":
            word = self.until(b"OK", b"NO", b"BYE", b"{", b'"')
            return {b"OK": True, b"NO": False, b"BY": False}.get(word[:2])
        return {b"2": True, b"3": None}.get(self.until(b"2", b"3", b"4", b"5")[:1], False)

    def authenticate(self, mechanism, response=None):
        """SASL with an initial response where one is given."""
        if self.protocol == "imap":
            self.send(f"A AUTHENTICATE {mechanism}" + (f" {response}" if response else "") + "\r\n")
        elif self.protocol == "pop3":
            self.send(f"AUTH {mechanism}" + (f" {response}" if response else "") + "\r\n")
        elif self.protocol == "sieve":
            self.send(f'AUTHENTICATE "{mechanism}"' +
                      (f' "{response}"' if response else "") + "\r\n")
        else:
            self.send(f"AUTH {mechanism}" + (f" {response}" if response else "") + "\r\n")

    def login(self, method, user, password):
        if method == "login" and self.protocol == "imap":
            self.send(b"A LOGIN " + quoted(user) + b" " + quoted(password) + b"\r\n")
        elif method == "login" and self.protocol == "pop3":
            self.send(f"USER {user}\r\n")
            if self.answer() is False:
                return False
            self.send(f"PASS {password}\r\n")
        elif method == "sasl-login":
            self.authenticate("LOGIN")
            for text in (user, password):
                if self.answer() is not None:
                    return False
                self.send(base64.b64encode(text.encode()) + b"\r\n")
        else:
            token = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
            self.authenticate("PLAIN", token)
        return self.answer()


def quoted(text):
    """An IMAP string: as a literal where quotes cannot carry it."""
    data = text.encode(errors="surrogateescape")
    if any(byte < 32 or byte > 126 for byte in data):
        return b"{%d+}\r\n%s" % (len(data), data)
    return b'"' + data.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def probe(session, options):
    if options.probe == "tls-garbage":
        session.send(b"GET / HTTP/1.0\r\n\r\n" * 8)
        raise_on_silence(session)
        return
    if options.probe == "tls-abort":
        session.send(bytes.fromhex("16030100a5"))
        return
    session.greet()
    if options.probe == "unknown-mechanism":
        session.authenticate("BANANA", "AAAA")
        session.answer()
    elif options.probe == "bad-base64":
        session.authenticate("PLAIN", "!!!!")
        session.answer()
    elif options.probe == "unfinished":
        session.authenticate("LOGIN")
        session.answer()
    elif options.probe == "long-line":
        session.send(b"A" * 70000 + b"\r\n")
        raise_on_silence(session)


def raise_on_silence(session):
    """Reads until the server has had enough; that it ends the connection is the expected end."""
    try:
        while session.socket.recv(4096):
            pass
    except ConnectionError:
        pass


def attempt(session, options):
    """The outcome of one attempt on an open session."""
    if options.probe:
        probe(session, options)
        return "ok"
    if options.say:
        answers = []
        for line in options.say:
            session.send(line + "\r\n")
            answers.append(session.answer())
        return "ok" if answers[-1] else "refused"
    return "ok" if session.login(options.method, options.user, options.password) else "refused"


def attack(options, source):
    if options.parallel:
        one = argparse.Namespace(**{**vars(options), "attempts": 1, "parallel": False})
        with concurrent.futures.ThreadPoolExecutor(options.attempts) as pool:
            return [outcome for outcomes in pool.map(attack, [one] * options.attempts,
                                                     [source] * options.attempts)
                    for outcome in outcomes]
    outcomes = []
    session, used = None, 0
    open_sessions = []
    for _ in range(options.attempts):
        try:
            if session is None or used == options.per_connection:
                session, used = Session(options, source, options.tls), 0
                open_sessions.append(session)
                if not options.probe:
                    session.greet()
            used += 1
            outcomes.append(attempt(session, options))
        except TimeoutError:
            outcomes.append("timeout")
        except (ConnectionError, ssl.SSLError):
            outcomes.append("reset")
        except Closed:
            outcomes.append("closed")
        if outcomes[-1] not in ("ok", "refused"):
            session = None
        elif outcomes[-1] == "ok" or used == options.per_connection:
            if not options.keep_open:
                session.close()
            session = None
        time.sleep(options.pause)
    if options.keep_open:
        time.sleep(options.keep_open)
    for session in open_sessions:
        session.close()
    return outcomes


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", action="append", required=True, help="address to come from")
    parser.add_argument("--protocol", choices=PORTS, default="imap")
    parser.add_argument("--method", choices=["login", "plain", "sasl-login"], default="login",
                        help="the protocol's own login (sieve, submission, smtp: SASL PLAIN), "
                        "SASL PLAIN or SASL LOGIN")
    parser.add_argument("--user", default="alice")
    parser.add_argument("--password", default="wrong")
    parser.add_argument("--attempts", type=int, default=1)
    parser.add_argument("--parallel", action="store_true",
                        help="all attempts at once, each on its own connection")
    parser.add_argument("--per-connection", type=int, default=1, help="attempts per connection")
    parser.add_argument("--keep-open", type=float, default=0, metavar="SECONDS",
                        help="hold the connections for so long before closing them")
    parser.add_argument("--pause", type=float, default=0, help="seconds between attempts")
    parser.add_argument("--timeout", type=float, default=20.0, help="seconds for each answer")
    parser.add_argument("--probe", choices=PROBES, help="do this instead of logging in")
    parser.add_argument("--say", action="append", metavar="LINE",
                        help="say this instead of logging in; the last line's answer counts")
    parser.add_argument("--tls", action="store_true", help="TLS from the first byte")
    parser.add_argument("--host", help="the server's address")
    parser.add_argument("--port", type=int)
    return parser.parse_args()


def main():
    options = parse_options()
    outcomes = []
    for source in options.source:
        begin = time.monotonic()
        outcomes = attack(options, source)
        print(json.dumps({"source": source, "protocol": options.protocol, "outcomes": outcomes,
                          "seconds": round(time.monotonic() - begin, 3)}), flush=True)
    return EXIT_CODES[outcomes[-1]] if outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
