"""The source code as data: what the rules of the house are checked on."""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import aponta

SRC = Path(aponta.__file__).parent
REPO = SRC.parents[1]
# Where programs that tests start look for modules of the tests, as pytest itself does.
_FOLDERS = ("tests", "tests/support", "tests/support/servers")
PYTHONPATH = os.pathsep.join([*(str(REPO / name) for name in _FOLDERS), *filter(None, [os.environ.get("PYTHONPATH")])])
MODULES = sorted(SRC.rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes() -> tuple[tuple[Path, ast.AST], ...]:
    """Every node of every module."""
    return tuple((path, node) for path in MODULES for node in ast.walk(tree(path)))


@cache
def strings() -> set[str]:
    """Every text that stands in the source by itself, those within f-strings too."""
    return {node.value for _, node in nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    """Calls of functions, methods or classes of these names, and where they stand."""
    for path, node in nodes():
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in names:
                yield f"{path.relative_to(SRC)}:{node.lineno}", node
