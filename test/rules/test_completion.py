"""What the shells offer behind --jail, to a user who may do nothing but read the configuration."""
import json
import os
import shutil
import subprocess

import pytest

import banish_test

SHELLS = {
    "bash": ("banish", "_banish_jails"),
    # an autoloaded file completes when it is read
    "zsh": ("_banish", 'compadd() { print -l ${(P)2}; }; _banish_jails'),
}


@pytest.mark.parametrize("shell", SHELLS)
def test_every_jail_is_offered_with_nobody_banned(shell, tmp_path):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    name, ask = SHELLS[shell]
    (tmp_path / "banish.json").write_text(json.dumps({"jails": {"dovecot": {}, "sshd": {}}}))
    done = subprocess.run(
        [shell, "-c", '_arguments() { :; }; banish() { "$BANISH" "$@" --config "$CONFIG" '
         f'--rules "$RULES" --directory "$CONFIG"; }}; source "$COMPLETION"; {ask}'],
        env={**os.environ, "BANISH": str(banish_test.BANISH), "CONFIG": str(tmp_path),
             "RULES": str(banish_test.TREE / "rules"),
             "COMPLETION": str(banish_test.TREE / "packaging" / "completions" / name)},
        text=True, capture_output=True, check=True, timeout=60)
    assert sorted(done.stdout.split()) == ["dovecot", "forced", "manual", "sshd"], done.stderr
