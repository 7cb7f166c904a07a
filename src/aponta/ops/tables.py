"""The operational database's tables; those of stock are in `stock_tables`. A change is a new migration in
`migrations/versions`; a test holds them together.
"""

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from aponta.ops.columns import Id, UtcDateTime, metadata, sha256

# Files in a source that were taken already: unchanged (size, time, etag), they are not read again.
seen = Table(
    "seen",
    metadata,
    Column("source", String(500), primary_key=True),
    Column("path", String(1000), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("etag", String(200), nullable=False),
    sha256(),
)

# The place of a source at the last look: a share that is not mounted leaves an empty folder behind.
mounted = Table(
    "mounted",
    metadata,
    Column("source", String(500), primary_key=True),
    Column("mount", String(1000), nullable=False),
)

# Each time a file came. The batch that handles it is written when the batch is planned, its outcome when the batch
# ends.
arrival = Table(
    "arrival",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    sha256(index=True),
    Column("name", String(500), nullable=False),
    Column("folder", String(500), nullable=False),  # below the source's root, "/" between folders
    Column("source", String(500), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("modified_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("batch", Id, index=True),
    Column("status", String(20)),  # new, duplicate, version, quarantined, retried
    # A person has a file decoded again that came before: the new reading counts if it reads no less ("if_more"), or
    # whatever it reads ("always": a backfill).
    Column("redecode", String(10), nullable=False, server_default="no"),  # no, if_more, always
)

# Files by their content: one row per distinct content.
file = Table(
    "file",
    metadata,
    sha256(primary_key=True),
    Column("machine", String(100)),
    Column("layout", String(100)),
    Column("layout_version", Integer),
    Column("refused", String(50)),  # why the whole file was quarantined
    Column("hour", UtcDateTime),  # the hour it covers; of a refused file, the hour it is named after
    Column("first_hour", UtcDateTime),  # of its rows
    Column("last_hour", UtcDateTime),
    Column("rows", BigInteger, nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("states", BigInteger, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("trailer", String(10), nullable=False),  # right, wrong, none
    Column("in_force", Boolean, nullable=False),
    Column("accepted_by", String(200)),  # who accepted it although its trailer lies
    Index("file_machine_hour", "machine", "hour"),
)

# Names under which bytes came: files of a machine with one name and other bytes are versions.
file_name = Table(
    "file_name",
    metadata,
    sha256(primary_key=True),
    Column("name", String(500), primary_key=True),
    Column("machine", String(100), nullable=False),
    Column("folder", String(500), nullable=False),
    Index("file_name_machine_name", "machine", "name"),
)

# Hours that a file holds records of, and whether it covers the hour or only spills into it.
file_hour = Table(
    "file_hour",
    metadata,
    sha256(primary_key=True),
    Column("machine", String(100), primary_key=True),
    Column("hour", UtcDateTime, primary_key=True),
    Column("records", BigInteger, nullable=False),
    Column("states", BigInteger, nullable=False),
    Column("covers", Boolean, nullable=False),
    Index("file_hour_machine_hour", "machine", "hour"),
)

# A batch is planned before anything is written and finished after everything was: a kill between is taken up again.
batch = Table(
    "batch",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("restates", JSON),  # of one that has no files: machine -> first hour, last hour, revision of its inputs
    Column("base", JSON),  # versions of the lake's tables it starts from, known once its facts are made
    Column("versions", JSON),  # and those it published
    Column("counts", JSON),
    Column("finished_at", UtcDateTime),
)

receipt = Table(
    "receipt",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=True),
    Column("arrival", Id, nullable=False, unique=True),
    sha256(index=True),
    Column("body", Text, nullable=False),  # canonical JSON
    Column("hash", String(64), nullable=False),  # of the body, which holds the hash before it
    Column("previous", String(64), nullable=False),
)

# Hours of machines that have items or a file: neighbours are found here without reading the lake. Closed or not, and
# whether the outbox must be compared again.
machine_hour = Table(
    "machine_hour",
    metadata,
    Column("machine", String(100), primary_key=True),
    Column("hour", UtcDateTime, primary_key=True),
    Column("items", BigInteger, nullable=False),
    Column("had_items", Boolean, nullable=False),  # something was, and it has a first and a last item
    Column("covered", Boolean, nullable=False),  # by a good file
    Column("closed_by", String(20), index=True),  # trailer, next_hour, time; empty while open
    Column("held", Boolean, nullable=False),  # a file whose trailer lies: nothing is declared until a person accepts
    Column("stock_pending", Boolean, nullable=False, index=True),
)

# Hours that a person closed, since no file will come. A file that comes wins; an undone closure stays on record.
closure = Table(
    "closure",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("machine", String(100), nullable=False),
    Column("hour", UtcDateTime, nullable=False),
    Column("who", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("closed_at", UtcDateTime, nullable=False),
    Column("undone_by", String(200)),
    Column("undone_at", UtcDateTime),
    Index("closure_machine_hour", "machine", "hour"),
)

# Inputs of a machine's facts beside its items: calendar, ideal cycles, limits, as the last pass read them.
machine_inputs = Table(
    "machine_inputs",
    metadata,
    Column("machine", String(100), primary_key=True),
    Column("revision", Integer, nullable=False),  # rises with each change: a batch that began before it counts for none
    Column("content", Text, nullable=False),  # JSON
    Column("restate_from", UtcDateTime),  # hours from here on may rest on earlier ones; empty: none does
    Column("restate_until", UtcDateTime),  # and only those that begin before; empty: all of them
    Column("causes", JSON, nullable=False),  # what changed
)

# A product or a quality that was typed wrong at a machine, put right by a person: for items that come later, too. An
# undone reassignment stays on record.
reassignment = Table(
    "reassignment",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("machine", String(100), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),  # without it
    Column("product", Text),  # only items of this one, which a machine may write as it likes; empty: of any
    Column("quality", String(20)),
    Column("to_product", String(100)),  # empty: as it was
    Column("to_quality", String(20)),
    Column("who", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("undone_by", String(200)),
    Column("undone_at", UtcDateTime),
    Index("reassignment_machine_since", "machine", "since"),
)

# People who may look at the pages from beyond this computer.
user = Table(
    "user",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("password", String(200), nullable=False),  # its argon2id hash
    Column("role", String(20), nullable=False),  # admin
    Column("created_at", UtcDateTime, nullable=False),
)

# The token that a machine sends its files with. Only its hash is kept: who reads this table cannot send with it.
token = Table(
    "token",
    metadata,
    Column("machine", String(100), primary_key=True),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

# A browser that someone signed in with. Only its token's hash is kept: who reads this table cannot sign in with it.
session = Table(
    "session",
    metadata,
    sha256("token_sha256", primary_key=True),
    Column("user", String(100), ForeignKey("user.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)
