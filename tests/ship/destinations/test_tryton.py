"""The destination `tryton`, on a real one: on SQLite, and what rests on the database on PostgreSQL too."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import tryton

from aponta.config.sections.stock import Locations, StockSection
from aponta.contract.stock.sink import Rejection
from aponta.errors import ConfigError, TransientError
from aponta.ship.destinations import open_destination
from aponta.ship.destinations.tryton.workflow import STEPS
from ship.declarations import HOUR, ONE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # a server is set up in the first one's time
ON_SQLITE = pytest.mark.parametrize("tryton_server", ["sqlite"], indirect=True)
LOCATIONS = Locations(finished="SP1/finished", scrap="SP1/scrap")
SCRAP = replace(
    ONE, key="SP1:M1:P:20260302T10:scrap:1", quality="scrap", pieces=3, quantity=Decimal(3), location="SP1/scrap"
)
LESS = replace(ONE, key="SP1:M1:P:20260302T10:good:2", revision=2, pieces=-40, quantity=Decimal(-40))


def opened(database, url=None, **section):
    return open_destination(
        StockSection(kind="tryton", **{"locations": LOCATIONS} | section), url or database.url, Path()
    )


@pytest.fixture
def database(tryton_server):
    tryton_server.clear()
    return tryton_server


@pytest.fixture(scope="module")
def signed_in(tryton_server):
    return opened(tryton_server)


@pytest.fixture
def stock(database, signed_in):
    return signed_in


def test_what_was_made_and_what_is_taken_back(stock, database):
    stock.check()
    posted = stock.post([ONE, SCRAP]) | stock.post([LESS])
    assert {key: (one.quantity, one.progress) for key, one in posted.items()} == {
        ONE.key: (100, "done"),
        SCRAP.key: (3, "done"),
        LESS.key: (-40, "done"),
    }
    assert posted[LESS.key].stock_code == "SKU-P" and posted[SCRAP.key].location == "SP1/scrap"
    assert stock.post([ONE, SCRAP, LESS]) == posted == stock.look_up([*posted, "other"])
    assert sorted(stock.on_hand()) == [("SKU-P", "SP1/finished", 60), ("SKU-P", "SP1/scrap", 3)]
    moved = database.execute("SELECT quantity, effective_date FROM stock_move WHERE state = 'done' ORDER BY quantity")
    assert [(quantity, str(day)) for quantity, day in moved] == [(n, "2026-03-02") for n in (3, 40, 100)]
    later = HOUR + timedelta(hours=1)
    assert dict(stock.list_documents("SP1", HOUR, later)) == posted
    assert (
        [*stock.list_documents("SP1", HOUR - timedelta(days=9), HOUR)]
        == [*stock.list_documents("SP1", later, later)]
        == []
    )
    assert [*stock.list_documents("SP_", HOUR, later)] == []


@ON_SQLITE
def test_a_key_is_never_used_for_another_content(stock, database):
    stock.post([ONE])
    for other in ({"quantity": Decimal(99)}, {"location": "SP1/scrap"}, {"stock_code": "SKU-K", "unit": "kg"}):
        with pytest.raises(Rejection, match="another content") as raised:
            stock.post([SCRAP, replace(ONE, **other)])
        assert raised.value.key == ONE.key
    assert ("SKU-P", "SP1/finished", 100) in stock.on_hand()


def begin(database, stock, said, until):
    """Posts, and presses buttons until that state."""
    states = ["draft"]
    pressed = [button for _, button, to in STEPS[1:] if states[-1] != until and not states.append(to)]
    rpc = stock.rpc
    call = rpc.call

    def stopping(model, method, *params, **context):
        if method in {button for _, button, _ in STEPS} - set(pressed):
            raise TransientError("ship.unreachable", why="killed")
        return call(model, method, *params, **context)

    rpc.call = stopping
    try:
        with pytest.raises(TransientError):
            stock.post([said])
    finally:
        rpc.call = call
    (found,) = stock.look_up([said.key]).values()
    assert found.progress == "partial" and found.quantity == said.quantity
    return database.person.search_read("production", [["reference", "=", said.key]], ["state", "outputs", "inputs"])[0]


@ON_SQLITE
@pytest.mark.parametrize("said", [ONE, LESS], ids=["made", "taken back"])
def test_posting_goes_on_from_any_step(stock, database, said):
    stock.post([replace(ONE, key="first")])
    states = ["draft", "waiting", "assigned", "running"]
    keys = [f"{said.key}{number}" for number in range(len(states))]
    for key, state in zip(keys, states, strict=True):
        assert begin(database, stock, replace(said, key=key, quantity=said.quantity / 4), state)["state"] == state
    posted = stock.post([replace(said, key=key, quantity=said.quantity / 4) for key in keys])
    assert {one.progress for one in posted.values()} == {"done"}
    assert stock.on_hand() == [("SKU-P", "SP1/finished", 100 + said.quantity)]


@ON_SQLITE
def test_what_a_person_does_meanwhile(stock, database):
    cancelled = begin(database, stock, ONE, "waiting")
    database.person.call("production", "cancel", [cancelled["id"]])
    assert stock.post([ONE, SCRAP])[ONE.key].progress == stock.look_up([ONE.key])[ONE.key].progress == "cancelled"
    changed = begin(database, stock, replace(ONE, key="changed"), "draft")
    database.person.call("stock.move", "write", changed["outputs"], {"quantity": 7})
    assert stock.look_up(["changed"])["changed"].quantity == 7
    with pytest.raises(Rejection, match="another content: 7 of SKU-P"):
        stock.post([replace(ONE, key="changed")])
    done = begin(database, stock, replace(ONE, key="done"), "running")
    database.person.call("production", "do", [done["id"]])
    assert stock.post([replace(ONE, key="done")])["done"].progress == "done"
    assert sorted(stock.on_hand()) == [("SKU-P", "SP1/finished", 100), ("SKU-P", "SP1/scrap", 3)]


@ON_SQLITE
def test_what_will_never_be_taken(stock, database):
    """Each is refused in clear words, and leaves nothing behind."""
    uom = database.person.search_read("product.uom", [["name", "=", "Unit"]], [])[0]["id"]

    def product(code, **more):
        content = {"name": code, "type": "goods", "default_uom": uom, "list_price": Decimal(1), "producible": True}
        content["products"] = [["create", [{"suffix_code": code, "cost_price": Decimal(1)}]]]
        database.person.call("product.template", "create", [content | more])

    product("BOUGHT", producible=False)
    product("AVERAGE", cost_price_method="average")
    tomorrow = datetime.now(UTC).date() + timedelta(days=2)
    refused = {
        "no product with the code SKU-X": {"stock_code": "SKU-X"},
        "not counted in kg, but in": {"unit": "kg"},
        "SKU-K is not counted in pc": {"stock_code": "SKU-K"},
        "BOUGHT is not producible": {"stock_code": "BOUGHT"},
        "cost method average": {"stock_code": "AVERAGE"},
        "13 un of product SKU-B make no whole box": {"stock_code": "SKU-B", "unit": "un", "quantity": Decimal(13)},
        "0.5 g of product SKU-K": {"stock_code": "SKU-K", "unit": "g", "quantity": Decimal("0.5")},
        "digits in the value": {"quantity": Decimal("0.5")},
        "names no location": {"location": "elsewhere"},
    }
    for words, other in refused.items():
        with pytest.raises(Rejection, match=words):
            stock.post([replace(ONE, **other)])
    assert database.execute("SELECT count(*) FROM production") == [(0,)]
    with pytest.raises(Rejection, match="in the future") as raised:  # a warning, for a person to decide on
        stock.post([replace(ONE, booked_on=tomorrow)])
    assert raised.value.key == ONE.key


@ON_SQLITE
def test_units_are_the_system_s_own(stock):
    """Pieces by any word; else the unit's own symbol or name, of those that the product can be counted in."""
    stock.post(
        [
            replace(ONE, unit="Peças"),
            replace(ONE, key="b", stock_code="SKU-B", unit="Box", quantity=Decimal(2)),
            replace(ONE, key="c", stock_code="SKU-B", unit="un", quantity=Decimal(24)),
            replace(ONE, key="d", stock_code="SKU-K", unit="g", quantity=Decimal(1500)),
        ]
    )
    assert {code: quantity for code, _, quantity in stock.on_hand()} == {
        "SKU-P": 100,
        "SKU-B": 4,
        "SKU-K": Decimal("1.5"),
    }
    assert {key: one.quantity for key, one in stock.look_up(["b", "c", "d"]).items()} == {
        "b": 2,
        "c": 24,
        "d": 1500,
    }


