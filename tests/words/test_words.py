"""What people read: every word there in both languages, none too many, none with a place that nothing fills."""

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic_core.core_schema import ErrorType
from source import SRC, calls, strings, tree

from aponta import words
from aponta.config.rule import rule_name
from aponta.errors import ConfigError
from aponta.words import LANGUAGES, Phrase, Words

FAMILIES = ("ConfigError", "ContractError", "TransientError")
DYNAMIC = (  # said by a name made at run time
    "cli.step.",
    "cli.cause.",
    "cli.fault.",
    "cli.decided.",
    "cli.verify.",
    "cli.health.",
    "cli.service.",
    "decode.mark.",
    "decode.no_text.",
    "decode.place.",
    "decode.sureness.",
    "lab.measure.",
    "pipeline.vendor.",
    "pipeline.reconciled.",
    "pipeline.gap.",
    "config.rule.",
    "show.page.",
    "show.speak.",
    "show.state.",
    "show.kind.",
    "show.panel.states.",
    "show.hour_status.",
    "show.hour_count.",
    "show.hour_means.",
    "show.hour.guess.",
    "show.hour.stock_by.",
    "show.closing.reason.",
    "show.trailer.",
    "show.file.status.",
    "show.count.",
    "show.weekday.",
)
IN_TEMPLATE = re.compile(r"""say\(['"]([a-z_]+(?:\.[a-z_]+)*)['"]""")


