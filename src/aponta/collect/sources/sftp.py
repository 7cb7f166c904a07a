"""The source `sftp`: a folder of a server that is reached by SSH.

A server is known by its key, which a person wrote into known_hosts. A server with another or an unknown key is sent
nothing, no password either.
"""

import errno
import io
import posixpath
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

from sqlalchemy import Engine

from aponta.collect.names import TAKEN, is_ignored
from aponta.config import SourceSection
from aponta.config.secret import resolve_secret
from aponta.contract.source import Listed
from aponta.errors import ConfigError, TransientError

if TYPE_CHECKING:
    from paramiko import PKey, SFTPClient, SSHClient

PORT = 22
ANSWERS_S = 20.0
KNOWN_HOSTS = "known_hosts"
HOME = "/~"


def open_source(section: SourceSection, folder: Path, engine: Engine | None) -> "SftpSource":
    """url: sftp://user@host:port/path. No connection is made yet. Raises ConfigError: the library is not installed, a
    secret is missing, the key is unusable.
    """
    try:
        import paramiko  # noqa: F401
    except ImportError as error:
        raise ConfigError("collect.missing_extra", source=section.name, extra="sftp") from error
    password, private, phrase = (
        resolve_secret(place, folder) if place else None
        for place in (section.password, section.private_key, section.passphrase)
    )
    key = _key(section.name, private, phrase) if private is not None else None
    return SftpSource(section, folder / (section.known_hosts or KNOWN_HOSTS), password, key)


def _key(source: str, text: str, phrase: str | None) -> "PKey":
    from paramiko import ECDSAKey, Ed25519Key, PasswordRequiredException, RSAKey, SSHException

    for kind in (Ed25519Key, ECDSAKey, RSAKey):
        try:
            key: PKey = kind.from_private_key(io.StringIO(f"{text}\n"), phrase)
            return key
        except PasswordRequiredException:
            break
        except (SSHException, ValueError):
            continue
    raise ConfigError("collect.bad_key", source=source)


