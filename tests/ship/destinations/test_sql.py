from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from aponta.config.sections.stock import StockSection
from aponta.contract.stock.sink import Rejection, StockDocument
from aponta.errors import ConfigError, TransientError
from aponta.ship.destinations import open_destination
from ship.database import execute, rows
from ship.declarations import ONE

REFERENCE = "M1 2026-03-02T10Z good 1"
TWO = replace(ONE, key="SP1:M1:P:20260302T10:good:2", revision=2, quantity=Decimal(-40))


@pytest.fixture
def stock(stock_url):
    return open_destination(StockSection(), stock_url, Path())


def test_movements_add_up_to_stock_on_hand(stock, stock_url):
    posted = stock.post([ONE, TWO])
    assert posted[ONE.key].quantity == 100
    assert stock.look_up([ONE.key, TWO.key, "other"]) == posted
    assert stock.on_hand() == [("SKU-P", "SP1/finished", Decimal(60))]
    query = "SELECT key, product, location, quantity, unit, reference FROM stock_movement ORDER BY key"
    assert rows(stock_url, query) == [
        (ONE.key, "SKU-P", "SP1/finished", 100, "pc", "M1 2026-03-02T10Z good 1"),
        (TWO.key, "SKU-P", "SP1/finished", -40, "pc", "M1 2026-03-02T10Z good 2"),
    ]


def test_posting_again_changes_nothing(stock):
    stock.post([ONE])
    assert stock.post([ONE, TWO]).keys() == {ONE.key, TWO.key}
    assert stock.post([ONE, TWO])[TWO.key].quantity == -40
    assert stock.on_hand() == [("SKU-P", "SP1/finished", Decimal(60))]


def test_a_key_is_never_used_for_another_content(stock):
    stock.post([ONE])
    for other in (replace(ONE, quantity=Decimal(99)), replace(ONE, location="elsewhere")):
        with pytest.raises(Rejection) as raised:
            stock.post([TWO, other])
        assert raised.value.key == ONE.key
    assert stock.on_hand() == [("SKU-P", "SP1/finished", Decimal(100))]


def test_the_ledger_guards_a_movement_that_somebody_deleted(stock, stock_url):
    stock.post([ONE])
    execute(stock_url, ["DELETE FROM stock_movement"])
    assert (
        stock.look_up([ONE.key]) == stock.post([ONE]) == {ONE.key: StockDocument(Decimal(100), REFERENCE, "cancelled")}
    )
    assert stock.on_hand() == []


def test_another_writer_that_was_faster_decides(stock, stock_url):
    """Both look up, both see nothing, both post: the key is in stock once."""
    other = open_destination(StockSection(), stock_url, Path())
    insert = type(stock)._insert

    class Slow(type(stock)):
        def _insert(self, connection, declarations, now):
            if not other.look_up([ONE.key]):
                other.post([ONE])
            insert(self, connection, declarations, now)

    slow = Slow(stock.name, stock.engine, stock.clock, stock.tables)
    assert slow.post([ONE, TWO]).keys() == {ONE.key, TWO.key}
    assert stock.on_hand() == [("SKU-P", "SP1/finished", Decimal(60))]


def test_all_or_nothing(stock, stock_url):
    execute(
        stock_url,
        [
            "CREATE TABLE stock_movement (key VARCHAR(300) PRIMARY KEY, posted_at TIMESTAMP, product VARCHAR(100),"
            " location VARCHAR(200), quantity NUMERIC(20, 6) CHECK (quantity > 0), unit VARCHAR(20),"
            " reference VARCHAR(300), booked_on DATE, lot VARCHAR(100))"
        ],
    )
    with pytest.raises(Rejection, match="(?i)check"):
        stock.post([ONE, TWO])
    assert stock.look_up([ONE.key]) == {}
    assert rows(stock_url, "SELECT count(*) FROM stock_ledger") == [(0,)]


def test_a_rule_of_the_database_is_reported_in_its_own_words(stock, stock_url):
    stock.on_hand()
    if stock_url.startswith("sqlite"):
        execute(
            stock_url,
            ["CREATE TRIGGER closed BEFORE INSERT ON stock_movement BEGIN SELECT RAISE(ABORT, 'period closed'); END"],
        )
    else:
        execute(
            stock_url,
            [
                "CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'period closed'; END $$",
                "CREATE TRIGGER closed BEFORE INSERT ON stock_movement EXECUTE FUNCTION closed()",
            ],
        )
    with pytest.raises(Rejection, match="period closed"):
        stock.post([ONE])


def test_sums_are_exact(stock):
    big = Decimal(900_000_000_001)
    tenths = [replace(ONE, key=str(n), location="kg", quantity=Decimal("0.1")) for n in range(30)]
    stock.post([replace(ONE, quantity=big), replace(TWO, quantity=big + 1), *tenths])
    assert stock.on_hand() == [("SKU-P", "SP1/finished", 2 * big + 1), ("SKU-P", "kg", Decimal(3))]


def test_tables_that_are_there_are_used_as_they_are(stock, stock_url):
    execute(
        stock_url,
        [
            "CREATE TABLE stock_movement (key VARCHAR(300) PRIMARY KEY, posted_at TIMESTAMP NOT NULL,"
            " product VARCHAR(100), location VARCHAR(200), quantity NUMERIC(20, 6), unit VARCHAR(20),"
            " reference VARCHAR(300), booked_on DATE, lot VARCHAR(100), ours VARCHAR(9) DEFAULT 'x')",
            "CREATE VIEW stock_on_hand AS"
            " SELECT 'all' AS product, 'here' AS location, sum(quantity) AS quantity FROM stock_movement",
        ],
    )
    stock.post([ONE])
    assert stock.on_hand() == [("all", "here", Decimal(100))]
    assert rows(stock_url, "SELECT ours FROM stock_movement") == [("x",)]


def test_a_table_that_lacks_a_column_is_no_fault_of_the_declaration(stock, stock_url):
    execute(
        stock_url,
        ["CREATE TABLE stock_movement (key VARCHAR(300) PRIMARY KEY, location INT, product INT, quantity INT)"],
    )
    with pytest.raises(TransientError, match="column"):
        stock.post([ONE])
    with pytest.raises(ConfigError, match="sql_no_column") as raised:
        stock.check()
    assert raised.value.facts["columns"] == "posted_at, unit, reference, booked_on, lot"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("not a url, s3cret", "ship.bad_url"),
        ("postgresql+psycopg://u:p@s3cret/word@h/d", "ship.bad_url"),
        ("nodatabase://u:s3cret@h/d", "ship.no_driver"),
        ("mysql+nodriver://u:s3cret@h", "ship.no_driver"),
    ],
)
def test_a_url_that_cannot_be_used(url, code):
    with pytest.raises(ConfigError) as raised:
        open_destination(StockSection(), url, Path())
    assert raised.value.code == code and "s3cret" not in str(raised.value)
