"""Looks for bytes that make decode or sniff raise, guided by what of the code they reach. Not run by CI.

python -m benchmarks.fuzz decode --seconds 300
python -m benchmarks.fuzz sniff --seconds 300

It needs atheris, which is no dependency of ours: `pip install atheris` into a virtual environment of its own that has
aponta too. What it finds is kept in the folder FOUND: make a test of it, in tests/decode/test_found_by_fuzzing.py.
"""

import argparse
import sys
import tempfile
import tomllib
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["aponta.decode", "aponta.contract.layout"]):
    from aponta.config.master import Machine
    from aponta.contract.layout import Layout
    from aponta.decode.account import EncodedFile
    from aponta.decode.choose import choose_layout
    from aponta.decode.files import decode
    from aponta.decode.sniff import propose_layout, sample_of_bytes
    from aponta.decode.sniff.drift.drift import detect_drift
    from aponta.decode.sniff.toml import layout_toml
    from aponta.words import Words

from zoneinfo import ZoneInfo

FOUND = Path("build/fuzz")
ZONE = "America/Sao_Paulo"
NAME = "M01_20260105_07.txt"
HEAD = """
name = "made"
version = 1
files = '(?P<machine>M\\d\\d)_(?P<hour>\\d{8}_\\d{2}).*\\.txt'
hour = { from = "name:hour", format = "%Y%m%d_%H" }
"""
STAMP = """
machine = {{ from = "name:machine" }}
produced_at = {{ {place}, format = ["%d/%m/%Y %H:%M:%S.%f", "epoch_ms", "hour_s"] }}
"""
TOLD = (
    """
[text]
encoding = "cp1252"
decimal = ","
[lines]
trailer = '^# (?P<rows>\\d+)'
comment = '^#'
[fields]
counter = { column = 1 }
quality = { column = 3, map = { A = "good" } }"""
    + STAMP.format(place="column = 2")
    + "[sensors]\nheat_c = { column = 4 }",
    """
[text]
quote = '"'
brackets = "[]"
thousands = ","
[lines]
header = "^N"
continuation = "^ "
[fields]
product = { column = "P" }"""
    + STAMP.format(place='column = "T"'),
    """
[text]
form = "fixed"
encoding = "utf-16"
[fields]
counter = { at = [14, 20] }"""
    + STAMP.format(place="at = [1, 13]"),
    """
[text]
form = "pairs"
encoding = "cp850"
[fields]
counter = { key = "C" }"""
    + STAMP.format(place='key = "T"'),
    """
[text]
form = "pairs"
delimiter = "|"
pair = "|"
[long]
record_when = "C"
[fields]
counter = { key = "C" }"""
    + STAMP.format(place="column = 1"),
    """
[text]
form = "long"
[lines]
skip = 1
[long]
tag = 2
value = 3
record_when = "C"
[fields]
counter = { key = "C" }"""
    + STAMP.format(place="column = 1"),
)
LAYOUTS = [Layout.model_validate(tomllib.loads(HEAD + told)) for told in TOLD]
SEEDS = (
    b"1;05/01/2026 07:00:01.5;A;1,5\r\n2;05/01/2026 07:00:02.5;R;-2,25\r\n3;1767596430123;A;\r\n# 3\r\n",
    b'N;T;P\n1;05/01/2026 07:00:01.5;"a;""b"\n 2;12.5;[x;y]\n',
    "1767596430123      1\r\n1767596430124      2\r\n".encode("utf-16"),
    b"T=1767596430123;C=1;Q=OK;temp_c=2,5\nT=1767596430124;C=2;Q=NOK;temp_c=-\n",
    b"2026-01-05T07:00:01Z|C|1|x|5\n2026-01-05T07:00:02.25Z|x|7\n2026-01-05T07:00:03Z|C|2\n",
    b"t;tag;value\n1767596430123;C;1\n1767596430124;h;5\n1767596430125;C;2\n",
    "contador;hora;peça;temp [°C]\r\n1;13/01/2026 07:00:00;Peça 1;60,0\r\n2;13/01/2026 24:00:00;x;1.234,5\r\n".encode(),
    "100000105012026070001Peça 1  B  68,5\r\n100000205012026070011Peça 1  R  68,7\r\n9fim 2\r\n".encode("cp1252"),
)


def decode_any(data: bytes) -> None:
    """The first byte chooses the layout, and the size of pieces. Every row is accounted for: decode itself raises where
    one is not.
    """
    if not data:
        return
    layout = LAYOUTS[data[0] % len(LAYOUTS)]
    known = {"M01": Machine.model_validate({"machine": "M01", "line": "L1", "layout": layout.name})}
    choice = choose_layout(NAME, "", {layout.name: layout}, known, ZoneInfo(ZONE))
    file = EncodedFile(0, "0", len(data) - 1, choice, {"M01": 0}, 2**61)
    piece = data[0] if data[0] >= 128 else 2**20

    def load(sha256: str) -> list[bytes]:
        return [data[at : at + piece] for at in range(1, len(data), piece)]

    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        decode([file], load, ZONE, sorted(layout.sensors), Path(folder), piece=piece)


def sniff_any(data: bytes) -> None:
    """One sample or, cut by the first byte's value, two; what is found is a layout that can be read again."""
    if not data:
        return
    cut = data[0] % 4 and len(data) * (data[0] % 4) // 4
    parts = [data[1:cut], data[cut:]] if cut else [data[1:]]
    samples = [sample_of_bytes(f"M0{number}_20260105_07.txt", part) for number, part in enumerate(parts)]
    found = propose_layout(samples, zone=ZONE)
    assert (found.layout is None) == (found.problem is not None)
    if found.layout is not None:
        told = layout_toml(found.document, found.guesses, [], Words("pt-BR"))
        assert Layout.model_validate(tomllib.loads(told)) == found.layout
    detect_drift(LAYOUTS[data[0] % len(LAYOUTS)], samples[0], samples[-1], "M01", ZONE)


TARGETS = {"decode": decode_any, "sniff": sniff_any}
SCRATCH = "/dev/shm" if Path("/dev/shm").is_dir() else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=300)
    given = parser.parse_args()
    corpus = FOUND / given.target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS):
        for first in (*range(len(LAYOUTS)), *range(128, 128 + len(LAYOUTS))):
            (corpus / f"seed-{number}-{first}").write_bytes(bytes([first]) + seed)
    limits = [f"-max_total_time={given.seconds}", "-max_len=4096", "-timeout=120", f"-artifact_prefix={FOUND}/"]
    atheris.Setup([sys.argv[0], *limits, str(corpus)], TARGETS[given.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
