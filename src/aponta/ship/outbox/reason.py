"""Why a declaration was not acknowledged: an error stored as text, shown later in the reader's own language."""

import json
from typing import Any

from sqlalchemy import Row

from aponta.errors import ApontaError

NOT_NAMED = "unknown"  # the product of items for which the machine named none
IN_STOCK_REASONS = ("ship.other_quantity", "ship.changed", "ship.cancelled", "ship.unfinished")  # it has a document


def dump_reason(code: str, **facts: object) -> str:
    return json.dumps([code, facts], default=str, ensure_ascii=False)


def load_reason(text: str | None) -> ApontaError | None:
    """The error that `dump_reason` wrote; `Words.error` gives its text."""
    if text is None:
        return None
    code, facts = json.loads(text)
    return ApontaError(code, **facts)


def unknown_product(product: str) -> str:
    """The reason for a product that products.csv lacks. A product that no file named cannot be added there."""
    if product == NOT_NAMED:
        return dump_reason("ship.product_not_named")
    return dump_reason("ship.unknown_product", product=product)


def is_not_in_stock(row: Row[Any]) -> bool:
    """Whether a row of the outbox is rejected and the stock system reported no document of it."""
    error = load_reason(row.why)
    return row.state == "rejected" and (error is None or error.code not in IN_STOCK_REASONS)


def is_surely_not_in_stock(row: Row[Any]) -> bool:
    """As `is_not_in_stock`, and no attempt ended in an error of the system's own, which may have been carried out."""
    error = load_reason(row.why)
    return is_not_in_stock(row) and (error is None or error.code != "ship.never_sure")
