"""What `banish replay --json` has to say: slow, short, and written from the contract alone.

An entry is (time in µs, {field: [bytes, ...]}, cursor). Nothing is ever forgotten here that
the contract does not tell to forget, and nothing is bounded. Weights are whole tenths.
"""

import ipaddress
import re
from fractions import Fraction

from policies import Breaker, Networks, Targets, Window, name_of, users_of, weigh

US = 1000000
HOUR = 3600 * US
TAIL = 600 * US         # the end of an hour, with which the next begins
DAY = 24 * HOUR
MAX_ATTEMPTS = 1000000  # no more are believed
BUILT_IN = {"mode": "normal", "maxretry": 5, "findtime": 600, "bantime": 3600,
            "increment": {"factor": 2, "maxtime": 28 * 86400, "memory": 60 * 86400},
            "prefix": {"ipv4": 32, "ipv6": 64}, "action": "drop", "on_success": "ignore", "maxusers": 0,
            "repeat_weight": None, "maxbans": {"count": 0, "within": 60}, "targets": {"hosts": 0, "within": 3600},
            "networks": {"ipv4": 24, "ipv6": 48, "hosts": 4}}
# Networks whose addresses carry IPv4 addresses, and how long one host of them is.
CARRIERS = [(ipaddress.ip_network(text), length) for text, length in [
    ("64:ff9b::/96", 128), ("64:ff9b:1::/48", 128), ("2001::/32", 128), ("2002::/16", 48)]]
OWN_UNIT = b"banish.service"


def usec(value):
    """A duration in µs; "infinity" is None."""
    if value == "infinity":
        return None
    if isinstance(value, (int, float)):
        return round(value * US)
    units = {"us": 1, "ms": 1000, "s": US, "": US, "min": 60 * US, "h": HOUR, "d": 24 * HOUR,
             "w": 7 * 24 * HOUR}
    return sum(int(n) * units[u] for n, u in re.findall(r"([0-9]+)\s*([a-z]*)", value))


def merge(below, above):
    merged = dict(below)
    for key, value in above.items():
        merged[key] = merge(below[key], value) if isinstance(value, dict) else value
    return merged


def address_of(text):
    """The address in it, IPv4 where it is one in IPv6's clothes; None if it is none."""
    if text.startswith(b"["):
        found = re.fullmatch(rb"\[([0-9A-Fa-f:.]+)\](?::([0-9]{1,5}))?", text)
        if not found or b":" not in found[1] or (found[2] and int(found[2]) > 65535):
            return None
        text = found[1]
    elif text.count(b":") == 1:
        text, port = text.split(b":")
        if not re.fullmatch(rb"[0-9]{1,5}", port) or int(port) > 65535:
            return None
    try:
        address = ipaddress.ip_address(text.decode("ascii"))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t",
           b"v": b"\v", b"\\": b"\\", b'"': b'"'}
ESCAPE = re.compile(rb'\\(?:([abfnrtv\\"])|x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))')
PAIR = re.compile(rb'([^\x00-\x20="\x7f]+)=(?:"((?:[^"\\\x00-\x1f\x7f]|\\.)*)"|([^\x00-\x20"\\=\x7f]*))(?: |$)',
                  re.S)


def unquote(text):
    def undo(found):
        if found[1]:
            return ESCAPES[found[1]]
        if found[2]:
            return bytes([int(found[2], 16)])
        return chr(int(found[3] or found[4], 16)).encode()
    return ESCAPE.sub(undo, text)


def logfmt(line):
    """{key: value}; a key that stands twice with different values is None; no such line: None."""
    keys, at = {}, 0
    while at < len(line):
        found = PAIR.match(line, at)
        if not found:
            return None
        value = found[3] if found[2] is None else unquote(found[2])
        keys[found[1]] = value if keys.get(found[1], value) == value else None
        at = found.end()
    return None if line.endswith(b" ") or not line else keys


def shown(user):
    return user.decode("utf-8", "replace").replace("\0", "\ufffd")


