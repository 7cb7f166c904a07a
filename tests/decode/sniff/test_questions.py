"""Each question by itself: what it takes to be true, and how surely."""

import re

import pytest

from aponta.contract.layout import Text
from aponta.decode.sniff.columns.codes import quality_of
from aponta.decode.sniff.names.name import name_parts, pattern_of
from aponta.decode.sniff.text.encoding import encoding_of, line_end_of
from aponta.decode.sniff.text.fixed import value_spans
from aponta.decode.sniff.text.form import shape_of
from aponta.decode.sniff.values.numbers import marks_of, nulls_of
from aponta.decode.sniff.values.units import sensor_name
from aponta.decode.sniff.values.vocabulary import COUNTER, MACHINE, PRODUCT, means

POINT = Text.model_validate({})


@pytest.mark.parametrize(
    ("data", "encoding", "confidence"),
    [
        (b"", "utf-8", "low"),
        (b"plain\n", "utf-8", "low"),
        (b"plain\r\n", "cp1252", "low"),
        ("Peça\n".encode(), "utf-8", "high"),
        ("\ufeffPeça\n".encode(), "utf-8-sig", "high"),
        ("PRODUÇÃO\r\n".encode("cp1252"), "cp1252", "high"),
        ("produção nº 5 °C\r\n".encode("cp850"), "cp850", "high"),
        ("Peça\n".encode("utf-16"), "utf-16", "high"),
        ("Peça à mão\n".encode("utf-16-be"), "utf-16-be", "high"),
        ("Peça à mão\n".encode("utf-16-le"), "utf-16-le", "high"),
        ("Peça\n".encode() * 30 + "Peça\n".encode("cp1252"), "utf-8", "medium"),
        (b"x\n\0\0\0\0", "utf-8", "low"),
    ],
)
def test_encoding(data, encoding, confidence):
    guess = encoding_of(data)
    assert (guess.value, guess.confidence) == (encoding, confidence)
    assert guess.evidence


def test_line_ends():
    ends = {"CRLF": b"a\r\nb\r\n", "LF": b"a\nb\n", "CR": b"a\rb\r"}
    assert {line_end_of(data, "utf-8") for data in ends.values()} == set(ends)
    assert line_end_of("a\r\nb".encode("utf-16-le"), "utf-16-le") == "CRLF"


@pytest.mark.parametrize(
    ("row", "marks"),
    [
        ("M{0};{0};270,{0};68,9{0}", {"form": "delimited", "delimiter": ";"}),
        ("M{0},{0},270.{0},68.9{0}", {"form": "delimited", "delimiter": ","}),
        ("M{0}\t{0}\t270,{0}", {"form": "delimited", "delimiter": "\t"}),
        ("M{0}|{0}|270,{0}", {"form": "delimited", "delimiter": "|"}),
        ("1 {0} 2.5 {0}.25  ", {"form": "delimited", "delimiter": " "}),
        ('"a;b";{0};"c"', {"form": "delimited", "delimiter": ";", "quote": '"'}),
        ("A={0};B=x;C={0}.5", {"form": "pairs", "delimiter": ";", "pair": "="}),
        ("M:working,W:OP {0},S:{0}", {"form": "pairs", "delimiter": ",", "pair": ":"}),
        ("2026-01-05T07:00:0{0}Z|CNT|{0}|Q|OK", {"form": "pairs", "delimiter": "|", "pair": "|"}),
        ("2026-01-05 07:00:0{0};1,5;2,5", {"form": "delimited", "delimiter": ";"}),
        ("00000{0}P-{0}    A  68,5", {"form": "fixed"}),
    ],
)
def test_form(row, marks):
    assert shape_of([row.format(number) for number in range(1, 8)]).marks == marks


@pytest.mark.parametrize("rows", [[], ["", " "], ["prose of a person, who writes", "as it comes;", "without any form"]])
def test_no_form(rows):
    assert shape_of(rows) is None


@pytest.mark.parametrize(
    ("cells", "decimal", "thousands"),
    [
        (["1,5", "2,25"], ",", ""),
        (["1.5"], ".", ""),
        (["1.234,5"], ",", "."),
        (["1,234.5"], ".", ","),
        (["1.234.567", "5"], ",", "."),
        (["1.234", "68,97"], ",", "."),
        (["2.923"], ".", ""),  # it may be either
        (["0.123"], ".", ""),
        (["1 234,5"], ",", " "),
        (["12", "x"], ".", ""),
        ([], ".", ""),
    ],
)
def test_marks_of_numbers(cells, decimal, thousands):
    found = marks_of(cells)
    assert [guess.value for guess in found] == [decimal, thousands]


def test_what_may_be_either_mark_is_not_sure():
    assert marks_of(["2.923"])[0].confidence == "medium"
    assert marks_of(["2.923", "2.92"])[0].confidence == "high"
    assert marks_of(["12"])[0].confidence == "low"


