"""A real Tryton on this computer, for tests: installed by `make` in an environment of its own, set up by the example's
script once, and copied.
"""

import hashlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import postgres
from filelock import FileLock
from source import REPO
from sqlalchemy import create_engine, text

from aponta.ship.destinations.tryton.rpc import Rpc

HOME = Path(f"{sys.prefix}-tryton")
PYTHON = HOME / "bin" / "python"
SET_UP = REPO / "examples" / "tryton" / "set_up.py"
START_SECONDS = 60.0
GUARD = "aponta_reference_once"
DATABASE = "aponta"
FACTORY = {
    "aponta.toml": '[stock]\nlocations = { finished = "SP1/finished", scrap = "SP1/scrap", intermediate = "wip" }\n',
    "products.csv": "product,name,unit,pieces_per_unit,stock_code,unit_value_brl\n"
    "P,Piece,un,1,SKU-P,4.20\nB,In boxes,box,12,SKU-B,50\nK,By weight,kg,1,SKU-K,9\n"
    "Q,Second,un,1,SKU-Q,1\nR,Third,un,1,SKU-R,1\n",
}


@dataclass
class Server:
    """postgres: without it the database is SQLite's."""

    folder: Path
    postgres: postgres.Server | None
    secrets: Path
    port: int = field(default_factory=lambda: free_port())
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Of the user that posts."""
        return self.url_of("aponta", (self.secrets / "stock.url").read_text().split(":")[2].partition("@")[0])

    def url_of(self, user: str, password: str) -> str:
        return f"http://{user}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    @cached_property
    def person(self) -> Rpc:
        """Somebody with every right, who works there by hand."""
        return Rpc("person", self.url_of("admin", (self.secrets / "admin.password").read_text()))

    def start(self) -> None:
        conf = self.folder / "trytond.conf"
        uri = _uri(self.postgres) if self.postgres else "sqlite://"
        conf.write_text(f"[database]\nuri = {uri}\npath = {self.folder}\n[web]\nlisten = 127.0.0.1:{self.port}\n")
        command = [PYTHON, HOME / "bin" / "trytond", "-c", conf, "-d", DATABASE]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait(self.process, self.port)

    def kill(self) -> None:
        """As a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        self.kill()
        self.start()

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """What whoever looks after the database does; the rows of the last."""
        engine = create_engine(self._database_url)
        with engine.begin() as connection:
            for statement in statements:
                done = connection.execute(text(statement))
            rows = [tuple(row) for row in done] if done.returns_rows else []
        engine.dispose()
        return rows

    def clear(self) -> None:
        """As it was set up: no documents."""
        tables = ("stock_move", "production", "stock_lot", "stock_period_cache", "stock_period")
        self.execute(*(f"DELETE FROM {table}" for table in tables))

    @property
    def _database_url(self) -> str:
        if self.postgres:
            return self.postgres.url(DATABASE)
        return f"sqlite:///{self.folder}/{DATABASE}.sqlite"


@contextmanager
def served(folder: Path, postgres: postgres.Server | None) -> Iterator[Server]:
    server = Server(folder, postgres, _set_up(postgres))
    if postgres:
        _administer(postgres, f"CREATE DATABASE {DATABASE}")
        restore = [
            postgres.programs / "psql",
            "-q",
            "-d",
            _uri(postgres, DATABASE),
            "-f",
            server.secrets / "aponta.sql",
        ]
        subprocess.run(restore, check=True, capture_output=True)
    else:
        shutil.copyfile(server.secrets / f"{DATABASE}.sqlite", folder / f"{DATABASE}.sqlite")
    try:
        server.start()
        yield server
    finally:
        if server.process is not None:
            server.kill()


def _set_up(postgres: postgres.Server | None) -> Path:
    """The folder of a database that was set up, kept beside Tryton until the script or a version changes."""
    pinned = [line for line in (REPO / "constraints.txt").read_text().splitlines() if "tryton" in line]
    made_of = [SET_UP.read_text(), *pinned, str(FACTORY), str(bool(postgres))]
    made = HOME / "databases" / hashlib.sha256("".join(made_of).encode()).hexdigest()[:16]
    made.parent.mkdir(exist_ok=True)
    with FileLock(made.with_suffix(".lock")):
        if not (made / "ready").exists():
            shutil.rmtree(made, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix="aponta-tryton-") as name:
                factory, database = Path(name) / "factory", Path(name) / "database"
                factory.mkdir()
                for file, content in FACTORY.items():
                    (factory / file).write_text(content, encoding="utf-8")
                command = [PYTHON, SET_UP, database, "--factory", factory]
                if postgres:
                    _administer(postgres, f"CREATE DATABASE {DATABASE}")
                    command += ["--uri", _uri(postgres)]
                ran = subprocess.run(command, capture_output=True, text=True)
                assert ran.returncode == 0, ran.stderr
                if postgres:
                    dump = [
                        postgres.programs / "pg_dump",
                        "-d",
                        _uri(postgres, DATABASE),
                        "-f",
                        database / "aponta.sql",
                    ]
                    subprocess.run(dump, check=True)
                    _administer(postgres, f"DROP DATABASE {DATABASE}")
                shutil.copytree(database, made)
            (made / "ready").touch()
    return made


def _uri(postgres: postgres.Server, database: str = "") -> str:
    """As PostgreSQL's own programs and Tryton write it."""
    return postgres.url(database).replace("+psycopg", "")


def _administer(postgres: postgres.Server, statement: str) -> None:
    engine = create_engine(postgres.url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def wait(server: "subprocess.Popen[bytes]", port: int) -> None:
    """Until it answers."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            assert server.poll() is None, "Tryton did not start"
            assert time.monotonic() < deadline, "Tryton does not answer"
            time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
