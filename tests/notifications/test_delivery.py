"""Letters reach a real SMTP server once each; what cannot be reached waits, what is in doubt is tried once more or held."""

import socket
from collections import Counter
from dataclasses import replace
from threading import Thread

import pytest
from sqlalchemy import select

from notifications import letters
from notifications.delivery import SCHEDULE
from notifications.letters import LEASE, SECOND_TRY_AFTER
from notifications.schema import letter_attempts
from tests.notifications.moments import DRAFT, TOLD
from tests.notifications.post import PostOffice, Server, when
from tests.scenario import COUNTY, SEALED

SEAL_TELLS = [
    "admin@people.example",
    "editor@people.example",
    "liaison@unit.test",
    "yuelu-clerk@people.example",
    "yuelu-head@people.example",
]


def sealed(post: PostOffice) -> None:
    post.happen(*DRAFT, SEALED)
    post.listener.follow()


def frozen(letter: letters.Claimed, body: bytes) -> letters.Frozen:
    return letters.Frozen(letter=letter, subject="s", body=body, body_sha256="00")


def nobody_listens() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_every_kind_of_letter_arrives_once(post: PostOffice) -> None:
    server = Server()
    for moment in TOLD:
        post.happen(*moment.history, moment.event)
    post.listener.follow()
    due = post.states()["planned"]
    with server.running() as port:
        done = post.delivery(port).drain()
        assert (done.sent, done.blocked) == (due, False)
        assert post.delivery(port).drain().claimed == 0
    assert len(server.got) == due
    ids = Counter(str(mail["Message-ID"]) for mail in server.mail())
    assert set(ids.values()) == {1}
    assert ids.keys() == {str(message_id) for message_id, state in post.rows("message_id", "state") if state == "sent"}
    assert set(post.states()) <= {"sent", "suppressed"}


def test_a_letter_names_the_trace_of_the_request_that_caused_it(post: PostOffice) -> None:
    """The correlation id of its event, which a request's traceparent becomes; the same bytes at every try."""
    sealed(post)
    with post.store.reading() as db:
        caused = post.store.all_in(db, post.store.head_in(db) - 1, 1)[0].correlation_id
    server = Server()
    with server.running() as port:
        post.delivery(port).drain()
    found = [str(mail["Traceparent"]).split("-") for mail in server.mail()]
    assert {(version, trace, flags) for version, trace, _, flags in found} == {("00", caused.hex, "01")}
    assert len({span for _, _, span, _ in found}) == len(found) == len(SEAL_TELLS), "each letter is a span of its own"


def test_a_letter_is_one_persons_and_bears_the_thread_of_its_application(post: PostOffice) -> None:
    server, sent_about = Server(), post.happen(*DRAFT, SEALED)
    post.listener.follow()
    with server.running() as port:
        post.delivery(port).drain()
    assert server.recipients() == SEAL_TELLS
    for mail in server.mail():
        assert len(mail["To"].addresses) == 1
        assert mail["References"] == f"<application.{sent_about}@vermilion.test>"
    body, digest = post.rows("body", "body_sha256")[0]
    assert isinstance(body, bytes)
    assert len(str(digest)) == 64


def test_a_connection_carries_many_and_there_are_four_at_most(post: PostOffice) -> None:
    server = Server()
    for _ in range(6):
        post.happen(*DRAFT, SEALED)
    post.listener.follow()
    with server.running() as port:
        assert post.delivery(port).deliver(50).sent == 30
    assert len(server.sessions) <= 4


def test_a_server_that_is_down_costs_nothing_but_time(post: PostOffice) -> None:
    """Transitions go on, no attempt is used up, and everything arrives when it is back."""
    server, port = Server(), nobody_listens()
    sealed(post)
    delivery = post.delivery(port)
    done = delivery.deliver()
    assert (done.blocked, done.sent, done.claimed) == (True, 0, 5)
    assert set(post.rows("state", "attempts", "stage")) == {("planned", 0, "none")}
    post.happen(*DRAFT, SEALED, COUNTY)
    post.listener.follow()
    with server.running(port):
        assert delivery.drain().sent == post.states()["sent"] == 5 + 5 + 4
    assert len(server.got) == 14


