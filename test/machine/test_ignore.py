"""Who is never banned: lists that are read again when they change, and names that are resolved."""
import pytest

import lab

LIST = "/etc/banish/lists/office"
ANSWERS = "/run/banish/ignore.d"


@pytest.fixture
def lists(machine, banish):
    """A daemon with one list, and nobody in it."""
    machine.shell(f"rm -rf {ANSWERS} /etc/banish/lists; cp /etc/hosts /etc/hosts.kept")
    machine.write(LIST, "# nobody\n")
    banish.begin(ignoreip=[LIST, "home.example.org"], jails={"dovecot": {"maxretry": 3}})
    yield banish
    banish.stop()
    machine.shell(f"""rm -rf {ANSWERS}; mv /etc/hosts.kept /etc/hosts
        systemctl stop banish-resolve.service
        systemctl reset-failed banish-resolve.service 2>/dev/null || true""")


def ban(machine, banish, address, element=None):
    machine.attack(address, attempts=3)
    banish.wait_banned("dovecot6" if ":" in address else "dovecot4", element or address)


def said(banish, text, start):
    entry = lab.eventually(lambda: [entry for entry in banish.entries(after=start)
                                    if text in entry["MESSAGE"]])
    assert entry, text
    return entry[-1]


WAYS = {
    "written": 'echo "$2" >"$1"',
    "appended": 'echo "$2" >>"$1"',
    "renamed": 'echo "$2" >"$1.tmp"; mv "$1.tmp" "$1"',
    "as-vim-does": 'mv "$1" "$1~"; echo "$2" >"$1"; rm "$1~"',
    "linked": 'echo "$2" >/srv/office; ln -sf /srv/office "$1"',
    "folder-replaced": 'cp -r "${1%/*}" "${1%/*}.new"; echo "$2" >"${1%/*}.new/${1##*/}";'
                       'mv "${1%/*}" "${1%/*}.old"; mv "${1%/*}.new" "${1%/*}";'
                       'rm -r "${1%/*}.old"',
}


def write(machine, way, text):
    machine.run("sh", "-euc", WAYS[way], "-", LIST, text)


@pytest.mark.parametrize("way", WAYS)
def test_a_list_that_changes_lets_in_at_once(machine, lists, way):
    ban(machine, lists, "203.0.113.30")
    start = machine.cursor()
    write(machine, way, "203.0.113.0/27\n2001:db8:77:30::/64 # IPv6")
    entry = lists.wait_entry("unban", after=start, address="203.0.113.30")
    assert "is exempt now" in entry["MESSAGE"]
    assert machine.elements("dovecot4") == {}
    assert machine.has_element("ignore4", "203.0.113.31")
    assert machine.outcome("203.0.113.30", password="alice-secret") == "ok"
    # and changes that come after it are seen as well, wherever the file lies now
    start = machine.cursor()
    machine.shell(f"echo 198.51.100.1 >{LIST}")
    said(lists, "addresses and networks: 1,", start)
    assert lab.eventually(lambda: machine.has_element("ignore4", "198.51.100.1"))
    assert not machine.has_element("ignore4", "203.0.113.30")
    ban(machine, lists, "203.0.113.30")


