"""Places where files are put for a source of each kind to find: one set of laws is tried on all of them."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import obstore
import sshd
from intake import HOUR
from s3 import KEY_ID, SECRET, Server

from aponta.collect.sources import open_configured
from aponta.config import Factory, SourceSection
from aponta.contract.source import Source


class Stage(Protocol):
    def put(self, path: str, data: bytes) -> None:
        """Write a file, dated long ago where the kind of source allows it."""

    def put_all(self, files: dict[str, bytes]) -> None: ...

    def remove(self, path: str) -> None: ...

    def files(self) -> dict[str, bytes]:
        """Path -> bytes of all files there, moved ones too."""

    def source(self, after: str = "leave", **keys: Any) -> Source:
        """The source as `aponta run` opens it."""


@dataclass
class FolderStage:
    factory: Factory
    root: Path

    def put(self, path: str, data: bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        os.utime(file, (HOUR, HOUR))

    def put_all(self, files: dict[str, bytes]) -> None:
        for path, data in files.items():
            self.put(path, data)

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def files(self) -> dict[str, bytes]:
        files = (path for path in self.root.rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in files}

    def source(self, after: str = "leave", **keys: Any) -> Source:
        return open_configured(section(kind="folder", url=str(self.root), after=after, **keys), self.factory, None)


class SftpStage(FolderStage):
    """A folder of the server, which runs on this computer."""

    def __init__(self, factory: Factory, server: sshd.Server, root: Path) -> None:
        super().__init__(factory, root)
        self.server = server
        root.chmod(0o755)
        sshd.give(root)
        shutil.copyfile(server.client_key, factory.folder / "client_key")
        (factory.folder / "known_hosts").write_text(server.known())

    def put(self, path: str, data: bytes) -> None:
        super().put(path, data)
        for place in (self.root / path, *(self.root / path).parents):
            if place.is_relative_to(self.root):
                sshd.give(place)

    def source(self, after: str = "leave", **keys: Any) -> Source:
        given = {"url": f"{self.server.url}{self.root}", "private_key": "file:client_key"}
        return open_configured(section(kind="sftp", after=after, **given | keys), self.factory, None)


class S3Stage:
    def __init__(self, factory: Factory, server: Server, prefix: str = "in") -> None:
        self.factory, self.server, self.prefix = factory, server, prefix
        self.bucket = server.bucket()
        self.store = server.store(self.bucket)
        (factory.folder / "key_id").write_text(KEY_ID)
        (factory.folder / "secret").write_text(f"{SECRET}\n")

    def put(self, path: str, data: bytes) -> None:
        obstore.put(self.store, f"{self.prefix}/{path}", data)

    def put_all(self, files: dict[str, bytes]) -> None:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(self.put, files, files.values()))

    def remove(self, path: str) -> None:
        obstore.delete(self.store, f"{self.prefix}/{path}")

    def files(self) -> dict[str, bytes]:
        paths = [file["path"] for page in obstore.list(self.store, self.prefix) for file in page]
        return {path.removeprefix(f"{self.prefix}/"): bytes(obstore.get(self.store, path).bytes()) for path in paths}

    def source(self, after: str = "leave", **keys: Any) -> Source:
        given = {
            "url": f"s3://{self.bucket}/{self.prefix}",
            "endpoint": self.server.endpoint,
            "access_key_id": "file:key_id",
            "secret_access_key": "file:secret",
        }
        return open_configured(section(kind="s3", after=after, **given | keys), self.factory, None)


def section(**keys: Any) -> SourceSection:
    return SourceSection.model_validate({"name": "staged", **keys})
