"""What counts, as slowly and plainly as it can be said. Written from the words of the contract, not from the C:
nothing is ever thrown away, every decision looks at everything that ever happened."""

import ipaddress
import re
from dataclasses import dataclass, field
from fractions import Fraction

SECOND = 1_000_000
HOUR = 3600 * SECOND
INFINITY = None


@dataclass
class Event:
    name: str
    outcome: str = "failure"
    mode: str = "normal"
    weight: Fraction = Fraction(1)
    agree: bool = False


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
class Session:
    first: int
    address: object = None
    user: str | None = None
    totals: dict = field(default_factory=dict)

    def count(self):
        return max(self.totals.values(), default=0)


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


PRIVATE = [ipaddress.ip_network(text) for text in (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10")]


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
        self.credits = {}  # (jail, address, named) -> [[time, attempts]]
        self.decisions = []
        self.latest = 0
        self.counted = Fraction(0)
        self.prevented = Fraction(0)

    def offender(self, jail, address):
        length = jail.prefix4 if address.version == 4 else jail.prefix6
        return ipaddress.ip_network((address, length), strict=False)

    def network(self, jail, address):
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

    def session(self, told, now):
        if told.session is None:
            return None
        key = told.jail, told.session
        session = self.sessions.get(key)
        if session is not None and now - session.first >= HOUR:
            session = None
        if session is None and told.event.outcome != "success":  # which tells nothing, and begins nothing
            session = self.sessions[key] = Session(now)
        return session

    def attempts(self, told, session):
        if session is None:
            return 1 if told.attempts is None else told.attempts
        before = session.count()
        total = session.totals.get(told.event.name, 0)
        session.totals[told.event.name] = total + 1 if told.attempts is None else max(total, told.attempts)
        return session.count() - before

    def settle(self, jail, address, named, attempts, now):
        """One attempt told by a line with a session and by one without counts once."""
        others = self.credits.setdefault((jail.name, address, not named), [])
        for credit in sorted(others, key=lambda credit: credit[0]):
            if now - jail.findtime < credit[0] <= now:
                part = min(credit[1], attempts)
                credit[1] -= part
                attempts -= part
        if attempts > 0:
            self.credits.setdefault((jail.name, address, named), []).append([now, attempts])
        return attempts

    def feed(self, now, told, cursor):
        self.judge(now, told, cursor)
        self.latest = max(self.latest, now)

    def judge(self, now, told, cursor):
        jail = self.jails[told.jail]
        if told.event.mode == "aggressive" and jail.mode == "normal":
            return
        session = self.session(told, now)
        address = self.address(told.address)
        if told.event.outcome == "note":
            if session is not None:
                session.address = address or session.address
                session.user = told.user or session.user
            return
        if told.address is not None and address is None:
            return
        if told.event.agree and (session is None or session.address is None or
                                 address not in (None, session.address)):
            return
        if address is None and session is not None:
            address = session.address
        user = told.user or (session.user if session else None)
        if told.event.outcome == "success":
            if jail.on_success == "forgive" and address is not None and user:
                self.forgive(jail, address, user)
            return
        if address is None:
            return
        attempts = self.attempts(told, session)
        if self.is_ignored(address):
            return
        if self.spares_private and not jail.banprivate and any(address in network for network in PRIVATE):
            if attempts * told.event.weight > 0:
                self.warn_private(jail, address, now)
            return
        attempts = self.settle(jail, address, session is not None, attempts, now)
        if attempts > 0 and told.event.weight > 0:
            self.failure(jail, told, address, user, attempts, now, cursor)
            self.note_target(jail, told, address, user, now, cursor)

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
        prefixes = [offender, self.network(jail, address)] if jail.hosts else [offender]
        if any(ban.holds(now) for ban in self.bans if ban.jail == jail.name and ban.prefix in prefixes):
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
        if jail.hosts:
            self.judge_network(jail, told, address, now, cursor)

    def enact(self, jail, told, address, prefix, reached, now, cursor):
        self.bans.append(Ban(jail.name, prefix, now, None, True))
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
                  and ban.prefix.subnet_of(network) and now - jail.findtime < ban.since <= now):
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
