"""What stands in Tryton beside documents: locations, products and their units, lots. Only lots are ever made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

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
    production: int  # the warehouse's location where things are made
    within: frozenset[int]  # the location and those below it


@dataclass(frozen=True)
class TrytonProduct:
    id: int
    code: str
    unit: int  # its default one
    category: int  # of units
    cost: Decimal
    refused: str  # why nothing of it can be posted


@dataclass(frozen=True)
class TrytonUnit:
    id: int
    category: int
    factor: Decimal  # of the category's own unit
    rounding: Decimal
    names: frozenset[str]


def read_locations(rpc: Rpc, names: Iterable[str]) -> dict[str, StockLocation]:
    """The locations of these names, by name. Raises ConfigError for one that is not there, or no place for stock."""
    wanted = sorted(set(names))
    fields = ["code", "name", "type"]
    found = rpc.search_read("stock.location", [["OR", ["code", "in", wanted], ["name", "in", wanted]]], fields)
    warehouses = rpc.search_read("stock.location", [["type", "=", "warehouse"]], ["production_location"])
    told = {}
    for name in wanted:
        of_name = [one for one in found if one["code"] == name] or [one for one in found if one["name"] == name]
        above = [
            one
            for one in warehouses
            if len(of_name) == 1 and of_name[0]["type"] == "storage" and _within(rpc, one["id"], of_name[0]["id"])
        ]
        if not above:
            raise ConfigError("ship.no_location", destination=rpc.destination, location=name, found=len(of_name))
        below = _within(rpc, of_name[0]["id"])
        told[name] = StockLocation(
            of_name[0]["id"], name, above[0]["id"], above[0]["production_location"], frozenset(below)
        )
    return told


def _within(rpc: Rpc, above: int, only: int | None = None) -> list[int]:
    domain: list[Any] = [["parent", "child_of", [above], "parent"]]
    ids: list[int] = rpc.call("stock.location", "search", domain + ([["id", "=", only]] if only else []), 0, None, None)
    return ids


def read_products(rpc: Rpc, codes: Iterable[str]) -> dict[str, TrytonProduct]:
    """Those that are there, by code."""
    fields = ["code", "default_uom", "default_uom.category", "cost_price", "cost_price_method", "producible"]
    told: dict[str, TrytonProduct] = {}
    for one in rpc.search_read("product.product", [["code", "in", sorted(set(codes))]], fields):
        code, method, refused = one["code"], one["cost_price_method"], ""
        if not one["producible"]:
            refused = f"product {code} is not producible"
        elif method != "fixed":  # what is made of nothing costs nothing there: its cost would fall with each posting
            refused = f"product {code} has the cost method {method}: only fixed keeps its cost as it is"
        category = one["default_uom."]["category"]
        told[code] = TrytonProduct(
            one["id"], code, one["default_uom"], category, one["cost_price"] or Decimal(0), refused
        )
    return told


def read_units(rpc: Rpc) -> dict[int, TrytonUnit]:
    """All, with their names in English and in the user's language."""
    fields = ["name", "symbol", "category", "factor", "rounding"]
    found = rpc.search_read("product.uom", [], fields, language="en") + rpc.search_read("product.uom", [], fields)
    told: dict[int, TrytonUnit] = {}
    for one in found:
        names = frozenset(one[name].casefold() for name in ("name", "symbol"))
        before = told[one["id"]].names if one["id"] in told else frozenset()
        factor, rounding = Decimal(one["factor"]), Decimal(one["rounding"])
        told[one["id"]] = TrytonUnit(one["id"], one["category"], factor, rounding, names | before)
    return told


def unit_for(said: Declaration, product: TrytonProduct, known: Mapping[int, TrytonUnit]) -> TrytonUnit:
    """The unit a declaration counts in: of that symbol or name among those that the product can be counted in, or
    pieces by another word. Raises Rejection where there is none, more than one, or one of which Tryton, which keeps
    stock in the product's own unit, would round the quantity.
    """
    wanted = said.unit.casefold()
    fitting = [one for one in known.values() if one.category == product.category]
    found = [one for one in fitting if wanted in one.names]
    if not found and wanted in PIECES:
        found = [one for one in fitting if one.names & PIECES]
    if len(found) != 1:
        told = ", ".join(sorted("/".join(sorted(one.names)) for one in fitting))
        raise Rejection(said.key, f"product {product.code} is not counted in {said.unit}, but in: {told}")
    (unit,), own = found, known[product.unit]
    kept = Fraction(said.quantity) * Fraction(unit.factor) / Fraction(own.factor) / Fraction(own.rounding)
    if unit != own and kept.denominator != 1:
        whole = "/".join(sorted(own.names))
        raise Rejection(
            said.key, f"{said.quantity.normalize():f} {said.unit} of product {product.code} make no whole {whole}"
        )
    return unit


def price_of(product: TrytonProduct, unit: TrytonUnit, known: Mapping[int, TrytonUnit]) -> Decimal:
    """What one of the unit costs, in the company's currency."""
    if unit.id == product.unit:
        return product.cost
    return (product.cost * unit.factor / known[product.unit].factor).quantize(Decimal("0.0001"))


def find_or_create_lots(rpc: Rpc, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """The lots of these (number, product), by the same; made where they are absent."""
    asked = sorted(set(wanted))
    if not asked:
        return {}
    numbers, of = ([*dict.fromkeys(part)] for part in zip(*asked, strict=True))
    found = rpc.search_read("stock.lot", [["number", "in", numbers], ["product", "in", of]], ["number", "product"])
    told: dict[tuple[str, int], int] = {}
    for one in found:
        told.setdefault((one["number"], one["product"]), one["id"])
    absent = [one for one in asked if one not in told]
    if absent:
        made = rpc.call("stock.lot", "create", [{"number": number, "product": product} for number, product in absent])
        told.update(zip(absent, made, strict=True))
    return told
