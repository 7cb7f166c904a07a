"""Files that machines send to the pages: each waits in data/inbox for the next pass, below its machine's name."""

import re
from itertools import count
from pathlib import Path
from urllib.parse import quote

from aponta.collect.sources.folder import FolderSource
from aponta.config.sections.source import INBOX
from aponta.ops.disk import AtomicFile

FOLDER = "inbox"
PLAIN = re.compile(r"[\w-]+")


def inbox_folder(data: Path) -> Path:
    return data / FOLDER


def inbox_source(data: Path) -> FolderSource:
    """The inbox as a source: files are deleted once they are in data/raw."""
    folder = FolderSource(inbox_folder(data), "delete", INBOX)
    folder.whole = True
    return folder


def machine_folder(machine: str) -> str:
    """The folder below the inbox: the machine's name, but never a path."""
    return machine if PLAIN.fullmatch(machine) else quote(machine, safe="").replace(".", "%2E")


def put_in_inbox(sent: AtomicFile, root: Path, name: str) -> Path:
    """The path under which the file waits. A file of its name that waits already is another version and stays: the new
    one gets a numbered folder.

    Raises TransientError `ops.unwritable`, `ops.disk_full`.
    """
    for number in count(1):
        folder = root if number == 1 else root / str(number)
        folder.mkdir(exist_ok=True)
        if sent.commit_new(folder / name):
            return folder / name
    raise AssertionError
