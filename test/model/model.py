"""What counts, as slowly and plainly as it can be said. Written from the words of the contract, not from the C:
nothing is ever thrown away, every decision looks at everything that ever happened."""

import ipaddress
import re
from dataclasses import dataclass, field
from fractions import Fraction

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
INFINITY = None


@dataclass
class Event:
    name: str
    outcome: str = "failure"
    mode: str = "normal"
    weight: Fraction = Fraction(1)
    agree: bool = False
    counts: str = "attempts"
    told_by: str | None = None  # the event itself

    def tells(self):
        return self.outcome == "failure" and (self.weight > 0 or self.told_by is not None)

    def teller(self):
        return self.told_by or self.name


@dataclass
class Jail:
    name: str
    mode: str
    maxretry: int
    findtime: int
    bantime: int | None
    factor: Fraction
    maxtime: int
    memory: int
    prefix4: int
    prefix6: int
    banprivate: bool = False
    maxbans: tuple = (0, 0)  # count, within
    targets: tuple = (0, 0)  # hosts, within
    on_success: str = "ignore"
    network4: int = 24
    network6: int = 48
    hosts: int = 0
    repeat_weight: Fraction | None = None
    maxusers: int = 0


@dataclass
class Told:
    """What one line says, as the test that wrote it knows."""

    jail: str
    event: Event
    address: str | None = None
    session: str | None = None
    user: str | None = None
    attempts: int | None = None
    secret: str | None = None


@dataclass
class Failure:
    time: int
    weight: Fraction
    user: str | None
    secret: str | None


