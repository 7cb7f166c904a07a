"""Whole files: every row is a record, quarantined with its reason, or skipped; nothing vanishes."""

from datetime import UTC, datetime

import pytest

from aponta.factory_calendar import to_us

HEADER = b"# maquina=M01 produto=P inicio=05/01/2026 07:00:00\r\n"
TEN = to_us(datetime(2026, 1, 5, 10, tzinfo=UTC))
H = 3_600_000_000


def trailer(rows, end=b"\r\n"):
    return f"# fim registros={rows}".encode() + end


def test_a_good_file(decoded, row):
    found = decoded(HEADER + row() + row(counter="2", quality="R") + b"\r\n# obs\r\n" + trailer(2))
    assert (found.file.rows, found.file.records, found.file.quarantined, found.file.skipped) == (6, 2, 0, 4)
    assert (found.file.machine, found.file.layout, found.file.layout_version, found.file.trailer) == (
        "M01",
        "press_v1",
        1,
        "right",
    )
    assert (found.file.first_counter, found.file.last_counter, found.file.hour, found.file.refused) == (1, 2, TEN, None)
    assert found.records[0] == {
        "file": 0,
        "row_no": 2,
        "machine": "M01",
        "counter": 1,
        "produced_at": TEN + 250_000,
        "product": "P",
        "quality": "good",
        "cycle_s": 2.703,
        "pieces": 1,
        **dict.fromkeys(("good_total", "scrap_total", "rework_total")),
        "temperature_c": 68.97,
        "vibration_mm_s": 2.923,
        "flags": None,
        "hour": TEN,
        "identity": 1,
        "nth": 1,
        "repeat": False,
        "unsteady": 2,
        "produced_at_source": None,
    }


@pytest.mark.parametrize(
    ("cells", "reason", "column", "value"),
    [
        ({"counter": "1,0"}, "number", "counter", "1,0"),
        ({"counter": "1e3"}, "number", "counter", "1e3"),
        ({"counter": ""}, "missing", "counter", None),
        ({"at": "31/02/2026 07:00:00.250"}, "time", "produced_at", "31/02/2026 07:00:00.250"),
        ({"at": "-"}, "missing", "produced_at", None),
        ({"cycle": "270.3"}, "number", "cycle_s", "270.3"),
        ({"heat": "inf"}, "number", "temperature_c", "inf"),
        ({"heat": " 68,97"}, "number", "temperature_c", " 68,97"),
        ({"shake": "2,923;9"}, "columns", None, None),
        ({"machine": "M02"}, "machine", "machine", "M02"),
        ({"machine": ""}, "missing", "machine", None),
        ({"counter": "x", "heat": "y"}, "number", "counter", "x"),  # the first that fails is named
        ({"counter": "9223372036854775807"}, "number", "counter", "9223372036854775807"),  # differences would not fit
        ({"counter": "99999999999999999999"}, "number", "counter", "99999999999999999999"),
    ],
)
def test_a_row_that_fails_says_where(decoded, row, cells, reason, column, value):
    found = decoded(HEADER + row(**cells) + row(counter="2") + trailer(2))
    assert found.reasons == [(2, reason, column, value)]
    assert [record["counter"] for record in found.records] == [2]


@pytest.mark.parametrize(
    ("code", "quality", "flags"),
    [
        ("A", "good", None),
        ("T", "rework", None),
        ("", "unknown", None),
        ("X", "unknown", "quality_code"),
        ("a", "unknown", "quality_code"),
    ],
)
def test_quality_codes(decoded, row, code, quality, flags):
    (record,) = decoded(row(quality=code)).records
    assert (record["quality"], record["flags"]) == (quality, flags)


def test_without_a_column_of_quality_it_is_unknown(decoded, layout, row):
    (record,) = decoded(row(), layout(fields={"quality": None})).records
    assert (record["quality"], record["flags"]) == ("unknown", None)


def test_what_the_layout_calls_nothing_is_empty(decoded, row):
    (record,) = decoded(row(heat="NaN", shake="-", cycle="", product="")).records
    assert [record[name] for name in ("temperature_c", "vibration_mm_s", "cycle_s")] == [None] * 3
    assert record["product"] == "unknown"


