"""What collect's tests start from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aponta.ops.database import connect
from intake import Plant


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    engine = connect(f"sqlite:///{tmp_path / 'ops.db'}")
    yield Plant(tmp_path, engine)
    engine.dispose()
