"""Kinds of sources: each module has an `open_source`; another kind is another module."""

from collections.abc import Container
from importlib import import_module

from sqlalchemy import Engine

from aponta.collect.sources import inbox
from aponta.collect.sources.folder import FolderSource
from aponta.collect.sources.mounts import Mounts
from aponta.config import Factory, SourceSection
from aponta.contract.source import Source


def open_configured(section: SourceSection, factory: Factory, engine: Engine | None) -> Source:
    """The source, opened by the module named as its kind; it is not polled yet. engine: where mounts are remembered;
    None: nowhere. Raises ConfigError: a missing secret, an unusable key, a library that is not installed.
    """
    source: Source = import_module(f"{__name__}.{section.kind}").open_source(section, factory.folder, engine)
    return source


def landing_folders(factory: Factory, engine: Engine | None) -> list[FolderSource]:
    """The folders of [landing], each a source."""
    landing, mounts = factory.settings.landing, Mounts(engine) if engine else None
    return [FolderSource(factory.folder / name, landing.after, name, mounts) for name in landing.folders]


def every_source(factory: Factory, engine: Engine, resting: Container[str] = ()) -> list[Source]:
    """All sources of the factory but the resting ones, by name. Raises as `open_configured` does."""
    sections = [section for section in factory.settings.source if section.name not in resting]
    further = [open_configured(section, factory, engine) for section in sections]
    sent = [inbox.inbox_source(factory.data)] if inbox.inbox_folder(factory.data).is_dir() else []
    return [*landing_folders(factory, engine), *sent, *further]
