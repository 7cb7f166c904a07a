"""What people and files may write fits the columns that keep it: PostgreSQL refuses what SQLite takes."""

import re
from typing import Any, get_args

import factory as small
import pytest
from argon2 import PasswordHasher
from sqlalchemy import String, Text

from aponta.collect.ledger import ETAG
from aponta.collect.names import printable
from aponta.config.master import CountRow, Machine, Product
from aponta.config.sections.stock import Locations, StockSection
from aponta.config.settings import LandingSection
from aponta.contract.layout import QUALITIES, Layout
from aponta.contract.stock.key import LONGEST_KEY, LONGEST_LOT, LONGEST_PRODUCT, bounded, key_of
from aponta.ops.columns import metadata
from aponta.ship.outbox.approval import public_place
from aponta.show.access import users
from aponta.usecases.stock.approval import approve_posting

MACHINE, PRODUCT = "M" * 100, "P" * 100


def longest(annotated: Any) -> int:
    """Characters that the configuration takes, by a field or an annotation's metadata."""
    (found,) = (one.max_length for one in annotated.metadata if hasattr(one, "max_length"))
    return found


def field(model: Any, name: str) -> int:
    return longest(model.model_fields[name])


def key_length() -> int:
    return len(key_of("S" * 20, ":" * 100, "\N{EM SPACE}" * 100, small.START, "unknown", 10**6))


NAME = len(StockSection.model_validate({"name": "n" * 40}).name)
PLACE = max(field(Locations, name) for name in Locations.model_fields)
USER = int(re.search(r",(\d+)}", users.NAME_PATTERN.pattern)[1])
FED = {
    ("seen", "source"): longest(get_args(get_args(LandingSection.model_fields["folders"].annotation)[0])[1]),
    ("seen", "path"): len(printable("é\n" * 9999)),
    ("seen", "etag"): len(printable("é\n" * 9999, ETAG)),
    ("mounted", "source"): longest(get_args(get_args(LandingSection.model_fields["folders"].annotation)[0])[1]),
    ("mounted", "mount"): len(printable("é\n" * 9999)),
    ("arrival", "source"): longest(get_args(get_args(LandingSection.model_fields["folders"].annotation)[0])[1]),
    ("arrival", "name"): len(printable("é\n" * 9999, 500)),
    ("arrival", "folder"): len(printable("é\n" * 9999, 500)),
    ("file", "machine"): field(Machine, "machine"),
    ("file", "layout"): field(Layout, "name"),
    ("file_name", "name"): len(printable("é\n" * 9999, 500)),
    ("file_name", "folder"): len(printable("é\n" * 9999, 500)),
    ("file_name", "machine"): field(Machine, "machine"),
    ("file_hour", "machine"): field(Machine, "machine"),
    ("machine_hour", "machine"): field(Machine, "machine"),
    ("token", "machine"): field(Machine, "machine"),
    ("closure", "machine"): field(Machine, "machine"),
    ("machine_inputs", "machine"): field(Machine, "machine"),
    ("reassignment", "machine"): field(Machine, "machine"),
    ("reassignment", "quality"): max(map(len, QUALITIES)),
    ("reassignment", "to_quality"): max(map(len, QUALITIES)),
    ("reassignment", "to_product"): field(Product, "product"),
    ("outbox", "destination"): NAME,
    ("outbox", "key"): key_length(),
    ("outbox", "machine"): field(Machine, "machine"),
    ("outbox", "product"): max(field(Product, "product"), len(bounded("x" * 9999, LONGEST_PRODUCT))),
    ("outbox", "stock_code"): max(field(Product, "stock_code"), len(bounded("x" * 9999, LONGEST_PRODUCT))),
    ("outbox", "quality"): max(map(len, QUALITIES)),
    ("outbox", "unit"): field(Product, "unit"),
    ("outbox", "location"): PLACE,
    ("outbox", "lot"): len(bounded("x" * 9999, LONGEST_LOT)),
    ("carry", "destination"): NAME,
    ("carry", "stock_code"): field(Product, "stock_code"),
    ("carry", "location"): PLACE,
    ("pause", "destination"): NAME,
    ("destination", "name"): NAME,
    ("destination", "place"): len(public_place("https://" + "h" * 9999)),
    ("decision", "destination"): NAME,
    ("decision", "key"): key_length(),
    ("discrepancy", "destination"): NAME,
    ("discrepancy", "key"): len(bounded("x" * 9999, LONGEST_KEY)),
    ("reconciliation", "destination"): NAME,
    ("stock_count", "destination"): NAME,
    ("stock_count", "stock_code"): field(CountRow, "product"),
    ("stock_count", "location"): field(CountRow, "location"),
    ("user", "password"): len(PasswordHasher().hash("p" * 200)),
}
CUT = {  # where it is written
    ("file", "accepted_by"),
    ("pause", "who"),
    ("destination", "opened_by"),
    ("decision", "who"),
    ("reconciliation", "who"),
    ("stock_count", "who"),
    *((table, column) for table in ("closure", "reassignment") for column in ("who", "undone_by")),
}
CHECKED = {("user", "name"), ("session", "user")}  # before anybody is let in
OURS = {
    "sha256",
    "token_sha256",
    "role",
    "status",
    "refused",
    "trailer",
    "hash",
    "previous",
    "closed_by",
    "state",
    "reference",
    "action",
    "kind",
    "settled_by",
    "closing_rules",
    "redecode",
}
TEXTS = {
    (table.name, column.name): column.type.length
    for table in metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, String) and not isinstance(column.type, Text) and column.name not in OURS
}


def test_every_text_that_people_or_files_write_is_known_here():
    assert TEXTS.keys() == FED.keys() | CUT | CHECKED


@pytest.mark.parametrize("where", FED, ids=".".join)
def test_it_fits_its_column(where):
    assert FED[where] <= TEXTS[where]


def test_two_long_names_stay_two():
    assert bounded("x" * 200 + "a", 100) != bounded("x" * 200 + "b", 100)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_longest_names_go_through_a_pass(tmp_path, request, kind):
    settings = small.SETTINGS.replace('finished = "finished"', f'finished = "{"f" * 200}"')
    if kind == "postgresql":
        url = request.getfixturevalue("postgres_database")
        settings = settings.replace("[stock]", f"[ops]\nurl = '{url}'\n[stock]\nurl = '{url}'")
    factory = small.make(
        tmp_path,
        aponta=settings,
        machines=f"machine,line,layout\n{MACHINE},L1,{'l' * 100}\n",
        counted=small.FILES["layouts/counted.toml"].replace('"counted"', f'"{"l" * 100}"').replace(r"M\d\d", r"M+"),
        products=f"product,unit,stock_code\n{PRODUCT},{'u' * 20},{'s' * 100}\n",
    )
    absurd = "X Y" * 500
    items = [*small.steady(0, product=PRODUCT), small.Item(3500, 13, absurd), small.Item(3501, 14, absurd + "2")]
    small.deliver(factory, small.name(MACHINE, 0), small.text(MACHINE, items))
    approve_posting(factory, "main", "ana", lambda: small.WEEK_LATER)
    report = small.run(factory)
    assert (report.shipped.prepared, report.shipped.acknowledged, report.shipped.rejected) == (3, 1, 2)
    assert small.on_hand(factory) == {("s" * 100, "f" * 200): 12}
    again = small.run(factory, steps=("ship",))
    assert again.shipped.prepared == 0
