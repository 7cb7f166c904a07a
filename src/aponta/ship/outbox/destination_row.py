"""The row of a destination in the operational database."""

from sqlalchemy import Connection, insert, update

from aponta.ops.stock_tables import destination as table


def change_row(connection: Connection, destination: str, **values: object) -> None:
    """Updates the columns in `values`, or inserts the row."""
    changed = connection.execute(update(table).where(table.c.name == destination).values(**values)).rowcount
    if not changed:
        connection.execute(insert(table).values(name=destination, **{"failures": 0, **values}))
