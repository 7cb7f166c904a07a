"""The whole configuration of a factory, checked as one: its files must agree with each other."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from aponta.config.calendar_file import CalendarRules
from aponta.config.folder_name import check_folder_name
from aponta.config.master import IdealCycle, Machine, Product, read_rows
from aponta.config.secret import database_url, resolve_secret
from aponta.config.sections.stock import StockSection
from aponta.config.settings import Settings
from aponta.config.toml_file import read_toml
from aponta.contract.layout import Layout
from aponta.errors import ConfigError

Row = TypeVar("Row", Machine, Product)


@dataclass(frozen=True)
class Factory:
    folder: Path
    settings: Settings
    machines: dict[str, Machine]
    products: dict[str, Product]
    ideal_cycles: tuple[IdealCycle, ...]
    calendar: CalendarRules
    layouts: dict[str, Layout]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.factory.timezone)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def lake_folder(self) -> Path:
        return self.folder / self.settings.lake.url

    @property
    def ops_url(self) -> str:
        return database_url(self.settings.ops.url, self.folder)

    @property
    def sensors(self) -> tuple[str, ...]:
        """Every sensor of every layout: the extra columns of silver.items."""
        return tuple(sorted({name for layout in self.layouts.values() for name in layout.sensors}))

    def stock_url(self, destination: StockSection) -> str:
        """The stock system's address, with its passwords: for `sql` a SQLAlchemy URL, for `files` a folder."""
        if destination.kind == "sql":
            return database_url(destination.url, self.folder)
        url = resolve_secret(destination.url, self.folder)
        return str(self.folder / url) if destination.kind == "files" else url

    def stock_start(self, destination: StockSection) -> datetime | None:
        """The time from which items are declared, UTC."""
        return destination.start_utc(self.zone)


def load(folder: Path, *, layouts_to_come: bool = False) -> Factory:
    """Reads and checks the factory folder. layouts_to_come: a machine's row may name a layout that does not exist yet.

    Raises ConfigError with file, row, key, value and what to do.
    """
    if not (folder / "aponta.toml").is_file():
        raise ConfigError("config.no_factory", folder=folder)
    settings = read_toml(folder / "aponta.toml", Settings)
    check_folder_name(folder / settings.lake.url)
    for name in (*settings.landing.folders, *(source.url for source in settings.source if source.kind == "folder")):
        landing, data = (folder / name).resolve(), (folder / "data").resolve()
        if data.is_relative_to(landing) or landing.is_relative_to(data):  # files stored there would be collected again
            raise ConfigError("config.landing_holds_data", landing=name)
    layouts = _layouts(folder / "layouts")
    machines = _by_name("machines.csv", "machine", list(read_rows(folder / "machines.csv", Machine)))
    for machine in machines.values():
        if machine.layout not in layouts and not layouts_to_come:
            raise ConfigError(
                "config.no_layout", machine=machine.machine, layout=machine.layout, known=", ".join(layouts) or "-"
            )
    products = _by_name("products.csv", "product", list(read_rows(folder / "products.csv", Product)))
    cycles = folder / "ideal_cycles.csv"
    calendar = folder / "calendar.toml"
    return Factory(
        folder=folder,
        settings=settings,
        machines=machines,
        products=products,
        ideal_cycles=tuple(read_rows(cycles, IdealCycle)) if cycles.is_file() else (),
        calendar=read_toml(calendar, CalendarRules) if calendar.is_file() else CalendarRules(),
        layouts=layouts,
    )


def _layouts(folder: Path) -> dict[str, Layout]:
    layouts: dict[str, Layout] = {}
    for path in sorted(folder.glob("*.toml")):
        layout = read_toml(path, Layout)
        if layout.name in layouts:
            raise ConfigError("config.twice", file=path.name, key="name", value=layout.name)
        layouts[layout.name] = layout
    return layouts


def _by_name(file: str, key: str, rows: list[Row]) -> dict[str, Row]:
    by_name: dict[str, Row] = {}
    for row in rows:
        name = getattr(row, key)
        if name in by_name:
            raise ConfigError("config.twice", file=file, key=key, value=name)
        by_name[name] = row
    return by_name