class Event:
    def __init__(self, tree, define):
        self.name = tree["name"]
        self.outcome = tree.get("outcome", "failure")
        self.aggressive = tree.get("mode") == "aggressive"
        self.tenths = round(10 * tree.get("weight", 1))
        self.agree = "agree" in tree
        self.thing = tree.get("counts", "attempts")
        self.teller = (self.thing, tree.get("told_by", self.name))
        self.tells = self.outcome == "failure" and (self.tenths > 0 or "told_by" in tree)
        self.one_less = "last" in tree
        self.field = tree.get("field", "MESSAGE")
        self.tree = tree
        if "pattern" in tree:
            text = tree["pattern"]
            while "%{" in text:
                text = re.sub(r"%\{([a-z0-9_-]+)\}", lambda m: define[m[1]], text)
            self.text = text
            self.regex = re.compile(self.only_once(text).encode())

    @staticmethod
    def only_once(text):
        """Python has no two groups of one name: number them."""
        seen = {}

        def number(found):
            seen[found[1]] = seen.get(found[1], 0) + 1
            return f"(?P<{found[1]}__{seen[found[1]]}>"
        return re.sub(r"\(\?P?<([a-z]+)>", number, text)

    def condition(self, value, demand):
        if isinstance(demand, dict):
            return value is not False and not self.condition(value, demand["not"])
        wanted = demand if isinstance(demand, list) else [demand]
        return value in [w.encode() for w in wanted]

    def look(self, fields):
        """None, or the texts that the event finds, by name."""
        if self.field not in fields:
            return None
        value = fields[self.field][0]
        if "pattern" in self.tree:
            found = self.regex.search(value)
            if not found:
                return None
            groups = {}
            for name, text in found.groupdict().items():
                if text is not None:
                    groups.setdefault(name.split("__")[0], text)
            return groups
        keys = logfmt(value)
        if keys is None:
            return None
        for key, demand in self.tree["where"].items():
            value = keys.get(key.encode(), b"")
            if value is None or not self.condition(value, demand):
                return None
        told = {what: keys.get(self.tree[what].encode(), b"")
                for what in ("address", "user", "session", "attempts", "secret") if what in self.tree}
        return {what: text for what, text in told.items() if text is not None}


class Hour:
    """Totals of an hour of the clock, by whatever key; beside them those that its last ten minutes make up alone."""

    def __init__(self):
        self.number = None
        self.totals, self.late = {}, {}

    def enter(self, now):
        number = now // HOUR
        if number != self.number:
            follows = self.number is not None and number == self.number + 1
            self.totals, self.late = (self.late if follows else {}), {}
            self.number = number

    def put(self, now, key, change):
        self.totals[key] = change(self.totals.get(key, 0))
        if now % HOUR >= HOUR - TAIL:
            self.late[key] = change(self.late.get(key, 0))

    @staticmethod
    def largest(totals, thing):
        """Of what the tellers of that thing told, each in all its events."""
        sums = {}
        for (teller, _), total in totals.items():
            if teller[0] == thing:
                sums[teller] = sums.get(teller, 0) + total
        return max(sums.values(), default=0)

    def tell(self, now, event, change):
        """By how much the count rises, and that of the last ten minutes."""
        self.enter(now)
        before = self.largest(self.totals, event.thing), self.largest(self.late, event.thing)
        self.put(now, (event.teller, event.name), change)
        return self.largest(self.totals, event.thing) - before[0], self.largest(self.late, event.thing) - before[1]


class Sums:
    """What the lines of one address without a session told, and what those with one raised."""

    def __init__(self):
        self.nameless, self.named = Hour(), Hour()

    def count(self, thing):
        return max(Hour.largest(self.nameless.totals, thing), self.named.totals.get(thing, 0))

    def settle(self, now, event, raised, change):
        """What is new in a line; `change`: it has no session, and tells so."""
        self.nameless.enter(now)
        self.named.enter(now)
        before = self.count(event.thing)
        if change:
            self.nameless.tell(now, event, change)
        else:
            self.named.totals[event.thing] = self.named.totals.get(event.thing, 0) + raised[0]
            self.named.late[event.thing] = self.named.late.get(event.thing, 0) + raised[1]
        return self.count(event.thing) - before


class Session:
    def __init__(self):
        self.hour = Hour()
        self.notes = {}     # what -> (when it was told, value)

    def note(self, what, value, now):
        if value:
            self.notes[what] = now, value

    def recall(self, what, now):
        told, value = self.notes.get(what, (None, None))
        return value if value and now - told < DAY else None


