"""aponta.toml as typed values. Every key has a meaning here; `docs/reference/configuration.md` is made from this
file.
"""

from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from aponta.config.sections.section import Section
from aponta.config.sections.source import INBOX, SourceSection
from aponta.config.sections.stock import StockSection
from aponta.contract.rule import rule_error


class FactorySection(Section):
    name: str = Field(description="the company's or the plant's name, as people read it")
    site: str = Field(pattern=r"^[A-Za-z0-9_-]{1,20}$", description="short code of the plant; part of every stock key")
    timezone: str = Field("America/Sao_Paulo", description="zone of the machines' clocks and of the calendar")
    language: Literal["pt-BR", "en"] = Field("pt-BR", description="language of messages, pages and reports")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except Exception:
            raise rule_error("time_zone") from None
        return value


class LandingSection(Section):
    folders: tuple[Annotated[str, Field(max_length=500)], ...] = Field(
        ("landing",), min_length=1, description="where the machines' files land, walked with their sub-folders"
    )
    poll_seconds: float = Field(5, gt=0, le=86_400, description="how often `aponta watch` looks")
    stable_seconds: float = Field(
        5, ge=0, le=86_400, description="a file is taken once its size and time have not changed for so long"
    )
    due_minutes: float = Field(15, ge=0, description="an hour's file is late this long after the hour's end")
    after: Literal["leave", "move", "delete"] = Field(
        "leave", description="what becomes of the original, once the copy in data/raw was verified"
    )


class LakeSection(Section):
    url: str = Field("data/lake", description="where the tables are kept: a folder")
    engine: Literal["embedded"] = Field("embedded", description="what runs the transformations")

    @field_validator("url")
    @classmethod
    def _folder(cls, value: str) -> str:
        if "://" in value:
            raise rule_error("folder")
        return value


class OpsSection(Section):
    url: str = Field(
        "data/ops.db",
        description="operational database: a SQLite file, a PostgreSQL URL, or env:NAME / file:PATH holding one",
    )


class ServeSection(Section):
    host: str = Field(
        "127.0.0.1",
        max_length=200,
        description="address the pages listen on; beyond this computer's own a user is needed",
    )
    port: int = Field(8000, ge=0, le=65_535, description="and the port")
    names: tuple[Annotated[str, Field(max_length=253)], ...] = Field(
        (), description="names under which people open them, beside that address: as in panel.factory.example"
    )
    proxy: bool = Field(
        False,
        description="a proxy on this computer passes requests on (as for TLS): it is believed who asks, "
        "and sign-in is asked of everybody",
    )


def _listed(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


class Settings(Section):
    """The whole of aponta.toml. `source` and `stock` may each be one table or several ([[stock]])."""

    factory: FactorySection
    landing: LandingSection = Field(default_factory=lambda: LandingSection.model_validate({}))
    lake: LakeSection = Field(default_factory=lambda: LakeSection.model_validate({}))
    ops: OpsSection = Field(default_factory=lambda: OpsSection.model_validate({}))
    serve: ServeSection = Field(default_factory=lambda: ServeSection.model_validate({}))
    source: Annotated[
        tuple[SourceSection, ...], Field(description="further sources of files: [source], or several [[source]]")
    ] = ()
    stock: Annotated[
        tuple[StockSection, ...], Field(description="destinations of stock: [stock], or several [[stock]]")
    ] = ()

    @field_validator("source", "stock", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return _listed(value)

    @field_validator("stock")
    @classmethod
    def _distinct_names(cls, value: tuple[StockSection, ...]) -> tuple[StockSection, ...]:
        names = [destination.name for destination in value]
        if len(set(names)) < len(names):
            raise rule_error("same_names")
        return value

    @model_validator(mode="after")
    def _distinct_sources(self) -> "Settings":
        taken = {INBOX, *self.landing.folders}
        for number, source in enumerate(self.source):
            if source.name in taken:
                raise rule_error("source_name", "source", number, "name", name=source.name)
            taken.add(source.name)
        return self

    @model_validator(mode="after")
    def _start_on_the_hour(self) -> "Settings":
        """Facts are stored by the hour of UTC: where the zone is half an hour off, so is the start."""
        zone = ZoneInfo(self.factory.timezone)
        for number, destination in enumerate(self.stock):
            start, start_utc = destination.start, destination.start_utc(zone)
            if start and start_utc and (hour := start_utc.replace(minute=0, second=0, microsecond=0)) != start_utc:
                near = (hour, hour + timedelta(hours=1))
                before, after = (each.astimezone(start.tzinfo or zone).replace(tzinfo=start.tzinfo) for each in near)
                facts = {"before": before.isoformat(), "after": after.isoformat()}
                raise rule_error("on_the_hour", "stock", number, "start", **facts)
        return self
