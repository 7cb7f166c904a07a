from datetime import date

from aponta.lab.machine import Item
from aponta.lab.plant import build
from aponta.lab.shifts import at
from aponta.lab.text import file_bytes, file_name, rows

MACHINE = build(1, 14_500).machines[0]
SEVEN = at(date(2026, 3, 2), "07:00")


def test_a_file_to_the_byte() -> None:
    items = [
        Item(SEVEN + 250, 2703, "PNL-20-AL", "good", 6897, 2923),
        Item(SEVEN + 3_599_007, 248, "PNL-24-AL", "rework", 6805, 11002),
    ]
    text = rows("M01", SEVEN, range(147924305000, 147924305002), items)
    assert file_bytes(MACHINE, SEVEN, "PNL-20-AL", text, 2) == (
        b"# maquina=M01 produto=PNL-20-AL inicio=02/03/2026 07:00:00\r\n"
        b"# Linha L1 \xb7 Prensa n\xba 1 \x96 produ\xe7\xe3o\r\n"
        b"M01;147924305000;02/03/2026 07:00:00.250;PNL-20-AL;A;270,3;68,97;2,923\r\n"
        b"M01;147924305001;02/03/2026 07:59:59.007;PNL-24-AL;T;24,8;68,05;11,002\r\n"
        b"# fim registros=2\r\n"
    )


def test_a_file_is_named_by_its_local_hour() -> None:
    assert file_name("M01", SEVEN) == "M01_20260302_07.txt"


def test_an_hour_without_items_still_has_its_file() -> None:
    assert file_bytes(MACHINE, SEVEN, "PNL-20-AL", [], 0).endswith("produção\r\n# fim registros=0\r\n".encode("cp1252"))
