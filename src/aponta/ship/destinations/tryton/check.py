"""Whether Tryton refuses a second production of a reference. A unique index in its database makes it do so."""

from typing import Any

from aponta.errors import ConfigError, TransientError
from aponta.ship.destinations.tryton.master import StockLocation
from aponta.ship.destinations.tryton.rpc import Refusal, Rpc

INDEX = (
    "CREATE UNIQUE INDEX aponta_reference_once ON production (company, reference) "
    "WHERE reference IS NOT NULL AND reference <> ''"
)
PROBE = "aponta:probe"
_UNIQUE_WORDS = ("unique", "duplicate")


def check_references(rpc: Rpc, place: StockLocation) -> None:
    """Tries to create two drafts of one reference in one transaction, and deletes them.

    Raises ConfigError where both were created; Refusal where the user may not create any.
    """
    blank = {
        "reference": PROBE,
        "company": rpc.company,
        "warehouse": place.warehouse,
        "location": place.production,
    }
    try:
        _try_create(rpc, blank, blank)
    except TransientError as error:
        words = str(error.facts["why"])
        if error.code != "ship.unsure":
            raise
    except Refusal as refusal:
        words = refusal.words
    else:
        raise ConfigError("ship.no_guard", destination=rpc.destination, sql=f"{INDEX};")
    # Words of another language, or of a module that forbids all of it: then a single draft is refused, too.
    if not any(word in words.casefold() for word in _UNIQUE_WORDS):
        _try_create(rpc, blank)


def _try_create(rpc: Rpc, *values: dict[str, Any]) -> None:
    """Creates drafts and deletes them, with those that a killed check left."""
    left = [["reference", "=", PROBE], ["state", "=", "draft"]]
    if len(values) == 1:
        _delete(rpc, left)
    rpc.call("production", "create", list(values))
    _delete(rpc, left)


def _delete(rpc: Rpc, domain: list[Any]) -> None:
    ids = rpc.call("production", "search", domain, 0, None, None)
    if ids:
        rpc.call("production", "delete", ids)
