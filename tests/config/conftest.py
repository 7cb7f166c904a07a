"""A small factory folder to spoil."""

import pytest

FILES = {
    "aponta.toml": '[factory]\nname = "Aurora"\nsite = "SP1"\n[stock]\nstart = 2026-01-01T00:00:00\n',
    "machines.csv": "machine,name,line,layout,stock\nM01,Prensa,L1,press_v1,finished\nM02,Torno,L1,press_v1,none\n",
    "products.csv": "product,name,unit,pieces_per_unit\nP,Panela,un,1\n",
    "ideal_cycles.csv": "machine,product,ideal_cycle_s,valid_from\nM01,P,2.5,2026-01-01\n",
    "calendar.toml": '[[shift]]\nname = "1"\nstart = "07:00"\nend = "19:00"\n',
    "layouts/press_v1.toml": "name = 'press_v1'\nversion = 1\nfiles = '(?P<machine>M\\d\\d).*'\n[fields]\n"
    "machine = { column = 1 }\nproduced_at = { column = 2, format = '%d/%m/%Y %H:%M:%S' }\n",
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "layouts").mkdir()
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


@pytest.fixture
def spoil(folder):
    """Replaces a part of a file."""

    def replace(name, old, new):
        path = folder / name
        content = path.read_text(encoding="utf-8")
        assert old in content
        path.write_text(content.replace(old, new), encoding="utf-8")

    return replace
