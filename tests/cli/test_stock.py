"""aponta stock at a terminal: the first posting asks, decisions are kept, differences end with exit code 1."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from command_line import aponta

EXAMPLE = Path(__file__).parents[2] / "examples" / "small-factory"
KEY = "SP1:M01:CUB-60-IN:20260105T10:good:1"


def run_json(*arguments, cwd):
    return json.loads(aponta(*arguments, "--json", cwd=cwd).stdout)


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    shutil.copytree(EXAMPLE, tmp_path / "shop")
    return tmp_path / "shop"


@pytest.fixture
def erp(shop, postgres_database, monkeypatch):
    """The shop, whose stock system is a database that aponta did not make."""
    monkeypatch.setenv("ERP_URL", postgres_database)
    path = shop / "aponta.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"data/stock.db"', '"env:ERP_URL"'), encoding="utf-8")
    return shop


def test_the_first_posting_needs_a_persons_approval(erp):
    ran = aponta("run", cwd=erp)
    assert ran.returncode == 1 and "aponta stock post --to main" in ran.stderr
    assert run_json("stock", "status", cwd=erp)[0]["prepared"] == 2
    dry = aponta("stock", "post", "--dry-run", cwd=erp)
    assert dry.returncode == 0 and [line.split() for line in dry.stdout.splitlines()[1:]] == [
        ["product", "location", "quantity", "unit"],
        ["CUB-60-IN", "SP1/finished", "10", "pc"],
        ["CUB-60-IN", "SP1/scrap", "1", "pc"],
    ]
    assert run_json("stock", "post", "--dry-run", cwd=erp)[0]["lines"][0]["quantity"] == "10"
    without = aponta("stock", "post", cwd=erp)
    assert without.returncode == 1 and "--yes" in without.stderr
    assert run_json("stock", "post", "--yes", cwd=erp)["acknowledged"] == 2
    assert aponta("run", cwd=erp).returncode == 0
    assert "0 differences" in aponta("stock", "reconcile", "--from", "2026-01-05", cwd=erp).stdout


def test_another_place_needs_another_approval(erp, monkeypatch, postgres_database):
    aponta("run", cwd=erp)
    aponta("stock", "post", "--yes", cwd=erp)
    monkeypatch.setenv("ERP_URL", postgres_database.replace("/test", "/other_test"))
    (erp / "products.csv").write_text("product\nCUB-60-IN\n", encoding="utf-8")
    waits = run_json("stock", "post", "--dry-run", cwd=erp)[0]
    assert waits["asks"]


def test_no_password_is_shown(shop, monkeypatch):
    monkeypatch.setenv("ERP_URL", "postgresql://u:s3cr3t@127.0.0.1:9/db")
    path = shop / "aponta.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"data/stock.db"', '"env:ERP_URL"'), encoding="utf-8")
    for arguments in (("run",), ("stock", "post", "--dry-run"), ("stock", "post", "--yes"), ("stock", "reconcile")):
        ran = aponta(*arguments, cwd=shop)
        assert "s3cr3t" not in ran.stdout + ran.stderr, arguments
    assert ran.returncode == 3
    assert b"s3cr3t" not in (shop / "data" / "ops.db").read_bytes()


def test_a_difference_ends_with_exit_code_1_and_is_decided(shop):
    aponta("run", cwd=shop)
    with sqlite3.connect(shop / "data" / "stock.db") as database:
        database.execute("update stock_movement set quantity = 7 where key = ?", [KEY])
    ran = aponta("stock", "reconcile", "--from", "2026-01-05", cwd=shop)
    assert ran.returncode == 1 and KEY in ran.stdout and "M01_20260105_07.txt" in ran.stdout
    assert KEY in aponta("stock", "status", cwd=shop).stdout
    assert run_json("stock", "settle", KEY, "--why", "counted", cwd=shop) == {"settle": 1}
    assert aponta("stock", "reconcile", "--from", "2026-01-05", cwd=shop).returncode == 0
    assert aponta("stock", "settle", KEY, cwd=shop).returncode == 2, "it asks why"
    for command in ("settle", "void", "accept"):
        assert aponta("stock", command, KEY, "--why", " ", cwd=shop).returncode == 2, "a blank is no reason"


@pytest.mark.parametrize("arguments", [("--from", "yesterday"), ("--to", "nowhere"), ("--from", "2026-13-01")])
def test_what_cannot_be_reconciled(shop, arguments):
    ran = aponta("stock", "reconcile", *arguments, cwd=shop)
    assert ran.returncode == 2 and "Traceback" not in ran.stderr


def test_refused_pieces_need_a_person_though_nothing_differs(shop):
    (shop / "products.csv").write_text("product\n", encoding="utf-8")
    aponta("run", cwd=shop)
    ran = aponta("stock", "reconcile", "--from", "2026-01-05", cwd=shop)
    assert ran.returncode == 1 and "0 differences" in ran.stdout and "11 pieces are refused" in ran.stdout


def test_with_several_stock_systems_a_decision_names_one(shop):
    path = shop / "aponta.toml"
    second = '\n[[stock]]\nname = "second"\nurl = "data/second.db"\nstart = 2026-01-01T00:00:00\n'
    path.write_text(path.read_text(encoding="utf-8").replace("[stock]", "[[stock]]") + second, encoding="utf-8")
    (shop / "products.csv").write_text("product\n", encoding="utf-8")
    aponta("run", cwd=shop)
    without = aponta("stock", "settle", KEY, "--why", "by hand", cwd=shop)
    assert without.returncode == 2 and "--to" in without.stderr
    assert run_json("stock", "settle", KEY, "--why", "by hand", "--to", "second", cwd=shop) == {"settle": 1}


def test_a_count_is_put_beside_what_is_held(shop):
    aponta("run", cwd=shop)
    (shop / "count.csv").write_text(
        "location;product;counted;counted_at\nSP1/finished;CUB-60-IN;8,5;2026-01-05 07:00\n", encoding="utf-8"
    )
    (line,) = run_json("stock", "import-count", "count.csv", cwd=shop)
    assert (line["held"], line["declared_since"], line["drift"]) == ("10.000000", "10.000000", "8.500000")
    (shop / "count.csv").write_text("location,product,counted,counted_at\nx,y,-1,2026-01-05\n", encoding="utf-8")
    wrong = aponta("stock", "import-count", "count.csv", cwd=shop)
    assert wrong.returncode == 2 and "count.csv" in wrong.stderr and "counted" in wrong.stderr
