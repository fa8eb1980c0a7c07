"""Random policies, rules and streams of lines, from a seed; all lines have one grammar."""

import random

from model import HOUR, TAIL, US, usec

MINUTE = 60 * US
START = 1_700_000_000 * US
UNITS = {"mail": "mail.service", "web": "web.service", "plain": "plain.service", "post": "mail.service"}    # of rules
REST = r"(?: from=(?<address>[^ ]+))?(?: session=(?<session>[^ ]+))?(?: attempts=(?<attempts>[0-9]+))?" \
       r"(?: user=(?<user>[^ ]+))?(?: secret=(?<secret>[^ ]+))?$"
EVENTS = [
    {"name": "wrong"}, {"name": "login-line"}, {"name": "half", "weight": 0.5}, {"name": "heavy", "weight": 3},
    {"name": "tenth", "weight": 0.1}, {"name": "nothing", "weight": 0}, {"name": "probe", "mode": "aggressive"},
    {"name": "agreed", "agree": "session"}, {"name": "connect", "outcome": "note"},
    {"name": "login", "outcome": "success"}, {"name": "quiet-connect", "outcome": "note", "mode": "aggressive"},
    {"name": "guess", "told_by": "server"}, {"name": "fault", "weight": 0, "told_by": "server"},
    {"name": "other-line", "told_by": "login-line"}, {"name": "relay", "counts": "tests"},
    {"name": "relay-line", "counts": "tests", "weight": 0.5},
    {"name": "relay-fault", "counts": "tests", "told_by": "relay", "weight": 0}]
ODD_HOSTS = ["192.0.2.7", "192.0.2.130", "127.0.0.1", "::1", "ff02::1", "2001:db8:ffff::1", "10.0.0.1", "172.31.0.9",
             "172.32.0.9", "192.168.1.1", "100.127.0.1", "169.254.3.4", "fd00::7", "fe80::1"]
# Somebody's IPv4 address is in these, and beside them, where none is.
CARRIERS = ["64:ff9b::", "64:ff9b::", "64:ff9b:1:2::", "64:ff9b:1::", "2001:0:c000:201::", "2001:1:c000:201::",
            "2002:cb00:7101::", "2002:cb00:7102:3::", "64:ff9b:0:0:1::", "64:ff9b:2::"]


def plain_failures(events):
    return [event for event in events if "outcome" not in event and "agree" not in event]


def make_rule(rng, name):
    events = plain_failures(EVENTS) if name == "plain" else rng.sample(EVENTS, rng.randint(4, len(EVENTS)))
    rest = REST.replace("(?<session>", "(?:") if name == "plain" else REST
    return {"name": name, "description": "of the test", "journal": [{"_SYSTEMD_UNIT": UNITS[name]}], "ports": "all",
            "events": [dict(event, pattern=f"^{event['name']}{rest}") for event in events], "examples": []}


def make_settings(rng):
    prefix4, prefix6 = rng.choice([32, 32, 24]), rng.choice([64, 64, 128, 48])
    count, within = rng.choice([(0, 60), (1, 60), (1, 600), (2, 30), (3, 3600)])
    hosts, lately = rng.choice([(0, 3600), (1, 60), (2, 600), (3, 3600), (3, 5)])
    settings = {
        "mode": rng.choice(["normal", "aggressive"]),
        "maxretry": rng.choice([1, 2, 3, 3, 5, 5, 8]),
        "findtime": rng.choice([10, 60, 600, 600, 3600]),
        "bantime": rng.choice([1, 7, 60, 600, 3600, 7, 60, 600, 3600, "infinity"]),
        "increment": {"factor": rng.choice([1, 2, 1.5, 1.7, 1.15]), "maxtime": rng.choice([30, 1000, 3600, 2419200]),
                      "memory": rng.choice([60, 3600, 5184000]), "overall": rng.choice([False, False, True])},
        "prefix": {"ipv4": prefix4, "ipv6": prefix6},
        "networks": {"ipv4": rng.choice([length for length in (31, 24, 16) if length < prefix4]),
                     "ipv6": rng.choice([length for length in (64, 48, 32) if length < prefix6]),
                     "hosts": rng.choice([0, 0, 1, 2, 2, 3, 4])},
        "maxbans": {"count": count, "within": within},
        "targets": {"hosts": hosts, "within": lately},
        "banprivate": rng.choice([False, False, True]),
        "on_success": rng.choice(["ignore", "forgive"]),
        "repeat_weight": rng.choice([None, 0, 0, 0.1, 0.7]),
        "maxusers": rng.choice([0, 0, 1, 2, 3, 3])}
    return {key: value for key, value in settings.items() if value is not None}


