"""The board of hours: read, and closed by a person where no file will come ("machine switched off")."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, insert, update

from aponta.config import Factory
from aponta.contract.clock import Clock
from aponta.contract.completeness import WITHOUT_FILE, MachineHour
from aponta.errors import ConfigError
from aponta.ops.database import transaction
from aponta.ops.tables import closure
from aponta.pipeline.completeness import completeness

LONGEST_WHY = 500


@dataclass(frozen=True)
class Board:
    """Implements contract Completeness."""

    engine: Engine
    read_factory: Callable[[], Factory]
    clock: Clock

    def of(self, first: date, last: date, machines: Collection[str] | None = None) -> list[MachineHour]:
        with transaction(self.engine) as connection:
            return completeness(connection, self.read_factory(), self.clock(), first, last, machines)

    def close(self, machine: str, when: date | Sequence[datetime], why: str, who: str) -> list[datetime]:
        reason = " ".join(why.split())[:LONGEST_WHY]
        if not reason:
            raise ConfigError("pipeline.no_reason")
        with transaction(self.engine) as connection:
            hours = [one.hour for one in self._meant(connection, machine, when) if one.status in WITHOUT_FILE]
            if not hours:
                raise ConfigError("pipeline.nothing_to_close", machine=machine)
            said = {"machine": machine, "who": who[:200], "why": reason, "closed_at": self.clock()}
            connection.execute(insert(closure), [said | {"hour": hour} for hour in hours])
        return hours

    def reopen(self, machine: str, when: date | Sequence[datetime], who: str) -> list[datetime]:
        with transaction(self.engine) as connection:
            hours = [one.hour for one in self._meant(connection, machine, when) if one.closed_by is not None]
            if not hours:
                raise ConfigError("pipeline.nothing_to_reopen", machine=machine)
            same = (closure.c.machine == machine) & closure.c.hour.in_(hours) & closure.c.undone_at.is_(None)
            connection.execute(update(closure).where(same).values(undone_by=who[:200], undone_at=self.clock()))
        return hours

    def _meant(self, connection: Connection, machine: str, when: date | Sequence[datetime]) -> list[MachineHour]:
        factory, now = self.read_factory(), self.clock()
        if isinstance(when, date) and not isinstance(when, datetime):
            return completeness(connection, factory, now, when, when, [machine])
        assert not isinstance(when, date)
        days = {hour.astimezone(factory.zone).date() for hour in when}
        near = days | {day - timedelta(days=1) for day in days}  # the shift may have begun the day before
        rows = [row for day in sorted(near) for row in completeness(connection, factory, now, day, day, [machine])]
        return [row for row in rows if row.hour in when]
