"""Which stock systems a command is about, and their quantities in its tables."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from aponta.config import Factory, StockSection

To = Annotated[str | None, typer.Option("--to", metavar="NAME", help="Only this destination; default all of them.")]


def chosen_destinations(found: "Factory", name: str | None) -> "list[StockSection]":
    """The one of that name, or all. Raises ConfigError `pipeline.no_destination`."""
    from aponta.errors import ConfigError

    destinations = [one for one in found.settings.stock if name in (None, one.name)]
    if not destinations:
        names = ", ".join(one.name for one in found.settings.stock) or "-"
        raise ConfigError("pipeline.no_destination", name=name or "-", names=names)
    return destinations


def amount(value: Any) -> Any:
    """A quantity as a number that a table aligns; anything else as it is."""
    if isinstance(value, Decimal):
        return float(value) if value % 1 else int(value)
    return value
