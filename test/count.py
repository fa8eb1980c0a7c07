#!/usr/bin/python3
"""Counts what a test driver left behind, for test/run.

  count.py meson testlog.json      count.py junit FILE.xml

First line "PASSED FAILED SKIPPED", then one line for each that is no success. A missing or broken
file is a failure: the driver did not get to its end.
"""
import json
import sys
import xml.etree.ElementTree


def meson(path):
    """Yields (name, outcome, text) with outcome passed, failed or skipped."""
    outcomes = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}
    with open(path) as log:
        for line in log:
            test = json.loads(line)
            text = test.get("stdout", "") + test.get("stderr", "")
            yield test["name"], outcomes.get(test["result"], "failed"), text


def junit(path):
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        name = case.get("classname", "") + "." + case.get("name", "")
        for tag, outcome in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")):
            found = case.find(tag)
            if found is not None:
                yield name, outcome, found.text or found.get("message", "")
                break
        else:
            yield name, "passed", ""


def main():
    kind, path = sys.argv[1:]
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    talk = []
    try:
        for name, outcome, text in {"meson": meson, "junit": junit}[kind](path):
            counts[outcome] += 1
            if outcome == "failed":
                talk.append(f"FAILED {name}")
                talk += ["  " + line for line in text.splitlines()[-40:]]
            elif outcome == "skipped":
                talk.append(f"skipped {name}: {' '.join(text.split())[:200]}")
    except (OSError, ValueError, xml.etree.ElementTree.ParseError) as error:
        counts["failed"] += 1
        talk.append(f"FAILED {kind}: {error}")
    print(counts["passed"], counts["failed"], counts["skipped"])
    if talk:
        print("\n".join(talk))


if __name__ == "__main__":
    main()
