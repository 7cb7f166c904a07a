"""Real bytes through the whole of decode, and what stands in staging afterwards."""

import copy
import hashlib
import shutil
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from aponta.config.master import Machine
from aponta.contract.decoded import STAGED_STATES, DecodedFile, QuarantineEntry, staged_columns
from aponta.contract.layout import Layout
from aponta.decode.account import EncodedFile
from aponta.decode.choose import choose_layout
from aponta.decode.files import GROUP_BYTES, decode
from aponta.factory_calendar import to_us

PRESS = tomllib.loads(r"""
name    = "press_v1"
version = 1
files   = '(?P<machine>M\d\d)_(?P<hour>\d{8}_\d{2}).*\.txt'
hour    = { from = "name:hour", format = "%Y%m%d_%H", is = "start" }
[text]
encoding  = "cp1252"
decimal   = ","
null      = ["", "-", "NaN"]
[lines]
trailer = '^# fim registros=(?P<rows>\d+)'
header  = '^# maquina=(?P<machine>\S+) produto=(?P<product>\S+)'
comment = '^#'
[fields]
machine     = { column = 1, check = ["name:machine", "header:machine"] }
counter     = { column = 2 }
produced_at = { column = 3, format = "%d/%m/%Y %H:%M:%S.%f" }
product     = { column = 4 }
quality     = { column = 5, map = { A = "good", R = "scrap", T = "rework" } }
cycle_s     = { column = 6, scale = 0.01 }
[sensors]
temperature_c  = { column = 7, range = [-20, 200] }
vibration_mm_s = { column = 8, range = [0, 100] }
""")
NAME = "M01_20260105_07.txt"
ZONE = "America/Sao_Paulo"
YEAR_3000 = to_us(datetime(3000, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Outcome:
    files: tuple[DecodedFile, ...]
    refused: tuple[QuarantineEntry, ...]
    records: list[dict]
    states: list[dict] = field(default_factory=list)

    @property
    def file(self) -> DecodedFile:
        (only,) = self.files
        return only

    @property
    def reasons(self) -> list[tuple[int | None, str, str | None, str | None]]:
        return [(row.row_no, row.reason, row.column, row.value) for row in self.refused]


@pytest.fixture
def layout():
    """press_v1 with some of its keys changed: `layout(text={"decimal": "."})`; None takes a key away."""

    def changed(**tables) -> Layout:
        given = copy.deepcopy(PRESS)
        for table, keys in tables.items():
            if not isinstance(keys, dict):
                given[table] = keys
                continue
            given.setdefault(table, {})
            for key, value in keys.items():
                given[table].pop(key, None)
                if value is not None:
                    given[table][key] = value
        return Layout.model_validate(given)

    return changed


@pytest.fixture
def decoded(layout, tmp_path):
    """Files (bytes, or bytes by name) -> Outcome. piece: bytes that are held of a file at once."""

    def run(
        files, using=None, machines=("M01", "M02"), zone=ZONE, earliest=None, latest=YEAR_3000, piece=None
    ) -> Outcome:
        using = using or layout()
        files = files if isinstance(files, dict) else {NAME: files}
        known = {name: Machine(machine=name, line="L1", layout=using.name) for name in machines}
        stored, incoming = {}, []
        earliest = dict.fromkeys(machines, 0) | (earliest or {})
        for number, (name, data) in enumerate(files.items()):
            sha256 = hashlib.sha256(data).hexdigest()
            stored[sha256] = data
            folder, _, own = name.rpartition("/")
            chosen = choose_layout(own, folder, {using.name: using}, known, ZoneInfo(zone))
            incoming.append(EncodedFile(number, sha256, len(data), chosen, earliest, latest))
        sensors = sorted(using.sensors)

        def chunks(sha256):
            size = piece or GROUP_BYTES
            return (stored[sha256][at : at + size] for at in range(0, len(stored[sha256]), size))

        staging = tmp_path / "staging"
        shutil.rmtree(staging, ignore_errors=True)
        staged = decode(incoming, chunks, zone, sensors, staging, piece=piece or GROUP_BYTES)
        rows = [row for path in staged.records for row in pl.read_parquet(path).to_dicts()]
        assert all(list(row) == list(staged_columns(sensors)) for row in rows)
        of_large = [row for path in staged.refused_rows for row in pl.read_parquet(path).rows()]
        refused = (*staged.refused, *(QuarantineEntry(*row) for row in of_large))
        for file in staged.files:
            assert file.rows == file.records + file.states + file.quarantined + file.skipped
            assert file.rows == counted(stored[file.sha256], using)
            assert file.records == sum(row["file"] == file.number for row in rows)
            if file.refused is None:
                assert file.quarantined == sum(row.number == file.number for row in refused)
        states = [row for path in staged.states for row in pl.read_parquet(path).to_dicts()]
        assert all(list(row) == list(STAGED_STATES) for row in states)
        assert all(file.states == sum(row["file"] == file.number for row in states) for file in staged.files)
        return Outcome(staged.files, refused, rows, states)

    return run


def counted(data: bytes, layout: Layout) -> int:
    """Rows, counted on the bytes: a file's last one may lack its line end, and NULs at the end are padding."""
    encoding = layout.text.encoding
    if encoding.startswith("utf-16"):  # every character of two bytes as one of one, where it is no line end
        big = encoding == "utf-16-be" or encoding == "utf-16" and data.startswith(b"\xfe\xff")
        data = data[:-1] if len(data) % 2 and data.endswith(b"\0") else data
        pairs = [data[at : at + 2] for at in range(0, len(data), 2)]
        pairs = [pair[::-1] if big else pair for pair in pairs]
        data = b"".join(pair[:1] if pair in (b"\n\0", b"\r\0", b"\0\0") else b"x" for pair in pairs)
    data = data.rstrip(b"\0")
    end = b"\n" if b"\n" in data else b"\r"
    return data.count(end) + (not data.endswith(end) if data else 0)


@pytest.fixture
def row():
    """A good row of press_v1, some of its cells changed."""

    def build(
        machine="M01",
        counter="1",
        at="05/01/2026 07:00:00.250",
        product="P",
        quality="A",
        cycle="270,3",
        heat="68,97",
        shake="2,923",
        end="\r\n",
    ):
        return (";".join((machine, counter, at, product, quality, cycle, heat, shake)) + end).encode("cp1252")

    return build
