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
MAX_ATTEMPTS = 1000000  # no more are believed
BUILT_IN = {"mode": "normal", "maxretry": 5, "findtime": 600, "bantime": 3600,
            "increment": {"factor": 2, "maxtime": 28 * 86400, "memory": 60 * 86400},
            "prefix": {"ipv4": 32, "ipv6": 64}, "action": "drop", "on_success": "ignore", "maxusers": 0,
            "repeat_weight": None, "maxbans": {"count": 0, "within": 60}, "targets": {"hosts": 0, "within": 3600},
            "networks": {"ipv4": 24, "ipv6": 48, "hosts": 4}}
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
        self.field = tree.get("field", "MESSAGE")
        self.tree = tree
        if "pattern" in tree:
            text = tree["pattern"]
            while "%{" in text:
                text = re.sub(r"%\{([a-z0-9_-]+)\}", lambda m: define[m[1]], text)
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


class Session:
    """Begun by a note or a failure; a success has nothing to join or to recall."""

    def __init__(self, first):
        self.first = first
        self.address = self.user = None
        self.totals = {}
        self.count = 0


class Jail:
    """A rule in force, with all that it remembers."""

    def __init__(self, rule, settings):
        self.name = rule["name"]
        self.selectors = [{field: [v.encode() for v in (value if isinstance(value, list) else [value])]
                           for field, value in selector.items()} for selector in rule["journal"]]
        self.events = [Event(tree, rule.get("define", {})) for tree in rule["events"]]
        self.settings = settings
        self.sessions = {}
        self.told = {}      # address -> [[time, attempts not yet set off, whether by a session]]
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

    def session(self, key, now):
        session = self.sessions.get(key)
        if session is None or now >= session.first + HOUR:
            session = self.sessions[key] = Session(now)
        return session

    def peek(self, key, now):
        """A session that is known, or none."""
        session = self.sessions.get(key)
        return session if session and now < session.first + HOUR else None

    def attempts(self, found, total):
        text = found.get("attempts", b"")
        if re.fullmatch(rb"[0-9]+", text):
            return min(int(text), MAX_ATTEMPTS)
        return total + 1

    def set_off(self, address, now, attempts, by_session):
        """What is left of attempts that lines of the other kind may have told already."""
        told = self.told.setdefault(address, [])
        for one in told:
            if one[2] != by_session and now - self.findtime < one[0] <= now:
                part = min(one[1], attempts)
                one[1] -= part
                attempts -= part
        told.append([now, attempts, by_session])
        return attempts

    def who(self, found, session):
        """(address, user), own or remembered by the session."""
        text, user = found.get("address", b""), found.get("user", b"")
        if text and not address_of(text):
            session = None      # then it is nobody's line
        address = address_of(text) if text else session.address if session else None
        return address, user or (session.user if session else None) or None

    def attempt(self, event, found, now):
        """(attempts, address, user) that this line tells of."""
        key = event.outcome != "success" and found.get("session") or None
        session = self.session(key, now) if key else self.peek(found.get("session"), now)
        address, user = self.who(found, None if event.outcome == "note" else session)
        if event.agree and (session is None or session.address != address):
            return 0, None, found.get("user") or None
        if event.outcome == "note" and session:
            session.address = address or session.address
            session.user = user or session.user
        if event.outcome != "failure" or address is None:
            return 0, address, user
        if session is None:
            raised = self.attempts(found, 0)
        else:
            total = max(self.attempts(found, session.totals.get(event.name, 0)),
                        session.totals.get(event.name, 0))
            session.totals[event.name] = total
            raised = max(0, total - session.count)
            session.count = max(session.count, total)
        return self.set_off(address, now, raised, session is not None), address, user

    def widen(self, address, what="prefix"):
        length = self.settings[what]["ipv%d" % address.version]
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
        attempts, address, user = jail.attempt(event, found, now)
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
    def close_breaker(jail, now):
        held = jail.breaker.close(now)
        if held is not None:
            yield {"action": "breaker", "state": "closed", "time_usec": now, "jail": jail.name, "count": held}

    def fail(self, jail, event, found, attempts, address, user, said):
        now, offender = said["time_usec"], jail.widen(address)
        network = jail.widen(address, "networks") if jail.networks else None
        if jail.is_banned(offender, now) or network and jail.is_banned(network, now):
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
        if jail.networks and jail.networks.note(network, offender, now, jail.findtime):
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
            tenths, (address, user) = 0, jail.who(found, None)
        else:
            attempts, address, user = jail.attempt(event, found, now)
            tenths = attempts * event.tenths
        if address and self.is_ignored(address):
            tenths = 0
        return {"jail": jail.name, "event": event.name, "outcome": event.outcome,
                "address": address and str(address), "user": user and shown(user),
                "weight": tenths / 10}

    def summary(self):
        return {"action": "summary", "entries": self.entries, "failures": self.failures / 10,
                "bans": self.bans, "prevented": self.prevented / 10}
