"""The proof of a proposed layout: its samples are decoded with it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from aponta.config.master import Machine
from aponta.contract.decoded import DecodedFile, QuarantineEntry
from aponta.contract.layout import Layout
from aponta.decode.account import EncodedFile
from aponta.decode.choose import choose_layout
from aponta.decode.files import decode
from aponta.decode.sniff.sample import Sample
from aponta.factory_calendar import to_us

LONGEST_NAME = 100
LATEST = to_us(datetime(2200, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Proof:
    files: tuple[DecodedFile, ...]
    refused: tuple[QuarantineEntry, ...]

    @property
    def records(self) -> int:
        return sum(file.records for file in self.files)

    @property
    def quarantined(self) -> int:
        return sum(file.quarantined for file in self.files)


def prove(layout: Layout, samples: Sequence[Sample], machines: Sequence[str], zone: str) -> Proof:
    """Decodes the samples, of huge ones the beginning, as a pass does. machines: of the samples."""
    known = {}
    for name in machines:
        if name and len(name) <= LONGEST_NAME:
            known[name] = Machine.model_validate({"machine": name, "line": "-", "layout": layout.name})
    stored: dict[str, bytes] = {}
    files = []
    for number, sample in enumerate(samples):
        data = sample.head if sample.whole else sample.head[: sample.head.rfind(b"\n") + 1]
        sha256 = hashlib.sha256(data).hexdigest()
        stored[sha256] = data
        choice = choose_layout(sample.name, sample.folder, {layout.name: layout}, known, ZoneInfo(zone))
        files.append(EncodedFile(number, sha256, len(data), choice, dict.fromkeys(known, 0), LATEST))
    with TemporaryDirectory() as folder:
        staged = decode(files, lambda sha256: [stored[sha256]], zone, sorted(layout.sensors), Path(folder))
    return Proof(staged.files, staged.refused)
