"""What the machine's tests share: a machine to use, its journal, its nftables, its banish."""
import collections
import contextlib
import json
import os
import pathlib
import re
import secrets
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("BANISH_BUILD", TREE / "build")).resolve()
COVERAGE = os.environ.get("BANISH_COVERAGE")


# "LOG_BAN" -> its MESSAGE_ID
KINDS = dict(re.findall(r'X\((LOG_[A-Z_]+), "([0-9a-f]{32})"\)',
                        (TREE / "daemon/io/log.h").read_text()))


def with_mox(policy):
    """The policy, with a jail mox that bans at once."""
    return {**policy, "jails": {"mox": {"maxretry": 1}, **policy.get("jails", {"dovecot": {}})}}


def until(element):
    """When an element ends, in µs of the clock."""
    return (time.time() + element["expires"]) * 1_000_000


# A busy machine takes so many times what is usual; where all is well nobody waits for it.
PATIENCE = 4


def eventually(question, seconds=5.0, pause=0.02):
    """The first answer of question() that is true; the last one where none came in time."""
    end = time.monotonic() + seconds * PATIENCE
    while True:
        answer = question()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(pause)


class Machine:
    """A running machine (the program `machine` beside this file tells what that is)."""

    def __init__(self, folder, root="/"):
        self.environment = {**os.environ, "MACHINE_DIR": str(folder), "ROOT": str(root),
                            "MACHINE_OWNER": str(os.getpid())}

    def _command(self, *arguments, **options):
        options = {"check": True, "text": True, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE, "env": self.environment, "timeout": 60 * PATIENCE, **options}
        if "input" not in options:
            options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([str(argument) for argument in arguments], **options)

    def verb(self, *arguments, **options):
        return self._command(HERE / "machine", *arguments, **options)

    def start(self):
        """The reason why this host allows no machine, or None."""
        # a file, not a pipe: the supervisor would keep a pipe open
        with tempfile.TemporaryFile("w+") as talk:
            done = self.verb("start", check=False, stdout=talk, stderr=talk)
            talk.seek(0)
            if done.returncode == 77:
                return talk.read()
            assert done.returncode == 0, talk.read()
            return None

    def run(self, *arguments, **options):
        return self.verb("run", *arguments, **options)

    def output(self, *arguments):
        return self.run(*arguments).stdout

    def shell(self, script, **options):
        return self.run("sh", "-euc", script, **options)

    def write(self, path, text):
        self.run("sh", "-euc", 'mkdir -p "${1%/*}"; cat >"$1"', "-", path, input=text)

    def mail_server(self, variant="default"):
        self._command(HERE / "mail-server", variant)

    def attack(self, source, check=True, **options):
        """What attack.py tells: {"source":, "protocol":, "outcomes": [...], "seconds":}."""
        arguments = []
        for name, value in options.items():
            for each in value if isinstance(value, list) else [value]:
                arguments.append("--" + name.replace("_", "-"))
                if each is not True:
                    arguments.append(each)
        done = self.verb("attack", "/usr/bin/python3", HERE / "attack.py", "--source", source,
                         *arguments, check=False)
        if done.returncode == 2 or not done.stdout:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout)

    def outcome(self, source, **options):
        return self.attack(source, **options)["outcomes"][-1]

    def mox(self, addresses, session="imap-login-wrongpw", version="0.0.17"):
        """Lets mox.service tell a recorded session as if it had come from this address (or from
        each of these)."""
        with open(TREE / "test/data/mox-sessions.json", encoding="utf-8") as recorded:
            lines = json.load(recorded)["mox " + version][session]
        template, text = "".join(line + "\n" for line in lines), ""
        for address in [addresses] if isinstance(addresses, str) else addresses:
            endpoint = f"[{address}]:" if ":" in address else f"{address}:"
            text += template.replace("@ADDRESS@:", endpoint).replace("@ADDRESS@", address).replace(
                "@CID@", secrets.token_hex(6))
        self.run("sh", "-c", "cat >/run/mox/lines", input=text)

    def cursor(self):
        """The end of the journal, for journal(after=...)."""
        text = self.output("journalctl", "--quiet", "--lines=0", "--show-cursor")
        return text.strip().removeprefix("-- cursor: ")

    def journal(self, *matches, after=None):
        """The entries that match, as journalctl -o json has them."""
        # --after-cursor skips one match too many where the cursor's own entry is not a match
        place = ["--cursor", after] if after else []
        self.run("journalctl", "--sync")
        lines = self.output("journalctl", "--quiet", "--output=json", "--all", *place, *matches)
        entries = [json.loads(line) for line in lines.splitlines()]
        return [entry for entry in entries if entry["__CURSOR"] != after]

    def wait_for(self, count, text, *matches, after=None, seconds=10):
        """Waits until so many messages hold the text; answers with their entries."""
        def found():
            entries = [entry for entry in self.journal(*matches, after=after)
                       if text in entry.get("MESSAGE", "")]
            return len(entries) >= count and entries
        entries = eventually(found, seconds)
        assert entries, f"no {count} messages with {text!r} came"
        return entries

    def nft(self, *arguments, **options):
        return self.run("nft", *arguments, **options)

    def elements(self, name, table="banish"):
        """The elements of a set: {address: {"timeout": s, "expires": s, "comment": text}}.

        None where there is no such set.
        """
        done = self.nft("-j", "list", "set", "inet", table, name, check=False)
        if done.returncode != 0:
            return None
        answer = {}
        for thing in json.loads(done.stdout)["nftables"]:
            for element in thing.get("set", {}).get("elem", []):
                element = element["elem"] if isinstance(element, dict) and "elem" in element \
                    else {"val": element}
                answer[str(element.pop("val"))] = element
        return answer

    def has_element(self, name, address, table="banish"):
        """Whether a look-up in the set finds the address, as a packet's would."""
        return self.nft("get", "element", "inet", table, name, "{", address, "}",
                        check=False).returncode == 0

    def take_coverage(self):
        """What a build with coverage counted in there, for test/analysis: the daemon's, and its verbs'."""
        self.run("systemctl", "stop", "banish*.service", check=False)
        for front in self.output("sh", "-c", f"ls -d /coverage/*{BUILD} {BUILD}; true").split():
            folder = tempfile.mkdtemp(dir=COVERAGE)
            done = self.shell(f"cd {front} && find . -name '*.gcda' | tar cf - -T -", text=False, check=False)
            subprocess.run(["tar", "xf", "-", "-C", folder], input=done.stdout, check=False)

    def stop(self):
        if COVERAGE:
            self.take_coverage()
        self.verb("stop", check=False)


