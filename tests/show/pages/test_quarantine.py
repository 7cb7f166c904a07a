"""What is quarantined is shown as it is, harmless, with what to do."""

import time
from typing import get_args

import factory as small
import machine_states
import pytest

from aponta.contract.decoded import FileReason, RowReason
from aponta.usecases.read.published import query
from aponta.words import LANGUAGES, Words

REASONS = (*get_args(FileReason), *get_args(RowReason))
GOOD = small.Item(10, 1).row("M01")
BAD = {
    "columns": "M01;2;02/03/2026 07:00:20.000;P",
    "number": "M01;2;02/03/2026 07:00:20.000;P;A;5x",
    "time": "M01;2;31/02/2026 07:00:20.000;P;A;5",
    "clock": "M01;2;02/03/2036 07:00:20.000;P;A;5",
    "missing": "M01;;02/03/2026 07:00:20.000;P;A;5",
    "machine": "M02;2;02/03/2026 07:00:20.000;P;A;5",
    "encoding": "M01;2;02/03/2026 07:00:20.000;P\udcff;A;5",
    "quote": 'M01;2;02/03/2026 07:00:20.000;"P;A;5',
    "truncated": "M01;2;02/03/20",
}
WHOLE = {
    "wrong_machine": ("M01_20260302_08.txt", b"# of M02\r\n"),
    "unknown_machine": ("M77_20260302_08.txt", b"of M77\r\n"),
    "no_layout": ("notes.doc", b"notes\r\n"),
    "two_layouts": ("M88_20260302_08.txt", b"of M88\r\n"),
    "empty": ("M01_20260302_09.txt", b""),
    "archive": ("M01_20260302_12.zip", b"PK\x03\x04 and no more"),
    "nul": ("M01_20260302_10.txt", b"M01;\0;2\r\n"),
}
UNKNOWN_KIND = b"X;S01;02/03/2026 07:00:20.000;1;P;A;5\r\n"
TWIN = small.LAYOUT.format(name="twin", letter="M8", counter="").replace(r"M8\d\d", r"M8\d")


def rows(*lines):
    return "".join(f"{line}\r\n" for line in ("# of M01", *lines)).encode("utf-8", "surrogateescape")


@pytest.fixture
def factory(tmp_path):
    return small.make(tmp_path)


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """A factory with everything in quarantine that can be."""
    made = machine_states.make(tmp_path_factory.mktemp("everything"))
    (made.folder / "layouts" / "twin.toml").write_text(TWIN, encoding="utf-8")
    made = small.load(made.folder)
    small.deliver(made, small.name("S01", 0), UNKNOWN_KIND)
    last = BAD["truncated"].encode()
    small.deliver(
        made, small.name("M01", 0), rows(GOOD, *(row for why, row in BAD.items() if why != "truncated")) + last
    )
    for name, data in WHOLE.values():
        small.deliver(made, name, data)
    small.run(made)
    return made


@pytest.fixture
def full(everything, tmp_path):
    return small.copy_to(everything, tmp_path)


def page_in(client, language, path="/quarantine"):
    client.cookies.set("language", language)
    return client.get(path)


def test_every_reason_has_its_words():
    for language in LANGUAGES:
        for reason in REASONS:
            for part in ("name", "what", "do"):
                assert Words(language).say(f"show.reason.{reason}.{part}", layouts="x"), (language, reason)


def test_whatever_is_set_aside_is_shown_with_its_next_step(full, browse):
    told = browse(full).get("/api/quarantine").json()
    assert {cause["reason"] for cause in told["causes"]} == set(REASONS)
    whole = [cause["whole"] for cause in told["causes"]]
    assert whole == sorted(whole, reverse=True)  # files first
    for language in LANGUAGES:
        page = page_in(browse(full), language).text
        assert "show." not in page
        for reason in REASONS:
            assert Words(language).say(f"show.reason.{reason}.name") in page, (language, reason)


def test_numbers_are_those_of_sql(full, browse):
    told = browse(full).get("/api/quarantine").json()
    rows = query(
        full,
        "SELECT reason, machine, count(*) AS n, count(DISTINCT file_sha256) AS files, min(received_at) AS first "
        "FROM silver.quarantine WHERE status = 'open' GROUP BY ALL",
    )
    expected = {(row["reason"], row["machine"]): (row["n"], row["files"], row["first"][:19]) for row in rows}
    assert expected == {
        (cause["reason"], group["machine"]): (group["count"], group["files"], group["first"][:19])
        for cause in told["causes"]
        for group in cause["groups"]
    }
    assert told["rows"] == len(BAD) + 1 and told["files"] == len(WHOLE)


def test_an_example_shows_file_row_column_value_and_text(full, browse):
    causes = {cause["reason"]: cause for cause in browse(full).get("/api/quarantine").json()["causes"]}
    example = causes["number"]["groups"][0]["example"]
    assert example["name"] == "M01_20260302_07.txt" and example["row_no"] == 4
    assert (example["column_name"], example["value"], example["text"]) == ("cycle_s", "5x", BAD["number"])
    page = page_in(browse(full), "en").text
    assert f"/files/{example['file_sha256']}" in page and "layouts/counted.toml" in page


