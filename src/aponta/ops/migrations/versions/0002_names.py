"""Columns and a table by the names that an engineer of the field would guess."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

RENAMED = (
    ("machine_hour", "made", "had_items"),
    ("machine_hour", "compare", "stock_pending"),
    ("file_hour", "speaks", "covers"),
    ("outbox", "tries", "attempts"),
    ("outbox", "imaged", "shown_in_lake"),
    ("destination", "rests_on", "closing_rules"),
    ("discrepancy", "said", "declared"),
    ("discrepancy", "there", "in_stock"),
)


def upgrade() -> None:
    """Keeps every row."""
    op.drop_index("ix_machine_hour_compare", "machine_hour")
    op.drop_index("ix_outbox_imaged", "outbox")
    for table, old, new in RENAMED:
        op.alter_column(table, old, new_column_name=new)
    op.create_index("ix_machine_hour_stock_pending", "machine_hour", ["stock_pending"], unique=False)
    op.create_index("ix_outbox_shown_in_lake", "outbox", ["shown_in_lake"], unique=False)
    op.rename_table("premises", "machine_inputs")

    op.add_column("arrival", sa.Column("redecode", sa.String(length=10), nullable=False, server_default="no"))
    arrival = sa.table("arrival", *map(sa.column, ("redecode", "again", "anew")))
    chosen = sa.case((arrival.c.anew.is_(sa.true()), "always"), else_="if_more")
    op.execute(arrival.update().where(arrival.c.again.is_(sa.true())).values(redecode=chosen))
    with op.batch_alter_table("arrival") as copied:  # SQLite before 3.35 drops no column: the table is copied
        copied.drop_column("again")
        copied.drop_column("anew")
