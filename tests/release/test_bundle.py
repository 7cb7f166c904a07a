"""What installs without internet: nothing lacks for the computer it is for, and it is tried in an empty environment."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from source import REPO

REGISTRY = re.compile(r"py[p]i\.org|python[h]osted|npm[j]s|--(?:extra-)?index[-]url")
TEXTS = {".txt", ".sh", ".cmd", ".html", ".js", ".css", ".svg", ".inv"}


@pytest.fixture(scope="module")
def bundle():
    spec = importlib.util.spec_from_file_location("bundle", REPO / "release" / "bundle.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["bundle"] = module  # its dataclass looks itself up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["bundle"]


def wheel(folder: Path, name: str, *needs: str) -> None:
    told = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n" + "".join(f"Requires-Dist: {need}\n" for need in needs)
    with ZipFile(folder / f"{name}-1-py3-none-any.whl", "w") as held:
        held.writestr(f"{name}-1.dist-info/METADATA", told)


def test_what_lacks_is_asked_as_the_other_computer_would(bundle, tmp_path: Path) -> None:
    wheel(tmp_path, "a", "b>=1", "c; extra == 'more'", "tests; extra == 'dev'")
    wheel(tmp_path, "b", "Win_Only; sys_platform == 'win32'", "old; python_version < '3.12'")

    def lacking(python: str, platform: str, root: str = "a") -> set[str]:
        return bundle.missing(Requirement(root), tmp_path, bundle.Target(python, platform).environment)

    assert lacking("3.13", "linux") == set()
    assert lacking("3.13", "windows") == {"win-only"}
    assert lacking("3.11", "linux") == {"old"}
    assert lacking("3.13", "linux", "a[more]") == {"c"}
    assert lacking("3.13", "linux", "z") == {"z"}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="install.sh is for a shell; on Windows it is install.cmd")
def test_it_installs_where_nothing_can_be_fetched(bundle, tmp_path: Path) -> None:
    site = tmp_path / "site"
    made = [sys.executable, "-m", "sphinx", "-nWq", "-d", str(tmp_path / "made"), "docs", str(site)]
    subprocess.run(made, cwd=REPO, check=True, timeout=120)
    out = tmp_path / "a bundle"
    packed = bundle.write(out, site, [bundle.Target()])
    with ZipFile(packed) as held:
        inside = {name.partition("/")[2] for name in held.namelist()}
    assert {"README.txt", "install.sh", "install.cmd", "docs/index.html", "docs/search.html"} <= inside

    for path in out.rglob("*"):
        if path.suffix in TEXTS:
            assert not REGISTRY.search(path.read_text(encoding="utf-8", errors="replace")), path
    assert "{" not in (out / "README.txt").read_text(encoding="utf-8-sig")

    closed = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    environment = {name: fact for name, fact in os.environ.items() if not name.startswith(("PYTHON", "PIP_"))} | closed
    into = tmp_path / "aponta here"
    told = ["sh", str(out / "install.sh"), str(into)]
    done = subprocess.run(
        told, env=environment | {"PYTHON": sys.executable}, cwd=tmp_path, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for words, says in ((["--version"], "aponta "), (["init", "shop"], "shop"), (["doctor", "-C", "shop"], "")):
        done = subprocess.run(
            [into / "bin" / "aponta", *words],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0 and says in done.stdout + done.stderr, done.stdout + done.stderr
    assert (tmp_path / "shop" / "landing").is_dir()
