"""The destination `files`: a folder, or a share, from which another system takes declarations, and answers.

format    a file of declarations, written and read
folder    dropped, sent, answered and done files; checks that the folder is the right one
receipts  the receiver's answers about a file: a stranger's text, read with care
sink      posts: a batch is a file, whose name follows from the keys in it
"""

from pathlib import Path

from aponta.config.sections.stock import StockSection
from aponta.contract.clock import Clock, system_clock
from aponta.ship.destinations.files.folder import DropFolder
from aponta.ship.destinations.files.sink import FilesSink


def open_sink(destination: StockSection, url: str, folder: Path, clock: Clock = system_clock) -> FilesSink:
    """Reads nothing yet."""
    return FilesSink(destination.name, DropFolder(Path(url), destination.name, clock), destination.files)
