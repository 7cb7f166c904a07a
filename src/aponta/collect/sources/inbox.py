"""Files that machines sent to the pages: each waits in data/inbox for the next pass, below its machine's name."""

import re
from itertools import count
from pathlib import Path
from urllib.parse import quote

from aponta.collect.sources.folder import Folder
from aponta.config.sections.source import INBOX
from aponta.ops.disk import Draft

FOLDER = "inbox"
PLAIN = re.compile(r"[\w-]+")


def place(data: Path) -> Path:
    return data / FOLDER


def source(data: Path) -> Folder:
    """Once they are in data/raw they are nowhere else."""
    folder = Folder(place(data), "delete", INBOX)
    folder.whole = True
    return folder


def folder_of(machine: str) -> str:
    """The folder below the inbox: the machine's name, but never a path."""
    return machine if PLAIN.fullmatch(machine) else quote(machine, safe="").replace(".", "%2E")


def put(sent: Draft, root: Path, name: str) -> Path:
    """Where it waits now. What waits under its name already is another version, and stays: it gets a folder of its own.

    Raises TransientError `ops.unwritable`, `ops.disk_full`.
    """
    for number in count(1):
        folder = root if number == 1 else root / str(number)
        folder.mkdir(exist_ok=True)
        if sent.keep_new(folder / name):
            return folder / name
    raise AssertionError
