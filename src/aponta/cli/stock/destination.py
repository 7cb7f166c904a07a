"""The option --to of the stock commands, and quantities in their tables."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from aponta.config import Factory, StockSection

To = Annotated[str | None, typer.Option("--to", metavar="NAME", help="Only this destination; default all of them.")]


def chosen_destinations(factory: "Factory", name: str | None) -> "list[StockSection]":
    """The destination of that name, or all. Raises ConfigError `pipeline.no_destination`."""
    from aponta.errors import ConfigError

    destinations = [section for section in factory.settings.stock if name in (None, section.name)]
    if not destinations:
        names = ", ".join(section.name for section in factory.settings.stock) or "-"
        raise ConfigError("pipeline.no_destination", name=name or "-", names=names)
    return destinations


def amount(value: Any) -> Any:
    """A quantity as a number, which a table aligns; any other value unchanged."""
    if isinstance(value, Decimal):
        return float(value) if value % 1 else int(value)
    return value