def test_nothing_is_taken_back_that_is_not_there(stock, database):
    stock.post([replace(ONE, quantity=Decimal(30))])
    first = replace(LESS, key="first", quantity=Decimal(-10))
    with pytest.raises(Rejection, match="not enough on hand of SKU-P at SP1/finished to take 40 back"):
        stock.post([first, LESS])
    assert database.execute("SELECT count(*) FROM stock_move WHERE state = 'assigned'") == [(0,)]
    assert stock.post([first])["first"].progress == "done"
    assert stock.look_up([LESS.key])[LESS.key].quantity == -40
    assert stock.on_hand() == [("SKU-P", "SP1/finished", 20)]
    # What arrives in the same batch is there to be taken.
    assert stock.post([LESS, replace(ONE, key="second")])[LESS.key].progress == "done"
    assert stock.on_hand() == [("SKU-P", "SP1/finished", 80)]


def test_a_period_that_is_closed(stock, database):
    assert stock.closed_until() is None
    begun = [replace(ONE, key="waiting"), replace(ONE, key="running")]
    for one in begun:
        begin(database, stock, one, one.key)
    company = database.person.company
    for day in (date(2026, 2, 28), date(2026, 3, 31)):
        ids = database.person.call("stock.period", "create", [{"date": day, "company": company}])
        database.person.call("stock.period", "close", ids)
    assert stock.closed_until() == date(2026, 3, 31)
    with pytest.raises(Rejection, match="must reopen period"):
        stock.post([ONE])
    posted = stock.post([replace(one, booked_on=date(2026, 4, 1)) for one in begun])
    assert {one.progress for one in posted.values()} == {"done"}
    moved = database.execute("SELECT DISTINCT effective_date FROM stock_move WHERE state = 'done'")
    assert [str(day) for (day,) in moved] == ["2026-04-01"]


