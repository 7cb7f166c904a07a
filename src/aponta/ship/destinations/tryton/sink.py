"""Posts to Tryton: each declaration a production, created in one transaction and brought to its end in four more -
wait, assign, run, do -, each for a hundred productions at a time. Posting again goes on from any state.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from aponta.config.sections.stock import StockSection
from aponta.contract.stock.key import hour_of_key
from aponta.contract.stock.sink import Declaration, Rejection, StockDocument
from aponta.errors import ConfigError, TransientError
from aponta.ops.database import chunks
from aponta.ship.destinations.tryton import document, master
from aponta.ship.destinations.tryton.check import check_references
from aponta.ship.destinations.tryton.document import Production, require_match
from aponta.ship.destinations.tryton.rpc import Refusal, Rpc
from aponta.ship.destinations.tryton.workflow import change_dates, drive

_DAYS = 40  # days that are asked for one by one
_ATTEMPTS = 4  # at creating productions that another process creates, too


@dataclass(frozen=True)
class _MasterData:
    """Read once per drain: it hardly ever changes."""

    locations: dict[str, master.StockLocation]
    units: dict[int, master.TrytonUnit]
    company: int
    currency: int


class TrytonSink:
    """A `Sink`. Exactly once: the database refuses a second production of a reference."""

    def __init__(self, destination: StockSection, rpc: Rpc) -> None:
        self.name, self.rpc = destination.name, rpc
        self.lots = destination.lot is not None
        named = destination.locations
        self.locations = [location for location in (named.finished, named.scrap, named.intermediate) if location]
        self._cached: _MasterData | None = None

    def check(self) -> None:
        self._cached = None
        needed = {"production", "stock", *(["stock_lot"] if self.lots else [])}
        try:
            active = [["name", "in", sorted(needed)], ["state", "=", "activated"]]
            modules = {module["name"] for module in self.rpc.search_read("ir.module", active, ["name"])}
            if absent := needed - modules:
                raise ConfigError("ship.no_module", destination=self.name, modules=", ".join(sorted(absent)))
            if locations := [*self._master_data().locations.values()]:
                check_references(self.rpc, locations[0])
        except Refusal as refusal:
            raise ConfigError("ship.not_allowed", destination=self.name, why=refusal.words) from refusal

    def look_up(self, keys: Sequence[str]) -> dict[str, StockDocument]:
        return {production.key: production.document for production in self._productions(keys)}

    def post(self, declarations: Sequence[Declaration]) -> dict[str, StockDocument]:
        documents: dict[str, StockDocument] = {}
        for page in chunks(declarations, document.PAGE):
            documents |= self._post(page)
        return documents

    def list_documents(self, site: str, since: datetime, until: datetime) -> Iterator[tuple[str, StockDocument]]:
        """Without productions whose key was cut for its length: their hour is not known."""
        for start in _prefixes(since, until):
            for production in self._all_like(f"{_escaped(site)}:%:{start}%"):
                hour = hour_of_key(production.key)
                if hour is not None and since <= hour < until:
                    yield production.key, production.document

    def _all_like(self, pattern: str) -> Iterator[Production]:
        offset = 0
        while True:
            page = self._read(["reference", "like", pattern], offset)
            yield from page
            if len(page) < document.PAGE:
                return
            offset += len(page)

    def on_hand(self) -> list[tuple[str, str, Decimal]]:
        """In the unit in which Tryton counts each product."""
        quantities = []
        locations = self._master_data().locations
        for name, location in locations.items():
            others = {other.id for other in locations.values() if other != location}
            products = self.rpc.search_read(
                "product.product",
                [["quantity", "!=", 0]],
                ["code", "quantity"],
                locations=[location.id],
                with_childs=not location.within & others,
            )
            quantities += [
                (product["code"], name, Decimal(product["quantity"])) for product in products if product["code"]
            ]
        return quantities

    def closed_until(self) -> date | None:
        closed = [["state", "=", "closed"], ["company", "=", self.rpc.company]]
        last: date | None = None
        for period in self.rpc.search_read("stock.period", closed, ["date"], 0, 1, ("date", "DESC")):
            last = period["date"]
        return last

    def _master_data(self) -> _MasterData:
        if self._cached is None:
            company = self.rpc.company
            if company is None:
                raise ConfigError("ship.no_company", destination=self.name)
            (own,) = self.rpc.search_read("company.company", [["id", "=", company]], ["currency"])
            locations = master.read_locations(self.rpc, self.locations)
            self._cached = _MasterData(locations, master.read_units(self.rpc), company, own["currency"])
        return self._cached

    def _productions(self, keys: Sequence[str]) -> list[Production]:
        return [
            production for page in chunks(keys, document.PAGE) for production in self._read(["reference", "in", page])
        ]

    def _read(self, domain: list[object], offset: int = 0) -> list[Production]:
        locations = self._master_data().locations.values()
        return document.read_productions(self.rpc, domain, locations, offset, lots=self.lots)

    def _post(self, declarations: Sequence[Declaration]) -> dict[str, StockDocument]:
        days = {declaration.key: declaration.booked_on for declaration in declarations}
        try:
            productions = change_dates(self.rpc, self._find_or_create(declarations), days)
            drive(self.rpc, [production for production in productions if not production.takes])
            drive(self.rpc, [production for production in productions if production.takes])  # goods just made, maybe
        except Refusal as refusal:
            raise Rejection(declarations[0].key if len(declarations) == 1 else "", refusal.words) from refusal
        return self.look_up([*days])

    def _find_or_create(self, declarations: Sequence[Declaration]) -> list[Production]:
        """The declarations' productions as they are; created where they are absent."""
        products = master.read_products(self.rpc, (declaration.stock_code for declaration in declarations))
        units = {declaration.key: self._unit(declaration, products) for declaration in declarations}
        for _ in range(_ATTEMPTS):
            productions = self._productions([*units])
            by_key = {production.key: production for production in productions}
            for declaration in declarations:
                if declaration.key in by_key:
                    require_match(declaration, by_key[declaration.key], units[declaration.key])
            absent = [declaration for declaration in declarations if declaration.key not in by_key]
            if not absent:
                return productions
            values = self._values(absent, products, units)
            try:
                ids = self.rpc.call("production", "create", values)
            except (Refusal, TransientError) as error:
                unsure = isinstance(error, Refusal) or error.code == "ship.unsure"
                if not unsure or not self._productions([declaration.key for declaration in absent]):
                    raise
                continue  # another process was faster: its productions decide
            return productions + [document.new_production(id, each) for id, each in zip(ids, absent, strict=True)]
        raise TransientError("ship.unsure", destination=self.name, why="somebody else makes these productions")

    def _values(
        self,
        declarations: Sequence[Declaration],
        products: dict[str, master.TrytonProduct],
        units: dict[str, master.TrytonUnit],
    ) -> list[dict[str, Any]]:
        """The fields of new productions. Creates their lots."""
        data = self._master_data()
        wanted = ((each.lot, products[each.stock_code].id) for each in declarations if each.lot)
        lots = master.find_or_create_lots(self.rpc, wanted)
        values = []
        for declaration in declarations:
            product, unit = products[declaration.stock_code], units[declaration.key]
            price = master.price_of(product, unit, data.units)
            location, lot = data.locations[declaration.location], lots.get((declaration.lot or "", product.id))
            values.append(
                document.production_values(
                    declaration, product, unit, price, location, lot, data.company, data.currency
                )
            )
        return values

    def _unit(self, declaration: Declaration, products: dict[str, master.TrytonProduct]) -> master.TrytonUnit:
        """Raises Rejection for a declaration that could never be posted."""
        product, data = products.get(declaration.stock_code), self._master_data()
        if product is None:
            raise Rejection(declaration.key, f"there is no product with the code {declaration.stock_code}")
        if product.refused:
            raise Rejection(declaration.key, product.refused)
        if declaration.location not in data.locations:
            raise Rejection(declaration.key, f"aponta.toml names no location {declaration.location}")
        return master.unit_for(declaration, product, data.units)


def _prefixes(since: datetime, until: datetime) -> list[str]:
    """The beginnings of the hours in keys, so that Tryton reads a day without the years around it."""
    first, last = since.astimezone(UTC), until.astimezone(UTC) - timedelta(seconds=1)
    days = (last.date() - first.date()).days + 1
    if days > _DAYS:
        return [os.path.commonprefix([f"{first:%Y%m%d}", f"{last:%Y%m%d}"])]
    return [f"{first.date() + timedelta(days=number):%Y%m%d}T" for number in range(days)]


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)
