"""Whatever the facts were on the way, whatever was lost or killed: stock ends as the last facts say, once."""

import tempfile
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from aponta.errors import TransientError
from ship.conformance import Lossy

CODES = {"P": ("SKU-P", 1), "B": ("SKU-B", 12)}
LOCATIONS = {"good": "finished", "scrap": "scrap"}

keys = st.tuples(
    st.sampled_from(["M1", "M2"]),
    st.sampled_from(["P", "B"]),
    st.integers(0, 2),
    st.sampled_from(["good", "scrap", "rework"]),
)
states = st.lists(st.dictionaries(keys, st.integers(0, 40), max_size=8), min_size=1, max_size=4)
faults = st.lists(st.sampled_from(["", "lost request", "lost answer", "killed before", "killed after"]), max_size=12)


class Killed(BaseException):
    pass


class Faulty:
    """A sink whose calls meet the faults given, one a call, and then none."""

    def __init__(self, sink, faults):
        self.name, self.sink, self.faults = sink.name, sink, iter(faults)

    def look_up(self, keys):
        return self._call(self.sink.look_up, keys)

    def post(self, declarations):
        return self._call(self.sink.post, declarations)

    def __getattr__(self, name):
        return getattr(self.sink, name)

    def _call(self, does, argument):
        fault = next(self.faults, "")
        for moment, kind in (("lost request", TransientError), ("killed before", Killed)):
            if fault == moment:
                raise kind("ship.unreachable")
        answer = does(argument)
        for moment, kind in (("lost answer", TransientError), ("killed after", Killed)):
            if fault == moment:
                raise kind("ship.unreachable")
        return answer


def expected_on_hand(facts):
    pieces = Counter()
    for (_, product, _, quality), count in facts.items():
        if quality in LOCATIONS:
            code, per_unit = CODES[product]
            pieces[code, LOCATIONS[quality], per_unit] += count
    return {(code, place): count // per_unit for (code, place, per_unit), count in pieces.items() if count // per_unit}


def hurry(engine):
    """No waiting for the disk: what is tested here is the order of commits, not the power cord."""
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))


def test_a_quarter_is_lost_on_a_server_too(shop):
    """Requests and answers both, and corrections on their way."""
    lossy = Lossy(shop.sink, seed=3)
    said = [
        {("M1", "P", hour, "good"): 10 * hour + round for hour in range(4)} | {("M2", "B", 1, "scrap"): 30 - round}
        for round in range(3)
    ]
    for facts in said:
        shop.prepare(facts)
        for _ in range(100):
            if shop.drain(lossy, batch=2).stopped is None:
                break
    assert {state for (state,) in shop.outbox_rows("state")} == {"acknowledged"}
    assert shop.on_hand() == expected_on_hand(said[-1])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=states, faults=faults, batch=st.integers(1, 4))
def test_stock_ends_as_the_last_facts(open_shop, states, faults, batch):
    with tempfile.TemporaryDirectory() as folder:
        shop = open_shop(f"sqlite:///{folder}/ops.db", f"sqlite:///{folder}/stock.db")
        hurry(shop.engine)
        hurry(shop.sink.engine)
        faulty = Faulty(shop.sink, faults)
        for facts in states:
            shop.prepare(facts)
            assert shop.prepare(facts) == 0
            with suppress(Killed):
                shop.drain(faulty, batch=batch)
        assert shop.drain(batch=batch).stopped is None
        assert {state for (state,) in shop.outbox_rows("state")} <= {"acknowledged"}
        assert {place: quantity for place, quantity in shop.on_hand().items() if quantity} == expected_on_hand(
            states[-1]
        )
        held = Counter()
        for machine, product, hour, quality, pieces in shop.outbox_rows(
            "machine", "product", "hour", "quality", "pieces"
        ):
            held[machine, product, (hour - datetime(2026, 3, 2, 10, tzinfo=UTC)).seconds // 3600, quality] += pieces
        declared = {key: pieces for key, pieces in states[-1].items() if key[3] in LOCATIONS and pieces}
        assert {key: pieces for key, pieces in held.items() if pieces} == declared
        shop.engine.dispose()
