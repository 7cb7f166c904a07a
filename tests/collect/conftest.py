"""What collect's tests start from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import factory as small
from aponta.ops.database import connect
from intake import Plant
from stages import FolderStage, S3Stage, Stage

KINDS = ("folder", "s3")


@pytest.fixture(params=KINDS)
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """One for a source of each kind."""
    (tmp_path / "shop").mkdir()
    factory = small.make(tmp_path / "shop")
    if request.param == "s3":
        return S3Stage(factory, request.getfixturevalue("s3_server"))
    (tmp_path / "staged").mkdir()
    return FolderStage(factory, tmp_path / "staged")


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    engine = connect(f"sqlite:///{tmp_path / 'ops.db'}")
    yield Plant(tmp_path, engine)
    engine.dispose()
