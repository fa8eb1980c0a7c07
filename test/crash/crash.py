"""The daemon, killed or failed at one of its calls to the system, in a network of its own.

A scenario is a list of steps. It is played once without harm: what ledger and kernel hold after each
step is what they have to hold in every other play. Then it is played with a shim preloaded that kills
the daemon at its n-th call (or makes the call fail); the daemon is started again without the shim,
and the play goes on. Needs root, nft and systemd-journal-remote; touches nothing of the machine's.
"""
import ctypes
import collections
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BANISH_BUILD", TREE / "build"))
BANISH = BUILD / "daemon" / "banish"
SHIM = BUILD / "test" / "crash" / "shim.so"
REMOTE = "/lib/systemd/systemd-journal-remote"
BOOT = "0123456789abcdef0123456789abcdef"

# what changes the world: dying around a call that only reads is like dying around the next of these
WRITES = ("write,writev,pwrite,pwrite64,fsync,fdatasync,ftruncate,ftruncate64,rename,renameat,unlink,"
          "sendmsg,sendto")

US = 1_000_000
PATIENCE = 60     # seconds for what comes at once where nothing else runs: only what hangs takes them
SLACK = 3         # seconds by which two clocks may differ
MOMENT = 0.05     # seconds at rest
QUIET = 0.4       # seconds at rest and without a change: settled
MAX_STARTS = 4    # of one play

RULE = {
    "name": "gate", "journal": [{"_SYSTEMD_UNIT": "gate.service"}], "ports": ["imap"],
    "events": [{"name": "denied", "pattern": "^denied from=(?<address>[^ ]+)$"}],
    "examples": [{"message": "denied from=192.0.2.1", "event": "denied", "address": "192.0.2.1"}],
}