def test_out_of_range_is_kept_and_flagged(decoded, row):
    rows = (
        row(heat="200,1", shake="-0,1")
        + row(counter="2", heat="200", shake="0")
        + row(counter="3", heat="-20,5", quality="?")
    )
    assert [record["flags"] for record in decoded(rows).records] == [
        "range:temperature_c,range:vibration_mm_s",
        None,
        "quality_code,range:temperature_c",
    ]


def test_a_cycle_that_counts_as_unknown_is_kept_and_flagged(decoded, row):
    rows = b"".join(row(counter=str(n), cycle=c) for n, c in enumerate(("-1", "1" + "0" * 20, "8640000", "0", "")))
    assert [(record["cycle_s"], record["flags"]) for record in decoded(rows).records] == [
        (-0.01, "range:cycle_s"),
        (1e18, "range:cycle_s"),
        (86_400, None),
        (0, None),
        (None, None),
    ]


def test_rows_too_short_and_too_long(decoded, row):
    found = decoded(b"M01;1\r\n" + b"x\r\n" + row(end=";\r\n") + row(counter="4") + b";;;;;;;\r\n")
    assert [(reason[0], reason[1]) for reason in found.reasons] == [
        (1, "columns"),
        (2, "columns"),
        (3, "columns"),
        (5, "missing"),
    ]
    assert len(found.records) == 1


def test_a_layout_may_say_how_many_columns_a_row_has(decoded, layout, row):
    wide = layout(text={"columns": 10})
    found = decoded(row(shake="2,923;x;y") + row(counter="2"), wide)
    assert [record["counter"] for record in found.records] == [1]
    assert found.reasons == [(2, "columns", None, None)]


def test_a_last_row_without_line_end_is_truncated(decoded, row):
    found = decoded(HEADER + row() + row(counter="2", end=""))
    assert found.reasons == [(3, "truncated", None, None)]
    assert found.file.trailer == "none"


def test_a_trailer_needs_no_line_end(decoded, row):
    found = decoded(HEADER + row() + trailer(1, b""))
    assert (found.file.trailer, found.file.quarantined, found.file.rows) == ("right", 0, 3)


def test_padding_at_the_end_is_stripped(decoded, row):
    found = decoded(HEADER + row() + trailer(1) + b"\0" * 512)
    assert (found.file.trailer, found.file.rows, found.file.records) == ("right", 3, 1)


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "empty"), (b"\0" * 99, "nul"), (b"M01;1\0;2\r\nx\r\n", "nul"), (b"a\0b", "nul")]
)
def test_what_is_no_text_is_refused_whole(decoded, data, reason):
    found = decoded(data)
    assert found.file.refused == reason
    assert [(row.row_no, row.reason) for row in found.refused] == [(None, reason)]


def test_a_file_that_nobody_knows_is_refused_whole_and_counted(decoded, row):
    found = decoded({"M99_20260105_07.txt": row() + b"cut", "notes.txt": b"a\nb\n"})
    assert [(file.refused, file.rows, file.quarantined) for file in found.files] == [
        ("unknown_machine", 2, 2),
        ("no_layout", 2, 2),
    ]


def test_bytes_of_another_encoding_are_quarantined(decoded, row):
    found = decoded(row().replace(b";P;", b";P\x81;") + row(counter="2").replace(b";P;", b";\xe7;"))
    assert [(reason[0], reason[1]) for reason in found.reasons] == [(1, "encoding")]
    assert found.records[0]["product"] == "ç"


def test_a_byte_order_mark_is_none_of_the_text(decoded, layout, row):
    found = decoded(
        b"\xef\xbb\xbf" + HEADER + row(product="ção").decode("cp1252").encode(), layout(text={"encoding": "utf-8-sig"})
    )
    assert (found.file.skipped, found.records[0]["product"]) == (1, "ção")


def test_a_header_of_another_machine_refuses_the_whole_file(decoded, row):
    found = decoded(
        {"M01_20260105_07.txt": HEADER + row() + trailer(1), "M02_20260105_07.txt": HEADER + row(machine="M02")}
    )
    assert [(file.refused, file.refused_value, file.records) for file in found.files] == [
        (None, None, 1),
        ("wrong_machine", "M01", 0),
    ]


def test_a_header_of_another_machine_in_mid_file_refuses_it_too(decoded, row):
    found = decoded(HEADER + row() + HEADER.replace(b"M01", b"M02") + row(counter="2"))
    assert (found.file.refused, found.file.refused_value) == ("wrong_machine", "M02")


