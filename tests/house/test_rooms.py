"""Rule 1: rooms never import each other, engines stay in their room, and nobody pays for what is not used."""

import subprocess
import sys
from pathlib import Path

from source import MODULES, REPO, SRC

ENGINES = ("polars", "duckdb", "deltalake")
NOT_OF_THE_CORE = ("pyarrow", "pandas", "numpy", "pyspark", "sklearn", "boto3", "paramiko", "pymysql")


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_imports_keep_to_the_plan() -> None:
    lint = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run([*lint, "--no-cache"], cwd=REPO, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Rooms never import each other KEPT" in done.stdout


def test_the_plan_excuses_none_of_our_modules() -> None:
    assert "ignore_imports" not in (REPO / ".importlinter").read_text(encoding="utf-8")


def test_the_command_line_loads_no_engine() -> None:
    loaded = python("import sys, aponta.cli; print(*sys.modules)").split()
    assert "typer" in loaded
    assert not {*ENGINES, "pydantic", "sqlalchemy"} & set(loaded)


def test_the_version_is_quick_to_tell() -> None:
    told = python(
        "import sys; from aponta.cli import main; sys.argv = ['aponta', '--version']\n"
        "try: main()\n"
        "except SystemExit: print(*sys.modules)"
    )
    assert told.startswith("aponta ")
    assert not {*ENGINES, "pydantic", "sqlalchemy", "rich.table"} & set(told.split())


def test_every_room_stands_without_what_is_an_extra() -> None:
    blocked = ", ".join(f"'{name}': None" for name in NOT_OF_THE_CORE)
    names = [name for name in map(module, MODULES) if ".migrations." not in name]  # run by Alembic alone
    imports = "\n".join(f"importlib.import_module('{name}')" for name in names)
    assert len(names) > 100
    python(f"import importlib, sys; sys.modules.update({{{blocked}}})\n{imports}")


def module(path: Path) -> str:
    parts = path.relative_to(SRC.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
