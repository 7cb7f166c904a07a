"""silver.quarantine: rows and files set aside, with the reason. A place, not a grave."""

from typing import get_args

from aponta.contract.decoded import FileReason, RowReason
from aponta.contract.table import Table, moment, text, whole

TABLE = Table(
    "silver.quarantine",
    "a row of a file, or a whole file, that was refused",
    (
        text("file_sha256", "the file"),
        text("name", "as it was delivered"),
        text("machine", "whose it is, where that could be told", null=True),
        whole("row_no", "from 1; empty: the whole file", null=True),
        text(
            "reason",
            f"{', '.join(get_args(RowReason))}; of a whole file: {', '.join(get_args(FileReason))}",
        ),
        text("column_name", "the first column that failed", null=True),
        text("value", "what stood there", null=True),
        text("text", "the row, its first 300 characters", null=True),
        text("status", "open, solved, waived"),
        moment("received_at", "when the file came"),
    ),
    unique=("file_sha256", "row_no"),
)
