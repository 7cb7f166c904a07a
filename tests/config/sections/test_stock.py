"""[stock] and what belongs to one kind of it."""

import pytest
from pydantic import ValidationError

from aponta.config.secret import database_url
from aponta.config.sections.stock import StockSection

MAPPED = {"table": "a.b", "columns": {"x": "key", "y": "=always"}}


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "sql", "sql": MAPPED},
        {"kind": "sql", "sql": {"procedure": "CALL x(:key, CAST(:quantity AS int), now()::date, '\\:no')"}},
        {"kind": "files", "files": {"delimiter": ";", "decimal": ","}},
        {"kind": "files"},
    ],
)
def test_valid_stock_sections(given):
    section = StockSection.model_validate(given)
    assert hash(section) == hash(StockSection.model_validate(given)) and section == StockSection.model_validate(given)


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"kind": "sql", "files": {}}, "key_of_kind"),
        ({"kind": "files", "sql": {}}, "key_of_kind"),
        ({"sql": {"table": "a"}}, "table_and_columns"),
        ({"sql": {"columns": {"x": "key"}}}, "table_and_columns"),
        ({"sql": MAPPED | {"procedure": "CALL x(:key)"}}, "one_place"),
        ({"sql": {"table": "a", "columns": {"x": "kee"}}}, "declaration_field"),
        ({"sql": {"procedure": "CALL x(:kee)"}}, "declaration_field"),
        ({"kind": "files", "files": {"delimiter": ",", "decimal": ","}}, "delimiter_is_decimal"),
    ],
)
def test_invalid_stock_sections(given, rule):
    with pytest.raises(ValidationError) as raised:
        StockSection.model_validate(given)
    assert [one["type"] for one in raised.value.errors()] == [rule]


def test_a_database_is_named_as_people_name_it(tmp_path):
    for given, url in (
        ("postgresql://h/d", "postgresql+psycopg://h/d"),
        ("mariadb://h/d", "mariadb+pymysql://h/d"),
        ("mysql+other://h/d?x=postgresql://", "mysql+other://h/d?x=postgresql://"),
    ):
        assert database_url(given, tmp_path) == url
