"""Rules 2 and 4: one module is one thing named by a noun; and what a repository of ours never holds."""

import ast
import re
import subprocess

import pytest
from source import MODULES, REPO, SRC, nodes, strings, tree

MANAGER = SRC / "operate" / "service" / "manager.py"  # the managers of services are called so
DRAWERS = {"utils", "util", "common", "helpers", "helper", "base", "manager", "core", "misc"}
MOST_LINES = 300
REGISTRY = re.compile(r"py[p]i\.org|python[h]osted|npm[j]s|--(?:extra-)?index[-]url")
# Names of forms of XML: nothing is there.
NAMESPACE = r"(?:schemas\.microsoft\.com/windows/2004/02/mit/task|www\.w3\.org/2000/svg)\b"
ADDRESS = re.compile(rf"\b(?:https?|ftp)://(?!example\.(?:org|com)\b|localhost\b|127\.0\.0\.1|{NAMESPACE})[\w.-]+")
OF_A_MACHINE = re.compile(r"(?<![\w.:/}>*\]#])/(?!api/|completeness/|dev/|json/|srv/)[A-Za-z]+/\w")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SRC)))
def test_a_module_is_one_thing(path) -> None:
    assert path == MANAGER or not DRAWERS & {path.stem, *path.relative_to(SRC).parts}, "name it by what it holds"
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES or "migrations" in path.parts, "there is a second thing in it: give it its noun"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SRC)))
def test_a_module_says_what_it_is(path) -> None:
    if path.stat().st_size and "migrations/env" not in path.as_posix():
        assert ast.get_docstring(tree(path))


def test_public_functions_say_what_they_do() -> None:
    """But one statement says it itself; and of a fault of the lab, the module does."""
    silent = []
    for path in MODULES:
        for node in tree(path).body:
            told = not isinstance(node, ast.FunctionDef) or node.name.startswith("_") or ast.get_docstring(node)
            fault = "faults" in path.parts and path.stem != "__init__"
            if not told and not fault and len(node.body) > 1:
                silent.append(f"{path.relative_to(SRC)}: {node.name}")
    assert silent == []


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"\b(TO[D]O|FIX[M]E|X[X]X|HAC[K])\b")
    for path in MODULES:
        assert not marks.search(path.read_text(encoding="utf-8")), path
    missing = [path for path, node in nodes() if isinstance(node, ast.Name) and node.id == "NotImplementedError"]
    assert missing == []


def test_nothing_is_done_at_import() -> None:
    """A module declares; it calls nothing for its effect."""
    for path in MODULES:
        if path.parent.name == "migrations":
            continue  # Alembic runs that one as a script
        for node in tree(path).body:
            if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
                pytest.fail(f"{path.relative_to(SRC)}:{node.lineno} does something when it is imported")


def test_no_source_names_an_address_or_a_machines_path() -> None:
    for text in strings():
        assert not ADDRESS.search(text), text
        assert not OF_A_MACHINE.search(text), text


def committed() -> list[str]:
    done = subprocess.run(["git", "ls-files"], cwd=REPO, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a clone: nobody knows which files are committed")
    return done.stdout.split("\n")[:-1]


def test_no_committed_file_names_a_registry_or_a_machines_path() -> None:
    files = committed()
    assert "pyproject.toml" in files
    for name in files:
        if not (REPO / name).is_file():
            continue
        text = (REPO / name).read_text(encoding="utf-8", errors="replace")
        assert not REGISTRY.search(text), name
        if name.startswith(("docs/", "examples/", "README", "CONTRIBUTING", "CHANGELOG")):
            assert not OF_A_MACHINE.search(text), name


def test_no_file_records_where_packages_come_from() -> None:
    assert not {"uv.lock", "poetry.lock", "Pipfile.lock", "package-lock.json"} & set(committed())
    constraints = REPO / "constraints.txt"
    if constraints.is_file():
        assert not ADDRESS.search(constraints.read_text(encoding="utf-8"))
