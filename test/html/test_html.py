"""banish report --html: the page has the numbers of --json, stands alone, and takes no text for markup."""
import html.parser
import json
import os
import pathlib
import re
import resource
import stat
import subprocess

import pytest

import month
import past

TREE = pathlib.Path(__file__).parents[2]
BANISH = os.path.join(os.environ["BANISH_BUILD"], "daemon/banish")
BEGIN = past.BEGIN // 1_000_000
pytestmark = pytest.mark.skipif(not os.path.exists(past.WRITER), reason="systemd-journal-remote is not installed")


class Page(html.parser.HTMLParser):
    """Tables by name, as lists of rows by column; figures by name; titles of bars by picture; all elements and attributes."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.figures, self.bars, self.elements = {}, {}, {}, []
        self.name, self.picture, self.heads, self.cell = None, None, [], (None, {})
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append((tag, attributes))
        if tag == "section":
            self.name, self.heads = attributes["id"], []
            self.tables[self.name] = []
        elif tag == "figure":
            self.picture = attributes["id"].lower()
            self.bars[self.picture] = []
        elif tag == "div" and "id" in attributes:
            self.name = attributes["id"]
        elif tag == "tr" and self.heads:
            self.tables[self.name].append({})
        elif tag == "th":
            self.heads.append("")
        elif tag == "td":
            self.tables[self.name][-1][attributes["data-h"]] = ""
        self.cell = (tag, attributes)

    def handle_data(self, data):
        tag, attributes = self.cell
        if tag == "th":
            self.heads[-1] += data
        elif tag == "td":
            self.tables[self.name][-1][attributes["data-h"]] += data.rstrip("\n")
        elif tag == "dd":
            self.figures[self.name] = data
        elif tag == "title" and self.picture:
            self.bars[self.picture].append(data)

    def handle_endtag(self, tag):
        self.cell = (None, {})


class Reporter:
    """A journal, and what the verb makes of it."""

    def __init__(self, folder, entries, days):
        self.folder, self.page = folder, folder / "page.html"
        (folder / "etc/rules.d").mkdir(parents=True)
        (folder / "etc/banish.json").write_text('{"jails": {"talker": {"maxretry": 3}}}')
        (folder / "etc/rules.d/talker.json").write_text(json.dumps(month.TALKER))
        (folder / "journal").mkdir()
        past.write(folder / "journal/x.journal", entries)
        self.words = ["report", "--config", folder / "etc", "--rules", TREE / "rules",
                      "--directory", folder / "journal", "--since", f"@{BEGIN}", "--until", f"@{BEGIN + days * month.DAY}"]

    def run(self, *words, **options):
        return subprocess.run([BANISH, *self.words, *words], capture_output=True, timeout=120,
                              env={**os.environ, "TZ": "UTC"}, **options)

    def html(self, *words):
        done = self.run("--html", self.page, *words)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        return self.page.read_text()

    def json(self, *words):
        told = {}
        for line in self.run("--json", *words).stdout.splitlines():
            told.setdefault(json.loads(line)["what"], []).append(json.loads(line))
        return told


@pytest.fixture
def reporter(tmp_path):
    return lambda entries, days=1: Reporter(tmp_path, entries, days)


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    return Reporter(tmp_path_factory.mktemp("busy"), month.make(1, 30, 10000), 30)


def shown(value):
    return "-" if value is None else str(value)


def moment(usec):
    return subprocess.run(["date", "-u", "-d", f"@{usec // 1_000_000}", "+%F %T"], capture_output=True, text=True,
                          check=True).stdout.strip()


KEYS = {  # of the column of each table; what is not here is compared below
    "jail": {"JAIL": "jail", "FAILURES": "failures", "PREVENTED": "prevented", "BANS": "bans", "AGAIN": "again",
             "BY HAND": "by_hand", "UNBANS": "unbans", "NETWORKS": "network_bans"},
    "event": {"JAIL": "jail", "EVENT": "event", "FAILURES": "failures", "PREVENTED": "prevented", "LAST": "last_usec"},
    "offender": {"PREFIX": "prefix", "JAIL": "jail", "BANS": "bans", "FAILURES": "failures",
                 "LAST BAN": "last_usec", "FIRST BAN": "first_usec"},
    "repeated": {"PREFIX": "prefix", "JAIL": "jail", "BANS": "bans", "OFFENCE": "offence",
                 "LAST BAN": "last_usec", "FIRST BAN": "first_usec"},
    "login": {"PREFIX": "prefix", "JAIL": "jail", "BANS": "bans", "LOGINS": "logins", "BEFORE": "before",
              "LAST LOGIN": "last_usec"},
    "network": {"NETWORK": "prefix", "OFFENDERS": "offenders", "BANS": "bans", "LAST BAN": "last_usec"},
    "account": {"JAIL": "jail", "HOSTS": "hosts", "TIMES": "warnings", "LAST": "last_usec"},
}


def test_the_numbers_are_those_of_json(busy):
    page, told = Page(busy.html()), busy.json()
    for what, keys in KEYS.items():
        rows = [{column: row[column] for column in keys} for row in page.tables[what]]
        assert rows, what
        assert rows == [{column: moment(item[key]) if key.endswith("_usec") else shown(item[key])
                         for column, key in keys.items()} for item in told[what]], what
    for row, item in zip(page.tables["login"], told["login"]):
        assert int(row["AFTER"]) == item["logins"] - item["before"]
    assert {(item["prefix"], item["logins"], item["before"]) for item in told["login"]} == \
        {("203.0.113.7/32", 2, 1), ("203.0.113.77/32", 1, 1)}
    summary = told["summary"][0]
    assert (summary["unbans"], summary["by_hand"], summary["failures"] % 1) == (1, 2, 0.5)
    assert page.figures == {key: shown(summary[key]) for key in page.figures}
    assert set(page.figures) == {"failures", "prevented", "bans", "by_hand", "unbans", "offenders"}
    assert summary["bans"] > 10000 and summary["failures"] > 10000


def test_the_bars_add_up_to_the_table(busy):
    page, told = Page(busy.html()), busy.json()
    for kind in ("failures", "prevented", "bans"):
        sums = {}
        for title in page.bars[kind]:
            if "not all was seen" in title:
                continue
            total, parts = re.fullmatch(r"\d{4}-\d\d-\d\d: ([\d.]+) \((.*)\)", title).groups()
            parts = [part.rsplit(" ", 1) for part in parts.split(", ")]
            assert float(total) == pytest.approx(sum(float(n) for _, n in parts))
            for jail, n in parts:
                sums[jail] = sums.get(jail, 0) + float(n)
        assert sums == pytest.approx({item["jail"]: item[kind] for item in told["jail"] if item[kind]})


def test_what_was_not_seen_is_a_gap(busy):
    blind = [title[:10] for title in Page(busy.html()).bars["bans"] if "not all was seen" in title]
    # stopped on the 9th day, started on the 12th; a warning on the 22nd
    assert blind == ["2025-12-03", "2025-12-04", "2025-12-05", "2025-12-06", "2025-12-07", "2025-12-17"]


def test_a_late_journal_is_a_gap_but_not_most_of_the_picture(reporter):
    late = reporter(month.make(5, 2, 20), 2)
    text = late.html("--since", f"@{BEGIN - month.DAY // 2}")
    assert "The journal begins at" in text and "not all was seen" in text
    text = late.html("--since", "@0")
    assert "The journal begins at" in text and "A bar is an hour. Times are local to the machine (UTC)." in text


def test_a_month_is_small(busy):
    assert len(busy.html()) < 300_000
    assert len(busy.html("--top", "500")) < 300_000


def test_nothing_comes_from_elsewhere(busy):
    text = busy.html("--top", "10000")
    page = Page(text)
    assert not {tag for tag, _ in page.elements} & {"script", "link", "img", "iframe", "object", "a", "form", "base"}
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "href", "style")], tag
    assert "url(" not in text and "@import" not in text and "//" not in text
    assert ("meta", {"http-equiv": "Content-Security-Policy",
                     "content": "default-src 'none'; style-src 'unsafe-inline'"}) in page.elements


def test_names_are_text(busy):
    text = busy.html()
    assert "<script" not in text and "\u202e" not in text and "alert(1)" in text
    names = {row["ACCOUNT"] for table in ("login", "account") for row in Page(text).tables[table]}
    assert any(name.startswith("<script>alert(1)</script>\"'&") for name in names), names


def test_other_lines_are_not_on_the_page(reporter):
    secret = reporter([month.talk(100, "fail 192.0.2.1 hunter2"), month.ban(101, "192.0.2.1"),
                       month.talk(200, "the password was hunter2")])
    assert "hunter2" not in secret.html()


def test_one_ban(reporter):
    page = Page(reporter([month.own(3, "started", 6, month.START), month.ban(4000, "192.0.2.1", hours=5)]).html())
    assert page.bars["bans"] == ["2025-11-24 17:00: 1 (talker 1)"]
    assert page.tables["offender"][0]["OUT"] == "5h"
    assert [row["BANS"] for row in page.tables["jail"]] == ["1"]


def test_nothing_happened(reporter):
    text = reporter([month.talk(5, "hello")]).html()
    page = Page(text)
    assert "Nothing happened" in text and page.figures["bans"] == "0" and page.figures["failures"] == "0"
    assert set(page.tables) == {"time"} and page.bars == {} and "Bans: none." in text


def test_failures_that_are_not_counted_are_no_zeros(reporter):
    faulty = reporter([month.ban(100, "192.0.2.1")])
    (faulty.folder / "etc/rules.d/talker.json").write_text("{")
    done = faulty.run("--html", "-")
    assert done.returncode == 0 and b"failures are not counted" in done.stderr
    page = Page(done.stdout.decode())
    assert (page.figures["failures"], page.figures["bans"]) == ("-", "1")
    assert set(page.bars) == {"bans"}


def test_the_file_is_private_and_replaced_at_once(reporter):
    one = reporter([month.ban(100, "192.0.2.1")])
    one.page.write_text("old")
    one.page.chmod(0o644)
    before = one.page.stat().st_ino
    text = one.html()
    status = one.page.stat()
    assert stat.S_IMODE(status.st_mode) == 0o600 and status.st_ino != before
    assert one.run("--html", "-").stdout.decode() == text
    assert sorted(path.name for path in one.folder.iterdir()) == ["etc", "journal", "page.html"]


def test_what_cannot_be_written(reporter):
    one = reporter([month.ban(100, "192.0.2.1")])
    os.mkfifo(one.folder / "pipe")
    for path, talk in ((one.folder / "none/page.html", "No such file"), (one.folder, "not a regular file"),
                       (one.folder / "pipe", "not a regular file")):
        done = one.run("--html", path)
        assert done.returncode == 1 and talk in done.stderr.decode(), done.stderr
    one.page.write_text("old")
    done = one.run("--html", one.page, restore_signals=False,  # SIGXFSZ stays ignored
                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))
    assert done.returncode == 1 and b"File too large" in done.stderr and one.page.read_text() == "old"
    assert sorted(path.name for path in one.folder.iterdir()) == ["etc", "journal", "page.html", "pipe"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run([BANISH, *one.words, "--html", "-"], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 1 and b"cannot write the output" in done.stderr
    assert one.run("--html", "-", "--json").returncode == 2
