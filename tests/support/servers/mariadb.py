"""A real MariaDB server, alone, on a socket and no port; it can be killed and started again."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

PROGRAM = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
INSTALL = shutil.which("mariadb-install-db")
START_SECONDS = 60.0


@dataclass
class Server:
    folder: Path
    user: str
    process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str = "", user: str = "root") -> str:
        return f"mariadb+pymysql://{user}@localhost/{database}?unix_socket={self.folder}/socket"

    def database(self) -> str:
        """URL of a new, empty one. As MariaDB is set up by itself, `a` and `A` are one word in it."""
        name = f"test_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name}")
        return self.url(name)

    def start(self) -> None:
        options = ["--skip-networking", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=2"]
        options += ["--innodb-flush-method=nosync", "--innodb-file-per-table=OFF"]
        options += ["--innodb-buffer-pool-size=16M", "--performance-schema=OFF", f"--pid-file={self.folder}/pid"]
        places = [f"--datadir={self.folder}/data", f"--socket={self.folder}/socket", f"--user={self.user}"]
        places += [f"--tmpdir={self.folder}"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(PROGRAM), "--no-defaults", *places, *options], stdout=log, stderr=log, cwd=self.folder
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with socket.socket(socket.AF_UNIX) as trial:  # a driver's connection that fails is left open
                    trial.connect(f"{self.folder}/socket")
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"MariaDB did not start:\n{(self.folder / 'log').read_text()}")
                time.sleep(0.05)

    def kill(self) -> None:
        """kill -9, and a new start."""
        assert self.process
        self.process.kill()
        self.process.wait()
        self.start()

    def _run(self, statement: str) -> None:
        import pymysql

        with pymysql.connect(unix_socket=f"{self.folder}/socket", user="root") as connection:
            connection.cursor().execute(statement)


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """folder: of a short name; a socket's path has a limit of 107 bytes. Skips where there is no server."""
    pytest.importorskip("pymysql", reason="no MariaDB driver: pip install 'aponta[mariadb]'")
    if PROGRAM is None or INSTALL is None:
        pytest.skip("no MariaDB server on this computer: `make system` installs it")
    import pwd

    user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name  # it refuses to run as root
    shutil.chown(folder, user)
    made = [f"--datadir={folder}/data", f"--tmpdir={folder}", f"--user={user}", "--skip-test-db", "--skip-name-resolve"]
    made += ["--auth-root-authentication-method=normal", "--innodb-log-file-size=8M"]
    done = subprocess.run([INSTALL, "--no-defaults", *made], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    server = Server(folder, user)
    server.start()
    try:
        yield server
    finally:
        assert server.process
        server.process.kill()  # nothing of it is needed any more, and one that has only just started hears no SIGTERM
        server.process.wait()