def namespaces():
    """This process gets a network and a /run of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    for done in (libc.unshare(0x40000000 | 0x00020000),  # CLONE_NEWNET | CLONE_NEWNS
                 libc.mount(b"none", b"/", None, 0x4000 | 0x40000, None),  # MS_REC | MS_PRIVATE
                 libc.mount(b"none", b"/run", b"tmpfs", 0, None)):
        if done < 0:
            raise OSError(ctypes.get_errno(), "no namespaces")
    os.makedirs("/run/systemd/journal")
    os.makedirs("/run/systemd/journal.banish-fleet")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # nobody reads what the daemon notifies but who waits for it
    pathlib.Path("/proc/sys/net/unix/max_dgram_qlen").write_text("100000")


@dataclasses.dataclass
class Harm:
    """What the shim does: to the call of that number, of these functions ("": all it knows)."""
    at: int = 0
    mode: str = ""
    only: str = ""
    then: str = ""   # what follows a call that failed: hup, restart, kill
    patient: bool = False   # nobody unbans until it is saved that bans are placed; who dies before puts them back


class World:
    """One daemon, its journal, its state, and what it says."""

    def __init__(self, folder, harm, banish=BANISH):
        self.folder, self.harm, self.banish = pathlib.Path(folder), harm, banish
        for sub in ("config/rules.d", "rules", "journal", "remote", "state"):
            (self.folder / sub).mkdir(parents=True)
        self.daemon, self.armed, self.n_starts, self.n_files, self.n_told = None, False, 0, 0, 0
        self.said, self.shared = [], []
        self.codes = []
        self.journals = [self.bind("/run/systemd/journal/socket"), self.bind("/run/systemd/journal.banish-fleet/socket")]
        self.listeners = [self.begin_to_listen(*each) for each in zip(self.journals, (self.said, self.shared))]
        self.notify = self.bind(str(self.folder / "notify"))
        self.stderr = open(self.folder / "stderr", "wb")
        (self.folder / "config/rules.d/gate.json").write_text(json.dumps(RULE))
        self.configure()
        subprocess.run(["nft", "flush", "ruleset"], check=True)

    @staticmethod
    def bind(path):
        if os.path.exists(path):
            os.unlink(path)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
        sock.bind(path)
        return sock

    def close(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.kill()
            self.daemon.wait()
        for journal, listener in zip(self.journals, self.listeners):
            journal.shutdown(socket.SHUT_RD)
            listener.join()
        for each in (*self.journals, self.notify, self.stderr):
            each.close()

    def stop_sharing(self):
        """The journal namespace takes nothing."""
        self.journals[1].shutdown(socket.SHUT_RD)
        self.listeners[1].join()
        self.journals[1].close()

    def share_again(self):
        self.journals[1] = self.bind("/run/systemd/journal.banish-fleet/socket")
        self.listeners[1] = self.begin_to_listen(self.journals[1], self.shared)

    def begin_to_listen(self, journal, said):
        listener = threading.Thread(target=self.listen, args=(journal, said), daemon=True)
        listener.start()
        return listener

    @staticmethod
    def listen(journal, said):
        """Its queue is short, and who writes to a full one waits."""
        while True:
            datagram, fds, _, _ = socket.recv_fds(journal, 1 << 16, 1)
            for fd in fds:  # what is large, or was refused once, comes as a file
                datagram = os.pread(fd, 1 << 20, 0)
                os.close(fd)
            if not datagram:
                return
            said.append(dict(field.split("=", 1) for field in
                             datagram.decode(errors="replace").split("\n") if "=" in field))

    def configure(self, fleet=False, **prefix):
        defaults = {"maxretry": 2, "findtime": "10min", "bantime": "1h", "prefix": prefix}
        policy = {"ignoreself": False, "defaults": defaults, "jails": {"gate": {}}}
        if fleet:
            policy["fleet"] = {"share": True, "directory": str(self.folder / "remote")}
            policy["jails"]["fleet"] = {}
        (self.folder / "config/banish.json").write_text(json.dumps(policy))

    # the daemon

    def start(self, armed=False):
        self.forget_notes()
        status = os.fstat(self.stderr.fileno())
        env = {"PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(self.folder / "notify"),
               "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        if armed:
            env.update(LD_PRELOAD=str(SHIM), CRASH_AT=str(self.harm.at), CRASH_MODE=self.harm.mode,
                       CRASH_ONLY=self.harm.only, CRASH_LOG=str(self.folder / "calls"))
        self.armed = armed
        self.n_starts += 1
        self.daemon = subprocess.Popen(
            [self.banish, "run", "--config", self.folder / "config", "--rules", self.folder / "rules",
             "--state", self.folder / "state", "--directory", self.folder / "journal"],
            stdout=subprocess.DEVNULL, stderr=self.stderr, stdin=subprocess.DEVNULL, env=env,
            preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL))  # PR_SET_PDEATHSIG
        self.wait_ready()

    def wait_ready(self):
        """False: it died before."""
        self.notify.settimeout(0.05)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if b"READY=1" in self.notify.recv(4096):
                    return True
            except TimeoutError:
                if self.daemon.poll() is not None:
                    return False
        raise AssertionError("the daemon does not get ready")

    def stand_up(self):
        """It runs, now, whatever became of it."""
        while self.daemon is None or self.daemon.poll() is not None:
            if self.daemon is not None:
                self.codes.append(self.daemon.returncode)
            assert self.n_starts <= MAX_STARTS, "the daemon ends each time"
            self.start()
        self.follow_up()

    def follow_up(self):
        """What comes behind a call that failed."""
        if not self.armed or not self.harm.then or not self.fired():
            return
        then, self.armed = self.harm.then, False
        time.sleep(0.2)
        if then == "hup":
            self.hup()
        else:
            self.daemon.send_signal(signal.SIGKILL if then == "kill" else signal.SIGTERM)
            self.wait_end()
            self.start()

    def fired(self):
        calls = self.folder / "calls"
        return calls.exists() and calls.read_bytes().count(b"\n") >= self.harm.at > 0

    def stop(self):
        self.stand_up()
        self.daemon.send_signal(signal.SIGTERM)
        self.wait_end()
        self.codes.append(self.daemon.returncode)
        self.daemon = None

    def wait_end(self):
        try:
            self.daemon.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError("the daemon does not end") from None

    def sleeps(self):
        """Not so while it works, waits for the disk, or would work if a processor were free."""
        if self.daemon is None:
            return True
        try:
            status = pathlib.Path(f"/proc/{self.daemon.pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return False
        return status.rpartition(")")[2].split()[0] == "S"

    def hup(self):
        self.forget_notes()
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_ready()

    # what the world does

    def attack(self, *addresses, times=2, unit="gate", before=None):
        self.n_files += 1
        now = time.time_ns() // 1000
        out = b""
        for i, address in enumerate([address for address in addresses for _ in range(times)]):
            out += (f"__REALTIME_TIMESTAMP={now + i}\n__MONOTONIC_TIMESTAMP={now % 10 ** 12 + i}\n"
                    f"_BOOT_ID={BOOT}\n_SYSTEMD_UNIT={unit}.service\nMESSAGE=denied from={address}\n\n").encode()
        made = self.folder / f"{self.n_files}.journal"
        subprocess.run([REMOTE, "-o", made, "--split-mode=none", "-"], input=out, check=True,
                       stderr=subprocess.PIPE)
        if before:
            before(made)
        made.rename(self.folder / "journal" / made.name)

    def tell(self, member, action, *addresses):
        """Another host did that, and its entries come."""
        machine, out = f"{member:0>32}", b""
        for address in addresses:
            self.n_told += 1
            now = time.time_ns() // 1000
            out += (f"__REALTIME_TIMESTAMP={now}\n__MONOTONIC_TIMESTAMP={self.n_told}\n_BOOT_ID={BOOT}\n"
                    f"_MACHINE_ID={machine}\n_SYSTEMD_UNIT=banish.service\nMESSAGE=said\nBANISH_ACTION={action}\n"
                    f"BANISH_JAIL=door\nBANISH_ADDRESS={address}\nBANISH_PREFIX={address}/32\nBANISH_TIME_USEC={now}\n"
                    f"BANISH_TRIGGER_CURSOR=s={machine};i={self.n_told:x};b={BOOT};m=1;t={now:x};x=1\n\n").encode()
        subprocess.run([REMOTE, "-o", self.folder / f"remote/remote-{member}.journal", "--split-mode=none", "-"],
                       input=out, check=True, stderr=subprocess.PIPE)

    def verb(self, *words):
        return subprocess.run([self.banish, *words, "--config", self.folder / "config"], check=False,
                              capture_output=True)

    @staticmethod
    def nft(script):
        done = subprocess.run(["nft", "-f", "-"], input=script.encode(), check=False,
                              capture_output=True)
        assert done.returncode == 0, done.stderr.decode()

    @staticmethod
    def save():
        return "flush ruleset\n" + subprocess.run(["nft", "list", "ruleset"], check=True, text=True,
                                                  capture_output=True).stdout

    # what came of it

    def forget_notes(self):
        """READY=1 of before is not meant."""
        self.notify.setblocking(False)
        try:
            while self.notify.recv(4096):
                pass
        except BlockingIOError:
            pass

    def bans(self):
        """The ledger's, by number."""
        bans = {}
        try:
            lines = (self.folder / "state/state").read_text().splitlines(keepends=True)
        except FileNotFoundError:
            return bans
        for line in lines:
            if not line.endswith("\n"):
                break
            for change in json.loads(line)["changes"]:
                for what, told in change.items():
                    if what == "ban":
                        bans[told["id"]] = dict(told)
                    elif what == "until" and told["id"] in bans:
                        bans[told["id"]]["until"] = told["until"]
                    elif what == "placed" and told in bans:
                        bans[told]["placed"] = True
                    elif what == "unban" and told["id"] in bans:
                        bans[told["id"]]["lifted"] = True
        return bans

    def members(self):
        """How many entries of each were taken, and refused, as the state file says: after a stop, of all."""
        members = {}
        for line in (self.folder / "state/state").read_text().splitlines():
            for change in json.loads(line)["changes"]:
                if "member" in change:
                    members[change["member"]["name"]] = change["member"]["taken"], change["member"]["refused"]
        return members

    def all_placed(self):
        """The state file says so. Of what somebody takes out before, a crash makes what nobody took out: it is put in
        again. That is the one unban that may be lost; the other way round a crash would lose bans."""
        return all(ban.get("placed") or ban.get("lifted") or ban["until"] is not None and
                   ban["until"] < time.time() * US for ban in self.bans().values())

    def ledger(self):
        return sorted((ban["jail"], ban["address"], "hand" if ban.get("manual") else "auto",
                       ban.get("offence", 0), ban.get("lifted", False)) for ban in self.bans().values())

    @staticmethod
    def elements():
        """{set: {address: seconds left}}"""
        done = subprocess.run(["nft", "-j", "list", "table", "inet", "banish"], check=False,
                              capture_output=True)
        sets = {}
        if done.returncode:
            return sets
        for item in json.loads(done.stdout)["nftables"]:
            if "set" not in item or "timeout" not in item["set"].get("flags", []):
                continue
            inside = sets.setdefault(item["set"]["name"], {})
            for element in item["set"].get("elem", []):
                value = element["elem"] if isinstance(element, dict) else {"val": element}
                inside[value["val"]] = value.get("expires")
        return sets

    def kernel(self):
        return {name: sorted(inside) for name, inside in self.elements().items()}

    def snapshot(self):
        return self.ledger(), self.kernel()

    def entries(self, action, again=True, where=None):
        """`again`: also what is marked as written again."""
        return sorted((said.get("BANISH_JAIL", ""), said.get("BANISH_ADDRESS", ""))
                      for said in (self.said if where is None else where)
                      if said.get("BANISH_ACTION") == action and (again or "BANISH_AGAIN" not in said))

    def wrong_times(self):
        """Elements that do not end when their ban does."""
        until = {(ban["jail"], ban["address"]): ban["until"] and ban["until"] / US
                 for ban in self.bans().values() if not ban.get("lifted")}
        before = time.time()
        elements = self.elements()
        after = time.time()
        wrong = []
        for name, inside in elements.items():
            for address, expires in inside.items():
                if (name[:-1], address) not in until:
                    continue
                end = until[name[:-1], address]
                if ((end is None) != (expires is None) or end is not None and
                        not end - after - SLACK <= expires <= end - before + SLACK):
                    wrong.append((name, address, end and end - before, expires))
        return wrong


