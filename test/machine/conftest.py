"""Fixtures: one machine for the whole run, with a mail server and an installed banish."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import lab


# BANISH_BUILD: meson's build folder that banish is installed from.
BUILD = os.environ.get("BANISH_BUILD", lab.TREE / "build")
# BANISH_STAGE: where that build has been installed below, if it was.
STAGE = os.environ.get("BANISH_STAGE")
# MACHINE_ROOT: root folder of the Debian system that the machine is a copy of.
ROOT = os.environ.get("MACHINE_ROOT", "/")


@pytest.fixture(scope="session")
def bare_machine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    with lab.running_machine(folder / "box", ROOT) as (box, reason):
        if reason:
            pytest.skip(reason)
        yield box


@pytest.fixture(scope="session")
def machine(bare_machine):
    bare_machine.mail_server()
    return bare_machine


@pytest.fixture(scope="session")
def code(machine):
    """What the names of events begin with that have a code in the line: Dovecot 2.4's."""
    return "" if machine.output("dovecot", "--version").startswith("2.3") else "code-"


@pytest.fixture(scope="session")
def banish(machine):
    return lab.Banish(machine, BUILD, STAGE)


@pytest.fixture
def guard(banish):
    """A banish that has just begun, with jails dovecot (as it is by default) and mox."""
    banish.begin()
    return banish
