"""The operational database's tables of stock: declarations, and people's decisions about them."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, Numeric, String, Table, Text

from aponta.ops.columns import Id, UtcDateTime, metadata

outbox = Table(
    "outbox",
    metadata,
    Column("destination", String(100), primary_key=True),
    Column("key", String(300), primary_key=True),
    Column("machine", String(100), nullable=False),
    Column("product", String(100), nullable=False),
    Column("stock_code", String(100), nullable=False),
    Column("hour", UtcDateTime, nullable=False),
    Column("quality", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("pieces", BigInteger, nullable=False),
    Column("quantity", Numeric(20, 6), nullable=False),
    Column("unit", String(20), nullable=False),
    Column("pieces_per_unit", Numeric(20, 6)),  # empty while the product is unknown
    Column("location", String(200), nullable=False),
    Column("lot", String(100)),  # empty: the destination keeps none
    Column("booked_on", Date, nullable=False),  # the factory's day of the hour; later where its period is closed
    Column("state", String(20), nullable=False),  # contract.stock.control.DeclarationState
    Column("reference", String(300)),
    Column("attempts", Integer, nullable=False),
    Column("why", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("shown_in_lake", Boolean, nullable=False, index=True),  # gold.stock_declarations shows this very state
    # Pending and newest rows are found without a scan over years of acknowledged ones.
    Index("outbox_state", "destination", "state", "changed_at"),
    Index("outbox_machine_hour", "destination", "machine", "hour"),
    Index("outbox_natural", "destination", "machine", "product", "hour", "quality", "revision", unique=True),
)

# Pieces that fill no unit (box, kg) yet: carried to the next declaration, never rounded away.
carry = Table(
    "carry",
    metadata,
    Column("destination", String(100), primary_key=True),
    Column("stock_code", String(100), primary_key=True),
    Column("location", String(200), primary_key=True),
    Column("pieces", Numeric(20, 6), nullable=False),
)

# A stock system: the place that a person approved, when it is asked again after it did not answer, and the rules by
# which hours are declared to it.
destination = Table(
    "destination",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("place", String(300)),  # without passwords; another place needs another approval
    Column("opened_by", String(200)),
    Column("opened_at", UtcDateTime),
    Column("failures", Integer, nullable=False),  # in a row
    Column("retry_at", UtcDateTime),
    Column("closing_rules", String(64)),  # a hash of start, locations and machines' roles
)

# A person's decision about a declaration, or about a difference that reconciliation found.
decision = Table(
    "decision",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("destination", String(100), nullable=False),
    Column("key", String(300), nullable=False),
    Column("action", String(20), nullable=False),  # retry, settle, void, accept
    Column("who", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Index("decision_key", "destination", "key"),
)

# Differences between the outbox and the stock system as last reconciled. Closed ones stay on record.
discrepancy = Table(
    "discrepancy",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("destination", String(100), nullable=False),
    Column("key", String(300), nullable=False),
    Column("kind", String(20), nullable=False),  # missing, changed, cancelled, unfinished, extra
    Column("hour", UtcDateTime, nullable=False),
    Column("declared", Text, nullable=False),  # JSON: quantity, product, location; null for an extra one
    Column("in_stock", Text, nullable=False),  # JSON; null for a missing one
    Column("found_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("settled_by", String(20)),  # requeued, accepted, gone
    Index("discrepancy_open", "destination", "settled_at", "hour"),
)

# A day of a stock system as it was last reconciled.
reconciliation = Table(
    "reconciliation",
    metadata,
    Column("destination", String(100), primary_key=True),
    Column("day", Date, primary_key=True),  # the factory's
    Column("made_at", UtcDateTime, nullable=False),
    Column("who", String(200), nullable=False),
    Column("differences", Integer, nullable=False),
    Column("body", Text, nullable=False),  # JSON: contract.stock.reconciliation.ReconciledDay
)

# A manual count beside the stock system's own account at that time. The drift is shown, never added to anything.
stock_count = Table(
    "stock_count",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("destination", String(100), nullable=False),
    Column("counted_at", UtcDateTime, nullable=False),
    Column("stock_code", String(100), nullable=False),
    Column("location", String(200), nullable=False),
    Column("counted", Numeric(20, 6), nullable=False),
    Column("held", Numeric(20, 6), nullable=False),  # by the stock system, when the count was imported
    Column("declared_since", Numeric(20, 6), nullable=False),  # part of `held`: production of hours after the count
    Column("who", String(200), nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
    Index("stock_count_last", "destination", "counted_at"),
)

# Posting stopped by a person, for a manual count.
pause = Table(
    "pause",
    metadata,
    Column("destination", String(100), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("who", String(200), nullable=False),
    Column("why", Text, nullable=False),
)
