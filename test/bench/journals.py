"""The bench's journals: made from a seed, so that everybody's are the same, and kept once made.

A mail server's hour: 60 % of the entries are of other units, 25 % are Dovecot's successes, 10 % its
failures, 5 % mox's failures; 100 entries a second. Few offenders try often and many a few times.
What must be decided on it is counted here by a model of its own, which shares nothing with banish.
"""
import collections
import hashlib
import ipaddress
import itertools
import json
import pathlib
import random
import shutil
import subprocess

BEGIN = 1_767_225_600_000_000  # 2026-01-01, microseconds
STEP = 10_000  # microseconds from entry to entry, on average
SECOND = 1_000_000
REMOTE = "/lib/systemd/systemd-journal-remote"
BOOT = "5d3b9c1e7a2f4860b1c2d3e4f5a60718"
MACHINE = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

MAXRETRY, FINDTIME, BANTIME, FACTOR, MAXTIME = 5, 600, 3600, 2, 4 * 7 * 86400
POLICY = {"defaults": {"maxretry": MAXRETRY, "findtime": FINDTIME, "bantime": BANTIME}}

# unit, program, user id and what it says: {} are numbers
OTHERS = [
    ("nginx.service", "nginx", 33, '198.51.100.{} - - "GET /mail/{}.html HTTP/2.0" 200 {} "-"'),
    ("postfix@-.service", "postfix/qmgr", 109, "4F{}A: from=<list-{}@example.org>, size={}, nrcpt=1 (queue active)"),
    ("ssh.service", "sshd", 0, "Accepted publickey for deploy from 198.51.100.{} port {} ssh2: ED25519 {}"),
    ("cron.service", "CRON", 0, "(root) CMD (test -x /usr/local/bin/job-{} && job-{} --quiet {})"),
    ("init.scope", "systemd", 0, "Started session-{}-{}.scope - Session {} of User backup."),
    ("rspamd.service", "rspamd", 110, "<{}>; task; rspamd_task_write_log: id: <{}@example.org>, ham, [{}]"),
    ("postgresql@15-main.service", "postgres", 112, "checkpoint complete: wrote {} buffers; {} written, {} removed"),
    ("dnsmasq.service", "dnsmasq", 113, "query[A] host-{}.example.org from 127.0.0.1 {} cached {}"),
]
READ = {"nginx.service", "postfix@-.service", "ssh.service"}  # by a shipped rule


def block(unit, program, user):
    """What journald adds to every line of a unit, in the export format."""
    name = program.rpartition("/")[2]
    return (f"_MACHINE_ID={MACHINE}\n_HOSTNAME=mail\n_TRANSPORT=syslog\nPRIORITY=6\nSYSLOG_FACILITY=2\n"
            f"SYSLOG_IDENTIFIER={program}\n_UID={user}\n_GID={user}\n_COMM={name}\n"
            f"_EXE=/usr/sbin/{name}\n_CMDLINE=/usr/sbin/{name} -D\n_CAP_EFFECTIVE=0\n"
            f"_SYSTEMD_CGROUP=/system.slice/{unit}\n_SYSTEMD_UNIT={unit}\n_SYSTEMD_SLICE=system.slice\n"
            f"_SYSTEMD_INVOCATION_ID={hashlib.md5(unit.encode()).hexdigest()}\n").encode()


def entry(time, fields, pid, message):
    return (b"__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\n%s_PID=%d\n"
            b"_SOURCE_REALTIME_TIMESTAMP=%d\nMESSAGE=%s\n\n" %
            (time, time - BEGIN + SECOND, BOOT.encode(), fields, pid, time - 7, message.encode()))


def offender(number):
    """The address of an offender: every fifth one comes from its own IPv6 network."""
    if number % 5 == 4:
        return f"2001:db8:{number >> 16 & 0xffff:x}:{number & 0xffff:x}::{number % 97 + 1:x}"
    return str(ipaddress.IPv4Address((11 << 24) + number * 251 % (1 << 24)))


class Model:
    """What has to be decided, counted in the plainest way."""

    def __init__(self):
        self.times = collections.defaultdict(list)
        self.banned_until = {}
        self.offences = collections.Counter()
        self.facts = {"failures": 0, "bans": 0, "prevented": 0}

    def failure(self, time, jail, source):
        key = jail, source  # an IPv6 offender keeps to one address, so its /64 is the address
        if time < self.banned_until.get(key, 0):
            self.facts["prevented"] += 1
            return
        self.facts["failures"] += 1
        times = [t for t in self.times[key] if t > time - FINDTIME * SECOND] + [time]
        if len(times) >= MAXRETRY:
            self.offences[key] += 1
            span = min(BANTIME * FACTOR ** (self.offences[key] - 1), MAXTIME)
            self.banned_until[key] = time + span * SECOND
            self.facts["bans"] += 1
            times = []
        self.times[key] = times


