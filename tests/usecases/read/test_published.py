"""Who may read which table is asked in one place: for pages, the API behind them and SQL."""

from dataclasses import replace

import factory as small
import pytest
from pages import LAN, browser, opened

from aponta.contract.policy import EveryTable
from aponta.errors import ConfigError
from aponta.lake.sql.query import run_sql
from aponta.ops.database import transaction
from aponta.show.access import users
from aponta.usecases.read.published import Published, query, readable

PASSWORD = "uma frase bem longa"
OURS = {"Origin": "http://192.0.2.7"}


class NoItems:
    """A policy that withholds the items from everybody but ana."""

    def readable(self, user, tables):
        return tables if user == "ana" else tables - {"silver.items", "gold.production"}


@pytest.fixture(scope="module")
def factory(tmp_path_factory):
    """An hour of M01."""
    made = small.make(tmp_path_factory.mktemp("published"))
    small.deliver(made, small.name("M01", 0), small.text("M01", small.steady(0)))
    small.run(made)
    return made


def test_by_default_every_table_is_read(factory):
    reader, names = Published(factory), readable(factory, "SELECT 1 AS one").tables
    assert reader.tables < names and names - reader.tables == {"gold.completeness"}
    assert reader.for_user("bob").tables is reader.tables
    assert EveryTable().readable("bob", names) is names


def test_a_table_that_may_not_be_read_is_none_for_pages_and_sql_alike(factory):
    reader = Published(factory, NoItems())
    for sql in (
        "SELECT count(*) AS n FROM silver.items",
        'SELECT count(*) AS n FROM "SILVER"."Items"',
        "WITH items AS (SELECT 1) SELECT count(*) AS n FROM silver.items, items",
        "SELECT n FROM (SELECT count(*) AS n FROM silver.items WHERE machine = ?1)",
    ):
        with pytest.raises(ConfigError) as refused:
            reader.rows(sql, *["M01"] * sql.count("?1"))
        assert (refused.value.code, refused.value.facts["table"]) == ("lake.sql_unknown_table", "silver.items")
        if "?1" not in sql:
            with pytest.raises(ConfigError, match="sql_unknown_table"):
                readable(factory, sql, policy=NoItems())
    assert reader.for_user("ana").rows("SELECT count(*) AS n FROM silver.items") == query(
        factory, "SELECT count(*) AS n FROM silver.items"
    )


def test_a_view_is_read_though_the_table_beneath_may_not_be(factory):
    sql = "SELECT sum(produced)::BIGINT AS n FROM kpi.oee"
    sources, tables = readable(factory, sql, policy=NoItems())
    assert "gold.production" not in tables
    assert run_sql(sql, sources, tables=tables).rows == [(query(factory, sql)[0]["n"],)]
    assert Published(factory, NoItems()).rows(sql) == query(factory, sql)


def test_a_word_in_a_text_is_no_table_that_is_read(factory, monkeypatch):
    """gold.completeness is derived for who reads it, not for who writes its name somewhere."""
    monkeypatch.setattr("aponta.usecases.read.published._derived", lambda *given: pytest.fail("was derived"))
    assert query(factory, "SELECT 'gold.completeness' AS completeness") == [{"completeness": "gold.completeness"}]


def test_users_who_read_different_tables_share_no_answer(factory):
    addresses = ("/?day=2026-03-02", "/api/panel?day=2026-03-02", "/api/charts/output?machine=M01&day=2026-03-02")
    with opened(factory) as context:
        with transaction(context.engine) as connection:
            for name in ("ana", "bob"):
                users.add_user(connection, name, users.hash_password(PASSWORD), context.clock())
        there = browser(replace(context, reader=Published(factory, NoItems())), LAN)
        statuses = []
        for name in ("ana", "bob", "ana"):  # one server: what ana was shown is not shown to bob
            there.cookies.clear()
            there.post("/login", data={"name": name, "password": PASSWORD}, headers=OURS)
            statuses.append([there.get(address).status_code for address in addresses])
        assert statuses == [[200] * 3, [422] * 3, [200] * 3]