# Steps: each does one thing to the world. Addresses are those that bans are made under with any
# prefix that a scenario has.

V4 = ["198.51.100.16", "198.51.100.32", "198.51.100.48", "203.0.113.64"]
V6 = ["2001:db8:0:2::", "2001:db8:0:4::", "2001:db8:0:6::"]


def attacked(world):
    world.attack(*V4, *V6)


def attacked_more(world):
    world.attack("203.0.113.80", "2001:db8:0:8::")


def attacked_again(world):
    world.attack(V4[0], V6[0])


def half(world):
    world.attack("203.0.113.96", times=1)


def other_half(world):
    world.attack("203.0.113.96", times=1)


def banned_by_nft(world):
    world.nft("add element inet banish manual4 { 192.0.2.16 timeout 2h comment \"a reason\" }\n"
              "add element inet banish gate6 { 2001:db8:0:20:: timeout 2h }\n")


def banned_by_verb(world):
    world.verb("ban", "--time", "infinity", "192.0.2.32")
    world.verb("ban", "--jail", "gate", "--time", "3h", "192.0.2.48")


def unbanned_by_verb(world):
    world.verb("unban", V4[1])


def forced_by_verb(world):
    world.verb("ban", "--force", "--time", "2h", "192.0.2.77")
    world.verb("ban", "--force", "--time", "infinity", V4[0])