def test_the_machine_may_stand_in_the_header_only(decoded, layout, row):
    unnamed = layout(files=r"^press_.*\.txt", hour=None, fields={"machine": {"column": 1, "check": ["header:machine"]}})
    found = decoded(
        {"press_1.txt": HEADER + row(), "press_2.txt": HEADER.replace(b"M01", b"M02") + row(machine="M02")}, unnamed
    )
    assert [file.machine for file in found.files] == ["M01", "M02"]
    assert [record["machine"] for record in found.records] == ["M01", "M02"]


@pytest.mark.parametrize(
    ("said", "state"),
    [("2", "wrong"), ("3", "right"), ("4", "right"), ("5", "wrong"), ("0", "wrong"), ("9" * 5000, "wrong")],
)
def test_a_trailer_is_right_between_the_good_rows_and_all(decoded, row, said, state):
    rows = b"".join(row(counter=str(n)) for n in range(3))
    assert decoded(HEADER + rows + b"garbage\r\n" + trailer(said)).file.trailer == state


@pytest.mark.parametrize(
    ("said", "state"),
    [("3", "right"), ("x", "wrong"), ("²", "wrong"), ("٣", "wrong"), ("-3", "wrong"), ("3,0", "wrong")],
)
def test_a_trailer_that_says_no_number_is_wrong(decoded, layout, row, said, state):
    any_text = layout(text={"encoding": "utf-8"}, lines={"trailer": r"^# fim registros=(?P<rows>\S+)"})
    rows = b"".join(row(counter=str(n)) for n in range(3))
    assert decoded(HEADER + rows + f"# fim registros={said}\r\n".encode(), any_text).file.trailer == state


def test_joined_files_keep_their_trailers(decoded, row):
    one, two = HEADER + row() + trailer(1), HEADER + row(counter="2") + row(counter="3") + trailer(2)
    assert decoded(one + two).file.trailer == "right"
    assert decoded(one + two + row(counter="4")).file.trailer == "wrong"
    assert decoded(HEADER + row() + trailer(1) + row(counter="2") + trailer(2)).file.trailer == "right"  # cumulative


def test_no_trailer(decoded, layout, row):
    assert (decoded(row()).file.trailer, decoded(row()).file.trailer_expected) == ("none", True)
    assert decoded(row(), layout(lines={"trailer": None})).file.trailer_expected is False


def test_a_clock_that_is_out_is_quarantined(decoded, row):
    found = decoded(
        row(at="05/01/2026 06:59:59.999")
        + row(at="05/01/2026 07:00:00.000")
        + row(at="05/01/2026 08:00:00.000", counter="2")
        + row(at="05/01/2026 08:00:00.001", counter="3"),
        earliest={"M01": TEN},
        latest=TEN + H,
    )
    assert [(reason[0], reason[1]) for reason in found.reasons] == [(1, "clock"), (4, "clock")]


@pytest.mark.parametrize("beside", [b"", HEADER], ids=["rows", "header"])
def test_each_machine_has_its_own_earliest_time_however_the_file_tells_it(decoded, layout, row, beside):
    """Read in one go: a file whose header names the machine, and files whose rows do."""
    unnamed = layout(files=r"^press_.*\.txt", hour=None, fields={"machine": {"column": 1, "check": ["header:machine"]}})
    files = {"press_1.txt": beside + row(), "press_2.txt": row(machine="M02"), "press_3.txt": row(machine="M03")}
    found = decoded(files, unnamed, machines=("M01", "M02", "M03"), earliest={"M01": TEN + H, "M03": TEN})
    assert [(file.machine, file.records) for file in found.files] == [("M01", 0), ("M02", 1), ("M03", 1)]
    assert [reason[1] for reason in found.reasons] == ["clock"]


def test_the_rows_tell_the_hour_where_the_name_does_not(decoded, row):
    found = decoded(
        {
            "M01_20260105_05.txt": row()
            + row(counter="2", at="05/01/2026 07:59:00.0")
            + row(counter="3", at="05/01/2026 08:00:01.0")
        }
    )
    assert (found.file.hour_hint_wrong, found.file.hour) == (True, TEN)
    assert [(hour.hour, hour.records, hour.covers) for hour in found.file.hours] == [
        (TEN, 2, True),
        (TEN + H, 1, False),
    ]


