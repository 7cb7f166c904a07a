"""The board of hours: people read it, and close the hours of which no file will come ("machine switched off")."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, insert, update

from aponta.config import Factory
from aponta.contract.clock import Clock
from aponta.contract.pages.completeness import FIRST_DAY, LAST_DAY, WITHOUT_FILE, HourCompleteness
from aponta.errors import ConfigError
from aponta.ops.database import transaction
from aponta.ops.tables import closure
from aponta.usecases.read.completeness import completeness

LONGEST_REASON = 500
ONE_DAY = timedelta(days=1)
LONGEST_SPAN = 2 * ONE_DAY  # dates of the hours of one change: two production days, the second through its night


@dataclass(frozen=True)
class HourBoard:
    """Implements contract Completeness."""

    engine: Engine
    read_factory: Callable[[], Factory]
    clock: Clock

    def hours(self, first: date, last: date, machines: Collection[str] | None = None) -> list[HourCompleteness]:
        with transaction(self.engine) as connection:
            return completeness(connection, self.read_factory(), self.clock(), first, last, machines)

    def close(self, machine: str, when: date | Sequence[datetime], why: str, who: str) -> list[datetime]:
        reason = " ".join(why.split())[:LONGEST_REASON]
        if not reason:
            raise ConfigError("pipeline.no_reason")
        with transaction(self.engine) as connection:
            hours = [row.hour for row in self._rows(connection, machine, when) if row.status in WITHOUT_FILE]
            if not hours:
                raise ConfigError("pipeline.nothing_to_close", machine=machine)
            closed = {"machine": machine, "who": who[:200], "why": reason, "closed_at": self.clock()}
            connection.execute(insert(closure), [closed | {"hour": hour} for hour in hours])
        return hours

    def reopen(self, machine: str, when: date | Sequence[datetime], who: str) -> list[datetime]:
        with transaction(self.engine) as connection:
            hours = [row.hour for row in self._rows(connection, machine, when) if row.closed_by is not None]
            if not hours:
                raise ConfigError("pipeline.nothing_to_reopen", machine=machine)
            same_hours = (closure.c.machine == machine) & closure.c.hour.in_(hours) & closure.c.undone_at.is_(None)
            connection.execute(update(closure).where(same_hours).values(undone_by=who[:200], undone_at=self.clock()))
        return hours

    def _rows(self, connection: Connection, machine: str, when: date | Sequence[datetime]) -> list[HourCompleteness]:
        factory, now = self.read_factory(), self.clock()
        if isinstance(when, date) and not isinstance(when, datetime):
            return completeness(connection, factory, now, when, when, [machine])
        assert not isinstance(when, date)
        for hour in when:  # before any arithmetic: the first and last dates of all have no local time
            if not FIRST_DAY < hour.date() < LAST_DAY:
                raise ConfigError("pipeline.no_day", day=hour.date().isoformat())
        if not when:
            return []
        days = [hour.astimezone(factory.zone).date() for hour in when]
        first, last = min(days), max(days)
        if last - first > LONGEST_SPAN:  # the transaction must be short: nobody else writes meanwhile
            raise ConfigError("pipeline.hours_apart", first=first.isoformat(), last=last.isoformat())
        near = completeness(connection, factory, now, first - ONE_DAY, last, [machine])  # a shift crosses midnight
        return [row for row in near if row.hour in when]
