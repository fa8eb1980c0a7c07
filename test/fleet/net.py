"""Several machines on one cable, and the commands of banish-fleet(7) for them."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "test" / "machine"))
import lab  # noqa: E402

# Stands in for Dovecot: the recipes' jail reads its unit.
DOVECOT = """[Service]
ExecStartPre=/bin/sh -c 'rm -f /run/dovecot-lines; mkfifo -m 600 /run/dovecot-lines'
ExecStart=/bin/sh -c 'exec 3<>/run/dovecot-lines; exec cat <&3'
SyslogIdentifier=dovecot
[Install]
WantedBy=multi-user.target
"""
GUESS = "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<a>, method=PLAIN, " \
        "rip=%s, lip=203.0.113.1, TLS, session=<%s>\n"
CONNECT = """import socket, sys
s = socket.socket(); s.bind((sys.argv[1], 0)); s.settimeout(1)
try: s.connect(("203.0.113.1", 9))
except TimeoutError: print("dropped")
except ConnectionRefusedError: print("accepted")
"""


class Host(lab.Machine):
    def __init__(self, folder, name, number):
        super().__init__(folder / name)
        self.name, self.address, self.guesses = name, f"10.77.0.{number}", 0

    def plug(self, bridge, hosts):
        """Joins the cable; after each boot. The end of it goes with the machine's network."""
        pid = int(self.verb("pid").stdout)
        subprocess.run(["nsenter", "-t", str(bridge), "--net", "ip", "-batch", "-"], check=True, text=True, input=f"""
            link add {self.name} type veth peer name fleet netns /proc/{pid}/ns/net
            link set {self.name} master fleet up\n""")
        # as a real machine has it: systemd hands out credentials by a mount that gets to all
        self.shell(f"mount --make-rshared /; hostname {self.name}; ip link set fleet up; ip address add {self.address}/24 dev fleet")
        self.write("/etc/hosts", "127.0.0.1 localhost\n" + hosts)

    def ready(self, stage):
        self.verb("copy", stage)
        self.write("/etc/systemd/system/dovecot.service", DOVECOT)
        self.shell("systemd-sysusers; systemctl daemon-reload; systemctl -q enable --now dovecot; systemctl -q enable banish")

    def guess(self, address, attempts=5):
        """Wrong passwords from this address, as Dovecot logs them."""
        text = "".join(GUESS % (address, f"{self.name}{time.monotonic_ns()}{i}") for i in range(attempts))
        self.run("sh", "-c", "cat >/run/dovecot-lines", input=text)

    def outcome(self, source):
        return self.verb("attack", "/usr/bin/python3", "-c", CONNECT, source).stdout.strip()

    def told(self, action, jail, **fields):
        """[(address, µs)] of the daemon's entries; those written again after a crash are not counted."""
        return [(entry["BANISH_ADDRESS"], int(entry["__REALTIME_TIMESTAMP"])) for entry in
                self.journal("_SYSTEMD_UNIT=banish.service", f"BANISH_ACTION={action}", f"BANISH_JAIL={jail}",
                             *(f"{name}={value}" for name, value in fields.items()))
                if "BANISH_AGAIN" not in entry]

    def wait(self, name, *addresses, seconds=60):
        missing = None

        def there():
            nonlocal missing
            missing = set(addresses) - set(self.elements(name) or {})
            return not missing
        assert lab.eventually(there, seconds, 0.1), f"{self.name}: {missing} not in {name}\n{self.explain()}"

    def wait_gone(self, name, address, seconds=60):
        assert lab.eventually(lambda: address not in (self.elements(name) or {}), seconds, 0.1), \
            f"{self.name}: {address} still in {name}\n{self.explain()}"

    def explain(self):
        return self.shell("""journalctl --quiet -n 60 -o short-precise -u 'banish*' -u 'systemd-journald@*';
            systemctl --no-pager --plain list-units 'banish*'; ls -l /var/log/journal/* /etc/banish/fleet /run/banish-fleet
            cat /var/lib/private/banish-upload/*/state; banish status""", check=False).stdout

    def unhappy(self):
        """Units of the transport that failed for good, or restart over and over."""
        return self.output("systemctl", "--plain", "--no-legend", "--state=failed", "list-units").strip()

    def forget(self):
        """As before any recipe, but with its key."""
        self.shell("""
            systemctl stop 'banish*' 'systemd-journald@banish-fleet*' || true
            systemctl reset-failed     # an upload whose peer was stopped before it
            rm -rf /etc/systemd/system/*.wants/banish-* /etc/systemd/system/banish* /etc/banish/banish.json
            cd /etc/banish/fleet; find . -type f ! -name key.pem ! -name cert.pem -delete
            rm -rf /var/lib/banish /var/lib/private/banish-upload* /var/log/journal/remote /var/log/journal/*.banish-fleet
            nft delete table inet banish 2>/dev/null || true
            journalctl --quiet --rotate; journalctl --quiet --vacuum-time=1us
            systemctl daemon-reload""")


