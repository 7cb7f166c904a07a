"""The law of order: any order, any copies, any repeats of whole files give the same facts and the same stock."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import factory as small
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

MACHINES = ("M01", "M02", "N01")
GAPS = (0, 0.25, 5, 29, 36, 61, 200, 400, 1500, 4000)  # seconds: none, a cycle, about the limits of stops, over an hour


@dataclass(frozen=True)
class File:
    name: str
    data: bytes


@st.composite
def items(draw, count=st.integers(1, 14)):
    at, counter, made = 0.0, 0, []
    for gap in draw(st.lists(st.sampled_from(GAPS), min_size=(size := draw(count)), max_size=size)):
        at += gap
        counter = draw(st.sampled_from([counter + 1] * 8 + [counter + 3, 1]))
        product, quality = draw(st.sampled_from(["P", "P", "P", "Q", "B", "-"])), draw(st.sampled_from(["A", "A", "A", "R", "T", "X"]))
        made.append(small.Item(at, counter, product, quality, draw(st.sampled_from(["5", "2,5", "-"]))))
    return made


@st.composite
def files(draw):
    """Stretches of what machines made, in any overlap; of one name several, or one under several names; some say otherwise."""
    found = set()
    for machine in draw(st.sampled_from([("M01",), ("N01",), MACHINES])):
        made = draw(items())
        for _ in range(draw(st.integers(1, 4))):
            start = draw(st.integers(0, len(made) - 1))
            rows = made[start : draw(st.integers(start, len(made)))]
            if rows and draw(st.booleans()):
                which = draw(st.integers(0, len(rows) - 1))
                rows[which] = replace(rows[which], quality=draw(st.sampled_from("ART")), cycle="7")
            data = small.text(machine, rows, draw(st.sampled_from([True, True, False, 99])))
            hours = sorted({row.hour for row in rows}) or [0, 1]
            for tail in draw(st.sampled_from([[""], [""], ["_b"], ["", "_copy"]])):
                found.add(File(small.name(machine, draw(st.sampled_from(hours)), tail), data))
    return sorted(found, key=lambda file: (file.name, file.data))


@st.composite
def deliveries(draw):
    """The same files twice: once all together, once in another order, some again, over several passes."""
    all_together = draw(files())
    order = draw(st.permutations(all_together + draw(st.lists(st.sampled_from(all_together), max_size=2))))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=2)))
    passes = [order[start:end] for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    return [all_together], passes


def outcome(passes):
    with tempfile.TemporaryDirectory() as folder:
        factory = small.make(Path(folder))
        for files in passes:
            for number, file in enumerate(files):
                small.deliver(factory, file.name, file.data, written=number)
            small.run(factory)
        return small.facts(factory)


def same(one, other):
    for name in one:
        assert one[name] == other[name], name


def any_order(examples):
    @settings(max_examples=examples, deadline=None, derandomize=examples < 10)
    @given(deliveries())
    def test(delivered):
        all_together, passes = delivered
        same(outcome(all_together), outcome(passes))

    return test


test_whole_files_in_any_order = any_order(5)
test_whole_files_in_any_order_at_length = pytest.mark.slow(any_order(100))
