"""silver.files: one row per arrival, what it was and what became of each of its rows; and the accounting of contested
records.
"""

import narwhals.stable.v2 as nw

from aponta.contract.lake import Frame, stacked
from aponta.contract.table import Column, Table, moment, text, whole
from aponta.refine.silver.items import MOMENT_KEY, at_source, same_payload, with_moment

TABLE = Table(
    "silver.files",
    "a file received",
    (
        whole("arrival", "number of the arrival"),
        text("file_sha256", "its bytes"),
        text("name", "as delivered"),
        text("machine", "whose it is, where that could be told", null=True),
        moment("hour", "the hour it speaks for; of one that was refused, the hour it is named after", null=True),
        text("layout", "that read it", null=True),
        whole("size", "bytes"),
        moment("received_at", "when it was taken"),
        text("status", "new, duplicate, version, quarantined, retried"),
        text("reason", "why it was quarantined", null=True),
        Column("in_force", "boolean", "its items count: no better version came under its names"),
        whole("rows", "counted on the bytes"),
        whole("records", "rows that were read as items"),
        whole("states", "rows that tell a state of the machine"),
        whole("quarantined", "rows set aside"),
        whole("skipped", "blank, comment, header, trailer"),
        whole("items_new", "records = new + known + changed + repeated"),
        whole("items_known", "another file had brought them"),
        whole("items_changed", "known, and said otherwise here"),
        whole("items_repeated", "stood in this very file before"),
        text("trailer", "right, wrong, none"),
        text(
            "flags",
            "what is odd about it: hour_in_name (its rows tell another hour, and win), clock (by the file's own time "
            "the machine's clock is over a minute ahead), rebuilt (times were made anew); several by commas",
            null=True,
        ),
        whole("rebuilt", "records whose time was made anew"),
        whole(
            "skew_ms",
            "last item minus the file's own time: positive, the machine's clock is ahead; none where it told none",
            null=True,
        ),
    ),
    unique=("arrival",),
)


def outcomes(records: Frame, items: Frame, old: Frame, sensors: tuple[str, ...]) -> Frame:
    """How the records of the batch's new files turned out: file, items_new, items_known, items_changed, items_repeated.

    records: of the new files, in force or not, with `file` rising as they came. items: the touched hours now. old:
    the touched hours before. Both are held against the records as machines wrote them.
    """
    records, items, old = (with_moment(rows) for rows in (records, items, old))
    items, old = at_source(items), at_source(old)
    key, says = list(MOMENT_KEY), ["product", "quality", "cycle_s", "pieces", *sensors]
    first = records.filter(~nw.col("repeat"))
    pioneer = first.group_by(*key).agg(nw.min("file").alias("pioneer"))
    joined = (
        first.join(pioneer, on=key, how="left")
        .join(
            old.select(*key, *(nw.col(name).alias(f"{name}_old") for name in says), was=nw.lit(True)),
            on=key,
            how="left",
        )
        .join(items.select(*key, *(nw.col(name).alias(f"{name}_now") for name in says)), on=key, how="left")
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
