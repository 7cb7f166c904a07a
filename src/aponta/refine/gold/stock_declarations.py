"""gold.stock_declarations: the outbox's image, for who reads the lake."""

from aponta.contract.table import Column, Table, moment, text, whole

TABLE = Table(
    "gold.stock_declarations",
    "a declaration to a stock system: one revision of a machine's hour, product and quality",
    (
        text("key", "unique, readable, carried into the stock system"),
        text("destination", "which stock system"),
        text("machine", "as in machines.csv"),
        text("product", "as in products.csv"),
        moment("hour", "UTC hour of production"),
        text("quality", "good, scrap"),
        whole("revision", "from 1; a correction is the next one"),
        whole("pieces", "signed"),
        Column("quantity", "double", "in the unit, signed"),
        text("unit", "as in products.csv"),
        text("location", "in the stock system"),
        text(
            "state",
            "prepared, sent, acknowledged, reconciled, rejected, unknown, settled (by hand), void (not said)",
        ),
        text("reference", "the stock system's own", null=True),
    ),
    unique=("destination", "key"),
    partition="month",
)
