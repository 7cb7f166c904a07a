"""silver.files: one row per arrival, with what became of each of its rows; and the accounting of records that several
files have.
"""

import narwhals.stable.v2 as nw

from aponta.contract.lake import Frame, stacked
from aponta.contract.table import Column, Table, long, string, timestamp
from aponta.refine.silver.items import IDENTITY_KEY, as_reported, same_payload, with_identity_time

TABLE = Table(
    "silver.files",
    "a file received",
    (
        long("arrival", "number of the arrival"),
        string("file_sha256", "its bytes"),
        string("name", "as delivered"),
        string("machine", "the machine it is from, if known", null=True),
        timestamp("hour", "the hour it covers; of a refused file, the hour it is named after", null=True),
        string("layout", "that read it", null=True),
        long("size", "bytes"),
        timestamp("received_at", "when it was taken"),
        string("status", "new, duplicate, version, quarantined, retried"),
        string("reason", "why it was quarantined", null=True),
        Column("in_force", "boolean", "its items count: no better version came under its names"),
        long("rows", "counted on the bytes"),
        long("records", "rows that were read as items"),
        long("states", "rows that report a state of the machine"),
        long("quarantined", "rows quarantined"),
        long("skipped", "blank, comment, header, trailer"),
        long("items_new", "records = new + known + changed + repeated"),
        long("items_known", "another file had brought them"),
        long("items_changed", "known, with other values here"),
        long("items_repeated", "stood in this very file before"),
        string("trailer", "right, wrong, none"),
        string(
            "flags",
            "what is odd about it: hour_in_name (its rows are of another hour, and win), clock (by the file's own time "
            "the machine's clock is over a minute ahead), rebuilt (times were computed from cycles); several by commas",
            null=True,
        ),
        long("rebuilt", "records whose time was rebuilt"),
        long(
            "skew_ms",
            "last item minus the file's own time: positive, the machine's clock is ahead; empty where it wrote no time",
            null=True,
        ),
    ),
    unique=("arrival",),
)


def outcomes(records: Frame, items: Frame, old: Frame, sensors: tuple[str, ...]) -> Frame:
    """The outcome of the records of the batch's new files: file, items_new, items_known, items_changed, items_repeated.

    records: of the new files, in force or not, with `file` rising as they came. items: the touched hours now. old:
    the touched hours before. Both are compared with the records as machines wrote them.
    """
    records, items, old = (with_identity_time(rows) for rows in (records, items, old))
    items, old = as_reported(items), as_reported(old)
    key, payload = list(IDENTITY_KEY), ["product", "quality", "cycle_s", "pieces", *sensors]
    first = records.filter(~nw.col("repeat"))
    pioneer = first.group_by(*key).agg(nw.min("file").alias("pioneer"))
    joined = (
        first.join(pioneer, on=key, how="left")
        .join(
            old.select(*key, *(nw.col(name).alias(f"{name}_old") for name in payload), was=nw.lit(True)),
            on=key,
            how="left",
        )
        .join(items.select(*key, *(nw.col(name).alias(f"{name}_now") for name in payload)), on=key, how="left")
        .with_columns(was=nw.col("was").fill_null(False))
    )
    was, pioneers = nw.col("was"), nw.col("pioneer") == nw.col("file")
    as_before, as_now = same_payload(sensors, "_old"), same_payload(sensors, "_now")
    outcome = (
        nw.when(~was & pioneers)
        .then(nw.lit("new"))
        .when((was & as_before) | (~was & as_now))
        .then(nw.lit("known"))
        .otherwise(nw.lit("changed"))
    )
    counted = stacked(
        [
            joined.with_columns(outcome=outcome).select("file", "outcome"),
            records.filter(nw.col("repeat")).with_columns(outcome=nw.lit("repeated")).select("file", "outcome"),
        ]
    )
    kinds = ("new", "known", "changed", "repeated")
    return (
        counted.with_columns(
            **{f"items_{kind}": nw.when(nw.col("outcome") == kind).then(1).otherwise(0) for kind in kinds}
        )
        .group_by("file")
        .agg(*(nw.sum(f"items_{kind}") for kind in kinds))
    )