def test_while_the_breaker_is_open_nobody_knocks(post: PostOffice) -> None:
    server, port = Server(), nobody_listens()
    sealed(post)
    delivery = post.delivery(port, first_s=60)
    assert delivery.deliver().claimed == 5
    with server.running(port):
        assert delivery.deliver() == replace(delivery.deliver(), claimed=0, blocked=True)
    assert server.got == []


def test_a_temporary_no_comes_back_by_the_schedule_and_ends(post: PostOffice) -> None:
    server = Server(answers={"editor@people.example": "451 try later"})
    sealed(post)
    with server.running() as port:
        delivery = post.delivery(port)
        assert delivery.drain().sent == 4
        for attempt, wait in enumerate(SCHEDULE, 1):
            (row,) = [row for row in post.rows("address", "attempts", "due_at", "state") if row[3] != "sent"]
            assert row[1] == attempt
            assert wait * 0.8 <= when(row[2]) - post.clock.at <= wait * 1.2
            assert delivery.drain().claimed == 0
            post.clock.at = when(row[2])
            delivery.drain()
    assert ("editor@people.example", "dead", 451, "try later") in post.rows(
        "address", "state", "last_code", "last_error"
    )
    assert len(server.got) == 4


def test_an_address_the_server_does_not_know_is_dead_and_hurts_no_other(post: PostOffice) -> None:
    """One rejection never kills a batch."""
    server = Server(answers={"yuelu-head@people.example": "550 no such user"})
    sealed(post)
    with server.running() as port:
        done = post.delivery(port).drain()
    assert done.outcomes == Counter(sent=4, dead=1)
    assert ("yuelu-head@people.example", 550, "no such user") in post.rows("address", "last_code", "last_error")


def test_a_no_after_data_is_an_answer_and_not_a_doubt(post: PostOffice) -> None:
    server = Server(after_data=["451 greylisted", "554 spam"])
    sealed(post)
    with server.running() as port:
        done = post.delivery(port).drain()
    assert done.outcomes == Counter(sent=3, dead=1, later=1)


def test_a_letter_that_cannot_be_written_blocks_nobody(post: PostOffice) -> None:
    server = Server()
    sealed(post)
    with post.store.begin() as db:
        mine = letters.letters.c.address == "editor@people.example"
        db.execute(letters.letters.update().where(mine).values(kind="unheard_of"))
    with server.running() as port:
        done = post.delivery(port).drain()
    assert done.outcomes == Counter(sent=4, dead=1)


def test_a_line_that_breaks_after_data_is_in_doubt_and_tried_once_more_with_the_same_bytes(post: PostOffice) -> None:
    server = Server(cut=1)
    sealed(post)
    with server.running() as port:
        delivery = post.delivery(port)
        first = delivery.drain()
        assert first.outcomes == Counter(sent=4, unknown=1)
        assert post.states() == {"sent": 4, "planned": 1}
        post.clock.pass_by(minutes=5)
        assert delivery.drain().sent == 1
    assert sorted(Counter(server.got).values()) == [1, 1, 1, 1, 2]
    assert len(Counter(str(mail["Message-ID"]) for mail in server.mail())) == 5


def test_a_second_doubt_is_left_to_a_person(post: PostOffice) -> None:
    server = Server(cut=1)
    sealed(post)
    with server.running() as port:
        delivery = post.delivery(port)
        delivery.drain()
        server.cut = 1
        post.clock.pass_by(minutes=5)
        delivery.drain()
        post.clock.pass_by(days=3)
        assert delivery.drain().claimed == 0
    assert post.states() == {"sent": 4, "unknown": 1}