def test_a_bad_line_keeps_the_old_list(machine, lists):
    write(machine, "written", "203.0.113.30")
    assert lab.eventually(lambda: machine.has_element("ignore4", "203.0.113.30"))
    start = machine.cursor()
    write(machine, "written", "203.0.113.31\n203.0.113")
    said(lists, LIST + ":2:1: not an address: write four numbers", start)
    said(lists, "its previous content stays in force", start)
    assert machine.has_element("ignore4", "203.0.113.30")
    assert not machine.has_element("ignore4", "203.0.113.31")
    machine.shell(f"rm {LIST}")
    said(lists, "there is no such file", start)
    assert machine.has_element("ignore4", "203.0.113.30")
    assert machine.run("systemctl", "reload", "banish.service", check=False).returncode != 0
    assert machine.has_element("ignore4", "203.0.113.30")
    done = lists("check", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("/etc/banish/banish.json:3:5: " + LIST)
    write(machine, "written", "203.0.113.31")
    assert lab.eventually(lambda: machine.has_element("ignore4", "203.0.113.31"))
    assert not machine.has_element("ignore4", "203.0.113.30")
    assert lists("check").returncode == 0


def test_a_list_with_a_fault_is_a_fault_at_the_start(machine, lists):
    write(machine, "written", "10.0.0.0/33")
    assert "not a network" in lists("check", check=False).stderr
    lists.stop()
    assert machine.run("systemctl", "start", "banish.service", check=False).returncode != 0
    machine.run("systemctl", "stop", "banish.service")


def answer(machine, *lines):
    """What /etc/hosts says of home.example.org."""
    machine.shell("cp /etc/hosts.kept /etc/hosts")
    for address in lines:
        machine.shell(f"echo {address} home.example.org >>/etc/hosts")


def resolve(machine):
    # a run of the timer that has begun already may have asked before the change
    assert lab.eventually(lambda: machine.run("systemctl", "is-active", "banish-resolve.service",
                                              check=False).stdout.strip() != "activating", 60)
    return machine.run("systemctl", "start", "banish-resolve.service", check=False).returncode


def test_a_name_lets_in_what_it_stands_for(machine, lists):
    start = machine.cursor()
    ban(machine, lists, "203.0.113.30")
    ban(machine, lists, "2001:db8:77:30::1", "2001:db8:77:30::")
    answer(machine, "2001:db8:77:30::1", "203.0.113.30", "203.0.113.30", "127.0.0.1")
    assert resolve(machine) == 0
    assert machine.output("cat", ANSWERS + "/home.example.org") == \
        "# an answer to banish resolve\n203.0.113.30\n2001:db8:77:30::1\n"
    lists.wait_entry("unban", after=start, address="203.0.113.30")
    lists.wait_entry("unban", after=start, address="2001:db8:77:30::1")
    assert machine.output("stat", "-c", "%U %a", ANSWERS).strip() == "banish-resolve 755"
    # it is the address that is ignored, not its /64
    assert machine.elements("dovecot6") == {}
    assert machine.has_element("ignore6", "2001:db8:77:30::1")
    assert not machine.has_element("ignore6", "2001:db8:77:30::2")

    answer(machine, "203.0.113.31")
    assert resolve(machine) == 0
    assert lab.eventually(lambda: machine.has_element("ignore4", "203.0.113.31"))
    assert not machine.has_element("ignore4", "203.0.113.30")
    # a reboot of the daemon asks nobody and knows it
    lists.restart()
    assert machine.has_element("ignore4", "203.0.113.31")


def test_the_last_answer_stays_when_there_is_none(machine, lists):
    answer(machine, "203.0.113.30")
    assert resolve(machine) == 0
    assert lab.eventually(lambda: machine.has_element("ignore4", "203.0.113.30"))
    answer(machine)
    done = lists("resolve", check=False)
    assert done.returncode == 1 and "its last answer stays in force" in done.stderr
    assert resolve(machine) != 0
    machine.run("systemctl", "reset-failed", "banish-resolve.service")
    assert machine.has_element("ignore4", "203.0.113.30")

    answer(machine, *(f"198.51.100.{n}" for n in range(65)))
    done = lists("resolve", check=False)
    assert done.returncode == 1 and "more than 64 addresses" in done.stderr
    answer(machine, *(f"198.51.100.{n}" for n in range(64)))
    assert lists("resolve", "--print").stdout.count("\n") == 64
    assert machine.has_element("ignore4", "203.0.113.30")
    assert lists("resolve").returncode == 0
    assert lab.eventually(lambda: machine.has_element("ignore4", "198.51.100.63"))


def test_names_of_lists_count_until_they_are_taken_out(machine, lists):
    answer(machine, "203.0.113.31")
    machine.shell("echo 203.0.113.30 office.example.org >>/etc/hosts")
    write(machine, "written", "Office.example.org")
    assert resolve(machine) == 0
    assert lab.eventually(lambda: machine.has_element("ignore4", "203.0.113.30"))
    write(machine, "written", "#")
    start = machine.cursor()
    machine.shell(f"echo keep >{ANSWERS}/own")
    assert resolve(machine) == 0
    assert machine.output("ls", ANSWERS).split() == ["home.example.org", "own"]
    assert lab.eventually(lambda: not machine.has_element("ignore4", "203.0.113.30"))
    assert machine.has_element("ignore4", "203.0.113.31")
    said(lists, ANSWERS + "/own:1:1: ", start)


def test_answers_are_single_addresses(machine, lists):
    answer(machine, "203.0.113.30")
    assert resolve(machine) == 0
    assert lab.eventually(lambda: machine.has_element("ignore4", "203.0.113.30"))
    start = machine.cursor()
    machine.shell(f"echo 0.0.0.0/0 >{ANSWERS}/home.example.org")
    said(lists, "a name cannot stand for a network", start)
    assert machine.has_element("ignore4", "203.0.113.30")
    assert not machine.has_element("ignore4", "198.51.100.9")
    machine.shell(f"rm {ANSWERS}/home.example.org; mkfifo {ANSWERS}/home.example.org")
    said(lists, "not a regular file", start)
    assert machine.output("systemctl", "is-active", "banish.service").strip() == "active"


def test_the_timer_comes_with_the_daemon(machine, lists):
    assert machine.output("systemctl", "is-active", "banish-resolve.timer").strip() == "active"
    lists.stop()
    assert machine.run("systemctl", "is-active", "banish-resolve.timer",
                       check=False).stdout.strip() == "inactive"


def test_only_resolve_has_the_network(machine, banish):
    def families(unit):
        return set(machine.output("systemctl", "show", "--value",
                                  "--property=RestrictAddressFamilies", unit).split())
    assert families("banish.service") == {"AF_UNIX", "AF_NETLINK"}
    assert "AF_INET" in families("banish-resolve.service")
    for unit in ("banish-resolve.service", "banish-resolve.timer"):
        done = machine.run("systemd-analyze", "verify", "--man=no", unit, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    done = machine.run("systemd-analyze", "security", "--no-pager", "--threshold=20",
                       "banish-resolve.service", check=False)
    assert done.returncode == 0, done.stdout


def test_the_largest_list_fits(machine, lists):
    start = machine.cursor()
    machine.write(LIST, "".join(f"2001:db8:{n:x}:1::/64\n" for n in range(65536)))
    said(lists, "addresses and networks: 65536,", start)
    assert lab.eventually(lambda: machine.has_element("ignore6", "2001:db8:ffff:1::1"), 20)
    assert not machine.has_element("ignore6", "2001:db8:ffff:2::1")
    start = machine.cursor()
    write(machine, "appended", "::1")
    said(lists, "too many entries", start)
    write(machine, "written", "#")
    assert lab.eventually(lambda: not machine.has_element("ignore6", "2001:db8:ffff:1::1"), 20)
    assert not lists.messages("LOG_KERNEL", after=start)


def test_loopback_is_let_through_whatever_ignoreself_says(machine, banish):
    banish.begin(ignoreself=False)
    assert machine.has_element("ignore4", "127.0.0.1") and machine.has_element("ignore6", "::1")
    assert not machine.has_element("ignore4", "203.0.113.1")
