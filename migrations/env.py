"""Runs the numbered migrations on the connection that was handed in."""

from alembic import context
from sqlalchemy import Connection

connection: Connection | None = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("migrations run through migrations.upgrade(engine) and migrations.downgrade(engine, revision)")

context.configure(connection=connection, transaction_per_migration=False, render_as_batch=False)
context.run_migrations()
