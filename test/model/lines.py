"""What an entry tells, from the words of the manual pages: selection, pieces, patterns, logfmt, addresses. An entry
is {field: [bytes, ...]}."""

import ipaddress
import re

GROUPS = "address", "user", "session", "attempts", "secret"
MAX_ATTEMPTS = 1000000  # no more are believed
ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t",
           b"v": b"\v", b"\\": b"\\", b'"': b'"'}
ESCAPE = re.compile(rb'\\(?:([abfnrtv\\"])|x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))')
PAIR = re.compile(rb'([^\x00-\x20="\x7f]+)=(?:"((?:[^"\\\x00-\x1f\x7f]|\\.)*)"|([^\x00-\x20"\\=\x7f]*))(?: |$)',
                  re.S)


def address_of(text):
    """The address in it, IPv4 where it is one in IPv6's clothes; None if it is none."""
    if text.startswith(b"["):
        found = re.fullmatch(rb"\[([0-9A-Fa-f:.]+)\](?::([0-9]{1,5}))?", text)
    else:
        found = re.fullmatch(rb"([^:]*):([0-9]{1,5})", text) or re.fullmatch(rb"([^\[]*)()", text)
    try:
        address = ipaddress.ip_address(found[1].decode("ascii")) if found and int(found[2] or 0) < 65536 else None
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def unquote(text):
    def undo(found):
        if found[1]:
            return ESCAPES[found[1]]
        return bytes([int(found[2], 16)]) if found[2] else chr(int(found[3] or found[4], 16)).encode()
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


def is_own(fields):
    return b"banish.service" in fields.get("_SYSTEMD_UNIT", [])


class Pieces:
    """Lines that journald cut: no piece is a line."""

    def __init__(self):
        self.streams = set()    # whose last entry was cut

    def is_piece(self, fields):
        stream = fields.get("_STREAM_ID", [None])[0]
        cut = fields.get("_LINE_BREAK", [b""])[0] == b"line-max"
        follows = stream in self.streams
        self.streams.discard(stream)
        if cut and stream is not None:
            self.streams.add(stream)
        return cut or follows


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
            text = re.sub(r"%\{([a-z0-9_-]+)\}", lambda found: define[found[1]], tree["pattern"])
            groups = iter(range(1000))  # Python has no two groups of one name: number them
            self.regex = re.compile(re.sub(r"\(\?<([a-z]+)>", lambda found: f"(?P<{found[1]}__{next(groups)}>",
                                           text).encode())

    def holds(self, value, demand):
        if isinstance(demand, dict):
            return value is not False and not self.holds(value, demand["not"])
        return value in [text.encode() for text in (demand if isinstance(demand, list) else [demand])]

    def look(self, fields):
        """None, or the texts that the event finds, by name."""
        if self.field not in fields:
            return None
        if "pattern" in self.tree:
            match = self.regex.search(fields[self.field][0])
            return match and {name.split("__")[0]: text for name, text in reversed(match.groupdict().items())
                              if text is not None}
        keys = logfmt(fields[self.field][0])
        if keys is None:
            return None
        for key, demand in self.tree["where"].items():
            value = keys.get(key.encode(), b"")
            if value is None or not self.holds(value, demand):
                return None
        told = {what: keys.get(self.tree[what].encode(), b"") for what in GROUPS if what in self.tree}
        return {what: text for what, text in told.items() if text is not None}

    def announced(self, found):
        """The total that the line announces; None: it tells of one more."""
        text = found.get("attempts", b"")
        total = min(int(text), MAX_ATTEMPTS) if re.fullmatch(rb"[0-9]+", text) else None
        return max((total or 0) - 1, 0) if self.one_less else total


class Rule:
    def __init__(self, tree):
        self.selectors = [{field: [text.encode() for text in (value if isinstance(value, list) else [value])]
                           for field, value in selector.items()} for selector in tree["journal"]]
        self.events = [Event(event, tree.get("define", {})) for event in tree["events"]]

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
