"""A form of file, as machines of one layout write it: turns items into rows, rows into files.

A form is one file under `forms/` that declares a `FileForm`; its layout and a sample lie under `layouts/`. Faults
change items, rows and bytes through it, and so depend on no form by its name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path, PurePosixPath

from aponta.lab.cells import Cells
from aponta.lab.simulation.machine import SimulatedItem
from aponta.lab.simulation.plant import MachineType, SimulatedMachine
from aponta.lab.simulation.shifts import ZONE, to_local
from aponta.lab.simulation.states import StateReport

LAYOUTS = Path(__file__).parent / "layouts"
BYTE_ORDER = b"\xff\xfe"  # UTF-16, little-endian
EPOCH_MS = "epoch_ms"  # instead of a format of strptime
SECOND = 1000
Rows = Callable[[str, int, Sequence[int], Sequence[SimulatedItem]], list[str]]
Seal = Callable[[bytes], bytes]  # the bytes above a trailer -> what the trailer ends with


@dataclass(frozen=True)
class FileForm:
    """name: the folder under `layouts/`. code: a template of machine codes. types: the machines that write so.

    path: where in the landing folder the file of a machine and an hour lies. rows: one text per item, given the
    machine's code, the hour's start, counters and items. cells: the place of each value in a row. qualities: how each
    is written; a quality that is missing here is written as scrap. clock: strptime's format of a time.
    header: the lines above the rows. trailer: given the number of claimed rows and the bytes above it.
    numbers: two of its values that are decimal numbers. stray: a character that its encoding has no byte for.
    break_row: a row broken over two lines, each of which is refused as `columns`. noise: row -> reason of its refusal.
    state_row: the row of a machine state, whose meaning for a stop is in `state_meanings`. wrap: a row as its lines.
    """

    name: str
    code: str
    types: tuple[MachineType, ...]
    path: Callable[[str, int], str]
    rows: Rows
    cells: Cells
    clock: str
    numbers: tuple[str, str]
    counters: int  # the counter has so many numbers, and then goes on at 0
    counter_from: int  # a machine's first counter is at least this, and less than twice as much
    encoding: str = "utf-8"
    utc: bool = False  # the zone of its clock
    newline: str = "\r\n"
    decimal: str = "."
    qualities: Mapping[str, str] = field(default_factory=dict)
    has_cycle: bool = True
    names_hour: bool = True  # the file's name contains the hour; else only the rows' times do
    names_machine: bool = False  # the header contains the machine, beside the file's name
    writes_empty: bool = True  # writes a file for an hour without items
    header: Callable[[SimulatedMachine, int, str], list[str]] | None = None
    trailer: Callable[[int, bytes], bytes] | None = None
    has_checksum: bool = False  # in its trailer
    seal: Seal | None = None  # a fault adds it to all trailers
    stray: str | None = "\udcff"
    break_row: Callable[[str], str] | None = None
    noise: Callable[[str, str, str], Mapping[str, str]] = lambda code, row, product: {"@@@@ COM3 @@@@": "columns"}
    state_row: Callable[[StateReport], str] | None = None
    state_meanings: Mapping[str, str] = field(default_factory=dict)
    wrap: Callable[[str], str] = lambda row: row
    edits: tuple[tuple[str, str], ...] = ()  # replacements in the layout's text: (usual, other)

    @property
    def toml(self) -> str:
        """The layout's text."""
        text = self.layout_file.read_text(encoding="utf-8")
        for usual, other in self.edits:
            text = text.replace(usual, other)
        return text

    @property
    def layout_file(self) -> Path:
        (path,) = (LAYOUTS / self.name).glob("*.toml")
        return path

    @property
    def step_ms(self) -> int:
        """The resolution of its clock."""
        return 1 if self.clock == EPOCH_MS or "%f" in self.clock else SECOND

    @property
    def unknown_code(self) -> str:
        """A code that no machine has."""
        return self.code.format(0)

    @property
    def width(self) -> int:
        """Bytes of a usual character."""
        return 1 if self.single_byte else 2

    @property
    def single_byte(self) -> bool:
        """Is a usual character one byte? In UTF-16 it is two."""
        return not self.encoding.startswith("utf-16")

    @property
    def is_lossless(self) -> bool:
        """Does a row contain everything of an item?"""
        return self.step_ms == 1 and self.has_cycle and {"good", "scrap", "rework"} <= self.qualities.keys()

    def as_written(self, machine: SimulatedMachine, item: SimulatedItem) -> SimulatedItem:
        """The item as the form's rows show it; a cycle that they leave out is taken to be the ideal one."""
        quality, cycle_ms = item.quality, item.cycle_ms
        if quality != "unknown" and quality not in self.qualities:
            quality = "scrap" if self.qualities else "good"
        if not self.has_cycle:
            cycle_ms = machine.ideal_ms.get(item.product, 0)
        at_ms = item.produced_ms // self.step_ms * self.step_ms
        return item._replace(produced_ms=at_ms, quality=quality, cycle_ms=cycle_ms)

    def time_text(self, ms: int, clock: str | None = None) -> str:
        """A time as rows have it; clock: in another format."""
        if self.clock == EPOCH_MS:
            return str(ms)
        time = datetime.fromtimestamp(ms // SECOND, UTC if self.utc else ZONE)
        return time.strftime((clock or self.clock).replace("%f", f"{ms % SECOND:03d}").replace("%z", "Z"))

    def midnight(self, hour_ms: int) -> tuple[str, int]:
        """24:00:00 of the hour's day, as rows have it, and that instant in ms."""
        day, zone = to_local(hour_ms).date(), UTC if self.utc else ZONE
        clock = self.clock.replace("%H", "24").replace("%M", "00").replace("%S", "00").replace("%f", "000")
        begun, ended = (datetime.combine(each, time(), zone).timestamp() for each in (day, day + timedelta(days=1)))
        return self.time_text(round(begun * SECOND), clock), round(ended * SECOND)

    @property
    def impossible_time(self) -> str:
        """The text of a time that does not exist."""
        text = "30/02/2026" if self.clock == EPOCH_MS else self.clock
        tokens = {"%d": "30", "%m": "02", "%Y": "2026", "%H": "07", "%M": "00", "%S": "00", "%f": "250", "%z": "Z"}
        for token, digits in tokens.items():
            text = text.replace(token, digits)
        return text

    def with_layout_edit(self, usual: str, other: str) -> "FileForm":
        """The form with another text in its layout. Raises ValueError where the usual text is missing."""
        if usual not in self.toml:
            raise ValueError(f"{self.layout_file.name}: {usual}")
        return replace(self, edits=(*self.edits, (usual, other)))

    def encode(self, text: str, encoding: str | None = None) -> bytes:
        """The bytes of a part of its file."""
        return text.encode((encoding or self.encoding) if self.single_byte else "utf-16-le", "surrogateescape")

    def put(self, row: str, name: str, text: str) -> str:
        """The row with another text as this value."""
        return self.cells.put(row, name, text)

    def renamed_path(self, path: str, rename: Callable[[str], str]) -> str:
        """The path with another name in the same folder."""
        file = PurePosixPath(path)
        return str(file.with_name(rename(file.name)))

    def file(
        self, header: Sequence[str], lines: Sequence[str], claimed: int | None, encoding: str, wrong_checksum: bool
    ) -> bytes:
        """The whole file; its trailer claims `claimed` rows, None leaves the trailer out.

        A character U+DC80..U+DCFF becomes the byte 0x80..0xFF: so faults write what the encoding cannot.
        """
        above = self.encode(self.newline.join([*header, *map(self.wrap, lines), ""]), encoding)
        above = above if self.single_byte else BYTE_ORDER + above
        if claimed is None or self.trailer is None:
            return above
        checked = above[1:] if wrong_checksum else above
        return (
            above + self.trailer(claimed, checked) + (self.seal(checked) if self.seal else b"") + self.newline.encode()
        )
