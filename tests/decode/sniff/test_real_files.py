"""Public data sets of machines, as their makers wrote them: how they are written is found right.

They are no part of the repository: they are looked for in $APONTA_DATA, else beside it in shared/data.
"""

import os
from pathlib import Path

import pytest
from source import REPO

from aponta.decode.sniff import propose_layout, read_sample

HOME = Path(os.environ.get("APONTA_DATA") or REPO.parent / "shared" / "data")
BLANKS = {"form": "delimited", "delimiter": " ", "decimal": ".", "header": None, "line_ends": "LF"}
COMMAS = {"form": "delimited", "delimiter": ",", "decimal": ".", "line_ends": "LF"}
QUOTED = {"encoding": "cp1252", "form": "delimited", "delimiter": ",", "quote": '"', "line_ends": "CRLF"}
FILES = {
    "cmapss/train_FD001.txt": BLANKS,
    "cmapss/test_FD001.txt": BLANKS,
    "cmapss/train_FD003.txt": BLANKS,
    "cmapss/test_FD003.txt": BLANKS,
    "mtconnect_logs/okuma_shdr.txt": {
        "form": "pairs",
        "delimiter": "|",
        "pair": "|",
        "decimal": ".",
        "line_ends": "LF",
    },
    "sme_manufacturing/company_A_labelled_subset.csv": COMMAS | {"header": "^ts,"},
    "azure_pdm/telemetry_hourly_20machines_90d.csv": COMMAS | {"header": "^datetime,"},
    "azure_pdm/telemetry_mean24h_100x365.csv": COMMAS | {"header": "^window_end,"},
    "azure_pdm/PdM_errors.csv": QUOTED | {"header": '^"datetime",'},
    "azure_pdm/PdM_failures.csv": QUOTED | {"header": '^"datetime",'},
    "azure_pdm/PdM_maint.csv": QUOTED | {"header": '^"datetime",'},
    "azure_pdm/PdM_machines.csv": QUOTED | {"header": '^"machineID",'},
    "ai4i2020/ai4i2020.csv": COMMAS | {"header": "^UDI,"},
}


@pytest.mark.parametrize("name", FILES)
def test_how_it_is_written(name):
    path = HOME / name
    if not path.is_file():
        pytest.skip(f"{name} is not here: set APONTA_DATA to the folder of the data sets")
    found = propose_layout([read_sample(path)])
    told = {guess.key.rpartition(".")[2]: guess.value for guess in found.guesses}
    expected = {"encoding": "utf-8", "null": [""], **FILES[name]}
    assert {key: told.get(key) for key in expected} == expected
    # None of them is one machine's file with items that are counted: that is said, and no layout is made up.
    assert found.layout is None and found.problem is not None
