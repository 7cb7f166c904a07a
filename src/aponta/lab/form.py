"""A form of file, as machines of one layout write it: what turns items into rows, rows into files.

A form is one file under `forms/` that declares a `Form`; its layout and a sample lie under `layouts/`. Faults
change items, rows and bytes through it, and so know no form by its name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path, PurePosixPath

from aponta.lab.cells import Cells
from aponta.lab.simulation.machine import Item
from aponta.lab.simulation.plant import Machine, MachineType
from aponta.lab.simulation.shifts import ZONE, local
from aponta.lab.simulation.states import Said

LAYOUTS = Path(__file__).parent / "layouts"
BYTE_ORDER = b"\xff\xfe"  # of UTF-16, little end first
EPOCH_MS = "epoch_ms"  # instead of a format of strptime
SECOND = 1000
Rows = Callable[[str, int, Sequence[int], Sequence[Item]], list[str]]
Seal = Callable[[bytes], bytes]  # the bytes above a trailer -> what the trailer ends with


@dataclass(frozen=True)
class Form:
    """name: of the folder under `layouts/`. code: of its n-th machine, which is of one of `types`.

    path: where in the landing folder the file of a machine and an hour lies. rows: one text per item, given the
    machine's code, the hour's start, counters and items. cells: where each value stands in it. qualities: how each is
    written; one that is not there cannot be told, and is scrap. clock: strptime's format of a time.
    head: the lines above the rows. end: the trailer, of so many claimed rows and the bytes above it.
    numbers: two of its values that are decimal numbers. stray: a character that its encoding has no byte for.
    broken: a row broken over two lines, each of which is refused as `columns`. junk: noise -> the reason it is refused.
    says: the row that tells a state, whose meaning for a stop stands in `means`. wrap: a row as its lines.
    """

    name: str
    code: str
    types: tuple[MachineType, ...]
    path: Callable[[str, int], str]
    rows: Rows
    cells: Cells
    clock: str
    numbers: tuple[str, str]
    counters: int  # so many numbers it has, and then goes on at 0
    counter_from: int  # a machine's first counter is at least this, and less than twice as much
    encoding: str = "utf-8"
    utc: bool = False  # its clock
    newline: str = "\r\n"
    decimal: str = "."
    qualities: Mapping[str, str] = field(default_factory=dict)
    tells_cycle: bool = True
    names_hour: bool = True  # its file's name does; else only rows tell of an hour
    names_machine: bool = False  # its header does, beside the file's name
    writes_empty: bool = True  # a file of an hour without items; else there is none
    head: Callable[[Machine, int, str], list[str]] | None = None
    end: Callable[[int, bytes], bytes] | None = None
    checks: bool = False  # its trailer has a checksum
    seal: Seal | None = None  # what a fault has all trailers end with
    stray: str | None = "\udcff"
    broken: Callable[[str], str] | None = None
    junk: Callable[[str, str, str], Mapping[str, str]] = lambda code, row, product: {"@@@@ COM3 @@@@": "columns"}
    says: Callable[[Said], str] | None = None
    means: Mapping[str, str] = field(default_factory=dict)
    wrap: Callable[[str], str] = lambda row: row
    edits: tuple[tuple[str, str], ...] = ()  # what the layout says in other words: as it is, as it is to be

    @property
    def toml(self) -> str:
        """The layout's file."""
        written = self.layout_file.read_text(encoding="utf-8")
        for usual, other in self.edits:
            written = written.replace(usual, other)
        return written

    @property
    def layout_file(self) -> Path:
        (path,) = (LAYOUTS / self.name).glob("*.toml")
        return path

    @property
    def step_ms(self) -> int:
        """How finely its clock is written."""
        return 1 if self.clock == EPOCH_MS or "%f" in self.clock else SECOND

    @property
    def nobody(self) -> str:
        """A code that no machine has."""
        return self.code.format(0)

    @property
    def width(self) -> int:
        """Bytes of a character, of those that machines write mostly."""
        return 1 if self.plain else 2

    @property
    def plain(self) -> bool:
        """One byte a character, for all that machines write: not UTF-16."""
        return not self.encoding.startswith("utf-16")

    @property
    def tells_all(self) -> bool:
        """Nothing of an item is lost in it."""
        return self.step_ms == 1 and self.tells_cycle and {"good", "scrap", "rework"} <= self.qualities.keys()

    def told(self, machine: Machine, item: Item) -> Item:
        """The item as far as the form can tell of it; a cycle that it does not tell is taken to be the ideal one."""
        quality, cycle_ms = item.quality, item.cycle_ms
        if quality != "unknown" and quality not in self.qualities:
            quality = "scrap" if self.qualities else "good"
        if not self.tells_cycle:
            cycle_ms = machine.ideal_ms.get(item.product, 0)
        at_ms = item.produced_ms // self.step_ms * self.step_ms
        return item._replace(produced_ms=at_ms, quality=quality, cycle_ms=cycle_ms)

    def moment(self, ms: int, clock: str | None = None) -> str:
        """A time as rows have it; clock: in another format."""
        if self.clock == EPOCH_MS:
            return str(ms)
        then = datetime.fromtimestamp(ms // SECOND, UTC if self.utc else ZONE)
        return then.strftime((clock or self.clock).replace("%f", f"{ms % SECOND:03d}").replace("%z", "Z"))

    def midnight(self, hour_ms: int) -> tuple[str, int]:
        """24:00:00 of the hour's day, as rows have it, and the moment that it is."""
        day, zone = local(hour_ms).date(), UTC if self.utc else ZONE
        clock = self.clock.replace("%H", "24").replace("%M", "00").replace("%S", "00").replace("%f", "000")
        begun, ended = (datetime.combine(each, time(), zone).timestamp() for each in (day, day + timedelta(days=1)))
        return self.moment(round(begun * SECOND), clock), round(ended * SECOND)

    @property
    def impossible(self) -> str:
        """A moment that there never was."""
        written = "30/02/2026" if self.clock == EPOCH_MS else self.clock
        tokens = {"%d": "30", "%m": "02", "%Y": "2026", "%H": "07", "%M": "00", "%S": "00", "%f": "250", "%z": "Z"}
        for token, digits in tokens.items():
            written = written.replace(token, digits)
        return written

    def edited(self, usual: str, other: str) -> "Form":
        """With other words in its layout. Raises ValueError where these are not there: nothing would change."""
        if usual not in self.toml:
            raise ValueError(f"{self.layout_file.name}: {usual}")
        return replace(self, edits=(*self.edits, (usual, other)))

    def text(self, written: str, encoding: str | None = None) -> bytes:
        """The bytes of a part of its file."""
        return written.encode((encoding or self.encoding) if self.plain else "utf-16-le", "surrogateescape")

    def put(self, row: str, name: str, text: str) -> str:
        """The row with another text as this value."""
        return self.cells.put(row, name, text)

    def named(self, path: str, change: Callable[[str], str]) -> str:
        """The path with another name in the same folder."""
        there = PurePosixPath(path)
        return str(there.with_name(change(there.name)))

    def file(self, head: Sequence[str], lines: Sequence[str], claimed: int | None, encoding: str, lies: bool) -> bytes:
        """The whole file; `claimed` rows are in its trailer, None leaves the trailer out. lies: its checksum does.

        A character U+DC80..U+DCFF becomes the byte 0x80..0xFF: so faults write what the encoding cannot.
        """
        above = self.text(self.newline.join([*head, *map(self.wrap, lines), ""]), encoding)
        above = above if self.plain else BYTE_ORDER + above
        if claimed is None or self.end is None:
            return above
        told = above[1:] if lies else above
        return above + self.end(claimed, told) + (self.seal(told) if self.seal else b"") + self.newline.encode()