def test_rows_that_spill_over_the_hour_do_not_speak_for_it(decoded, row):
    found = decoded(row(at="05/01/2026 06:59:59.9") + row(counter="2") + row(counter="3", at="05/01/2026 08:00:00.1"))
    assert [(hour.hour, hour.records, hour.covers) for hour in found.file.hours] == [
        (TEN - H, 1, False),
        (TEN, 1, True),
        (TEN + H, 1, False),
    ]


def test_a_cumulative_file_speaks_for_the_earlier_hours_it_holds(decoded, row):
    rows = row(at="05/01/2026 06:10:00.0") + row(counter="2", at="05/01/2026 06:50:00.0") + row(counter="3")
    assert [(hour.hour, hour.covers) for hour in decoded(rows).file.hours] == [(TEN - H, True), (TEN, True)]


def test_a_file_without_items_speaks_for_its_named_hour(decoded):
    found = decoded(HEADER + trailer(0))
    assert [(hour.hour, hour.records, hour.covers) for hour in found.file.hours] == [(TEN, 0, True)]
    assert (found.file.trailer, found.file.first_at) == ("right", None)


def test_the_same_counter_and_time_again_is_a_repeat(decoded, row):
    found = decoded(row() + row(quality="R") + row(at="05/01/2026 07:00:01.0"))
    assert [record["repeat"] for record in found.records] == [False, True, False]
    assert found.file.repeated == 1


def test_the_machine_may_stand_in_the_rows_only(decoded, layout, row):
    unnamed = layout(files=r"^all_.*\.txt", hour=None, fields={"machine": {"column": 1}})
    files = {
        "all_1.txt": row(machine="x") + row(),
        "all_2.txt": row(machine="M02"),
        "all_3.txt": row(machine="M77") + row(machine=""),
    }
    found = decoded(files, unnamed)
    assert [(file.machine, file.refused, file.quarantined) for file in found.files] == [
        ("M01", None, 1),
        ("M02", None, 0),
        (None, "unknown_machine", 2),
    ]
    assert [record["machine"] for record in found.records] == ["M01", "M02"]
    assert found.reasons == [(1, "machine", "machine", "x"), (None, "unknown_machine", None, None)]


@pytest.mark.parametrize("field", [{"column": 1, "check": ["header:machine"]}, {"from": "header:machine"}])
def test_a_header_of_a_machine_that_nobody_knows_refuses_the_file(decoded, layout, row, field):
    unnamed = layout(files=r"^all_.*\.txt", hour=None, fields={"machine": field})
    found = decoded(
        {"all_1.txt": HEADER.replace(b"M01", b"M77") + row(machine="M77"), "all_2.txt": HEADER + row()}, unnamed
    )
    assert [(file.machine, file.refused, file.refused_value) for file in found.files] == [
        (None, "unknown_machine", "M77"),
        ("M01", None, None),
    ]


NO_COUNTER = {"counter": None}


def test_without_a_counter_the_nth_occurrence_is_an_item(decoded, layout, row):
    found = decoded(row() + row() + row(quality="R"), layout(fields=NO_COUNTER))
    assert [(record["nth"], record["counter"], record["repeat"]) for record in found.records] == [
        (1, None, False),
        (2, None, False),
        (1, None, False),
    ]
    assert len({record["identity"] for record in found.records}) == 2
    assert found.file.first_counter is None


def test_identity_is_that_of_the_text_whatever_the_line_end(decoded, layout, row):
    found = decoded({"M01_20260105_07.txt": row(), "M01_20260105_08.txt": row(end="\n")}, layout(fields=NO_COUNTER))
    assert len({record["identity"] for record in found.records}) == 1


def test_a_joined_file_is_cut_where_its_header_repeats(decoded, layout, row):
    """The same hour twice in one file, headers and all, tells of no more items than once."""
    one = HEADER + row() + row() + row(product="Q")
    found = decoded(one + one, layout(fields=NO_COUNTER))
    assert [(record["nth"], record["repeat"]) for record in found.records] == [
        (1, False),
        (2, False),
        (1, False),
        (1, True),
        (2, True),
        (1, True),
    ]
    assert found.file.repeated == 3


def test_a_header_speaks_for_the_rows_below_it(decoded, layout, row):
    other = HEADER.replace(b"produto=P", b"produto=Q")
    from_header = layout(fields={"product": {"from": "header:product"}})
    found = decoded(HEADER + row() + other + row(counter="2") + row(counter="3"), from_header)
    assert [record["product"] for record in found.records] == ["P", "Q", "Q"]


