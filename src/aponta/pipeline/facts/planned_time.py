"""Planned time: when machines are planned to work, hour by hour, and whether a file covers the hour."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aponta.config import Factory
from aponta.contract.table import Kind
from aponta.factory_calendar import Piece, calendar_pieces
from aponta.pipeline.facts.neighbours import Neighbours
from aponta.pipeline.ledger.hours import Hour

PIECE: dict[str, Kind] = {
    "machine": "string",
    "hour": "long",
    "piece_start": "long",
    "piece_end": "long",
    "shift": "string",
    "production_day": "date",
    "busy": "boolean",
    "covered": "boolean",
}


@dataclass(frozen=True)
class PlannedTime:
    factory: Factory
    neighbours: Neighbours
    touched: Mapping[Hour, bool]  # and whether a file covers each

    def rows(self, spans: Iterable[tuple[str, int, int]]) -> Iterator[tuple[Any, ...]]:
        """The planned time of these hours, machine by machine: PIECE."""
        by_line: dict[tuple[str, int, int], list[Piece]] = {}
        for machine, first, last in spans:
            line = self.factory.machines[machine].line if machine in self.factory.machines else ""
            if (line, first, last) not in by_line:
                by_line[line, first, last] = list(
                    calendar_pieces(self.factory.calendar, self.factory.zone, line, first, last)
                )
            for piece in by_line[line, first, last]:
                day, covered = piece.production_day.isoformat(), self._covered(machine, piece.hour)
                yield machine, piece.hour, piece.start, piece.end, piece.shift, day, piece.busy, covered

    def _covered(self, machine: str, hour: int) -> bool:
        state = self.neighbours.known.get((machine, hour))
        return self.touched.get((machine, hour), state is not None and state.covered)