def make_host(rng, many):
    n, kind = rng.randrange(many), rng.random()
    if kind < 0.5:
        return f"203.0.{113 + n % 2}.{n + 1}"
    if kind < 0.8:
        return f"2001:db8:{n % 2}:{n % 3}::{n + 1:x}"
    if kind < 0.9:
        return f"{rng.choice(CARRIERS)}{n % 5 + 1:x}"
    return f"::ffff:203.0.{113 + n % 2}.{n + 1}" if kind < 0.94 else rng.choice(ODD_HOSTS)


def make_address(rng, many):
    """As a line has it."""
    kind = rng.random()
    if kind < 0.03:
        return rng.choice(["unknown", "203.0.113", "[2001:db8::1", "203.0.113.1:70000"])
    host = make_host(rng, many)
    return host if kind >= 0.1 else f"[{host}]:4711" if ":" in host else f"{host}:4711"


def say(event, address=None, session=None, attempts=None, user=None, secret=None):
    told = {"from": address, "session": session, "attempts": attempts, "user": user, "secret": secret}
    return event["name"] + "".join(f" {key}={value}" for key, value in told.items() if value is not None)


def make_line(rng, rule, many, chained):
    told = {}
    if rng.random() < 0.85:
        told["address"] = make_address(rng, many)
    if rule["name"] != "plain" and (chained or rng.random() < 0.6):
        told["session"] = f"s{0 if chained else rng.randrange(3 * many)}"
    if rng.random() < 0.2:
        told["attempts"] = rng.choice([0, 1, 1, 2, 2, 3, 5, 40])
    if rng.random() < 0.7:
        told["user"] = rng.choice(["alice", "alice", "bob", "x>", "carol", "d"])
        if rng.random() < 0.5:
            told["secret"] = rng.choice(["f638ff", "00", "a1"])
    return say(rng.choice(rule["events"]), **told)


