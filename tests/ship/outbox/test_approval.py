from datetime import UTC, datetime, timedelta

import pytest

from aponta.config.sections.stock import StockSection
from aponta.ops.database import transaction
from aponta.ship.outbox import approval, backoff

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql+psycopg://u:p%40ss@erp/stock?password=s3cret", "postgresql+psycopg://erp/stock"),
        ("https://aponta:s3cret@erp.example:8000/factory", "https://erp.example:8000/factory"),
        ("postgresql://u:s3/cret@erp/stock", "postgresql://erp/stock"),
        ("postgresql://u:s3?cret@erp/stock", "postgresql://erp/stock"),
        ("postgresql://u:s3@cr/et@erp/stock?user=u", "postgresql://erp/stock"),
        ("https://erp.example/ana@home", "https://erp.example/ana@home"),
        ("sqlite:////srv/a:b@c/stock.db", "sqlite:////srv/a:b@c/stock.db"),
        ("https://aponta:s/cr:e?t@erp.example/factory", "https://erp.example/factory"),
        ("/srv/drop", "/srv/drop"),
    ],
)
def test_a_place_is_kept_without_its_password(url, place):
    assert approval.public_place(url) == place


def test_a_yes_is_for_one_place(shop):
    with transaction(shop.engine) as connection:
        assert approval.approval_of(connection, "erp", "https://u:p@a/db") is None
        approval.approve(connection, "erp", "https://u:p@a/db", who="ana", now=NOW)
        assert approval.approval_of(connection, "erp", "https://u:changed@a/db") == approval.Approval("ana", NOW)
        assert approval.approval_of(connection, "erp", "https://u:p@b/db") is None
        assert approval.approval_of(connection, "other", "https://u:p@a/db") is None


def test_only_apontas_own_file_needs_none():
    assert approval.is_own_file(StockSection(), "sqlite:///f/data/stock.db")
    assert not approval.is_own_file(StockSection(), "postgresql+psycopg://erp/stock")
    assert not approval.is_own_file(StockSection(kind="files"), "/srv/drop")


def test_who_does_not_answer_is_asked_less_and_less_and_then_again(shop):
    waits = []
    with transaction(shop.engine) as connection:
        for _ in range(12):
            waits.append((backoff.back_off(connection, "erp", NOW) - NOW).total_seconds())
            assert backoff.not_before(connection, "erp") == NOW + timedelta(seconds=waits[-1])
        assert [5 * 2**at / 2 <= wait <= 5 * 2**at for at, wait in enumerate(waits[:7])] == [True] * 7
        assert all(450 <= wait <= 900 for wait in waits[8:]) and len(set(waits[8:])) > 1
        backoff.reset_backoff(connection, "erp")
        assert backoff.not_before(connection, "erp") is None
        assert (backoff.back_off(connection, "erp", NOW) - NOW).total_seconds() <= 5
