"""Folders have names that people choose; a name that the lake could not work with is reported before it tries."""

import sys

import factory as small
import pytest

from aponta.config.template import create_factory
from aponta.errors import ConfigError
from aponta.usecases.read.published import query
from aponta.words import LANGUAGES, Words


def test_a_factory_works_in_a_folder_of_any_common_name(tmp_path):
    names = ("Fábrica São João", "100% good", "a#b+c&d=e,f@g", "it's {1} $HOME ~x;y")  # one in the other
    folders = [tmp_path.joinpath(*names[:depth]) for depth in range(len(names) + 1)]
    folders[-1].mkdir(parents=True)
    factory = small.make(folders[-1])
    for hour in range(2):
        small.deliver(factory, small.name("M01", hour), small.text("M01", small.steady(hour)))
        small.run(factory)
    assert query(factory, "SELECT count(*) AS n FROM silver.items") == [{"n": 24}]
    assert [[path.name for path in folder.iterdir()] for folder in folders[:-1]] == [[name] for name in names]


@pytest.mark.parametrize(
    "name", ["a%20b", "é%C3%A9", "%2f", *([] if sys.platform == "win32" else ["a*", "a?b", "[a]", "a\\b"])]
)
def test_a_name_that_the_lake_would_read_as_another_is_refused(tmp_path, name):
    with pytest.raises(ConfigError, match=r"config\.folder_name") as raised:
        create_factory(tmp_path / name)
    assert not (tmp_path / name).exists()
    with pytest.raises(ConfigError, match=r"config\.folder_name"):
        small.make(tmp_path / name)
    with pytest.raises(ConfigError, match=r"config\.folder_name"):
        small.make(tmp_path / "good", aponta=f"{small.SETTINGS}[lake]\nurl = '{name}'\n")
    for language in LANGUAGES:
        assert str(raised.value.facts["mark"]) in Words(language).error(raised.value)[0]
