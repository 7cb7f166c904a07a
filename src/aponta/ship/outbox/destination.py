"""A stock system with all that decides how production is declared to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Literal, Protocol

from aponta.config.sections.stock import Locations, StockSection, lot_of
from aponta.contract.stock.key import LONGEST_LOT, bounded
from aponta.errors import ConfigError

StockRole = Literal["finished", "intermediate", "none"]


class StockProduct(Protocol):
    @property
    def stock_code(self) -> str: ...  # empty: the product's own name
    @property
    def unit(self) -> str: ...
    @property
    def pieces_per_unit(self) -> Decimal | int: ...


@dataclass(frozen=True)
class Destination:
    section: StockSection
    site: str
    zone: tzinfo  # of the factory: declarations are booked on its days
    roles: Mapping[str, StockRole]  # by machine
    products: Mapping[str, StockProduct]  # by the name that machines write

    @property
    def name(self) -> str:
        return self.section.name

    @property
    def start(self) -> datetime:
        """The hour from which production is declared. Raises ConfigError where it is missing or has no zone."""
        start = self.section.start
        if start is None:
            raise ConfigError("ship.no_start", destination=self.name)
        if start.tzinfo is None:
            raise ConfigError("ship.start_without_zone", destination=self.name, start=start)
        return start

    def location(self, machine: str, quality: str) -> str | None:
        """The location where a machine's pieces of a quality go; None: they are not declared."""
        return location_of(self.section.locations, self.roles.get(machine, "none"), quality)

    def lot(self, machine: str, product: str, day: date) -> str | None:
        """The lot of a day's pieces; None: the destination keeps no lots."""
        lot = lot_of(self.section.lot, self.site, machine, product, day)
        return lot and bounded(lot, LONGEST_LOT)


def location_of(locations: Locations, role: StockRole, quality: str) -> str | None:
    """The location where pieces of a quality go from a machine of that role; None: they are not declared."""
    good = {"finished": locations.finished, "intermediate": locations.intermediate, "none": None}[role]
    if role == "none" or (role == "intermediate" and good is None):
        return None
    return {"good": good, "scrap": locations.scrap}.get(quality)


def stock_code_of(product: str, products: Mapping[str, StockProduct]) -> str:
    """The stock system's code of a product; its own name where products.csv gives no other."""
    known = products.get(product)
    return (known and known.stock_code) or product
