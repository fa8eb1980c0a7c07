"""Random policies, rule files and journals, from a seed.

All lines have one of two grammars, so that several events, and several rules, know the same
line. The model reads along while a journal is made: where an edge is near (end of a ban, of
findtime, of a session, of memory) the next entry likes to stand on it, or beside it.
"""

import copy
import ipaddress
import pathlib
import random
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "model"))
from model import BUILT_IN, HOUR, TAIL, US, Model, merge, usec

VERBS = ["denied", "refused", "hello", "welcome", "probe"]
UNITS = ["mail.service", "web.service", "ssh@1.service"]
IDENTIFIERS = ["imap", "smtp", "auth"]
EXES = ["/usr/bin/mail", "/usr/bin/web"]
BOOT = "0123456789abcdef0123456789abcdef"
START = 1700000000 * US
LONG = 100  # bytes: journald splits no shorter line


class Dice(random.Random):
    def chance(self, percent):
        return self.random() * 100 < percent

    def some(self, values, most=None):
        return self.sample(values, self.randint(1, min(len(values), most or len(values))))

    def one_or_list(self, values):
        return self.choice(values) if self.chance(60) else self.some(values)


def make_settings(dice):
    """Some keys of a jail, or of the defaults."""
    every = {
        "mode": dice.choice(["normal", "aggressive"]),
        "maxretry": dice.choice([1, 2, 3, 4, 5, 5, 8, 20]),
        "findtime": dice.choice([1, 2, 10, "1min", "10min", "10min", "2h", "500ms", "1us", 0.25, "3h 1us"]),
        "bantime": dice.choice([1, "1500ms", 7, 60, "90", "1h", "1h 30min", "infinity", "2h30min", "1w"]),
        "action": dice.choice(["drop", "reject"]),
        "increment": pick(dice, {
            "factor": dice.choice([1, 1.5, 2, 3, 10, 100, 1.1, 1.15, 2.25]),
            "maxtime": dice.choice(["1s", "1900ms", 59, "1h", "4w"]),
            "memory": dice.choice([1, "20s", "1min", "1h", "60d"]),
            "overall": dice.choice([False, True])}),
        "prefix": pick(dice, {
            "ipv4": dice.choice([8, 24, 31, 32]),
            "ipv6": dice.choice([16, 48, 56, 63, 64, 127, 128])}),
        "networks": dict(pick(dice, {"ipv4": dice.choice([8, 16, 24, 31]), "ipv6": dice.choice([16, 32, 48, 64])}),
                         hosts=dice.choice([0, 1, 2, 2, 3])),
        "repeat_weight": dice.choice([0, 0.1, 0.5, 0.7, 1, 100]),
        "maxusers": dice.choice([0, 1, 2, 2, 3]),
        "on_success": dice.choice(["forgive", "forgive", "ignore"]),
        "maxbans": {"count": dice.choice([0, 1, 1, 2, 3]), "within": dice.choice([1, "20s", "1min", "1h", "1d"])},
        "targets": {"hosts": dice.choice([0, 1, 2, 2, 3]), "within": dice.choice(["1s", "1min", "1h", "1w"])},
    }
    return pick(dice, every)


def mend_networks(policy):
    """A network has to be wider than an offender, whatever defaults and jail say together."""
    for above, below in [({}, policy["defaults"])] + [(policy["defaults"], jail) for jail in policy["jails"].values()]:
        both = merge(merge(BUILT_IN, above), below)
        for family, longest in ("ipv4", 32), ("ipv6", 128):
            if both["networks"][family] >= both["prefix"][family] and ("networks" in above or "networks" in below):
                below.setdefault("prefix", {})[family] = longest
                below.setdefault("networks", {"hosts": both["networks"]["hosts"]})[family] = longest * 3 // 4


def pick(dice, tree):
    return {key: value for key, value in tree.items() if dice.chance(55)}


