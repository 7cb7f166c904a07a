"""The laws of every stock system, on databases: our own tables, another system's, and its procedure."""

import tempfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

import postgres
from aponta.config.stock_section import StockSection
from ship.conformance import Laws, LawsOfAServer, LawsOfOneThatRefuses, System

COLUMNS = {
    "ext ref": "key",
    "SKU": "stock_code",
    "wh": "location",
    "qty": "quantity",
    "made_at": "hour",
    "day": "booked_on",
    "doc_type": "=PRODUCTION",
}
MAPPED = {"table": "receipts", "columns": COLUMNS, "on_hand": "receipts_on_hand"}
ITEMS = ("CREATE TABLE items (sku VARCHAR(20) PRIMARY KEY)", "INSERT INTO items VALUES ('SKU-A'), ('SKU-B'), ('SKU-C')")
RECEIPTS = (
    *ITEMS,
    'CREATE TABLE receipts (id INTEGER PRIMARY KEY {number}, "ext ref" VARCHAR(120) NOT NULL, "SKU" VARCHAR(20) '
    "NOT NULL REFERENCES items (sku), wh VARCHAR(20), qty NUMERIC(12, 3), made_at TIMESTAMP, day DATE, "
    "doc_type CHAR(10))",
    'CREATE VIEW receipts_on_hand AS SELECT "SKU" AS product, wh AS location, SUM(qty) AS quantity FROM receipts '
    'GROUP BY "SKU", wh',
)
PROCEDURE = {
    "procedure": "CALL receive_goods(:key, :stock_code, :location, :quantity)",
    "ledger": "aponta_posted",
    "on_hand": "stock.levels",
}
RECEIVE = (
    *ITEMS,
    "CREATE SCHEMA stock",
    "CREATE TABLE stock.moves (sku VARCHAR(20), wh VARCHAR(20), qty NUMERIC)",
    """CREATE PROCEDURE receive_goods(ref TEXT, code TEXT, place TEXT, many NUMERIC) LANGUAGE plpgsql AS $$ BEGIN
    IF NOT EXISTS (SELECT FROM items WHERE sku = code) THEN RAISE EXCEPTION 'no item %', code; END IF;
    INSERT INTO stock.moves VALUES (code, place, many); END $$""",
    "CREATE VIEW stock.levels AS SELECT sku AS product, wh AS location, SUM(qty) AS quantity FROM stock.moves "
    "GROUP BY sku, wh",
)


def execute(url, statements):
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def section(**sql):
    return StockSection.model_validate({"kind": "sql", "sql": sql})


@pytest.fixture(scope="module")
def server():
    """A server of its own: the others' is not killed."""
    with tempfile.TemporaryDirectory(prefix="aponta-pg-") as name, postgres.served(Path(name)) as server:
        yield server


class TestTablesOfOurOwn(Laws):
    @pytest.fixture
    def system(self, stock_url):
        return System(section(), stock_url)


class TestTableInSqlite(Laws):
    """It looks at no REFERENCES."""

    @pytest.fixture
    def system(self, tmp_path):
        url = f"sqlite:///{tmp_path}/stock.db"
        execute(url, [one.replace("{number}", "") for one in RECEIPTS])
        return System(section(**MAPPED), url)


class TestTableInPostgresql(LawsOfAServer):
    @pytest.fixture
    def system(self, server):
        url = server.database()
        execute(url, [one.replace("{number}", "GENERATED ALWAYS AS IDENTITY") for one in RECEIPTS])
        return System(section(**MAPPED), url, restart=server.kill)


class TestProcedureInPostgresql(LawsOfOneThatRefuses):
    @pytest.fixture
    def system(self, postgres_database):
        execute(postgres_database, RECEIVE)
        return System(section(**PROCEDURE), postgres_database)
