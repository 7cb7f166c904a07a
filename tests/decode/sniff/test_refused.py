"""What is refused, with what would settle it; and what only several samples, or a folder, tell."""

import pytest

from aponta.decode.sniff import propose_layout, sample_of_bytes
from aponta.decode.sniff.sample import HEAD_BYTES, TAIL_BYTES, read_sample
from aponta.words import LANGUAGES, Words

ROWS = "".join(f"{n};2026-01-05 07:00:{n:02};P-1;OK;4{n},5\n" for n in range(1, 9))


def of(*texts, encoding="utf-8"):
    return propose_layout(
        [sample_of_bytes(f"M01_2026010{n}_07.txt", text.encode(encoding)) for n, text in enumerate(texts, start=5)]
    )


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([b""], "no_text"),
        ([b"a\0b\n" * 9], "no_text"),
        ([b"PK\x03\x04rest"], "no_text"),
        ([b"prose of a person\nwho writes; as it comes\nwithout, any form\n"], "no_form"),
        ([b"1;2;3\n4;5;6\n7;8;9\n"], "no_time"),
        ([ROWS.encode(), ROWS.replace(";", "|").encode()], "samples_differ"),
        ([ROWS.encode(), ROWS.replace(",", ".").encode()], "samples_differ"),
        ([ROWS.encode(), ROWS.replace(";P-1", "").encode()], "samples_differ"),
        ([(ROWS + "9;x;é;ç;ã\n").encode(), (ROWS + "9;x;é;ç;ã\n").encode("utf-16")], "samples_differ"),
        (
            [
                b"stamp;n;a\n" + ROWS.replace(";P-1;OK", "").encode(),
                b"n;stamp;b\n" + ROWS.replace(";P-1;OK", "").encode(),
            ],
            "samples_differ",
        ),
        (
            [b"maquina;hora\n" + b"".join(b"M%02d;2026-01-05 07:00:%02d\n" % (n % 3, n) for n in range(9))],
            "many_machines",
        ),
        (
            [
                b"".join(
                    b"2026-01-05T07:00:%02dZ|%s|x\n" % (n, b"abc"[n % 3 :]) + b"2026-01-05T07:00:00Z|q|1|w|2\n"
                    for n in range(9)
                )
            ],
            "no_record",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_stands_in_the_way(files, code):
    found = propose_layout([sample_of_bytes(f"M01_2026010{n}_07.txt", data) for n, data in enumerate(files, start=5)])
    assert found.problem is not None and found.problem.code == f"decode.{code}", found.problem
    assert found.problem.exit_code == 1 and found.layout is None
    for language in LANGUAGES:
        assert all(Words(language).error(found.problem))


def test_a_contradiction_names_both_files():
    found = of(ROWS, ROWS.replace(";", "|"))
    assert {found.problem.facts["first"], found.problem.facts["second"]} == {
        "M01_20260105_07.txt",
        "M01_20260106_07.txt",
    }


def test_what_one_sample_lacks_another_has():
    assert of(ROWS.replace(",5", "")).value("text.decimal") == "."
    assert of(ROWS.replace(",5", ""), ROWS).value("text.decimal") == ","
    assert of(ROWS, ROWS.replace("P-1", "Peça")).value("text.encoding") == "utf-8"


def test_the_folder_may_tell_the_machine():
    found = propose_layout(
        [
            sample_of_bytes("20260105_07.txt", ROWS.encode(), "M01"),
            sample_of_bytes("20260105_08.txt", ROWS.encode(), "M02"),
        ]
    )
    assert found.layout.fields["machine"].origin == "path:machine"
    assert found.layout.match("20260107_00.txt", "hall/M17")["path:machine"] == "M17"
    assert found.machines == ("M01", "M02")


def test_nothing_tells_the_machine():
    found = propose_layout([sample_of_bytes("rows.txt", ROWS.encode(), "in box")])
    (guess,) = [guess for guess in found.guesses if guess.key == "fields.machine"]
    assert (guess.value, guess.confidence) == ({"value": "M01"}, "low")


def test_rows_end_with_cr_alone():
    found = propose_layout([sample_of_bytes("M01_20260105_07.txt", ROWS.replace("\n", "\r").encode())])
    assert (found.value("line_ends"), found.proof.records) == ("CR", 8)


def test_midnight_as_hour_24():
    rows = ROWS.replace("07:00:08", "24:00:00")
    (guess,) = [guess for guess in of(rows).guesses if guess.key == "fields.produced_at"]
    assert [one.key.rpartition(".")[2] for one in guess.evidence] == ["year_first", "midnight"]


def test_of_a_huge_file_the_beginning_and_the_end(tmp_path):
    path = tmp_path / "M01_20260105_07.txt"
    row = "{:07};2026-01-05 07:00:00;P-1;OK\n"
    count = (HEAD_BYTES + TAIL_BYTES) // len(row.format(0)) + 9_999
    path.write_text("".join(row.format(n) for n in range(count)) + f"# fim {count}\n")
    read = read_sample(path)
    assert (len(read.head), read.whole) == (HEAD_BYTES, False)
    assert TAIL_BYTES <= len(read.tail) <= TAIL_BYTES + 1
    found = propose_layout([read])
    assert found.problem is None and found.proof.quarantined == 0
    assert found.value("lines.trailer") == "^# fim"  # nobody counted: it is believed to end the file, no more
    again = sample_of_bytes(path.name, path.read_bytes())
    assert (again.head, again.tail[-99:]) == (read.head, read.tail[-99:])
