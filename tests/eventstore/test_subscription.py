"""A listener sees every event once, in order, and stands still at the one it cannot handle."""

import threading
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, text, update

from eventstore.event import Fact, NewEvent
from eventstore.facts import reading
from eventstore.personal import PersonalData
from eventstore.refusal import Busy, HistoryBroken
from eventstore.schema import checkpoints
from eventstore.store import EventStore
from eventstore.subscription import Fenced, Subscription
from tests.eventstore.jars import CODEC, MASTER, PebbleDropped, pebble
from tests.eventstore.test_verify import as_administrator

READ = reading(CODEC, PersonalData(MASTER))


@pytest.fixture(autouse=True)
def post(store: EventStore) -> None:
    with store.begin() as db:
        db.execute(text("CREATE TABLE post (position bigint)"))


def plan(db: Connection, facts: Sequence[Fact]) -> None:
    for fact in facts:
        db.execute(text("INSERT INTO post VALUES (:position)"), {"position": fact.recorded.position})


def planned(store: EventStore) -> list[int]:
    with store.reading() as db:
        return list(db.execute(text("SELECT position FROM post ORDER BY position")).scalars())


def pebbles(store: EventStore, count: int, stream: str = "jar-1") -> None:
    store.append(stream, len(store.read_stream(stream)), [pebble(number) for number in range(count)])


def test_work_and_cursor_move_together(store: EventStore) -> None:
    pebbles(store, 25)
    listener = Subscription(store, READ, "post", plan, batch=10)
    assert (listener.run_once(), listener.run(), listener.run()) == (10, 15, 0)
    assert planned(store) == list(range(1, 26))
    assert store.load_checkpoint("post") == 25


def test_what_fails_leaves_neither_work_nor_cursor(store: EventStore) -> None:
    pebbles(store, 3)

    def interrupted(db: Connection, facts: Sequence[Fact]) -> None:
        plan(db, facts)
        raise Busy("the database went away")

    with pytest.raises(Busy):
        Subscription(store, READ, "post", interrupted).run()
    assert (planned(store), store.load_checkpoint("post")) == ([], 0)
    Subscription(store, READ, "other", plan).run()
    assert planned(store) == [1, 2, 3]


def test_a_poison_event_stops_the_listener_at_its_position(store: EventStore) -> None:
    pebbles(store, 9)
    poison = {5}

    def handle(db: Connection, facts: Sequence[Fact]) -> None:
        plan(db, facts)
        if any(fact.recorded.position in poison for fact in facts):
            raise ZeroDivisionError("five")

    listener = Subscription(store, READ, "post", handle)
    assert listener.run() == 4
    standing = listener.standing()
    assert (standing.position, standing.failed_position, standing.lag) == (4, 5, 5)
    assert standing.last_error == "ZeroDivisionError: five"
    assert (listener.run(), planned(store)) == (0, [1, 2, 3, 4])
    poison.clear()
    listener.resume()
    assert listener.run() == 5
    assert planned(store) == list(range(1, 10))


def test_an_event_nobody_knows_stops_the_listener(store: EventStore) -> None:
    pebbles(store, 1)
    store.append("x", 0, [NewEvent(type="un.known", payload={}, actor="ann")])
    listener = Subscription(store, READ, "post", plan)
    assert listener.run() == 1
    assert listener.standing().failed_position == 2


def test_a_gap_is_corruption_and_never_skipped(store: EventStore) -> None:
    pebbles(store, 5)
    with as_administrator(store.engine) as db:
        db.execute(text("DELETE FROM events WHERE position = 3"))
    listener = Subscription(store, READ, "post", plan)
    assert listener.run() == 2
    assert (listener.standing().failed_position, planned(store)) == (4, [1, 2])
    assert HistoryBroken.__name__ in str(listener.standing().last_error)


def test_a_filter_moves_past_what_it_leaves_out(store: EventStore) -> None:
    for _ in range(3):
        pebbles(store, 4)
        store.append(
            f"x{store.head_position()}", 0, [NewEvent(type="jar.jar_opened", payload={"label": "x"}, actor="a")]
        )
    listener = Subscription(store, READ, "post", plan, types=["jar.jar_opened"], batch=2)
    listener.run()
    assert planned(store) == [5, 10, 15]
    pebbles(store, 2)
    listener.run()
    assert store.load_checkpoint("post") == 17


def test_one_process_follows_at_a_time_and_a_lapsed_lease_is_taken_over(store: EventStore) -> None:
    pebbles(store, 4)
    first = Subscription(store, READ, "post", plan, batch=2, owner="one")
    second = Subscription(store, READ, "post", plan, batch=2, owner="two")
    assert (first.run_once(), second.run_once()) == (2, 0)
    with store.begin() as db:
        db.execute(update(checkpoints).values(lease_until=0))
    assert (second.run_once(), first.run_once()) == (2, 0)
    assert planned(store) == [1, 2, 3, 4]


def test_whoever_lost_the_lease_moves_nothing(store: EventStore) -> None:
    pebbles(store, 2)

    def robbed(db: Connection, facts: Sequence[Fact]) -> None:
        plan(db, facts)
        db.execute(update(checkpoints).values(fence=checkpoints.c.fence + 1))

    with pytest.raises(Fenced):
        Subscription(store, READ, "post", robbed).run()
    assert (planned(store), store.load_checkpoint("post")) == ([], 0)


def test_two_followers_and_a_writer_make_each_letter_once(store: EventStore) -> None:
    stop = threading.Event()
    followers = [
        threading.Thread(target=Subscription(store, READ, "post", plan, batch=7, lease_s=0).follow, args=(stop, 0.01))
        for _ in range(2)
    ]
    for follower in followers:
        follower.start()
    for number in range(40):
        store.append(f"jar-{number}", 0, [pebble()])
    for _ in range(500):
        if store.load_checkpoint("post") == 40:
            break
        stop.wait(0.02)
    stop.set()
    for follower in followers:
        follower.join()
    assert planned(store) == list(range(1, 41))


def test_facts_arrive_decoded(store: EventStore) -> None:
    pebbles(store, 1)
    seen: list[Fact] = []
    Subscription(store, READ, "post", lambda _db, facts: seen.extend(facts)).run()
    assert [fact.event for fact in seen] == [PebbleDropped(grams=0)]