def test_a_reference_that_is_not_unique_is_refused(stock, database):
    database.execute(f"DROP INDEX {tryton.GUARD}")
    for _ in range(2):
        with pytest.raises(ConfigError) as raised:
            stock.check()
        assert raised.value.code == "ship.no_guard"
        assert database.execute("SELECT count(*) FROM production") == [(0,)], "what was tried is taken away again"
    database.execute(raised.value.facts["sql"])
    stock.check()
    assert database.execute("SELECT count(*) FROM production") == [(0,)]


@ON_SQLITE
def test_a_guard_may_have_words_of_its_own(stock, database):
    ((guard,),) = database.execute(f"SELECT sql FROM sqlite_master WHERE name = '{tryton.GUARD}'")
    database.execute(
        f"DROP INDEX {tryton.GUARD}",
        "CREATE TRIGGER once BEFORE INSERT ON production WHEN EXISTS (SELECT 1 FROM production WHERE reference ="
        " NEW.reference) BEGIN SELECT RAISE(ABORT, 'já existe'); END",
    )
    stock.check()
    assert database.execute("SELECT count(*) FROM production") == [(0,)]
    database.execute("DROP TRIGGER once", guard)


@ON_SQLITE
def test_an_error_of_its_own_is_no_refusal(stock, database):
    database.execute("CREATE TRIGGER sick BEFORE INSERT ON production BEGIN SELECT RAISE(ABORT, 'disk quota'); END")
    with pytest.raises(TransientError, match="disk quota") as raised:
        stock.post([ONE])
    assert raised.value.code == "ship.unsure"
    database.execute("DROP TRIGGER sick")


@ON_SQLITE
def test_a_lack_is_reported(stock, database):
    wrong = {
        "ship.no_sign_in": {"url": database.url_of("aponta", "s3cret")},
        "ship.no_tryton": {"url": database.url.replace("/aponta", "/nothing")},
        "ship.no_location": {"locations": Locations(finished="SP1/finished", scrap="Input Zone 9")},
    }
    for code, how in wrong.items():
        with pytest.raises(ConfigError) as raised:
            opened(database, **how).check()
        assert raised.value.code == code and "s3cret" not in str(raised.value)
    person = database.person
    (user,) = person.search_read("res.user", [["login", "=", "aponta"]], ["groups"])
    person.call("res.user", "write", [user["id"]], {"groups": [["remove", user["groups"]]]})
    with pytest.raises(ConfigError) as raised:
        opened(database).check()
    person.call("res.user", "write", [user["id"]], {"groups": [["add", user["groups"]]]})
    assert raised.value.code == "ship.not_allowed"
    with pytest.raises(TransientError) as away:
        opened(database, "http://aponta:s3cret@127.0.0.1:9/aponta").check()
    assert away.value.code == "ship.unreachable" and "s3cret" not in str(away.value)


@pytest.mark.parametrize(
    "url", ["data/stock.db", "http://u:p@server", "https://server/db", "http://u:s3cret@s:port/db"]
)
def test_an_address_that_is_none(url):
    with pytest.raises(ConfigError, match=r"^ship.no_tryton_url, destination=main$"):
        open_destination(StockSection(kind="tryton"), url, Path())


def test_lots(database):
    stock = opened(database, lot="{product}-{day:%Y%m%d}")
    stock.check()
    said = [replace(one, lot="P-20260302") for one in (ONE, replace(ONE, key="second"), LESS)]
    stock.post(said[:2])
    stock.post(said[2:])
    assert stock.post(said)[LESS.key].progress == "done"
    with pytest.raises(Rejection, match="another content"):
        stock.post([replace(ONE, lot="P-20260303")])
    lots = database.execute(
        "SELECT lot.number, product.code, sum(move.quantity) FROM stock_move move"
        " JOIN stock_lot lot ON lot.id = move.lot JOIN product_product product ON product.id = lot.product"
        " GROUP BY lot.number, product.code, move.to_location"
        " ORDER BY 3"
    )
    assert lots == [("P-20260302", "SKU-P", 40), ("P-20260302", "SKU-P", 200)]
    other = replace(LESS, key="other", lot="P-20260303")  # of that lot nothing is there
    with pytest.raises(Rejection, match="not enough on hand"):
        stock.post([other])


@ON_SQLITE
def test_a_session_that_ended_is_begun_again(stock, database):
    stock.post([ONE])
    database.execute("DELETE FROM ir_session")
    assert stock.post([SCRAP])[SCRAP.key].progress == "done"
