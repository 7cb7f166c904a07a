"""The destination `files`: a folder, or a share, where another system takes its declarations from, and answers.

form      how a file is written, and read again
folder    what stands where: dropped, sent, answered, done
receipts  what the receiver wrote about a file: a stranger's word, read with care
sink      posts: a batch is a file, whose name says which keys are in it
"""

from pathlib import Path

from aponta.config.sections.stock import StockSection
from aponta.contract.clock import Clock, system_clock
from aponta.ship.destinations.files.folder import DropFolder
from aponta.ship.destinations.files.sink import FilesSink


def open_sink(destination: StockSection, url: str, folder: Path, clock: Clock = system_clock) -> FilesSink:
    """Nothing is read yet."""
    return FilesSink(destination.name, DropFolder(Path(url), destination.name, clock), destination.files)
