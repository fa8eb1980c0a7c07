"""`banish run` on a made state and a made journal, in a network of its own."""
import contextlib
import ctypes
import itertools
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

import journals
import tools

POLICY = {"defaults": {"maxretry": 5}, "jails": {"dovecot": {}, "mox": {}}}
EVENT = "auth-failed"


def enter(module, *arguments):
    """Runs `python3 MODULE ARGUMENTS` where nft is free to use and no journald listens; its JSON."""
    script = 'mount -t tmpfs tmpfs /run/systemd && exec "$@"'
    done = subprocess.run(["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", script, "-",
                           sys.executable, str(tools.HERE / f"{module}.py"), *map(str, arguments)],
                          stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise tools.Wrong(f"{module}.py ended with {done.returncode}")
    return [tools.Row(**row) for row in json.loads(done.stdout)]


def answer(rows):
    """For enter()."""
    keys = ["part", "what", "figures", "ratio", "target", "unit"]
    print(json.dumps([{key: getattr(row, key) for key in keys} for row in rows]))


def last_of(journal):
    """Cursor and time of a journal's last entry."""
    done = subprocess.run(["journalctl", "--directory", str(journal), "--lines=1", "--output=json"],
                          capture_output=True, text=True, check=True)
    entry = json.loads(done.stdout)
    return entry["__CURSOR"], int(entry["__REALTIME_TIMESTAMP"])


def bans(n):
    """Addresses and times of n bans that run for some hours yet."""
    now = int(time.time() * journals.SECOND)
    for i in range(n):
        yield i + 1, f"11.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}", now, now + (3600 + i % 7200) * journals.SECOND


def write_state(folder, n, cursor, position):
    """A ledger of n bans that were placed, as after a compaction."""
    lines = []
    numbered = bans(n)
    while some := list(itertools.islice(numbered, 100)) or (not lines and [()]):
        changes = []
        for number, address, since, until in filter(None, some):
            changes.append({"ban": {"id": number, "jail": "dovecot", "prefix": address + "/32", "address": address,
                                    "since": since, "until": until, "event": EVENT, "failures": 5, "offence": 1,
                                    "cursor": cursor}})
            changes.append({"placed": number})
        lines.append(json.dumps({"v": 1, "cursor": cursor, "time": position, "changes": changes},
                                separators=(",", ":")))
        if not n:
            break
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "state").write_text("\n".join(lines) + "\n")


def small_journal(folder):
    """A journal of one entry, made now."""
    folder.mkdir()
    now = int(time.time() * journals.SECOND) - journals.SECOND
    fields = journals.block("dovecot.service", "dovecot", 110)
    journals.feed(folder, iter([journals.entry(now, fields, 1, "master: Dovecot v2.3 starting up")]))
    return folder


def busy_seconds(pid):
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def sleeps(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def refuse_exec_gain():
    """As MemoryDenyWriteExecute= of the unit (Linux 6.3): without it PCRE2 compiles patterns to machine code,
    in anonymous memory."""
    set_mdwe, exec_gain = 65, 1
    ctypes.CDLL(None).prctl(set_mdwe, exec_gain, 0, 0, 0)


class Daemon:
    """A running daemon; `ready`: wall seconds from its start to READY=1, `cpu`: processor seconds till then."""

    def __init__(self, options, state, journal):
        with tempfile.TemporaryDirectory() as folder:
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            listener.bind(folder + "/notify")
            listener.settimeout(60)
            begin = time.monotonic()
            self.process = subprocess.Popen(
                [str(part) for part in [tools.BANISH, "run", *options, "--state", state, "--directory", journal]],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                preexec_fn=refuse_exec_gain, env={**os.environ, "NOTIFY_SOCKET": folder + "/notify"})
            try:
                while b"READY=1" not in listener.recv(4096):
                    pass
            except TimeoutError:
                self.process.kill()
                raise tools.Wrong("no READY=1: " + self.process.stderr.read().decode()) from None
            self.cpu = busy_seconds(self.process.pid)
            self.ready = time.monotonic() - begin
            self.begin = begin

    def settle(self):
        """Wall seconds from its start until it sleeps."""
        busy, since = busy_seconds(self.process.pid), time.monotonic()
        while time.monotonic() - since < 0.3:
            time.sleep(0.005)
            if busy_seconds(self.process.pid) - busy > 0.001 or not sleeps(self.process.pid):
                busy, since = busy_seconds(self.process.pid), time.monotonic()
        self.cpu_settled = busy
        return since - self.begin

    def anonymous(self):
        """Bytes of anonymous memory."""
        with open(f"/proc/{self.process.pid}/status") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))

    def has_machine_code(self):
        """Whether some anonymous memory may be executed."""
        with open(f"/proc/{self.process.pid}/maps") as lines:
            return any(line.split()[1].startswith("rwx") for line in lines)

    def stop(self):
        self.process.terminate()
        talk = self.process.communicate()[1].decode()
        if self.process.returncode != 0:
            raise tools.Wrong(f"banish run ended with {self.process.returncode}: {talk}")


@contextlib.contextmanager
def running(options, state, journal):
    daemon = Daemon(options, state, journal)
    try:
        yield daemon
    finally:
        daemon.stop()
