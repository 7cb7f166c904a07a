"""A folder for a receiver: what is dropped, and what becomes of every kind of answer."""

import os
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread

import pytest

from aponta.config.sections.stock import StockSection
from aponta.contract.stock.key import key_of
from aponta.contract.stock.sink import Declaration, Rejection
from aponta.errors import ConfigError, TransientError
from aponta.ops.database import connect
from aponta.ship.destinations.files import open_sink
from ship.conftest import Shop

HOUR = datetime(2026, 3, 2, 10, tzinfo=UTC)


def declaration(number, quantity=5, hour=HOUR, **changes):
    key = key_of("SP1", f"M{number}", "P", hour, "good", 1)
    one = Declaration(
        key, f"M{number}", "P", "SKU-P", hour, "good", 1, quantity, Decimal(quantity), "pc", "store", hour.date()
    )
    return replace(one, **changes)


ONE, TWO, THREE = declaration(1), declaration(2), declaration(3)
KEYS = [ONE.key, TWO.key, THREE.key]
SUM = sum(one.quantity for one in (ONE, TWO, THREE))


class Now:
    def __init__(self):
        self.moment = datetime(2026, 3, 2, 18, tzinfo=UTC)

    def __call__(self):
        return self.moment


@pytest.fixture
def now():
    return Now()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "share" / "sent").mkdir(parents=True)
    return tmp_path / "share"


@pytest.fixture
def opened(folder, now):
    def sink(**options):
        section = StockSection.model_validate({"kind": "files", "files": options})
        return open_sink(section, str(folder), Path(), now)

    return sink


@pytest.fixture
def sink(opened):
    return opened()


def dropped(folder):
    return sorted(one for one in folder.iterdir() if one.suffix in (".csv", ".xml"))


def progress(sink, keys=KEYS):
    there = sink.look_up(keys)
    return [there[key].progress if key in there else "absent" for key in keys]


def answer(folder, **texts):
    """Beside the file that waits."""
    (path,) = dropped(folder)
    for ending, text in texts.items():
        path.with_suffix(f".{ending}").write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_file_is_what_its_reader_expects(opened, folder):
    opened(delimiter=";", decimal=",").post([TWO, replace(ONE, quantity=Decimal("-0.50"), lot="L;1")])
    (path,) = dropped(folder)
    assert path.read_bytes().decode() == (
        "key;product;location;quantity;unit;booked_on;lot;machine;hour;quality\r\n"
        'SP1:M1:P:20260302T10:good:1;SKU-P;store;-0,5;pc;2026-03-02;"L;1";M1;2026-03-02T10:00:00Z;good\r\n'
        "SP1:M2:P:20260302T10:good:1;SKU-P;store;5;pc;2026-03-02;;M2;2026-03-02T10:00:00Z;good\r\n"
    )
    assert (
        path.name.startswith("20260302T10-20260302T10-")
        and (folder / "sent" / path.name).read_bytes() == path.read_bytes()
    )


def test_the_same_in_xml(opened, folder):
    sink = opened(format="xml")
    sink.post([replace(ONE, stock_code="A<&>é", quantity=Decimal("-0.5"))])
    (path,) = dropped(folder)
    assert "<quantity>-0.5</quantity>" in path.read_text("utf-8") and "A&lt;&amp;&gt;é" in path.read_text("utf-8")
    assert sink.look_up([ONE.key])[ONE.key].quantity == Decimal("-0.5")
    with pytest.raises(Rejection, match="XML"):
        sink.post([replace(TWO, unit="\x01")])
    assert dropped(folder) == [path]


def test_the_same_keys_are_the_same_file_whatever_their_order(opened, tmp_path, now):
    made = []
    for name, batch in (("a", [ONE, TWO, THREE]), ("b", [THREE, ONE, TWO])):
        (tmp_path / name / "sent").mkdir(parents=True)
        open_sink(StockSection.model_validate({"kind": "files"}), str(tmp_path / name), Path(), now).post(batch)
        made.append([(one.name, one.read_bytes()) for one in dropped(tmp_path / name)])
    assert made[0] == made[1]


def test_a_batch_of_two_months_is_two_files(sink, folder):
    sink.post([ONE, declaration(2, hour=HOUR + timedelta(days=60))])
    assert [one.name[:6] for one in dropped(folder)] == ["202603", "202605"]


