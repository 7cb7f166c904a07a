"""gold.stock_declarations: a copy of the outbox, for readers of the lake."""

from aponta.contract.table import Column, Table, long, string, timestamp

TABLE = Table(
    "gold.stock_declarations",
    "a declaration to a stock system: one revision of a machine's hour, product and quality",
    (
        string("key", "unique, readable, carried into the stock system"),
        string("destination", "which stock system"),
        string("machine", "as in machines.csv"),
        string("product", "as in products.csv"),
        timestamp("hour", "UTC hour of production"),
        string("quality", "good, scrap"),
        long("revision", "from 1; a correction is the next one"),
        long("pieces", "signed"),
        Column("quantity", "double", "in the unit, signed"),
        string("unit", "as in products.csv"),
        string("location", "in the stock system"),
        string(
            "state",
            "prepared, sent, acknowledged, reconciled, rejected, unknown, settled (by hand), void (never declared)",
        ),
        string("reference", "the stock system's own", null=True),
    ),
    unique=("destination", "key"),
    partition="month",
)
