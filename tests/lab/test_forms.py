"""Each form's file, to the byte."""

import re
import tomllib
from datetime import date

import pytest

from aponta.contract.layout import Layout
from aponta.lab import forms
from aponta.lab.delivery import SimulatedHour
from aponta.lab.form import FileForm
from aponta.lab.simulation.machine import SimulatedItem
from aponta.lab.simulation.plant import build_plant
from aponta.lab.simulation.shifts import to_ms
from aponta.lab.simulation.states import WITHIN, StateReport

SEVEN = to_ms(date(2026, 3, 2), "07:00")
FORMS = forms.every_form()
ITEMS = [
    SimulatedItem(SEVEN + 250, 2703, "PNL-20-AL", "good", 6897, 2923),
    SimulatedItem(SEVEN + 3_599_007, 248, "PNL-24-AL", "rework", 6805, 11002),
]


def hour(form: FileForm, items: list[SimulatedItem], *said: StateReport) -> SimulatedHour:
    (machine,) = build_plant(1, 14_500, [form]).machines
    told, counters = [form.as_written(machine, item) for item in items], range(147924305, 147924305 + len(items))
    rows = form.rows(machine.code, SEVEN, counters, told)
    return SimulatedHour(machine, form, SEVEN, "PNL-20-AL", counters, told, rows, said)


def test_a_press() -> None:
    press = hour(FORMS["press"], ITEMS)
    assert press.path == "M01_20260302_07.txt"
    assert press.written() == (
        b"# maquina=M01 produto=PNL-20-AL inicio=02/03/2026 07:00:00\r\n"
        b"# Linha L1 \xb7 Prensa n\xba 1 \x96 produ\xe7\xe3o\r\n"
        b"M01;147924305;02/03/2026 07:00:00.250;PNL-20-AL;A;270,3;68,97;2,923\r\n"
        b"M01;147924306;02/03/2026 07:59:59.007;PNL-24-AL;T;24,8;68,05;11,002\r\n"
        b"# fim registros=2\r\n"
    )


def test_an_injection_moulder_knows_no_rework_and_no_fractions_of_a_second() -> None:
    moulder = hour(FORMS["euromap63"], ITEMS)
    assert moulder.path == "INJ1/20260302/REPORT1447.DAT"
    assert moulder.written() == (
        b"DATE,TIME,ActStrCsh[1],ActTmpBrlZn[1,3],ActTimCyc,\r\n ActCntCyc,ActStsPrt,SetDescJob\r\n"
        b'20260302,07:00:00,2.92,69.0,2.703,\r\n 147924305,0,"PNL-20-AL"\r\n'
        b'20260302,07:59:59,11.00,68.0,0.248,\r\n 147924306,1,"PNL-24-AL"\r\n'
    )


def test_a_recorder_tells_neither_product_nor_quality() -> None:
    recorder = hour(FORMS["yokogawa"], [item._replace(product="FORNADA") for item in ITEMS])
    assert recorder.path == "FOR1_260302_07.txt" and {item.quality for item in recorder.items} == {"good"}
    assert recorder.written() == b"\xff\xfe" + (
        "Model\tDX1002\r\nLanguage Code\tportuguese\r\nFile Status\tComplete\r\nSerial No.\tS5C1FOR1\r\n\r\n"
        "Date\tTime\tCount\tTemp1[C]\tPress1[bar]\r\n"
        "2026/03/02\t07:00:00\t147924305\t69.0\t2.92\r\n"
        "2026/03/02\t07:59:59\t147924306\t68.0\t11.00\r\n"
    ).encode("utf-16-le")


def test_a_terminal_counts_sums_and_checks() -> None:
    terminal = hour(FORMS["terminal"], ITEMS)
    above = (
        b"1MAQ0102032026LINHA 1   \r\n"
        b"314792430502032026070000PNL-20-AL B00100689\r\n"
        b"314792430602032026075959PNL-24-AL R00100680\r\n"
    ).replace(b"3147924305", b"3147924305")
    assert terminal.path == "MAQ01.0702" and terminal.written() == above + b"900000200000002" + crc(above) + b"\r\n"


