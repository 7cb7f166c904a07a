"""Fixtures of collect's tests."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import factory as small
import pytest
import sshd
from intake import Intake
from stages import FolderStage, S3Stage, SftpStage, Stage

from aponta.ops.database import connect

KINDS = ("folder", "s3", "sftp")


@pytest.fixture(params=KINDS)
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """A stage for each kind of source."""
    (tmp_path / "shop").mkdir()
    factory = small.make(tmp_path / "shop")
    if request.param == "s3":
        return S3Stage(factory, request.getfixturevalue("s3_server"))
    if request.param == "sftp":
        return request.getfixturevalue("on_server")
    (tmp_path / "staged").mkdir()
    return FolderStage(factory, tmp_path / "staged")


@pytest.fixture
def on_server(sftp_server: sshd.Server, tmp_path: Path) -> Iterator[SftpStage]:
    """A folder open to the server's user: pytest's folders are its own user's alone."""
    (tmp_path / "shop").mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="aponta-sftp-") as name:
        yield SftpStage(small.make(tmp_path / "shop"), sftp_server, Path(name))


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Intake]:
    engine = connect(f"sqlite:///{tmp_path / 'ops.db'}")
    yield Intake(tmp_path, engine)
    engine.dispose()