def unforced(world):
    world.verb("unban", "192.0.2.77")
    world.nft(f"delete element inet banish forced4 {{ {V4[0]} }}\n")


def unbanned_by_nft(world):
    world.nft(f"delete element inet banish gate4 {{ {V4[0]} }}\n"
              f"delete element inet banish gate6 {{ {V6[0]} }}\n")


def flushed_set(world):
    world.nft("flush set inet banish gate6\n")


def lost_ruleset(world):
    world.nft("flush ruleset\n")


def lost_table(world):
    world.nft("delete table inet banish\n")


def lost_sets(world):
    world.nft("flush chain inet banish prerouting\ndelete chain inet banish prerouting\n"
              "delete set inet banish gate4\ndelete set inet banish gate6\n")


def emptied_and_lost_sets(world):
    """Elements are deleted, and their set with them."""
    world.nft("flush chain inet banish prerouting\ndelete chain inet banish prerouting\n"
              "flush set inet banish gate4\ndelete set inet banish gate4\n"
              f"delete element inet banish gate6 {{ {V6[1]} }}\ndelete set inet banish gate6\n")


def replaced_sets(world):
    """Others stand there, of the same look."""
    world.nft("flush chain inet banish prerouting\ndelete chain inet banish prerouting\n"
              "delete set inet banish gate4\ndelete set inet banish gate6\n"
              + "".join(f"add set inet banish gate{n} {{ type ipv{n}_addr; size 131072; flags timeout; "
                        f"comment \"banish: each element is a /{length}\"; }}\n" for n, length in ((4, 32), (6, 64))))