def make_pattern(dice, outcome):
    """One group a slot, or none; what is no group is just passed over."""
    session = outcome == "note" or dice.chance(60)
    address = (outcome != "success" and not session) or dice.chance(80)

    def slot(name, here, body):
        return f"(?<{name}>{body})" if here else f"(?:{body})"
    start = "(?:%s)" % "|".join(dice.some(VERBS, 2)) if dice.chance(60) else dice.choice(VERBS)
    user = slot("user", dice.chance(50), dice.choice(["[^>]*", "[^>]*", "a[^>]*", ".*"]))
    host = slot("address", address, "\\S*")
    if dice.chance(20):
        host = f"(?:~{host}|{host})"
    attempts = slot("attempts", dice.chance(60), dice.choice(["[0-9]+", "[0-9]*", "\\S*"]))
    secret = "(?: pw=%s)?" % slot("secret", dice.chance(50), "\\S*")
    tail = secret + " sess=" + slot("session", session, dice.choice(["\\S*", "[a-z]*", "[a-z]+"]))
    if dice.chance(80):
        tail += f" n={attempts}" if dice.chance(50) else f"(?: n={attempts})?"
        tail += dice.choice(["$", "$", "\\S*$", "", " *$"])
    define = {}
    if dice.chance(30):
        define = {"tail": tail}
        tail = "%{tail}"
    return f"^{start} user=<{user}> from={host}{tail}", define, address and session


def make_condition(dice, key, users):
    values = {"m": VERBS, "user": users + [""], "remote": ["", "192.0.2.1"], "x": ["", "1", "2"]}[key]
    condition = dice.one_or_list(values)
    return {"not": condition} if dice.chance(30 if key != "m" else 10) else condition


def make_logfmt(dice, outcome):
    keys = ["m"] + [key for key in ("user", "remote", "x") if dice.chance(20)]
    event = {"format": "logfmt", "where": {key: make_condition(dice, key, ["alice", "b=b"]) for key in keys}}
    session = outcome == "note" or dice.chance(60)
    address = (outcome == "failure" and not session) or dice.chance(85)
    for name, key, here in [("address", "remote", address), ("user", "user", dice.chance(50)),
                            ("session", "cid", session), ("attempts", "n", dice.chance(60)),
                            ("secret", "pw", dice.chance(50))]:
        if here:
            event[name] = key
    return event, address and session


def make_event(dice, number):
    outcome = dice.choices(["failure", "note", "success"], [65, 25, 10])[0]
    define = {}
    if dice.chance(60):
        pattern, define, both = make_pattern(dice, outcome)
        event = {"pattern": pattern}
        if define:
            define = {f"tail{number}": define["tail"]}
            event["pattern"] = pattern.replace("%{tail}", "%%{tail%d}" % number)
    else:
        event, both = make_logfmt(dice, outcome)
    event["name"] = f"event{number}"
    if outcome != "failure" or dice.chance(20):
        event["outcome"] = outcome
    if dice.chance(25):
        event["mode"] = dice.choice(["aggressive", "aggressive", "normal"])
    if dice.chance(40):
        event["weight"] = dice.choice([1, 2, 3, 0.5, 0.1, 1.7, 0, 100])
    if outcome == "failure" and dice.chance(30):
        event["counts"] = dice.choice(["tests", "tests", "attempts"])
    if outcome == "failure" and dice.chance(40):
        event["told_by"] = dice.choice(["smtpd", "smtpd", "event0", "event1"])
    if outcome == "failure" and dice.chance(20) and (
            "attempts" in event or "(?<attempts>" in event.get("pattern", "") + "".join(define.values())):
        event["last"] = "no guess"
    if both and outcome == "failure" and dice.chance(30):
        event["agree"] = "session"
    if dice.chance(15):
        event["field"] = "X_DETAIL"
    return event, define


