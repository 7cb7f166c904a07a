"""Checks of each source: can it be reached, read, and written where that is needed; and does a layout fit the names of
its files?
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from aponta.collect.polling import PolledSource, SourceLost
from aponta.collect.sources import landing_folders, open_configured
from aponta.config import Factory
from aponta.contract.source import Listed, Source
from aponta.decode.choose import choose_layout
from aponta.errors import ApontaError, TransientError
from aponta.ops.database import connect
from aponta.usecases.doctor.finding import Finding

SAMPLE_FILES = 1000  # files whose names are checked: a source may have many thousands


def check_sources(factory: Factory) -> Iterator[Finding]:
    """Takes no file. If the operational database cannot be opened, another check reports it."""
    settings = factory.settings
    try:
        factory.data.mkdir(exist_ok=True)
        engine = connect(factory.ops_url)
    except (ApontaError, OSError):
        engine = None
    try:
        for folder in landing_folders(factory, engine):
            good = Finding("landing", "good", "folder", {"folder": folder.name})
            yield from _source(factory, folder, settings.landing.after, good)
        for section in settings.source:
            try:
                good = Finding("source", "good", "source", {"source": section.name})
                yield from _source(factory, open_configured(section, factory, engine), section.after, good)
            except ApontaError as error:
                yield Finding("source", "bad", "source_down", {"source": section.name, "why": error})
    finally:
        if engine:
            engine.dispose()


def _source(factory: Factory, source: Source, after: str, good: Finding) -> Iterator[Finding]:
    with PolledSource(source, "doctor") as polled:
        try:
            listed = polled.result(polled.submit(partial(polled.listing, SAMPLE_FILES)))
            _read_first(polled, listed)
        except OSError as error:
            facts = {"source": source.name, "reason": _reason(error)}
            yield Finding(good.check, "bad", "source_closed", facts)
            return
        except (TransientError, SourceLost) as error:
            yield Finding(good.check, "bad", "source_down", {"source": source.name, "why": polled.failure or error})
            return
        try:
            polled.result(polled.submit(polled.try_release))
        except OSError as error:
            facts = {"source": source.name, "after": after, "reason": _reason(error)}
            yield Finding(good.check, "bad", "source_not_writable", facts)
            return
        except SourceLost:
            yield Finding(good.check, "bad", "source_down", {"source": source.name, "why": polled.failure})
            return
    yield from _names(factory, good, source.name, listed)


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or "-"


def _read_first(polled: PolledSource, listed: Sequence[Listed]) -> None:
    """Reads one file, to see that it may be read. Raises OSError, SourceLost."""

    def read(file: Listed) -> None:
        with polled.open(file) as stream:
            stream.read(1)

    for file in listed[:1]:
        polled.result(polled.submit(partial(read, file)))


def _names(factory: Factory, good: Finding, source: str, listed: Sequence[Listed]) -> Iterator[Finding]:
    """Names of files that would be refused, and why."""
    refused: dict[str, list[tuple[str, str]]] = {}
    for file in listed:
        below, _, name = file.path.rpartition("/")
        choice = choose_layout(name, below, factory.layouts, factory.machines, factory.zone)
        if choice.refused:
            refused.setdefault(choice.refused, []).append((name, choice.value or ""))
    for reason, names in refused.items():
        example, value = names[0]
        facts: dict[str, Any] = {"folder": source, "count": len(names), "example": example, "value": value}
        yield Finding(good.check, "warning", reason, facts)
    if not refused:
        yield good