def restored_ruleset(world):
    world.nft(world.save())


def restored_stale(world):
    """A saved ruleset that knows an unbanned one and not the latest."""
    saved = world.save()
    world.verb("unban", V4[2])
    assert wait(world, lambda: ("gate", V4[2], "auto", 1, True) in world.ledger())
    world.nft(saved)


def hup(world):
    world.stand_up()
    world.hup()


def hup_prefix4(world):
    world.configure(ipv4=28)
    hup(world)


def hup_prefix6(world):
    world.configure(ipv6=63)
    hup(world)


def hup_prefix_back(world):
    world.configure()
    hup(world)


def armed(world):
    world.start(armed=True)


def started(world):
    world.start()


def stopped(world):
    world.stop()


def restarted(world):
    world.stop()
    world.start()


def prefix4(world):
    world.configure(ipv4=28)


def prefix6(world):
    world.configure(ipv6=63)


def left_by_0_1_0(world):
    """State and table of that version, as if it had stopped just now. See test/data/upgrade/README."""
    old = TREE / "test/data/upgrade"
    shutil.copy(old / "banish.json", world.folder / "config")
    for name in "gate", "door":
        rule = dict(RULE, name=name, journal=[{"_SYSTEMD_UNIT": name + ".service"}])
        (world.folder / f"config/rules.d/{name}.json").write_text(json.dumps(rule))
    world.nft((old / "ruleset.nft").read_text())
    later = time.time_ns() // 1000 - int((old / "time").read_text())
    boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().replace("-", "").strip()
    table = json.loads(subprocess.run(["nft", "-j", "-a", "list", "tables"], check=True, capture_output=True).stdout)
    handle = [item["table"]["handle"] for item in table["nftables"] if "table" in item][0]

    def shift(value):
        if isinstance(value, dict):
            return {key: each + later if key in ("time", "since", "until") and isinstance(each, int) else shift(each)
                    for key, each in value.items()}
        return [shift(each) for each in value] if isinstance(value, list) else value
    with open(world.folder / "state/state", "w") as file:
        for line in (old / "state").read_text().splitlines():
            commit = shift(json.loads(line))
            if "table" in commit:
                commit["table"] = f"{boot}/{os.stat('/proc/self/ns/net').st_ino}/{handle}"
            file.write(json.dumps(commit, separators=(",", ":")) + "\n")


