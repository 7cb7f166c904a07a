"""What collect writes down: each arrival, and which files of a source were taken. Names become text one can keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, bindparam, delete, insert, select

from aponta.collect.archive import Member
from aponta.collect.names import printable
from aponta.contract.source import Listed
from aponta.ops.database import transaction
from aponta.ops.tables import arrival, seen

ETAG = 200  # characters
FEW = 1000  # so many paths are asked for by name; for more, all that is known of the source is read
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Taken:
    """A file whose bytes are in the raw zone."""

    source: str
    listed: Listed
    sha256: str
    received_at: datetime  # UTC
    members: tuple[Member, ...] = ()  # of a packed file: they came, not it

    @property
    def arrived(self) -> tuple[Member, ...]:
        return self.members or (Member(self.listed.path, self.sha256, self.listed.size),)


def memory(engine: Engine, source: str, listed: Sequence[Listed]) -> dict[str, tuple[tuple[int, int, str], str]]:
    """Of those files that were taken before: printable path -> `as_kept` then, sha256."""
    query = select(seen.c.path, seen.c.size, seen.c.modified_ns, seen.c.etag, seen.c.sha256).where(
        seen.c.source == source
    )
    if len(listed) <= FEW:
        query = query.where(seen.c.path.in_([printable(one.path) for one in listed]))
    with transaction(engine) as connection:
        return {
            path: ((size, modified_ns, etag), digest)
            for path, size, modified_ns, etag, digest in connection.execute(query)
        }


def as_kept(listed: Listed) -> tuple[int, int, str]:
    """What tells a file's bytes: size, modified_ns, etag."""
    return listed.size, listed.modified_ns, printable(listed.etag, ETAG)


def record(engine: Engine, taken: Sequence[Taken]) -> None:
    """Write their arrivals, in this order, and remember the files: all in one transaction."""
    if not taken:
        return
    files = [
        {
            "source": one.source,
            "path": printable(one.listed.path),
            **dict(zip(("size", "modified_ns", "etag"), as_kept(one.listed), strict=True)),
            "sha256": one.sha256,
        }
        for one in taken
    ]
    arrivals = [
        {
            "sha256": came.sha256,
            "name": printable(came.path.rpartition("/")[2], 500),
            "folder": printable(came.path.rpartition("/")[0], 500),
            "source": one.source,
            "size": came.size,
            "modified_at": EPOCH + timedelta(microseconds=one.listed.modified_ns // 1000),
            "received_at": one.received_at,
            "redecode": "no",
        }
        for one in taken
        for came in one.arrived
    ]
    earlier = delete(seen).where(seen.c.source == bindparam("of_source"), seen.c.path == bindparam("of_path"))
    with transaction(engine) as connection:
        connection.execute(earlier, [{"of_source": one["source"], "of_path": one["path"]} for one in files])
        connection.execute(insert(seen), files)
        connection.execute(insert(arrival), arrivals)
