"""gold.stock_declarations: the outbox as a table of the lake."""

from collections.abc import Callable

from sqlalchemy import Engine, bindparam, select, update

from aponta.contract.lake import Frame, Lake, Values, stacked
from aponta.factory_calendar import to_us
from aponta.ops.database import transaction
from aponta.ops.stock_tables import outbox
from aponta.refine.gold import stock_declarations

ROWS_AT_ONCE = 2000
SHOWN = ("destination", "key", "changed_at", "state")


_shown = update(outbox).where(*(outbox.c[name] == bindparam(f"of_{name}") for name in SHOWN)).values(shown_in_lake=True)


def refresh_outbox_table(engine: Engine, open_lake: Callable[[], Lake], batch: int) -> None:
    """Writes the rows of the outbox that changed. Run again, it writes nothing.

    batch: the last finished one. Rows are published before the outbox records it: after a kill between the two they are
    written again.
    """
    while True:
        with transaction(engine) as connection:
            rows = connection.execute(
                select(outbox).where(~outbox.c.shown_in_lake).order_by(outbox.c.key).limit(ROWS_AT_ONCE)
            ).all()
        if not rows:
            return
        lake = open_lake()
        columns = [column.name for column in stock_declarations.TABLE.columns]
        values = [
            [
                to_us(row.hour) if name == "hour" else float(row.quantity) if name == "quantity" else getattr(row, name)
                for name in columns
            ]
            for row in rows
        ]
        schema = {column.name: column.kind for column in stock_declarations.TABLE.columns}
        keys = Values("key", tuple(sorted({row.key for row in rows})))
        lake.replace(stock_declarations.TABLE, _with_others(lake, lake.rows(schema, values), keys), keys, None)
        lake.flush()
        lake.publish(batch)
        with transaction(engine) as connection:
            shown = [{f"of_{name}": getattr(row, name) for name in SHOWN} for row in rows]
            connection.execute(_shown, shown)


def _with_others(lake: Lake, rows: Frame, keys: Values) -> Frame:
    """Rows of other destinations with the same key stay."""
    old = lake.read(stock_declarations.TABLE, keys)
    return stacked(
        [
            rows,
            old.join(rows.select("destination", "key"), on=["destination", "key"], how="anti").select(
                *rows.collect_schema()
            ),
        ]
    )
