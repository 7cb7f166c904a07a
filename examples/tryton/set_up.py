"""Sets up a Tryton to try aponta with: the products and locations of a factory folder, and a user who may post.

    python set_up.py FOLDER --factory DIR [--uri URI] [--port PORT]

Run it with the Python that has Tryton. Writes into FOLDER: trytond.conf, for `trytond -c FOLDER/trytond.conf`; the
database, where URI is none of a server; admin.password; and stock.url, which aponta.toml names: url = "file:...".
"""

import argparse
import csv
import os
import secrets
import sqlite3
import subprocess
import sys
import tomllib
from decimal import Decimal
from pathlib import Path

from proteus import Model, Wizard
from proteus import config as proteus

DATABASE = "aponta"
MODULES = ("company", "product", "production", "stock", "stock_lot")
PIECES = {"pc", "un"}
GUARD = (
    "CREATE UNIQUE INDEX aponta_reference_once ON production (company, reference) "
    "WHERE reference IS NOT NULL AND reference <> ''"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--factory", type=Path, metavar="DIR", required=True, help="of aponta.toml and products.csv")
    parser.add_argument(
        "--uri", default="sqlite://", help="postgresql://user@server:port/ with an empty database aponta"
    )
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args()
    folder = given.folder.resolve()
    folder.mkdir(parents=True)
    make(folder, given.uri, given.port)
    proteus.set_trytond(database=DATABASE, user="admin", config_file=str(folder / "trytond.conf"))
    company = make_company()
    make_locations(given.factory / "aponta.toml")
    make_products(given.factory / "products.csv")
    password = secrets.token_urlsafe(18)
    make_user(company, password)
    guard(folder, given.uri)
    write_secret(folder / "stock.url", f"http://aponta:{password}@127.0.0.1:{given.port}/{DATABASE}")


def make(folder: Path, uri: str, port: int) -> None:
    """The database with its modules, and the user `admin`."""
    conf = folder / "trytond.conf"
    conf.write_text(f"[database]\nuri = {uri}\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n", encoding="utf-8")
    write_secret(folder / "admin.password", secrets.token_urlsafe(18))
    if uri.startswith("sqlite"):
        (folder / f"{DATABASE}.sqlite").touch()
    admin = Path(sys.executable).with_name("trytond-admin")
    subprocess.run(
        [admin, "-c", conf, "-d", DATABASE, "-u", *MODULES, "--activate-dependencies", "--email", "admin@example.org"],
        check=True,
        env={**os.environ, "TRYTONPASSFILE": str(folder / "admin.password")},
    )


def make_company() -> Model:
    currency = Model.get("currency.currency")(name="Real", symbol="R$", code="BRL")
    currency.rates.new(rate=Decimal(1))
    currency.save()
    party = Model.get("party.party")(name="Factory")
    party.save()
    wizard = Wizard("company.company.config")
    wizard.execute("company")
    wizard.form.party, wizard.form.currency = party, currency
    wizard.execute("add")
    (company,) = Model.get("company.company").find()
    proteus.get_config()._context = Model.get("res.user").get_preferences(True, {})
    return company


def make_locations(settings: Path) -> None:
    """Each that [stock] names, in the warehouse's storage."""
    Location = Model.get("stock.location")
    (warehouse,) = Location.find([("type", "=", "warehouse")])
    stock = tomllib.loads(settings.read_text(encoding="utf-8"))["stock"]
    for section in stock if isinstance(stock, list) else [stock]:
        for name in section["locations"].values():
            Location(name=name, code=name, type="storage", parent=warehouse.storage_location).save()


def make_products(products: Path) -> None:
    Template, Uom = Model.get("product.template"), Model.get("product.uom")
    (piece,) = Uom.find([("name", "=", "Unit")])
    with products.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            unit = row.get("unit") or "pc"
            units = [piece] if unit in PIECES else Uom.find(["OR", ("symbol", "=", unit), ("name", "=", unit)])
            if not units:  # a box of so many
                pieces = float(row.get("pieces_per_unit") or 1)
                box = Uom(name=unit, symbol=unit, category=piece.category, factor=pieces, rate=round(1 / pieces, 12))
                box.digits, box.rounding = 0, 1.0
                box.save()
                units = [box]
            template = Template(name=row["name"] or row["product"], type="goods", default_uom=units[0], producible=True)
            template.list_price = Decimal(0)
            (product,) = template.products
            product.suffix_code = row.get("stock_code") or row["product"]
            product.cost_price = Decimal(row.get("unit_value_brl") or 0)
            template.save()


def make_user(company: Model, password: str) -> None:
    """aponta, with no more rights than it needs."""
    user = Model.get("res.user")(name="aponta", login="aponta", password=password)
    user.companies.append(type(company)(company.id))
    user.company = company
    for group in Model.get("res.group").find([("name", "in", ["Stock", "Production"])]):
        user.groups.append(group)
    user.save()


def guard(folder: Path, uri: str) -> None:
    """The database refuses a second production of a reference."""
    if uri.startswith("sqlite"):
        connection = sqlite3.connect(folder / f"{DATABASE}.sqlite")
        connection.execute(GUARD)
        connection.commit()
        connection.close()
    else:
        import psycopg

        with psycopg.connect(
            uri.replace("/?", f"/{DATABASE}?") if "?" in uri else f"{uri.rstrip('/')}/{DATABASE}"
        ) as connection:
            connection.execute(GUARD)


def write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