def mail(n, seed, quiet=False):
    """The mail server: yields entries; the facts come with the generator's return. `quiet`: of the other units only
    those that no shipped rule reads, so that all of them read what two read."""
    draw = random.Random(seed)
    model = Model()
    others = [(block(*other[:3]), other[3]) for other in OTHERS if not quiet or other[0] not in READ]
    dovecot = block("dovecot.service", "dovecot", 110)
    mox = block("mox.service", "mox", 115)
    n_offenders = max(50, n // 40)
    time = BEGIN
    for i in range(n):
        time += draw.randrange(1, 2 * STEP)
        pid = draw.randrange(300, 32000)
        kind = draw.random()
        if kind < 0.60:
            fields, form = others[int(draw.random() * len(others))]
            numbers = [draw.randrange(1, 250), draw.randrange(65536), draw.randrange(10000)]
            yield entry(time, fields, pid, form.format(*numbers))
            continue
        token = f"{draw.getrandbits(60):015x}"
        if kind < 0.85:
            user = draw.randrange(2000)
            yield entry(time, dovecot, pid, f"imap-login: Login: user=<user{user}@example.org>, method=PLAIN, "
                        f"rip=10.0.{user >> 8}.{user & 255}, lip=198.51.100.1, mpid={pid + 1}, TLS, session=<{token}>")
            continue
        # the cube makes the tail heavy: half of the failures are of an eighth of the offenders
        source = offender(int(n_offenders * draw.random() ** 3))
        user = draw.randrange(500)
        if kind < 0.95:
            model.failure(time, "dovecot", source)
            yield entry(time, dovecot, pid, "imap-login: Disconnected: Connection closed (auth failed, 1 attempts "
                        f"in {user % 4} secs): user=<guess{user}@example.org>, method=PLAIN, rip={source}, "
                        f"lip=198.51.100.1, TLS: Connection closed, session=<{token}>")
        else:
            model.failure(time, "mox", source)
            yield entry(time, mox, pid, 'l=info m="failed authentication attempt" pkg=imapserver '
                        f"username=guess{user}@example.org remote={source} cid={token[:11]} delta={user}.942779ms")
    return model.facts


def units(n, seed, n_units, same_text):
    """One program on many units: a third of its lines are failures. A text of its own for each, or not."""
    draw = random.Random(seed)
    blocks = [block(f"shop{i:03}.service", f"shop{i:03}", 1000) for i in range(n_units)]
    time = BEGIN
    failures = 0
    for i in range(n):
        time += STEP
        unit = draw.randrange(n_units)
        name = "shop" if same_text else f"shop{unit:03}"
        if draw.random() < 0.33:
            failures += 1
            text = f"{name}: login of user{draw.randrange(500)} failed, client {offender(i)}"
        else:
            text = f"{name}: order {draw.randrange(10**6)} of user{draw.randrange(500)} was sent in {draw.random():.3f} s"
        yield entry(time, blocks[unit], 4000 + unit, text)
    return {"failures": failures, "bans": 0, "prevented": 0}


def reasons(n, seed, n_reasons):
    """One unit that knows a hundred ways to refuse; only those with the last reason are looked at by one event."""
    draw = random.Random(seed)
    fields = block("shop.service", "shop", 1000)
    time = BEGIN
    failures = 0
    for i in range(n):
        time += STEP
        if draw.random() < 0.33:
            failures += 1
            text = f"refused user{draw.randrange(500)}: reason {n_reasons - 1:03} of client {offender(i)}"
        else:
            text = f"order {draw.randrange(10**6)} of user{draw.randrange(500)} was sent in {draw.random():.3f} s"
        yield entry(time, fields, 4000, text)
    return {"failures": failures, "bans": 0, "prevented": 0}


MAKERS = {"mail": mail, "units": units, "reasons": reasons}


def make(folder, kind, n, **options):
    """(folder of the journal, facts): made now, or found where it was made before."""
    recipe = pathlib.Path(__file__).read_bytes()
    key = hashlib.sha256(recipe + repr((kind, n, sorted(options.items()))).encode()).hexdigest()[:12]
    place = pathlib.Path(folder) / f"{kind}-{n}-{key}"
    facts = place / "facts.json"
    if facts.exists():
        return place / "journal", json.loads(facts.read_text())
    shutil.rmtree(place, ignore_errors=True)
    (place / "journal").mkdir(parents=True)
    answer = feed(place / "journal", MAKERS[kind](n, seed=options.pop("seed", 1), **options))
    answer["entries"] = n
    facts.write_text(json.dumps(answer))
    return place / "journal", answer


def feed(folder, entries, name="bench"):
    """Writes entries into a journal of this folder, with what the generator returns."""
    answer = {}

    def all_of():
        answer.update((yield from entries) or {})

    remote = subprocess.Popen([REMOTE, "--output", str(folder / f"{name}.journal"), "-"],
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    source = all_of()
    with remote.stdin:
        while some := list(itertools.islice(source, 1000)):
            remote.stdin.write(b"".join(some))
    if remote.wait() != 0:
        raise SystemExit(f"bench: {REMOTE} ended with {remote.returncode}")
    return answer
