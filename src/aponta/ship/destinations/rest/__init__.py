"""The destination `rest`: any system in which a movement is a document of an HTTP API, described by a TOML file.

config    the description, read and tried on an example (its keys: config/rest_file.py)
template  {names} in the description, replaced by values
session   requests: signed in, each answer with its meaning
answer    values in an answer, and its meaning
document  documents of the API: found by key, read
check     whether the API can be posted to
sink      posts: creates a document and confirms it until stock has moved
"""

from pathlib import Path
from urllib.parse import urlsplit

from aponta.config.sections.stock import StockSection
from aponta.errors import ConfigError
from aponta.ship.destinations.rest.config import read_description
from aponta.ship.destinations.rest.document import ApiDocuments
from aponta.ship.destinations.rest.session import Session
from aponta.ship.destinations.rest.sink import RestSink


def open_sink(destination: StockSection, url: str, folder: Path) -> RestSink:
    """Connects to nothing yet. Raises ConfigError for an invalid address or description."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ConfigError("ship.no_web_address", destination=destination.name)  # it may hold a password
    assert destination.rest is not None  # of its kind
    description = read_description(destination.rest, folder)
    named = destination.locations
    locations = {location for location in (named.finished, named.scrap, named.intermediate) if location}
    session = Session(destination.name, url, description.api, description.values, description.secrets)
    return RestSink(destination.name, description, session, ApiDocuments(description, session), locations)
