"""From a fact to files and rows, and from a file to facts and stock: also of what was reassigned, corrected and read
anew.
"""

import factory as small
import pytest

from aponta.contract.reassignment import Reassignment
from aponta.errors import ConfigError
from aponta.factory_calendar import to_us
from aponta.usecases.correct import reassign
from aponta.usecases.correct.retry import request_decode
from aponta.usecases.read.explain import explain_fact, explain_file
from aponta.usecases.read.published import query

NAME = small.name("M01", 0)


@pytest.fixture(scope="module")
def factory(tmp_path_factory):
    """An hour of P that was Q in its first half and is read twice, and a version that no item is left of."""
    made = small.make(tmp_path_factory.mktemp("explained"))
    small.deliver(made, NAME, small.text("M01", small.steady(0, 5, quality="R")))
    small.run(made)
    small.deliver(made, NAME, small.text("M01", small.steady(0, 6)))
    small.deliver(made, small.name("M01", 1), small.text("M01", small.steady(1, 6)))
    small.run(made)
    since = to_us(small.START)
    what = Reassignment(0, "M01", since, since + 700 * 1_000_000, "P", None, "Q", None)
    reassign.reassign(made, what, "ana", "setup", lambda: small.WEEK_LATER)
    shas = [row["file_sha256"] for row in query(made, "SELECT DISTINCT file_sha256 FROM silver.files WHERE in_force")]
    request_decode(made, shas, redecode="always")
    small.run(made)
    return made


def pieces(rows):
    return [(row["product"], row["quality"], row["revision"], row["pieces"]) for row in rows]


def test_from_a_fact_that_was_reassigned(factory):
    answer = explain_fact(factory, "gold.production", ["product=Q"])
    assert [(one["name"], one["items"], one["first_row"], one["last_row"]) for one in answer["files"]] == [
        (NAME, 3, 2, 4)
    ]
    assert answer["rows"][0]["text"].split(";")[3] == "P", "as the machine wrote it"
    assert [(one["number"], one["who"], one["to_product"]) for one in answer["reassignments"]] == [(1, "ana", "Q")]
    assert {one["cause"] for one in answer["restatements"]} == {"version", "backfilled"}
    assert [one["causes"] for one in answer["restated_hours"]] == ["reassigned"]


def test_from_a_declaration_that_took_back_what_the_items_were_before(factory):
    keys = query(
        factory, "SELECT key FROM gold.stock_declarations WHERE product = 'P' AND pieces < 0 AND quality = 'good'"
    )
    answer = explain_fact(factory, "gold.stock_declarations", [keys[0]["key"]])
    assert [(one["name"], one["items"]) for one in answer["files"]] == [(NAME, 6)]
    answer = explain_fact(factory, "gold.restatements", ["product=Q"])
    assert [(one["name"], one["items"]) for one in answer["files"]] == [(NAME, 3)]


def test_from_a_file_by_its_name_to_all_that_was_made_of_it(factory):
    answer = explain_file(factory, NAME)
    assert {(one["status"], one["in_force"]) for one in answer["files"]} == {
        ("new", False), ("version", False), ("retried", True)
    }  # fmt: skip
    assert [(one["product"], one["product_at_source"], one["items"]) for one in answer["hours"]] == [
        ("P", None, 3), ("Q", "P", 3)
    ]  # fmt: skip
    assert [(one["product"], one["pieces"]) for one in answer["facts"]] == [("P", 3), ("Q", 3)]
    assert sum(count for product, quality, _, count in pieces(answer["stock"]) if quality == "good") == 6
    assert {product for product, *_ in pieces(answer["stock"])} == {"P", "Q"}
    assert [one["number"] for one in answer["reassignments"]] == [1]


def test_from_a_file_by_its_hash_of_which_no_item_is_left(factory):
    [beaten] = query(
        factory, "SELECT file_sha256 FROM silver.files WHERE status = 'new' AND NOT in_force AND records = 5"
    )
    answer = explain_file(factory, beaten["file_sha256"][:12].upper())
    assert (answer["hours"], answer["facts"]) == ([], [])
    assert [one["in_force"] for one in answer["files"]] == [False]
    assert answer["restatements"], "its hour was restated, and that is told"


def test_a_fact_without_files_and_a_file_that_never_came(factory):
    with pytest.raises(ConfigError, match="no_fact"):
        explain_fact(factory, "gold.production", ["product=B"])
    with pytest.raises(ConfigError, match="no_such_file"):
        explain_file(factory, "o'clock.txt")
