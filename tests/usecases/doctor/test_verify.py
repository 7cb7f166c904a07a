"""What was written down is proved to be what it was, and whatever was changed is found."""

import factory as small
import pytest
from sqlalchemy import delete, update

from aponta.collect.raw import RawZone
from aponta.ops.database import connect, transaction
from aponta.ops.tables import arrival, receipt
from aponta.pipeline.ledger.receipts import receipt_digest
from aponta.usecases.doctor.verify import verify_receipts


@pytest.fixture
def made(tmp_path):
    factory = small.make(tmp_path)
    for hour in range(3):
        small.deliver(factory, small.name("M01", hour), small.text("M01", small.steady(hour)))
    small.run(factory)
    small.deliver(factory, small.name("M01", 3), b"")
    small.run(factory)
    return factory


@pytest.fixture
def change(made):
    def run(statement):
        engine = connect(made.ops_url)
        try:
            with transaction(engine) as connection:
                connection.execute(statement)
        finally:
            engine.dispose()

    return run


def faults(made, **options):
    return [(one.kind, one.receipt) for one in verify_receipts(made, **options).faults]


def raw_path(made, number):
    sha256 = sorted(path.stem for path in (made.data / "raw").rglob("*.zst"))[number]
    return RawZone(made.data / "raw").path(sha256)


def test_all_is_as_it_was(made):
    seen = []
    verification = verify_receipts(made, progress=lambda done, total: seen.append((done, total)))
    assert (verification.receipts, verification.files, verification.faults) == (4, 4, ())
    assert verification.head == small.receipts(made)[-1][0] and seen == [(0, 4), (1, 4), (2, 4), (3, 4)]
    for head in [one[0] for one in small.receipts(made)]:
        assert not faults(made, head=head)


def test_a_changed_receipt_is_found(made, change):
    body = small.receipts(made)[1][2]
    change(update(receipt).where(receipt.c.number == 2).values(body=body.replace('"records":12', '"records":13')))
    assert faults(made) == [("receipt_changed", 2)]


def test_a_receipt_that_was_written_again_breaks_the_chain(made, change):
    body = small.receipts(made)[1][2].replace('"records":12', '"records":13')
    change(update(receipt).where(receipt.c.number == 2).values(body=body, hash=receipt_digest(body)))
    assert faults(made) == [("chain_broken", 3)]


def test_a_receipt_taken_out_is_found(made, change):
    change(delete(receipt).where(receipt.c.number == 2))
    assert faults(made) == [("chain_broken", 3), ("receipt_missing", None)]


def test_receipts_cut_off_are_found_by_a_head_stored_elsewhere(made, change):
    head = verify_receipts(made).head
    change(delete(receipt).where(receipt.c.number == 4))
    change(delete(arrival).where(arrival.c.id == 4))
    assert faults(made) == []
    assert faults(made, head=head) == [("head_unknown", None)]


def test_raw_files_that_are_gone_or_altered_are_found(made):
    raw_path(made, 0).unlink()
    altered = raw_path(made, 1)
    altered.write_bytes(altered.read_bytes()[:-3] + b"xyz")
    found = verify_receipts(made).faults
    assert sorted((one.kind, bool(one.name)) for one in found) == [("raw_altered", True), ("raw_missing", True)]
    assert not verify_receipts(made, raw=False).faults
