"""What stands committed before a letter leaves: no more than is on its way and as many again, and what fails costs no other its verdict."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy.exc import SQLAlchemyError

from eventstore.refusal import Busy
from notifications.marks import Marks
from notifications.schema import letters as table
from tests.notifications.moments import DRAFT
from tests.notifications.post import PostOffice, Server
from tests.notifications.test_delivery import nobody_listens, sealed
from tests.scenario import SEALED

LINES = 4


class Slow(Server):
    """Takes every letter and answers none of them before it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.answer = 0, threading.Event()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.inside += 1
        while not self.answer.is_set():
            await asyncio.sleep(0.01)
        return await super().handle_DATA(server, session, envelope)


def until(true: Callable[[], bool], patience_s: float = 60) -> None:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < patience_s
        time.sleep(0.01)


def begun(post: PostOffice) -> int:
    return sum(stage == "data_started" for (stage,) in post.rows("stage"))


@pytest.mark.parametrize(("held", "most"), [((), 2 * LINES), (("unit_sealed",), LINES)])
def test_no_more_is_marked_than_leaves_and_as_much_again(post: PostOffice, held: tuple[str, ...], most: int) -> None:
    """Whoever dies now leaves so many in doubt. A kind that is never sent twice is marked letter by letter."""
    sealed(post)
    post.copy(45)
    server = Slow()
    with server.running() as port:
        delivery = post.delivery(port, held=held, connections=LINES)
        carrying = threading.Thread(target=delivery.drain)
        carrying.start()
        until(lambda: server.inside == LINES and begun(post) == most)
        for _ in range(20):
            assert begun(post) == most, "nothing more while nothing leaves"
            time.sleep(0.01)
        server.answer.set()
        carrying.join(60)
    assert post.states() == {"sent": 50}
    assert len(server.got) == len({str(mail["Message-ID"]) for mail in server.mail()}) == 50


def refuse(post: PostOffice, column: str, value: str, address: str) -> None:
    """Let the database refuse to write *value* into *column* of the letters to *address*."""
    wrong = f"NEW.{column} = '{value}' AND NEW.address = '{address}'"
    with post.store.begin() as db:
        if db.dialect.name == "sqlite":
            body = f"BEGIN SELECT RAISE(ABORT, 'no') WHERE {wrong}; END"
            db.exec_driver_sql(f"CREATE TRIGGER refused BEFORE UPDATE ON letters {body}")
        else:
            body = f"BEGIN IF {wrong} THEN RAISE 'no'; END IF; RETURN NEW; END"
            db.exec_driver_sql(f"CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
            db.exec_driver_sql(
                "CREATE TRIGGER refused BEFORE UPDATE ON letters FOR EACH ROW EXECUTE FUNCTION refused()"
            )


def test_a_mark_that_fails_costs_no_other_letter_its_verdict_or_its_turn(post: PostOffice) -> None:
    """The one is told and tried again when its lease is over; of the others each is sent once, and known to be."""
    for _ in range(12):
        post.happen(*DRAFT, SEALED)
    post.listener.follow()
    refuse(post, "stage", "data_started", "editor@people.example")
    server = Server()
    with server.running() as port:
        delivery = post.delivery(port, connections=LINES)
        for _ in range(40):
            try:
                if not delivery.drain().claimed:
                    break
            except SQLAlchemyError:
                assert "leased" not in {s for s, a in post.rows("state", "address") if a != "editor@people.example"}
    left = {(str(state), str(address)) for state, address in post.rows("state", "address")}
    assert {state for state, address in left if address != "editor@people.example"} == {"sent"}
    assert {state for state, address in left if address == "editor@people.example"} <= {"leased", "planned"}
    assert len(server.got) == len({str(mail["Message-ID"]) for mail in server.mail()}) == post.states()["sent"]


def test_a_verdict_that_cannot_be_written_costs_no_other_letter_its_own(post: PostOffice) -> None:
    """Those of one conversation are written together; where that fails, each is tried alone, and nothing leaves twice."""
    for _ in range(12):
        post.happen(*DRAFT, SEALED)
    post.listener.follow()
    refuse(post, "state", "sent", "editor@people.example")
    server = Server()
    with server.running() as port:
        delivery = post.delivery(port, connections=LINES)
        with pytest.raises(SQLAlchemyError):
            delivery.drain()
        while True:
            try:
                if not delivery.drain().claimed:
                    break
            except SQLAlchemyError:
                continue
    left = post.rows("state", "address")
    assert {state for state, address in left if address != "editor@people.example"} == {"sent"}
    assert {state for state, address in left if address == "editor@people.example"} == {"leased"}
    assert len(server.got) == len({str(mail["Message-ID"]) for mail in server.mail()}) == len(left)


def test_what_one_mark_breaks_is_its_own(post: PostOffice) -> None:
    """Marks of several conversations are written together; one that fails fails alone."""

    def fails(*_: object) -> None:
        raise ValueError("no")

    async def several() -> list[object]:
        marks = Marks(post.store, post.clock)
        wishes = [marks.set(lambda _db, _now: 1), marks.set(fails), marks.set(lambda _db, _now: 2)]
        return await asyncio.gather(*wishes, return_exceptions=True)

    first, wrong, last = asyncio.run(several())
    assert (first, last) == (1, 2)
    assert isinstance(wrong, ValueError)


def test_a_database_that_is_busy_is_busy_for_all_of_them(post: PostOffice) -> None:
    tries: list[int] = []

    def busy(*_: object) -> None:
        tries.append(1)
        raise Busy("no")

    async def several() -> list[object]:
        marks = Marks(post.store, post.clock)
        wishes = [marks.set(lambda _db, _now: 1), marks.set(busy)]
        return await asyncio.gather(*wishes, return_exceptions=True)

    assert [type(one) for one in asyncio.run(several())] == [Busy, Busy]
    assert len(tries) == 3


def test_the_tempo_counts_letters_that_left_and_nothing_else(post: PostOffice) -> None:
    """Nothing is marked ahead because much could not be written, or because a server was away."""
    sealed(post)
    with post.store.begin() as db:
        db.execute(table.update().where(table.c.address != "editor@people.example").values(kind="unheard_of"))
    delivery = post.delivery(nobody_listens())
    delivery.drain()
    assert post.states() == {"planned": 1, "dead": 4}
    assert delivery.tempo.within(3600) == 0
    sealed(post)
    with Server().running() as port:
        again = post.delivery(port)
        assert again.drain().sent == 6
        assert again.tempo.within(3600) > 6
