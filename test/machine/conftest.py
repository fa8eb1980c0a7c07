"""Fixtures: one machine for the whole run, with a mail server and an installed banish."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import lab


def pytest_addoption(parser):
    parser.addoption("--build", default=str(lab.TREE / "build"), metavar="FOLDER",
                     help="meson's build folder that banish is installed from")
    parser.addoption("--root", default="/", metavar="FOLDER",
                     help="root of a Debian system that the machine is a copy of")


@pytest.fixture(scope="session")
def bare_machine(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    with lab.running_machine(folder / "box", request.config.getoption("--root")) as (box, reason):
        if reason:
            pytest.skip(reason)
        yield box


@pytest.fixture(scope="session")
def machine(bare_machine):
    bare_machine.mail_server()
    return bare_machine


@pytest.fixture(scope="session")
def banish(machine, request):
    return lab.Banish(machine, request.config.getoption("--build"))
