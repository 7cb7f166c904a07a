"""Rule 2, of names: whoever reads one outside of its module knows its meaning without reading the module."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from source import MODULES, SRC, tree

# Words of several meanings, each of which has its own: reported, printed, declared, covers, requested ...
FORBIDDEN = frozenset(
    [
        "told",
        "tell",
        "tells",
        "telling",
        "said",
        "say",
        "says",
        "heard",
        "spoken",
        "speak",
        "speaks",
        "speaking",
        "anew",
        "found",
        "paper",
        "moment",
        "desk",
        "standing",
        "settle",
        "settled",
        "held",
        "kept",
        "beside",
    ]
)
ALLOWED = frozenset({"settle_declarations", "say"})  # a command's word; `words.say`, of every template
# Fields of the answers of the API, and a column of the operational database.
LEFT = frozenset({"held", "speaks"})
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words(name: str) -> set[str]:
    """PassOptions, pass_options -> pass, options."""
    return {word.lower() for word in WORD.findall(name)}


def public(name: str) -> bool:
    return not name.startswith("_")


def names_of(path: Path) -> Iterator[str]:
    """The module's name, and those of its functions, classes, methods and fields, and of their parameters."""
    yield from path.relative_to(SRC).with_suffix("").parts
    for node in tree(path).body:
        yield from named(node)


def named(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and public(node.name):
        yield node.name
        arguments = node.args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            yield argument.arg
    elif isinstance(node, ast.ClassDef) and public(node.name):
        yield node.name
        for member in node.body:
            yield from named(member)
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and public(node.target.id):
        yield node.target.id
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name) and public(target.id))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SRC)))
def test_public_names_have_no_word_of_several_meanings(path: Path) -> None:
    assert sorted({name for name in names_of(path) if FORBIDDEN & words(name)} - ALLOWED - LEFT) == []
