"""The take store's tables. A row is kept as JSON, with the keys that are searched for in columns of their own."""

from sqlalchemy import Column, Float, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

#: Kept in `PRAGMA user_version`; counts up with every change below.
SCHEMA_VERSION = 1

metadata = MetaData()

takes = Table(
    "takes",
    metadata,
    Column("take", Integer, primary_key=True, comment="as counted by the daemon"),
    Column("shown_take", Integer, nullable=True, comment="as corrected by a person"),
    Column("scene", String, nullable=False, server_default=""),
    Column("slate", String, nullable=False, server_default=""),
    Column("note", String, nullable=False, server_default=""),
)

passes = Table(
    "passes",
    metadata,
    Column("take", Integer, primary_key=True),
    Column("pass", Integer, primary_key=True),
    Column("mark", String, nullable=False, server_default="", comment="good, ng or nothing"),
    Column("note", String, nullable=False, server_default=""),
)

landings = Table(
    "landings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("take", Integer, nullable=False),
    Column("pass", Integer, nullable=False),
    Column("cue", String, nullable=False),
    Column("camera", String, nullable=False),
    Column("axis", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("error_ms", Float, nullable=True),
    Column("row", Text, nullable=False),
    UniqueConstraint("run", "number", name="one_landing_once"),
    Index("landings_by_take", "take", "pass"),
)

offsets = Table(
    "offsets",
    metadata,
    Column("ledger", String, primary_key=True, comment="path of the ledger"),
    Column("offset", Integer, nullable=False, comment="bytes of it that have been read"),
    Column("torn_lines", Integer, nullable=False, server_default="0"),
)
