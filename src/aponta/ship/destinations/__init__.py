"""Kinds of stock systems: each module has an `open_sink`; another kind is another module."""

from importlib import import_module
from pathlib import Path

from aponta.config.sections.stock import StockSection
from aponta.contract.stock.sink import Sink


def open_destination(destination: StockSection, url: str, folder: Path) -> Sink:
    """The destination, opened by the module named as its kind. `url` is resolved already (no env: or file:); files that
    its section names stand in the factory's `folder`.

    Raises ConfigError for a URL that cannot be used; whether the stock system answers is known at the first call.
    """
    opened: Sink = import_module(f"{__name__}.{destination.kind}").open_sink(destination, url, folder)
    return opened
