"""Bad TOML and CSV are reported with their place, wholly in the reader's language."""

import csv
from tomllib import TOMLDecodeError

import pytest

from aponta.config.master import Product, read_rows
from aponta.config.settings import Settings
from aponta.config.syntax import csv_reason, toml_reason
from aponta.config.toml_file import read_toml
from aponta.errors import ConfigError
from aponta.words import LANGUAGES, Phrase, Words

TOML = {  # after one good row: row and character, or None at the file's end; and why
    "name 'x'\n": ((2, 6), "equals"),
    "name\n": ((2, 5), "equals"),
    'name = "x\nsite = 1\n': ((2, 10), "quote"),
    "name = 'x\nsite = 'y'\n": ((2, 10), "quote"),
    "name = 'x": (None, "quote"),
    "name = '''x\n": (None, "quote"),
    'name = """x\n': (None, "quote"),
    'name = "x\ty\x01"\n': ((2, 12), "character"),
    "# \x01\n": ((2, 3), "character"),
    "site = 1\nsite = 2\n": ((3, 9), "twice"),
    "site = 1\nsite = 2": (None, "twice"),
    "[a]\n[a]\n": ((3, 3), "twice"),
    "[[a]]\n[a]\n": ((3, 3), "twice"),
    "[a]\nb = 1\n[a.b]\n": ((4, 5), "twice"),
    "a = { b = 1 }\na.c = 1\n": ((3, 8), "twice"),
    "a = { b = 1, b = 2 }\n": ((2, 19), "twice"),
    "name = Aurora\n": ((2, 8), "value"),
    "name = “x”\n": ((2, 8), "value"),
    "after = True\n": ((2, 9), "value"),
    "name =\n": ((2, 7), "value"),
    "é = 1\n": ((2, 1), "key"),
    "= 1\n": ((2, 1), "key"),
    "[]\n": ((2, 2), "key"),
    "start = 07:00\n": ((2, 10), "after_value"),
    "seconds = 1,5\n": ((2, 12), "after_value"),
    "name = 'x' 'y'\n": ((2, 12), "after_value"),
    "[a\n": ((2, 3), "bracket"),
    "[[a]\n": ((2, 4), "bracket"),
    "x = [1 2]\n": ((2, 8), "bracket"),
    "x = [1\n": (None, "bracket"),
    "x = { a = 1\n": ((2, 12), "bracket"),
    'path = "C:\\dados"\n': ((2, 13), "backslash"),
    'path = "C:\\Users"\n': ((2, 13), "backslash"),
    'path = "\\uD800"\n': ((2, 15), "backslash"),
    "start = 2026-02-31\n": ((2, 9), "no_such_day"),
}
CSV = {  # after the header and one good row
    '"never closed\nQ,pc\n': (3, "quote"),
    'R,"pc" x\n': (3, "after_quote"),
    "R,pc\n" + "x" * 200_000 + "\n": (4, "long"),
}


def rule_for(path, read):
    """The rule of the error, which says it in one row in every language."""
    with pytest.raises(ConfigError) as raised:
        list(read(path))
    rule = raised.value.facts["rule"]
    for language in LANGUAGES:
        message = Words(language).error(raised.value)[0]
        assert message.startswith(path.name) and Words(language).show(rule) in message and message.isprintable()
    return rule


@pytest.mark.parametrize("content", TOML)
def test_bad_toml(tmp_path, content):
    path = tmp_path / "aponta.toml"
    path.write_text("first = 1\n" + content, encoding="utf-8")
    place, why = TOML[content]
    rule = rule_for(path, lambda path: read_toml(path, Settings))
    assert (rule.key, rule.facts["why"].key) == (f"config.form.{'at' if place else 'end'}", f"config.form.{why}")
    assert place is None or (rule.facts["row"], rule.facts["character"]) == place


def test_toml_of_another_encoding(tmp_path):
    path = tmp_path / "aponta.toml"
    path.write_bytes('\ufeffé = 1\nname = "São Paulo"\n'.encode().replace(b"S\xc3\xa3o", b"S\xe3o"))
    rule = rule_for(path, lambda path: read_toml(path, Settings))
    assert rule == Phrase("config.form.at", {"row": 2, "character": 10, "why": Phrase("config.form.encoding", {})})


@pytest.mark.parametrize("content", CSV, ids=lambda content: content[:14])
def test_bad_csv(tmp_path, content):
    path = tmp_path / "products.csv"
    path.write_text(f"product,unit\nP,pc\n{content}", encoding="utf-8")
    row, why = CSV[content]
    rule = rule_for(path, lambda path: read_rows(path, Product))
    assert (rule.key, rule.facts["row"], rule.facts["why"].key) == ("config.form.row", row, f"config.form.{why}")


def test_a_reason_that_nobody_knows_is_quoted_as_the_readers_own():
    at = toml_reason(TOMLDecodeError("Some news (at line 1200, column 3)"))
    assert Words("pt-BR").show(at) == 'linha 1.200, caractere 3: o leitor diz: "Some news"'
    assert Words("pt-BR").show(toml_reason(TOMLDecodeError("Some news"))) == 'o leitor diz: "Some news"'
    assert Words("pt-BR").show(csv_reason(csv.Error("Some news"), 2)) == 'linha 2: o leitor diz: "Some news"'