def crc(data: bytes) -> bytes:
    """CRC-16/KERMIT, bit by bit."""
    register = 0
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x8408 if register & 1 else 0)
    return b"%04X" % register


def test_crc_16_kermit() -> None:
    assert crc(b"123456789") == b"2189"


def test_a_logger() -> None:
    logger = hour(FORMS["logger"], ITEMS)
    assert logger.path == "ROB1-2026030207.log"
    assert logger.written() == (
        b"ts=1772445600250;prog=PNL-20-AL;n=147924305;res=OK;amp=169.0\n"
        b"ts=1772449199007;prog=PNL-24-AL;n=147924306;res=NOK;amp=168.1\n"
    )


def test_a_packml_log_tells_items_and_states_in_order_of_time() -> None:
    said = (
        StateReport(SEVEN, "Starting"),
        StateReport(SEVEN + 100, "Execute"),
        StateReport(SEVEN + 7000, "Held", "jam"),
    )
    packer = hour(FORMS["packml"], ITEMS, *said)
    assert packer.path == "ENV1_20260302_07.log"
    assert packer.written() == (
        b"# PackML 3.0 ENV1 2026-03-02 07:00\r\n"
        b"2026-03-02T10:00:00.000Z|State|Starting|\r\n"
        b"2026-03-02T10:00:00.100Z|State|Execute|\r\n"
        b"2026-03-02T10:00:00.250Z|Item|147924305|PNL-20-AL|Processed|2.703|69.0\r\n"
        b"2026-03-02T10:00:07.000Z|State|Held|jam\r\n"
        b"2026-03-02T10:59:59.007Z|Item|147924306|PNL-24-AL|Defective|0.248|68.0\r\n"
    )
    half = packer.written(packer.rows[:1], trailer=None)  # as far as it was written when half of it was there
    assert packer.written().startswith(half) and half.endswith(b"Held|jam\r\n")
    assert packer.written(packer.rows, trailer=None).endswith(b"68.0\r\n")


def test_an_hour_without_items() -> None:
    written = hour(FORMS["press"], []).written()
    assert written.endswith("produção\r\n# fim registros=0\r\n".encode("cp1252"))
    assert {name for name, form in FORMS.items() if form.writes_empty} == {"press", "packml", "yokogawa"}


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_a_form_and_its_layout_say_the_same(form: FileForm) -> None:
    layout = Layout.model_validate(tomllib.loads(form.toml))
    folder, _, name = hour(form, ITEMS).path.rpartition("/")
    assert layout.match(name, folder) is not None
    assert layout.text.encoding == form.encoding and (layout.hour is not None) == form.names_hour
    assert (layout.lines.trailer is not None) == (form.trailer is not None)
    assert ("cycle_s" in layout.fields) == form.has_cycle
    of_quality = layout.fields["quality"].map or {}
    assert {means: code for code, means in of_quality.items()} == form.qualities
    assert (layout.states.state.map if layout.states else {}) == form.state_meanings


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_a_value_is_put_where_it_is_read(form: FileForm) -> None:
    row = hour(form, ITEMS).rows[0]
    names = [name for name in ("counter", "produced_at", "product", "quality", *form.numbers) if name in form.cells]
    for name in names:
        text = form.cells.text(row, name)
        other = re.sub("[0-9]", lambda digit: str((int(digit[0]) + 1) % 10), text) or "x"
        if other == text:
            other = "R" * len(text)
        changed = form.put(row, name, other)
        assert form.cells.text(changed, name) == other and form.put(changed, name, text) == row


def test_a_fault_that_changes_nothing_of_a_layout_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="press_v1"):
        FORMS["press"].with_layout_edit("no such words", "")


def test_states_of_a_pause_are_those_that_its_layout_knows() -> None:
    assert {state for states in WITHIN.values() for _, state in states} <= FORMS["packml"].state_meanings.keys()
