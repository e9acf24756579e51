"""The table of renderings; the migrations make it. No projection: what it holds can be asked for again."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, MetaData, Table, Text, UniqueConstraint, text

from eventstore.schema import BIG

metadata = MetaData()

paper_jobs = Table(
    "paper_jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("application_id", Text, nullable=False),
    Column("at_version", BIG, nullable=False),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Column("lease_token", Text),
    Column("lease_until", BIG),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("sha256", Text),
    Column("size", BIG),
    Column("pages", Integer),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", BIG, nullable=False),
    Column("done_at", BIG),
    UniqueConstraint("application_id", "code", "format", name="paper_jobs_paper"),
    CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="paper_jobs_state"),
    CheckConstraint("format IN ('pdf', 'docx', 'veiled')", name="paper_jobs_format"),
    Index("paper_jobs_code", "code"),
    Index(
        "paper_jobs_waiting",
        "asked_at",
        "id",
        postgresql_where=text("state = 'waiting'"),
        sqlite_where=text("state = 'waiting'"),
    ),
    Index(
        "paper_jobs_running",
        "lease_until",
        postgresql_where=text("state = 'running'"),
        sqlite_where=text("state = 'running'"),
    ),
    sqlite_strict=True,
)