def in_a_fleet(world):
    world.configure(fleet=True)


# Two hosts make a ban here, and one does not, however often its entries are read.

def told_by_one(world):
    world.tell("a", "ban", *V4)


def told_by_another(world):
    world.tell("b", "ban", *V4[:3], "192.0.2.64")


def told_again(world):
    world.tell("a", "ban", "192.0.2.80", "192.0.2.64")


def unbanned_elsewhere(world):
    world.tell("b", "unban", V4[1])


def told_by_a_third(world):
    world.tell("c", "ban", V4[1], V4[3])


# What is done while no daemon runs, or by the daemon itself.
QUIET_STEPS = {armed, started, stopped, restarted, prefix4, prefix6, left_by_0_1_0, in_a_fleet}
BANNED = [started, attacked, banned_by_nft, banned_by_verb, stopped]


def while_down(step):
    def down(world):
        step(world)
    down.__name__ = step.__name__ + "_down"
    QUIET_STEPS.add(down)
    return down


SCENARIOS = {
    # the whole of a life
    "life": [armed, attacked, banned_by_nft, half, banned_by_verb, unbanned_by_verb, other_half, lost_ruleset,
             unbanned_by_nft, hup, attacked_more, hup_prefix6, flushed_set, restarted, attacked_again],
    # sets lost and mended while it runs
    "mend": BANNED + [armed, lost_sets, lost_table, unbanned_by_nft, replaced_sets],
    "emptied": BANNED + [armed, emptied_and_lost_sets],
    "restore": BANNED + [armed, restored_ruleset, restored_stale, unbanned_by_nft],
    # the layout changes
    "reload4": BANNED + [armed, hup_prefix4, hup_prefix_back],
    "reload6": BANNED + [armed, hup_prefix6, hup_prefix_back],
    "start4": BANNED + [prefix4, armed],
    "start6": BANNED + [prefix6, armed],
    "forced": BANNED + [armed, forced_by_verb, hup, lost_table, restored_ruleset, unforced, attacked_more],
    # what happened while it was down
    "down-sets": BANNED + [while_down(lost_sets), armed],
    "down-replaced": BANNED + [while_down(replaced_sets), armed],
    "down-ruleset": BANNED + [while_down(lost_ruleset), armed],
    "down-restored": BANNED + [while_down(restored_ruleset), armed],
    "down-unbanned": BANNED + [while_down(unbanned_by_nft), while_down(unbanned_by_verb), armed],
    "upgrade": [left_by_0_1_0, armed],
    "upgrade-rebooted": [left_by_0_1_0, while_down(lost_ruleset), armed],
    # files of the journal come
    "files": [armed, attacked, half, other_half, attacked_more, attacked_again],
    "down-flushed": BANNED + [while_down(flushed_set), armed],
    # a host that listens to others, and shares what it decides itself
    "fleet": [in_a_fleet, armed, told_by_one, told_by_another, attacked_more, lost_ruleset, told_again, unbanned_elsewhere,
              stopped, while_down(told_by_a_third), started],
}


def wait(world, condition):
    """... and until it is at rest, for the last write: what others do before it, it cannot tell from what
    they did before the daemon was there."""
    end, since = time.monotonic() + PATIENCE, None
    while time.monotonic() < end:
        if world.daemon is not None:
            world.stand_up()
        if not world.sleeps() or not condition():
            since = None
        elif since is None:
            since = time.monotonic()
        elif time.monotonic() - since > MOMENT:
            return True
        time.sleep(0.01)
    return False


def settle(world):
    """Nothing has changed for a while, and it slept."""
    end, since, last = time.monotonic() + PATIENCE, 0, None
    while time.monotonic() < end:
        now = world.snapshot()
        if not world.sleeps() or now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > QUIET:
            return last
        time.sleep(0.02)
    raise AssertionError("the daemon does not come to rest")


