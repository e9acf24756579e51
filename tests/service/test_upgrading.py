"""Design R12: the tables are upgraded while the release before goes on writing into them."""

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect
from sqlalchemy.pool import NullPool

import migrations
from eventstore.engine import open_engine
from eventstore.projection import install
from eventstore.refusal import Busy
from eventstore.verify import verify
from migrations import expanding
from service import wiring
from service.settings import for_the_demo
from service.writing import write
from tests.databases import postgres_database, sqlite_url
from tests.faults.instances import until

REVISIONS = [
    each.revision for each in reversed(list(ScriptDirectory.from_config(migrations.config()).walk_revisions()))
]
FROM = REVISIONS.index("0012")
STEPS = list(itertools.pairwise(REVISIONS[FROM:]))


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
    else:
        with postgres_database() as fresh:
            yield fresh


def test_every_migration_only_adds() -> None:
    assert expanding.faults() == []


NARROWING = {
    "a column that goes": 'op.drop_column("letters", "state")',
    "a table that goes": 'op.drop_table("letters")',
    "another name": 'op.alter_column("letters", "state", new_column_name="stage")',
    "a column that must be given": 'op.add_column("letters", sa.Column("x", sa.Text, nullable=False))',
    "a rule more": 'op.create_unique_constraint("x", "letters", ["state"])',
    "an index that keeps writers out": 'op.create_index("x", "letters", ["state"])',
    "an index that no transaction can build": 'op.create_index("x", "paper_jobs", ["code"], postgresql_concurrently=True)',
}
WIDENING = {
    "a table": 'op.create_table("x", sa.Column("y", sa.Text))\n    op.create_index("z", "x", ["y"])',
    "a column with a default": 'op.add_column("letters", sa.Column("x", sa.Text, nullable=False, server_default=""))',
    "a column that may be null": 'op.add_column("letters", sa.Column("x", sa.Text))',
    "an index of some rows": 'op.create_index("x", "letters", ["state"], postgresql_where=sa.text("state = \'dead\'"))',
    "an index of a small table": 'op.create_index("x", "paper_jobs", ["code"])',
}


def written(folder: Path, body: str, head: str = "") -> Path:
    path = folder / "0099_x.py"
    path.write_text(f"import sqlalchemy as sa\nfrom alembic import op\n{head}\n\ndef upgrade():\n    {body}\n\n\ndef downgrade():\n    op.drop_table('x')\n")  # fmt: skip
    return path


@pytest.mark.parametrize("what", NARROWING)
def test_what_would_stop_the_release_before_is_named_with_its_line(tmp_path: Path, what: str) -> None:
    path = written(tmp_path, NARROWING[what])
    assert [said for said in expanding.faults(tmp_path) if said.startswith("0099_x.py:6: ")]
    assert (
        list(expanding.faults_of(written(tmp_path, NARROWING[what], 'CONTRACT = "nobody reads it since 0098"'))) == []
    )
    assert path.exists()


@pytest.mark.parametrize("what", WIDENING)
def test_what_only_adds_is_let_through(tmp_path: Path, what: str) -> None:
    written(tmp_path, WIDENING[what])
    assert expanding.faults(tmp_path) == []


def shape(engine: Engine) -> dict[str, dict[str, dict[str, Any]]]:
    found = inspect(engine)
    return {
        table: {column["name"]: dict(column) for column in found.get_columns(table)}
        for table in found.get_table_names()
    }


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_what_the_release_before_reads_and_writes_is_there_still(url: str, before: str, after: str) -> None:
    """Its columns are there with their types; what it does not know may be left out of its INSERTs."""
    engine = open_engine(url)
    migrations.upgrade(engine, before)
    old = shape(engine)
    migrations.upgrade(engine, after)
    new = shape(engine)
    for table, columns in old.items():
        assert set(columns) <= set(new[table]), table
        for name, column in columns.items():
            assert str(new[table][name]["type"]) == str(column["type"]), (table, name)
            assert new[table][name]["nullable"] >= column["nullable"], (table, name)
        for name in set(new[table]) - set(columns):
            assert new[table][name]["nullable"] or new[table][name]["default"] is not None, (table, name)
    engine.dispose()


def test_there_is_a_step_to_look_at() -> None:
    assert STEPS


def test_whoever_writes_goes_on_while_the_tables_are_upgraded(tmp_path: Path) -> None:
    with postgres_database() as url:
        settings = for_the_demo(
            tmp_path, base_url="http://127.0.0.1:1", smtp_url="smtp://127.0.0.1:9", database_url=url
        )
        house = wiring.build(settings)
        migrations.upgrade(house.engine, "0013")
        with house.store.begin() as db:
            install(db, house.projections)
        lines: list[list[str]] = [[], []]
        stop = threading.Event()

        def writing(number: int) -> None:
            for line in write(house, f"unit-{number}", 10_000):
                lines[number].append(line)
                if stop.is_set() and line.startswith("ACK"):
                    return

        writers = [threading.Thread(target=writing, args=(number,)) for number in range(2)]
        for writer in writers:
            writer.start()

        def went_on(reached: list[int]) -> bool:
            assert all(writer.is_alive() for writer in writers), "an error would have ended it"
            return all(len(some) > before + 20 for some, before in zip(lines, reached, strict=True))

        until(lambda: went_on([0, 0]), "both write")
        migrations.upgrade(house.engine)
        reached = [len(some) for some in lines]
        until(lambda: went_on(reached), "both go on writing")
        stop.set()
        for writer in writers:
            writer.join(20)
        acknowledged = sum(line.startswith("ACK") for some in lines for line in some)
        assert verify(house.engine).size == acknowledged
        house.close()


def test_an_upgrade_lets_go_when_it_would_make_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks for no lock for longer than two seconds, tries again, and says in the end that the house is busy."""
    monkeypatch.setattr(migrations, "TRIES", 2)
    monkeypatch.setattr(migrations, "PAUSE_S", 0.01)
    with postgres_database() as url:
        engine, other = open_engine(url), create_engine(url, poolclass=NullPool)
        migrations.upgrade(engine, "0012")
        with other.begin() as db:
            db.exec_driver_sql("LOCK TABLE letters IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(Busy):  # no statement of an upgrade is bounded, so that only its wait for a lock ends it
                migrations.upgrade(engine)
            assert migrations.LOCK_S <= 2
        migrations.upgrade(engine)
        engine.dispose()
        other.dispose()
