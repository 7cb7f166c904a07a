"""Posts to Tryton: each declaration a production, made in one transaction and driven to its end in four more - wait,
assign, run, do -, each for a hundred at a time; posting again goes on from whatever state they are in.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from aponta.config.sections.stock import StockSection
from aponta.contract.stock.sink import Declaration, Rejection, StockDocument
from aponta.errors import ConfigError, TransientError
from aponta.ship.destinations.tryton import check as guard
from aponta.ship.destinations.tryton import document, master
from aponta.ship.destinations.tryton.document import Production, require_match
from aponta.ship.destinations.tryton.rpc import Refusal, Rpc
from aponta.ship.destinations.tryton.workflow import change_dates, drive

_HOUR = re.compile(r":(\d{8}T\d{2}):[^:]+:\d+$")
_DAYS = 40  # that are asked for one by one
_TRIES = 4  # at making documents that somebody else makes, too


@dataclass(frozen=True)
class _Known:
    """What hardly ever changes, read once a drain."""

    places: dict[str, master.StockLocation]
    units: dict[int, master.TrytonUnit]
    company: int
    currency: int


class TrytonSink:
    """A `Sink`. Exactly once: the database refuses a second production of a reference."""

    def __init__(self, destination: StockSection, rpc: Rpc) -> None:
        self.name, self.rpc = destination.name, rpc
        self.lots = destination.lot is not None
        named = destination.locations
        self.locations = [one for one in (named.finished, named.scrap, named.intermediate) if one]
        self._kept: _Known | None = None

    def check(self) -> None:
        self._kept = None
        needed = {"production", "stock", *(["stock_lot"] if self.lots else [])}
        try:
            active = [["name", "in", sorted(needed)], ["state", "=", "activated"]]
            there = {one["name"] for one in self.rpc.search_read("ir.module", active, ["name"])}
            if absent := needed - there:
                raise ConfigError("ship.no_module", destination=self.name, modules=", ".join(sorted(absent)))
            if places := [*self._known().places.values()]:
                guard.check_references(self.rpc, places[0])
        except Refusal as refusal:
            raise ConfigError("ship.not_allowed", destination=self.name, why=refusal.words) from refusal

    def look_up(self, keys: Sequence[str]) -> dict[str, StockDocument]:
        return {one.key: one.posted for one in self._there(keys)}

    def post(self, declarations: Sequence[Declaration]) -> dict[str, StockDocument]:
        told: dict[str, StockDocument] = {}
        for at in range(0, len(declarations), document.PAGE):
            told |= self._post(declarations[at : at + document.PAGE])
        return told

    def list_documents(self, site: str, since: datetime, until: datetime) -> Iterator[tuple[str, StockDocument]]:
        """Of a key so long that it was cut, nobody knows the hour: it is not listed."""
        first, last = (f"{at.astimezone(UTC):%Y%m%dT%H}" for at in (since, until - timedelta(seconds=1)))
        for begins in _prefixes(since, until):
            yield from self._listed(f"{_escaped(site)}:%:{begins}%", first, last)

    def _listed(self, like: str, first: str, last: str) -> Iterator[tuple[str, StockDocument]]:
        offset = 0
        while True:
            page = self._read(["reference", "like", like], offset)
            for one in page:
                hour = _HOUR.search(one.key)
                if hour and first <= hour[1] <= last:
                    yield one.key, one.posted
            if len(page) < document.PAGE:
                return
            offset += len(page)

    def on_hand(self) -> list[tuple[str, str, Decimal]]:
        """In the unit that Tryton itself counts each product in."""
        told = []
        for name, place in self._known().places.items():
            others = [one.id for one in self._known().places.values() if one != place]
            found = self.rpc.search_read(
                "product.product",
                [["quantity", "!=", 0]],
                ["code", "quantity"],
                locations=[place.id],
                with_childs=not place.within & set(others),
            )
            told += [(one["code"], name, Decimal(one["quantity"])) for one in found if one["code"]]
        return told

    def closed_until(self) -> date | None:
        closed = [["state", "=", "closed"], ["company", "=", self.rpc.company]]
        last: date | None = None
        for one in self.rpc.search_read("stock.period", closed, ["date"], 0, 1, ("date", "DESC")):
            last = one["date"]
        return last

    def _known(self) -> _Known:
        if self._kept is None:
            company = self.rpc.company
            if company is None:
                raise ConfigError("ship.no_company", destination=self.name)
            (own,) = self.rpc.search_read("company.company", [["id", "=", company]], ["currency"])
            places = master.read_locations(self.rpc, self.locations)
            self._kept = _Known(places, master.read_units(self.rpc), company, own["currency"])
        return self._kept

    def _there(self, keys: Sequence[str]) -> list[Production]:
        return [one for page in document.pages(keys) for one in self._read(["reference", "in", list(page)])]

    def _read(self, domain: list[object], offset: int = 0) -> list[Production]:
        return document.read_productions(self.rpc, domain, self._known().places.values(), offset, lots=self.lots)

    def _post(self, said: Sequence[Declaration]) -> dict[str, StockDocument]:
        try:
            there = change_dates(self.rpc, self._made(said), {one.key: one.booked_on for one in said})
            drive(self.rpc, [one for one in there if not one.takes])
            drive(self.rpc, [one for one in there if one.takes])  # of what the others may just have brought
        except Refusal as refusal:
            raise Rejection(said[0].key if len(said) == 1 else "", refusal.words) from refusal
        return {one.key: one.posted for one in self._there([one.key for one in said])}

    def _made(self, said: Sequence[Declaration]) -> list[Production]:
        """The documents of these, as they stand; made where they are absent."""
        known = self._known()
        found = master.read_products(self.rpc, (one.stock_code for one in said))
        units = {one.key: self._unit(one, found) for one in said}
        for _ in range(_TRIES):
            there = self._there([one.key for one in said])
            by_key = {one.key: one for one in there}
            for one in said:
                if one.key in by_key:
                    require_match(one, by_key[one.key], units[one.key])
            absent = [one for one in said if one.key not in by_key]
            if not absent:
                return there
            lots = master.find_or_create_lots(
                self.rpc, ((one.lot, found[one.stock_code].id) for one in absent if one.lot)
            )
            made = [
                document.production_values(
                    one,
                    (product := found[one.stock_code]),
                    units[one.key],
                    master.price_of(product, units[one.key], known.units),
                    known.places[one.location],
                    lots.get((one.lot or "", product.id)),
                    known.company,
                    known.currency,
                )
                for one in absent
            ]
            try:
                ids = self.rpc.call("production", "create", made)
            except (Refusal, TransientError) as error:
                unsure = isinstance(error, Refusal) or error.code == "ship.unsure"
                if not unsure or not self._there([one.key for one in absent]):
                    raise
                continue  # somebody else was faster: what is there decides
            return there + [document.new_production(id, one) for id, one in zip(ids, absent, strict=True)]
        raise TransientError("ship.unsure", destination=self.name, why="somebody else makes these productions")

    def _unit(self, said: Declaration, found: dict[str, master.TrytonProduct]) -> master.TrytonUnit:
        """Raises Rejection for what could never be posted."""
        product = found.get(said.stock_code)
        if product is None:
            raise Rejection(said.key, f"there is no product with the code {said.stock_code}")
        if product.refused:
            raise Rejection(said.key, product.refused)
        if said.location not in self._known().places:
            raise Rejection(said.key, f"aponta.toml names no location {said.location}")
        return master.unit_for(said, product, self._known().units)


def _prefixes(since: datetime, until: datetime) -> list[str]:
    """What the hours begin with, as keys write them: asked for so, a day is read without the years about it."""
    first, last = since.astimezone(UTC), until.astimezone(UTC) - timedelta(seconds=1)
    days = (last.date() - first.date()).days + 1
    if days > _DAYS:
        return [os.path.commonprefix([f"{first:%Y%m%d}", f"{last:%Y%m%d}"])]
    return [f"{first.date() + timedelta(days=at):%Y%m%d}T" for at in range(days)]


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)