def test_a_group_opens_to_its_rows_page_by_page(factory, browse):
    small.deliver(factory, small.name("M01", 0), rows(GOOD, *[f"half a row {n}" for n in range(120)]))
    small.run(factory)
    client = browse(factory)
    path = "/api/quarantine?machine=M01&reason=columns&page="
    pages = [client.get(f"{path}{number}").json() for number in (1, 2, 3)]
    assert [len(page["opened"]) for page in pages] == [50, 50, 20]
    assert [row["row_no"] for page in pages for row in page["opened"]] == list(range(3, 123))
    for absurd, shown in ((0, 1), (-7, 1), (4, 3), (10**18, 3)):
        assert client.get(f"{path}{absurd}").json()["page"] == shown
    page = page_in(client, "en", "/quarantine?machine=M01&reason=columns&page=2").text
    assert "Page 2 of 3" in page and "half a row 50" in page and "half a row 49<" not in page


def test_one_machine_alone(full, browse):
    told = browse(full).get("/api/quarantine?machine=-").json()
    assert {group["machine"] for cause in told["causes"] for group in cause["groups"]} == {None}
    assert "empty" not in {cause["reason"] for cause in told["causes"]}
    assert page_in(browse(full), "en", "/quarantine?machine=M02").text.count("Nothing is quarantined") == 1
    assert browse(full).get("/quarantine?machine=&reason=").text.count("<li>") > len(REASONS) - 1


@pytest.mark.parametrize("path", ["?machine=M99", "?reason=weather", "?machine=%3Cscript%3E"])
def test_an_unknown_machine_or_reason_is_refused(full, browse, path):
    answer = page_in(browse(full), "en", f"/quarantine{path}")
    assert answer.status_code == 404 and "<script>" not in answer.text and 'role="alert"' in answer.text
    assert browse(full).get(f"/api/quarantine{path}").json()["error"].startswith("show.unknown_")


def test_one_file_is_one(factory, browse):
    small.deliver(factory, small.name("M01", 0), small.text("M02", small.steady(0)))
    small.run(factory)
    assert "1 arquivo</strong> inteiro em quarentena." in page_in(browse(factory), "pt-BR").text


def test_nothing_set_aside_is_calm(factory, browse):
    for language, calm in (("en", "Nothing is quarantined"), ("pt-BR", "Nada está em quarentena")):
        assert calm in page_in(browse(factory), language).text


def test_what_is_solved_is_counted_apart(factory, browse):
    small.deliver(factory, small.name("M01", 0), rows(GOOD, BAD["number"]))
    small.run(factory)
    small.deliver(factory, small.name("M01", 0), rows(GOOD, BAD["number"].replace("5x", "5")))
    small.run(factory)
    told = browse(factory).get("/api/quarantine").json()
    assert told["causes"] == [] and [one["count"] for one in told["solved"]] == [1]
    page = page_in(browse(factory), "en").text
    assert "Nothing is quarantined" in page and "1 solved" in page


def test_hostile_text_is_harmless(factory, browse):
    evil = '<script>alert(1)</script>\u202egnp.exe\u0007\u001b[31m"onload="x" {{ 7 * 7 }} `rm`'
    name = small.name("M01", 0, '<img src=x onerror="alert(1)">\u202e')
    small.deliver(factory, name, rows(GOOD, f"M01;2;{evil};P;A;5", "x" * 100_000, BAD["number"].replace("5x", evil)))
    small.deliver(factory, small.name("M01", 1), b"# of " + b"<b>" * 33_000 + b"\r\n")
    small.run(factory)
    for path in (
        "/quarantine",
        "/quarantine?machine=M01&reason=number",
        "/quarantine?machine=M01&reason=wrong_machine",
    ):
        page = page_in(browse(factory), "en", path).text
        assert "<script>alert" not in page and "<img" not in page and "<b><b>" not in page
        assert not set(page) & {"\u202e", "\u0007", "\u001b"}
        assert len(page) < 60_000
    assert "‹202E›" in page_in(browse(factory), "en", "/quarantine?machine=M01&reason=number").text


def test_ten_thousand_rows_stay_fast(factory, browse):
    small.deliver(factory, small.name("M01", 0), rows(GOOD, *[f"half a row {n}" for n in range(10_000)]))
    small.run(factory)
    client = browse(factory)
    client.get("/quarantine")  # opens the tables, reads the templates
    for path in ("/quarantine?machine=M01", "/quarantine?machine=M01&reason=columns&page=150"):
        since = time.perf_counter()
        answer = client.get(path)
        assert answer.status_code == 200 and time.perf_counter() - since < 0.5, path
    assert client.get("/api/quarantine").json()["rows"] == 10_000
