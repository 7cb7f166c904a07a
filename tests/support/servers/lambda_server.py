"""A real Lambda ERP on this computer, for tests: as `make test` installs it, in an environment of its own."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from source import REPO

DESCRIPTION = REPO / "examples" / "stock" / "lambda_erp.toml"
PYTHON = REPO / ".venv-lambda" / "bin" / "python"
START_SECONDS = 60.0
USER, PASSWORD, COMPANY = "aponta@example.com", "p4ss-w0rd of aponta", "Factory"
CODES = ("SKU-A", "SKU-B", "SKU-C", "SKU-P")
ADMIN, ADMIN_PASSWORD = "admin@example.com", "admin-s3cret"


@dataclass
class Server:
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    cookie: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LAMBDA_ERP_DB": str(self.folder / "erp.db"),
            "LAMBDA_ERP_ADMIN_EMAIL": ADMIN,
            "LAMBDA_ERP_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "JWT_SECRET_KEY": "of the tests alone, and long enough for it",
        }
        command = [PYTHON, "-m", "uvicorn", "api.main:app", "--host", "127.0.0.1", "--port", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, cwd=self.folder, stdout=log, stderr=log)
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/api/health", timeout=5).close()
                return
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > until:
                    told = (self.folder / "log").read_text()
                    raise AssertionError(f"Lambda ERP did not start: {error}\n{told}") from error
                time.sleep(0.05)

    def kill(self) -> None:
        """As a power cut does: no good-bye."""
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """As the administrator; what is no success is raised."""
        request = urllib.request.Request(
            f"{self.url}/api/{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json", "Cookie": self.cookie},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            if told := answer.headers.get("Set-Cookie"):
                self.cookie = told.partition(";")[0]
            return json.loads(answer.read())

    def sign_in(self) -> None:
        self.ask("POST", "auth/login", {"email": ADMIN, "password": ADMIN_PASSWORD})

    def empty(self) -> None:
        """No stock, and no document was ever there."""
        connection = sqlite3.connect(self.folder / "erp.db", timeout=30)
        with connection:
            for table in ("Stock Entry Detail", "Stock Entry", "Stock Ledger Entry", "Bin", "GL Entry"):
                connection.execute(f'DELETE FROM "{table}"')
        connection.close()

    def restart(self) -> None:
        """After a power cut."""
        self.kill()
        self.start()

    def warehouse(self, name: str = "") -> str:
        """A new one; without a name, of a test's own."""
        name = name or f"WH {next(self.numbers)}"
        self.ask("POST", "masters/warehouse", {"name": name, "warehouse_name": name, "company": COMPANY})
        return name

    def item(self, code: str) -> None:
        facts = {"item_code": code, "item_name": code, "stock_uom": "Nos", "is_stock_item": 1, "standard_rate": 4.2}
        self.ask("POST", "masters/item", facts)


def _set_up(server: Server) -> None:
    """A company, products, and a user who can post and no more."""
    server.sign_in()
    server.ask("POST", "setup/company", {"name": COMPANY, "currency": "EUR"})
    for code in CODES:
        server.item(code)
    invite = server.ask("POST", "auth/invite", {"email": USER, "role": "manager"})
    kept = server.cookie
    user = {"email": USER, "full_name": "aponta", "password": PASSWORD, "invite_token": invite["token"]}
    server.ask("POST", "auth/register", user)
    server.cookie = kept


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """A server of its own, with a company and products."""
    server = Server(folder, _free_port())
    server.start()
    try:
        _set_up(server)
        yield server
    finally:
        server.kill()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
