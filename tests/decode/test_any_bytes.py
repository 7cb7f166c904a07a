"""Whatever the bytes: decode never raises, and every row is accounted for (`decoded` counts them on the bytes)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HEADER = b"# maquina=M01 produto=P inicio=05/01/2026 07:00:00\r\n"
ROWS = b"".join(
    b"M01;%d;05/01/2026 07:00:%02d.250;P;A;270,3;68,97;2,923\r\n" % (number, number % 60) for number in range(5)
)
GOOD = HEADER + ROWS + b"# fim registros=5\r\n"
PIECES = (
    b"\n",
    b"\r",
    b"\r\n",
    b";",
    b",",
    b"\0",
    b"\xff",
    b"\x81",
    b"\xc3",
    b"\xef\xbb\xbf",
    HEADER,
    b"# fim registros=",
    b"9" * 40,
    b"M01;",
    b"M02",
    b"#",
    b" ",
    b"05/01/2026 24:00:00.0",
    b"01/01/2000 00:00:00.000",
    b"05/01/2026 08:00:00.000",
    b"1e5",
    b"-",
)
quiet = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
edits = st.lists(
    st.tuples(st.integers(0, len(GOOD)), st.integers(0, 30), st.sampled_from(PIECES) | st.binary(max_size=8)),
    max_size=6,
)


@st.composite
def mutated(draw):
    """A good file with stretches cut out and other bytes put in."""
    data = GOOD * draw(st.integers(1, 2))
    for at, length, inserted in draw(edits):
        data = data[:at] + inserted + data[at + length :]
    return data


@pytest.fixture(
    params=["counter", "no counter", "named", "header product", "any machine", "latin", "utf-8", "clock", "no clock"]
)
def using(request, layout):
    """A layout of each kind."""
    return {
        "counter": layout(),
        "no counter": layout(fields={"counter": None}),
        "named": layout(
            lines={"header": r"^# maquina=|^MAQ;"},
            fields={"machine": {"column": "MAQ"}},
            sensors={"vibration_mm_s": {"column": "V"}},
        ),
        "header product": layout(fields={"product": {"from": "header:product"}, "cycle_s": {"from": "trailer:rows"}}),
        "any machine": layout(files=r".*\.txt", hour=None, fields={"machine": {"column": 1}}),
        "latin": layout(text={"encoding": "latin-1", "thousands": "."}),
        "utf-8": layout(text={"encoding": "utf-8"}),
        "clock": layout(fields={"produced_at": {"column": 3, "format": "%d/%m/%Y %H:%M:%S.%f", "rebuild": "cycle"}}),
        "no clock": layout(fields={"produced_at": {"rebuild": "cycle"}, "counter": None}),
    }[request.param]


@quiet
@given(data=st.binary(max_size=200) | mutated())
def test_any_bytes_at_all(decoded, using, data):
    decoded(data, using)


@quiet
@given(files=st.lists(mutated(), min_size=2, max_size=4, unique=True))
def test_files_of_one_group_do_not_mix(decoded, using, files):
    together = decoded({f"M01_20260105_{hour:02}.txt": data for hour, data in enumerate(files)}, using)
    for number, data in enumerate(files):
        alone = decoded({f"M01_20260105_{number:02}.txt": data}, using)
        assert [without_number(row) for row in together.records if row["file"] == number] == [
            without_number(row) for row in alone.records
        ]
        assert [
            (r.row_no, r.reason, r.column, r.value) for r in together.refused if r.number == number
        ] == alone.reasons
        assert without_number(vars(together.files[number])) == without_number(vars(alone.file))


def without_number(row):
    return {name: value for name, value in row.items() if name not in ("file", "number")}
