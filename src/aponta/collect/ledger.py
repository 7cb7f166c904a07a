"""Records of collect in the operational database: each arrival, and the known files of each source. Names become
printable text.
"""

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
FEW = 1000  # so many paths are queried by name; for more, all known files of the source are read
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class AcceptedFile:
    """A file whose bytes are in the raw zone."""

    source: str
    listed: Listed
    sha256: str
    received_at: datetime  # UTC
    members: tuple[Member, ...] = ()  # of a packed file: they arrive in its place

    @property
    def files(self) -> tuple[Member, ...]:
        """The files that arrive: the members of a packed file, else the file itself."""
        return self.members or (Member(self.listed.path, self.sha256, self.listed.size),)


def known_fingerprints(
    engine: Engine, source: str, listed: Sequence[Listed]
) -> dict[str, tuple[tuple[int, int, str], str]]:
    """Those of the listed files that were taken before: printable path -> (`fingerprint` then, sha256)."""
    query = select(seen.c.path, seen.c.size, seen.c.modified_ns, seen.c.etag, seen.c.sha256).where(
        seen.c.source == source
    )
    if len(listed) <= FEW:
        query = query.where(seen.c.path.in_([printable(file.path) for file in listed]))
    with transaction(engine) as connection:
        return {
            path: ((size, modified_ns, etag), digest)
            for path, size, modified_ns, etag, digest in connection.execute(query)
        }


def fingerprint(listed: Listed) -> tuple[int, int, str]:
    """Size, modified_ns, etag: unchanged, the file's bytes are unchanged."""
    return listed.size, listed.modified_ns, printable(listed.etag, ETAG)


def record_arrivals(engine: Engine, accepted: Sequence[AcceptedFile]) -> None:
    """Record an arrival for each file, in this order, and remember the files: all in one transaction."""
    if not accepted:
        return
    files = [
        {
            "source": file.source,
            "path": printable(file.listed.path),
            **dict(zip(("size", "modified_ns", "etag"), fingerprint(file.listed), strict=True)),
            "sha256": file.sha256,
        }
        for file in accepted
    ]
    arrivals = [
        {
            "sha256": member.sha256,
            "name": printable(member.path.rpartition("/")[2], 500),
            "folder": printable(member.path.rpartition("/")[0], 500),
            "source": file.source,
            "size": member.size,
            "modified_at": EPOCH + timedelta(microseconds=file.listed.modified_ns // 1000),
            "received_at": file.received_at,
            "redecode": "no",
        }
        for file in accepted
        for member in file.files
    ]
    earlier = delete(seen).where(seen.c.source == bindparam("of_source"), seen.c.path == bindparam("of_path"))
    with transaction(engine) as connection:
        connection.execute(earlier, [{"of_source": file["source"], "of_path": file["path"]} for file in files])
        connection.execute(insert(seen), files)
        connection.execute(insert(arrival), arrivals)
