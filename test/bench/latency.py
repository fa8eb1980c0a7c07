"""From the log line to the element in the kernel, with a real journald, in the throw-away machine."""
import contextlib
import pathlib
import shutil
import sys
import tempfile
import time

import peer
import tools
from tools import Row, Wrong

sys.path.insert(0, str(tools.TREE / "test/machine"))
import lab  # noqa: E402

PART = "Latency, with a real journald"
PLACE = "/usr/local/lib/bench"
FAIL2BAN = "/opt/bench-fail2ban"
PLAIN = "a plain sd_journal_wait loop"
LEFT_OUT = 5  # lines; the first ones of an attack find everybody asleep

PROBER = """[Service]
Type=oneshot
EnvironmentFile=/run/bench-prober
ExecStart={place}/bench-prober $OUT $COUNT $GAP $NETWORK
SyslogIdentifier=dovecot
LogRateLimitIntervalSec=0
TimeoutStartSec=infinity
"""


def install(machine):
    """The programs, and a dovecot.service that only writes failures."""
    with tempfile.TemporaryDirectory() as stage:
        stage = pathlib.Path(stage)
        stage.chmod(0o755)
        (stage / PLACE[1:]).mkdir(parents=True)
        for name in ("follow", "prober"):
            shutil.copy(tools.limit(name), stage / PLACE[1:])
        units = stage / "etc/systemd/system"
        units.mkdir(parents=True)
        (units / "dovecot.service").write_text(PROBER.format(place=PLACE))
        own = stage / FAIL2BAN[1:]
        own.mkdir(parents=True)
        peer.configure(own, ["dovecot"], action='nftables[name=dovecot, port="143", protocol=tcp]',
                       place=FAIL2BAN, maxretry=1, findtime=5)
        machine.verb("copy", stage)
    machine.run("systemctl", "daemon-reload")


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


class Subject:
    """Somebody who follows the journal, as a unit of the machine."""

    def __init__(self, machine, unit, network):
        self.machine, self.unit, self.network = machine, unit, network

    def spent(self):
        """(processor seconds, wake-ups) of all its threads so far."""
        script = ('for task in /proc/$(systemctl show --property=MainPID --value "$1")/task/*; do '
                  'read -r cpu rest <$task/schedstat; '
                  'while read -r key n; do [ $key != voluntary_ctxt_switches: ] || echo $cpu $n; '
                  'done <$task/status; done')
        lines = self.machine.output("sh", "-euc", script, "-", self.unit).splitlines()
        pairs = [tuple(map(int, line.split())) for line in lines]
        return sum(cpu for cpu, _ in pairs) / 1e9, sum(n for _, n in pairs)

    def idle(self, seconds):
        """(share of a processor, wake-ups a second) while nothing happens."""
        before, begin = self.spent(), time.monotonic()
        time.sleep(seconds)
        after, passed = self.spent(), time.monotonic() - begin
        return (after[0] - before[0]) / passed, (after[1] - before[1]) / passed

    def probe(self, count, gap):
        """[(delay of a line, its arrival after the first line)...] in ms, and the share of a processor meanwhile."""
        self.machine.write("/run/bench-prober", f"OUT=/run/bench-out\nCOUNT={count}\nGAP={gap}\nNETWORK={self.network}\n")
        self.network = "{0}.{1}".format(self.network.split(".")[0], int(self.network.split(".")[1]) + 1)
        before, begin = self.spent(), time.monotonic()
        self.machine.run("systemctl", "start", "dovecot.service", timeout=600)
        after, passed = self.spent(), time.monotonic() - begin
        answers = [tuple(map(float, line.split())) for line in self.machine.output("cat", "/run/bench-out").splitlines()]
        if len(answers) != count:
            raise Wrong(f"{self.unit}: {len(answers)} of {count} elements came into the kernel")
        return answers, (after[0] - before[0]) / passed


@contextlib.contextmanager
def banish(machine):
    service = lab.Banish(machine, tools.PROGRAMS)
    service.configure(defaults={"maxretry": 1}, jails={"dovecot": {}})
    service.start()
    yield Subject(machine, "banish.service", "11.1")
    service.stop()


@contextlib.contextmanager
def transient(machine, unit, network, *command):
    time.sleep(6)  # what the others were shown is over (findtime)
    machine.run("systemd-run", "--quiet", f"--unit={unit}", *command)
    time.sleep(8)  # fail2ban takes its time to start
    yield Subject(machine, unit + ".service", network)
    machine.run("systemctl", "stop", unit + ".service")


def plain(machine):
    machine.shell("nft add table inet bench; nft add set inet bench seen '{ type ipv4_addr; }'")
    return transient(machine, "bench-follow", "11.51", PLACE + "/bench-follow", "dovecot.service")


def fail2ban(machine):
    return transient(machine, "bench-fail2ban", "11.101", "/usr/bin/fail2ban-server", "-xf", "-c", FAIL2BAN, "start")


def observe(subject, lines, gap, seconds, burst):
    share, wakes = subject.idle(seconds)
    answers, busy = subject.probe(lines, gap)
    delays = [delay for delay, _ in answers[LEFT_OUT:]]
    many, _ = subject.probe(burst, 0)
    return {"first": answers[0][0], "p50": percentile(delays, 0.5), "p90": percentile(delays, 0.9),
            "p99": percentile(delays, 0.99), "cpu": share, "wakes": wakes, "busy": busy,
            "burst": max(arrival for _, arrival in many) / 1e3}


def attacked(name, figures):
    text = ("p50 {p50:.1f}, p90 {p90:.1f}, p99 {p99:.1f} ms; the first line after silence {first:.0f} ms; "
            "{busy:.1%} of a processor").format(**figures)
    if name != "banish":
        return [Row(PART, f"{name} while attacked, p50", text, figures["p50"], None, " ms")]
    return [Row(PART, "banish while attacked, p50", text, figures["p50"], ("<=", 10), " ms"),
            Row(PART, "banish while attacked, p99", "as above", figures["p99"], ("<=", 30), " ms")]


def idling(name, figures, plain_wakes):
    """Wake-ups count beyond those that journald itself causes, which are the plain loop's."""
    ours = name == "banish"
    share = figures["cpu"] * 100
    return Row(PART, f"{name} idle, wake-ups a second" + (" beyond the plain loop's" if ours else ""),
               f"{figures['wakes']:.2f} in all", figures["wakes"] - (plain_wakes if ours else 0),
               ("<=", 1) if ours else None), \
        Row(PART, f"{name} idle, share of a processor", "", share, ("<=", 0.1) if ours else None, " %")


def rows_of(found, burst):
    rows = [row for name, figures in found.items() for row in attacked(name, figures)]
    rows += [Row(PART, f"{name}, {burst:,} failures of as many hosts at once: until the last is in the kernel", "",
                 figures["burst"], None, " s") for name, figures in found.items()]
    plain_wakes = found[PLAIN]["wakes"]
    return rows + [row for name, figures in found.items() for row in idling(name, figures, plain_wakes)]


def run(lines, gap, seconds, burst):
    with tempfile.TemporaryDirectory(prefix="bench-machine-") as folder:
        with lab.running_machine(folder + "/machine") as (machine, reason):
            if reason:
                print(f"latency: no machine here: {reason.strip()}", file=sys.stderr)
                return [Row(PART, "not measured: this host allows no throw-away machine", "")]
            install(machine)
            found = {}
            for name, subject in (("banish", banish), (PLAIN, plain), ("fail2ban", fail2ban)):
                with subject(machine) as one:
                    found[name] = observe(one, lines, gap, seconds, burst)
    return rows_of(found, burst)
