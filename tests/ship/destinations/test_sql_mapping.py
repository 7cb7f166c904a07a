"""Tables of another system: what goes where, what lacks there, and what a person does to a row."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import make_url

from aponta.config.sections.stock import StockSection
from aponta.contract.stock.sink import Rejection, StockDocument
from aponta.errors import ConfigError, TransientError
from aponta.ship.destinations import open_destination
from ship import declarations
from ship.database import execute, rows
from ship.declarations import HOUR
from ship.destinations.test_sql_laws import PROCEDURE, RECEIVE

ONE = replace(declarations.ONE, location="store", booked_on=date(2026, 3, 1))
TWO = replace(ONE, key="SP1:M1:P:20260302T10:good:2", revision=2, quantity=Decimal(-40))
COLUMNS = {"ext_ref": "key", "sku": "stock_code", "qty": "quantity"}
RECEIPTS = "CREATE TABLE receipts (id INTEGER PRIMARY KEY, ext_ref VARCHAR(120), sku VARCHAR(20), qty {quantity}{more})"


def receipts(more="", quantity="NUMERIC(12, 2)", number=""):
    made = RECEIPTS.replace("PRIMARY KEY", f"PRIMARY KEY {number}")
    return made.format(quantity=quantity, more=f", {more}" if more else "")


@pytest.fixture
def number(stock_url):
    return "" if stock_url.startswith("sqlite") else "GENERATED ALWAYS AS IDENTITY"


def opened(url, **sql):
    given = {"table": "receipts", "columns": COLUMNS} if "procedure" not in sql else {}
    return open_destination(StockSection.model_validate({"kind": "sql", "sql": given | sql}), url, Path())


def test_each_field_goes_into_its_column(stock_url, number):
    more = (
        "made_at TIMESTAMP, day DATE, who VARCHAR(20), pieces INTEGER, doc CHAR(4), lot VARCHAR(20), told VARCHAR(40)"
    )
    execute(stock_url, [receipts(more, number=number)])
    columns = COLUMNS | {"made_at": "hour", "day": "booked_on", "who": "machine", "pieces": "pieces", "doc": "=PROD"}
    stock = opened(stock_url, columns=columns | {"lot": "lot", "told": "reference"})
    stock.check()
    stock.post([ONE, TWO])
    query = "SELECT ext_ref, sku, qty, made_at, day, who, pieces, doc, lot, told FROM receipts ORDER BY id"
    first, second = rows(stock_url, query)
    when = (
        ("2026-03-02 10:00:00.000000", "2026-03-01") if number == "" else (datetime(2026, 3, 2, 10), date(2026, 3, 1))
    )
    assert first == (ONE.key, "SKU-P", 100, *when, "M1", 100, "PROD", None, "M1 2026-03-02T10Z good 1")
    assert second[2] == -40


def test_a_column_of_a_type_of_its_own_takes_the_text(postgres_database):
    execute(
        postgres_database,
        [
            "CREATE TYPE kind AS ENUM ('in', 'out')",
            "CREATE TABLE receipts (ext_ref TEXT, sku INTEGER, qty INTEGER, doc kind, note JSONB, at TIMESTAMPTZ)",
            f"ALTER DATABASE {make_url(postgres_database).database} SET timezone TO 'America/Sao_Paulo'",
        ],
    )
    stock = opened(postgres_database, columns=COLUMNS | {"doc": "=in", "note": '={"by": "aponta"}', "at": "hour"})
    stock.check()
    stock.post([replace(ONE, stock_code="00042")])
    (found,) = rows(postgres_database, "SELECT sku, qty, doc, note, at AT TIME ZONE 'UTC' FROM receipts")
    assert found == (42, 100, "in", {"by": "aponta"}, HOUR.replace(tzinfo=None))
    assert stock.look_up([ONE.key])[ONE.key].stock_code == "42"
    with pytest.raises(Rejection, match="integer"):
        stock.post([TWO])


@pytest.mark.parametrize("name", ['re"ceipts; DROP TABLE items', "select", "Recibos de produção", "re%s:x"])
def test_names_are_quoted(stock_url, name):
    quoted = '"' + name.replace('"', '""') + '"'
    column = '"q""ty %(x)s :y"'
    execute(
        stock_url,
        [
            one.replace(":", "\\:")
            for one in ("CREATE TABLE items (sku INT)", f"CREATE TABLE {quoted} (ext_ref TEXT, {column} NUMERIC)")
        ],
    )
    stock = opened(stock_url, table=name, columns={"ext_ref": "key", 'q"ty %(x)s :y': "quantity"})
    stock.check()
    stock.post([ONE])
    assert stock.look_up([ONE.key])[ONE.key].quantity == 100
    assert rows(stock_url, "SELECT * FROM items") == []


CHANGES = {
    "changed": ("UPDATE receipts SET qty = 7, sku = 'OTHER'", [(Decimal(7), "done", "OTHER")]),
    "deleted": ("DELETE FROM receipts", [(Decimal(100), "cancelled", None)]),
    "doubled": (
        "INSERT INTO receipts (ext_ref, sku, qty) SELECT ext_ref, sku, qty FROM receipts",
        [(Decimal(100), "done", "SKU-P")] * 2,
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_a_person_does_to_a_row_is_seen(stock_url, number, what):
    statement, listed = CHANGES[what]
    execute(stock_url, [receipts(number=number)])
    stock = opened(stock_url)
    stock.post([ONE])
    execute(stock_url, [statement])
    found = [one for _, one in stock.list_documents("SP1", HOUR, HOUR + timedelta(hours=1))]
    assert [(one.quantity, one.progress, one.stock_code) for one in found] == listed
    there = stock.look_up([ONE.key])[ONE.key]
    assert there.quantity == (200 if what == "doubled" else listed[0][0]) and there.progress == listed[0][1]
    assert stock.post([ONE])[ONE.key] == there
    assert len(rows(stock_url, "SELECT * FROM receipts")) == {"changed": 1, "deleted": 0, "doubled": 2}[what]


def test_rows_that_the_system_takes_away_stay_posted(stock_url, number):
    execute(stock_url, [receipts(number=number)])
    stock = opened(stock_url, rows="taken")
    stock.post([ONE])
    execute(stock_url, ["DELETE FROM receipts"])
    assert stock.look_up([ONE.key])[ONE.key].progress == stock.post([ONE])[ONE.key].progress == "done"
    assert rows(stock_url, "SELECT * FROM receipts") == []


LACKS = {
    "no table": ([], {}, "sql_no_table", {"table": "receipts"}),
    "no column": ([receipts()], {"columns": COLUMNS | {"wh": "location"}}, "sql_no_column", {"columns": "wh"}),
    "a column that needs a value": ([receipts("doc CHAR(4) NOT NULL")], {}, "sql_unfilled", {"column": "doc"}),
    "room for the key": (
        [receipts().replace("VARCHAR(120)", "VARCHAR(12)")],
        {},
        "sql_too_short",
        {"column": "ext_ref", "room": 12, "needs": 40},
    ),
    "room for a text": (
        [receipts("doc CHAR(4)")],
        {"columns": COLUMNS | {"doc": "=PRODUCTION"}},
        "sql_too_short",
        {"column": "doc", "needs": 10},
    ),
    "no view": ([receipts()], {"on_hand": "levels"}, "sql_no_table", {"table": "levels"}),
    "a view of other columns": (
        [receipts(), "CREATE VIEW levels AS SELECT sku AS product, qty AS quantity FROM receipts"],
        {"on_hand": "levels"},
        "sql_no_column",
        {"table": "levels", "columns": "location"},
    ),
    "a ledger that takes a key twice": (
        [
            receipts(),
            "CREATE TABLE stock_ledger (key VARCHAR(300), digest VARCHAR(64), posted_at TIMESTAMP, hour TIMESTAMP, "
            "stock_code VARCHAR(100), location VARCHAR(200), quantity NUMERIC(20, 6), reference VARCHAR(300))",
        ],
        {},
        "sql_not_unique",
        {"table": "stock_ledger"},
    ),
}


@pytest.mark.parametrize("lack", LACKS)
def test_a_lack_is_reported_before_anything_is_posted(stock_url, number, lack):
    made, sql, code, facts = LACKS[lack]
    execute(stock_url, [one.replace("id INTEGER PRIMARY KEY", f"id INTEGER PRIMARY KEY {number}") for one in made])
    with pytest.raises(ConfigError) as raised:
        opened(stock_url, **sql).check()
    assert raised.value.code == f"ship.{code}"
    assert facts.items() <= raised.value.facts.items()


def test_a_column_that_fills_itself_needs_nothing(stock_url, number):
    execute(stock_url, [receipts("doc CHAR(4) NOT NULL DEFAULT 'PROD'", number=number)])
    opened(stock_url).check()


@pytest.fixture
def clerk(postgres_server, postgres_database):
    """A user of the database who may do nothing in it, and the statements of its administrator."""
    name = f"clerk_{make_url(postgres_database).database}"
    execute(
        postgres_database,
        [f"CREATE ROLE {name} LOGIN", "CREATE SCHEMA integration", "REVOKE ALL ON SCHEMA public FROM public"],
    )
    execute(postgres_database, ["CREATE TABLE integration.receipts (ext_ref VARCHAR(300), sku TEXT, qty NUMERIC)"])

    def granted(*statements):
        execute(postgres_database, [one.replace("CLERK", name) for one in statements])

    return postgres_server.url(make_url(postgres_database).database, name), granted


def test_the_least_that_a_user_needs(clerk):
    url, granted = clerk
    stock = opened(url, table="integration.receipts", ledger="integration.posted")
    with pytest.raises(ConfigError, match="ship.sql_not_made") as raised:
        stock.check()
    granted(raised.value.facts["statement"])
    for right, table, grant in (
        ("SELECT", "integration.posted", "USAGE ON SCHEMA integration"),
        ("SELECT", "integration.posted", "SELECT ON integration.posted"),
        ("INSERT", "integration.posted", "INSERT ON integration.posted"),
        ("INSERT", "integration.receipts", "INSERT ON integration.receipts"),
        ("SELECT", "integration.receipts", "SELECT ON integration.receipts"),
    ):
        with pytest.raises(ConfigError, match="ship.sql_no_right") as raised:
            stock.check()
        assert (raised.value.facts["right"], raised.value.facts["table"]) == (right, table)
        granted(f"GRANT {grant} TO CLERK")
    stock.check()
    stock.post([ONE])
    granted("REVOKE INSERT ON integration.receipts FROM CLERK")
    with pytest.raises(TransientError, match="ship.unsure.*permission denied"):
        stock.post([TWO])
    assert stock.look_up([TWO.key]) == {}


def test_the_least_that_a_user_needs_of_our_own_tables(clerk):
    url, granted = clerk
    stock = open_destination(StockSection(), url, Path())
    granted("GRANT USAGE ON SCHEMA public TO CLERK")
    with pytest.raises(ConfigError, match="ship.sql_not_made") as raised:
        stock.post([ONE])
    granted(
        *raised.value.facts["statement"].split("; "),
        "GRANT SELECT, INSERT ON stock_ledger, stock_movement TO CLERK",
        "GRANT SELECT ON stock_on_hand TO CLERK",
    )
    stock.check()
    stock.post([ONE])
    assert stock.on_hand() == [("SKU-P", "store", Decimal(100))]


def test_a_procedure_posts_and_refuses(postgres_database):
    execute(postgres_database, RECEIVE)
    stock = opened(postgres_database, **PROCEDURE)
    stock.check()
    stock.post([replace(ONE, stock_code="SKU-A"), replace(TWO, stock_code="SKU-A")])
    assert stock.on_hand() == [("SKU-A", "store", Decimal(60))]
    assert stock.look_up([ONE.key]) == {
        ONE.key: StockDocument(Decimal(100), "M1 2026-03-02T10Z good 1", stock_code="SKU-A", location="store")
    }
    with pytest.raises(Rejection, match="no item SKU-P"):
        stock.post([replace(ONE, key="SP1:other")])
    assert stock.look_up(["SP1:other"]) == {}


def test_a_period_that_is_closed(stock_url, number):
    execute(stock_url, [receipts(number=number), "CREATE TABLE periods (closed_until DATE)"])
    stock = opened(stock_url, closed_until="periods")
    stock.check()
    assert stock.closed_until() is None
    execute(stock_url, ["INSERT INTO periods VALUES ('2026-01-31'), ('2026-02-28')"])
    assert stock.closed_until() == date(2026, 2, 28)


def test_a_key_of_another_site_is_not_listed(stock_url):
    stock = open_destination(StockSection(), stock_url, Path())
    keys = ["SP1:a", "SP1_:b", "sp1:c", "SP10:d", "XSP1:e", "%:f"]
    stock.post([replace(ONE, key=key) for key in keys])
    for site, found in (("SP1", ["SP1:a"]), ("SP1_", ["SP1_:b"]), ("sp1", ["sp1:c"]), ("S", []), ("%", ["%:f"])):
        assert [key for key, _ in stock.list_documents(site, HOUR, HOUR + timedelta(hours=1))] == found
    assert list(stock.list_documents("SP1", HOUR - timedelta(hours=1), HOUR)) == []
