"""Writes failures of very many hosts, for `load`, as dovecot.service in the machine.

    load.py RATE SECONDS SOURCES FILE

Each source fails in turn. Every second an attacker of its own fails MAXRETRY times at once. When the
time is over some sources fail once more than is allowed, others as often as is. FILE: what was done.
"""
import json
import os
import sys
import time

MAXRETRY = 5
STEP = 100      # lines of one write
FULL = 2000     # sources that reach the limit at last, and as many that come close to it


def source(number):
    """Every other one comes from its own IPv6 network."""
    if number % 2:
        return f"2001:db8:{number >> 16:x}:{number & 0xffff:x}::{number % 97 + 1:x}"
    return f"11.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def attacker(number):
    return f"198.18.{number >> 8}.{number & 255}" if number % 2 else f"2001:db8:ffff:{number:x}::1"


def lines(hosts, session):
    return "".join(
        "imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<info@example.org>, "
        f"method=PLAIN, rip={host}, lip=203.0.113.1, TLS, session=<{session + n:016}>\n"
        for n, host in enumerate(hosts)).encode()


def main():
    rate, seconds, sources, file = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    counts, attackers, n = [0] * sources, [], 0
    begin = time.monotonic()
    while n < rate * seconds:
        ahead = n / rate - (time.monotonic() - begin)
        if ahead > 0:
            time.sleep(ahead)
        numbers = [number % sources for number in range(n, n + STEP)]
        for number in numbers:
            counts[number] += 1
        os.write(1, lines(map(source, numbers), n))
        n += STEP
        if n % rate < STEP:
            host = attacker(len(attackers))
            os.write(1, lines([host] * MAXRETRY, 10**12 + n * 10))
            attackers.append([host, time.time()])
    passed = time.monotonic() - begin
    # who is banned only if each of its lines was counted, and who only if one was counted twice
    step = max(2, sources // FULL) | 1
    full, close = range(0, sources, step), range(1, sources, step)
    last = [source(number) for number in full for _ in range(MAXRETRY - counts[number])]
    last += [source(number) for number in close for _ in range(MAXRETRY - 1 - counts[number])]
    for at in range(0, len(last), STEP):
        os.write(1, lines(last[at:at + STEP], 10**14 + at))
    with open(file, "w") as out:
        json.dump({"lines": n + MAXRETRY * len(attackers) + len(last), "seconds": passed, "attackers": attackers,
                   "full": [source(number) for number in full]}, out)
    time.sleep(1)


if __name__ == "__main__":
    main()
