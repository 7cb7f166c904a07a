"""The destination `rest`: any system in which a movement is a document of an HTTP API, told by a description in TOML.

description  the file, read and tried before anything is asked (its keys: config/rest_file.py)
template     what it says with {names} in it, filled in
session      asking: signed in, each answer with its meaning
answer       what stands where in an answer
sink         looking up, posting, listing
"""

from pathlib import Path
from urllib.parse import urlsplit

from aponta.config.sections.stock import StockSection
from aponta.errors import ConfigError
from aponta.ship.destinations.rest.config import read_description
from aponta.ship.destinations.rest.session import Session
from aponta.ship.destinations.rest.sink import RestSink


def open_sink(destination: StockSection, url: str, folder: Path) -> RestSink:
    """Nothing is connected to yet. Raises ConfigError for an address that is none, and for a description that will not
    do.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ConfigError("ship.no_web_address", destination=destination.name)  # it may hold a password
    assert destination.rest is not None  # of its kind
    told = read_description(destination.rest, folder)
    places = destination.locations
    kept = {one for one in (places.finished, places.scrap, places.intermediate) if one}
    return RestSink(destination.name, told, Session(destination.name, url, told.api, told.values, told.secrets), kept)
