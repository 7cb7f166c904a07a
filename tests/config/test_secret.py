"""Secrets stay where they are; what is wrong with one says where it is, never what it is."""

import pytest

from aponta.config.secret import database_url, resolve_secret
from aponta.errors import ConfigError


def test_a_secret_comes_from_the_environment_or_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("STOCK_URL", "postgresql://u:p@db/stock")
    (tmp_path / "url.txt").write_text("sqlite:///x.db\n")
    assert resolve_secret("env:STOCK_URL", tmp_path) == "postgresql://u:p@db/stock"
    assert database_url("env:STOCK_URL", tmp_path) == "postgresql+psycopg://u:p@db/stock"
    assert database_url("file:url.txt", tmp_path) == "sqlite:///x.db"


@pytest.mark.parametrize("place", ["env:APONTA_NOT_THERE", "file:nowhere.txt", "file:."])
def test_a_secret_that_is_not_there(tmp_path, place):
    with pytest.raises(ConfigError) as raised:
        resolve_secret(place, tmp_path)
    assert raised.value.facts == {"place": place}


def test_a_path_is_a_file_below_the_factory_folder(tmp_path):
    assert database_url("data/ops.db", tmp_path) == f"sqlite:///{(tmp_path / 'data/ops.db').as_posix()}"
