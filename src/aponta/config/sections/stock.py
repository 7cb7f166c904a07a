"""[stock] or [[stock]] of aponta.toml: a stock system to which the machines' production is declared."""

from datetime import UTC, date, datetime
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from aponta.config.sections.files import FilesSection
from aponta.config.sections.rest import RestSection
from aponta.config.sections.section import Section
from aponta.config.sections.sql import SqlSection
from aponta.contract.rule import rule_error

StockKind = Literal["sql", "tryton", "rest", "files"]


def lot_of(pattern: str | None, site: str, machine: str, product: str, day: date) -> str | None:
    """The lot's number; None: the factory has no lots. `day`: the factory's."""
    return pattern and pattern.format(site=site, machine=machine, product=product, day=day)


class Locations(Section):
    finished: str | None = Field(None, max_length=200, description="where good pieces of `finished` machines go")
    scrap: str | None = Field(None, max_length=200, description="where scrap goes")
    intermediate: str | None = Field(
        None,
        max_length=200,
        description="where good pieces of `intermediate` machines go; none: they are not declared",
    )


class StockSection(Section):
    name: str = Field("main", pattern=r"^[A-Za-z0-9_-]{1,40}$", description="the destination's name")
    kind: StockKind = Field("sql", description="kind of stock system")
    url: str = Field(
        "data/stock.db",
        description="sql: a SQLite file or any SQLAlchemy URL; files: a folder; rest: the server's address; or "
        "env:NAME / file:PATH holding it",
    )
    start: datetime | None = Field(
        None,
        description="items made before are never declared: people counted them. On the hour of UTC; "
        "without a zone it is the factory's",
    )
    declare: Literal["hour_closed", "each_run"] = Field("hour_closed", description="when an hour's output is declared")
    close_after_minutes: float = Field(
        20, ge=0, le=10_080, description="an hour without trailer or successor is closed this long after its end"
    )
    closed_period: Literal["next_open", "wait"] = Field(
        "next_open",
        description="what was made in a period that the stock system has closed: booked on the first open day, or it "
        "waits until a person says so",
    )
    lot: str | None = Field(
        None,
        min_length=1,
        max_length=60,
        description="number of the lot that a declaration belongs to, as in `{product}-{day:%Y%m%d}`; also `{site}`, "
        "`{machine}`; without it no lots",
    )
    locations: Locations = Field(
        default_factory=lambda: Locations.model_validate({"finished": "finished", "scrap": "scrap"}),
        description="locations in the stock system",
    )
    sql: SqlSection = Field(
        default_factory=lambda: SqlSection.model_validate({}), description="of a destination of kind sql"
    )
    files: FilesSection = Field(
        default_factory=lambda: FilesSection.model_validate({}), description="of a destination of kind files"
    )
    rest: RestSection | None = Field(None, description="of a destination of kind rest")

    @field_validator("lot")
    @classmethod
    def _lot_can_be_written(cls, value: str | None) -> str | None:
        try:
            lot_of(value, "S", "M", "P", date(2026, 1, 1))
        except (KeyError, IndexError, ValueError, AttributeError):
            raise rule_error("lot") from None
        return value

    @model_validator(mode="after")
    def _of_one_kind(self) -> "StockSection":
        for kind in get_args(StockKind):
            if kind != self.kind and kind in self.model_fields_set:
                raise rule_error("key_of_kind", kind, kind=self.kind, of=kind)
        if self.kind == "rest" and self.rest is None:
            raise rule_error("kind_lacks", "rest", kind=self.kind)
        return self

    def start_utc(self, zone: ZoneInfo) -> datetime | None:
        """The time from which items are declared; a `start` without a zone is in the factory's."""
        return self.start and (self.start if self.start.tzinfo else self.start.replace(tzinfo=zone)).astimezone(UTC)
