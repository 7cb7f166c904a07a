"""The context of a batch: factory, operational database and raw zone, and how its files are given to decode."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from aponta.collect.raw import RawZone
from aponta.config import Factory
from aponta.contract.clock import Clock
from aponta.contract.decoded import Staged
from aponta.contract.lake import Lake
from aponta.decode.choose import Choice, choose_known_layout, choose_layout
from aponta.errors import ConfigError
from aponta.factory_calendar import to_us
from aponta.lake.open import open_lake
from aponta.ops.lock import LockHolder, exclusive
from aponta.pipeline.ledger.arrivals import Arrival
from aponta.pipeline.ledger.files import KnownFile

AHEAD = timedelta(minutes=10)  # a machine's clock may run ahead so far; beyond, an item's time is the future
NEVER_BEFORE = datetime(2001, 1, 2, tzinfo=UTC)  # a clock that lost its battery shows 2000 or 1970

ReadAs = tuple[str, str] | None  # layout and machine, of a file that is read as it was read before


@dataclass(frozen=True)
class FileToDecode:
    """A file to decode, under one of its names."""

    sha256: str
    name: str
    folder: str  # below its source's root
    size: int
    received_at: datetime
    read_as: ReadAs = None


@dataclass(frozen=True)
class Context:
    factory: Factory
    engine: Engine
    raw: RawZone

    def choose(self, name: str, folder: str) -> Choice:
        return choose_layout(name, folder, self.factory.layouts, self.factory.machines, self.factory.zone)

    def choices(self, arrivals: Iterable[Arrival], known: Mapping[str, KnownFile]) -> dict[int, Choice]:
        """By arrival."""
        return {one.id: self._choose(one.name, one.folder, self.read_as(one, known)) for one in arrivals}

    def read_as(self, arrival: Arrival, known: Mapping[str, KnownFile]) -> ReadAs:
        """The layout and machine that a backfill reads a file by if none fits, since its machine has another one: those
        of its earlier reading.
        """
        before = known.get(arrival.sha256)
        if arrival.redecode != "always" or before is None or before.refused is not None:
            return None
        fits = self.choose(arrival.name, arrival.folder).refused is None
        return None if fits or before.layout not in self.factory.layouts else (before.layout, str(before.machine))

    def _choose(self, name: str, folder: str, read_as: ReadAs) -> Choice:
        if read_as is None:
            return self.choose(name, folder)
        layout, machine = read_as
        if layout not in self.factory.layouts:
            raise ConfigError("pipeline.layout_gone", layout=layout, file=name)
        factory = self.factory
        return choose_known_layout(name, folder, factory.layouts[layout], machine, factory.machines, factory.zone)

    def decode(
        self,
        files: Iterable[FileToDecode],
        into: Path,
        first: int = 0,
        done: Callable[[int], None] = lambda count: None,
    ) -> Staged:
        """Decodes the files, numbered from `first` on, and stages their records `into` a folder.

        Raises ConfigError `pipeline.layout_gone`.
        """
        from aponta.decode.account import EncodedFile
        from aponta.decode.files import decode  # Polars is loaded when there is work

        installed = {machine: to_us(self._installed(machine)) for machine in self.factory.machines}
        incoming = []
        for number, file in enumerate(files, start=first):
            choice = self._choose(file.name, file.folder, file.read_as)
            latest = to_us(file.received_at + AHEAD)
            incoming.append(EncodedFile(number, file.sha256, file.size, choice, installed, latest))
        zone = self.factory.settings.factory.timezone
        return decode(incoming, self.raw.pieces, zone, self.factory.sensors, into, done)

    def _installed(self, machine: str) -> datetime:
        """The time before which the machine made nothing."""
        day = self.factory.machines[machine].installed_on
        return datetime(day.year, day.month, day.day, tzinfo=self.factory.zone).astimezone(UTC) if day else NEVER_BEFORE


@contextmanager
def at_rest(
    factory: Factory, clock: Clock, wait: Callable[[LockHolder], None] | None = None
) -> Iterator[tuple[Engine, Lake]]:
    """The operational database and the lake as readers see it, while no pass is at work."""
    with exclusive(factory, clock, wait=wait) as engine:
        yield engine, open_lake(factory.lake_folder)
