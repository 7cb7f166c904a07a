"""Rule 3: adding a thing is adding one file. Each room is walked, and what a new file declares is found."""

from pathlib import Path

from factory import LAYOUT, make

from aponta.collect import sources
from aponta.config import SourceSection, load
from aponta.config.sections.stock import StockSection
from aponta.lab import faults, forms
from aponta.ship import destinations

SOURCE = """
def open_source(section, folder, engine):
    return f"{section.name} by pigeon"
"""
FAULT = """
from aponta.lab.delivery import Fault, deliver_normally
FAULT = Fault("a_new_one", deliver_normally)
"""
FORM = """
from dataclasses import replace
from aponta.lab.forms.logger import FORM as LOGGER
FORM = replace(LOGGER, name="a_new_one")
"""
DESTINATION = """
def open_sink(destination, url, folder):
    return f"paper at {url}"
"""


def test_a_fault_is_one_file(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a_new_one.py").write_text(FAULT)
    monkeypatch.setattr(faults, "__path__", [*faults.__path__, str(tmp_path)])
    assert "a_new_one" in faults.every_fault()
    assert [fault.name for fault in faults.faults_named(["a_new_one"])] == ["a_new_one"]


def test_a_form_of_the_lab_is_one_file(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a_new_one.py").write_text(FORM)
    monkeypatch.setattr(forms, "__path__", [*forms.__path__, str(tmp_path)])
    assert [form.name for form in forms.forms_named(["a_new_one"])] == ["a_new_one"]


def test_a_layout_is_one_file(tmp_path: Path) -> None:
    factory = make(tmp_path)
    assert "third" not in factory.layouts
    third = LAYOUT.format(name="third", letter="T", counter="")
    (tmp_path / "layouts" / "third.toml").write_text(third, encoding="utf-8")
    assert load(tmp_path).layouts["third"].match("T01_20260302_07.txt", "")


def test_a_kind_of_source_is_one_file(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "shop").mkdir()
    factory = make(tmp_path / "shop")
    (tmp_path / "pigeon.py").write_text(SOURCE)
    monkeypatch.setattr(sources, "__path__", [*sources.__path__, str(tmp_path)])
    section = SourceSection.model_validate({"name": "loft", "kind": "folder", "url": "x"})
    assert sources.open_configured(section.model_copy(update={"kind": "pigeon"}), factory, None) == "loft by pigeon"


def test_a_kind_of_stock_system_is_one_file(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "paper.py").write_text(DESTINATION)
    monkeypatch.setattr(destinations, "__path__", [*destinations.__path__, str(tmp_path)])
    section = StockSection.model_validate({}).model_copy(update={"kind": "paper"})
    assert destinations.open_destination(section, "the desk", tmp_path) == "paper at the desk"