def make_rule(dice, name):
    selectors = []
    for _ in range(dice.choice([1, 1, 2, 3])):
        selector = dice.choice([{"_SYSTEMD_UNIT": dice.one_or_list(UNITS)},
                                {"_UID": dice.one_or_list(["0", "8"])}, {"_EXE": dice.choice(EXES), "_UID": ["0", "8", "999"]}])
        if "_UID" not in selector and dice.chance(15):
            selector["_UID"] = dice.one_or_list(["system", "8", "1000"])
        if "_SYSTEMD_UNIT" not in selector and dice.chance(20):
            selector["_SYSTEMD_UNIT"] = dice.choice(["", ["", UNITS[0]]])
        if dice.chance(40):
            selector["SYSLOG_IDENTIFIER"] = dice.one_or_list(IDENTIFIERS)
        selectors.append(selector)
    rule = {"name": name, "journal": selectors, "events": [], "define": {}}
    for number in range(dice.choice([1, 2, 2, 3, 4, 6])):
        event, define = make_event(dice, number)
        rule["events"].append(event)
        rule["define"].update(define)
    return rule


def make_addresses(dice):
    v4 = [f"198.51.100.{n}" for n in dice.sample(range(1, 250), 3)] + ["203.0.113.9"]
    v6 = ["2001:db8:1:1::%x" % dice.randint(1, 0xffff), "2001:db8:1:1::7", "2001:db8:1:2:3::9",
          "2001:db8:1:200::1", "2001:dead::1", "64:ff9b::c633:6401", "64:ff9b::c633:6402", "64:ff9b:1:1::7",
          "2001::4136:e378:8000:63bf:3fff:fdd2", "2002:c633:6401::1", "2002:c633:6401:7::9"]
    return [ipaddress.ip_address(text) for text in dice.some(v4, 3) + dice.some(v6, 3)]


ODD_ADDRESSES = ["127.0.0.1", "::1", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "::ffff:127.9.9.9", "192.0.2.1",
                 "192.0.2.77:9", "unknown", "198.51.100", "198.51.100.1.2", "198.51.100.1:", "198.51.100.256",
                 "[198.51.100.1]:5", "[2001:db8::1", "2001:db8::g", "[]:1", ":", "01.2.3.4", "::ffff:1.2.3",
                 "2001:db8:1:1:1:1:1:1:1", "[::ffff:198.51.100.200]:1", "198.51.100.1:70000"]


def write_address(dice, address):
    """As servers write them."""
    if dice.chance(6):
        return dice.choice(ODD_ADDRESSES)
    port = f":{dice.randint(1, 65535)}" if dice.chance(20) else ""
    if address.version == 4:
        if dice.chance(15):
            return f"[::ffff:{address}]{port}" if port else f"::ffff:{address}"
        return f"{address}{port}"
    text = address.exploded if dice.chance(10) else str(address)
    text = text.upper() if dice.chance(10) else text
    return f"[{text}]{port}" if port else text


def go_quote(value):
    """Go's %q where the value needs it."""
    if value and all(0x20 < byte < 0x7f and byte not in b'"\\=' for byte in value):
        return value
    if not value:
        return b""
    out, simple = b"", {7: b"\\a", 8: b"\\b", 9: b"\\t", 10: b"\\n", 11: b"\\v", 12: b"\\f", 13: b"\\r",
                        34: b'\\"', 92: b"\\\\"}
    for char in value.decode("utf-8", "surrogateescape"):
        code = ord(char)
        if code in simple:
            out += simple[code]
        elif 0xdc80 <= code <= 0xdcff:
            out += b"\\x%02x" % (code - 0xdc00)
        elif code < 0x20 or code == 0x7f:
            out += b"\\x%02x" % code
        elif code in (0x85, 0x2028, 0x202e):
            out += b"\\u%04x" % code
        else:
            out += char.encode()
    return b'"' + out + b'"'


