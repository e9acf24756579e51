"""What is about a person can be erased, and the log does not change by it."""

import pytest
from sqlalchemy import text, update

from eventstore.dispatch import Dispatcher
from eventstore.event import Personal
from eventstore.personal import PersonalData
from eventstore.refusal import HistoryBroken
from eventstore.schema import personal_data
from eventstore.store import EventStore
from eventstore.verify import verify
from tests.eventstore.jars import CODEC, FOLD, MASTER, asked, house, noting

SECRET = "王小明 13800000000"


@pytest.fixture
def jars(store: EventStore) -> Dispatcher:
    made = house(store.engine)
    made.dispatch(
        "jar-1", FOLD, noting(SECRET, phone=Personal(SECRET), other=Personal("李", subject="person-2")), asked()
    )
    return made


def everything(store: EventStore) -> str:
    """All that the database holds, as one text."""
    tables = ["events", "personal_data", "subject_keys", "command_keys", "shelf_r1"]
    with store.reading() as db:
        return "".join(repr(tuple(row)) for name in tables for row in db.execute(text(f"SELECT * FROM {name}")))


def test_the_value_is_in_no_table(jars: Dispatcher) -> None:
    found = everything(jars.store)
    assert SECRET not in found
    assert repr(SECRET.encode()) not in found
    assert SECRET.encode().hex() not in found


def test_the_value_is_revealed_to_the_fold(jars: Dispatcher) -> None:
    author = jars.load("jar-1", FOLD).state.author
    assert author is not None
    assert author.value == SECRET
    assert author.commitment is not None


def test_equal_values_do_not_look_equal(jars: Dispatcher) -> None:
    author, phone = (jars.history("jar-1")[0].recorded.payload.split('"pd":"')[part][:64] for part in (1, 2))
    assert author != phone


def test_erasing_a_subject_empties_its_values_and_no_others(jars: Dispatcher) -> None:
    before = verify(jars.store.engine)
    with jars.store.begin() as db:
        assert jars.personal.erase(db, "jar-1") == 2
    author = jars.load("jar-1", FOLD).state.author
    assert author is not None
    assert author.value is None
    with jars.store.reading() as db:
        assert list(jars.personal.reveal_stream(db, "jar-1").values()) == ["李"]
    assert verify(jars.store.engine) == before
    assert before.ok


def test_after_an_erasure_new_values_are_kept_under_a_new_key(jars: Dispatcher) -> None:
    with jars.store.begin() as db:
        jars.personal.erase(db, "jar-1")
    jars.dispatch("jar-1", FOLD, noting("new"), asked())
    author = jars.load("jar-1", FOLD).state.author
    assert author is not None
    assert author.value == "new"


def test_a_value_that_was_read_keeps_its_commitment_when_written_again(jars: Dispatcher) -> None:
    author = jars.load("jar-1", FOLD).state.author
    assert author is not None
    concealing = jars.personal.concealing("jar-1")
    assert concealing(author) == author.commitment


def test_another_master_key_opens_nothing(jars: Dispatcher) -> None:
    stranger = PersonalData(bytes(32))
    with jars.store.reading() as db, pytest.raises(HistoryBroken, match="master key"):
        stranger.reveal_stream(db, "jar-1")
    with jars.store.reading() as db:
        assert SECRET in PersonalData(bytes(32), MASTER).reveal_stream(db, "jar-1").values()


def test_values_cannot_be_exchanged_or_altered(jars: Dispatcher) -> None:
    with jars.store.begin() as db:
        one, other = db.execute(
            text("SELECT commitment, sealed FROM personal_data WHERE subject = 'jar-1' ORDER BY commitment")
        ).all()
        db.execute(update(personal_data).where(personal_data.c.commitment == one[0]).values(sealed=other[1]))
    with pytest.raises(HistoryBroken, match="altered"):
        jars.load("jar-1", FOLD)


def test_a_page_of_many_streams_is_revealed_at_once(jars: Dispatcher) -> None:
    from eventstore.facts import reading

    jars.dispatch("jar-2", FOLD, noting("second"), asked())
    with jars.store.reading() as db:
        facts = reading(CODEC, jars.personal)(db, jars.store.read_all())
    authors = [getattr(fact.event, "author").value for fact in facts]  # noqa: B009
    assert authors == [SECRET, "second"]


def test_values_that_are_set_apart_are_restricted_and_erased_by_themselves(jars: Dispatcher) -> None:
    with jars.store.reading() as db:
        known = jars.personal.reveal_stream(db, "jar-1")
    [one, other] = [commitment for commitment, value in known.items() if value == SECRET]
    before = verify(jars.store.engine)
    with jars.store.begin() as db:
        assert jars.personal.set_apart(db, "jar-2", [one], "erasing-1") == 0  # another stream's
        assert jars.personal.set_apart(db, "jar-1", [one, "0" * 64], "erasing-1") == 1
        assert jars.personal.reveal_stream(db, "jar-1") == known  # moved, and nothing else
        jars.personal.restrict(db, "erasing-1")
        assert jars.personal.reveal(db, [one, other]) == {other: SECRET}
        jars.personal.release(db, "erasing-1")
        assert jars.personal.reveal(db, [one]) == {one: SECRET}
        assert jars.personal.erase(db, "erasing-1") == 1
        assert jars.personal.set_apart(db, "jar-1", [one], "erasing-2") == 0  # nothing is left to move
        assert jars.personal.reveal(db, [one, other]) == {other: SECRET}
        assert jars.personal.empty(db, [one, other]) == 1
    assert verify(jars.store.engine) == before
