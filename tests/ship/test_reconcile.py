"""What was said beside what stands in the stock system: only what is missing goes again by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, inspect, select, text

from aponta.contract.stock.control import Decision
from aponta.ops.database import transaction
from aponta.ops.stock_tables import discrepancy
from aponta.ship import reconcile

HOUR, NOW = datetime(2026, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 2, 18, tzinfo=UTC)
FIRST, SECOND = "SP1:M1:P:20260302T10:good:1", "SP1:M1:P:20260302T11:good:1"


@pytest.fixture
def posted(shop):
    """Three hours of ten pieces each, in stock."""
    shop.prepare(made(10, 10, 10))
    shop.drain()
    return shop


def made(*pieces):
    return {("M1", "P", at, "good"): count for at, count in enumerate(pieces)}


def there(shop, *statements, **values):
    """What somebody does in the stock system's own database."""
    with shop.sink.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values)


def look(shop, hours=24):
    documents = [*shop.sink.list_documents("SP1", HOUR, HOUR + timedelta(hours=hours))]
    with transaction(shop.engine) as connection:
        return reconcile.reconcile_keys(connection, "main", documents, HOUR, HOUR + timedelta(hours=hours), NOW)


def kinds(found):
    return [(one.kind, one.key) for one in found.differences]


def still_open(shop):
    """Differences on record that wait for a person."""
    with shop.engine.connect() as connection:
        return connection.scalar(select(func.count()).where(discrepancy.c.settled_at.is_(None)))


def states(shop):
    return [state for (state,) in shop.outbox_rows("state")]


def test_a_document_that_matches_is_reconciled(posted):
    found = look(posted)
    assert (found.documents, found.agreed, kinds(found), states(posted)) == (3, 3, [], ["reconciled"] * 3)
    assert sum(found.in_stock.values()) == 30
    assert look(posted).agreed == 3
    assert posted.drain().acknowledged == 0


def test_a_correction_of_what_is_reconciled_goes(posted):
    look(posted)
    posted.prepare(made(8, 10, 10))
    assert posted.drain().acknowledged == 1
    assert posted.on_hand() == {("SKU-P", "finished"): 28}
    assert kinds(look(posted)) == []


def test_only_what_is_missing_goes_again(posted):
    there(posted, "DELETE FROM stock_movement WHERE key = :key", "DELETE FROM stock_ledger WHERE key = :key", key=FIRST)
    assert kinds(look(posted)) == [("missing", FIRST)]
    assert posted.drain().acknowledged == 1
    assert posted.on_hand() == {("SKU-P", "finished"): 30}
    assert kinds(look(posted)) == []


def test_what_a_person_changed_there_is_for_a_person(posted):
    there(posted, "UPDATE stock_movement SET quantity = 7 WHERE key = :key", key=FIRST)
    (one,) = look(posted).differences
    assert (one.kind, one.declared["quantity"], one.in_stock["quantity"]) == ("changed", "10", "7")
    assert states(posted) == ["rejected", "reconciled", "reconciled"]
    assert posted.drain().acknowledged == 0
    assert posted.on_hand() == {("SKU-P", "finished"): 27}, "nobody sets it right but a person"


def test_once_set_right_there_it_is_no_difference(posted):
    there(posted, "UPDATE stock_movement SET quantity = 7 WHERE key = :key", key=FIRST)
    look(posted)
    there(posted, "UPDATE stock_movement SET quantity = 10 WHERE key = :key", key=FIRST)
    assert (kinds(look(posted)), states(posted)) == ([], ["reconciled"] * 3)
    assert still_open(posted) == 0


def test_or_a_person_settles_the_change(posted):
    there(posted, "UPDATE stock_movement SET quantity = 7 WHERE key = :key", key=FIRST)
    look(posted)
    assert posted.decide("settle", FIRST) == 1
    assert (kinds(look(posted)), states(posted)) == ([], ["settled", "reconciled", "reconciled"])


def test_another_place_or_product_is_a_change(posted):
    there(posted, "UPDATE stock_movement SET location = 'yard' WHERE key = :key", key=FIRST)
    there(posted, "UPDATE stock_movement SET product = 'OTHER' WHERE key = :key", key=SECOND)
    assert kinds(look(posted)) == [("changed", FIRST), ("changed", SECOND)]


def test_a_cancelled_document_is_declared_again_only_by_a_persons_decision(posted):
    there(posted, "DELETE FROM stock_movement WHERE key = :key", key=FIRST)  # its key stays in the ledger
    assert kinds(look(posted)) == [("cancelled", FIRST)]
    posted.prepare(made(12, 10, 10))
    assert posted.drain().acknowledged == 0, "the correction waits for the decision"
    posted.decide("void", FIRST)
    posted.prepare(made(12, 10, 10))
    posted.drain()
    assert posted.on_hand() == {("SKU-P", "finished"): 32}
    assert kinds(look(posted)) == []


def test_an_extra_document_is_shown_until_it_is_accepted(posted):
    ours = "SP1:M1:P:20260302T10:good:9"
    with posted.sink.engine.begin() as connection:
        for table in ("stock_ledger", "stock_movement"):  # a copy under another key
            names = [one["name"] for one in inspect(connection).get_columns(table) if one["name"] != "key"]
            columns = ", ".join(names)
            copy = f"INSERT INTO {table} (key, {columns}) SELECT :ours, {columns} FROM {table} WHERE key = :first"
            connection.execute(text(copy), {"ours": ours, "first": FIRST})
    found = look(posted)
    assert (kinds(found), found.differences[0].declared) == ([("extra", ours)], None)
    assert kinds(look(posted)) == [("extra", ours)]
    assert still_open(posted) == 1, "found twice, one difference"
    with transaction(posted.engine) as connection:
        assert reconcile.accept_extra(connection, "main", [ours, FIRST], NOW) == [ours]
    assert kinds(look(posted)) == []
    there(posted, "UPDATE stock_movement SET quantity = 99 WHERE key = :key", key=ours)
    assert kinds(look(posted)) == [("extra", ours)], "it is another one than was accepted"


def test_other_hours_and_other_sites_are_left_alone(posted):
    found = look(posted, hours=1)
    assert (found.documents, found.agreed, states(posted)) == (1, 1, ["reconciled", "acknowledged", "acknowledged"])


def test_what_waits_is_no_difference(posted):
    posted.prepare(made(10, 10, 10, 5))
    assert kinds(look(posted)) == []
    assert states(posted)[-1] == "prepared"


def test_what_filled_no_box_is_nowhere_and_right(shop):
    shop.prepare({("M1", "B", 0, "good"): 5})
    shop.drain()
    assert kinds(look(shop)) == []


def test_a_decision_about_a_difference_is_on_record(posted):
    from aponta.ship.outbox import decision

    there(posted, "UPDATE stock_movement SET quantity = 7 WHERE key = :key", key=FIRST)
    look(posted)
    posted.decide("settle", FIRST)
    with posted.engine.connect() as connection:
        assert decision.last_decisions(connection, "main", 5) == [(FIRST, Decision("settle", "ana", "because", NOW))]
