"""What a description of a document API says with {names} in it, filled with what is posted."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from aponta.config.rest_file import NAME
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
_LEFT_OUT = object()


def declaration_values(said: Declaration, key: str) -> dict[str, Any]:
    """What {names} stand for; `key` as the system can hold it."""
    names = set(DECLARATION_NAMES) - {"pieces_abs", "quantity_abs"}
    return {name: getattr(said, name) for name in names} | {
        "key": key,
        "pieces_abs": abs(said.pieces),
        "quantity_abs": abs(said.quantity),
    }


def fill_body(template: Any, facts: Mapping[str, Any]) -> Any:
    """As JSON takes it. Raises KeyError of a name that nothing is known for, ValueError of a form that does not fit."""
    if isinstance(template, dict):
        filled = {name: fill_body(value, facts) for name, value in template.items()}
        return {name: value for name, value in filled.items() if value is not _LEFT_OUT}
    if isinstance(template, list):
        return [value for value in (fill_body(one, facts) for one in template) if value is not _LEFT_OUT]
    if not isinstance(template, str):
        return template
    alone = NAME.fullmatch(template)
    return _plain(facts[alone[1]]) if alone and alone[2] is None else fill_text(template, facts)


def fill_text(template: str, facts: Mapping[str, Any]) -> str:
    """As `body`; what is there no value of is empty."""
    return NAME.sub(lambda found: _written(facts[found[1]], found[2]), template)


def fill_path(template: str, facts: Mapping[str, Any]) -> str:
    """As `text`, for a URL."""
    end, parts = 0, []
    for found in NAME.finditer(template):
        parts += [_literal(template[end : found.start()]), quote(_written(facts[found[1]], found[2]), safe="")]
        end = found.end()
    return "".join([*parts, _literal(template[end:])])


def _literal(part: str) -> str:
    return quote(part, safe="/?&=:$,()'*-._~%+;@!")


def _written(value: Any, form: str | None) -> str:
    if value is None:
        return ""
    if form is not None:
        return format(value, form)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(_plain(value))


def _plain(value: Any) -> Any:
    """What JSON can hold; a whole number without a fraction."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, date):
        return value.isoformat()
    return _LEFT_OUT if value is None else value
