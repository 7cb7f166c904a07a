"""Each arrival ends with a receipt, and each receipt holds the hash of the one before it."""

import json

import factory as small

from aponta.pipeline.ledger.receipts import GENESIS, canonical, receipt_digest


def test_every_arrival_has_one_and_none_can_be_changed_or_left_out(tmp_path):
    factory = small.make(tmp_path)
    first = small.text("M01", small.steady(0))
    for data in (first, small.text("M01", small.steady(0, 5)), first, b""):
        small.deliver(factory, small.name("M01", 0), data)
        small.run(factory)
    chain = small.receipts(factory)
    previous = GENESIS
    for head, before, body in chain:
        assert (before, json.loads(body)["previous"], receipt_digest(body)) == (previous, previous, head)
        assert canonical(json.loads(body)) == body
        previous = head
    bodies = [json.loads(body) for *_, body in chain]
    assert [one["status"] for one in bodies] == ["new", "version", "duplicate", "quarantined"]
    assert [one["reason"] for one in bodies] == [None, None, None, "empty"]
    told = bodies[0]
    expected = {
        "name": "M01_20260302_07.txt", "machine": "M01", "layout": "counted", "layout_version": 1, "trailer": "right",
        "hour": "2026-03-02T10:00:00Z", "rows": 14, "records": 12, "quarantined": 0, "skipped": 2, "items_new": 12,
        "first_counter": 1, "last_counter": 12, "first_at": "2026-03-02T10:00:10Z", "last_at": "2026-03-02T10:53:20Z",
        "hours_restated": [],
    }  # fmt: skip
    assert {name: told[name] for name in expected} == expected
    assert told["skew_ms"] == 3_200_000, "the machine says it made its last item so long after the file was written"
