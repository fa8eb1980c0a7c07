"""What counts, as slowly and plainly as it can be said, from the words of the manual pages and not from the C: nothing
is bounded or thrown away, every decision looks at everything that ever happened. Times are µs, weights whole tenths.
What a line tells is asked of lines.py.
"""

import ipaddress
import re
from collections import namedtuple
from fractions import Fraction

import lines

US = 1000000
HOUR = 3600 * US
DAY = 24 * HOUR
TAIL = 600 * US         # the end of an hour, with which the next begins
TOLD_APART = 256        # bytes of a user's name
BUILT_IN = {"mode": "normal", "maxretry": 5, "findtime": 600, "bantime": 3600,
            "increment": {"factor": 2, "maxtime": 28 * 86400, "memory": 60 * 86400, "overall": False},
            "prefix": {"ipv4": 32, "ipv6": 64}, "action": "drop", "on_success": "ignore", "maxusers": 0,
            "repeat_weight": None, "maxbans": {"count": 0, "within": 60}, "targets": {"hosts": 0, "within": 3600},
            "networks": {"ipv4": 24, "ipv6": 48, "hosts": 0}, "banprivate": False}
# Networks whose addresses carry IPv4 addresses, and how long one host of them is.
CARRIERS = [(ipaddress.ip_network(text), length) for text, length in [
    ("64:ff9b::/96", 128), ("64:ff9b:1::/48", 128), ("2001::/32", 128), ("2002::/16", 48)]]
