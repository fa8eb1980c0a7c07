"""Whether the cost of an entry stays the same with many rules, many events and many sources."""
import journals
import tools
from tools import Row, cpu, expect

PART = "Scale"
N_UNITS = 500
N_REASONS = 100
LOGIN = "login of (?<user>\\S+) failed, client (?<address>\\S+)$"
REASON = "^refused (?<user>\\S+): reason {:03} of client (?<address>\\S+)$"
MANY = 1000  # every failure is of another host: nobody is to be banned here


def rule(name, unit, *patterns):
    return {"name": name, "journal": [{"_SYSTEMD_UNIT": unit}],
            "events": [{"name": f"failed-{i:03}", "pattern": pattern} for i, pattern in enumerate(patterns)]}


def policy(rules):
    return {"defaults": {"maxretry": MANY}, "jails": {name: {} for name in rules}}


def unit_rules(n, same_text):
    rules = {}
    for i in range(n):
        name = f"shop{i:03}"
        rules[name] = rule(name, name + ".service", f"^{'shop' if same_text else name}: {LOGIN}")
    return rules


def compare(what, few, many, rounds, bound=1.5):
    """`few` and `many`: (rules, journal, facts). The same work, differently spread over rules."""
    runs = {}
    with tools.configuration(policy(few[0]), few[0]) as a, tools.configuration(policy(many[0]), many[0]) as b:
        options = {"few": a, "many": b}
        cases = {"few": few, "many": many}
        start = {name: tools.startup(options[name], rounds) for name in cases}
        runs = tools.in_turn(rounds, few=tools.replay(a, few[1]), many=tools.replay(b, many[1]))
    costs = {}
    for name, (_, _, facts) in cases.items():
        for run in runs[name]:
            expect(run.last()["failures"], facts["failures"], f"{what}, {name}: failures")
        costs[name] = (cpu(runs[name]) - start[name]) / facts["entries"] * 1e6
    return Row(PART, what, f"{costs['few']:.2f} µs / {costs['many']:.2f} µs an entry "
               f"(besides {start['few'] * 1e3:.0f} and {start['many'] * 1e3:.0f} ms to load them)",
               costs["many"] / costs["few"], ("<=", bound))


def rules(folder, rounds, n):
    rows = []
    for same_text in (False, True):
        few = journals.make(folder, "units", n, n_units=1, same_text=same_text)
        many = journals.make(folder, "units", n, n_units=N_UNITS, same_text=same_text)
        rows.append(compare(f"1 rule / {N_UNITS} rules of {N_UNITS} units, " +
                            ("all with the same pattern" if same_text else "each with a text of its own"),
                            (unit_rules(1, same_text), *few), (unit_rules(N_UNITS, same_text), *many), rounds, bound=1.15))
    journal = journals.make(folder, "reasons", n, n_reasons=N_REASONS)
    patterns = [REASON.format(i) for i in range(N_REASONS)]
    rows.append(compare(f"1 event / {N_REASONS} events in one rule",
                        ({"shop": rule("shop", "shop.service", patterns[-1])}, *journal),
                        ({"shop": rule("shop", "shop.service", *patterns)}, *journal), rounds))
    return rows


def shipped(folder, rounds, n):
    """All shipped rules against two: where they read the same entries, and where they read more of them."""
    two = {**journals.POLICY, "jails": {"dovecot": {}, "mox": {}}}
    every = {**journals.POLICY, "jails": {rule.stem: {} for rule in sorted(tools.RULES.glob("*.json"))}}
    rows = []
    with tools.configuration(two) as few, tools.configuration(every) as many:
        start = {"few": tools.startup(few, rounds), "many": tools.startup(many, rounds)}
        for quiet, what in (True, "that read the same entries"), (False, "that read others, too"):
            journal, facts = journals.make(folder, "mail", n, **({"quiet": True} if quiet else {}))
            runs = tools.in_turn(rounds, few=tools.replay(few, journal), many=tools.replay(many, journal))
            read = {}
            for name, those in runs.items():
                expect(those[0].last()["failures"], facts["failures"], f"shipped rules, {name}: failures")
                read[name] = those[0].last()["entries"]
            costs = {name: (cpu(those) - start[name]) / read[name] * 1e6 for name, those in runs.items()}
            rows.append(Row(PART, f"two shipped rules / all {len(every['jails'])}, {what}: an entry read",
                            f"{costs['few']:.2f} µs / {costs['many']:.2f} µs ({read['few']:,} / {read['many']:,} entries; "
                            f"besides {start['few'] * 1e3:.0f} and {start['many'] * 1e3:.0f} ms to load them)",
                            costs["many"] / costs["few"], ("<=", 1.15) if quiet else None))
            rows.append(Row(PART, f"the same: replay of all {n:,} entries",
                            f"{cpu(runs['few']):.3f} s / {cpu(runs['many']):.3f} s",
                            tools.ratio(runs["many"], runs["few"]), ("<=", 1.3) if quiet else None))
    return rows


def reading(folder, rounds, n):
    """Processor nanoseconds for which an entry is only read: the bare loop's."""
    journal, _ = journals.make(folder, "reasons", n, n_reasons=N_REASONS)
    limit = [tools.limit("bare"), "--unit", "shop.service", "--pattern", REASON.format(N_REASONS - 1), journal]
    return tools.median(tools.measure(*limit).cpu for _ in range(rounds)) / n * 1e9


def sources(folder, rounds, n, sizes):
    """The engine alone: what a tracked source costs in time and memory, the journal's part added after."""
    found = {}
    for size in sizes:
        runs = [tools.measure(tools.limit("sources"), size).last() for _ in range(rounds)]
        for run in runs:
            expect(run["tracked"], size, "sources that the engine tracks")
        found[size] = {key: tools.median(run[key] for run in runs) for key in ("nanoseconds", "bytes", "single")}
    low, high = min(sizes), max(sizes)
    journal = reading(folder, rounds, n)
    costs = ", ".join(f"{size:,}: {found[size]['nanoseconds'] / 1e3:.2f} µs" for size in sizes)
    memory = {key: ", ".join(f"{size:,}: {found[size][key]:.0f}" for size in sizes) + " bytes"
              for key in ("bytes", "single")}
    return [Row(PART, f"a failure with {low:,} / {high:,} tracked sources",
                f"{costs} in the engine, and {journal / 1e3:.2f} µs to read it",
                (found[high]["nanoseconds"] + journal) / (found[low]["nanoseconds"] + journal), ("<=", 1.5)),
            Row(PART, "memory of a tracked source, 4 failures each (maxretry 5)", memory["bytes"],
                max(found[size]["bytes"] for size in sizes), ("<=", 128), " B"),
            Row(PART, "the same with one failure each", memory["single"],
                max(found[size]["single"] for size in sizes), ("<=", 96), " B")]


def run(folder, rounds, n, sizes):
    return rules(folder, rounds, n) + shipped(folder, rounds, n) + sources(folder, max(1, rounds // 2), n, sizes)
