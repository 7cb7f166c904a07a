"""The unit, as systemd itself reads it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aponta.errors import ConfigError
from aponta.operate.service.systemd import Systemd, quoted
from aponta.operate.service.unit import Service, service_command

ODD = "Fábrica nº 1, 100% de $HOME ${HOME} %i; 'a' \"b\""
UNQUOTED = re.compile(r"\\x([0-9a-f]{2})|\\(.)|%%|(?P<left>[\"%\\])")
needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="no systemd-analyze here: the unit is not verified"
)
needs_sh = pytest.mark.skipif(not shutil.which("sh"), reason="no shell, which reads what systemd prints")


def service(folder: Path, program: str = sys.executable, user: str | None = "ana") -> Service:
    folder.mkdir(parents=True, exist_ok=True)
    return Service("aponta-test-0000", folder, (program, *service_command(folder, "watch")[1:]), user)


def analyzed(unit: str, folder: Path) -> tuple[int, str]:
    """What `systemd-analyze verify` makes of it: exit code, and what it tells of the unit it read."""
    path = folder / "aponta-test-0000.service"
    path.write_text(unit, encoding="utf-8")
    environment = os.environ | {"SYSTEMD_LOG_LEVEL": "debug", "XDG_RUNTIME_DIR": str(folder)}
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", str(path)], env=environment, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


@needs_systemd
@needs_sh
@pytest.mark.parametrize("odd", ["shop", ODD])
def test_systemd_reads_the_command_that_was_meant(tmp_path: Path, odd: str) -> None:
    python = tmp_path / (odd.translate({ord(mark): None for mark in "'\""}) + " python")
    python.symlink_to(sys.executable)
    odd_service = service(tmp_path / odd, str(python))
    code, printed = analyzed(Systemd().definition(odd_service), tmp_path)
    assert code == 0, printed
    line = re.search(r"Command Line: (.*)", printed)[1]  # as a shell reads it
    words = subprocess.run(["sh", "-c", f"printf '%s\\0' {line}"], capture_output=True, text=True, timeout=60).stdout
    assert tuple(words.split("\0")[:-1]) == odd_service.command


@needs_systemd
def test_systemd_starts_it_again(tmp_path: Path) -> None:
    for user in ("ana", None):
        code, printed = analyzed(Systemd().definition(service(tmp_path / "shop", user=user)), tmp_path)
        assert code == 0, printed
        assert "Restart: on-failure" in printed and "RestartSec: 10s" in printed


@given(st.text(st.sampled_from("a 1é—😀\"'\\%$;#=:\0\a\t\n\r\x1b\x7f\u2028")))
def test_a_word_is_read_back(word: str) -> None:
    """By the rules of systemd.syntax: in quotes, backslash escapes; %% is %; no line of the unit ends in it."""
    inner = quoted(word)[1:-1]
    assert not re.search(r"[\n\r]", inner)

    def plain(found: re.Match[str]) -> str:
        assert not found["left"], f"{found[0]!r} is left in {inner!r}"
        return chr(int(found[1], 16)) if found[1] else found[2] or "%"

    assert UNQUOTED.sub(plain, inner) == word


def test_dollars_stay_dollars(tmp_path: Path) -> None:
    """`:` before the program: without it ${HOME} in a folder's name would be a variable."""
    assert '\nExecStart=:"' in Systemd().definition(service(tmp_path / "a${HOME}"))
    assert '\nExecStart="' in Systemd().definition(service(tmp_path / "a"))


def test_the_computers_own_works_as_whose_folder_it_is(tmp_path: Path) -> None:
    own = Systemd().definition(service(tmp_path / "shop", user=None))
    assert f"User={tmp_path.owner()}\n" in own and "WantedBy=multi-user.target" in own
    mine = Systemd().definition(service(tmp_path / "shop"))
    assert "User=" not in mine and "WantedBy=default.target" in mine


def test_a_program_that_systemd_would_not_start_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"operate\.path"):
        Systemd().definition(service(tmp_path / "shop", str(tmp_path / "a'b" / "python")))
