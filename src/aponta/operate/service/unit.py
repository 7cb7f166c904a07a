"""A program that the computer starts with itself, and again when it fails; the parts that all managers share."""

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

ServiceState = Literal["running", "stopped", "absent"]


@dataclass(frozen=True)
class Service:
    name: str
    folder: Path  # absolute
    command: tuple[str, ...]  # the program and its arguments; paths in it are absolute
    user: str | None  # its owner; None: the computer itself

    @property
    def program(self) -> str:
        return self.command[0]


class ServiceManager(Protocol):
    """Starts programs on one kind of computer. Raises ConfigError `operate.no_manager`, `operate.path`;
    TransientError `operate.refused`.
    """

    def place(self, service: Service) -> str:
        """The place of the definition, as the manager's tools name it."""

    def definition(self, service: Service) -> str: ...

    def install(self, service: Service) -> None:
        """Writes the definition again, and starts the program. Raises ContractError `operate.no_linger` where a person
        has to do the rest.
        """

    def remove(self, service: Service) -> None:
        """Ends the program and removes its definition; does nothing where there is none."""

    def state(self, service: Service) -> ServiceState: ...


def service_name(folder: Path) -> str:
    """`aponta-shop-4f1c`: each folder has one service of its own."""
    path = folder.resolve()
    plain = unicodedata.normalize("NFKD", path.name).encode("ascii", "ignore").decode().lower()
    mark = hashlib.sha256(os.fsencode(os.path.normcase(path))).hexdigest()[:4]
    return "-".join(["aponta", *re.findall(r"[a-z0-9]+", plain), mark])


def service_command(folder: Path, command: str) -> tuple[str, ...]:
    """`aponta COMMAND` on the folder, by the running Python: a service has no PATH and no folder of a shell."""
    return (str(Path(sys.executable).absolute()), "-m", "aponta.cli", command, "-C", str(folder.resolve()))


def run_tool(command: Sequence[str], accept: Sequence[int] = (0,)) -> str:
    """Runs a tool of the system and returns what it prints. Raises ConfigError `operate.no_manager`, TransientError
    `operate.refused`.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except FileNotFoundError as error:
        raise ConfigError("operate.no_manager", program=command[0]) from error
    if done.returncode not in accept:
        why = (done.stderr or done.stdout).strip().replace("\n", " ")
        raise TransientError("operate.refused", command=" ".join(command), why=why)
    return done.stdout
