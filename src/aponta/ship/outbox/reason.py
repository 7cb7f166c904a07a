"""Why a declaration was not acknowledged: an error kept as text, to be read later in the reader's own language."""

import json

from aponta.errors import ApontaError

NOT_NAMED = "unknown"  # the product of items of which the machine told none


def dump_reason(code: str, **facts: object) -> str:
    return json.dumps([code, facts], default=str, ensure_ascii=False)


def load_reason(text: str | None) -> ApontaError | None:
    """The error that `written` kept; `Words.error` says it."""
    if text is None:
        return None
    code, facts = json.loads(text)
    return ApontaError(code, **facts)


def unknown_product(product: str) -> str:
    """Of a product that products.csv lacks; one that no file named is none that anybody could add to it."""
    if product == NOT_NAMED:
        return dump_reason("ship.product_not_named")
    return dump_reason("ship.unknown_product", product=product)
