"""The migrations make what the schema says, and take it away again."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

import migrations
from eventstore.engine import open_engine
from eventstore.schema import metadata


def test_the_tables_are_those_of_the_schema(engine: Engine) -> None:
    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        return kind != "table" or name in metadata.tables

    with engine.connect() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True, "include_object": ours})
        assert compare_metadata(context, metadata) == []


def test_up_down_and_up_again(url: str) -> None:
    engine = open_engine(url)
    migrations.upgrade(engine)
    migrations.upgrade(engine)
    there = set(inspect(engine).get_table_names())
    migrations.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    migrations.upgrade(engine, "head")
    assert set(inspect(engine).get_table_names()) == there
    engine.dispose()