ANSWERS = {
    "all": ({"ok": "*\n"}, ["done"] * 3),
    "all, no end of line": ({"ok": "*"}, ["done"] * 3),
    "all, with their number": ({"ok": "*,INV-7\n"}, ["done"] * 3),
    "nothing yet": ({"ok": ""}, ["waiting"] * 3),
    "some": ({"ok": f"{KEYS[0]},INV-7\r\n{KEYS[2]}\r\n"}, ["done", "waiting", "done"]),
    "with a heading and a mark of Windows": (
        {"ok": f"\ufeffkey,reference\n{KEYS[0]},7\n"},
        ["done", "waiting", "waiting"],
    ),
    "in the writing": ({"ok": f"{KEYS[0]}\n{KEYS[1]}"}, ["done", "waiting", "waiting"]),
    "the rest": ({"rejected": f"{KEYS[1]},no item\n", "ok": "*\n"}, ["done", "refused", "done"]),
    "refused alone": ({"rejected": f"{KEYS[1]},no item\n"}, ["waiting", "refused", "waiting"]),
    "all refused": ({"rejected": "*,not now\n"}, ["refused"] * 3),
    "none but one": ({"rejected": "*,no\n", "ok": f"{KEYS[0]}\n"}, ["done", "refused", "refused"]),
    "by totals": ({"totals": f"3,{SUM}\n"}, ["done"] * 3),
    "by totals, with a heading": ({"totals": f"rows,quantity\n3,{SUM}\n"}, ["done"] * 3),
    "by totals of the rest": (
        {"rejected": f"{KEYS[1]},no item\n", "totals": f"2,{ONE.quantity + THREE.quantity}\n"},
        ["done", "refused", "done"],
    ),
    "totals in the writing": ({"totals": f"3,{SUM}"}, ["waiting"] * 3),
    "in an old code": ({"rejected": f"{KEYS[1]},peça\n".encode("cp1252")}, ["waiting", "refused", "waiting"]),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_meaning_of_an_answer(sink, folder, name):
    texts, then = ANSWERS[name]
    sink.post([ONE, TWO, THREE])
    assert progress(sink) == ["waiting"] * 3
    path = answer(folder, **texts)
    assert progress(sink) == then
    settled = "waiting" not in then
    assert (path.exists(), (folder / "done" / "2026-03" / path.name).exists()) == (not settled, settled)
    assert progress(sink) == ["absent" if settled and one == "refused" else one for one in then]


def test_the_receiver_s_own_words_are_kept(sink, folder):
    sink.post([ONE, TWO, THREE])
    answer(folder, ok=f'{ONE.key},"INV 7, a"\n', rejected=f"{TWO.key},no item SKU-P\n{THREE.key}\n")
    there = sink.look_up(KEYS)
    assert there[ONE.key].reference == "INV 7, a"
    assert there[TWO.key].why == "no item SKU-P" and there[THREE.key].why.endswith(".rejected")
    assert sink.look_up([ONE.key])[ONE.key].reference == "INV 7, a", "of the index"


UNCLEAR = {
    "a key that is not in the file": {"ok": "SP1:M9:P:20260302T10:good:1\n"},
    "taken and refused": {"ok": f"{ONE.key}\n", "rejected": f"{ONE.key},no\n"},
    "all taken and all refused": {"ok": "*\n", "rejected": "*,no\n"},
    "two answers": {"rejected": f"{ONE.key},no\n{ONE.key},never\n"},
    "another delimiter": {"ok": f"{ONE.key};7\n"},
    "totals of fewer rows": {"totals": f"2,{SUM}\n"},
    "totals of another quantity": {"totals": f"3,{SUM + 1}\n"},
    "totals that are no numbers": {"totals": "three,many\n"},
    "totals of what was refused, too": {"rejected": f"{KEYS[1]},no item\n", "totals": f"3,{SUM}\n"},
    "bytes": {"ok": bytes(range(256)) + b"\n"},
    "a cell without end": {"ok": b'"' + b"x" * 100_000 + b"\n" + b"x" * 100_000},
}


@pytest.mark.parametrize("name", UNCLEAR)
def test_an_answer_that_is_not_clear_is_named_and_not_believed(sink, folder, name):
    sink.post([ONE, TWO, THREE])
    path = answer(folder, **UNCLEAR[name])
    assert progress(sink) == ["waiting"] * 3
    assert path.stem in (told := path.with_suffix(".unclear").read_text()), told
    for ending in (".rejected", ".totals"):
        path.with_suffix(ending).unlink(missing_ok=True)
    answer(folder, ok="*\n")
    assert progress(sink) == ["done"] * 3
    assert not path.with_suffix(".unclear").exists()


@pytest.mark.parametrize("kind", ["folder", "link", "pipe", "endless"])
def test_what_is_no_plain_file_is_no_answer(sink, folder, kind):
    sink.post([ONE, TWO, THREE])
    (path,) = dropped(folder)
    receipt = path.with_suffix(".ok")
    if kind == "folder":
        receipt.mkdir()
    elif kind == "link":
        receipt.symlink_to("/dev/zero")
    elif kind == "pipe" and not hasattr(os, "mkfifo"):
        pytest.skip("this system has no pipes in folders")
    elif kind == "pipe":
        os.mkfifo(receipt)
    else:
        with receipt.open("wb") as file:
            file.truncate(1 << 34)
    assert progress(sink) == ["waiting"] * 3
    assert ".ok" in path.with_suffix(".unclear").read_text()


def test_what_the_receiver_moved_or_deleted_is_taken_not_lost(sink, folder, now):
    sink.post([ONE])
    (path,) = dropped(folder)
    content = path.read_bytes()
    (folder / "taken").mkdir()
    path.rename(folder / "taken" / path.name)
    now.moment += timedelta(days=9)
    assert progress(sink, [ONE.key]) == ["waiting"]
    (folder / "taken" / path.name).unlink()
    assert progress(sink, [ONE.key]) == ["partial"]
    sink.post([ONE])
    assert progress(sink, [ONE.key]) == ["waiting"]
    assert path.read_bytes() == content, "the same name, the same bytes"
    path.unlink()
    now.moment += timedelta(minutes=14)
    assert progress(sink, [ONE.key]) == ["waiting"]
    path.with_suffix(".ok").write_text("*\n")
    assert progress(sink, [ONE.key]) == ["done"], "an answer without the file"


def test_killed_before_the_drop(sink, folder):
    sink.post([ONE])
    (path,) = dropped(folder)
    path.unlink()
    os.utime(folder / "sent" / path.name, (0, 0))  # as `drop` leaves it until it has dropped
    assert progress(sink, [ONE.key]) == ["partial"]
    assert sink.post([ONE])[ONE.key].progress == "waiting" and path.exists()


def test_what_was_refused_goes_again_in_the_same_name_once_its_cause_is_mended(sink, folder):
    sink.post([replace(ONE, stock_code="WRONG")])
    first = answer(folder, rejected="*,no item\n")
    assert progress(sink, [ONE.key]) == ["refused"]
    first.with_suffix(".rejected").write_text("*,no item\n")  # said once more, late
    sink.post([ONE])
    assert dropped(folder) == [first] and progress(sink, [ONE.key]) == ["waiting"], "by no old answer"
    answer(folder, ok="*\n")
    assert progress(sink, [ONE.key]) == ["done"]
    assert [(key, one.stock_code) for key, one in sink.list_documents("SP1", HOUR, HOUR + timedelta(hours=1))] == [
        (ONE.key, "SKU-P")
    ]


def test_what_waits_is_listed_as_waiting(sink, folder):
    sink.post([ONE, TWO])
    answer(folder, ok=f"{ONE.key}\n")
    listed = {key: one.progress for key, one in sink.list_documents("SP1", HOUR, HOUR + timedelta(hours=1))}
    assert listed == {ONE.key: "done", TWO.key: "waiting"}


def test_a_line_that_a_power_cut_tore_hides_no_other(sink, folder):
    for one in (ONE, TWO):
        sink.post([one])
        answer(folder, ok="*\n")
        assert progress(sink, [one.key]) == ["done"]
        with (folder / "done" / "2026-03" / "index.csv").open("ab") as index:
            index.write(b"SP1:M7:P:2026")
    assert progress(sink) == ["done", "done", "absent"]


def test_totals_are_the_receivers(opened, folder):
    sink = opened(delimiter=";", decimal=",")
    assert sink.on_hand() == []
    (folder / "totals.csv").write_text("product;location;quantity\nSKU-P;store;-1,5\n\nSKU;há;7\n", "cp1252")
    assert sink.on_hand() == [("SKU-P", "store", Decimal("-1.5")), ("SKU", "há", Decimal(7))]
    for wrong in ("SKU;store;many", "SKU;7", "SKU;store;NaN", "SKU;store;1e9"):
        (folder / "totals.csv").write_text(f"a;b;1\n{wrong}\n")
        with pytest.raises(TransientError) as raised:
            sink.on_hand()
        assert raised.value.code == "ship.files_totals" and "line 2" in raised.value.facts["why"]
    (folder / "totals.csv").unlink()
    (folder / "totals.csv").mkdir()
    with pytest.raises(TransientError, match="no plain file"):
        sink.on_hand()


def test_a_folder_that_is_not_set_up_gets_nothing(tmp_path, now):
    sink = open_sink(StockSection.model_validate({"kind": "files"}), str(tmp_path / "share"), Path(), now)
    for ask in (sink.check, sink.on_hand, lambda: sink.look_up(KEYS), lambda: sink.post([ONE])):
        with pytest.raises(TransientError, match="ship.unreachable"):
            ask()
    (tmp_path / "share").mkdir()  # as a share that is not mounted looks
    with pytest.raises(ConfigError, match="ship.files_no_sent"):
        sink.check()
    with pytest.raises(TransientError, match="ship.unreachable"):
        sink.post([ONE])
    assert list((tmp_path / "share").iterdir()) == []


def test_a_share_that_goes_away_and_comes_back(share, now):
    (share.folder / "sent").mkdir()
    sink = open_sink(StockSection.model_validate({"kind": "files"}), str(share.folder), Path(), now)
    sink.post([ONE])
    share.read_only()
    assert progress(sink, [ONE.key]) == ["waiting"]
    for ask in (sink.check, lambda: sink.post([TWO])):
        with pytest.raises(TransientError, match="Read-only"):
            ask()
    share.unmount()
    for ask in (lambda: sink.look_up(KEYS), lambda: sink.post([TWO])):
        with pytest.raises(TransientError, match="ship.unreachable"):
            ask()
    assert list(share.folder.iterdir()) == [], "nothing on the disk beneath"
    share.mount()
    sink.post([TWO])
    assert progress(sink) == ["waiting", "waiting", "absent"]


def test_a_full_disk_has_no_half_of_a_file(small_disk, now):
    (small_disk / "sent").mkdir()
    sink = open_sink(StockSection.model_validate({"kind": "files"}), str(small_disk), Path(), now)
    many = [declaration(number) for number in range(3_000)]
    (small_disk / "filling").write_bytes(bytes(700_000))
    with pytest.raises(TransientError) as raised:
        sink.post(many)
    assert raised.value.code == "ship.unreachable"
    assert dropped(small_disk) == []
    (small_disk / "filling").unlink()
    assert len(sink.post(many)) == 3_000
    assert len(dropped(small_disk)) == 1 and [one.name for one in small_disk.glob(".*")] == []


def test_nobody_sees_a_file_in_part(sink, folder):
    seen, over = set(), Event()

    def watch():
        while not over.is_set():
            for path in dropped(folder):
                seen.add((path.name, path.read_bytes()[-6:]))

    watcher = Thread(target=watch)
    watcher.start()
    for at in range(40):
        sink.post([declaration(number, hour=HOUR + timedelta(hours=at)) for number in range(50)])
    over.set()
    watcher.join()
    assert {end for _, end in seen} == {b"good\r\n"} and len(seen) > 5


def test_years_of_answers_are_not_read_into_memory(sink, folder):
    line = "SP1:M{0}:P:20{1}{2:02}02T10:good:1,SKU-P,store,5,pc,20{1}-{2:02}-02T10:00:00Z,done,INV,file.csv\n"
    for year in (24, 25):
        for month in range(1, 13):
            done = folder / "done" / f"20{year}-{month:02}"
            done.mkdir(parents=True)
            (done / "index.csv").write_text("".join(line.format(number, year, month) for number in range(2_000)))
    asked = [key_of("SP1", f"M{number}", "P", datetime(2025, 7, 2, 10, tzinfo=UTC), "good", 1) for number in (1, 1_999)]
    tracemalloc.start()
    assert progress(sink, asked) == ["done", "done"]
    assert progress(sink, ["a key that names no hour"]) == ["absent"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_only_files_of_those_hours_are_read(sink, folder):
    for at in range(50):
        sink.post([declaration(1, hour=HOUR + timedelta(hours=at))])
    for path in (folder / "sent").iterdir():
        if "20260303T05" not in path.name:
            path.write_bytes(b"unread, or it would be none of ours")
    key = declaration(1, hour=datetime(2026, 3, 3, 5, tzinfo=UTC)).key
    assert progress(sink, [key]) == ["waiting"]


def test_the_driver_asks_until_there_is_an_answer(folder, opened, tmp_path):
    engine = connect(f"sqlite:///{tmp_path}/ops.db")
    destination = StockSection.model_validate({"kind": "files", "start": HOUR})
    shop = Shop(engine, destination, opened())
    shop.prepare({("M1", "P", 0, "good"): 10, ("M1", "P", 0, "scrap"): 2})
    for _ in range(2):
        assert (shop.drain().stopped, shop.outbox_rows("state")) == (None, [("sent",), ("sent",)])
    (bad, good) = sorted(key for (key,) in shop.outbox_rows("key"))[::-1]
    answer(folder, rejected=f"{bad},no scrap here\n", ok="*,7\n")
    shop.drain()
    assert shop.outbox_rows("state", "reference") == [("acknowledged", "7"), ("rejected", None)]
    assert shop.decide("retry", bad) == 1
    shop.drain()
    assert [row for row in shop.outbox_rows("key", "state") if row[0] == bad] == [(bad, "sent")]
    answer(folder, ok="*\n")
    shop.drain()
    assert {state for (state,) in shop.outbox_rows("state")} == {"acknowledged"}
    engine.dispose()
