"""Tables as people and programs read them: a row is a line where no terminal limits it."""

from aponta.cli.terminal.output import table_lines
from aponta.words import Words

NAMES = ["machine", "text", "pieces"]
ROWS = [["M01", "two\nlines and a\ttab", 1234], ["M02", None, 5]]


def test_without_a_terminal_a_row_is_one_line_however_wide():
    wide = table_lines([f"column_{n}" for n in range(40)], [["x" * 50] * 40], Words())
    assert [len(line.split()) for line in wide] == [40, 40]
    assert table_lines(NAMES, ROWS, Words("pt-BR")) == [
        "machine  text                   pieces",
        r"M01      two\nlines and a\ttab   1.234",
        "M02      -                           5",
    ]


def test_a_terminal_too_narrow_shows_row_by_row():
    assert table_lines(NAMES, ROWS, Words(), width=80) == table_lines(NAMES, ROWS, Words())
    assert table_lines(NAMES, ROWS, Words(), width=30) == [
        "-[ 1 ]------------------------",
        "machine  M01",
        "text     two\\nlines and a\\ttab",
        "pieces   1,234",
        "-[ 2 ]------------------------",
        "machine  M02",
        "text     -",
        "pieces   5",
    ]


def test_names_and_values_have_no_head():
    assert table_lines(("", ""), [("a", 1), ("bc", "x" * 99)], Words(), width=20) == ["a   1", "bc  " + "x" * 99]