def test_words_for_nothing():
    assert nulls_of([["1", "NaN", "2", "3"], ["-", "x", "y"]], POINT).value == ["", "NaN"]


@pytest.mark.parametrize(
    ("cells", "called", "codes"),
    [
        ("A A R T", False, {"A": "good", "R": "scrap", "T": "rework"}),
        ("B B R", False, {"B": "good", "R": "scrap"}),
        ("G G B", False, {"G": "good", "B": "scrap"}),
        ("OK NG OK", False, {"OK": "good", "NG": "scrap"}),
        ("BOA REFUGO BOA RETRABALHO", False, {"BOA": "good", "REFUGO": "scrap", "RETRABALHO": "rework"}),
        ("ok nok ok", False, {"ok": "good", "nok": "scrap"}),
        ("1 0 1", True, {"1": "good", "0": "scrap"}),
        ("1 0 1", False, None),
        ("A A A", False, None),
        ("A A A", True, {"A": "good"}),
        ("X Y X", True, None),
        ("", True, None),
    ],
)
def test_codes_of_quality(cells, called, codes):
    found = quality_of(cells.split(), called)
    assert (found and found[0]) == codes


def test_a_code_nobody_knows_is_said_and_left_out():
    codes, confidence, evidence = quality_of([*["OK"] * 30, "HOLD"], False)
    assert (codes, confidence, evidence.facts["unknown"]) == ({"OK": "good"}, "medium", "HOLD")


@pytest.mark.parametrize(
    ("header", "name", "has_unit"),
    [
        ("temp [°C]", "temp_c", True),
        ("temperature_c", "temperature_c", True),
        ("Pressão (bar)", "pressao_bar", True),
        ("Rotational speed [rpm]", "rotational_speed_rpm", True),
        ("vibração mm/s", "vibracao_mm_s", True),
        ("Umidade %", "umidade_pct", True),
        ("Torque [Nm]", "torque_nm", True),
        ("volt", "volt", False),
        ("hour", "sensor_hour", False),
        ("field_x", "sensor_field_x", False),
        ("3ª zona", "lathe_v1_2_3a_zona", False),
        ("温度", "lathe_v1_2", False),
    ],
)
def test_names_of_sensors(header, name, has_unit):
    assert sensor_name(header, "lathe_v1_2") == (name, has_unit)


@pytest.mark.parametrize(
    ("name", "machine", "formats"),
    [
        ("M01_20260105_07.txt", "M01", {"%Y%m%d_%H"}),
        ("T01-2026-01-05T08.txt", "T01", {"%Y-%m-%dT%H"}),
        ("MAQ07_20261120_14.TXT", "MAQ07", {"%Y%m%d_%H"}),
        ("2026010507_P3.dat", "P3", {"%Y%m%d%H"}),
        ("log_M01_05012026_0700.txt", "M01", {"%d%m%Y_%H%M", "%m%d%Y_%H%M"}),
        ("M01_20260105070000.txt", "M01", {"%Y%m%d%H%M%S"}),
        ("report.txt", None, set()),
    ],
)
def test_names_of_files(name, machine, formats):
    found = name_parts(name)
    assert (found.machine_text, {format for format, _ in found.hours.values()}) == (machine, formats)


def test_one_pattern_for_names_of_several_machines():
    names = [name_parts(name) for name in ("M01_20260105_07.txt", "M12_20260106_23.txt", "M02_20260106_00 (2).txt")]
    assert pattern_of(names) == r"(?P<machine>M\d\d)_(?P<hour>\d{8}_\d\d).*\.txt$"
    assert pattern_of([name_parts("a.txt"), name_parts("b.csv")]) is None


def test_a_number_without_a_zero_before_it_may_grow():
    """Beside INJ-7 there may be an INJ-10; a machine that writes M01 writes M10 as long."""
    for of, grows in ((["INJ-7"], True), (["M11", "M12"], True), (["M01"], False), (["M10", "M01"], False)):
        pattern = pattern_of([name_parts(f"{machine}_20260105_07.txt") for machine in of])
        letters = of[0].rstrip("0123456789")
        for other in (letters + "8", letters + "10", letters + "117"):
            found = re.search(pattern, f"{other}_20260105_07.txt")
            fits = grows or len(other) == len(of[0])
            assert (found["machine"] if found else None) == (other if fits else None), (pattern, other)


def test_values_of_fixed_width():
    rows = ["20260105070000P-1   A 12.5", "20260105070001P-20  R  9.5"]
    assert value_spans(rows, []) == [(1, 14), (15, 20), (21, 21), (22, 26)]


def test_what_columns_are_called():
    assert means("Peça", PRODUCT) and means("cod_produto", PRODUCT) and means("Product ID", PRODUCT)
    assert means("ppartcount", COUNTER) and means("CNT[1,3]", COUNTER) and means("PartCount", COUNTER)
    assert not means("Machine failure", MACHINE) and not means("countdown", COUNTER) and not means(None, MACHINE)