def test_a_letter_with_a_secret_in_it_is_never_tried_twice(post: PostOffice) -> None:
    server = Server(cut=1)
    sealed(post)
    with server.running() as port:
        post.delivery(port, held=["unit_sealed"]).drain()
    assert post.states() == {"sent": 4, "unknown": 1}


@pytest.mark.parametrize("begun", [False, True])
def test_a_process_that_dies_with_a_letter_in_its_hands(post: PostOffice, begun: bool) -> None:
    """Killed before DATA: planned again, certain not to double. Killed after it: in doubt."""
    server = Server()
    sealed(post)
    with post.store.begin() as db:
        mine = letters.claim(db, post.clock.now(db), 1)[0]
    if begun:
        with post.store.begin() as db:
            assert letters.start_data(db, [frozen(mine, b"Subject: s\r\n\r\nfrozen\r\n")], post.clock.now(db))
    with server.running() as port:
        delivery = post.delivery(port)
        assert delivery.drain().sent == 4
        post.clock.pass_by(seconds=LEASE.total_seconds() + 1)
        delivery.drain()
        assert post.states() == ({"sent": 4, "planned": 1} if begun else {"sent": 5})
        post.clock.pass_by(seconds=SECOND_TRY_AFTER.total_seconds())
        delivery.drain()
    assert post.states() == {"sent": 5}
    assert sum(b"frozen" in body for body in server.got) == int(begun)


def test_whoever_lost_the_lease_sends_and_marks_nothing(post: PostOffice) -> None:
    sealed(post)
    with post.store.begin() as db:
        slow = letters.claim(db, post.clock.now(db), 1)[0]
    post.clock.pass_by(seconds=LEASE.total_seconds() + 1)
    with post.store.begin() as db:
        letters.recover(db, post.clock.now(db))
        letters.claim(db, post.clock.now(db), 50)
    with post.store.begin() as db:
        now = post.clock.now(db)
        assert not letters.start_data(db, [frozen(slow, b"x")], now)
        assert letters.settle(db, slow, letters.Verdict(outcome=letters.Outcome.SENT), now) == ""


def test_four_who_claim_at_once_never_hold_the_same_letter(post: PostOffice) -> None:
    for _ in range(8):
        post.happen(*DRAFT, SEALED)
    post.listener.follow()
    held: list[str] = []

    def claim() -> None:
        while True:
            with post.store.begin() as db:
                mine = letters.claim(db, post.clock.now(db), 3)
            if not mine:
                return
            held.extend(letter.id for letter in mine)

    workers = [Thread(target=claim) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(held) == len(set(held)) == 40


def test_a_restart_or_a_replay_after_sending_sends_nothing(post: PostOffice) -> None:
    server = Server()
    sealed(post)
    with server.running() as port:
        post.delivery(port).drain()
        post.rewind()
        post.listening().follow()
        assert post.delivery(port).drain().claimed == 0
    assert len(server.got) == 5


def test_every_attempt_is_on_record(post: PostOffice) -> None:
    server = Server(answers={"editor@people.example": "451 try later"})
    sealed(post)
    with server.running() as port:
        delivery = post.delivery(port)
        delivery.drain()
        post.clock.pass_by(minutes=2)
        server.answers.clear()
        delivery.drain()
    query = select(letter_attempts.c.n, letter_attempts.c.outcome, letter_attempts.c.code)
    with post.store.reading() as db:
        attempts = sorted(tuple(row) for row in db.execute(query))
    assert attempts.count((1, "later", 451)) == 1
    assert attempts.count((2, "sent", 250)) == 1
    assert attempts.count((1, "sent", 250)) == 4


def test_a_thousand_letters_leave_over_four_lines(post: PostOffice) -> None:
    server = Server()
    sealed(post)
    post.copy(995)
    with server.running() as port:
        done = post.delivery(port).drain()
    assert (done.sent, len(server.got)) == (1000, 1000)
    assert len(server.sessions) <= 4 * 1000 / 50
    assert len({str(mail["Message-ID"]) for mail in server.mail()}) == 1000
