"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Makes them, in an empty database."""
    op.create_table(
        "arrival",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("folder", sa.String(length=500), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.DateTime(), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("batch", ID, nullable=True),
        sa.Column("status", sa.String(length=20), nullable=True),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("anew", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_arrival_batch", "arrival", ["batch"], unique=False)
    op.create_index("ix_arrival_sha256", "arrival", ["sha256"], unique=False)

    op.create_table(
        "batch",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("restates", sa.JSON(), nullable=True),
        sa.Column("base", sa.JSON(), nullable=True),
        sa.Column("versions", sa.JSON(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )

    op.create_table(
        "carry",
        sa.Column("destination", sa.String(length=100), nullable=False),
        sa.Column("stock_code", sa.String(length=100), nullable=False),
        sa.Column("location", sa.String(length=200), nullable=False),
        sa.Column("pieces", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.PrimaryKeyConstraint("destination", "stock_code", "location"),
    )

    op.create_table(
        "closure",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("machine", sa.String(length=100), nullable=False),
        sa.Column("hour", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=False),
        sa.Column("undone_by", sa.String(length=200), nullable=True),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("closure_machine_hour", "closure", ["machine", "hour"], unique=False)

    op.create_table(
        "file",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("machine", sa.String(length=100), nullable=True),
        sa.Column("layout", sa.String(length=100), nullable=True),
        sa.Column("layout_version", sa.Integer(), nullable=True),
        sa.Column("refused", sa.String(length=50), nullable=True),
        sa.Column("hour", sa.DateTime(), nullable=True),
        sa.Column("first_hour", sa.DateTime(), nullable=True),
        sa.Column("last_hour", sa.DateTime(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("states", sa.BigInteger(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.Column("trailer", sa.String(length=10), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("accepted_by", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_index("file_machine_hour", "file", ["machine", "hour"], unique=False)

    op.create_table(
        "file_hour",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("machine", sa.String(length=100), nullable=False),
        sa.Column("hour", sa.DateTime(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("states", sa.BigInteger(), nullable=False),
        sa.Column("speaks", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "machine", "hour"),
    )
    op.create_index("file_hour_machine_hour", "file_hour", ["machine", "hour"], unique=False)

    op.create_table(
        "file_name",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("machine", sa.String(length=100), nullable=False),
        sa.Column("folder", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "name"),
    )
    op.create_index("file_name_machine_name", "file_name", ["machine", "name"], unique=False)

    op.create_table(
        "machine_hour",
        sa.Column("machine", sa.String(length=100), nullable=False),
        sa.Column("hour", sa.DateTime(), nullable=False),
        sa.Column("items", sa.BigInteger(), nullable=False),
        sa.Column("made", sa.Boolean(), nullable=False),
        sa.Column("covered", sa.Boolean(), nullable=False),
        sa.Column("closed_by", sa.String(length=20), nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("compare", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("machine", "hour"),
    )
    op.create_index("ix_machine_hour_closed_by", "machine_hour", ["closed_by"], unique=False)
    op.create_index("ix_machine_hour_compare", "machine_hour", ["compare"], unique=False)

    op.create_table(
        "mounted",
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("mount", sa.String(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )

    op.create_table(
        "outbox",
        sa.Column("destination", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("machine", sa.String(length=100), nullable=False),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("stock_code", sa.String(length=100), nullable=False),
        sa.Column("hour", sa.DateTime(), nullable=False),
        sa.Column("quality", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("pieces_per_unit", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("location", sa.String(length=200), nullable=False),
        sa.Column("lot", sa.String(length=100), nullable=True),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=300), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("imaged", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("destination", "key"),
    )
    op.create_index("ix_outbox_imaged", "outbox", ["imaged"], unique=False)
    op.create_index("outbox_machine_hour", "outbox", ["destination", "machine", "hour"], unique=False)
    op.create_index(
        "outbox_natural", "outbox", ["destination", "machine", "product", "hour", "quality", "revision"], unique=True
    )
    op.create_index("outbox_state", "outbox", ["destination", "state", "changed_at"], unique=False)

    op.create_table(
        "destination",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=True),
        sa.Column("opened_by", sa.String(length=200), nullable=True),
        sa.Column("opened_at", sa.DateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.DateTime(), nullable=True),
        sa.Column("rests_on", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )

    op.create_table(
        "decision",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("destination", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("decision_key", "decision", ["destination", "key"], unique=False)

    op.create_table(
        "discrepancy",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("destination", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("hour", sa.DateTime(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("there", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("settled_by", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("discrepancy_open", "discrepancy", ["destination", "settled_at", "hour"], unique=False)

    op.create_table(
        "reconciliation",
        sa.Column("destination", sa.String(length=100), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("destination", "day"),
    )

    op.create_table(
        "stock_count",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("destination", sa.String(length=100), nullable=False),
        sa.Column("counted_at", sa.DateTime(), nullable=False),
        sa.Column("stock_code", sa.String(length=100), nullable=False),
        sa.Column("location", sa.String(length=200), nullable=False),
        sa.Column("counted", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("held", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("declared_since", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("imported_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("stock_count_last", "stock_count", ["destination", "counted_at"], unique=False)

    op.create_table(
        "pause",
        sa.Column("destination", sa.String(length=100), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("destination"),
    )

    op.create_table(
        "premises",
        sa.Column("machine", sa.String(length=100), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("restate_from", sa.DateTime(), nullable=True),
        sa.Column("restate_until", sa.DateTime(), nullable=True),
        sa.Column("causes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("machine"),
    )

    op.create_table(
        "reassignment",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("machine", sa.String(length=100), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("quality", sa.String(length=20), nullable=True),
        sa.Column("to_product", sa.String(length=100), nullable=True),
        sa.Column("to_quality", sa.String(length=20), nullable=True),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("undone_by", sa.String(length=200), nullable=True),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("reassignment_machine_since", "reassignment", ["machine", "since"], unique=False)

    op.create_table(
        "receipt",
        sa.Column("number", ID, autoincrement=True, nullable=False),
        sa.Column("arrival", ID, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("arrival"),
    )
    op.create_index("ix_receipt_sha256", "receipt", ["sha256"], unique=False)

    op.create_table(
        "seen",
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("path", sa.String(length=1000), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified_ns", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("source", "path"),
    )

    op.create_table(
        "token",
        sa.Column("machine", sa.String(length=100), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("machine"),
        sa.UniqueConstraint("token_sha256"),
    )

    op.create_table(
        "user",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )

    op.create_table(
        "session",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("user", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["user.name"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_sha256"),
    )
    op.create_index("ix_session_user", "session", ["user"], unique=False)