NAMED = {
    "machine": {"column": "MAQ"},
    "counter": {"column": "CNT"},
    "produced_at": {"column": "HORA", "format": "%d/%m/%Y %H:%M:%S"},
    "product": {"column": "PROD"},
    "quality": {"column": "Q", "map": {"A": "good"}},
    "cycle_s": None,
}


@pytest.fixture
def named(layout):
    return layout(
        lines={"header": r"^MAQ;|;MAQ;|;MAQ$", "trailer": None},
        fields=NAMED,
        sensors={"temperature_c": {"column": "T"}, "vibration_mm_s": None},
    )


def test_a_header_row_may_name_the_columns(decoded, named):
    data = b"MAQ;CNT;HORA;PROD;Q;T\nM01;1;05/01/2026 07:00:00;P;A;20,5\nM01;2;05/01/2026 07:00:01;P;A\n"
    found = decoded(data, named)
    assert [(record["counter"], record["temperature_c"]) for record in found.records] == [(1, 20.5)]
    assert found.reasons == [(3, "columns", None, None)]


def test_files_may_name_their_columns_in_other_orders_and_numbers(decoded, named):
    found = decoded(
        {
            "M01_20260105_07.txt": b"MAQ;CNT;HORA;PROD;Q;T\nM01;1;05/01/2026 07:00:00;P;A;20,5\n",
            "M01_20260105_08.txt": b"T;EXTRA;Q;PROD;HORA;CNT;MAQ\n21,5;x;A;P;05/01/2026 08:00:00;2;M01\n",
        },
        named,
    )
    assert sorted((record["counter"], record["temperature_c"]) for record in found.records) == [(1, 20.5), (2, 21.5)]


def test_a_file_whose_header_row_lacks_a_column_is_quarantined(decoded, named):
    found = decoded(b"MAQ;CNT;HORA;PROD;Q\nM01;1;05/01/2026 07:00:00;P;A\n", named)
    assert (found.file.records, found.file.quarantined, found.file.skipped) == (0, 1, 1)
    assert {reason[1] for reason in found.reasons} == {"columns"}


def test_a_file_without_its_header_row_is_quarantined(decoded, named):
    found = decoded(
        {
            "M01_20260105_07.txt": b"M01;1;05/01/2026 07:00:00;P;A;20,5\n",
            "M01_20260105_08.txt": b"MAQ;CNT;HORA;PROD;Q;T\nM01;2;05/01/2026 08:00:00;P;A;1\n",
        },
        named,
    )
    assert [file.records for file in found.files] == [0, 1]
    assert {reason[1] for reason in found.reasons} == {"columns"}


def test_a_joined_file_whose_second_header_row_names_other_columns(decoded, named):
    """Read by the first one's order, the second part would be wrong and say so nowhere."""
    found = decoded(
        b"MAQ;CNT;HORA;PROD;Q;T\nM01;1;05/01/2026 07:00:00;P;A;20,5\n"
        b"MAQ;T;HORA;PROD;Q;CNT\nM01;20;05/01/2026 07:00:01;P;A;2\n",
        named,
    )
    assert [record["counter"] for record in found.records] == [1]
    assert found.reasons == [(4, "columns", None, None)]


def test_a_header_without_groups_names_no_columns_where_they_have_numbers(decoded, layout, row):
    found = decoded(b"# start\n" + row(), layout(lines={"header": "^# start"}, fields={"machine": {"column": 1}}))
    assert (found.file.records, found.file.skipped) == (1, 1)


def test_a_time_may_stand_in_two_columns(decoded, layout):
    split = layout(
        fields={
            "produced_at": {"columns": [2, 3], "format": "%d/%m/%Y %H:%M:%S"},
            "counter": {"column": 4},
            "product": None,
            "quality": None,
            "cycle_s": None,
        },
        sensors={"temperature_c": None, "vibration_mm_s": None},
    )
    found = decoded(b"M01;05/01/2026;07:00:00;1\nM01;;07:00:00;2\n", split)
    assert [record["produced_at"] for record in found.records] == [TEN]
    assert [reason[1:] for reason in found.reasons] == [("time", "produced_at", " 07:00:00")]


def test_pieces(decoded, layout, row):
    pieces = layout(fields={"pieces": {"column": 9}})
    counts = ("4", "0", "-1", "1,5", "", "1000001")
    found = decoded(b"".join(row(counter=str(n), end=f";{count}\n") for n, count in enumerate(counts)), pieces)
    assert [record["pieces"] for record in found.records] == [4, 0]
    assert [(reason[1], reason[2]) for reason in found.reasons] == [
        ("missing", "pieces"),
        ("number", "pieces"),
        ("number", "pieces"),
        ("number", "pieces"),
    ]


