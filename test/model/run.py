#!/usr/bin/python3
"""Random streams through the engine and through the model: the same decisions, whole and cut at random points.

    run.py STREAM [--seeds N] [--seed S]

STREAM is the built driver (test/unit/stream). Every fault names its seed; --seed runs that one and shows the stream."""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import replace
from fractions import Fraction

from model import HOUR, MINUTE, SECOND, Event, Jail, Model, Told

START = 1_700_000_000 * SECOND
RULES = {"mail": "mail.service", "web": "web.service", "plain": "plain.service", "post": "mail.service"}  # their units
TAIL = r"(?: from=(?<address>[^ ]+))?(?: session=(?<session>[^ ]+))?(?: attempts=(?<attempts>[0-9]+))?" \
       r"(?: user=(?<user>[^ ]+))?(?: secret=(?<secret>[^ ]+))?$"


def make_events(rng, jail):
    events = [
        Event("wrong"), Event("login-line"), Event("half", weight=Fraction(1, 2)), Event("heavy", weight=Fraction(3)),
        Event("tenth", weight=Fraction(1, 10)), Event("nothing", weight=Fraction(0)),
        Event("probe", mode="aggressive"), Event("agreed", agree=True),
        Event("connect", outcome="note"), Event("login", outcome="success"),
        Event("quiet-connect", outcome="note", mode="aggressive"),
        Event("guess", told_by="server"), Event("fault", weight=Fraction(0), told_by="server"),
        Event("other-line", told_by="login-line"), Event("relay", counts="tests"),
        Event("relay-line", counts="tests", weight=Fraction(1, 2)),
        Event("relay-fault", counts="tests", told_by="relay", weight=Fraction(0)),
    ]
    if jail == "plain":  # no session at all
        return [event for event in events if event.outcome == "failure" and not event.agree]
    return rng.sample(events, rng.randint(4, len(events)))


def make_jail(rng, name):
    prefix4, prefix6 = rng.choice([32, 32, 24]), rng.choice([64, 64, 128, 48])
    return Jail(
        name=name,
        mode=rng.choice(["normal", "aggressive"]),
        maxretry=rng.choice([1, 2, 3, 3, 5, 5, 8]),
        findtime=rng.choice([10, 60, 600, 600, 3600]) * SECOND,
        bantime=rng.choice([1, 7, 60, 600, 3600, None]) and rng.choice([1, 7, 60, 600, 3600]) * SECOND,
        factor=rng.choice([Fraction(1), Fraction(2), Fraction(3, 2), Fraction(17, 10), Fraction(115, 100)]),
        maxtime=rng.choice([30, 1000, 3600, 2419200]) * SECOND,
        memory=rng.choice([60, 3600, 5184000]) * SECOND,
        prefix4=prefix4,
        prefix6=prefix6,
        network4=rng.choice([length for length in (31, 24, 16) if length < prefix4]),
        network6=rng.choice([length for length in (64, 48, 32) if length < prefix6]),
        hosts=rng.choice([0, 0, 1, 2, 2, 3, 4]),
        maxbans=rng.choice([(0, 60 * SECOND), (1, 60 * SECOND), (1, 600 * SECOND), (2, 30 * SECOND), (3, 3600 * SECOND)]),
        targets=rng.choice([(0, 3600 * SECOND), (1, 60 * SECOND), (2, 600 * SECOND), (3, 3600 * SECOND), (3, 5 * SECOND)]),
        banprivate=rng.choice([False, False, True]),
        on_success=rng.choice(["ignore", "forgive"]),
        repeat_weight=rng.choice([None, Fraction(0), Fraction(0), Fraction(1, 10), Fraction(7, 10)]),
        maxusers=rng.choice([0, 0, 1, 2, 3, 3]),
    )


def seconds(span):
    return "infinity" if span is None else f"{span // SECOND}s"


