"""Patterns that run into the match limit: slow for their jail, not the end of the daemon."""
import json

OVERRIDE = "/run/systemd/system/banish.service.d/watchdog.conf"
# each of them takes the whole match limit
EVENTS = [{"name": f"e{n}", "pattern": f"^x(?:a+)+b{n}? (?<address>[0-9.]+)$"} for n in range(600)]
LINE = "x" + "a" * 40 + "c b 203.0.113.9"


def test_no_slice_of_slow_entries_outlasts_the_watchdog(machine, guard):
    """Forty entries of a third of a second each, and a watchdog that waits for five."""
    machine.write("/etc/banish/rules.d/slow.json", json.dumps(
        {"name": "slow", "journal": [{"_SYSTEMD_UNIT": "slow.service"}], "events": EVENTS}))
    machine.write(OVERRIDE, "[Service]\nWatchdogSec=5s\n")
    try:
        guard.stop()
        machine.run("systemctl", "daemon-reload")
        guard.configure(jails={"mox": {"maxretry": 1}, "slow": {}})
        guard.start()
        # all at once, so that they are read at once
        machine.run("systemctl", "kill", "--signal=STOP", "banish.service")
        machine.run("systemd-run", "--quiet", "--wait", "--unit=slow", "sh", "-c",
                    f"for i in $(seq 40); do echo '{LINE}'; done; sleep 1")
        machine.mox("203.0.113.122")
        machine.wait_for(40, LINE, "_SYSTEMD_UNIT=slow.service")
        machine.run("systemctl", "kill", "--signal=CONT", "banish.service")
        guard.wait_banned("mox4", "203.0.113.122", seconds=110)
        assert machine.output("systemctl", "show", "--value", "-p", "NRestarts",
                              "banish.service").strip() == "0"
        assert "match limit" in guard.wait_message("LOG_LIMIT")
    finally:
        guard.stop()
        machine.shell(f"rm -r /etc/banish/rules.d {OVERRIDE}; systemctl daemon-reload")
