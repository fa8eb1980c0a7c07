"""Recorded lines of real servers, and what they truly tell.

test/data/recordings/*.jsonl: one journal entry a line. `true_client` is who really connected; `config`
and `scenario` name the run that the line belongs to, and `class` roughly what it is. The lines of a
recording are one stream. What a run truly tells is read here without any rule and without PCRE2: by
Dovecot's session id, which holds the client's address, and by mox's cid.
"""
import base64
import collections
import datetime
import ipaddress
import json
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "data" / "recordings"
DOVECOT = ["dovecot-2.3.19.1", "dovecot-2.4.1"]
MOX = ["mox-0.0.4", "mox-0.0.17"]

Line = collections.namedtuple("Line", "time identifier unit message piece run client kind")


def load(name):
    lines = []
    piece = False
    with open(FOLDER / (name + ".jsonl"), encoding="ascii") as file:
        for text in file:
            row = json.loads(text)
            if "message_b64" in row:
                message = base64.b64decode(row["message_b64"])
            else:
                message = row["message"].encode("utf-8", "surrogateescape")
            begins = row.get("line_break") == "line-max"
            time = datetime.datetime.fromisoformat(row["time"].replace("Z", "+00:00"))
            lines.append(Line(time, row["identifier"], row["unit"], message, begins,
                              (row["config"], row["scenario"], row["true_client"]),
                              row["true_client"], row["class"]))
            assert not (piece and row.get("line_break") is None and message.startswith(b"l=")), \
                "the last piece of a split line does not follow its first"
            piece = begins
    return lines


def journal_json(lines):
    """As `journalctl -o json --all` prints them."""
    out = []
    for line in lines:
        try:
            message = line.message.decode("utf-8")
        except UnicodeDecodeError:
            message = list(line.message)
        if not isinstance(message, list) and re.search("[\x00-\x09\x0b-\x1f]", message):
            message = list(line.message)
        fields = {
            "__REALTIME_TIMESTAMP": str(round(line.time.timestamp() * 1_000_000)),
            "_SYSTEMD_UNIT": line.unit,
            "SYSLOG_IDENTIFIER": line.identifier,
            "_STREAM_ID": "0123456789abcdef0123456789abcdef",
            "MESSAGE": message,
        }
        if line.piece:
            fields["_LINE_BREAK"] = "line-max"
        out.append(json.dumps(fields))
    return "\n".join(out) + "\n"


def runs_of(lines):
    runs = collections.OrderedDict()
    for n, line in enumerate(lines):
        runs.setdefault(line.run, []).append(n)
    return runs


def session_client(session):
    """Dovecot's session id: 6 bytes time, 2 bytes port, then the client's address."""
    try:
        data = base64.b64decode(session + b"=" * (-len(session) % 4), validate=True)
    except ValueError:
        return None
    if len(data) not in (12, 24):
        return None
    return str(ipaddress.ip_address(data[8:]))


def proven_session(message, client):
    for session in re.findall(rb"<([A-Za-z0-9+/]{16,32})>", message):
        if session_client(session) == client:
            return session
    return None


AUTH_REFUSED = re.compile(
    rb": (?:unknown user|Password mismatch|pam_authenticate\(\) failed"
    rb"|login user: |Username character disallowed|Attempted login with)")
# Nothing that could be looked up: no guess. 2.3 counts it in the login line like one.
AUTH_MALFORMED = re.compile(rb"auth: .*: (?:Empty username|invalid input)$")


def dovecot_attempts(lines):
    """Failed attempts that the lines of one run tell, by session."""
    announced, told = {}, collections.Counter()
    for line in lines:
        message = line.message
        session = proven_session(message, line.client)
        if not session:
            continue
        closed = re.match(rb"[a-z0-9]+-login: (?:Login aborted|Disconnected): (.*?): user=<", message)
        if closed:
            why = closed.group(1)
            before = message.rpartition(b", rip=")[0]
            if b"(auth_failed)" in why and not re.search(rb">, method=[^>]*$", before):
                continue  # 2.4 checked no password
            if re.search(rb"\((?:auth_failed|invalid_mech|cleartext_auth_disabled)\)$", why) \
                    and b": user=<>, " in message:
                continue  # 2.4 keeps a name once it has one: it has none, so it checked no password
            total = re.search(rb", (\d+) attempts in", why)
            hidden = b": user=<>, " not in message
            if line.kind in ("auth-failed", "unknown-user") or hidden:
                announced[session] = int(total.group(1)) if total else 1
        elif AUTH_MALFORMED.match(message) or \
                message.startswith(b"auth") and AUTH_REFUSED.search(message):
            told[session] += 1
    return {s: max(announced.get(s, 0), told[s]) for s in set(announced) | set(told)}


def go_unquote(text):
    plain = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
    return re.sub(r"\\(x..|u....|U........|.)",
                  lambda m: chr(int(m.group(1)[1:], 16)) if len(m.group(1)) > 1
                  else plain.get(m.group(1), m.group(1)), text)


def logfmt(message):
    """Key to value, or nothing if it is no logfmt."""
    text = message.decode("utf-8", "replace")
    pairs, at = {}, 0
    for pair in re.finditer(r'(?:^| )([^ ="]+)=(?:"((?:[^"\\]|\\.)*)"|([^ "]*))(?=$| )', text):
        if pair.start() != at:
            return {}
        at = pair.end()
        pairs[pair.group(1)] = go_unquote(pair.group(2)) if pair.group(2) is not None else pair.group(3)
    return pairs if at == len(text) else {}


REFUSED = ("badcreds", "baduser", "badpassword")
ANSWERS = ("login failed", "bad credentials", "bad user/pass")


def mox_attempts(lines):
    """Failed IMAP and submission attempts of one run, by cid."""
    clients, tells = {}, collections.defaultdict(collections.Counter)
    for line in lines:
        pairs = logfmt(line.message)
        cid, what = pairs.get("cid"), pairs.get("m")
        if what == "new connection":
            clients[cid] = pairs["remote"].rpartition(":")[0].strip("[]")
        elif pairs.get("pkg") not in ("imapserver", "smtpserver"):
            continue
        elif what in ("failed authentication attempt", "authentication failed"):
            tells[cid]["line"] += 1
        elif what == "login attempt" and pairs["result"] in REFUSED \
                and pairs["authmech"] != "tlsclientauth" \
                and (pairs["protocol"], pairs["authmech"]) != ("submission", "plain") \
                or what == "login attempt" and pairs["result"] == "error" \
                and pairs["authmech"].startswith("scram-") and pairs["account"] not in ("", "-"):
            tells[cid]["login attempt"] += 1
        elif what in ("imap command user error", "smtp command result") \
                and pairs.get("cmd") in ("login", "authenticate", "auth") \
                and pairs.get("err") in ANSWERS:
            tells[cid]["answer"] += 1
    client = lines[0].client
    return {cid: max(tell.values()) for cid, tell in tells.items() if clients.get(cid) == client}


def mox_web_attempts(lines):
    count = collections.Counter()
    for line in lines:
        pairs = logfmt(line.message)
        if pairs.get("pkg") in ("imapserver", "smtpserver"):
            continue
        if pairs.get("m") == "failed authentication attempt" or (
                pairs.get("m") == "login attempt" and pairs["result"] in REFUSED):
            count[pairs.get("cid")] += 1
    return count
