"""stock/NAME.toml: an error in a description is reported before any request, with its file and key."""

import re
from pathlib import Path

import factory as small
import pytest

from aponta.config import load
from aponta.config.sections.rest import RestSection
from aponta.errors import ConfigError
from aponta.ship.destinations.rest import config
from aponta.words import LANGUAGES, Words

EXAMPLES = Path(__file__).parents[2] / "examples" / "stock"
LEAST = """
unique = "its name is"
create = { request = "POST /docs", body = { name = "{key}", many = "{quantity}" } }
document = { key = "name", reference = "name", quantity = "many" }
look_up = { request = "GET /docs/{key}", means = { absent = [404] } }
list = { request = "GET /docs" }
on_hand = { request = "GET /stock", stock_code = "code", location = "place", quantity = "many" }
"""


def read(folder: Path, text: str, **values: str) -> config.ApiDescription:
    (folder / "erp.toml").write_text(text, encoding="utf-8")
    return config.read_description(RestSection(description="erp.toml", values=values), folder)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_examples_can_be_used(path: Path) -> None:
    """With the values that their comment names; where one was never run, its first line says so."""
    text = path.read_text(encoding="utf-8")
    named = re.search(r"values = \{ (.*) \}", text)
    assert named
    values = dict.fromkeys(re.findall(r"(\w+) = ", named[1]), "x")
    read_ = config.read_description(RestSection(description=path.name, values=values), EXAMPLES)
    assert read_.api.unique
    assert ("NOT RUN" in text.splitlines()[0]) == (path.stem != "lambda_erp")
    for one in values:
        with pytest.raises(ConfigError, match="value_missing"):
            lacking = {name: value for name, value in values.items() if name != one}
            config.read_description(RestSection(description=path.name, values=lacking), EXAMPLES)


def test_the_least_that_is_needed(tmp_path: Path) -> None:
    assert read(tmp_path, LEAST).api.take_back is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('unique = "its name is"', ""), "unique"),
        (("{key}", "{kee}"), "create"),
        (("/docs/{key}", "/docs/{reference}"), "look_up"),
        (("{quantity}", "{quantity:%Y}"), "create"),
        (("{quantity}", "{quantity_abs}"), "[take_back]"),
        (("POST /docs", "SEND /docs"), "create.request"),
        (("POST /docs", "POST docs"), "POST /doc"),
        (
            ("on_hand =", 'take_back = { create = { request = "POST /x" }, list = { request = "GET /x" } }\non_hand ='),
            "look_up",
        ),
        (("absent = [404]", "absent = [4040]"), "look_up.means.absent"),
        (("absent = [404]", "absend = [404]"), "absent"),
        (("absent = [404]", 'absent = [{ is = "x" }]'), "status"),
        (('quantity = "many" }\nlook', 'quantity = "many..x" }\nlook'), "document.quantity"),
        (("document =", "documents ="), "document"),
        (("create =", "confirm = { request = 3 }\ncreate ="), "confirm"),
    ],
)
def test_an_error_names_file_and_key(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    assert change[0] in LEAST
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, LEAST.replace(*change, 1))
    for language in LANGUAGES:
        message = Words(language).show(raised.value)
        assert "erp.toml" in message and expected in message, message


def test_a_value_may_be_a_secret_and_is_shown_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERP_PASSWORD", "pa55")
    text = LEAST + '[login]\nrequest = "POST /login"\nbody = { user = "{user}", password = "{password}" }\n'
    description = read(tmp_path, text, user="ana", password="env:ERP_PASSWORD")
    assert description.values["password"] == "pa55" and description.secrets == {"pa55"}
    assert "pa55" not in repr(description)
    with pytest.raises(ConfigError, match="secret_missing"):
        read(tmp_path, text, user="ana", password="file:nowhere")


def test_aponta_toml_names_it(tmp_path: Path) -> None:
    head = small.SETTINGS.partition("[stock]")[0]
    table = '[stock]\nkind = "rest"\nurl = "https://erp.example.com"\n[stock.rest]\ndescription = "stock/erp.toml"\n'
    (one,) = small.make(tmp_path, aponta=head + table).settings.stock
    assert one.rest == RestSection(description="stock/erp.toml")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('kind = "rest"\nurl = "https://erp.example.com"\n', "rest"),
        ('[stock.rest]\ndescription = "stock/erp.toml"\n', "rest"),
        ('kind = "rest"\n[stock.rest]\nvalues = { a = "b" }\n', "rest.description"),
    ],
)
def test_the_table_stands_with_its_kind(tmp_path: Path, table: str, expected: str) -> None:
    head = small.SETTINGS.partition("[stock]")[0]
    with pytest.raises(ConfigError) as raised:
        load(small.make(tmp_path, aponta=f"{head}[stock]\n{table}").folder)
    assert expected in Words("en").show(raised.value)