USERS = [b"alice", b"bob", b"", b"b=b", "\u00fcber".encode(), b"x> from=192.0.2.1 sess=a n=5", b"a\xff\xfe\x80",
         b"x\" remote=192.0.2.1", b"n\nl", b"a\x00b", "u\u2028v\u0085".encode(), b"back\\slash", b"tab\there"]


def together(fields):
    """The values of an entry by name, as libsystemd has them: each once."""
    entry = {}
    for name, value in fields:
        if value not in entry.setdefault(name, []):
            entry[name].append(value)
    return entry


class Journal:
    """Entries as they come, with a model that reads along."""

    def __init__(self, dice, policy, rules):
        self.dice = dice
        self.model = Model(policy, rules)
        self.now = START
        self.edges = []
        self.addresses = make_addresses(dice)
        self.joined = dice.chance(35)   # nearly every line has a session, fewer an address
        self.sessions = ["a", "b", "c", "d%d" % dice.randint(0, 9)] + ([] if self.joined else ["", "", ""])
        if dice.chance(40):
            del self.addresses[2:]
        self.entries = []
        spans = [60 * US]
        for jail in self.model.jails:
            spans += [usec(jail.settings["findtime"]), usec(jail.settings["increment"]["memory"])]
        self.spans = spans
        self.pace = dice.choice([1, 1000, US, 20 * US, 600 * US])
        self.backwards = dice.chance(10)
        self.stubborn = dice.choice([0, 30, 60])    # how often somebody does the same again
        self.twins = dice.choice([0, 20, 50])       # how often the other kind of line tells it again
        self.hours = dice.choice([0, 0, 15])        # how often it is about the hour, or its last ten minutes
        self.twin = None
        self.last = None
        # of hosts whose sessions have the same names
        self.machines = [b"%032x" % i for i in range(1, 4)] if dice.chance(30) else []

    def next_time(self):
        """May answer with fields that are worth saying again at that time."""
        dice = self.dice
        edges = [edge for edge in self.edges[-12:] if edge[0] > self.now]
        if edges and dice.chance(30):
            edge, fields = dice.choice(edges)
            self.now = edge + dice.choice([-1, 0, 0, 1])
            return fields if dice.chance(60) else None
        if dice.chance(self.hours):
            begin = (self.now // HOUR + 1) * HOUR - dice.choice([0, TAIL])
            if begin > self.now:
                self.now = begin + dice.choice([-1, 0, 0, 1, -dice.randint(0, 90 * US), dice.randint(0, 90 * US)])
        elif self.backwards and dice.chance(10):
            self.now -= dice.choice([1, US, self.pace])
        elif dice.chance(60):
            self.now += dice.randint(0, 2 * self.pace)
        elif dice.chance(4):
            self.now += dice.choice(self.spans)
        return self.last if self.last and dice.chance(self.stubborn) else None

    def known(self):
        """What an event of a rule in force looks for: its verb, its grammar."""
        event = self.dice.choice(self.dice.choice(self.model.others).rule.events).tree
        if "pattern" in event:
            return [verb for verb in VERBS if verb in event["pattern"].split(" ")[0]], True
        verbs = event["where"]["m"]
        return verbs if isinstance(verbs, list) else VERBS if isinstance(verbs, dict) else [verbs], False

    def line(self, only=None):
        dice = self.dice
        verbs, plain = self.known() if dice.chance(80) else (VERBS, dice.chance(60))
        verb = dice.choice(verbs).encode()
        user = only or dice.choice(USERS)
        address = write_address(dice, dice.choice(self.addresses)).encode() if dice.chance(
            55 if self.joined else 90) else b""
        session = dice.choice(self.sessions).encode()
        if self.twin and not only and dice.chance(self.twins):
            (plain, verb, user, address, session), self.twin = self.twin, None
            session = b"" if session else dice.choice(self.sessions).encode()
        else:
            self.twin = plain, verb, user, address, session
        attempts = dice.choice([b"", b"", b"1", b"2", b"3", b"7", b"0", b"05", b"x"] +
                               ([b"1000001", b"99999999999999999999999"] if dice.chance(5) else []))
        if dice.chance(3):
            user = user + b"y" * dice.choice([200, 5000, 70000])
        secret = dice.choice([b"", b"", b"0a", b"ff"])
        if plain:
            line = b"%s user=<%s> from=%s%s%s sess=%s" % (verb, user, b"~" if dice.chance(5) else b"", address,
                                                          b" pw=" + secret if secret else b"", session)
            line += b" n=" + attempts if attempts or dice.chance(50) else b""
            return line + dice.choice([b"", b"", b"", b"", b"\n", b" "]) if dice.chance(10) else line
        pairs = [(b"m", verb), (b"user", user), (b"remote", address), (b"cid", session)]
        pairs += [(b"pw", secret)] if secret else []
        pairs += [(b"n", attempts)] if attempts else []
        pairs += [(b"x", dice.choice([b"", b"1", b"2 3"]))] if dice.chance(30) else []
        if dice.chance(10):
            pairs.append(dice.choice(pairs))
        if dice.chance(4):
            pairs.append((dice.choice([b"m", b"remote", b"cid", b"n", b"user"]), b"7"))
        if dice.chance(10):
            pairs.pop(dice.randrange(len(pairs)))
        line = b"l=info " + b" ".join(key + b"=" + go_quote(value) for key, value in pairs)
        if dice.chance(4):
            line = dice.choice([line + b"\"", b"panic: " + line, line.replace(b"\"", b"", 1), line + b" end",
                                line.replace(b" ", b"  ", 1), line[:dice.randrange(len(line))]])
        return line

    def add(self, fields):
        self.entries.append((self.now, fields + [("X_MARK", b"%d" % len(self.entries))]))
        entry = together(fields)
        fields = [field for field in fields if field[0] not in ("_STREAM_ID", "_LINE_BREAK")]
        before = self.model.failures
        decisions = self.model.feed(self.now, entry)
        if self.model.failures > before:
            self.last = fields
        for decision in decisions:
            if decision.get("until_usec"):
                self.edges.append((decision["until_usec"], fields))
        for jail in self.model.jails:
            if jail.rule.selects(entry) and self.dice.chance(95 if self.model.failures > before else 8):
                findtime = usec(jail.settings["findtime"])
                memory = usec(jail.settings["increment"]["memory"])
                spans = [findtime, findtime, memory] + [HOUR] * (3 if self.joined else 1)
                self.edges.append((self.now + self.dice.choice(spans), fields))

    def fields(self):
        dice = self.dice
        fields = {"_SYSTEMD_UNIT": dice.choice(UNITS), "SYSLOG_IDENTIFIER": dice.choice(IDENTIFIERS),
                  "_UID": dice.choice(["0", "8", "999", "1000"]), "_EXE": dice.choice(EXES)}
        if dice.chance(80):
            selector = dice.choice(dice.choice(self.model.others).rule.selectors)
            fields.update({name: dice.choice(values).decode() for name, values in selector.items()})
            if fields["_UID"] == "system":
                fields["_UID"] = dice.choice(["0", "999"])
        fields = [(name, value) for name, value in fields.items()
                  if not dice.chance(4) and (value or dice.chance(20))]
        if dice.chance(3):
            fields = [(name, dice.choice(["", "other.service"])) if name[0] == "_" else (name, value)
                      for name, value in fields]
        if dice.chance(2):
            fields = [("_SYSTEMD_UNIT", "banish.service")] + [f for f in fields if f[0] != "_SYSTEMD_UNIT"]
        of = [("_MACHINE_ID", dice.choice(self.machines))] if self.machines and dice.chance(90) else []
        return of + [(name, value.encode()) for name, value in fields]

    def put(self):
        dice = self.dice
        again = self.next_time()
        if again:
            self.add(again)
            return
        fields = self.fields()
        where = "X_DETAIL" if dice.chance(12) else "MESSAGE"
        line = self.line()
        if dice.chance(2):
            line = dice.choice([b"", bytes(dice.randrange(256) for _ in range(dice.randint(1, 60)))])
        fields.append((where, line))
        if dice.chance(3):
            # libsystemd sorts equal names by where a value first stood in the file: a new one is last
            fields.append((where, self.line(b"only%d" % len(self.entries))))
        if dice.chance(8) and where == "MESSAGE":
            fields.append(("X_DETAIL", self.line()))
        self.add(fields)

    def put_pieces(self):
        """A line that journald cut: its pieces look like lines."""
        dice = self.dice
        same = self.fields() + [("_STREAM_ID", b"stream%d" % len(self.entries))]
        for _ in range(dice.choice([1, 1, 2])):
            self.next_time()
            self.add(same + [("_LINE_BREAK", b"line-max"), ("MESSAGE", self.line().ljust(LONG, b"z"))])
            while dice.chance(30):
                self.put()
        self.next_time()
        self.add(same + [("MESSAGE", self.line())] +
                 ([("_LINE_BREAK", dice.choice([b"eof", b"nul"]))] if dice.chance(20) else []))
        if dice.chance(50):
            self.add(same + [("MESSAGE", self.line())])


class Case:
    def __init__(self, seed):
        dice = Dice(seed)
        names = dice.sample(["mail", "web", "a", "zz", "sshd-x", "b_2"], dice.choice([1, 1, 2, 3, 4]))
        self.rules = [make_rule(dice, name) for name in names]
        self.policy = {"defaults": make_settings(dice),
                       "jails": {name: make_settings(dice) for name in names if dice.chance(90)}}
        if not self.policy["jails"]:
            self.policy["jails"] = {names[0]: {}}
        if dice.chance(40):
            self.policy["jails"]["recidive"] = dict(make_settings(dice), maxretry=dice.choice([1, 2, 2, 3]),
                                                    findtime=dice.choice(["1min", "1h", "1d", "52w"]))
        if dice.chance(60):
            self.policy["ignoreip"] = dice.some(["198.51.100.0/25", "192.0.2.1", "2001:db8:1:2::/64",
                                                 "2001:db8:1:1::7", "203.0.113.0/24"], 2)
        mend_networks(self.policy)
        self.repeats = any("repeat_weight" in settings
                           for settings in [self.policy["defaults"], *self.policy["jails"].values()])
        journal = Journal(dice, self.policy, self.rules)
        for _ in range(dice.choice([5, 20, 60, 60, 120])):
            if dice.chance(2):
                journal.put_pieces()
            else:
                journal.put()
        self.entries = journal.entries
        self.files = [self.entries]
        if dice.chance(20):
            self.files = [[], [], []]
            # of equal times in several files libsystemd knows no order: matches change it
            at = {}
            for entry in self.entries:
                at.setdefault(entry[0], dice.choice(self.files)).append(entry)
        self.mode = dice.choice([None, None, "normal", "aggressive"])   # of `banish test`
        self.span = []
        if dice.chance(15) and not journal.backwards:
            times = sorted(time // US for time, _ in self.entries)
            first, last = sorted(dice.choice(times) + dice.choice([0, 1]) for _ in range(2))
            self.span = [f"--since=@{first}", f"--until=@{last}"]

    def without(self, at, count):
        """The same case with fewer entries."""
        less = copy.copy(self)
        gone = {id(entry) for entry in self.entries[at:at + count]}
        kept = [entry for entry in self.entries if id(entry) not in gone]
        marked = {id(entry): (entry[0], entry[1][:-1] + [("X_MARK", b"%d" % number)])
                  for number, entry in enumerate(kept)}
        less.entries = [marked[id(entry)] for entry in kept]
        less.files = [[marked[id(entry)] for entry in file if id(entry) not in gone] for file in self.files]
        return less