PRIVATE = [ipaddress.ip_network(text) for text in (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10")]

RECIDIVE = {"name": "recidive", "journal": [], "events": []}
FLEET = {"name": "fleet", "journal": [], "events": []}
AHEAD = 600 * US        # so much may clocks of the fleet differ
KEPT = 4                # bans of one member and offender that are known again

Failure = namedtuple("Failure", "time tenths user secret")
Return = namedtuple("Return", "time ban")
Told = namedtuple("Told", "late amount teller event announced", defaults=[None] * 3)
NOBODY = {"jail": None, "event": None, "outcome": None, "address": None, "user": None, "weight": 0}


def usec(value):
    """A duration in µs; "infinity" is None."""
    if value == "infinity":
        return None
    if isinstance(value, (int, float)):
        return round(value * US)
    units = {"us": 1, "ms": 1000, "s": US, "": US, "min": 60 * US, "h": HOUR, "d": DAY, "w": 7 * DAY}
    return sum(int(n) * units[u] for n, u in re.findall(r"([0-9]+)\s*([a-z]*)", value))


def merge(below, above):
    merged = dict(below)
    for key, value in above.items():
        merged[key] = merge(below[key], value) if isinstance(value, dict) else value
    return merged


def carrier(address):
    """How long one host is among addresses that carry IPv4 addresses; None: it carries none."""
    return next((length for network, length in CARRIERS if address.version == 6 and address in network), None)


class Hour:
    """What was told within an hour of the clock, which begins with what the last ten minutes before it told."""

    def __init__(self):
        self.number, self.lines = None, []

    def enter(self, now):
        if now // HOUR != self.number:
            follows = self.number is not None and now // HOUR == self.number + 1
            self.lines = [line._replace(late=False) for line in self.lines if line.late and follows]
            self.number = now // HOUR

    def largest(self, thing, late=False):
        """What the teller of that thing told who told most; `late`: by the last ten minutes alone."""
        totals, sums = {}, {}
        for line in self.lines:
            if line.teller and line.teller[0] == thing and (line.late or not late):
                key = line.teller, line.event
                total = totals.get(key, 0)
                totals[key] = total + 1 if line.announced is None else max(total, line.announced)
        for (teller, _), total in totals.items():
            sums[teller] = sums.get(teller, 0) + total
        return max(sums.values(), default=0)

    def tell(self, now, event, announced):
        """By how much the count rises, and that of the last ten minutes."""
        before = self.largest(event.thing), self.largest(event.thing, True)
        self.lines.append(Told(now % HOUR >= HOUR - TAIL, 0, event.teller, event.name, announced))
        return self.largest(event.thing) - before[0], self.largest(event.thing, True) - before[1]


class Session:
    def __init__(self):
        self.hour, self.notes = Hour(), {}  # what -> (when it was told, value)

    def note(self, what, value, now):
        if value:
            self.notes[what] = now, value

    def recall(self, what, now):
        told, value = self.notes.get(what, (None, None))
        return value if value and now - told < DAY else None


def machine_of(fields):
    return fields.get("_MACHINE_ID", [b""])[0]


class Ban:
    def __init__(self, prefix, since, until, address=None):
        self.prefix, self.since, self.until, self.lifted = prefix, since, until, False
        self.address = address              # whose failures brought it
        self.automatic = address is not None    # else by hand

    def runs(self, now):
        return not self.lifted and (self.until is None or now < self.until)

    def holds(self, now):
        return self.runs(now) and self.since <= now


class Jail:
    """A rule in force, with all that it remembers."""

    def __init__(self, rule, settings):
        self.name, self.settings = rule["name"], settings
        self.rule = lines.Rule(rule)
        self.findtime = usec(settings["findtime"])
        self.maxretry = 10 * settings["maxretry"]
        self.memory = usec(settings["increment"]["memory"])
        self.hosts = settings["networks"]["hosts"] if self.name != "recidive" else 0
        self.repeat = settings["repeat_weight"] and round(10 * settings["repeat_weight"])
        self.sessions = {}
        self.sums = {}      # address -> lines without a session, {thing: what those with one raised}
        self.failures = {}  # offender -> [Failure]
        self.bans = []
        self.held = None    # how many offenders were held back, while the breaker is open
        self.held_at = 0    # the latest
        self.targets = {}   # user -> {offender: latest failure}
        self.told = {}      # user -> stretches that were told
        self.warned = {}    # private offender -> when

    def is_off(self, event):
        return event.aggressive and self.settings["mode"] == "normal"

    def offender(self, address):
        length = carrier(address) or self.settings["prefix"]["ipv%d" % address.version]
        return ipaddress.ip_network((address, length), strict=False)

    def network(self, address):
        """None: its neighbours are strangers, or networks are not banned."""
        if not self.hosts or carrier(address):
            return None
        return ipaddress.ip_network((address, self.settings["networks"]["ipv%d" % address.version]), strict=False)

    def is_banned(self, address, now):
        prefixes = self.offender(address), self.network(address)
        return any(ban.holds(now) and ban.prefix in prefixes for ban in self.bans)

    def who(self, found, session, now):
        """(address, user), own or remembered by the session."""
        text, user = found.get("address"), found.get("user")
        if text:
            address = lines.address_of(text)
            session = address and session   # if it is none this is nobody's line
        else:
            address = session.recall("address", now) if session else None
        return address, user or (session.recall("user", now) if session else None) or None

    def is_enough(self, failures):
        users = {failure.user for failure in failures} - {None}
        return (sum(failure.tenths for failure in failures) >= self.maxretry or
                0 < self.settings["maxusers"] <= len(users))

    def weigh(self, seen, event, attempts, user, secret):
        """An attempt at an account that failed lately weighs less, unless its password is a new one."""
        if not user or self.repeat is None:
            return attempts * event.tenths
        again = min(event.tenths, self.repeat)
        known = any(failure.user == user and secret in (None, failure.secret) for failure in seen)
        return (again if known else event.tenths) + (attempts - 1) * again

    def until(self, now, nth):
        bantime, increment = usec(self.settings["bantime"]), self.settings["increment"]
        if bantime is None:
            return None
        length = bantime * Fraction(str(increment["factor"])) ** (nth - 1)
        if increment["factor"] != 1:    # then "every ban is bantime"
            length = min(length, usec(increment["maxtime"]))
        return now + int(length) // US * US

    def ban(self, prefix, said, reached, others):
        """The n-th of that prefix of late, with those of the other jails if all count; one that was lifted is none."""
        now = said["time_usec"]
        jails = others if self.settings["increment"]["overall"] else [self]
        nth = 1 + sum(ban.automatic and not ban.lifted and ban.prefix == prefix and now - self.memory < ban.since <= now
                      for jail in jails for ban in jail.bans)
        self.bans.append(Ban(prefix, now, self.until(now, nth), ipaddress.ip_address(said["address"])))
        self.sums = {address: sums for address, sums in self.sums.items() if address not in prefix}
        return dict(said, action="ban", until_usec=self.bans[-1].until, prefix=str(prefix), failures=reached / 10,
                    offence=nth)

    def is_network_full(self, network, now):
        """Distinct offenders of it that were banned after its last ban; one that was lifted ends the count, too."""
        offenders = set()
        for ban in self.bans:
            if ban.prefix == network:
                offenders = offenders if not ban.automatic and not ban.lifted else set()
            elif (ban.automatic and not ban.lifted and self.network(ban.address) == network and
                  now - self.findtime < ban.since <= now):
                offenders.add(ban.prefix)
        return len(offenders) >= self.hosts

    def is_limit_reached(self, now):
        count, within = self.settings["maxbans"]["count"], usec(self.settings["maxbans"]["within"])
        return 0 < count <= sum(ban.automatic and now - within < ban.since for ban in self.bans)

    def is_target(self, user, offender, now):
        """Many offenders fail at the account; told once in each stretch of `within`."""
        hosts, within = self.settings["targets"]["hosts"], usec(self.settings["targets"]["within"])
        if not hosts or not user:
            return False
        latest, told = self.targets.setdefault(user, {}), self.told.setdefault(user, [-1])
        latest[offender] = max(now, latest.get(offender, now))
        if sum(now - within < time for time in latest.values()) < hosts or now // within <= max(told):
            return False
        told.append(now // within)
        return True


class Report:
    """A ban of another host's."""

    def __init__(self, member, offender, time, key):
        self.member, self.offender, self.time, self.key = member, offender, time, key
        self.known, self.spent = True, False


class Model:
    def __init__(self, policy, rules, mode=None, spares_private=False):
        self.ignored = [ipaddress.ip_network(text) for text in policy.get("ignoreip", [])]
        self.spares_private = spares_private
        defaults = merge(BUILT_IN, policy.get("defaults", {}))
        by_name = {rule["name"]: rule for rule in [*rules, RECIDIVE, FLEET]}
        self.jails = [Jail(by_name[name], merge(merge(defaults, settings), {"mode": mode} if mode else {}))
                      for name, settings in policy["jails"].items()]
        self.recidive = next((jail for jail in self.jails if jail.name == "recidive"), None)
        self.fleet = next((jail for jail in self.jails if jail.name == "fleet"), None)
        self.others = [jail for jail in self.jails if jail not in (self.recidive, self.fleet)]
        self.reports, self.floors, self.unbans = [], {}, {}     # of the fleet, by (member, offender)
        self.pieces = lines.Pieces()
        self.entries = self.failures = self.bans = self.prevented = self.lost = self.latest = 0

    def is_ignored(self, address):
        return (address.is_loopback or address.is_unspecified or address.is_multicast or
                any(address in network for network in self.ignored))

    def is_spared(self, jail, address):
        return (self.spares_private and not jail.settings["banprivate"] and
                any(address in network for network in PRIVATE))

    def feed(self, now, fields, cursor=None):
        """The decisions that this entry brings, in order."""
        selecting = [jail for jail in self.jails if jail.rule.selects(fields)]
        self.entries += bool(selecting)
        self.latest = max(self.latest, now)
        if self.pieces.is_piece(fields) or lines.is_own(fields):
            return []
        return [dict(decision, cursor=cursor) for jail in selecting for decision in self.judge(jail, now, fields)]

    def attempt(self, jail, event, found, machine, now):
        """(attempts, whose address, user) that this line tells of and no other told."""
        session = jail.sessions.setdefault((machine, found["session"]), Session()) if found.get("session") else None
        address, user = jail.who(found, None if event.outcome == "note" else session, now)
        if event.outcome == "note" and session:
            session.note("address", address, now)
            session.note("user", user, now)
        known = session.recall("address", now) if session else None
        if event.outcome == "failure" and session and known is None and (
                not found.get("address") or event.agree and address):
            self.lost += 1
        if event.agree and (known is None or known != address):
            return 0, None, found.get("user") if found.get("address") else user
        if event.outcome != "failure" or address is None or not event.tells:
            return 0, address, user
        announced = event.announced(found)
        if session:
            session.hour.enter(now)
            raised = session.hour.tell(now, event, announced)
        else:
            raised = 1 if announced is None else announced, 0
        if (raised == (0, 0) or self.is_ignored(address) or self.is_spared(jail, address) or
                jail.is_banned(address, now)):
            return raised[0], address, user
        return self.settle(jail, address, event, session, announced, raised, now), address, user

    @staticmethod
    def settle(jail, address, event, session, announced, raised, now):
        """What lines of the other kind, with a session or without, told already is not new."""
        nameless, named = jail.sums.setdefault(address, (Hour(), {}))
        mine = named.setdefault(event.thing, Hour())
        for hour in nameless, *named.values():
            hour.enter(now)

        def count():
            return max(nameless.largest(event.thing), sum(line.amount for line in mine.lines))
        before = count()
        if session:     # the next hour begins with what the last ten minutes alone would have raised
            mine.lines += [Told(True, raised[1]), Told(False, raised[0] - raised[1])]
        else:
            nameless.tell(now, event, announced)
        return count() - before

    def judge(self, jail, now, fields):
        """Yields decisions."""
        event, found = jail.rule.find(fields)
        if event is None or jail.is_off(event):
            return
        attempts, address, user = self.attempt(jail, event, found, machine_of(fields), now)
        if event.outcome == "success" and jail.settings["on_success"] == "forgive" and address and user:
            failures = jail.failures.get(jail.offender(address), [])
            failures[:] = [failure for failure in failures if failure.user != user[:TOLD_APART]]
        if not attempts or not event.tenths or self.is_ignored(address):
            return
        said = {"time_usec": now, "jail": jail.name, "event": event.name, "address": str(address)}
        offender = jail.offender(address)
        if self.is_spared(jail, address):
            yield from self.warn_private(jail, offender, said)
            return
        if jail.held is not None and not jail.is_limit_reached(now):
            if now - jail.held_at < HOUR:
                yield {"action": "breaker", "state": "closed", "time_usec": now, "jail": jail.name, "count": jail.held}
            jail.held = None
        yield from self.fail(jail, event, attempts, offender, user, found.get("secret") or None, said)
        if jail.is_target(user, offender, now):
            yield dict(said, action="target", user=lines.shown(user), hosts=jail.settings["targets"]["hosts"],
                       prefix=str(offender))

    @staticmethod
    def warn_private(jail, offender, said):
        times = jail.warned.setdefault(offender, [])
        if not any(said["time_usec"] - HOUR < time <= said["time_usec"] for time in times):
            times.append(said["time_usec"])
            yield dict(said, action="private", prefix=str(offender))

    def fail(self, jail, event, attempts, offender, user, secret, said):
        now, address = said["time_usec"], ipaddress.ip_address(said["address"])
        if jail.is_banned(address, now):
            self.prevented += attempts * event.tenths
            return
        user = user[:TOLD_APART] if user else None
        failures = jail.failures.setdefault(offender, [])
        seen = [failure for failure in failures if now - jail.findtime < failure.time <= now]
        failure = Failure(now, jail.weigh(seen, event, attempts, user, secret), user, secret)
        self.failures += failure.tenths
        failures.append(failure)
        if not jail.is_enough(seen + [failure]):
            return
        reached = sum(failure.tenths for failure in seen + [failure])
        if jail.is_limit_reached(now):
            if jail.held is None:
                yield dict(said, action="breaker", state="open", prefix=str(offender), failures=reached / 10,
                           count=jail.settings["maxbans"]["count"])
            jail.held = 1 if jail.held is None else jail.held + (not jail.is_enough(seen))
            jail.held_at = now
            return
        failures.clear()
        self.bans += 1
        by_users = {"users": jail.settings["maxusers"]} if reached < jail.maxretry else {}
        yield dict(jail.ban(offender, said, reached, self.others), **by_users)
        yield from self.come_back(jail.bans[-1], said)
        network = jail.network(address)
        if network and jail.is_network_full(network, now):
            self.bans += 1
            yield jail.ban(network, said, 10 * jail.hosts, self.others)
            yield from self.come_back(jail.bans[-1], said)

    def come_back(self, ban, said):
        """Each ban of the other jails is a failure of its prefix in the jail recidive."""
        now, jail = said["time_usec"], self.recidive
        if jail is None or self.is_spared(jail, ban.address):
            return
        if any(other.prefix == ban.prefix and other.holds(now) for other in jail.bans):
            self.prevented += 10
            return
        self.failures += 10
        failures = jail.failures.setdefault(ban.prefix, [])
        failures.append(Return(now, ban))
        seen = [one for one in failures if not one.ban.lifted and now - jail.findtime < one.time <= now]
        if 10 * len(seen) >= jail.maxretry:
            failures.clear()
            self.bans += 1
            yield jail.ban(ban.prefix, dict(said, jail=jail.name, event="ban"), 10 * len(seen), [jail])

    def hear(self, time, now, member, action, address, key):
        """What another host banned, or let go of by hand; yields decisions."""
        jail, address = self.fleet, ipaddress.ip_address(address)
        offender = jail.offender(address)
        if action == "unban":
            if time > self.unbans.get((member, offender), 0):
                yield from self.let_go(member, offender, address, time, now)
            return
        if self.is_ignored(address) or self.is_spared(jail, address):
            return
        mine = [report for report in self.reports if (report.member, report.offender) == (member, offender)]
        known = [report for report in mine if report.known]
        # the oldest goes, and what is not younger is not taken any more
        if any(report.key == key for report in known) or time <= self.floors.get((member, offender), 0):
            return
        if len(known) == KEPT:
            oldest = min(known, key=lambda report: report.time)
            if time <= oldest.time:
                return
            self.floors[member, offender] = oldest.time
            oldest.known, oldest.spent = False, True
        self.reports.append(Report(member, offender, time, key))
        yield from self.follow(offender, address, time)

    def let_go(self, member, offender, address, time, now):
        self.unbans[member, offender] = time
        self.spend(offender, time + AHEAD)
        for ban in reversed(sorted(self.fleet.bans, key=lambda ban: ban.since)):
            if ban.prefix == offender and ban.automatic and ban.runs(now) and ban.since <= time + AHEAD:
                ban.lifted = True
                yield {"action": "end-ban", "jail": "fleet", "prefix": str(offender)}

    def spend(self, offender, until):
        for report in self.reports:
            report.spent |= report.offender == offender and report.time <= until

    def follow(self, offender, address, time):
        jail, settings = self.fleet, self.fleet.settings
        if jail.is_banned(address, time) or any(ban.prefix == offender and ban.automatic and not ban.lifted and
                                                ban.since >= time for ban in jail.bans):
            self.prevented += 10
            self.spend(offender, time)
            return
        self.failures += 10
        unbanned = max([when for (_, prefix), when in self.unbans.items() if prefix == offender], default=0)
        seen = [report for report in self.reports
                if report.offender == offender and not report.spent and report.time > unbanned]
        latest = max((report.time for report in seen), default=0)
        seen = [report for report in seen if latest - report.time < jail.findtime]
        members = {report.member for report in seen}
        enough = 10 * len(seen) >= jail.maxretry
        if not seen or not (enough or 0 < settings["maxusers"] <= len(members)):
            return
        self.spend(offender, latest)
        said = {"time_usec": latest, "jail": "fleet", "event": "ban", "address": str(address), "cursor": "s=there"}
        self.bans += 1
        yield dict(jail.ban(offender, said, 10 * len(seen), [jail]), **({} if enough else {"users": len(members)}))
        network = jail.network(address)
        if network and jail.is_network_full(network, latest):
            self.bans += 1
            yield jail.ban(network, said, 10 * jail.hosts, [jail])

    def by_name(self, name):
        return next(jail for jail in self.jails if jail.name == name)

    def ban(self, now, jail, prefix, until):
        """By hand: what runs of that offender runs until then, neither longer nor shorter; else it prevents what
        comes after all that was read."""
        running = [ban for ban in jail.bans if ban.prefix == prefix and ban.runs(now)]
        for ban in running:
            if not ban.automatic or ban.until is None or until <= ban.until:
                ban.until = until
        if not any(ban.until == until for ban in running):
            jail.bans.append(Ban(prefix, max(now, self.latest + 1), until))

    def unban(self, now, jail, prefix):
        """True if a ban ends with it."""
        running = [ban for ban in jail.bans if ban.prefix == prefix and ban.runs(now)]
        for ban in running:
            ban.lifted = True
        if running:
            jail.failures.pop(prefix, None)
        if running and jail is self.fleet:
            self.unbans["", prefix] = max(now, self.unbans.get(("", prefix), 0))
            self.spend(prefix, now + 1000 * DAY)
        return bool(running)

    def answer(self, now, fields):
        """What `banish test` says of an entry: the first rule that takes it answers. Nobody is banned."""
        if self.pieces.is_piece(fields) or lines.is_own(fields):
            return NOBODY
        answers = [self.take(jail, now, fields) for jail in self.jails if jail.rule.selects(fields)]
        return next(filter(None, answers), NOBODY)

    def take(self, jail, now, fields):
        event, found = jail.rule.find(fields)
        if event is None:
            return None
        if jail.is_off(event):
            attempts, (address, user) = 0, jail.who(found, None, now)
        else:
            attempts, address, user = self.attempt(jail, event, found, machine_of(fields), now)
        weight = 0 if address and self.is_ignored(address) else attempts * event.tenths / 10
        return {"jail": jail.name, "event": event.name, "outcome": event.outcome, "address": address and str(address),
                "user": user and lines.shown(user), "weight": weight}

    def summary(self):
        return {"action": "summary", "entries": self.entries, "failures": self.failures / 10,
                "bans": self.bans, "prevented": self.prevented / 10}
