"""Paths, bodies and headers of a description, with their {names} replaced by values."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from aponta.config.rest_file import NAME
from aponta.contract.stock.quantity import quantity_text
from aponta.contract.stock.sink import Declaration

DECLARATION_NAMES = {
    "key": "the declaration's key",
    "machine": "machine",
    "product": "product, as the machine names it",
    "stock_code": "its code in the stock system",
    "hour": "hour of production, UTC: 2026-03-02T10:00:00Z, or as in `{hour:%Y-%m-%d %H:%M:%S}`",
    "quality": "`good` or `scrap`",
    "revision": "1, and more for corrections",
    "pieces": "pieces, negative where a correction takes back",
    "pieces_abs": "the same without a sign",
    "quantity": "quantity in `unit`, negative where a correction takes back",
    "quantity_abs": "the same without a sign",
    "unit": "unit, as in products.csv",
    "location": "location, as in aponta.toml",
    "booked_on": "day to book on: 2026-03-02, or as in `{booked_on:%d.%m.%Y}`",
    "lot": "lot, if lots are kept",
}
REQUEST_NAMES = {
    "reference": "[confirm]: the document's own name or number, as [document] reads it",
    "keys": "[look_up]: the list of keys",
    "each": "[look_up]: what `each` makes of the keys",
    "site": "[list]: the site, with which each of its keys begins: `SP1:...`",
    "first_day": "[list]: a day, before which nothing of the range can be booked",
    "offset": "[list], [on_hand]: how many came already",
    "page": "[list], [on_hand]: which page it is, from 1",
    "token": "[headers]: what [login] found",
}
_OMITTED = object()


def declaration_values(declaration: Declaration, key: str) -> dict[str, Any]:
    """Values by name. key: as the API can store it."""
    names = set(DECLARATION_NAMES) - {"pieces_abs", "quantity_abs"}
    return {name: getattr(declaration, name) for name in names} | {
        "key": key,
        "pieces_abs": abs(declaration.pieces),
        "quantity_abs": abs(declaration.quantity),
    }


def fill_body(template: Any, facts: Mapping[str, Any]) -> Any:
    """The JSON value, without members whose value is None. Raises KeyError for a name without a value, ValueError for a
    format that does not fit.
    """
    if isinstance(template, dict):
        filled = {name: fill_body(value, facts) for name, value in template.items()}
        return {name: value for name, value in filled.items() if value is not _OMITTED}
    if isinstance(template, list):
        return [value for value in (fill_body(member, facts) for member in template) if value is not _OMITTED]
    if not isinstance(template, str):
        return template
    alone = NAME.fullmatch(template)
    return _json_value(facts[alone[1]]) if alone and alone[2] is None else fill_text(template, facts)


def fill_text(template: str, facts: Mapping[str, Any]) -> str:
    """The text; a name whose value is None becomes empty. Raises as `fill_body`."""
    return NAME.sub(lambda found: _text_of(facts[found[1]], found[2]), template)


def fill_path(template: str, facts: Mapping[str, Any]) -> str:
    """As `fill_text`, for a URL."""
    end, parts = 0, []
    for found in NAME.finditer(template):
        parts += [_literal(template[end : found.start()]), quote(_text_of(facts[found[1]], found[2]), safe="")]
        end = found.end()
    return "".join([*parts, _literal(template[end:])])


def _literal(part: str) -> str:
    return quote(part, safe="/?&=:$,()'*-._~%+;@!")


def _text_of(value: Any, form: str | None) -> str:
    if value is None:
        return ""
    if form is not None:
        return format(value, form)
    if isinstance(value, Decimal):
        return quantity_text(value)
    return str(_json_value(value))


def _json_value(value: Any) -> Any:
    """The value as a JSON type; a whole number without a fraction."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, date):
        return value.isoformat()
    return _OMITTED if value is None else value
