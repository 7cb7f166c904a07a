"""docs/reference is made from the code, and is what the code says; links of all pages lead somewhere."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from source import REPO

PAGES = [*REPO.glob("*.md"), *sorted((REPO / "docs").rglob("*.md"))]


def test_reference_is_what_the_code_says() -> None:
    generate = [sys.executable, str(REPO / "docs" / "generate.py"), "--check"]
    done = subprocess.run(generate, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_check_sees_what_drifted(tmp_path: Path) -> None:
    copy = tmp_path / "docs"
    shutil.copytree(REPO / "docs" / "reference", copy / "reference")
    (copy / "generate.py").write_bytes((REPO / "docs" / "generate.py").read_bytes())
    generate = [sys.executable, str(copy / "generate.py")]
    page = copy / "reference" / "cli.md"
    page.write_text(page.read_text(encoding="utf-8").replace("aponta run", "aponta walk"), encoding="utf-8")
    done = subprocess.run([*generate, "--check"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "cli.md" in done.stdout and "tables.md" not in done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{target} is not there"
