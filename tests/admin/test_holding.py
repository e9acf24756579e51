"""After a restore nothing leaves until somebody says so; what may have left before is kept back, or sent because somebody wanted it."""

import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import update

from eventstore import outgoing
from eventstore.schema import checkpoints
from service import wiring
from tests.adversary.serving import World, peopled
from tests.databases import postgres_database, sqlite_url
from tests.faults.instances import free_port
from tests.faults.outside import MailServer


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
    else:
        with postgres_database() as url:
            yield url


def states(world: World) -> dict[str, int]:
    found: dict[str, int] = {}
    for letter in world.letters():
        found[letter["state"]] = found.get(letter["state"], 0) + 1
    return found


@pytest.mark.parametrize("send", [False, True])
def test_what_is_held_leaves_when_it_is_released_and_what_came_before_as_was_said(
    database: str, tmp_path: Path, send: bool
) -> None:
    server = MailServer(Random(1))
    with server.running() as port, peopled(database, tmp_path, port) as world:
        house = world.house
        world.sealed(1)
        house.listener.follow()
        before = states(world)["planned"]
        house.holding.hold("house", "restored")
        world.sealed(2)
        house.listener.follow()
        house.delivery.drain()
        house.hooks.delivery.drain()
        assert server.taken == []
        waiting = house.holding.standing()
        assert waiting is not None
        assert waiting.letters == before
        released = house.holding.release("operator", send=send)
        assert released.letters == (0 if send else before)
        assert house.holding.standing() is None
        house.delivery.drain()
        kept_back = {} if send else {"suppressed": before}
        assert states(world) == {"sent": before * 2 if send else before, **kept_back}
        assert len(server.taken) == states(world)["sent"]


def test_a_log_that_is_shorter_than_a_head_kept_outside_is_held_by_itself_and_once(
    database: str, tmp_path: Path
) -> None:
    with peopled(database, tmp_path, free_port(), checkpoints=tmp_path / "outside") as world:
        house = world.house
        world.sealed(1)
        assert house.proofs.keep(now=True)
        assert house.holding.hold_if_restored(house.proofs) is None
        shorter = Shorter(house.proofs)
        held = house.holding.hold_if_restored(shorter)  # type: ignore[arg-type]
        assert held is not None
        assert held.because == "restored"
        house.holding.release("operator", send=False)
        assert house.holding.hold_if_restored(shorter) is None, "the same head says nothing new"
        shorter.more = 2
        assert house.holding.hold_if_restored(shorter) is not None  # type: ignore[arg-type]


@pytest.mark.parametrize("said_again", [False, True])
def test_a_head_that_was_answered_stays_answered_whoever_held_first_and_afterwards(
    database: str, tmp_path: Path, said_again: bool
) -> None:
    """`vermilion hold` comes before the processes that see the head outside; what is then released stays released."""
    with peopled(database, tmp_path, free_port(), checkpoints=tmp_path / "outside") as world:
        house = world.house
        assert house.proofs.keep(now=True)
        shorter = Shorter(house.proofs)
        house.holding.hold("operator", "restored")
        assert house.holding.hold_if_restored(shorter) is not None  # type: ignore[arg-type]
        house.holding.release("operator", send=True)
        if said_again:
            house.holding.hold("operator", "quiet")
            house.holding.release("operator", send=True)
        assert house.holding.hold_if_restored(shorter) is None  # type: ignore[arg-type]
        assert house.holding.standing() is None


def test_a_hold_that_came_with_the_backup_gives_way_to_the_one_that_the_restore_asks_for(
    database: str, tmp_path: Path
) -> None:
    """What happened after it was released there, and left: from here on that is of before as well."""
    with peopled(database, tmp_path, free_port(), checkpoints=tmp_path / "outside") as world:
        house = world.house
        assert house.proofs.keep(now=True)
        quiet = house.holding.hold("operator", "quiet")
        world.sealed(1)
        shorter = Shorter(house.proofs)
        shorter.more = 100
        found = house.holding.hold_if_restored(shorter)  # type: ignore[arg-type]
        assert found is not None
        assert (found.because, found.position) == ("restored", house.store.head_position())
        assert found.position > quiet.position
        with house.store.reading() as db:
            assert outgoing.held(db) == found


@pytest.mark.parametrize("note", ["", "not a note\n", "elsewhere\n3\nAAAA\n\n\u2014 elsewhere AAAAAAAA\n", "\udcff"])
def test_a_head_outside_that_is_not_ours_holds_too_and_once(tmp_path: Path, note: str) -> None:
    """Who cannot read how far the log had come does not know that nothing is missing."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "latest.txt").write_bytes(note.encode("utf-8", "surrogateescape"))
    with peopled(sqlite_url(tmp_path), tmp_path, free_port(), checkpoints=outside) as world:
        house = world.house
        held = house.holding.hold_if_restored(house.proofs)
        assert held is not None
        assert held.because == "foreign_head"
        house.holding.release("operator", send=True)
        assert house.holding.hold_if_restored(house.proofs) is None, "it says nothing new"


class Shorter:
    """A head outside that covers more than the log has."""

    def __init__(self, proofs: object) -> None:
        self.proofs, self.more = proofs, 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self.proofs, name)

    def outside_size(self) -> int:
        return self.proofs.outside_size() + self.more  # type: ignore[attr-defined, no-any-return]


def test_a_hold_stands_as_it_was_first_said(database: str, tmp_path: Path) -> None:
    with peopled(database, tmp_path, free_port()) as world:
        first = world.house.holding.hold("one", "restored")
        world.sealed(1)
        assert world.house.holding.hold("another", "") == first
        with world.house.store.reading() as db:
            assert outgoing.held(db) == first


def test_a_restored_backup_sends_nothing_of_its_past_and_everything_new(tmp_path: Path) -> None:
    """Letters planned in the backup had left after it was made; the signed head outside says that this log is an older one."""
    server = MailServer(Random(1))
    with server.running() as port:
        with peopled(sqlite_url(tmp_path), tmp_path, port, checkpoints=tmp_path / "outside") as world:
            database = str(world.house.engine.url.database)
            world.sealed(1)
            world.house.listener.follow()
            copied(database, tmp_path / "backup.db")
            world.house.delivery.drain()
            world.sealed(2)
            world.house.listener.follow()
            world.house.delivery.drain()
            assert world.house.proofs.keep(now=True)
            left = len(server.taken)
            assert left
        for leftover in Path(database).parent.glob(f"{Path(database).name}*"):
            leftover.unlink()
        copied(str(tmp_path / "backup.db"), Path(database))
        house = wiring.build(world.settings)
        assert house.holding.hold_if_restored(house.proofs) is not None
        house.delivery.drain()
        assert len(server.taken) == left
        house.holding.release("operator", send=False)
        house.delivery.drain()
        assert len(server.taken) == left, "what was planned in the backup is kept back"
        with house.store.begin() as db:
            db.execute(update(checkpoints).values(lease_until=0))  # the half minute of whoever followed then is over
        World(settings=world.settings, house=house, tokens={}).sealed(3)
        house.listener.follow()
        house.delivery.drain()
        house.close()
        assert len(server.taken) == left + left // 2
        assert len({one.message_id for one in server.taken}) == len(server.taken)


def copied(database: str, to: Path) -> None:
    """As `.backup` does it: a copy that is whole, whoever writes meanwhile."""
    with closing(sqlite3.connect(database)) as here, closing(sqlite3.connect(to)) as there:
        here.backup(there)
