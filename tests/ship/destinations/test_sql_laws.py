"""The laws of every stock system, on databases: our own tables, another system's, and its procedure."""

import gc
import tempfile
import warnings
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import mariadb
import postgres
import pytest

from aponta.config.sections.stock import StockSection
from aponta.contract.stock.sink import Rejection
from aponta.errors import ConfigError
from ship.conformance import HOUR, Laws, LawsOfAServer, LawsOfOneThatRefuses, System, declared
from ship.database import execute

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


@pytest.fixture(scope="module")
def mariadb_server():
    with tempfile.TemporaryDirectory(prefix="aponta-maria-") as name, mariadb.served(Path(name)) as server:
        yield server


class TestTablesOfOurOwnInMariadb(Laws):
    @pytest.fixture
    def system(self, mariadb_server):
        return System(section(), mariadb_server.database())


class TestTableInMariadb(LawsOfAServer):
    @pytest.fixture
    def system(self, mariadb_server):
        url = mariadb_server.database()
        execute(url, [one.replace("{number}", "AUTO_INCREMENT").replace('"', "`") for one in RECEIPTS])
        yield System(section(**MAPPED), url, restart=mariadb_server.kill)
        with warnings.catch_warnings(action="ignore", category=ResourceWarning):
            gc.collect()  # of a server that is away, the driver leaves its sockets to be collected


@pytest.fixture
def in_mariadb(mariadb_server):
    return mariadb_server.database()


def test_mariadb_takes_two_keys_that_differ_in_a_letter_s_case_for_two(in_mariadb):
    stock = System(section(), in_mariadb).opened()
    one, two = (
        replace(said, key=key) for said, key in zip(declared(System(section(), ""), 2), ("S:p", "S:P"), strict=True)
    )
    stock.post([one])
    stock.post([two])
    assert stock.look_up(["S:p", "S:P"]).keys() == {"S:p", "S:P"}
    assert [key for key, _ in stock.list_documents("S", HOUR, HOUR + timedelta(hours=1))] == ["S:p"]


@pytest.mark.parametrize("how", ["a trigger", "a procedure", "a check", "too long"])
def test_mariadb_refuses_in_its_own_words(in_mariadb, how):
    no = "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'period closed'"
    made = "CREATE TABLE receipts (ref VARCHAR(120), qty NUMERIC(12, 3), sku VARCHAR(3){more}) ENGINE = InnoDB"
    execute(in_mariadb, [made.format(more=", CONSTRAINT period_closed CHECK (qty < 0)" if how == "a check" else "")])
    sql = {"table": "receipts", "columns": {"ref": "key", "qty": "quantity"}}
    if how == "a trigger":
        execute(in_mariadb, [f"CREATE TRIGGER closed BEFORE INSERT ON receipts FOR EACH ROW {no}"])
    elif how == "a procedure":
        execute(in_mariadb, [f"CREATE PROCEDURE receive(ref TEXT, qty NUMERIC(12, 3)) {no}"])
        sql = {"procedure": "CALL receive(:key, :quantity)"}
    elif how == "too long":
        sql["columns"] |= {"sku": "stock_code"}
    stock = System(section(**sql), in_mariadb).opened()
    stock.check()
    with pytest.raises(Rejection) as raised:
        stock.post(declared(System(section(), ""), 1))
    assert (
        "sku" if how == "too long" else "period_closed" if how == "a check" else "period closed"
    ) in raised.value.why
    assert not raised.value.why.startswith("(")
    assert stock.look_up([declared(System(section(), ""), 1)[0].key]) == {}


def test_a_procedure_of_mariadb_posts(in_mariadb):
    execute(
        in_mariadb,
        [
            "CREATE TABLE moves (ref VARCHAR(120), at DATETIME, qty NUMERIC(12, 3))",
            "CREATE PROCEDURE receive(ref TEXT, at DATETIME, qty NUMERIC(12, 3)) "
            "BEGIN INSERT INTO moves VALUES (ref, at, qty); SELECT 1; END",
            "CREATE VIEW levels AS SELECT 'all' AS product, 'here' AS location, SUM(qty) AS quantity FROM moves",
        ],
    )
    procedure = {"procedure": "CALL receive(:key, :hour, :quantity)", "on_hand": "levels"}
    stock = System(section(**procedure), in_mariadb).opened()
    said = declared(System(section(), ""), 3)
    stock.post(said)
    assert stock.on_hand() == [("all", "here", sum(one.quantity for one in said))]


def test_a_table_of_mariadb_that_takes_nothing_back_is_refused(in_mariadb):
    execute(in_mariadb, ["CREATE TABLE receipts (ref VARCHAR(120), qty INT) ENGINE = MyISAM"])
    with pytest.raises(ConfigError, match="ship.sql_engine.*MyISAM"):
        System(section(table="receipts", columns={"ref": "key", "qty": "quantity"}), in_mariadb).opened().check()