def write_policy(path, jails, ignored):
    policy = {"ignoreip": ignored, "jails": {}}
    for jail in jails:
        policy["jails"][jail.name] = {
            "mode": jail.mode, "maxretry": jail.maxretry, "findtime": seconds(jail.findtime),
            "bantime": seconds(jail.bantime),
            "increment": {"factor": float(jail.factor), "maxtime": seconds(jail.maxtime),
                          "memory": seconds(jail.memory)},
            "prefix": {"ipv4": jail.prefix4, "ipv6": jail.prefix6},
            "maxbans": {"count": jail.maxbans[0], "within": seconds(jail.maxbans[1])},
            "networks": {"ipv4": jail.network4, "ipv6": jail.network6, "hosts": jail.hosts},
            "targets": {"hosts": jail.targets[0], "within": seconds(jail.targets[1])},
            "banprivate": jail.banprivate, "on_success": jail.on_success, "maxusers": jail.maxusers,
        }
        if jail.repeat_weight is not None:
            policy["jails"][jail.name]["repeat_weight"] = float(jail.repeat_weight)
    with open(path, "w") as file:
        json.dump(policy, file)


def write_rule(path, name, events):
    tail = TAIL.replace("(?<session>", "(?:") if name == "plain" else TAIL
    rule = {"name": name, "description": "of the test", "journal": [{"_SYSTEMD_UNIT": RULES[name]}], "ports": "all",
            "events": [], "examples": []}
    for event in events:
        item = {"name": event.name, "pattern": f"^{event.name}{tail}"}
        if event.outcome != "failure":
            item["outcome"] = event.outcome
        else:
            item["weight"] = float(event.weight) if event.weight % 1 else int(event.weight)
        if event.mode != "normal":
            item["mode"] = event.mode
        if event.agree:
            item["agree"] = "session"
        if event.counts != "attempts":
            item["counts"] = event.counts
        if event.told_by:
            item["told_by"] = event.told_by
        rule["events"].append(item)
    with open(path, "w") as file:
        json.dump(rule, file)


def make_address(rng, many):
    """As a line has it."""
    kind = rng.random()
    if kind < 0.03:
        return rng.choice(["unknown", "203.0.113", "[2001:db8::1", "203.0.113.1:70000"])
    host = make_host(rng, many)
    if kind < 0.1:
        return f"[{host}]:4711" if ":" in host else f"{host}:4711"
    return host


def make_host(rng, many):
    n = rng.randrange(many)
    kind = rng.random()
    if kind < 0.5:
        return f"203.0.{113 + n % 2}.{n + 1}"
    if kind < 0.8:
        return f"2001:db8:{n % 2}:{n % 3}::{n + 1:x}"
    if kind < 0.9:  # somebody's IPv4 address is in these, and beside them, where none is
        front = rng.choice(["64:ff9b::", "64:ff9b::", "64:ff9b:1:2::", "64:ff9b:1::", "2001:0:c000:201::",
                            "2001:1:c000:201::", "2002:cb00:7101::", "2002:cb00:7102:3::", "64:ff9b:0:0:1::",
                            "64:ff9b:2::"])
        return f"{front}{n % 5 + 1:x}"
    if kind < 0.94:
        return f"::ffff:203.0.{113 + n % 2}.{n + 1}"
    return rng.choice(["192.0.2.7", "192.0.2.130", "127.0.0.1", "::1", "ff02::1", "2001:db8:ffff::1",
                       "10.0.0.1", "172.31.0.9", "172.32.0.9", "192.168.1.1", "100.127.0.1", "169.254.3.4", "fd00::7",
                       "fe80::1"])


def make_told(rng, name, events, many, chained):
    told = Told(name, rng.choice(events))
    if rng.random() < 0.85:
        told.address = make_address(rng, many)
    if name != "plain" and (chained or rng.random() < 0.6):
        told.session = f"s{0 if chained else rng.randrange(3 * many)}"
    if rng.random() < 0.2:
        told.attempts = rng.choice([0, 1, 1, 2, 2, 3, 5, 40])
    if rng.random() < 0.7:
        told.user = rng.choice(["alice", "alice", "bob", "x>", "carol", "d"])
        if rng.random() < 0.5:
            told.secret = rng.choice(["f638ff", "00", "a1"])
    return told


def message(told):
    text = told.event.name
    for key in "address", "session", "attempts", "user", "secret":
        value = getattr(told, key)
        if value is not None:
            text += f" {'from' if key == 'address' else key}={value}"
    return text


