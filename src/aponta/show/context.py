"""The source of whatever pages show: the configuration as it is now, the published facts, the operational database and
the time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine

from aponta.config import Factory
from aponta.config.master import Machine
from aponta.contract.clock import Clock
from aponta.contract.pages.completeness import FIRST_DAY, LAST_DAY, Completeness
from aponta.contract.pages.inbox import Inbox
from aponta.contract.pages.reader import Reader
from aponta.contract.stock.control import StockControl
from aponta.errors import ConfigError
from aponta.ops.database import transaction


@dataclass(frozen=True)
class PageContext:
    read_factory: Callable[[], Factory]  # the configuration as its files are now; raises ConfigError
    engine: Engine
    reader: Reader
    clock: Clock
    stock: StockControl
    completeness: Completeness
    inbox: Inbox | None = None  # where machines send files to; None: they cannot

    @property
    def factory(self) -> Factory:
        return self.read_factory()

    def machine(self, name: str) -> Machine:
        """Raises ConfigError `pipeline.no_machine`."""
        machines = self.factory.machines
        if name not in machines:
            raise ConfigError("pipeline.no_machine", machine=name[:100], known=", ".join(machines) or "-")
        return machines[name]

    def for_user(self, user: str | None) -> "PageContext":
        """The same, its tables as this user may read them. user: as in contract Policy."""
        return replace(self, reader=self.reader.for_user(user))

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Rows of the published facts, as contract Reader gives them."""
        return self.reader.rows(sql, *values)

    @contextmanager
    def ops(self) -> Iterator[Connection]:
        """A transaction of the operational database."""
        with transaction(self.engine) as connection:
            yield connection

    def today(self) -> date:
        """The factory's local date."""
        return self.clock().astimezone(self.factory.zone).date()

    def shown_day(self, wanted: date | None) -> date:
        """The wanted day; None: today, or the last day with facts while today has none. Days with facts of a shift come
        first: a few items that spill into the night after a shift make no day.

        Raises ConfigError `pipeline.no_day`.
        """
        if wanted:
            if not FIRST_DAY <= wanted <= LAST_DAY:
                raise ConfigError("pipeline.no_day", day=wanted.isoformat())
            return wanted
        today = self.today()
        last: date | None = self.rows(
            "SELECT coalesce(max(production_day) FILTER (shift IS NOT NULL), max(production_day)) AS day "
            "FROM gold.production WHERE production_day <= ?",
            today,
        )[0]["day"]
        return last or today
