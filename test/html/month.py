"""A journal of a mail server and of banish itself, from a seed: failures, bans, gaps, people."""
import ipaddress
import pathlib
import random
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "rules"))
import past

DAY = 86400
BAN = "3ebc39a8ae7248be86dd683ba1b2b4f6"
UNBAN = "039096b5168a477ca312a6e18f0f47fe"
ADOPT = "b045af93750d44c2996e3628f05a2247"
START = "7b20e900cf114b0499b1fee8ebf013d7"
STOP = "82eeec665a1044268d58f74c65277626"
BLIND = "73386906bfae481e91ac99faed0ac6a3"
TARGET = "cabd6a19053142358cc3e8d1d37960c5"
HOSTILE = "<script>alert(1)</script>\"'&amp;\u202ex"

TALKER = {"name": "talker", "journal": [{"_SYSTEMD_UNIT": "talker.service"}],
          "events": [{"name": "wrong-password", "pattern": "^fail (?<address>\\S+) (?<user>.*)$"},
                     {"name": "relay", "pattern": "^relay (?<address>\\S+)$", "weight": 0.5},
                     {"name": "login", "outcome": "success", "pattern": "^ok (?<address>\\S+) (?<user>.*)$"}],
          "examples": [{"message": "fail 192.0.2.1 x", "event": "wrong-password"},
                       {"message": "relay 192.0.2.1", "event": "relay"},
                       {"message": "ok 192.0.2.1 x", "event": "login"}]}


def own(time, message, priority=5, message_id=BAN, **fields):
    return past.entry(time, _SYSTEMD_UNIT="banish.service", SYSLOG_IDENTIFIER="banish", MESSAGE=message,
                      PRIORITY=str(priority), MESSAGE_ID=message_id,
                      **{f"BANISH_{key.upper()}": str(value) for key, value in fields.items()})


def talk(time, message):
    return past.entry(time, _SYSTEMD_UNIT="talker.service", SYSLOG_IDENTIFIER="talker", PRIORITY="6",
                      MESSAGE=message)


def ban(time, host, jail="talker", hours=1, offence=1, **fields):
    prefix = str(ipaddress.ip_network(host))
    return own(time, f"{jail}: ban {prefix}", action="ban", jail=jail, prefix=prefix, failures=5,
               offence=offence, bantime_usec="infinity" if hours is None else round(hours * 3_600_000_000),
               trigger_cursor=f"s=1;i={round(time * 1000):x}", **fields)


def make(seed, days, n_bans, jails=("talker", "dovecot", "postfix", "sshd")):
    """Entries in the order of time."""
    dice = random.Random(seed)
    entries, times = [own(10, "started", 6, START)], {}
    for _ in range(n_bans):
        time = dice.choice([dice.uniform(60, days * DAY - 60), dice.gauss(days * DAY * .6, DAY * .5)])
        time = min(max(time, 60), days * DAY - 60)
        network = ipaddress.ip_network(("203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24")[dice.randrange(3)]) \
            if dice.random() < .05 else ipaddress.ip_network((dice.randrange(1 << 24) * 256 % (223 << 24) | 1 << 24, 24))
        host = str(network[dice.randrange(1, 255)])
        jail = dice.choices(jails, range(len(jails) * 2, len(jails), -1))[0]
        offence = times[host, jail] = times.get((host, jail), 0) + 1
        entries += [talk(time - 30 + k, f"fail {host} user{dice.randrange(50)}") for k in range(dice.randrange(4))]
        entries.append(ban(time, host, jail, 2 ** offence, offence))
        entries += [talk(time + k + 1, f"fail {host} user{dice.randrange(50)}") for k in range(dice.randrange(3))]
    if days > 3:
        entries += [own(days * DAY * .3, "stopped", 6, STOP), own(days * DAY * .42, "started", 6, START)]
        entries.append(own(days * DAY * .75, "journald's rate limit dropped 17 messages of talker.service: attacks in them "
                           "were not seen; set LogRateLimitIntervalSec=0 for the unit", 4, BLIND))
        entries += [talk(days * DAY * .2, "ok 203.0.113.7 alice"), ban(days * DAY * .21, "203.0.113.7", offence=3),
                    talk(days * DAY * .22, "ok 203.0.113.7 alice"), own(days * DAY * .22 + 9, "unban", message_id=UNBAN,
                    action="unban", jail="talker", prefix="203.0.113.7/32", until_usec=1),
                    ban(days * DAY * .5, "2001:db8:1:2::/64", hours=None),
                    own(days * DAY * .6, "adopted", message_id=ADOPT, action="adopt", jail="manual",
                        prefix="192.0.2.9/32"),
                    own(days * DAY * .6, "adopted", message_id=ADOPT, action="adopt", jail="manual",
                        prefix="192.0.2.10/32"), talk(days * DAY * .1, "relay 203.0.113.7"),
                    own(days * DAY * .8, "talker: many hosts", 4, TARGET, action="target", jail="talker", hosts=40, user="root"),
                    own(days * DAY * .8, "talker: many hosts", 4, TARGET, action="target", jail="talker", hosts=12,
                        user=HOSTILE),
                    talk(days * DAY * .3, f"ok 203.0.113.77 {HOSTILE}"), ban(days * DAY * .31, "203.0.113.77")]
    return sorted(entries, key=lambda each: int(each["__REALTIME_TIMESTAMP"]))
