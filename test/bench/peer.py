"""fail2ban beside banish: its own server with its own filters, in a folder of its own.

There is no filter for mox in fail2ban; a plain one stands in.
"""
import contextlib
import dataclasses
import datetime
import pathlib
import re
import subprocess
import tempfile
import time

import journals
import tools

MOX_FILTER = """[Definition]
failregex = ^.*\\bm="failed authentication attempt" pkg=(?:imapserver|smtpserver) username=<F-USER>\\S*</F-USER> remote=<HOST> 
journalmatch = _SYSTEMD_UNIT=mox.service
"""

SERVER = """[Definition]
loglevel = INFO
logtarget = {folder}/log
syslogsocket = auto
socket = {folder}/socket
pidfile = {folder}/pid
dbfile = {folder}/database
dbpurgeage = 1d
dbmaxmatches = 10
"""

JAIL = """[{name}]
enabled = true
filter = {name}
backend = systemd{source}
maxretry = {maxretry}
findtime = {findtime}
bantime = {bantime}
usedns = no
action = {action}
"""


def configure(folder, jails, source="", action="", place=None, **settings):
    """Writes a configuration of these jails only, beside links to Debian's filters and actions; `place`: where it
    will lie."""
    folder = pathlib.Path(folder)
    settings = {"maxretry": journals.MAXRETRY, "findtime": journals.FINDTIME, "bantime": journals.BANTIME, **settings}
    (folder / "filter.d").mkdir()
    (folder / "action.d").symlink_to("/etc/fail2ban/action.d")
    for path in pathlib.Path("/etc/fail2ban/filter.d").iterdir():
        (folder / "filter.d" / path.name).symlink_to(path)
    (folder / "filter.d/mox.conf").write_text(MOX_FILTER)
    (folder / "fail2ban.conf").write_text(SERVER.format(folder=place or folder))
    (folder / "jail.conf").write_text("".join(JAIL.format(name=name, source=source, action=action, **settings)
                                              for name in jails))


@contextlib.contextmanager
def server(folder, *prefix):
    """Its process, `prefix` before its command (to run it elsewhere)."""
    process = subprocess.Popen([*prefix, "/usr/bin/fail2ban-server", "-xf", "-c", str(folder), "start"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@dataclasses.dataclass
class Found:
    """What it found in a journal; processor seconds, and wall time from the first look to the last ban."""
    cpu: float
    wall: float
    failures: int
    bans: int


def seconds_of(pid):
    """Processor seconds of all threads of a process so far."""
    return sum(int(path.read_text().split()[0]) for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def time_of(line):
    return datetime.datetime.fromisoformat(line[:23].replace(",", ".")).timestamp()


def read(journal):
    """Lets it read a whole journal from the beginning."""
    with tempfile.TemporaryDirectory(prefix="bench-f2b-") as folder:
        past = int(time.time() - journals.BEGIN / 1e6 + 86400)
        configure(folder, ["dovecot", "mox"], f"[journalpath={journal}]", findtime=past, bantime=past)
        log = pathlib.Path(folder) / "log"
        with server(folder) as process:
            started, text = None, ""
            while text.count("in operation now") < 2:
                if process.poll() is not None:
                    raise tools.Wrong("fail2ban-server ended by itself")
                text = log.read_text() if log.exists() else ""
                if started is None and "Creating new jail" in text:
                    started = seconds_of(process.pid)
                time.sleep(0.05)
            bans = -1
            while bans < (bans := text.count("] Ban ")):  # its other thread still bans what was found
                time.sleep(1.5)
                text = log.read_text()
            spent = seconds_of(process.pid) - started
        begin = re.search(r"^.* Jail '\w+' started", text, re.M).group()
        end = re.findall(r"^.*\] (?:Found|Ban) ", text, re.M)[-1]
        return Found(spent, time_of(end) - time_of(begin), text.count("] Found "), bans)
