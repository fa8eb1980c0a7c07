"""Words on the command line and in files that are wrong, or are what other tools take; what is said then,
and what the exit status says."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

import banish_test
import past


@pytest.mark.parametrize("words, fault", [
    (["list", "-json"], 'unknown option "-j"'),
    (["list", "sshd", "-j"], 'unknown option "-j"'),
    (["list", "-o"], 'unknown option "-o"'),
    (["list", "sshd", "--jsno"], 'unknown option "--jsno"'),
    (["list", "--jsno=1", "sshd"], 'unknown option "--jsno=1"'),
    (["list", "sshd", "--json=1"], '"--json" takes no argument'),
    (["list", "--help=1"], '"--help" takes no argument'),
    (["list", "sshd", "--config"], '"--config" needs an argument'),
])
def test_the_wrong_word_is_quoted(words, fault):
    done = subprocess.run([banish_test.BANISH, *words], text=True, capture_output=True,
                          check=False, timeout=20)
    assert done.returncode == 2
    assert done.stderr == f'banish list: {fault}; "banish list --help" lists its options\n'
    assert done.stdout == ""


@pytest.mark.parametrize("word", ["-h", "--help", "--he", "-hx"])
def test_help_is_told(word):
    done = subprocess.run([banish_test.BANISH, "list", word], text=True, capture_output=True,
                          check=True, timeout=20)
    assert done.stdout.startswith("Usage: banish list ")


def run(*words, **more):
    return subprocess.run([banish_test.BANISH, *words], text=True, capture_output=True, check=False, timeout=60,
                          **more)


@pytest.mark.parametrize("word, meant", [("statsu", "status"), ("lst", "list"), ("Unban", "unban"),
                                         ("replya", "replay"), ("xyz", None), ("-j", None)])
def test_a_verb_is_suggested(word, meant):
    done = run(word)
    hint = f'did you mean "{meant}"? ' if meant else ""
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f'banish: no verb "{word}"; {hint}"banish --help" lists them\n'


@pytest.fixture(name="place", scope="module")
def make_place(tmp_path_factory):
    """A configuration and a journal of a second."""
    place = tmp_path_factory.mktemp("words")
    (place / "config").mkdir()
    (place / "config" / "banish.json").write_text('{"jails": {"mox": {}}}')
    (place / "rules").mkdir()
    (place / "rules" / "mox.json").write_text(json.dumps({
        "name": "mox", "description": "of the test", "ports": "all", "journal": [{"_SYSTEMD_UNIT": "mox.service"}],
        "events": [{"name": "wrong", "pattern": r"^wrong (?<address>\S+)$"}],
        "examples": [{"message": "wrong 192.0.2.1", "event": "wrong", "address": "192.0.2.1"}]}))
    if shutil.which(past.WRITER):
        past.write(place / "past.journal", [
            past.entry(n, MESSAGE="l=info", _SYSTEMD_UNIT="mox.service") for n in range(3)])
    return place


def usual(place):
    return ["--config", place / "config", "--rules", place / "rules"]


WRITING = {
    "check": [], "replay": ["--file"], "report": ["--file"], "status": ["--file"], "why": ["127.0.0.1", "--file"],
    "test": ["a line"],
}


@pytest.mark.parametrize("json_too", [False, True])
@pytest.mark.parametrize("verb", WRITING)
def test_what_cannot_be_written_is_no_success(place, verb, json_too):
    words = [*WRITING[verb]]
    if "--file" in words:
        if not shutil.which(past.WRITER):
            pytest.skip("systemd-journal-remote is not installed")
        words.append(place / "past.journal")
    if json_too and verb != "check":
        words.append("--json")
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([banish_test.BANISH, verb, *usual(place), *words], stdout=full, stderr=subprocess.PIPE,
                              text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"banish {verb}: cannot write the output: No space left on device"


@pytest.mark.parametrize("verb", ["check", "list", "ban", "unban", "why", "run", "resolve"])
def test_help_that_cannot_be_written_is_no_success(verb):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([banish_test.BANISH, verb, "--help"], stdout=full, stderr=subprocess.PIPE, text=True,
                              check=False, timeout=60)
    assert (done.returncode, done.stderr) == (
        1, f"banish {verb}: cannot write the output: No space left on device\n")


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("nft"), reason="needs root and nft")
@pytest.mark.parametrize("words", ["list", "list --json", "list --jail manual", "ban 192.0.2.9", "ban 192.0.2.9 --json",
                                   "unban 192.0.2.1", "unban 192.0.2.1 --json"])
def test_verbs_of_the_kernel_say_that_they_cannot_write(words):
    ruleset = ("table inet banish {\nset manual4 { type ipv4_addr; flags timeout; elements = { 192.0.2.1 } }\n"
               "set manual6 { type ipv6_addr; flags timeout; }\nset forced4 { type ipv4_addr; flags timeout; }\n"
               "set forced6 { type ipv6_addr; flags timeout; }\nset ignore4 { type ipv4_addr; flags interval; }\n"
               "set ignore6 { type ipv6_addr; flags interval; }\n}\n").replace(" } }", " }; }")
    done = subprocess.run(["unshare", "-n", "sh", "-c", f'nft -f - && exec "$0" {words} >/dev/full', banish_test.BANISH],
                          input=ruleset, text=True, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (
        1, f"banish {words.split()[0]}: cannot write the output: No space left on device\n")


def test_one_jail_is_listed():
    done = run("list", "sshd", "--jail", "mox")
    assert (done.returncode, done.stderr) == (2, "banish list: name one jail, as a word or with --jail\n")


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("nft"), reason="needs root and nft")
def test_list_and_why_take_what_list_prints(place):
    ruleset = ("table inet banish {\n"
               + "".join(f'set {jail}{v} {{ type ipv{v}_addr; flags timeout; comment "banish: each element is a /{length}"; }}\n'
                         for jail in ("mox", "manual") for v, length in ((4, 32), (6, 64)))
               + "}\n"
               "add element inet banish mox6 { 2001:db8:77:66:: timeout 1h }\n"
               "add element inet banish manual4 { 203.0.113.7 }\n")
    journal = place / "past.journal"
    if not journal.exists():
        pytest.skip("systemd-journal-remote is not installed")
    script = 'nft -f - && shift && exec "$@"'

    def banish(*words):
        done = subprocess.run(["unshare", "-n", "sh", "-c", script, "sh", "x", banish_test.BANISH, *words],
                              input=ruleset, text=True, capture_output=True, check=False, timeout=60)
        return done.returncode, done.stdout

    for words in (["mox"], ["--jail", "mox"]):
        code, text = banish("list", "--json", *words)
        assert (code, [json.loads(line)["prefix"] for line in text.splitlines()]) == (0, ["2001:db8:77:66::/64"])
    for word in ("2001:db8:77:66::/64", "2001:db8:77:66::1", "2001:db8:77:66:1::/80"):
        code, text = banish("why", *usual(place), "--file", journal, word)
        assert (code, text.startswith("banned in jail mox as 2001:db8:77:66::/64, still for ")) == (0, True)
    for word in ("203.0.113.7/32", "203.0.113.7"):
        code, text = banish("why", *usual(place), "--file", journal, word)
        assert (code, text) == (0, "banned in jail manual as 203.0.113.7/32, for good\n")
    assert banish("why", *usual(place), "--file", journal, "203.0.113.0/24") == (1, "203.0.113.0/24 is not banned\n")
    assert banish("why", *usual(place), "--file", journal, "127.0.0.0/8") == (
        1, "127.0.0.0/8 is exempt and not banned: it is a loopback, unspecified or multicast address\n")


@pytest.mark.skipif(not shutil.which(past.WRITER), reason="systemd-journal-remote is not installed")
@pytest.mark.parametrize("since, n", [
    ("@{begin}", 3), ("@{begin}.5", 2), ("-100y", 3), ("100y ago", 3), ("-1h", 0), ("+1h", 0), ("00:00", 0),
    ("2025-11-24 16:00:01 UTC", 2), ("2025-11-24 16:00:01.5 UTC", 1), ("Mon 2025-11-24 16:00:02 UTC", 1),
    ("2025-11-24T16:00:02Z", 1), ("tomorrow", 0), ("today", 0), ("yesterday", 0),
])
def test_times_are_those_of_journalctl(place, since, n):
    done = run("replay", "--config", place / "config", "--rules", place / "rules", "--file",
               place / "past.journal", "--since", since.format(begin=past.BEGIN // 1_000_000), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["entries"] == n


@pytest.mark.parametrize("text, sentence", [
    ("# of banish\n{}", '1:1: a comment that begins with "#": write "//" instead'),
    ("{\n  # of banish\n}", '2:3: a comment that begins with "#": write "//" instead'),
    ("jails:\n  sshd: {}\n", "1:1: this looks like YAML: write JSON, see banish.json(5)"),
    ("# of banish\n---\njails:\n", "2:1: this looks like YAML: write JSON, see banish.json(5)"),
    ("# of fail2ban\n[sshd]\nenabled = true\n", "2:1: this looks like INI: write JSON, see banish.json(5)"),
])
def test_a_configuration_of_another_kind_is_told(place, tmp_path, text, sentence):
    (tmp_path / "banish.json").write_text(text)
    done = run("check", "--config", tmp_path, "--rules", place / "rules")
    assert done.returncode == 1
    assert done.stderr.startswith(f"{tmp_path}/banish.json:{sentence}")


def test_a_network_with_host_bits_is_taken_and_noted(place, tmp_path):
    (tmp_path / "banish.json").write_text('{"ignoreip": ["127.0.0.1/8", "10.1.2.3/8"], "jails": {"mox": {}}}')
    done = run("check", "--config", tmp_path, "--rules", place / "rules")
    assert done.returncode == 0
    assert done.stdout.startswith("OK: ")
    assert [line for line in done.stderr.splitlines() if "note" in line] == [
        f'{tmp_path}/banish.json:1:15: note: bits behind the prefix length are set: taken as "127.0.0.0/8"',
        f'{tmp_path}/banish.json:1:30: note: bits behind the prefix length are set: taken as "10.0.0.0/8"']
    done = run("test", "--config", tmp_path, "--rules", place / "rules", "wrong 10.200.0.1")
    assert "the address is never counted: it is in ignoreip" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become nobody")
def test_the_missing_right_is_named(place):
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        banish = shutil.copy(banish_test.BANISH, folder)
        (pathlib.Path(folder) / "banish.json").write_text('{"jails": {}}')
        words = [banish, "why", "192.0.2.1", "--config", folder, "--rules", f"{folder}/none"]
        nobody = ["setpriv", "--reuid=65534", "--regid=65534"]
        denied = subprocess.run([*nobody, "--clear-groups", *words], text=True, capture_output=True, check=False,
                                timeout=60)
    assert (denied.returncode, denied.stdout) == (1, "")
    assert denied.stderr.splitlines()[-1] == (
        "banish why: cannot read the journal: there is none that this user may read, who is neither root nor in "
        "the group systemd-journal; else look at the path")


def test_the_shape_of_a_line_reaches_to_its_address(place):
    """Dovecot names it late, and ends with a session that is another each time."""
    line = ("imap-login: Login aborted: Connection closed (auth failed, {n} attempts in 0 secs) (auth_failed): "
            "user=<alice@shop.example>, method=PLAIN, rip=198.51.100.{n}, lip=203.0.113.1, session=<{s}eV1hGZLGM2Qk>")
    lines = [json.dumps({"MESSAGE": line.format(n=n, s="abc"[n]), "_SYSTEMD_UNIT": "other.service"}) for n in range(3)]
    done = run("test", "--config", place / "config", "--rules", place / "rules", input="\n".join(lines))
    assert done.stdout.splitlines()[-1] == (
        "       3  imap-login: Login aborted: Connection closed (auth failed, N attempts in N secs) (auth_failed): "
        "user=<alice@shop.example>, method=PLAIN, rip=ADDRESS")
