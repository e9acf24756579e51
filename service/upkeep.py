"""What an operator does to the tables: bring them up, build a projection anew."""

from collections.abc import Callable, Iterator

import migrations
from eventstore.projection import install
from eventstore.rebuild import Progress, Rebuilt, rebuild
from service import roles
from service.wiring import House


def bring_up(house: House, progress_of: Callable[[str], Progress]) -> Iterator[str]:
    """Migrate, install, and build every projection that the log is ahead of; says what it did, a line each.

    *progress_of* answers whoever watches the building of one of that name.
    """
    migrations.upgrade(house.engine)
    yield "数据库已到最新 · the database is up to date"
    with house.store.begin() as db:
        behind = install(db, house.projections)
    for projection in behind:
        rebuilt = rebuild(house.store, house.read, projection, progress=progress_of(projection.name))
        yield f"{rebuilt.name} 第 {rebuilt.revision} 版已建好 · built from {rebuilt.events} 条事件 events"
    with house.store.begin() as db:
        prefix = roles.grant_again(db)
    if prefix:
        yield f"{prefix}_* 的权限已重授 · rights were granted anew"


def rebuild_one(house: House, name: str, *, repair: bool, progress: Progress | None = None) -> Rebuilt:
    """Build the projection *name* beside the live one, compare, and put it in its place where it differs and *repair*."""
    projection = next(each for each in house.projections if each.name == name)
    return rebuild(house.store, house.read, projection, repair=repair, progress=progress)
