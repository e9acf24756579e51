"""A table that changes its shape gets a new revision, so that an upgrade builds it anew beside the one of the release before."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Table, create_engine, inspect, update
from sqlalchemy.schema import CreateIndex, CreateTable

from eventstore.projection import Projection, TableProjection, of_revision
from eventstore.schema import projections as kept
from programmes.catalogue import Catalogue
from service import wiring
from service.settings import for_the_demo
from service.standing import look
from service.upkeep import bring_up
from service.wiring import House, projections_of
from tests.admin.office import KEYS, found
from workflow.tallies import Tallies

GOLDEN = Path(__file__).parent / "golden_tables"
POSTGRES = create_engine("postgresql+psycopg://").dialect
PROJECTIONS = projections_of(Catalogue(()))


def drawn(projection: Projection) -> str:
    """The statements that make its tables, in the words of PostgreSQL."""
    assert isinstance(projection, TableProjection)
    return "".join(f"{statement.strip()};\n" for table in projection.declared for statement in _made(table))


def _made(table: Table) -> Iterator[str]:
    yield re.sub(r" +\n", "\n", str(CreateTable(table).compile(dialect=POSTGRES)))
    for index in sorted(table.indexes, key=lambda one: str(one.name)):
        yield str(CreateIndex(index).compile(dialect=POSTGRES))


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda one: one.name)
def test_the_tables_of_a_revision_stay_as_they_were(projection: Projection) -> None:
    """With VERMILION_WRITE_GOLDEN=1 a missing file is written; a present one is never touched."""
    path = GOLDEN / f"{projection.name}_r{projection.revision}.sql"
    if not path.exists() and os.environ.get("VERMILION_WRITE_GOLDEN") == "1":
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(drawn(projection), encoding="utf-8")
    assert path.exists(), f"no {path.name}: run once with VERMILION_WRITE_GOLDEN=1 and commit it"
    assert drawn(projection) == path.read_text(encoding="utf-8"), f"{projection.name} needs a new revision"


def test_there_is_no_newer_revision_than_the_one_in_use() -> None:
    newest = {one.name: one.revision for one in PROJECTIONS}
    for path in GOLDEN.glob("*.sql"):
        name, _, revision = path.stem.rpartition("_r")
        assert int(revision) <= newest[name], path.name


def test_figures_that_an_older_release_kept_are_built_anew_by_the_upgrade(tmp_path: Path) -> None:
    """They lacked a table under the same revision, and every page that asked for a figure answered 500."""
    house: House = wiring.build(
        for_the_demo(tmp_path, base_url="http://localhost", smtp_url="smtp://127.0.0.1:1", mode="test", **KEYS)
    )
    found(house)
    [now] = [one for one in house.projections if isinstance(one, Tallies)]
    with house.store.begin() as db:
        now.drop(db)
        for table in Tallies.declared[:-1]:
            of_revision(table, 1).create(db)
        db.execute(update(kept).where(kept.c.name == "tallies").values(revision=1))
    assert [one.lag for one in look(house).projections if one.name == "tallies"] == [None], (
        "the desk asks for no table of ours"
    )
    said = list(bring_up(house, lambda _: lambda _done, _total: None))
    assert any(line.startswith("tallies ") for line in said), said
    house.handling.catch_up()
    assert {one.state for one in look(house).projections if (one.name, one.revision) == ("tallies", now.revision)} == {
        "live"
    }
    assert "tally_place_r2" in inspect(house.engine).get_table_names()
    house.close()