class SftpSource:
    """A Source. Each thread has a channel of its own: two threads may not read one channel's answers."""

    whole = False

    def __init__(self, section: SourceSection, known_hosts: Path, password: str | None, key: "PKey | None") -> None:
        self.name, self.after = section.name, section.after
        self.releases = section.after != "leave"
        url = urlsplit(section.url)
        self.host, self.port, self.user = url.hostname or "", url.port or PORT, unquote(url.username or "")
        self.root = _path(unquote(url.path))
        self.known_hosts, self._password, self._key = known_hosts, password, key
        self._client: SSHClient | None = None
        self._closed = False
        self._own = threading.local()
        self._lock = threading.Lock()

    def list(self) -> Iterator[Listed]:
        try:
            with _translated():
                sftp = self._channel()
                yield from self._walk(sftp, "", sftp.listdir_attr(self.root))
        except OSError as error:
            facts = {"source": self.name, "url": f"sftp://{self.host}:{self.port}", "reason": _reason(error)}
            raise TransientError("collect.unreachable_source", **facts) from error

    def look(self, listed: Listed) -> Listed | None:
        try:
            with _translated():
                return _listed(listed.path, self._channel().lstat(self._at(listed.path)))
        except FileNotFoundError:
            return None

    @contextmanager
    def open(self, listed: Listed) -> Iterator[BinaryIO]:
        # No prefetch: the library would run it in a thread that a lost connection leaves behind for ever.
        with _translated():
            file = self._channel().open(self._at(listed.path), "rb")
        try:
            yield cast(BinaryIO, _CheckedStream(file, listed.size))
        finally:
            with suppress(Exception):  # the bytes are read already
                file.close()

    def release(self, listed: Listed) -> None:
        # A file that changed since it was copied is another version: the next pass takes it.
        if self.after == "leave" or self.look(listed) != listed:
            return
        with _translated():
            sftp = self._channel()
            if self.after == "delete":
                sftp.remove(self._at(listed.path))
            else:
                target = self._free(sftp, self._at(f"{TAKEN}/{listed.path}"))
                self._make(sftp, posixpath.dirname(target))
                sftp.rename(self._at(listed.path), target)

    def try_release(self) -> None:
        if self.releases:
            with _translated():
                sftp, tried = self._channel(), self._at(".aponta-doctor")
                sftp.mkdir(tried)
                sftp.rmdir(tried)

    def close(self) -> None:
        """Calls that still wait for an answer get an error."""
        self._closed = True
        if self._client:
            self._client.close()

    def _walk(self, sftp: "SFTPClient", below: str, entries: Any) -> Iterator[Listed]:
        for entry in entries:
            name, mode = entry.filename, entry.st_mode or 0
            if is_ignored(name) or (not below and name.casefold() == TAKEN):
                continue
            if stat.S_ISDIR(mode):
                folder = f"{below}{name}/"
                try:
                    inner = sftp.listdir_attr(self._at(folder))
                except PermissionError:
                    # Listed as if it were a file, it fails to open and is reported.
                    yield Listed(folder.removesuffix("/"), 0, 0)
                    continue
                except FileNotFoundError:
                    continue
                yield from self._walk(sftp, folder, inner)
            elif stat.S_ISREG(mode):  # a link may lead out of the root, or round in circles
                yield _listed(f"{below}{name}", entry)

    def _at(self, path: str) -> str:
        return posixpath.join(self.root, path)

    def _channel(self) -> "SFTPClient":
        """This thread's channel, opened at first use."""
        with self._lock:
            if self._closed:
                raise ConnectionError(errno.ECONNABORTED, "closed")
            if self._client is None:
                self._client = self._connected()
        if not hasattr(self._own, "channel"):
            opened = self._client.open_sftp()
            opened.get_channel().settimeout(ANSWERS_S)
            self._own.channel = opened
        return cast("SFTPClient", self._own.channel)

    def _connected(self) -> "SSHClient":
        """Raises TransientError where the server's key is another or unknown, or sign-in fails."""
        import paramiko

        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(_RejectUnknown())
        with suppress(FileNotFoundError):  # then no server is known
            client.load_host_keys(str(self.known_hosts))
        facts = {"source": self.name, "host": f"{self.host}:{self.port}", "file": self.known_hosts}
        try:
            client.connect(
                self.host,
                self.port,
                self.user,
                self._password,
                pkey=self._key,
                timeout=ANSWERS_S,
                banner_timeout=ANSWERS_S,
                auth_timeout=ANSWERS_S,
                channel_timeout=ANSWERS_S,
                allow_agent=False,
                look_for_keys=False,
            )
        except paramiko.BadHostKeyException as error:
            client.close()
            raise TransientError("collect.other_host_key", **facts, key=error.key.fingerprint) from None
        except _UnknownHost as error:
            client.close()
            raise TransientError("collect.unknown_host_key", **facts, key=error.fingerprint) from None
        except paramiko.AuthenticationException:
            client.close()
            raise TransientError("collect.not_let_in", source=self.name, user=self.user, host=facts["host"]) from None
        except BaseException:
            client.close()
            raise
        return client

    @staticmethod
    def _free(sftp: "SFTPClient", path: str) -> str:
        for target in _numbered(*posixpath.splitext(path)):
            try:
                sftp.lstat(target)
            except FileNotFoundError:
                return target
        raise AssertionError

    @staticmethod
    def _make(sftp: "SFTPClient", folder: str) -> None:
        """Make the folder and its parents."""
        missing = []
        while folder not in ("", "/"):
            try:
                sftp.stat(folder)
                break
            except FileNotFoundError:
                missing.append(folder)
                folder = posixpath.dirname(folder)
        for parent in reversed(missing):
            try:
                sftp.mkdir(parent)
            except OSError:
                sftp.stat(parent)  # another thread made it


class _UnknownHost(Exception):
    def __init__(self, fingerprint: str) -> None:
        super().__init__(fingerprint)
        self.fingerprint = fingerprint


class _RejectUnknown:
    """A server without a known key is rejected."""

    def missing_host_key(self, client: "SSHClient", hostname: str, key: "PKey") -> None:
        raise _UnknownHost(key.fingerprint)


class _CheckedStream:
    """size: as listed. The library takes a lost connection for the end of the file: this raises ConnectionError."""

    def __init__(self, file: Any, size: int) -> None:
        self._file, self._left = file, size

    def read(self, size: int = -1) -> bytes:
        with _translated():
            data = bytes(self._file.read(size if size >= 0 else None))
        self._left -= len(data)
        ended = size < 0 or len(data) < size
        if ended and self._left > 0:
            raise ConnectionError(errno.ECONNRESET, "connection lost")
        return data


def _numbered(stem: str, dot: str) -> Iterator[str]:
    """`name.txt`, `name-2.txt`, `name-3.txt` ..."""
    yield f"{stem}{dot}"
    yield from (f"{stem}-{number}{dot}" for number in count(2))


def _path(path: str) -> str:
    """The path on the server; a path behind /~ begins at the user's own folder."""
    if path == HOME or path.startswith(f"{HOME}/"):
        return path.removeprefix(HOME).strip("/") or "."
    return path or "/"


def _listed(path: str, attributes: Any) -> Listed:
    return Listed(path, attributes.st_size or 0, (attributes.st_mtime or 0) * 10**9)


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the library's errors for a lost connection into the operating system's."""
    from paramiko import SSHException

    try:
        yield
    except (SSHException, EOFError) as error:
        raise ConnectionError(errno.ECONNRESET, str(error) or "connection lost") from error
    except OSError as error:
        if "closed" in str(error).lower() and error.errno is None:
            raise ConnectionError(errno.ECONNRESET, str(error)) from error
        raise