def near_an_hour(rng, now):
    """A time about the next full hour, or about where the last ten minutes before it begin."""
    edge = (now // HOUR + 1) * HOUR - rng.choice([0, TAIL])
    return edge + rng.choice([-1, 0, 1, rng.randrange(-180, 180) * US, rng.randrange(-20, 20) * US])


class Clock:
    """Mostly forward, sometimes not at all, sometimes back."""

    def __init__(self, rng, step, edges, often, max_back):
        self.rng, self.step, self.edges, self.often, self.max_back = rng, step, edges, often, max_back
        self.now = self.latest = START
        self.marks = [START]  # entries of late: an edge after one of them is where faults hide
        self.backwards = rng.choice([0, 0, 0, 0.02, 0.1])
        self.hourly = rng.choice([0, 0, 0.05, 0.2])  # how often it is about the hour, or its last ten minutes

    def tick(self):
        rng = self.rng
        if rng.random() < self.backwards:
            self.now = max(self.now - rng.choice([1, 1000, US, MINUTE, 20 * MINUTE]), self.latest - self.max_back)
        elif rng.random() < self.often and self.edges:
            self.now = max(rng.choice(self.marks) + rng.choice(self.edges) + rng.choice([-1, 0, 1]), self.latest)
        elif self.edges and rng.random() < self.hourly:
            self.now = max(self.now, near_an_hour(rng, self.now))
        elif rng.random() < 0.8:
            self.now += rng.choice([0, 1, rng.randrange(1, 2 * self.step * US), self.step * US])
        self.latest = max(self.latest, self.now)
        self.marks = self.marks[-7:] + [self.now]
        return self.now


class Attacker:
    """Connections as a mail server tells them: PAM's lines at once, one or two of them, the session's line when the
    client has gone, with all attempts or one by one; or one kind only, for a while or in turns."""

    def __init__(self, rng, rule, hosts):
        self.rng, self.unit, self.host = rng, UNITS[rule["name"]], rng.choice(hosts)
        failures = plain_failures(rule["events"])
        self.nameless = rng.sample(failures, min(2, len(failures)))
        self.named = rng.sample(failures, min(3, len(failures)))
        self.notes = [event for event in rule["events"] if event.get("outcome") == "note"]
        self.style = rng.choice(["pam", "session", "both", "both", "both", "turns", "banked"])
        self.n, self.lines = 0, []

    def put(self, time, event, **told):
        address = None if told.pop("recalled", False) else self.host
        self.lines.append(["entry", time, self.unit, say(event, address, **told)])

    def kinds(self):
        """Whether PAM tells of this connection, and the server."""
        if self.style == "turns":
            return self.n % 2 == 0, self.n % 2 == 1
        if self.style == "banked":  # one kind only for long, then the other in a burst
            return self.n < 6, self.n >= 6
        return self.style in ("pam", "both"), self.style in ("session", "both")

    def connect(self, begin):
        rng, (pam, server) = self.rng, self.kinds()
        told = {"session": f"{self.host}-{self.unit}-{self.n if rng.random() < 0.8 else 0}"}
        guesses = sorted(begin + rng.randrange(0, rng.choice([1, 20, 600])) * US
                         for _ in range(rng.choice([1, 1, 2, 3, 5])))
        if self.notes and rng.random() < 0.4:
            age = rng.choice([0, MINUTE, 59 * MINUTE, 61 * MINUTE, 3 * HOUR, 23 * HOUR, 24 * HOUR - 1, 24 * HOUR,
                              24 * HOUR + 1, 25 * HOUR])
            self.put(begin - age, rng.choice(self.notes), user=rng.choice([None, "alice", "bob"]), **told)
            told["recalled"] = rng.random() < 0.7
        for guess in guesses if pam else []:
            late = guess + rng.choice([0, 0, rng.randrange(0, 180 * US)])
            for event in self.nameless[:rng.choice([1, 1, 2])]:
                self.put(late, event)
        one_by_one = rng.random() < 0.5
        for guess in guesses if server and one_by_one else []:
            for event in rng.sample(self.named, rng.choice([1, min(2, len(self.named))])):
                self.put(guess, event, **told)
        if server and (not one_by_one or rng.random() < 0.5):
            self.put(guesses[-1] + rng.randrange(0, 180 * US), self.named[0],
                     attempts=len(guesses) + rng.choice([0, 0, 0, 1]), **told)
        self.n += 1


def make_attack(rng, rule, many):
    """What attackers do at the same time, in order of time."""
    hosts = [make_host(rng, many) for _ in range(many)]
    attackers = [Attacker(rng, rule, hosts) for _ in range(rng.choice([1, 2, 3]))]
    now = START + 30 * HOUR
    for _ in range(rng.choice([10, 30, 60])):
        now += rng.choice([0, US, 30 * US, 5 * MINUTE, 20 * MINUTE, rng.randrange(3 * HOUR)])
        now = max(now, near_an_hour(rng, now)) if rng.random() < 0.3 else now
        rng.choice(attackers).connect(now)
    return sorted([line for attacker in attackers for line in attacker.lines], key=lambda line: line[1])


class Stream:
    """The words of the stream, one list a line; who is meant by a hand is chosen once it is known. Six kinds:
    short - all of it lies within the stretch that a restart reads again, so a clock may step back over all of it;
    long  - a restart reads the last part again only;
    edges - everybody is banned at once, and what comes next likes to come a span later, to the microsecond;
    chain - few lines of one session name that goes on and on, over the hours of the clock;
    attack - connections that several kinds of lines tell, about the hours of the clock;
    wild  - the clock may step back for days: not to be cut."""

    def __init__(self, seed):
        self.rng = rng = random.Random(seed)
        self.by_hand = seed % 2 == 1
        self.kind = rng.choice(["short", "long", "edges", "chain", "attack", "attack", "wild"])
        names = {"chain": ["mail"], "attack": [rng.choice(["mail", "web"])]}.get(
            self.kind, rng.sample(list(UNITS), rng.randint(1, len(UNITS))))
        self.rules = [make_rule(rng, name) for name in names]
        self.policy = {"ignoreip": ["192.0.2.0/25", "2001:db8:ffff::/48"],
                       "jails": {name: make_settings(rng) for name in names}}
        if rng.random() < 0.4:  # who comes back
            self.policy["jails"]["recidive"] = dict(make_settings(rng), maxretry=rng.choice([1, 2, 2, 3]),
                                                    findtime=rng.choice([60, 3600, 86400, 30 * 86400]))
        if rng.random() < 0.3 and self.kind != "wild":  # what other hosts say; in any order
            self.policy["jails"]["fleet"] = dict(make_settings(rng), maxretry=rng.choice([1, 2, 3, 9]),
                                                 findtime=rng.choice([60, 3600, 86400]), maxbans={"count": 0, "within": 60})
        self.told = []
        self.spares = rng.random() < 0.5
        for jail in self.policy["jails"].values() if self.kind == "edges" else []:
            jail.update(maxretry=1, bantime=rng.choice([1, 7, 60]))
            jail["networks"]["hosts"] = rng.choice([2, 2, 3])
        if self.kind == "chain":
            del self.rules[0]["events"][2:]
        if self.kind == "attack" and not plain_failures(self.rules[0]["events"]):
            self.kind = "long"
        many = {"chain": 1, "edges": 6}.get(self.kind, rng.choice([1, 2, 3, 6]))
        self.words = make_attack(rng, self.rules[0], many) if self.kind == "attack" else self.make_words(many)
        if rng.random() < 0.3:  # of hosts whose sessions have the same names
            for word in self.words:
                if word[0] == "entry":
                    word[2] += rng.choice(["", "@a", "@a", "@b"])

    def make_words(self, many):
        rng, words = self.rng, []
        edges = [usec(span) for jail in self.policy["jails"].values()
                 for span in (jail["findtime"], jail["bantime"], jail["increment"]["memory"], jail["maxbans"]["within"],
                              jail["targets"]["within"]) if span != "infinity"]
        edges = [] if self.kind == "short" else [span for span in edges + [HOUR] if span <= 2 * HOUR]
        step = rng.choice({"short": [1, 5], "chain": [600, 1200]}.get(self.kind, [60, 400]))
        clock = Clock(rng, step, edges, 0.4 if self.kind == "edges" else 0.05,
                      100 * HOUR if self.kind == "wild" else HOUR // 2)
        for _ in range(60 if self.kind == "chain" else rng.choice([30, 100, 300])):
            now, dice, rule = clock.tick(), rng.random(), rng.choice(self.rules)
            jail = rng.choice(list(self.policy["jails"]))
            if dice > 0.6 and "fleet" in self.policy["jails"]:
                words.append(self.make_report(clock, many))
            elif dice < 0.04 and self.by_hand:
                words.append(["unban", now, jail, rng.random()])
            elif dice < 0.06 and self.by_hand:
                now = clock.latest + 1  # a wall clock is not behind what was read
                words.append(["ban", now, jail, make_host(rng, many), rng.random() < 0.4,
                              now + rng.choice([1, 60, 5000]) * US])
            else:
                words.append(["entry", now, UNITS[rule["name"]], make_line(rng, rule, many, self.kind == "chain")])
        return words

    def make_report(self, clock, many):
        """Of a moment ago or of hours ago; perhaps once more what was told."""
        rng = self.rng
        if self.told and rng.random() < 0.2:
            return ["hear", rng.choice(self.told)[1], clock.latest, *rng.choice(self.told)[3:]] if rng.random() < 0.5 \
                else [*rng.choice(self.told)]
        time = clock.latest - rng.choice([0, 0, 1, rng.randrange(90 * US), rng.randrange(3 * HOUR)])
        host = make_host(rng, many)
        word = ["hear", time, clock.latest, rng.choice("abc"), "unban" if rng.random() < 0.1 else "ban",
                host.removeprefix("::ffff:"), len(self.told) + 1]
        self.told.append(word)
        return word

    def text(self, cut):
        """For the driver; perhaps cut at random points, some of them crashes."""
        lines, rng = ["spare"] if self.spares else [], self.rng
        for word in self.words:
            dice = rng.random() if cut else 1
            if dice < 0.05:
                lines += ["compact"] if rng.random() < 0.2 else []
                lines.append("restart")
            elif dice < 0.1:
                lines.append("crash" if dice < 0.07 else "commit")
            lines.append(" ".join(map(str, word)))
            if cut and word[0] not in ("entry", "hear"):  # which a crash could not read again
                lines.append("commit")
        return "\n".join(lines) + "\n"
