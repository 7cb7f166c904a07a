"""Kinds of sources: each module has an `open_source`; another kind is another module."""

from collections.abc import Container
from importlib import import_module

from sqlalchemy import Engine

from aponta.collect.sources import inbox
from aponta.collect.sources.folder import Folder
from aponta.collect.sources.mounts import Mounts
from aponta.config import Factory, SourceSection
from aponta.contract.source import Source


def open_configured(section: SourceSection, factory: Factory, engine: Engine | None) -> Source:
    """The source, by the module named as its kind. Nothing is asked of it yet. Raises ConfigError: a secret that is not
    there, a key that is none, a library that is not installed. engine: where it remembers; None: it does not.
    """
    source: Source = import_module(f"{__name__}.{section.kind}").open_source(section, factory.folder, engine)
    return source


def landing_folders(factory: Factory, engine: Engine | None) -> list[Folder]:
    """[landing] folders."""
    landing, mounts = factory.settings.landing, Mounts(engine) if engine else None
    return [Folder(factory.folder / name, landing.after, name, mounts) for name in landing.folders]


def every_source(factory: Factory, engine: Engine, resting: Container[str] = ()) -> list[Source]:
    """All that the factory takes files from, but those that rest. Raises as `opened` does."""
    further = [open_configured(one, factory, engine) for one in factory.settings.source if one.name not in resting]
    sent = [inbox.source(factory.data)] if inbox.place(factory.data).is_dir() else []
    return [*landing_folders(factory, engine), *sent, *further]