def flat(node: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in node.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def sentences(language: str) -> dict[str, str]:
    return {
        f"{path.stem}.{key}": text
        for path in sorted((SRC / "words" / language).glob("*.toml"))
        for key, text in flat(tomllib.loads(path.read_text(encoding="utf-8")))
    }


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


ENGLISH = sentences("en")
ERRORS = {key.replace(".error.", ".").rpartition(".")[0] for key in ENGLISH if ".error." in key}


@cache
def raised() -> tuple[tuple[str, str, set[str] | None], ...]:
    """(where, code, facts) of each error in the source; facts None: they are made at run time."""
    return tuple(_raised())


def _raised() -> Iterator[tuple[str, str, set[str] | None]]:
    for where, call in calls(*FAMILIES, "written"):
        if not call.args:
            continue
        first = call.args[0]
        names = {keyword.arg for keyword in call.keywords if keyword.arg}
        given = None if any(keyword.arg is None for keyword in call.keywords) else names
        if isinstance(first, ast.Constant):
            yield where, first.value, given
        elif isinstance(first, ast.Name):
            for code in assigned(first.id, SRC / where.partition(":")[0]):
                yield where, code, given


def assigned(name: str, path: Path) -> Iterator[str]:
    """The codes that a variable of the module may hold."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Assign) and name in {getattr(one, "id", "") for one in node.targets}:
            for one in ast.walk(node.value):
                if isinstance(one, ast.Constant) and re.fullmatch(r"[a-z]+\.[a-z_]+", str(one.value)):
                    yield one.value


def said() -> Iterator[tuple[str, str]]:
    """(where, key) of each sentence said by its name."""
    for where, call in calls("say", "Phrase"):
        for one in ast.walk(call.args[0]) if call.args else ():
            if isinstance(one, ast.Constant) and re.fullmatch(r"[a-z]+(\.[a-z_]+)+", str(one.value)):
                yield where, one.value


def shown() -> Iterator[tuple[str, str]]:
    """(where, key) of each sentence that a page's template says; of one named at run time the beginning: show.kind."""
    for path in sorted((SRC / "show" / "templates").glob("*.html")):
        for found in re.finditer(r"""(?<!words\.)\bsay\(["']([a-z_.]+)["']""", path.read_text(encoding="utf-8")):
            yield path.name, f"show.{found[1]}"


def test_languages_have_the_same_words() -> None:
    for language in LANGUAGES:
        assert sentences(language).keys() == ENGLISH.keys(), language


def test_a_word_has_the_same_places_in_every_language() -> None:
    """Where what happened names a place, what to do may do without it: so they are compared language by language."""
    portuguese = sentences("pt-BR")
    assert {key for key, text in ENGLISH.items() if places(text) != places(portuguese[key])} == set()


def test_every_error_says_what_happened_and_what_to_do() -> None:
    codes = {code for _, code, _ in raised()}
    assert codes, "no error was found in the source: this test sees nothing"
    assert codes - ERRORS == set()
    for code in ERRORS:
        room, name = code.split(".")
        both = {key.rpartition(".")[2] for key in ENGLISH if key.startswith(f"{room}.error.{name}.")}
        assert both == {"what", "do"}, code


def test_no_error_of_the_words_is_never_raised() -> None:
    assert ERRORS - {code for _, code, _ in raised()} - strings() == set()


def test_facts_fill_every_place() -> None:
    for where, code, facts in raised():
        room, name = code.split(".")
        for sentence in ("what", "do"):
            if facts is not None:
                missing = places(ENGLISH[f"{room}.error.{name}.{sentence}"]) - facts
                assert not missing, f"{where}: {code} does not give {missing}"


def test_every_sentence_said_exists() -> None:
    for found in (said(), shown()):
        keys = {key: where for where, key in found}
        assert keys, "no sentence was found in the source: this test sees nothing"
        begun = {key for key in keys if key.endswith(".") and any(one.startswith(key) for one in ENGLISH)}
        assert {key: where for key, where in keys.items() if key not in ENGLISH and key not in begun} == {}


def test_no_sentence_is_never_said() -> None:
    known = strings()
    leaves = {key for key in ENGLISH if ".error." not in key}
    spoken = {key for _, key in (*said(), *shown())}
    families = tuple(key for key in spoken if key.endswith("."))
    by_name = {key for key in leaves if key.startswith(DYNAMIC) and key.rpartition(".")[2] in _names(known)}
    of_families = {key for key in leaves if key.startswith(families)}
    assert leaves - spoken - by_name - of_families - known == set()


def _names(known: set[str]) -> set[str]:
    """Texts of the source that may be the last part of a key: as they are, or `run` of run_ms; and pydantic's."""
    known = known | set(LANGUAGES)
    return known | {f"{name}_ms" for name in known} | {rule_name(kind) for kind in get_args(ErrorType)}


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert Words("en").show(1234567) == "1,234,567"
    assert Words("pt-BR").show(1234567) == "1.234.567"
    assert Words("pt-BR").show(1234.5) == "1.234,5"
    assert Words("pt-BR").show(True) == "True"


def test_one_is_counted_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_sentence", lambda language, key: "{n:# file waits|# files wait}, {n}")
    assert [Words("en").say("any", n=n) for n in (0, 1, 2, 1000)] == [
        "0 files wait, 0",
        "1 file waits, 1",
        "2 files wait, 2",
        "1,000 files wait, 1,000",
    ]


def test_what_is_counted_has_two_forms() -> None:
    """A number beside a word is right for one and for many, in every language."""
    for language in LANGUAGES:
        for key, text in sentences(language).items():
            for _, name, forms, _ in string.Formatter().parse(text):
                assert not forms or forms.count("|") == 1, f"{language}: {key}: {name}"


def test_a_fact_may_be_words_itself() -> None:
    rule = Phrase("config.rule.greater_than", {"gt": 1000})
    error = ConfigError("config.bad_key", file="aponta.toml", key="a", value="1", rule=rule)
    assert Words("pt-BR").error(error)[0].endswith("não serve: deve ser maior que 1.000")
    assert Words("en").show(error) == " ".join(Words("en").error(error))


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_is_told_with_its_facts(language: Any) -> None:
    what, do = Words(language).error(ConfigError("config.unknown_key", file="aponta.toml", key="sit", nearest="site"))
    assert "aponta.toml" in what and "sit" in what
    assert "site" in do
