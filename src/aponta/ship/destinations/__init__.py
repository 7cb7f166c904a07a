"""Kinds of stock systems: each package has an `open_sink`; another kind is another package.

The same job has the same file name in each kind: `config` or `format` (what a person describes), `check` (what must be
set up before the first posting), `document` (a document of the system), `sink` (posting).
"""

from importlib import import_module
from pathlib import Path

from aponta.config.sections.stock import StockSection
from aponta.contract.stock.sink import Sink


def open_destination(destination: StockSection, url: str, folder: Path) -> Sink:
    """Opens the destination with the package named as its kind. `url` is resolved already (no env: or file:); files
    that its section names are in the factory's `folder`.

    Raises ConfigError for a URL that cannot be used; whether the stock system answers is known at the first call.
    """
    sink: Sink = import_module(f"{__name__}.{destination.kind}").open_sink(destination, url, folder)
    return sink
