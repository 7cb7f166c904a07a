"""docs/how-to/post-to-tryton.md, followed from the set-up of Tryton to the comparison with what is true."""

import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

import pytest
import tryton
from snippets import APONTA
from source import REPO

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # a server is set up in the first one's time
PAGE = (REPO / "docs" / "how-to" / "post-to-tryton.md").read_text(encoding="utf-8")


def commands():
    """What the page has people type, but the installation."""
    for block in re.finditer(r"^```(?:sh|console)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        for line in block[1].splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if words[0] in ("aponta", "tryton-env/bin/python", "tryton-env/bin/trytond"):
                yield words, int("# exit code 1" in line)


def test_the_page_ends_with_the_factory_in_tryton(tmp_path):
    if not tryton.PYTHON.is_file():
        pytest.skip("no Tryton on this computer: `make test` installs it")
    (tmp_path / "examples").symlink_to(REPO / "examples")
    port, told, server = tryton.free_port(), {}, None

    def run(words, code=0):
        aponta = words[0] == "aponta"
        program = APONTA if aponta else [str(tryton.HOME / "bin" / Path(words[0]).name)]
        done = subprocess.run([*program, *words[1:]], cwd=tmp_path, capture_output=True, text=True, env=environment)
        told[" ".join(words)] = done.stdout + done.stderr
        assert done.returncode == code, f"{words}\n{done.stdout}{done.stderr}"

    environment = {**os.environ, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
    try:
        for words, code in commands():
            if words[-1] == "&":
                program = [tryton.PYTHON, tryton.HOME / "bin" / "trytond", *words[1:-1]]
                server = subprocess.Popen(program, cwd=tmp_path, stderr=subprocess.DEVNULL)
                tryton.wait(server, port)
                settings = tmp_path / "plant" / "aponta.toml"
                text = settings.read_text(encoding="utf-8").replace('kind = "sql"', 'kind = "tryton"')
                text = text.replace('url = "data/stock.db"', 'url = "file:../tryton/stock.url"')
                settings.write_text(text, encoding="utf-8")
            elif words[0].endswith("python"):
                run([*words, "--port", str(port)])
            else:
                run(words, code)
    finally:
        if server:
            server.send_signal(signal.SIGTERM)
            server.wait()
    reconciled = told["aponta stock reconcile -C plant --from 2026-03-02"]
    assert re.search(r"^0 ", reconciled, re.MULTILINE), reconciled
    verified = told["aponta lab verify -C plant"]
    assert re.search(r"^0 ", verified, re.MULTILINE), verified
    held = re.search(r"saldo em estoque\W+([\d.]+)\W+([\d.]+)\W+0\b", verified)
    assert held and held[1] == held[2] != "0", verified
