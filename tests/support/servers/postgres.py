"""A real PostgreSQL server, alone, on a socket and no port; it can be killed and started again."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

START_SECONDS = 30.0


@dataclass
class Server:
    folder: Path
    programs: Path
    user: str | None
    process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str = "postgres", user: str = "aponta") -> str:
        return f"postgresql+psycopg://{user}@/{database}?host={self.folder}"

    def database(self) -> str:
        """URL of a new, empty one."""
        import psycopg

        name = f"test_{next(self._numbers)}"
        with psycopg.connect(host=str(self.folder), user="aponta", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def start(self) -> None:
        import psycopg

        settings = ("fsync=off", "full_page_writes=off", "dynamic_shared_memory_type=mmap", "listen_addresses=")
        settings += (f"unix_socket_directories={self.folder}",)
        options = [part for setting in settings for part in ("-c", setting)]
        program = self.programs / "postgres"
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [program, "-D", self.folder / "data", *options], stdout=log, stderr=log, cwd=self.folder, user=self.user
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(host=str(self.folder), user="aponta", dbname="postgres").close()
                return
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()}")
                time.sleep(0.05)

    def stop(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGINT)  # "fast": connections still open are ended too
        self.process.wait(START_SECONDS)

    def kill(self) -> None:
        """kill -9 of the server and what it had begun, and a new start."""
        assert self.process
        begun = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.process.kill()
        self.process.wait(START_SECONDS)
        for one in begun:
            with suppress(ProcessLookupError):
                os.kill(int(one), signal.SIGKILL)
        while any(Path(f"/proc/{one}").exists() for one in begun):  # it does not start beside them
            time.sleep(0.01)
        self.start()


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """folder: of a short name; a socket's path has a limit of 107 bytes. Skips where there is no server."""
    pytest.importorskip("psycopg", reason="no PostgreSQL driver: pip install 'aponta[postgresql]'")
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server on this computer: `make system` installs it")
    user = _unprivileged_user()
    if user:
        shutil.chown(folder, user)
    subprocess.run(
        [programs / "initdb", "-D", folder / "data", "-U", "aponta", "--auth=trust", "-E", "UTF8"]
        + ["--locale=C", "--no-sync"],
        check=True,
        capture_output=True,
        cwd=folder,
        user=user,
    )
    server = Server(folder, programs, user)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _programs() -> Path | None:
    """The folder of initdb and postgres: Debian keeps them outside of PATH, one folder per version."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(versions, key=lambda path: int(path.parts[-2]), default=None)


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root: then it runs as its own user."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    import pwd

    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        pytest.skip("running as root, and there is no user `postgres` to run PostgreSQL as")
