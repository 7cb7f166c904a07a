"""The vendor's page says what the layout reads: its example file is read whole, its words and letters are all there."""

import json
import tomllib
from html import escape
from pathlib import Path

import factory as small
import pytest
from source import REPO

from aponta.config import load
from aponta.contract.layout import Layout
from aponta.decode.sniff import sample_of_bytes
from aponta.decode.sniff.proof import prove
from aponta.errors import ConfigError
from aponta.show.print import vendor
from aponta.show.print.page import HEIGHT
from aponta.usecases.vendor.example import example_file, text_matching
from aponta.usecases.vendor.specification import specification_of
from aponta.words import LANGUAGES, Words

LAYOUTS = {
    "press_v1": ("examples/small-factory/layouts/press_v1.toml", "M01"),
    "terminal_v1": ("src/aponta/lab/layouts/terminal/terminal_v1.toml", "MAQ07"),
    "logger_v1": ("src/aponta/lab/layouts/logger/logger_v1.toml", "ROB3"),
    "euromap63_v1": ("src/aponta/lab/layouts/euromap63/euromap63_v1.toml", "INJ1"),
}


def layout(name: str) -> Layout:
    return Layout.model_validate(tomllib.loads((REPO / LAYOUTS[name][0]).read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["press_v1", "terminal_v1", "logger_v1"])
def test_the_example_is_read_whole_by_its_layout(name):
    machine = LAYOUTS[name][1]
    made = example_file(layout(name), machine, "CUB-60-IN", "America/Sao_Paulo")
    proof = prove(
        layout(name),
        [sample_of_bytes(made.name, made.bytes(layout(name).text.encoding))],
        [machine],
        "America/Sao_Paulo",
    )
    (file,) = proof.files
    assert (file.refused, file.records, file.quarantined, file.machine) == (None, 2, 0, machine)
    assert file.trailer == ("none" if name == "logger_v1" else "right")
    assert file.hour_hint_wrong is False


def test_the_example_of_the_case():
    made = example_file(layout("press_v1"), "M01", "CUB-60-IN", "America/Sao_Paulo")
    assert made.name == "M01_20260105_07.txt"
    assert made.rows == (
        "# maquina=M01 produto=CUB-60-IN",
        "M01;1201;05/01/2026 07:00:00.250;CUB-60-IN;A;270,3;68,97;2,7",
        "M01;1202;05/01/2026 07:00:03.250;CUB-60-IN;A;269,8;68,97;2,7",
        "# fim registros=2",
    )


@pytest.mark.parametrize(
    ("pattern", "groups", "text"),
    [
        (r"^(?P<machine>MAQ\d\d)\.\d{4}$", {"machine": "MAQ07"}, "MAQ07.0000"),
        (r"^9(?P<rows>\d{6})[A-F]{2}$", {"rows": "2"}, "9000002AA"),
        (r"(?:END|FIM) +(?P<rows>\d+)( ok)?", {"rows": "12"}, "END 12"),
        (r"a{2}\s[^;]*x\.txt", {}, "aa x.txt"),
        (r"(?!x)x", {}, r"(?!x)x"),
    ],
)
def test_a_text_that_a_pattern_finds(pattern, groups, text):
    assert text_matching(pattern, groups) == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_and_requirement_is_on_the_page_in_its_language(language):
    words = Words(language)
    specification = specification_of(load(REPO / "examples/small-factory"), "press_v1", words)
    page = vendor.draw_specification(specification, words).svg()
    for value in specification.values:
        assert f">{escape(value.name)}<" in page and f">{escape(value.example)}<" in page
    for row in specification.example.rows:
        assert f">{escape(row)}<" in page
    assert ("Especificação do arquivo" in page) == (language == "pt-BR")
    assert {requirement.name: requirement.is_met for requirement in specification.requirements} == {
        "trailer": True, "checksum": False, "counter": True, "milliseconds": True, "offset": False, "hour": True,
        "quality": True, "cycle": True, "rename": None, "whole": None, "again": None,
    }  # fmt: skip
    texts = [requirement.text for requirement in specification.requirements]
    assert any("CRC-32 (zip), 8" in text and text.endswith("3F0F90FA.") for text in texts)
    formats = {value.name: (value.place, value.format) for value in specification.values}
    if language == "pt-BR":
        assert formats["produzido em"] == ("coluna 3", "DD/MM/AAAA hh:mm:ss.mmm")
        assert formats["qualidade"] == ("coluna 5", "A = boa, R = refugo, T = retrabalho")
        assert formats["ciclo"] == ("coluna 6", "número, com vírgula decimal, em unidades de 0,01 s")


def test_it_is_one_page_of_a4_whatever_the_layout_has(tmp_path):
    """Also with twenty sensors: letters become smaller."""
    sensors = "".join(f"heat_{number}_c = {{ column = {7 + number}, range = [0, 90] }}\n" for number in range(20))
    counted = small.FILES["layouts/counted.toml"].replace("columns = 6\n", "")
    factory = small.make(tmp_path, counted=f"{counted}[sensors]\n{sensors}")
    words = Words("pt-BR")
    specification = specification_of(factory, "counted", words)
    assert vendor.draw_specification(specification, words).svg().count("<text") > 100
    lowest = max(
        float(y.split('"')[0]) for y in vendor.draw_specification(specification, words).svg().split(' y="')[1:]
    )
    assert lowest < HEIGHT
    made = vendor.specification_pdf(specification, words)
    assert made.startswith(b"%PDF-") and made.count(b"/MediaBox [0 0 595.28 841.89]") == 1


def test_a_layout_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError) as refused:
        specification_of(small.make(tmp_path), "lathe", Words("en"))
    assert Words("en").error(refused.value) == ("There is no layout lathe.", "layouts/ has: counted, uncounted")


def test_what_is_written_is_what_json_has(tmp_path, capsys):
    from aponta.cli.doctor import doctor

    out = tmp_path / "page.pdf"
    doctor(REPO / "examples/small-factory", vendor="press_v1", language="en", out=out, as_json=True)
    answer = json.loads(capsys.readouterr().out)
    assert Path(answer["file"]) == out and out.read_bytes().startswith(b"%PDF-")
    assert answer["values"][2]["name"] == "made at" and answer["example"]["name"] == "M01_20260105_07.txt"
    with pytest.raises(ConfigError, match="no_language"):
        doctor(REPO / "examples/small-factory", vendor="press_v1", language="fr", out=out)
