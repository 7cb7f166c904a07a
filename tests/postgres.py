"""A real PostgreSQL on this computer, for tests: as Debian installs it, with what it keeps in a folder of the tests."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 30.0


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """SQLAlchemy URL of an empty database. folder: short, for a socket's path has a limit of 107 bytes."""
    import psycopg

    programs, user = server_programs(), _unprivileged_user()
    assert programs is not None
    if user:
        shutil.chown(folder, user)
    data, log = folder / "data", folder / "log"
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "aponta", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        check=True,
        capture_output=True,
        cwd=folder,
        user=user,
    )
    settings = ("fsync=off", "full_page_writes=off", "listen_addresses=", f"unix_socket_directories={folder}")
    with log.open("wb") as output:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, *(part for setting in settings for part in ("-c", setting))],
            stdout=output,
            stderr=output,
            cwd=folder,
            user=user,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(host=str(folder), user="aponta", dbname="postgres").close()
                break
            except psycopg.OperationalError:
                started = server.poll() is None and time.monotonic() < deadline
                assert started, f"PostgreSQL did not start:\n{log.read_text()}"
                time.sleep(0.05)
        yield f"postgresql+psycopg://aponta@/postgres?host={folder}"
    finally:
        server.send_signal(signal.SIGINT)  # "fast": connections still open are ended too
        server.wait(START_SECONDS)


def missing() -> str | None:
    """Why there can be no server here."""
    if server_programs() is None:
        return "no PostgreSQL server on this computer: `make system` installs it"
    if _root() and _unprivileged_user() is None:
        return "running as root, and there is no user `postgres` to run PostgreSQL as"
    return None


def server_programs() -> Path | None:
    """The folder of initdb and postgres: Debian keeps them outside of PATH, one folder per version."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(versions, key=lambda path: int(path.parts[-2]), default=None)


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root: then it runs as its own user."""
    if not _root():
        return None
    import pwd

    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return None


def _root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
