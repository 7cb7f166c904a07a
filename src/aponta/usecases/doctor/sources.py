"""What `aponta doctor` looks at in each source: is it reached, read, written where that is needed, and are its files'
names such as a layout reads?
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

SOME = 1000  # files whose names are looked at: a doctor does not count 46,000


def examine(factory: Factory) -> Iterator[Finding]:
    """Nothing is taken. That the operational database cannot be opened is told by another check."""
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
        for one in settings.source:
            try:
                good = Finding("source", "good", "source", {"source": one.name})
                yield from _source(factory, open_configured(one, factory, engine), one.after, good)
            except ApontaError as error:
                yield Finding("source", "bad", "source_down", {"source": one.name, "why": error})
    finally:
        if engine:
            engine.dispose()


def _source(factory: Factory, source: Source, after: str, good: Finding) -> Iterator[Finding]:
    with PolledSource(source, "doctor") as asked:
        try:
            listed = asked.result(asked.submit(partial(asked.listing, SOME)))
            _read(asked, listed)
        except OSError as error:
            facts = {"source": source.name, "reason": _reason(error)}
            yield Finding(good.check, "bad", "source_closed", facts)
            return
        except (TransientError, SourceLost) as error:
            yield Finding(good.check, "bad", "source_down", {"source": source.name, "why": asked.failure or error})
            return
        try:
            asked.result(asked.submit(asked.try_release))
        except OSError as error:
            facts = {"source": source.name, "after": after, "reason": _reason(error)}
            yield Finding(good.check, "bad", "source_not_writable", facts)
            return
        except SourceLost:
            yield Finding(good.check, "bad", "source_down", {"source": source.name, "why": asked.failure})
            return
    yield from _names(factory, good, source.name, listed)


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or "-"


def _read(asked: PolledSource, listed: Sequence[Listed]) -> None:
    """One file, to see that it may be. Raises OSError, SourceLost."""

    def read(one: Listed) -> None:
        with asked.open(one) as stream:
            stream.read(1)

    for one in listed[:1]:
        asked.result(asked.submit(partial(read, one)))


def _names(factory: Factory, good: Finding, source: str, listed: Sequence[Listed]) -> Iterator[Finding]:
    """Which names of files would be refused, and why."""
    refused: dict[str, list[tuple[str, str]]] = {}
    for one in listed:
        below, _, name = one.path.rpartition("/")
        choice = choose_layout(name, below, factory.layouts, factory.machines, factory.zone)
        if choice.refused:
            refused.setdefault(choice.refused, []).append((name, choice.value or ""))
    for reason, names in refused.items():
        example, value = names[0]
        facts: dict[str, Any] = {"folder": source, "count": len(names), "example": example, "value": value}
        yield Finding(good.check, "warning", reason, facts)
    if not refused:
        yield good
