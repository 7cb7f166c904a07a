"""Whether Tryton takes a reference once only: it does not of itself, but its database can be told to."""

from typing import Any

from aponta.errors import ConfigError, TransientError
from aponta.ship.destinations.tryton.master import StockLocation
from aponta.ship.destinations.tryton.rpc import Refusal, Rpc

INDEX = (
    "CREATE UNIQUE INDEX aponta_reference_once ON production (company, reference) "
    "WHERE reference IS NOT NULL AND reference <> ''"
)
PROBE = "aponta:probe"
_SAYS = ("unique", "duplicate")


def check_references(rpc: Rpc, place: StockLocation) -> None:
    """Asks by doing: two drafts of one reference, in one transaction. Nothing is left of them.

    Raises ConfigError: they were taken, or the user may not make any.
    """
    blank = {
        "reference": PROBE,
        "company": rpc.company,
        "warehouse": place.warehouse,
        "location": place.production,
    }
    try:
        _made(rpc, blank, blank)
    except TransientError as error:
        words = str(error.facts["why"])
        if error.code != "ship.unsure":
            raise
    except Refusal as refusal:
        words = refusal.words
    else:
        raise ConfigError("ship.no_guard", destination=rpc.destination, sql=f"{INDEX};")
    # Words of another language, or of a module that forbids it: then one of them alone is taken.
    if not any(word in words.casefold() for word in _SAYS):
        _made(rpc, blank)


def _made(rpc: Rpc, *values: dict[str, Any]) -> None:
    """And deleted again, with what a check that was killed left."""
    left = [["reference", "=", PROBE], ["state", "=", "draft"]]
    if len(values) == 1:
        _delete(rpc, left)
    rpc.call("production", "create", list(values))
    _delete(rpc, left)


def _delete(rpc: Rpc, domain: list[Any]) -> None:
    ids = rpc.call("production", "search", domain, 0, None, None)
    if ids:
        rpc.call("production", "delete", ids)
