import errno
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aponta.contract.clock import system_clock
from aponta.errors import ConfigError, TransientError
from aponta.ops.lock import LockHolder, pass_lock

HOLD = """
import sys, time
from pathlib import Path
from aponta.contract.clock import system_clock
from aponta.ops.lock import pass_lock
with pass_lock(Path(sys.argv[1]), 0, system_clock):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock of `tmp_path`."""
    with _hold(tmp_path, 60) as process:
        yield process
        process.kill()


def _hold(folder: Path, seconds: float) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_pass_is_told_who_works_and_since_when(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    told: list[LockHolder] = []
    with pytest.raises(TransientError) as caught, pass_lock(tmp_path, 0.1, system_clock, told.append):
        pytest.fail("two passes at a time")
    assert caught.value.code == "ops.busy"
    assert f"process {holder.pid}" in str(caught.value.facts["who"])
    assert str(caught.value.facts["since"]).startswith(f"{time.localtime().tm_year}-")
    assert [one.who for one in told] == [caught.value.facts["who"]]


def test_a_killed_process_frees_the_lock(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    holder.kill()
    holder.wait()
    assert (tmp_path / ".pass.json").exists()  # it could not tidy up
    with pass_lock(tmp_path, 0, system_clock):
        pass


def test_it_waits_for_the_other_to_finish(tmp_path: Path) -> None:
    told: list[LockHolder] = []
    with _hold(tmp_path, 0.3), pass_lock(tmp_path, 10, system_clock, told.append):
        assert len(told) == 1


def test_it_is_freed_at_the_end_and_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), pass_lock(tmp_path, 0, system_clock):
        raise ValueError("broken")
    assert not (tmp_path / ".pass.json").exists()
    with pass_lock(tmp_path, 0, system_clock, lambda _: pytest.fail("nobody is there to wait for")):
        assert (tmp_path / ".pass.json").exists()


def test_the_same_process_does_not_enter_twice(tmp_path: Path) -> None:
    with pass_lock(tmp_path, 0, system_clock), pytest.raises(TransientError), pass_lock(tmp_path, 0, system_clock):
        pytest.fail("two passes at a time")


def test_a_holder_that_has_not_signed_is_unknown(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    (tmp_path / ".pass.json").write_text('{"half')
    with pytest.raises(TransientError) as caught, pass_lock(tmp_path, 0, system_clock):
        pytest.fail("two passes at a time")
    assert caught.value.facts == {"who": "?", "since": "?"}


def test_a_folder_that_is_none_takes_no_lock(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(TransientError, match=r"ops\.unwritable"), pass_lock(tmp_path / "file", 0, system_clock):
        pytest.fail("there is nothing to hold")


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A lock file that merely lies there would outlive a killed process, or keep nobody out."""
    fcntl = pytest.importorskip("fcntl", reason="Windows locks in another way")

    def flock(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(ConfigError, match=r"ops\.no_locks"), pass_lock(tmp_path, 0, system_clock):
        pytest.fail("nobody is kept out")
    assert not (tmp_path / ".pass.json").exists()