@dataclasses.dataclass
class Play:
    snapshots: list
    unbans: list
    bans: list
    adopted: list
    shared: list
    members: dict
    calls: list
    fired: bool
    faults: list
    codes: list
    stderr: bytes


def play(name, harm, wanted=None, banish=BANISH):
    """`wanted`: the play without harm. Faults are what differs from it."""
    with tempfile.TemporaryDirectory(prefix="banish-crash-") as folder:
        world = World(folder, harm, banish)
        try:
            return act(world, SCENARIOS[name] + [restarted, restarted], wanted)
        finally:
            world.close()


def act(world, steps, wanted):
    snapshots, faults = [], []
    for number, step in enumerate(steps):
        if step not in QUIET_STEPS:
            world.stand_up()
        if world.harm.patient and step in (unbanned_by_verb, unbanned_by_nft, flushed_set):
            assert wait(world, world.all_placed), "what is placed is not saved"
        try:
            step(world)
            if wanted is None:
                snapshots.append(settle(world))
            elif not wait(world, lambda: world.snapshot() == wanted.snapshots[number]):
                differ = differences(wanted.snapshots[number], world.snapshot())
                faults.append((number, step.__name__, differ or ["the daemon does not come to rest"]))
                break
        except AssertionError as error:
            faults.append((number, step.__name__, [str(error)]))
            break
    if world.daemon is not None and world.daemon.poll() is None:
        faults += [(len(steps), "times", world.wrong_times())] if world.wrong_times() else []
        world.stop()
    unbans, bans, adopted = (world.entries(action) for action in ("unban", "ban", "adopt"))
    shared = world.entries("ban", where=world.shared)
    members = world.members()
    if wanted is not None and not faults:
        # one that a crash cut off may be told again, marked
        for action, want, got in (("ban", wanted.bans, bans), ("unban", wanted.unbans, unbans),
                                  ("adopt", wanted.adopted, adopted)):
            once = collections.Counter(world.entries(action, False)) - collections.Counter(want)
            wrong = [f"{action} {each} is wrong" for each in got if each not in want]
            wrong += [f"{action} {each} was not told" for each in want if each not in got]
            wrong += [f"{action} {each} was told again without a mark" for each in once]
            faults += [(len(steps), "said", wrong)] if wrong else []
        wrong = [f"{each} was not shared" for each in wanted.shared if each not in shared]
        wrong += [f"{each} was shared" for each in shared if each not in wanted.shared]
        wrong += [f"{each} was shared again without a mark" for each in
                  collections.Counter(world.entries("ban", False, world.shared)) - collections.Counter(wanted.shared)]
        if members != wanted.members:
            wrong += [f"of the members {wanted.members} was heard, and {members}"]
        faults += [(len(steps), "fleet", wrong)] if wrong else []
    calls = world.folder / "calls"
    told = [line.split()[1] for line in calls.read_text().splitlines()] if calls.exists() else []
    return Play(snapshots, unbans, bans, adopted, shared, members, told, world.fired(), faults, world.codes,
                (world.folder / "stderr").read_bytes())


def differences(wanted, got):
    """In words."""
    lost = [f"ledger lacks {ban}" for ban in wanted[0] if ban not in got[0]]
    more = [f"ledger has {ban}" for ban in got[0] if ban not in wanted[0]]
    if not lost and not more and len(wanted[0]) != len(got[0]):
        more = [f"the ledger holds {len(got[0])} bans instead of {len(wanted[0])}"]
    for name in sorted(wanted[1].keys() | got[1].keys()):
        want, have = set(wanted[1].get(name, [])), set(got[1].get(name, []))
        lost += [f"{name} lacks {address}" for address in sorted(want - have)]
        more += [f"{name} has {address}" for address in sorted(have - want)]
    return lost + more


def available():
    return os.geteuid() == 0 and shutil.which("nft") and os.path.exists(REMOTE) and SHIM.exists()
