"""What a jail may be told beyond maxretry and findtime, each by itself, as the manual page says it.

Nothing here is ever forgotten or bounded.
"""

HOUR = 3600 * 1000000
TOLD_APART = 256    # bytes of a user's name


class Window:
    """The failures of one offender in one jail."""

    def __init__(self):
        self.failures = []  # (time, tenths, user, secret)

    def within(self, now, findtime):
        return [failure for failure in self.failures if now - findtime < failure[0] <= now]

    def forgive(self, user):
        self.failures = [failure for failure in self.failures if failure[2] != user]


def name_of(user):
    return user[:TOLD_APART] if user else None


def weigh(lately, tenths, attempts, repeat, user, secret):
    """An attempt at an account that failed lately weighs `repeat`, unless its password is a new one."""
    if not user or repeat is None:
        return attempts * tenths
    again = min(tenths, repeat)
    known = any(failure[2] == user and secret in (None, failure[3]) for failure in lately)
    return (again if known else tenths) + (attempts - 1) * again


def users_of(failures):
    return len({failure[2] for failure in failures} - {None})


class Breaker:
    """So many bans within a time and no more."""

    def __init__(self, count, within):
        self.count = count
        self.within = within
        self.bans = []
        self.held = None    # offenders that were held back, while it is open
        self.latest = 0

    def is_full(self, now):
        return 0 < self.count <= sum(now - self.within < since for since in self.bans)

    def close(self, now):
        """How many were held back, if it closes and that is worth telling."""
        if self.held is None or self.is_full(now):
            return None
        held, self.held = self.held, None
        return held if now - self.latest < HOUR else None

    def hold(self, now, anew):
        """True if it opens."""
        opens = self.held is None
        self.held = 1 if opens else self.held + anew
        self.latest = now
        return opens


class Targets:
    """Accounts that many offenders fail at: told once in each stretch of `within`."""

    def __init__(self, hosts, within):
        self.hosts = hosts
        self.within = within
        self.latest = {}    # user -> {offender: latest failure}
        self.told = {}      # user -> the latest stretch that was told

    def note(self, user, offender, now):
        if not self.hosts or not user:
            return False
        hosts = self.latest.setdefault(user, {})
        hosts[offender] = max(now, hosts.get(offender, now))
        lately = sum(now - self.within < time for time in hosts.values())
        if lately < self.hosts or self.told.get(user, -1) >= now // self.within:
            return False
        self.told[user] = now // self.within
        return True


class Networks:
    """Whose offenders were banned, and when its own last ban was."""

    def __init__(self, hosts):
        self.hosts = hosts
        self.banned = {}    # network -> [(time, offender)] since its last ban

    def note(self, network, offender, now, findtime):
        """True if with this ban the network is banned, too."""
        banned = self.banned.setdefault(network, [])
        banned.append((now, offender))
        lately = {other for time, other in banned if now - findtime < time <= now}
        if len(lately) < self.hosts:
            return False
        banned.clear()
        return True
