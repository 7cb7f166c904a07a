"""Any error in a file of the factory is reported in the reader's language, in one line that names the key."""

import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from aponta.config.calendar_file import CalendarRules
from aponta.config.master import IdealCycle, Machine, Product
from aponta.config.rule import rule_name, rule_of
from aponta.config.settings import Settings
from aponta.config.toml_file import read_toml
from aponta.contract.layout import Layout
from aponta.errors import ConfigError
from aponta.words import LANGUAGES, Words, knows

FILES = (Settings, CalendarRules, Layout, Machine, Product, IdealCycle)
WRONG: tuple[Any, ...] = (
    *("", "x", "x" * 200, "s3://x/y", "31/02/2026", "2026-13-01", "1e999", "(", "(?=x)", "header:x", "%I", "Z:9"),
    *(True, -1, 0, 1.5, 1e18, float("inf"), float("nan"), 10**30),
    *([], [1], ["x", "x", "x"], {}, {"x": 1}, {"X y": {"column": 1}}, {"row": {"column": 1}}),
    *(date(2026, 1, 1), datetime(2026, 1, 1, 0, 30), datetime(2026, 1, 1, 0, 30, tzinfo=UTC)),
)


def parts(kind: Any) -> Iterator[type[BaseModel]]:
    """A model and every model in it."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for field in kind.model_fields.values():
            yield from parts(field.annotation)
    for inner in get_args(kind):
        yield from parts(inner)


def test_every_kind_of_error_that_can_occur_has_words() -> None:
    met = set()
    for model in {part for file in FILES for part in parts(file)}:
        for name, field in model.model_fields.items():
            for value in WRONG:
                try:
                    model.model_validate({field.alias or name: value})
                except ValidationError as error:
                    for wrong in error.errors():
                        met.add(rule_name(wrong["type"]))
                        for language in LANGUAGES:
                            assert Words(language).show(rule_of(wrong))
    met.discard("extra_forbidden")  # has an error of its own
    assert len(met) > 20
    assert {name for name in met if not knows(f"config.rule.{name}")} == set()


def test_a_kind_of_error_that_nobody_knows_is_told_all_the_same() -> None:
    message = Words("pt-BR").show(rule_of({"type": "url_scheme", "loc": (), "msg": "English", "input": 1}))
    assert message and "English" not in message


@pytest.mark.parametrize("start", ["2026-03-01T00:00:00", "2026-03-01T09:15:00+09:00", "2026-03-01"])
def test_the_start_of_stock_is_on_the_hour_of_utc(tmp_path, start) -> None:
    path = tmp_path / "aponta.toml"
    path.write_text(
        f'[factory]\nname = "A"\nsite = "A"\ntimezone = "Asia/Kolkata"\n[[stock]]\nname = "erp"\nstart = {start}\n'
    )
    with pytest.raises(ConfigError) as raised:
        read_toml(path, Settings)
    assert raised.value.facts["key"] == 'stock "erp", start'
    near = ("2026-03-01T09:00:00+09:00", "2026-03-01T10:00:00+09:00")
    near = near if "+" in start else ("2026-02-28T23:30:00", "2026-03-01T00:30:00")
    for language in LANGUAGES:
        message = Words(language).error(raised.value)[0]
        assert near[0] in message and near[1] in message and "\n" not in message
        for moment in near:
            path.write_text(path.read_text().replace(f"start = {start}", f"start = {moment}"))
            assert read_toml(path, Settings).stock[0].start == datetime.fromisoformat(moment)
            path.write_text(path.read_text().replace(f"start = {moment}", f"start = {start}"))


def test_a_layouts_own_rules_are_told_in_one_line_with_the_key(tmp_path) -> None:
    given = """
name = "a"\nversion = 1\nfiles = "x"\n[text]\nthousands = "."\n[fields]
machine = { column = 1 }\nproduced_at = { column = 2, format = "%Y" }
"""
    assert tomllib.loads(given)
    path = tmp_path / "a.toml"
    path.write_text(given)
    with pytest.raises(ConfigError) as raised:
        read_toml(path, Layout)
    assert Words("en").error(raised.value)[0] == (
        "a.toml: text.thousands = '.' will not do: decimal and thousands are the same mark"
    )