class Jail:
    """A rule in force, with all that it remembers."""

    def __init__(self, rule, settings):
        self.name = rule["name"]
        self.selectors = [{field: [v.encode() for v in (value if isinstance(value, list) else [value])]
                           for field, value in selector.items()} for selector in rule["journal"]]
        self.events = [Event(tree, rule.get("define", {})) for tree in rule["events"]]
        self.settings = settings
        self.sessions = {}
        self.sums = {}      # by address
        self.windows = {}   # by offender
        self.bans = {}      # offender or network -> [(since, until)]
        self.findtime = usec(settings["findtime"])
        self.repeat = None if settings["repeat_weight"] is None else round(10 * settings["repeat_weight"])
        self.breaker = Breaker(settings["maxbans"]["count"], usec(settings["maxbans"]["within"]))
        self.targets = Targets(settings["targets"]["hosts"], usec(settings["targets"]["within"]))
        self.networks = settings["networks"] and Networks(settings["networks"]["hosts"])

    def selects(self, fields):
        return any(all(self.agrees(field, values, fields.get(field, []))
                       for field, values in selector.items()) for selector in self.selectors)

    @staticmethod
    def agrees(field, wanted, values):
        system = field == "_UID" and b"system" in wanted
        return (system and all(re.fullmatch(rb"[0-9]{1,3}", value) for value in values) or
                set(values or [b""]) & set(wanted))

    def find(self, fields):
        for event in self.events:
            found = event.look(fields)
            if found is not None:
                return event, found
        return None, None

    @staticmethod
    def change(event, found):
        """What the line does to the total of its event."""
        text = found.get("attempts", b"")
        announced = min(int(text), MAX_ATTEMPTS) if re.fullmatch(rb"[0-9]+", text) else None
        if event.one_less:
            announced = max((announced or 0) - 1, 0)
        return (lambda total: total + 1) if announced is None else (lambda total: max(total, announced))

    def who(self, found, session, now):
        """(address, user), own or remembered by the session."""
        text, user = found.get("address", b""), found.get("user", b"")
        if text and not address_of(text):
            session = None      # then it is nobody's line
        address = address_of(text) if text else session.recall("address", now) if session else None
        return address, user or (session.recall("user", now) if session else None) or None

    def attempt(self, event, found, now, counts):
        """(attempts, address, user) that this line tells of; `counts`: whether somebody's lines add to his sums."""
        key = found.get("session") or None
        session = self.sessions.setdefault(key, Session()) if key else None
        address, user = self.who(found, None if event.outcome == "note" else session, now)
        if event.agree and (session is None or session.recall("address", now) is None or
                            session.recall("address", now) != address):
            return 0, None, (found.get("user") if found.get("address") else user) or None
        if event.outcome == "note" and session:
            session.note("address", address, now)
            session.note("user", user, now)
        if event.outcome != "failure" or address is None or not event.tells:
            return 0, address, user
        change = self.change(event, found)
        raised = session.hour.tell(now, event, change) if session else (change(0), 0)
        if raised == (0, 0) or not counts(address):
            return raised[0], address, user
        sums = self.sums.setdefault(address, Sums())
        return sums.settle(now, event, raised, None if session else change), address, user

    def widen(self, address, what="prefix"):
        length = self.settings[what]["ipv%d" % address.version]
        for carrier, host in CARRIERS:
            if address.version == 6 and address in carrier:
                if what == "networks":
                    return None     # the addresses beside it are other people's
                length = host
        return ipaddress.ip_network(f"{address}/{length}", strict=False)

    def is_banned(self, prefix, now):
        return any(since <= now and (until is None or now < until) for since, until in self.bans.get(prefix, []))

    def until(self, now, nth):
        bantime, increment = usec(self.settings["bantime"]), self.settings["increment"]
        if bantime is None:
            return None
        length = bantime * Fraction(str(increment["factor"])) ** (nth - 1)
        if increment["factor"] != 1:    # then "every ban is bantime"
            length = min(length, usec(increment["maxtime"]))
        return now + int(length) // US * US