def near_an_hour(rng, now):
    """A time about the next full hour, or about where the last ten minutes before it begin."""
    edge = (now // HOUR + 1) * HOUR - rng.choice([0, 10 * MINUTE])
    return edge + rng.choice([-1, 0, 1, rng.randrange(-180, 180) * SECOND, rng.randrange(-20, 20) * SECOND])


class Clock:
    """Mostly forward, sometimes not at all, sometimes back."""

    def __init__(self, rng, step, edges, max_back):
        self.rng = rng
        self.edges = edges
        self.now = self.latest = START
        self.marks = [START]  # entries of late: an edge after one of them is where faults hide
        self.step = step
        self.max_back = max_back
        self.backwards = rng.choice([0, 0, 0, 0.02, 0.1])
        self.hourly = rng.choice([0, 0, 0.05, 0.2])  # how often it is about the hour, or its last ten minutes

    def tick(self):
        if self.rng.random() < self.backwards:
            self.now -= self.rng.choice([1, 1000, SECOND, 60 * SECOND, 1200 * SECOND])
            self.now = max(self.now, self.latest - self.max_back)
        elif self.rng.random() < 0.05 and self.edges:
            self.now = self.rng.choice(self.marks) + self.rng.choice(self.edges) + self.rng.choice([-1, 0, 1])
            self.now = max(self.now, self.latest)
        elif self.edges and self.rng.random() < self.hourly:
            self.now = max(self.now, near_an_hour(self.rng, self.now))
        elif self.rng.random() < 0.8:
            self.now += self.rng.choice([0, 1, self.rng.randrange(1, 2 * self.step * SECOND), self.step * SECOND])
        self.latest = max(self.latest, self.now)
        self.marks.append(self.now)
        del self.marks[:-8]
        return self.now


class Attacker:
    """Connections as a mail server tells them: PAM's lines at once, one or two of them, the session's line when the
    client has gone, with all attempts or one by one; or one kind only, for a while or in turns."""

    def __init__(self, rng, name, events, hosts):
        self.rng = rng
        self.name = name
        self.host = rng.choice(hosts)
        failures = [event for event in events if event.outcome == "failure" and not event.agree]
        self.nameless = rng.sample(failures, min(2, len(failures)))
        self.named = rng.sample(failures, min(3, len(failures)))
        self.notes = [event for event in events if event.outcome == "note"]
        self.style = rng.choice(["pam", "session", "both", "both", "both", "turns", "banked"])
        self.n = 0
        self.lines = []

    def put(self, time, event, session, **more):
        address = None if more.pop("recalled", False) else self.host
        self.lines.append([time, Told(self.name, event, address=address, session=session, **more)])

    def kinds(self):
        """Whether PAM tells of this connection, and the server."""
        if self.style == "turns":
            return self.n % 2 == 0, self.n % 2 == 1
        if self.style == "banked":  # one kind only for long, then the other in a burst
            return self.n < 6, self.n >= 6
        return self.style in ("pam", "both"), self.style in ("session", "both")

    def connect(self, begin):
        rng, (pam, server) = self.rng, self.kinds()
        session = f"{self.host}-{self.name}-{self.n if rng.random() < 0.8 else 0}"
        guesses = sorted(begin + rng.randrange(0, rng.choice([1, 20, 600])) * SECOND
                         for _ in range(rng.choice([1, 1, 2, 3, 5])))
        note = bool(self.notes) and rng.random() < 0.4
        if note:
            age = rng.choice([0, MINUTE, 59 * MINUTE, 61 * MINUTE, 3 * HOUR, 23 * HOUR, 24 * HOUR - 1, 24 * HOUR,
                              24 * HOUR + 1, 25 * HOUR])
            self.put(begin - age, rng.choice(self.notes), session)
            self.lines[-1][1].user = rng.choice([None, "alice", "bob"])
        more = {"recalled": True} if note and rng.random() < 0.7 else {}
        for guess in guesses if pam else []:
            late = guess + rng.choice([0, 0, rng.randrange(0, 180 * SECOND)])
            for event in self.nameless[:rng.choice([1, 1, 2])]:
                self.put(late, event, None)
        one_by_one = rng.random() < 0.5
        for guess in guesses if server and one_by_one else []:
            for event in rng.sample(self.named, rng.choice([1, min(2, len(self.named))])):
                self.put(guess, event, session, **more)
        if server and (not one_by_one or rng.random() < 0.5):
            end = guesses[-1] + rng.randrange(0, 180 * SECOND)
            self.put(end, self.named[0], session, attempts=len(guesses) + rng.choice([0, 0, 0, 1]), **more)
        self.n += 1


def make_attack(rng, names, events, many):
    """What attackers do at the same time, in order of time."""
    hosts = [make_host(rng, many) for _ in range(many)]
    attackers = [Attacker(rng, name, events[name], hosts) for name in names for _ in range(rng.choice([1, 2, 3]))]
    now = START + 30 * HOUR
    for _ in range(rng.choice([10, 30, 60])):
        now += rng.choice([0, SECOND, 30 * SECOND, 5 * MINUTE, 20 * MINUTE, rng.randrange(3 * HOUR)])
        if rng.random() < 0.3:
            now = max(now, near_an_hour(rng, now))
        rng.choice(attackers).connect(now)
    lines = [line for attacker in attackers for line in attacker.lines]
    return [["entry", time, told] for time, told in sorted(lines, key=lambda line: line[0])]


def make_stream(rng, by_hand):
    """The words of the stream, one list a line; an entry carries what it tells. Five kinds:
    short - all of it lies within the stretch that a restart reads again, so a clock may step back over all of it;
    long  - a restart reads the last part again only;
    chain - few lines of one session name that goes on and on, over the hours of the clock;
    attack - connections that several kinds of lines tell, about the hours of the clock;
    wild  - the clock may step back for days: not to be cut."""
    kind = rng.choice(["short", "long", "chain", "attack", "attack", "wild"])
    names = ["mail"] if kind == "chain" else [rng.choice(["mail", "web"])] if kind == "attack" else rng.sample(list(RULES), rng.randint(1, len(RULES)))
    jails = [make_jail(rng, name) for name in names]
    events = {name: make_events(rng, name)[:2 if kind == "chain" else None] for name in names}
    if kind == "attack" and not any(event.outcome == "failure" and not event.agree for event in events[names[0]]):
        kind = "long"
    many = 1 if kind == "chain" else rng.choice([1, 2, 3, 6])
    if kind == "attack":
        return jails, events, make_attack(rng, names, events, many), kind
    edges = [HOUR] + [span for jail in jails for span in (jail.findtime, jail.bantime, jail.memory) if span]
    edges = [span for span in edges if span <= 2 * HOUR]
    steps = {"short": [1, 5], "chain": [600, 1200]}.get(kind, [60, 400])
    clock = Clock(rng, rng.choice(steps),
                  [] if kind == "short" else edges, 100 * HOUR if kind == "wild" else HOUR // 2)
    words = []
    for _ in range(60 if kind == "chain" else rng.choice([30, 100, 300])):
        now = clock.tick()
        dice = rng.random()
        name = rng.choice(names)
        if dice < 0.04 and by_hand:
            words.append(["unban", now, name, None, rng.random()])
        elif dice < 0.06 and by_hand:
            now = clock.latest + 1  # a wall clock is not behind what was read
            words.append(["ban", now, name, make_host(rng, many), now + rng.choice([1, 60, 5000]) * SECOND,
                          rng.random() < 0.4])
        else:
            words.append(["entry", now, make_told(rng, name, events[name], many, kind == "chain")])
    return jails, events, words, kind


def told_to_jails(jails, events, told):
    """Rules of one unit know the same line, each by its own event."""
    for jail in jails:
        known = [event for event in events[jail.name] if event.name == told.event.name]
        if RULES[jail.name] == RULES[told.jail] and known:
            yield replace(told, jail=jail.name, event=known[0])


def play_model(jails, events, ignored, words, spares):
    """The model's decisions; fills in whom an unban is about: someone it has banned, or no one."""
    import ipaddress

    model = Model(jails, ignored, spares)
    by_name = {jail.name: jail for jail in jails}
    n_entries = 0
    for word in words:
        if word[0] == "entry":
            n_entries += 1
            for told in told_to_jails(jails, events, word[2]):
                model.feed(word[1], told, f"s=test;i={n_entries:x}")
        elif word[0] == "ban":
            address = ipaddress.ip_address(word[3])
            address = getattr(address, "ipv4_mapped", None) or address
            jail = by_name[word[2]]
            network = model.network(jail, address) if jail.hosts and word[5] else None
            word[3] = str(network or model.offender(jail, address))
            model.ban(word[1], word[2], word[3], word[4])
        else:
            mine = [ban for ban in model.bans if ban.jail == word[2]]
            word[3] = str(mine[int(word[4] * len(mine))].prefix) if mine else "198.51.100.1/32"
            model.unban(word[1], word[2], word[3])
    return model


def text_of(words, spares, rng=None):
    """The stream for the driver; with `rng` cut at random points, some of them crashes."""
    lines = ["spare"] if spares else []
    for word in words:
        dice = rng.random() if rng else 1
        if dice < 0.05:
            lines += ["compact"] if rng.random() < 0.2 else []
            lines.append("restart")
        elif dice < 0.1:
            lines.append("crash" if dice < 0.07 else "commit")
        if word[0] == "entry":
            lines.append(f"entry {word[1]} {RULES[word[2].jail]} {message(word[2])}")
        elif word[0] == "ban":
            lines.append(f"ban {word[1]} {word[2]} {word[3]} {word[4]}")
        else:
            lines.append(f"unban {word[1]} {word[2]} {word[3]}")
        if rng and word[0] != "entry":  # which a crash could not read again
            lines.append("commit")
    return "\n".join(lines) + "\n"


def play_engine(driver, files, text, seed):
    result = subprocess.run([driver, seed, *files], input=text, capture_output=True, text=True)
    if result.returncode != 0:
        return [f"driver failed: {result.stderr}"], ""
    *decisions, end = result.stdout.splitlines()
    return decisions, end


def without_private(decisions):
    """Who was warned of is not remembered over a stop longer than it takes to be read again."""
    return [decision for decision in decisions if not decision.startswith("private ")]


def check_seed(driver, seed, folder, verbose):
    rng = random.Random(seed)
    jails, events, words, kind = make_stream(rng, by_hand=seed % 2 == 1)
    ignored = ["192.0.2.0/25", "2001:db8:ffff::/48"]
    files = [os.path.join(folder, "policy.json")]
    write_policy(files[0], jails, ignored)
    for name in events:
        files.append(os.path.join(folder, f"{name}.json"))
        write_rule(files[-1], name, events[name])
    spares = rng.random() < 0.5
    model = play_model(jails, events, ignored, words, spares)
    end = f"end {int(model.counted * 10)} {int(model.prevented * 10)}"
    whole = text_of(words, spares)
    if verbose:
        print(open(files[0]).read(), *jails, sep="\n")
        print(whole, *model.decisions, end, sep="\n")
    faults = []
    for hash_seed in "one", "another":
        decisions, engine_end = play_engine(driver, files, whole, hash_seed)
        if (decisions, engine_end) != (model.decisions, end):
            faults.append(("whole", whole, decisions + [engine_end], model.decisions + [end]))
            break
    for _ in range(0 if kind == "wild" else 2):
        cut = text_of(words, spares, rng)
        decisions, _ = play_engine(driver, files, cut, "one")
        decisions, wanted = without_private(decisions), without_private(model.decisions)
        if decisions != wanted:
            faults.append(("cut", cut, decisions, wanted))
            break
    return faults, len(model.decisions)


def show(seed, fault, verbose):
    kind, text, got, wanted = fault
    print(f"seed {seed}: {kind}: the engine decides otherwise than the model")
    for i in range(max(len(got), len(wanted))):
        a, b = (lines[i] if i < len(lines) else "-" for lines in (got, wanted))
        if a != b:
            print(f"  decision {i}:\n    engine {a}\n    model  {b}")
            break
    if verbose:
        print(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("driver")
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds) if options.seed is None else [options.seed]
    n_bad = n_decisions = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            faults, n = check_seed(options.driver, seed, folder, options.seed is not None)
            n_decisions += n
            n_bad += bool(faults)
            for fault in faults:
                show(seed, fault, options.seed is not None)
            if n_bad >= 5:
                break
    print(f"seeds {seeds[0]} to {seeds[-1]}: {n_decisions} decisions, {n_bad} streams differ")
    if not n_bad and n_decisions < 2 * len(seeds) and options.seed is None:
        print("too few decisions to show anything")
        return 1
    return 1 if n_bad else 0


if __name__ == "__main__":
    sys.exit(main())
