"""A program that the computer starts with itself, and again when it fails: by systemd, or by the tasks of Windows."""

import hashlib
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from aponta.errors import ConfigError, TransientError

State = Literal["running", "stopped", "absent"]


@dataclass(frozen=True)
class Service:
    name: str
    folder: Path  # absolute
    command: tuple[str, ...]  # the program and its arguments; paths in it are absolute
    user: str | None  # whose it is; None: the computer's own

    @property
    def program(self) -> str:
        return self.command[0]


class Manager(Protocol):
    """What starts programs on a kind of computer. Its errors: ConfigError `operate.no_manager`, `operate.path`;
    TransientError `operate.refused`.
    """

    def place(self, service: Service) -> str:
        """Where the definition is kept, as its manager's tools name it."""

    def definition(self, service: Service) -> str: ...

    def install(self, service: Service) -> None:
        """Defines it anew, and starts it. Raises ContractError `operate.no_linger` where the rest is for a person."""

    def remove(self, service: Service) -> None:
        """Ends it, and forgets it; what is not there stays so."""

    def state(self, service: Service) -> State: ...


def name_of(folder: Path) -> str:
    """`aponta-shop-4f1c`: a folder has one service, and no other folder has it."""
    path = folder.resolve()
    plain = unicodedata.normalize("NFKD", path.name).encode("ascii", "ignore").decode().lower()
    mark = hashlib.sha256(os.fsencode(os.path.normcase(path))).hexdigest()[:4]
    return "-".join(["aponta", *re.findall(r"[a-z0-9]+", plain), mark])


def runs(folder: Path, command: str) -> tuple[str, ...]:
    """`aponta COMMAND` on the folder, by this very Python: a service knows neither PATH nor folder of a shell."""
    return (str(Path(sys.executable).absolute()), "-m", "aponta.cli", command, "-C", str(folder.resolve()))


def manager() -> Manager:
    """This computer's. Raises ConfigError `operate.no_manager`."""
    if sys.platform == "win32":
        from aponta.operate.service.task_scheduler import TaskScheduler

        return TaskScheduler()
    if sys.platform == "linux":
        from aponta.operate.service.systemd import Systemd

        return Systemd()
    raise ConfigError("operate.no_manager", program="systemd, schtasks")


def call(command: Sequence[str], accept: Sequence[int] = (0,)) -> str:
    """What a tool of the system prints. Raises ConfigError `operate.no_manager`, TransientError `operate.refused`."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except FileNotFoundError as error:
        raise ConfigError("operate.no_manager", program=command[0]) from error
    if done.returncode not in accept:
        why = (done.stderr or done.stdout).strip().replace("\n", " ")
        raise TransientError("operate.refused", command=" ".join(command), why=why)
    return done.stdout