def test_files_of_many_groups_are_all_there(decoded, row):
    files = {f"M01_20260105_07_{n}.txt": row(counter=str(n)) for n in range(35)}
    found = decoded(files)
    assert [record["counter"] for record in sorted(found.records, key=lambda record: record["file"])] == list(range(35))
    assert [file.number for file in found.files] == list(range(35))


def test_a_refused_row_keeps_its_first_300_characters(decoded):
    assert [len(row.text) for row in decoded(b"x" * 5000 + b"\n").refused] == [300]


STEADY = [("01.0", "1", "P"), ("02.0", "2", "P"), ("03.0", "3", "P"), ("04.0", "4", "P"), ("05.0", "5", "P")]
GOING_ON = [
    (STEADY, [2, 1, 0, 1, 2]),
    ([*STEADY[:3], ("09.0", "4", "P"), ("10.0", "5", "P")], [2, 1, 2, 2, 2]),  # a gap
    ([*STEADY[:3], ("04.0", "4", "Q"), ("05.0", "5", "Q")], [2, 1, 2, 2, 2]),  # another product
    ([*STEADY[:3], ("04.0", "7", "P"), ("05.0", "8", "P")], [2, 1, 2, 2, 2]),  # a jump of the counter
    ([*STEADY[:3], ("04.0", "1", "P"), ("05.0", "2", "P")], [2, 1, 2, 2, 2]),  # it begins anew
    ([*STEADY[2:], *STEADY[:2]], [2, 2, 2, 2, 2]),  # times that fall: other rows lie between
    ([("01.0", str(n), "P") for n in range(1, 6)], [2, 1, 0, 1, 2]),  # one moment, in the order of the counter
]


@pytest.mark.parametrize(("rows", "unsteady"), GOING_ON)
def test_where_records_just_go_on_is_told(decoded, row, rows, unsteady):
    """0: they do on both sides; 1: so does this one, but not one beside it; 2: it does not."""
    data = b"".join(row(at=f"05/01/2026 07:00:{at}", counter=counter, product=product) for at, counter, product in rows)
    assert [record["unsteady"] for record in decoded(data).records] == unsteady


def test_records_do_not_go_on_from_hour_to_hour_nor_from_file_to_file(decoded, row):
    ends = [row(at=f"05/01/2026 07:59:{at}", counter=str(n)) for n, at in enumerate(("58.0", "59.0", "59.9"))]
    starts = [
        row(at=f"05/01/2026 08:00:{at}", counter=str(n)) for n, at in enumerate(("00.0", "01.0", "02.0"), start=3)
    ]
    joined = decoded(b"".join([*ends, *starts])).records
    apart = decoded({"M01_20260105_07.txt": b"".join(ends), "M01_20260105_08.txt": b"".join(starts)}).records
    assert [record["unsteady"] for record in joined] == [record["unsteady"] for record in apart] == [2, 1, 2, 2, 1, 2]


def test_running_totals_are_taken_as_written(decoded, layout):
    """What was made nobody knows yet. The same row again says nothing more."""
    fields = {"counter": None, "quality": None, "good_total": {"column": 2}, "scrap_total": {"column": 5}}
    rows = [(b"1042", b"17"), (b"1042", b"17"), (b"1043", b"17"), (b"-1", b"17"), (b"1044", b""), (b"1,5", b"17")]
    data = b"".join(b"M01;%s;05/01/2026 07:00:00.000;P;%s;270,3;68,97;2,923\r\n" % one for one in rows)
    found = decoded(data, layout(fields=fields))
    told = [(one["good_total"], one["scrap_total"], one["rework_total"]) for one in found.records]
    assert told == [(1042, 17, None), (1042, 17, None), (1043, 17, None)]
    assert [(one["quality"], one["pieces"], one["nth"], one["unsteady"]) for one in found.records] == [
        (None, 0, 1, 2)
    ] * 3
    assert [one["repeat"] for one in found.records] == [False, True, False]
    assert sorted(found.reasons) == [
        (4, "number", "good_total", "-1"),
        (5, "missing", "scrap_total", None),
        (6, "number", "good_total", "1,5"),
    ]