class Fleet(dict):
    """name -> Host"""

    def __init__(self, names, folder, bridge):
        super().__init__((name, Host(folder, name, i)) for i, name in enumerate(names, 1))
        self.bridge = bridge
        self.hosts = "".join(f"{host.address} {name}.example {name}\n" for name, host in self.items())

    def begin(self, stage):
        with ThreadPoolExecutor(3) as pool:
            for reason in pool.map(Host.start, self.values()):
                if reason:
                    sys.exit(reason)
            for host in self.values():
                host.plug(self.bridge, self.hosts)
            list(pool.map(lambda host: host.ready(stage), self.values()))

    def name(self, old, new):
        """The same machine is another host from now on."""
        self[new] = self.pop(old)
        self[new].name = new
        self.hosts = re.sub(rf"\b{old}\b", new, self.hosts)
        for host in self.values():
            host.write("/etc/hosts", "127.0.0.1 localhost\n" + self.hosts)
        self[new].run("hostname", new)

    def follow(self, host, commands, names=()):
        """Runs the page's commands on the host, other names put in where the page has its own."""
        names = dict(names)
        for command in commands:
            command = re.sub("|".join(rf"\b{old}\b" for old in names) or "$^", lambda old: names[old[0]], command)
            print(f"{host.name}#", command, flush=True)
            copy = re.fullmatch(r"scp (\w+)\.example:(\S+) (\S+)", command)
            if copy:
                host.write(copy[3], self[copy[1]].output("cat", copy[2]))
            else:
                # no network in there: what the machine is a copy of must have them
                host.shell("cd /root\n" + command.replace("apt install", "dpkg-query -W"))


@contextlib.contextmanager
def wireguard(hosts):
    """A WireGuard network of these hosts, 10.9.0.1 and on, by the kernel or by wireguard-go; the names are its
    addresses'. Yields what is missing for it, or None."""
    if not shutil.which("wg"):
        yield "there is no wg (wireguard-tools)"
        return
    keys = [subprocess.run(["wg", "genkey"], check=True, capture_output=True, text=True).stdout for _ in hosts]
    public = [subprocess.run(["wg", "pubkey"], check=True, capture_output=True, text=True, input=key).stdout.strip()
              for key in keys]
    programs = []
    names = "".join(f"10.9.0.{i} {host.name}.example {host.name}\n" for i, host in enumerate(hosts, 1))
    try:
        for i, (host, key) in enumerate(zip(hosts, keys), 1):
            inside, link = ["nsenter", "-t", host.verb("pid").stdout.strip(), "--net"], f"wg{os.getpid()}.{i}"
            if subprocess.run([*inside, "ip", "link", "add", link, "type", "wireguard"], check=False,
                              capture_output=True).returncode:
                if not shutil.which("wireguard-go") or not os.path.exists("/dev/net/tun"):
                    yield "the kernel has no WireGuard, and there is no wireguard-go with /dev/net/tun"
                    return
                programs.append(subprocess.Popen([*inside, "wireguard-go", "--foreground", link]))
                assert lab.eventually(lambda: os.path.exists(f"/var/run/wireguard/{link}.sock")), "no wireguard-go"
            peers = [word for n, peer in enumerate(public, 1) if n != i
                     for word in ("peer", peer, "allowed-ips", f"10.9.0.{n}/32", "endpoint", f"{hosts[n - 1].address}:51820")]
            subprocess.run([*inside, "wg", "set", link, "listen-port", "51820", "private-key", "/dev/stdin", *peers],
                           check=True, text=True, input=key)
            subprocess.run([*inside, "ip", "-batch", "-"], check=True, text=True,
                           input=f"address add 10.9.0.{i}/24 dev {link}\nlink set {link} up\n")
            host.write("/etc/hosts", "127.0.0.1 localhost\n" + names)
        yield None
    finally:
        for program in programs:
            program.terminate()
            program.wait()


def blocks(section):
    """The displays of a section of the page, each as its commands."""
    page = (TREE / "packaging/man/banish-fleet.7").read_text(encoding="utf-8")
    text = re.search(rf"^\.Sh {section}\n([\s\S]*?)(?=^\.Sh |\Z)", page, re.M)[1].replace("\\e", "\\")
    return [re.findall(r"^# (.*(?:\n(?!# ).*)*)", literal, re.M)
            for literal in re.findall(r"^\.Bd -literal.*\n([\s\S]*?)^\.Ed", text, re.M)]


@contextlib.contextmanager
def running_fleet(names):
    build = pathlib.Path(os.environ.get("BANISH_BUILD", TREE / "build"))
    holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        stage = folder / "stage"
        stage.mkdir(mode=0o755)
        subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", stage],
                       check=True, stdout=subprocess.DEVNULL)
        time.sleep(0.2)
        subprocess.run(["nsenter", "-t", str(holder.pid), "--net", "sh", "-euc",
                        "ip link add fleet type bridge; ip link set fleet up"], check=True)
        fleet = Fleet(names, folder, holder.pid)
        try:
            fleet.begin(stage)
            yield fleet
        finally:
            for host in fleet.values():
                host.stop()
            holder.kill()
            holder.wait()