class Model:
    def __init__(self, policy, rules, mode=None):
        self.ignored = [ipaddress.ip_network(text) for text in policy.get("ignoreip", [])]
        defaults = merge(BUILT_IN, policy.get("defaults", {}))
        self.no_networks = "networks" not in policy.get("defaults", {})
        by_name = {rule["name"]: rule for rule in rules}
        self.jails = [Jail(by_name[name], self.settings(defaults, settings))
                      for name, settings in policy.get("jails", {}).items()]
        for jail in self.jails:
            jail.settings["mode"] = mode or jail.settings["mode"]
        self.split = set()  # streams whose last entry was cut
        self.entries = self.failures = self.bans = self.prevented = 0

    def settings(self, defaults, settings):
        merged = merge(defaults, settings)
        if self.no_networks and "networks" not in settings or not merged["networks"]["hosts"]:
            merged["networks"] = None
        return merged

    def feed(self, now, fields, cursor=None):
        """The decisions that this entry brings, in order."""
        selecting = [jail for jail in self.jails if jail.selects(fields)]
        self.entries += bool(selecting)
        if self.is_piece(fields) or OWN_UNIT in fields.get("_SYSTEMD_UNIT", []):
            return []
        return [dict(decision, cursor=cursor) for jail in selecting for decision in self.judge(jail, now, fields)]

    def is_piece(self, fields):
        stream = fields.get("_STREAM_ID", [None])[0]
        cut = fields.get("_LINE_BREAK", [b""])[0] == b"line-max"
        follows = stream in self.split
        self.split.discard(stream)
        if cut and stream is not None:
            self.split.add(stream)
        return cut or follows

    def is_ignored(self, address):
        return (address.is_loopback or address.is_unspecified or address.is_multicast or
                any(address in network for network in self.ignored))

    def judge(self, jail, now, fields):
        """Yields decisions."""
        event, found = jail.find(fields)
        if event is None or (event.aggressive and jail.settings["mode"] == "normal"):
            return
        attempts, address, user = jail.attempt(
            event, found, now, lambda address: not self.is_ignored(address) and not self.is_kept_away(jail, address, now))
        if event.outcome == "success" and jail.settings["on_success"] == "forgive" and address and user:
            jail.windows.setdefault(jail.widen(address), Window()).forgive(name_of(user))
        if not attempts or not event.tenths or self.is_ignored(address):
            return
        said = {"time_usec": now, "jail": jail.name, "event": event.name, "address": str(address)}
        yield from self.close_breaker(jail, now)
        yield from self.fail(jail, event, found, attempts, address, user, said)
        offender = jail.widen(address)
        if jail.targets.note(user, offender, now):
            yield dict(said, action="target", user=shown(user), hosts=jail.targets.hosts, prefix=str(offender))

    @staticmethod
    def is_kept_away(jail, address, now):
        return (jail.is_banned(jail.widen(address), now) or
                jail.networks and jail.is_banned(jail.widen(address, "networks"), now))

    @staticmethod
    def close_breaker(jail, now):
        held = jail.breaker.close(now)
        if held is not None:
            yield {"action": "breaker", "state": "closed", "time_usec": now, "jail": jail.name, "count": held}

    def fail(self, jail, event, found, attempts, address, user, said):
        now, offender = said["time_usec"], jail.widen(address)
        network = jail.widen(address, "networks") if jail.networks else None
        if self.is_kept_away(jail, address, now):
            self.prevented += attempts * event.tenths
            return
        window = jail.windows.setdefault(offender, Window())
        before = window.within(now, jail.findtime)
        user, secret = name_of(user), found.get("secret") or None
        failure = (now, weigh(before, event.tenths, attempts, jail.repeat, user, secret), user, secret)
        self.failures += failure[1]
        window.failures.append(failure)
        lately = before + [failure]
        if not self.is_enough(jail, lately):
            return
        reached = sum(failure[1] for failure in lately)
        if jail.breaker.is_full(now):
            if jail.breaker.hold(now, not self.is_enough(jail, before)):
                yield dict(said, action="breaker", state="open", prefix=str(offender), failures=reached / 10,
                           count=jail.breaker.count)
            return
        window.failures.clear()
        ban = self.ban(jail, offender, reached, said)
        if reached < 10 * jail.settings["maxretry"]:
            ban["users"] = jail.settings["maxusers"]
        yield ban
        if network and jail.networks.note(network, offender, now, jail.findtime):
            yield self.ban(jail, network, 10 * jail.networks.hosts, said)

    @staticmethod
    def is_enough(jail, failures):
        return (sum(failure[1] for failure in failures) >= 10 * jail.settings["maxretry"] or
                0 < jail.settings["maxusers"] <= users_of(failures))

    def ban(self, jail, prefix, reached, said):
        now = said["time_usec"]
        bans = jail.bans.setdefault(prefix, [])
        memory = usec(jail.settings["increment"]["memory"])
        nth = 1 + sum(now - memory < since <= now for since, _ in bans)
        until = jail.until(now, nth)
        bans.append((now, until))
        jail.sums = {address: sums for address, sums in jail.sums.items() if address not in prefix}
        jail.breaker.bans.append(now)
        self.bans += 1
        return dict(said, action="ban", until_usec=until, prefix=str(prefix), failures=reached / 10, offence=nth)

    def answer(self, now, fields):
        """What `banish test` says of an entry: the first rule that takes it answers. Nobody is banned."""
        told = dict.fromkeys(("jail", "event", "outcome", "address", "user"), None)
        answers = [] if self.is_piece(fields) or OWN_UNIT in fields.get("_SYSTEMD_UNIT", []) else [
            self.take(jail, now, fields) for jail in self.jails if jail.selects(fields)]
        told["weight"] = 0
        return next((answer for answer in answers if answer), told)

    def take(self, jail, now, fields):
        event, found = jail.find(fields)
        if event is None:
            return None
        if event.aggressive and jail.settings["mode"] == "normal":
            tenths, (address, user) = 0, jail.who(found, None, now)
        else:
            attempts, address, user = jail.attempt(event, found, now, lambda address: not self.is_ignored(address))
            tenths = attempts * event.tenths
        if address and self.is_ignored(address):
            tenths = 0
        return {"jail": jail.name, "event": event.name, "outcome": event.outcome,
                "address": address and str(address), "user": user and shown(user),
                "weight": tenths / 10}

    def summary(self):
        return {"action": "summary", "entries": self.entries, "failures": self.failures / 10,
                "bans": self.bans, "prevented": self.prevented / 10}
