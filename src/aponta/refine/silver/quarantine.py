"""silver.quarantine: rows and files quarantined, with the reason. A place, not a grave."""

from typing import get_args

from aponta.contract.decoded import FileReason, RowReason
from aponta.contract.table import Table, long, string, timestamp

TABLE = Table(
    "silver.quarantine",
    "a row of a file, or a whole file, that was refused",
    (
        string("file_sha256", "the file"),
        string("name", "as it was delivered"),
        string("machine", "the machine it is from, if known", null=True),
        long("row_no", "from 1; empty: the whole file", null=True),
        string(
            "reason",
            f"{', '.join(get_args(RowReason))}; of a whole file: {', '.join(get_args(FileReason))}",
        ),
        string("column_name", "the first column that failed", null=True),
        string("value", "what stood there", null=True),
        string("text", "the row, its first 300 characters", null=True),
        string("status", "open, solved, waived"),
        timestamp("received_at", "when the file came"),
    ),
    unique=("file_sha256", "row_no"),
)
