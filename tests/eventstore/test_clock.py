"""Time is the database's; a demonstration may move it for all processes at once."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from eventstore.clock import DatabaseClock, SettableClock
from eventstore.engine import open_engine
from eventstore.event import instant_of, microseconds
from eventstore.ids import CountedIds, uuid7
from eventstore.store import EventStore

SECOND = timedelta(seconds=1)


def test_the_databases_clock_is_aware_and_right(store: EventStore) -> None:
    with store.reading() as db:
        now = DatabaseClock().now(db)
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < 5 * SECOND


def test_a_moved_clock_is_moved_for_every_process_and_goes_on(store: EventStore, engine: Engine) -> None:
    june = datetime(2027, 6, 3, 1, tzinfo=UTC)
    with store.begin() as db:
        SettableClock().set(db, june)
    other = EventStore(open_engine(engine.url.render_as_string(hide_password=False)))
    with other.reading() as db:
        first = SettableClock().now(db)
        assert june <= first < june + 20 * SECOND
        assert SettableClock().now(db) > first
    with store.begin() as db:
        SettableClock().reset(db)
        assert abs(SettableClock().now(db) - DatabaseClock().now(db)) < 5 * SECOND
    other.engine.dispose()


def test_microseconds_are_exact() -> None:
    instant = datetime(2026, 6, 3, 8, 0, 0, 123457, tzinfo=UTC)
    assert instant_of(microseconds(instant)) == instant


def test_ids_sort_by_time_and_are_version_seven() -> None:
    ids = [uuid7() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert {made.version for made in ids} == {7}
    assert [made.int >> 76 for made in ids] == sorted(made.int >> 76 for made in ids)
    assert [str(CountedIds(7).uuid7())[:13], CountedIds(7).uuid7().version] == ["00000000-0007", 7]
