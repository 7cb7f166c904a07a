"""Rule 2, of shape: a folder and a function are no larger than a reader takes in at once (files: `test_form`)."""

import ast
from collections import Counter, defaultdict

from source import MODULES, SRC, nodes, tree

MOST_FILES = 14  # of one folder
MOST_PARAMETERS = 8
MOST_TWICE = 0.05  # of the public names: those that two modules or more define
LEFT = {"items", "_values"}  # functions with more parameters; the set only becomes smaller


def test_a_folder_is_a_handful_of_files() -> None:
    folders = Counter(path.parent for path in MODULES)
    assert {str(folder.relative_to(SRC)): many for folder, many in folders.items() if many > MOST_FILES} == {}


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    arguments = function.args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def test_a_function_has_few_parameters() -> None:
    functions = [(path, node) for path, node in nodes() if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    many = {
        f"{path.relative_to(SRC)}: {function.name}": parameters(function)
        for path, function in functions
        if parameters(function) > MOST_PARAMETERS and function.name not in LEFT
    }
    assert many == {}


def test_a_public_name_is_defined_once() -> None:
    """But for hooks of folders that are walked, and the few that mean the same in their rooms."""
    modules = defaultdict(set)
    for path in MODULES:
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_":
                modules[node.name].add(str(path.relative_to(SRC)))
    twice = {name: sorted(paths) for name, paths in modules.items() if len(paths) > 1}
    assert len(twice) <= MOST_TWICE * len(modules), twice
