"""Tryton's master data: locations, products and their units, lots. aponta creates lots only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from aponta.contract.stock.quantity import quantity_text
from aponta.contract.stock.sink import Declaration, Rejection
from aponta.errors import ConfigError
from aponta.ship.destinations.tryton.rpc import Rpc

# Words that mean a piece, in products.csv or in Tryton: its own unit is called "Unit", or "u".
PIECES = frozenset(
    {"u", "un", "und", "uni", "unid", "unit", "units", "ea", "each", "pc", "pcs", "piece", "pieces"}
    | {"unidade", "unidades", "pç", "pçs", "peça", "peças", "unidad", "pz", "pieza", "piezas"}
    | {"unité", "unités", "pièce", "pièces", "einheit", "stk", "stück"}
)


@dataclass(frozen=True)
class StockLocation:
    """A location that aponta.toml names."""

    id: int
    name: str  # as aponta.toml has it
    warehouse: int
    production: int  # the warehouse's production location
    within: frozenset[int]  # the location and those below it


@dataclass(frozen=True)
class TrytonProduct:
    id: int
    code: str
    unit: int  # its default one
    category: int  # of units
    cost: Decimal
    refused: str  # why it cannot be posted; empty: it can


@dataclass(frozen=True)
class TrytonUnit:
    id: int
    category: int
    factor: Decimal  # of the category's own unit
    rounding: Decimal
    names: frozenset[str]


def read_locations(rpc: Rpc, names: Iterable[str]) -> dict[str, StockLocation]:
    """Locations by code or name. Raises ConfigError for one that is missing, ambiguous, or not a place for stock."""
    wanted = sorted(set(names))
    fields = ["code", "name", "type"]
    found = rpc.search_read("stock.location", [["OR", ["code", "in", wanted], ["name", "in", wanted]]], fields)
    warehouses = rpc.search_read("stock.location", [["type", "=", "warehouse"]], ["production_location"])
    locations = {}
    for name in wanted:
        named = [each for each in found if each["code"] == name] or [each for each in found if each["name"] == name]
        above = [
            warehouse
            for warehouse in warehouses
            if len(named) == 1 and named[0]["type"] == "storage" and _within(rpc, warehouse["id"], named[0]["id"])
        ]
        if not above:
            raise ConfigError("ship.no_location", destination=rpc.destination, location=name, found=len(named))
        id, warehouse = named[0]["id"], above[0]
        within = frozenset(_within(rpc, id))
        locations[name] = StockLocation(id, name, warehouse["id"], warehouse["production_location"], within)
    return locations


def _within(rpc: Rpc, above: int, only: int | None = None) -> list[int]:
    domain: list[Any] = [["parent", "child_of", [above], "parent"]]
    ids: list[int] = rpc.call("stock.location", "search", domain + ([["id", "=", only]] if only else []), 0, None, None)
    return ids


def read_products(rpc: Rpc, codes: Iterable[str]) -> dict[str, TrytonProduct]:
    """The products of these codes that exist, by code."""
    fields = ["code", "default_uom", "default_uom.category", "cost_price", "cost_price_method", "producible"]
    products: dict[str, TrytonProduct] = {}
    for record in rpc.search_read("product.product", [["code", "in", sorted(set(codes))]], fields):
        code, method, refused = record["code"], record["cost_price_method"], ""
        if not record["producible"]:
            refused = f"product {code} is not producible"
        elif method != "fixed":  # a production without inputs costs nothing: the cost would fall with each posting
            refused = f"product {code} has the cost method {method}: only fixed keeps its cost as it is"
        unit, category = record["default_uom"], record["default_uom."]["category"]
        cost = record["cost_price"] or Decimal(0)
        products[code] = TrytonProduct(record["id"], code, unit, category, cost, refused)
    return products


def read_units(rpc: Rpc) -> dict[int, TrytonUnit]:
    """Every unit by id, with its names in English and in the user's language."""
    fields = ["name", "symbol", "category", "factor", "rounding"]
    records = rpc.search_read("product.uom", [], fields, language="en") + rpc.search_read("product.uom", [], fields)
    units: dict[int, TrytonUnit] = {}
    for record in records:
        id, category = record["id"], record["category"]
        names = frozenset(record[name].casefold() for name in ("name", "symbol"))
        before = units[id].names if id in units else frozenset()
        units[id] = TrytonUnit(id, category, Decimal(record["factor"]), Decimal(record["rounding"]), names | before)
    return units


def unit_for(declaration: Declaration, product: TrytonProduct, units: Mapping[int, TrytonUnit]) -> TrytonUnit:
    """The unit of a declaration: the one with its symbol or name among the product's units, or pieces under another
    name. Raises Rejection where there is none, more than one, or one in which Tryton would round the quantity, since it
    counts stock in the product's own unit.
    """
    wanted = declaration.unit.casefold()
    fitting = [unit for unit in units.values() if unit.category == product.category]
    named = [unit for unit in fitting if wanted in unit.names]
    if not named and wanted in PIECES:
        named = [unit for unit in fitting if unit.names & PIECES]
    if len(named) != 1:
        names = ", ".join(sorted("/".join(sorted(unit.names)) for unit in fitting))
        raise Rejection(
            declaration.key, f"product {product.code} is not counted in {declaration.unit}, but in: {names}"
        )
    (unit,), own = named, units[product.unit]
    steps = Fraction(declaration.quantity) * Fraction(unit.factor) / Fraction(own.factor) / Fraction(own.rounding)
    if unit != own and steps.denominator != 1:
        quantity, whole = quantity_text(declaration.quantity), "/".join(sorted(own.names))
        raise Rejection(
            declaration.key, f"{quantity} {declaration.unit} of product {product.code} make no whole {whole}"
        )
    return unit


def price_of(product: TrytonProduct, unit: TrytonUnit, units: Mapping[int, TrytonUnit]) -> Decimal:
    """The cost of one unit, in the company's currency."""
    if unit.id == product.unit:
        return product.cost
    return (product.cost * unit.factor / units[product.unit].factor).quantize(Decimal("0.0001"))


def find_or_create_lots(rpc: Rpc, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """The ids of lots, by (number, product's id). Creates those that are absent."""
    lots_wanted = sorted(set(wanted))
    if not lots_wanted:
        return {}
    numbers, products = ([*dict.fromkeys(part)] for part in zip(*lots_wanted, strict=True))
    domain = [["number", "in", numbers], ["product", "in", products]]
    lots: dict[tuple[str, int], int] = {}
    for record in rpc.search_read("stock.lot", domain, ["number", "product"]):
        lots.setdefault((record["number"], record["product"]), record["id"])
    absent = [lot for lot in lots_wanted if lot not in lots]
    if absent:
        ids = rpc.call("stock.lot", "create", [{"number": number, "product": product} for number, product in absent])
        lots.update(zip(absent, ids, strict=True))
    return lots
