#!/usr/bin/python3
"""The schemas that editors use, against the parsers that decide.

  schema.py SOURCE_FOLDER PARSE_CONFIG

Shipped rules: good for both. test/data/config/good: good for both. test/data/config/bad: a file begins with
comments "// LINE:COLUMN: text", one for each fault that the parser must tell there, and perhaps "// schema: no" if
no schema can see what is wrong. Names begin with "policy-" or "rule-". Then each good file is changed at every
place, one change at a time, and both must agree on that too. Speaks TAP.
"""
import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("1..0 # SKIP python3-jsonschema is not installed")
    sys.exit(0)

KINDS = ("policy", "rule")
# Faults that are beyond a schema: it sees one place at a time, no bits, and no time spans that are texts.
BEYOND_SCHEMA = re.compile(
    r"is not defined|not anchored|is anchored: write|has this name|names no event|"
    r"can name nobody|the session is the address|without a session|compares two addresses|too many decimals|no address|not an address|is not a port|no network|"
    r'shorter length for networks|a hub shares|"(findtime|bantime|maxtime|memory|within)" is (out of range|not a time span)')


def strip_comments(text):
    """JSON with comments as JSON; everything stays at its place."""
    def blank(match):
        piece = match.group()
        return piece if piece[0] == '"' else re.sub(r"[^\n]", " ", piece)
    return re.sub(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', blank, text, flags=re.DOTALL)


def load(path):
    return json.loads(strip_comments(path.read_text(encoding="utf-8")))


class Checker:
    def __init__(self, source, program):
        self.source, self.program = pathlib.Path(source), program
        self.validators = {}
        for kind in KINDS:
            schema = json.loads((self.source / f"rules/schema/{kind}.schema.json").read_text())
            jsonschema.Draft202012Validator.check_schema(schema)
            self.validators[kind] = jsonschema.Draft202012Validator(schema)
        self.n = self.n_bad = 0

    def report(self, good, name, *talk):
        self.n += 1
        self.n_bad += not good
        print("ok" if good else "not ok", self.n, "-", name)
        if not good:
            for line in talk:
                print("#", str(line).replace("\n", "\n# "))

    def parse(self, kind, paths):
        """The faults of each file, without the file's name; None for a file that is good."""
        run = subprocess.run([self.program, kind, *map(str, paths)], stdout=subprocess.PIPE, text=True, check=False)
        answers, lines = [], []
        for line in run.stdout.splitlines():
            if line in ("= good", "= bad"):
                answers.append(lines if line == "= bad" else None)
                assert bool(lines) == (line == "= bad"), lines
                lines = []
            else:
                lines.append(line.split(".json:", 1)[1])
        assert len(answers) == len(paths), run
        return answers

    def schema_faults(self, kind, document):
        return [f"{error.json_path}: {error.message}" for error in self.validators[kind].iter_errors(document)]

    def corpus(self, folder):
        for kind in KINDS:
            for path in sorted((self.source / "test/data/config" / folder).glob(f"{kind}-*.json")):
                yield kind, path

    def check_good(self, kind, path):
        faults = self.parse(kind, [path])[0] or []
        faults += self.schema_faults(kind, load(path))
        self.report(not faults, f"good: {path.name}", *faults)

    def check_bad(self, kind, path):
        head = re.match(rb"(?:\xef\xbb\xbf)?((?://[^\n]*\n)+)", path.read_bytes()).group(1).decode()
        expected = re.findall(r"^// (\d+:\d+: .*)", head, re.MULTILINE)
        seen = "// schema: no\n" not in head
        faults = self.parse(kind, [path])[0] or []
        matches = len(faults) == len(expected) and all(e in f for e, f in zip(expected, faults))
        self.report(expected and matches, f"bad: {path.name}: parser", "expected:", *expected, "told:", *faults)
        try:
            errors = self.schema_faults(kind, load(path))
        except ValueError:
            errors = []  # no JSON at all: a schema never gets to see it
        self.report(bool(errors) == seen, f"bad: {path.name}: schema", f"should see it: {seen}", *errors)

    def check_agreement(self, kind, path):
        document = load(path)
        changed = list(changes(document))
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for i, change in enumerate(changed):
                paths.append(pathlib.Path(folder) / f"{i}.json")
                paths[-1].write_text(json.dumps(change), encoding="utf-8")
            answers = self.parse(kind, paths)
        wrong, n_refused = [], 0
        for change, faults in zip(changed, answers):
            errors = self.schema_faults(kind, change)
            n_refused += faults is not None
            if faults is None and errors:
                wrong += ["only the schema refuses " + json.dumps(change), *errors]
            elif faults and not errors and not BEYOND_SCHEMA.search(faults[0]):
                wrong += ["only the parser refuses " + json.dumps(change), *faults]
        self.report(not wrong and 0 < n_refused < len(changed),
                    f"agree on {len(changed)} changes of {path.name}, {n_refused} bad", *wrong[:20])


VALUES = (None, True, 0, 1, -1, 7, 33, 1.5, 1e9, "", "x", "X y", "10min", "0", "infinity", "all", "192.0.2.1", [], ["x"],
          [5], {}, {"x": 1})


def changes(document):
    """Copies of the document with one place changed: removed, added to, or something else in its stead."""
    def places(node, path):
        yield path
        if isinstance(node, (dict, list)):
            for key in node if isinstance(node, dict) else range(len(node)):
                yield from places(node[key], path + (key,))

    def changed(path, action):
        result = {"root": copy.deepcopy(document)}
        node, key = result, "root"
        for step in path:
            node, key = node[key], step
        action(node, key)
        return result["root"]

    for path in places(document, ()):
        for value in VALUES:
            yield changed(path, lambda node, key, value=value: node.__setitem__(key, value))
        yield changed(path, lambda node, key: isinstance(node[key], dict) and node[key].update(unknown="x"))
        yield changed(path, lambda node, key: isinstance(node[key], list) and node[key].append("x"))
        if path:
            yield changed(path, lambda node, key: node.__delitem__(key))


def check_port_names(checker):
    """The schemas list the names, because a pattern cannot."""
    source = (checker.source / "lib/base/ports.c").read_text()
    table = re.search(r"\} names\[\] = \{(.*?)\n\};", source, re.DOTALL).group(1)
    names = {"all", *re.findall(r'"([^"]+)"', table)}
    for kind in KINDS:
        definitions = checker.validators[kind].schema["$defs"]
        listed = set(definitions["port"]["anyOf"][2]["enum"])
        checker.report(listed == names, f"{kind} schema: names of ports", names ^ listed)
    shared = [{name: checker.validators[kind].schema["$defs"][name]
               for name in ("port", "ports", "selector", "named", "present", "field")} for kind in KINDS]
    checker.report(shared[0] == shared[1], "both schemas know the same ports and selectors")


def main():
    checker = Checker(*sys.argv[1:])
    shipped = sorted((checker.source / "rules").glob("*.json"))
    checker.report(bool(shipped), "there are shipped rules")
    for path in shipped:
        checker.check_good("rule", path)
    check_port_names(checker)
    for kind, path in checker.corpus("good"):
        checker.check_good(kind, path)
        checker.check_agreement(kind, path)
    for kind, path in checker.corpus("bad"):
        checker.check_bad(kind, path)
    print(f"1..{checker.n}")
    return checker.n_bad > 0


if __name__ == "__main__":
    sys.exit(main())
