"""Master data as people's spreadsheets save it."""

from datetime import date
from decimal import Decimal

import pytest

from aponta.config.master import IdealCycle, Machine, Product, read_rows
from aponta.errors import ConfigError


@pytest.fixture
def csv(tmp_path):
    def write(content, encoding="utf-8"):
        path = tmp_path / "rows.csv"
        path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
        return path

    return write


def read(path, model=Product):
    return list(read_rows(path, model))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(csv, encoding, line_end):
    (product,) = read(csv(f"product,name{line_end}P,Caçarola{line_end}", encoding))
    assert product.name == "Caçarola"


def test_semicolons_and_decimal_commas(csv):
    (product,) = read(csv("product;pieces_per_unit;unit_value_brl\nP;2,5;1234,56\n"))
    assert (product.pieces_per_unit, product.unit_value_brl) == (Decimal("2.5"), Decimal("1234.56"))


def test_quotes_blank_lines_and_spaces(csv):
    products = read(csv('product , name\n\n P , "Panela, 20 cm"\n , \n"Q","a ""b"""\n'))
    assert [(product.product, product.name) for product in products] == [("P", "Panela, 20 cm"), ("Q", 'a "b"')]


def test_an_empty_cell_is_its_default(csv):
    (machine,) = read(csv("machine,line,layout,stock,micro_stop_after_s\nM01,L1,press_v1,,\n"), Machine)
    assert (machine.stock, machine.micro_stop_after_s) == ("finished", None)


@pytest.mark.parametrize(("written", "day"), [("2026-03-02", date(2026, 3, 2)), ("02/03/2026", date(2026, 3, 2))])
def test_days(csv, written, day):
    (cycle,) = read(csv(f"ideal_cycle_s,valid_from\n2.5,{written}\n"), IdealCycle)
    assert (cycle.valid_from, cycle.machine, cycle.product) == (day, "*", "*")


@pytest.mark.parametrize(
    ("content", "model", "code", "facts"),
    [
        ("product,colour\nP,red\n", Product, "unknown_column", {"column": "colour"}),
        ("product,name\nP,a\n\nQ\n", Product, "row_length", {"row": 4, "found": 1, "expected": 2}),
        (
            "product,pieces_per_unit\nP,1\nQ,dozen\n",
            Product,
            "bad_value",
            {"row": 3, "key": "pieces_per_unit", "value": "dozen"},
        ),
        ("product,pieces_per_unit\nP,0\n", Product, "bad_value", {"row": 2, "key": "pieces_per_unit", "value": "0"}),
        ("product,pieces_per_unit\nP,NaN\n", Product, "bad_value", {"value": "NaN"}),
        ("product;unit_value_brl\nP;1.234,56\n", Product, "bad_value", {"value": "1.234,56"}),
        ("ideal_cycle_s\ninf\n", IdealCycle, "bad_value", {"key": "ideal_cycle_s", "value": "inf"}),
        ("ideal_cycle_s\n1e999\n", IdealCycle, "bad_value", {"key": "ideal_cycle_s"}),
        ("ideal_cycle_s\n-1\n", IdealCycle, "bad_value", {"key": "ideal_cycle_s", "value": "-1"}),
        (
            "ideal_cycle_s,valid_from\n1,31/02/2026\n",
            IdealCycle,
            "bad_value",
            {"key": "valid_from", "value": "31/02/2026"},
        ),
        *(
            (f"machine,line,layout\n{code},L1,press_v1\n", Machine, "bad_value", {"key": "machine", "value": code})
            for code in (".", "..", "-", "/", "../..")
        ),
        ("name\na\n", Product, "bad_value", {"row": 2, "key": "product"}),
        ("product,product\nP,Q\n", Product, "twice", {"value": "product"}),
        ("machine,line,layout,stock\nM01,L1,press_v1,sold\n", Machine, "bad_value", {"key": "stock", "value": "sold"}),
        ("machine,line,layout,stop_after_s\nM01,L1,press_v1,inf\n", Machine, "bad_value", {"key": "stop_after_s"}),
    ],
)
def test_an_error_names_file_row_column_and_value(csv, content, model, code, facts):
    with pytest.raises(ConfigError) as raised:
        read(csv(content), model)
    error = raised.value
    assert error.code == f"config.{code}"
    assert error.facts | facts | {"file": "rows.csv"} == error.facts


def test_a_file_with_nothing_in_it(csv):
    assert read(csv("")) == read(csv("product,name\n")) == []


@pytest.mark.parametrize("content", [b"\0\0\0", b"product\n" + b"x" * 200_000 + b"\n", b'product\n"never closed\n'])
def test_bad_csv_is_an_error_of_ours(csv, content):
    with pytest.raises(ConfigError):
        read(csv(content))