class Banish:
    """The daemon, installed into a machine: from a build folder, or as it was installed below a
    folder already, by another Debian's meson."""

    def __init__(self, machine, build, stage=None):
        self.machine = machine
        if stage:
            machine.verb("copy", stage)
        else:
            with tempfile.TemporaryDirectory() as stage:
                os.chmod(stage, 0o755)
                subprocess.run(["meson", "install", "-C", str(build), "--no-rebuild", "--quiet",
                                "--destdir", stage], check=True, stdout=subprocess.DEVNULL)
                machine.verb("copy", stage)
        if COVERAGE:    # where tests remove nothing; the units' processes may write nowhere else, each as another user
            machine.shell("mkdir -p /coverage; chmod 1777 /coverage")
            for unit in "banish", "banish-":
                machine.write(f"/usr/local/lib/systemd/system/{unit}.service.d/coverage.conf",
                              "[Service]\nEnvironment=GCOV_PREFIX=/coverage/%n\nReadWritePaths=/coverage\nNoExecPaths=/coverage\n")
        machine.shell("systemd-sysusers; journalctl --update-catalog; systemctl daemon-reload")
        self.markers = 0

    def configure(self, **policy):
        self.machine.write("/etc/banish/banish.json", json.dumps(policy, indent=2))

    def start(self):
        self.machine.run("systemctl", "start", "banish.service")

    def stop(self):
        self.machine.run("systemctl", "stop", "banish.service")

    def restart(self):
        self.machine.run("systemctl", "restart", "banish.service")

    def reload(self):
        """Sends SIGHUP; journal entries tell when it is done."""
        self.machine.run("systemctl", "reload", "banish.service")

    def begin(self, **policy):
        """A fresh start with this policy. Jail mox bans at the first failure, for settle()."""
        self.forget()
        self.configure(**with_mox(policy))
        self.start()

    def settle(self):
        """Waits until the daemon has read all that the journal holds: it bans what comes after."""
        self.markers += 1
        marker = f"192.0.2.{self.markers}"
        self.machine.mox(marker)
        self.wait_banned("mox4", marker)

    def wait_banned(self, name, address, seconds=5):
        """Waits for an element; answers with it."""
        element = eventually(lambda: (self.machine.elements(name) or {}).get(address), seconds)
        assert element, f"no {address} in {name}: {self.machine.elements(name)}"
        return element

    def wait_gone(self, name, address, seconds=5):
        assert eventually(lambda: address not in self.machine.elements(name), seconds), \
            f"{address} is still in {name}"

    def wait_entry(self, action, count=1, after=None, **fields):
        """Waits for entries of the daemon with BANISH_ACTION and these BANISH_* fields."""
        wanted = {"BANISH_" + name.upper(): value for name, value in fields.items()}

        def found():
            entries = [entry for entry in self.entries(action, after)
                       if wanted.items() <= entry.items()]
            return len(entries) >= count and entries
        entries = eventually(found)
        assert entries, f"no {action} {wanted}: {self.entries(after=after)}"
        return entries[-1]

    def messages(self, kind=None, after=None, least="7"):
        """What it said under this MESSAGE_ID (names as in daemon/io/log.h), at least so urgent."""
        matches = ["MESSAGE_ID=" + KINDS[kind]] if kind else []
        return [entry["MESSAGE"] for entry in
                self.machine.journal("_SYSTEMD_UNIT=banish.service", *matches, after=after)
                if entry["PRIORITY"] <= least]

    def warnings(self, after=None):
        return self.messages(after=after, least="4")

    def wait_message(self, kind, after=None, seconds=5):
        messages = eventually(lambda: self.messages(kind, after), seconds)
        assert messages, f"it said no {kind}: {self.entries(after=after)}"
        return messages[-1]

    def forget(self):
        """As freshly installed: no state, no table, no past in the journal."""
        self.markers = 0
        self.machine.shell("""
            systemctl stop banish.service
            systemctl reset-failed banish.service 2>/dev/null || true
            rm -rf /var/lib/banish
            nft delete table inet banish 2>/dev/null || true
            journalctl --quiet --rotate
            journalctl --quiet --vacuum-time=1us""")

    def entries(self, action=None, after=None):
        """The structured entries that the daemon wrote: bans, unbans, and what else it did."""
        matches = ["_SYSTEMD_UNIT=banish.service"]
        if action:
            matches.append("BANISH_ACTION=" + action)
        return self.machine.journal(*matches, after=after)

    def answers(self, lines, mode):
        """What `banish test` makes of what `journalctl -o json` printed, with every rule in force and
        a mode for all."""
        done = self("test", "--json", "--config", "/nonexistent", "--mode", mode, input=lines)
        return [json.loads(line) for line in done.stdout.split("\n") if line]

    def weights(self, lines, mode):
        """address -> failures, by that."""
        weights = collections.Counter()
        for answer in self.answers(lines, mode):
            if answer["weight"]:
                weights[answer["address"]] += answer["weight"]
        return weights

    def logins(self, lines):
        """(address, user) of each success, by that."""
        return [(answer["address"], answer["user"]) for answer in self.answers(lines, "normal")
                if answer["outcome"] == "success"]

    def __call__(self, *arguments, **options):
        return self.machine.run("banish", *arguments, **options)


@contextlib.contextmanager
def running_machine(folder, root="/"):
    machine = Machine(folder, root)
    try:
        yield machine, machine.start()
    finally:
        machine.stop()