@dataclass
class Tale:
    """All that one session told in one hour of the clock, line after line: (time, event, announced total or None).
    The lines of the hour before that this hour begins with stand first."""

    hour: int
    lines: list = field(default_factory=list)

    def turn(self, now):
        hour = now // HOUR
        if hour == self.hour:
            return
        late = [line for line in self.lines if line[0] // HOUR == self.hour and line[0] % HOUR >= 50 * MINUTE]
        self.lines = late if hour == self.hour + 1 else []
        self.hour = hour

    def count(self, counts, late=False):
        """The largest sum of a teller of these; `late`: by the last ten minutes of the hour alone."""
        totals = {}
        for time, event, announced in self.lines:
            if event.counts != counts or late and not (time // HOUR == self.hour and time % HOUR >= 50 * MINUTE):
                continue
            total = totals.get((event.teller(), event.name), 0)
            totals[event.teller(), event.name] = total + 1 if announced is None else max(total, announced)
        sums = {}
        for (teller, _), total in totals.items():
            sums[teller] = sums.get(teller, 0) + total
        return max(sums.values(), default=0)


@dataclass
class Session:
    tale: Tale | None = None
    address: tuple | None = None  # (when it was told, what)
    user: tuple | None = None

    @staticmethod
    def recall(note, now):
        return note[1] if note is not None and now - note[0] < 24 * HOUR else None


@dataclass
class Raises:
    """What the sessions with a name raised together, in the same way: (time, attempts, and by the last ten minutes
    of the hour alone)."""

    hour: int
    lines: list = field(default_factory=list)

    def turn(self, now):
        hour = now // HOUR
        if hour == self.hour:
            return
        late = [(time, late, 0) for time, _, late in self.lines if time // HOUR == self.hour]
        self.lines = late if hour == self.hour + 1 else []
        self.hour = hour

    def sum(self):
        return sum(raised for _, raised, _ in self.lines)


@dataclass
class Ban:
    jail: str
    prefix: object
    since: int
    until: int | None
    automatic: bool
    lifted: bool = False

    def holds(self, now):
        return not self.lifted and self.since <= now and (self.until is None or now < self.until)

    def runs(self, now):
        return not self.lifted and (self.until is None or now < self.until)


CARRIERS = {ipaddress.ip_network(text): length for text, length in {
    "64:ff9b::/96": 128, "64:ff9b:1::/48": 128, "2001::/32": 128, "2002::/16": 48}.items()}
PRIVATE = [ipaddress.ip_network(text) for text in (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10")]


def carrier(address):
    """How long one host is among addresses that carry IPv4 addresses; None: it carries none."""
    for network, length in CARRIERS.items():
        if address.version == 6 and address in network:
            return length
    return None


class Model:
    def __init__(self, jails, ignored, spares_private=False):
        self.spares_private = spares_private
        self.breakers = {}  # jail -> [open, offenders held back, time of the latest]
        self.targets = {}  # (jail, user) -> ({offender: latest failure}, stretches that were told)
        self.warned = {}  # (jail, private offender) -> [time]
        self.jails = {jail.name: jail for jail in jails}
        self.ignored = [ipaddress.ip_network(text) for text in ignored]
        self.sessions = {}
        self.failures = {}  # (jail, offender) -> [Failure]
        self.bans = []
        self.nameless = {}  # (jail, address) -> (Tale, {what is counted: Raises})
        self.lost = 0
        self.decisions = []
        self.latest = 0
        self.counted = Fraction(0)
        self.prevented = Fraction(0)

    def offender(self, jail, address):
        length = jail.prefix4 if address.version == 4 else jail.prefix6
        return ipaddress.ip_network((address, carrier(address) or length), strict=False)

    def network(self, jail, address):
        """None: its neighbours are strangers."""
        if carrier(address):
            return None
        length = jail.network4 if address.version == 4 else jail.network6
        return ipaddress.ip_network((address, length), strict=False)

    @staticmethod
    def address(text):
        """None: no text, or none in it. It may carry a port."""
        found = re.fullmatch(r"\[(.*:.*)\]:(\d{1,5})|([^:]*):(\d{1,5})", text or "")
        if found:
            text = found[1] or found[3] if int(found[2] or found[4]) < 65536 else None
        try:
            address = ipaddress.ip_address(text or "")
        except ValueError:
            return None
        return getattr(address, "ipv4_mapped", None) or address

    def is_ignored(self, address):
        never = address.is_loopback or address.is_unspecified or address.is_multicast
        return never or any(address in network for network in self.ignored if network.version == address.version)

    def session(self, told):
        return None if told.session is None else self.sessions.setdefault((told.jail, told.session), Session())

    @staticmethod
    def attempts(told, session, now):
        """By how much the line raises the count of its session; the same by the last ten minutes alone."""
        if not told.event.tells():
            return 0, 0
        if session is None:
            return 1 if told.attempts is None else told.attempts, 0
        session.tale = session.tale or Tale(now // HOUR)
        session.tale.turn(now)
        counts = told.event.counts
        before = session.tale.count(counts), session.tale.count(counts, True)
        session.tale.lines.append((now, told.event, told.attempts))
        return session.tale.count(counts) - before[0], session.tale.count(counts, True) - before[1]

    def settle(self, jail, told, address, named, raised, now):
        """One attempt told by lines with a session and by lines without one counts once: the larger sum counts."""
        if raised == (0, 0):
            return raised[0]
        counts = told.event.counts
        tale, raises = self.nameless.setdefault((jail.name, address), (Tale(now // HOUR), {}))
        mine = raises.setdefault(counts, Raises(now // HOUR))
        for one in tale, *raises.values():
            one.turn(now)
        before = max(tale.count(counts), mine.sum())
        if named:
            mine.lines.append((now, *raised))
        else:
            tale.lines.append((now, told.event, told.attempts))
        return max(tale.count(counts), mine.sum()) - before

    def forget_sums(self, jail, prefix):
        for key in [key for key in self.nameless if key[0] == jail.name and key[1] in prefix]:
            del self.nameless[key]

    def feed(self, now, told, cursor):
        self.judge(now, told, cursor)
        self.latest = max(self.latest, now)

    def judge(self, now, told, cursor):
        jail = self.jails[told.jail]
        if told.event.mode == "aggressive" and jail.mode == "normal":
            return
        session = self.session(told)
        address = self.address(told.address)
        if told.event.outcome == "note":
            if session is not None:
                session.address = (now, address) if address else session.address
                session.user = (now, told.user) if told.user else session.user
            return
        if told.address is not None and address is None:
            return
        known = Session.recall(session.address, now) if session else None
        if known is None and told.session is not None and (address is None or told.event.agree):
            self.lost += told.event.outcome == "failure"
        if told.event.agree and (known is None or address not in (None, known)):
            return
        address = address or known
        user = told.user or (Session.recall(session.user, now) if session else None)
        if told.event.outcome == "success":
            if jail.on_success == "forgive" and address is not None and user:
                self.forgive(jail, address, user)
            return
        if address is None:
            return
        raised = self.attempts(told, session, now)
        if self.is_ignored(address):
            return
        if self.spares_private and not jail.banprivate and any(address in network for network in PRIVATE):
            if raised[0] * told.event.weight > 0:
                self.warn_private(jail, address, now)
            return
        if self.is_banned(jail, address, now):
            attempts = raised[0]
        else:
            attempts = self.settle(jail, told, address, session is not None, raised, now)
        if min(raised[0], attempts) > 0 and told.event.weight > 0:
            self.failure(jail, told, address, user, attempts, now, cursor)
            self.note_target(jail, told, address, user, now, cursor)

    def is_banned(self, jail, address, now):
        prefixes = [self.offender(jail, address)] + ([self.network(jail, address)] if jail.hosts else [])
        return any(ban.holds(now) for ban in self.bans if ban.jail == jail.name and ban.prefix in prefixes)

    def warn_private(self, jail, address, now):
        offender = self.offender(jail, address)
        times = self.warned.setdefault((jail.name, offender), [])
        if not any(now - HOUR < time <= now for time in times):
            times.append(now)
            self.decisions.append(f"private {now} {jail.name} {offender}")

    def forgive(self, jail, address, user):
        failures = self.failures.get((jail.name, self.offender(jail, address)), [])
        failures[:] = [failure for failure in failures if failure.user != user]

    def too_many_bans(self, jail, now):
        count, within = jail.maxbans
        return count and sum(1 for ban in self.bans if ban.automatic and ban.jail == jail.name
                             and now - within < ban.since) >= count

    def close_breaker(self, jail, now):
        state = self.breakers.setdefault(jail.name, [False, 0, 0])
        if state[0] and not self.too_many_bans(jail, now):
            if now - state[2] < HOUR:
                self.decisions.append(f"breaker-closed {now} {jail.name} {state[1]}")
            state[:] = [False, 0, 0]

    def hold_back(self, jail, anew, now, words):
        state = self.breakers[jail.name]
        if not state[0]:
            self.decisions.append(f"breaker {now} {jail.name} {words}")
        state[:] = [True, state[1] + (anew or not state[0]), now]

    def note_target(self, jail, told, address, user, now, cursor):
        count, within = jail.targets
        if not count or not user:
            return
        offender = self.offender(jail, address)
        hosts, stretches = self.targets.setdefault((jail.name, user), ({}, [-1]))
        hosts[offender] = max(hosts.get(offender, now), now)
        if sum(1 for time in hosts.values() if now - within < time) >= count and now // within > max(stretches):
            stretches.append(now // within)
            self.decisions.append(f"target {now} {jail.name} {told.event.name} {offender} {user} {count} {cursor}")

    @staticmethod
    def is_repeat(jail, seen, told, user):
        return any(failure.user == user and told.secret in (None, failure.secret) for failure in seen)

    def weigh(self, jail, seen, told, user, attempts):
        """An attempt at an account that the offender failed at before may weigh less."""
        weight = told.event.weight
        if jail.repeat_weight is None or user is None:
            return attempts * weight
        repeat = min(weight, jail.repeat_weight)
        first = repeat if self.is_repeat(jail, seen, told, user) else weight
        return first + (attempts - 1) * repeat

    @staticmethod
    def is_enough(jail, seen):
        users = {failure.user for failure in seen} - {None}
        return sum(failure.weight for failure in seen) >= jail.maxretry or 0 < jail.maxusers <= len(users)

    def failure(self, jail, told, address, user, attempts, now, cursor):
        offender = self.offender(jail, address)
        self.close_breaker(jail, now)
        if self.is_banned(jail, address, now):
            self.prevented += attempts * told.event.weight
            return
        failures = self.failures.setdefault((jail.name, offender), [])
        seen = [failure for failure in failures if now - jail.findtime < failure.time <= now]
        weight = self.weigh(jail, seen, told, user, attempts)
        self.counted += weight
        failures.append(Failure(now, weight, user, told.secret))
        if not self.is_enough(jail, seen + failures[-1:]):
            return
        reached = sum(failure.weight for failure in seen) + weight
        if self.too_many_bans(jail, now):
            self.hold_back(jail, not self.is_enough(jail, seen), now,
                           f"{told.event.name} {address} {offender} {int(reached)}.{int(reached * 10) % 10} "
                           f"{jail.maxbans[0]} {cursor}")
            return
        failures.clear()
        by_users = f" {jail.maxusers} users" if reached < jail.maxretry else ""
        self.enact(jail, told, address, offender, reached, now, cursor + by_users)
        if jail.hosts and self.network(jail, address):
            self.judge_network(jail, told, address, now, cursor)

    def enact(self, jail, told, address, prefix, reached, now, cursor):
        self.bans.append(Ban(jail.name, prefix, now, None, True))
        self.forget_sums(jail, prefix)
        offence = sum(1 for ban in self.bans
                      if (ban.jail, ban.prefix) == (jail.name, prefix) and ban.automatic and not ban.lifted
                      and now - jail.memory < ban.since <= now)
        until = self.bans[-1].until = self.until(jail, now, offence)
        reached = f"{int(reached)}.{int(reached * 10) % 10}"
        self.decisions.append(f"ban {now} {'null' if until is None else until} {jail.name} {told.event.name} {address} "
                              f"{prefix} {reached} {offence} {cursor}")

    def judge_network(self, jail, told, address, now, cursor):
        """Distinct offenders of it that were banned after its last ban; one that was lifted ends the count too."""
        network = self.network(jail, address)
        offenders = set()
        for ban in self.bans:
            if ban.jail != jail.name:
                continue
            if ban.prefix == network and (ban.automatic or ban.lifted):
                offenders = set()
            elif (ban.automatic and not ban.lifted and ban.prefix != network and ban.prefix.version == network.version
                  and carrier(ban.prefix[0]) != ban.prefix.prefixlen and ban.prefix.subnet_of(network)
                  and now - jail.findtime < ban.since <= now):
                offenders.add(ban.prefix)
        if len(offenders) >= jail.hosts:
            self.enact(jail, told, address, network, jail.hosts, now, cursor)

    @staticmethod
    def until(jail, now, offence):
        if jail.bantime is INFINITY:
            return None
        if jail.factor == 1:
            return now + jail.bantime
        span = min(jail.bantime * jail.factor ** (offence - 1), jail.maxtime)
        return now + int(span) // SECOND * SECOND

    def ban(self, now, jail, prefix, until):
        """By hand: what runs of that offender runs until then, neither longer nor shorter; else it prevents what
        comes after all that was read."""
        prefix = ipaddress.ip_network(prefix)
        running = [ban for ban in self.bans if (ban.jail, ban.prefix) == (jail, prefix) and ban.runs(now)]
        for ban in running:
            if not ban.automatic or ban.until is None or until <= ban.until:
                ban.until = until
        if not any(ban.until == until for ban in running):
            self.bans.append(Ban(jail, prefix, max(now, self.latest + 1), until, False))

    def unban(self, now, jail, prefix):
        prefix = ipaddress.ip_network(prefix)
        running = [ban for ban in self.bans if (ban.jail, ban.prefix) == (jail, prefix) and ban.runs(now)]
        for ban in running:
            ban.lifted = True
        if running:
            self.failures.pop((jail, prefix), None)
        self.decisions.append(f"unban {int(bool(running))}")
