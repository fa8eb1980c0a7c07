"""Wrong words on the command line: the right one is quoted."""
import subprocess

import pytest

import banish_test


@pytest.mark.parametrize("words, fault", [
    (["list", "-json"], '"-j" is no option of this verb'),
    (["list", "sshd", "-j"], '"-j" is no option of this verb'),
    (["list", "-o"], '"-o" is no option of this verb'),
    (["list", "sshd", "--jsno"], '"--jsno" is no option of this verb'),
    (["list", "--jsno=1", "sshd"], '"--jsno=1" is no option of this verb'),
    (["list", "sshd", "--json=1"], '"--json" takes no argument'),
    (["list", "--help=1"], '"--help" takes no argument'),
    (["list", "sshd", "--config"], '"--config" needs an argument'),
])
def test_the_wrong_word_is_quoted(words, fault):
    done = subprocess.run([banish_test.BANISH, *words], text=True, capture_output=True,
                          check=False, timeout=20)
    assert done.returncode == 2
    assert done.stderr == f'banish list: {fault}; "banish list --help" tells what it takes\n'
    assert done.stdout == ""


@pytest.mark.parametrize("word", ["-h", "--help", "--he", "-hx"])
def test_help_is_told(word):
    done = subprocess.run([banish_test.BANISH, "list", word], text=True, capture_output=True,
                          check=True, timeout=20)
    assert done.stdout.startswith("Usage: banish list ")
