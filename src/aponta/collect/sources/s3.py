"""The source `s3`: a bucket of AWS, or of any server that speaks its protocol.

Every poll lists every object, so an object with an old date that arrives late is seen like any other. Objects appear
whole, and their tag changes with their bytes.
"""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, NoReturn, cast

from sqlalchemy import Engine

from aponta.collect.ledger import EPOCH
from aponta.collect.names import TAKEN, is_ignored
from aponta.config import SourceSection
from aponta.config.secret import resolve_secret
from aponta.contract.source import Listed
from aponta.errors import TransientError

if TYPE_CHECKING:
    from obstore import BytesStream, ObjectMeta
    from obstore.store import S3Store

PAGE = 1000  # objects a request
PIECE = 1 << 20  # bytes at least, of a piece that is read
TRIED = ".aponta-doctor"  # ignored where it is left behind
WAITS = {  # a file may take long, an answer not
    "connect_timeout": timedelta(seconds=5),
    "read_timeout": timedelta(seconds=20),
    "timeout": timedelta(hours=1),
}
TRIES, TRIES_S = 2, timedelta(seconds=20)
STATUS = re.compile(r"status code: (\d+)")
CODE = re.compile(r"<Code>(.*?)</Code>|\(code: (\w+)\)")
SYSTEM_ERROR = re.compile(r'(?:message|error): "(.+?)"')


def open_source(section: SourceSection, folder: Path, engine: Engine | None) -> "S3Source":
    """url: s3://bucket/prefix. Raises ConfigError for a secret that is not there."""
    from obstore.store import S3Store

    bucket, _, prefix = section.url.removeprefix("s3://").partition("/")
    # Settings that are not given come from the environment.
    given = {"endpoint": section.endpoint, "region": section.region}
    for name in ("access_key_id", "secret_access_key"):
        place = getattr(section, name)
        given[name] = resolve_secret(place, folder) if place else None
    store = S3Store(
        bucket,
        prefix=prefix.strip("/") or None,
        client_options=WAITS | {"allow_http": (section.endpoint or "").startswith("http://")},  # type: ignore[arg-type]
        retry_config={"max_retries": TRIES, "retry_timeout": TRIES_S},
        **{name: value for name, value in given.items() if value},  # type: ignore[arg-type]
    )
    return S3Source(section, store)


class S3Source:
    """A Source."""

    whole = True

    def __init__(self, section: SourceSection, store: "S3Store") -> None:
        self.name, self.url, self.after = section.name, section.url, section.after
        self.releases = section.after != "leave"
        self.store = store

    def list(self) -> Iterator[Listed]:
        import obstore

        pages = iter(obstore.list(self.store, chunk_size=PAGE))
        while True:
            try:
                with _translated():
                    page = next(pages, None)
            except OSError as error:
                facts = {"source": self.name, "url": self.url, "reason": error.strerror or error}
                raise TransientError("collect.unreachable_source", **facts) from error
            if page is None:
                return
            for entry in page:
                *folders, name = entry["path"].split("/")
                hidden = any(map(is_ignored, (*folders, name)))
                if not hidden and not (folders and folders[0].casefold() == TAKEN):
                    yield _listed(entry)

    def look(self, listed: Listed) -> Listed | None:
        return self._head(listed.path)

    @contextmanager
    def open(self, listed: Listed) -> Iterator[BinaryIO]:
        import obstore

        with _translated():
            stream = obstore.get(self.store, listed.path).stream(min_chunk_size=PIECE)
        yield cast(BinaryIO, _Pieces(stream))

    def release(self, listed: Listed) -> None:
        import obstore

        # An object that changed since it was copied is another version: the next pass takes it.
        if self.after == "leave" or self.look(listed) != listed:
            return
        if self.after == "move":
            self._copy(listed)
        with _translated():
            obstore.delete(self.store, listed.path)

    def try_release(self) -> None:
        import obstore

        if self.releases:
            with _translated():
                obstore.put(self.store, TRIED, b"")
                obstore.delete(self.store, TRIED)

    def close(self) -> None:
        """Nothing is open."""

    def _copy(self, listed: Listed) -> None:
        """Copy the object to taken/, under a free name; it is there already where we were killed before deleting it."""
        import obstore

        for target in _names(PurePosixPath(TAKEN, listed.path)):
            there = self._head(target)
            if there is None:
                with _translated():
                    obstore.copy(self.store, listed.path, target)
                there = self._head(target)
                if there is None or there.size != listed.size:
                    raise OSError(errno.EIO, f"{target}: {os.strerror(errno.EIO)}")
                return
            if (there.size, there.etag) == (listed.size, listed.etag):
                return

    def _head(self, path: str) -> Listed | None:
        import obstore

        try:
            with _translated():
                return _listed(obstore.head(self.store, path))
        except FileNotFoundError:
            return None


def _names(path: PurePosixPath) -> Iterator[str]:
    """`name.txt`, `name-2.txt`, `name-3.txt` ..."""
    yield str(path)
    yield from (str(path.with_name(f"{path.stem}-{number}{path.suffix}")) for number in count(2))


def _listed(entry: "ObjectMeta") -> Listed:
    modified_ns = (entry["last_modified"] - EPOCH) // timedelta(microseconds=1) * 1000
    return Listed(entry["path"], entry["size"], modified_ns, entry["e_tag"] or "")


class _Pieces:
    """Bytes that come over the network piece by piece, as a stream."""

    def __init__(self, pieces: "BytesStream") -> None:
        self._pieces, self._left = iter(pieces), b""

    def read(self, size: int = -1) -> bytes:
        while not self._left:
            with _translated():
                piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._left = bytes(piece)
        if size < 0 or size >= len(self._left):
            data, self._left = self._left, b""
        else:
            data, self._left = self._left[:size], self._left[size:]
        return data


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the library's errors into the operating system's: for one object, or for a server that is not there."""
    from obstore.exceptions import BaseError

    try:
        yield
    except BaseError as error:
        _raise(error)


def _raise(error: Exception) -> NoReturn:
    text = str(error)
    status, named, system = STATUS.search(text), CODE.search(text), SYSTEM_ERROR.findall(text)
    code, name = int(status[1]) if status else 0, (named[1] or named[2]) if named else ""
    if code in (401, 403) or name == "AccessDenied":
        raise PermissionError(errno.EACCES, f"{code or 403} {name}".strip()) from error
    if code >= 500 or not (code or name):
        raise ConnectionError(errno.ECONNABORTED, f"{code} {name}" if code else (system or [text[:200]])[-1]) from error
    raise OSError(errno.EIO, f"{code or ''} {name}".strip()) from error
