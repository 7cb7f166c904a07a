"""A real OpenSSH server on this computer, for tests: of an ordinary user, with keys of its own."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

PROGRAM = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin")
START_SECONDS = 30.0
CONFIG = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/client_key.pub
PidFile none
StrictModes no
UsePAM yes
PasswordAuthentication yes
Subsystem sftp internal-sftp
ForceCommand internal-sftp
MaxStartups 100
"""


@dataclass
class Server:
    folder: Path
    port: int
    user: str
    process: subprocess.Popen[bytes] | None = None
    _ends: threading.Lock = field(default_factory=threading.Lock)

    @property
    def client_key(self) -> Path:
        return self.folder / "client_key"

    @property
    def url(self) -> str:
        return f"sftp://{self.user}@127.0.0.1:{self.port}"

    def known(self) -> str:
        """A line of known_hosts."""
        kind, key, *_ = (self.folder / "host_key.pub").read_text().split()
        return f"[127.0.0.1]:{self.port} {kind} {key}\n"

    def new_key(self) -> None:
        """Of the host."""
        _key(self.folder / "host_key", self.user)

    def start(self) -> None:
        config = self.folder / "config"
        config.write_text(CONFIG.format(port=self.port, folder=self.folder))
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([str(PROGRAM), "-D", "-e", "-f", config], stderr=log, user=_other())
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > until:
                    told = (self.folder / "log").read_text()
                    raise AssertionError(f"sshd did not start: {error}\n{told}") from error
                time.sleep(0.05)

    def stop(self) -> None:
        """With all its connections, which are processes of their own."""
        with self._ends:  # several threads may want it
            if self.process:
                for pid in (*_below(self.process.pid), self.process.pid):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                self.process.wait()
                self.process = None

    @contextmanager
    def halted(self) -> Iterator[None]:
        """It answers nobody: the computer is there, the program hangs."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """folder: of this server alone."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder.chmod(0o755)
    server = Server(folder, port, _other() or getpass.getuser())
    server.new_key()
    _key(server.client_key, None)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def give(path: Path) -> None:
    """To the user that the server is."""
    if user := _other():
        shutil.chown(path, user)


def _below(pid: int) -> list[int]:
    """Children of a process, and theirs."""
    told = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in told.splitlines()]
    found = [pid]
    for parent in found:
        found += [child for child, of in pairs if of == parent]
    return found[1:]


def _key(path: Path, user: str | None) -> None:
    path.unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True, capture_output=True)
    if user:
        give(path)


def _other() -> str | None:
    """Of root's server each user could sign in; it is run as one who can do nothing."""
    return "nobody" if hasattr(os, "geteuid") and os.geteuid() == 0 else None
