"""What a release keeps back: all that was about to leave before the hold, in bundles and by the clock too, and nothing that is leaving now."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from admin.holding import Holding, Released
from eventstore.clock import DatabaseClock
from eventstore.event import microseconds
from eventstore.refusal import Busy
from eventstore.schema import checkpoints
from notifications import choosing, letters
from notifications.cadence import Cadence, Choices
from notifications.letters import LEASE, Outcome, Verdict
from tests.databases import postgres_database, sqlite_url
from tests.notifications.conftest import opened
from tests.notifications.moments import DRAFT, INVITED
from tests.notifications.post import PostOffice, Server
from tests.notifications.test_delivery import frozen
from tests.scenario import COUNTY, SEALED, at
from tests.webhooks.depot import Depot
from webhooks import parcels

BOTH = pytest.mark.parametrize("engine", ["sqlite", "postgres"], indirect=True)
PATIENT = {"unit_sealed": Cadence.HOURLY}


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path):  # type: ignore[no-untyped-def]
    if getattr(request, "param", "sqlite") == "sqlite":
        yield from opened(sqlite_url(tmp_path))
    else:
        with postgres_database() as url:
            yield from opened(url)


@pytest.fixture
def post(engine: Engine) -> PostOffice:
    office = PostOffice(engine)
    office.populate()
    return office


@pytest.fixture
def holding(post: PostOffice) -> Holding:
    return Holding(post.store, post.clock, (post.listener.subscription,), post.ringing)


def sealed(post: PostOffice, patient: str = "") -> None:
    """An application is sealed: five letters, of which *patient* gets hers within the hour."""
    if patient:
        with post.store.begin() as db:
            choosing.choose(db, post.people[patient], Choices(cadence=PATIENT), post.clock.now(db))
    post.happen(*DRAFT, SEALED)
    post.listener.follow()


def reasons(post: PostOffice) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for state, reason in post.rows("state", "reason"):
        found[str(state), str(reason)] = found.get((str(state), str(reason)), 0) + 1
    return found


@BOTH
def test_a_letter_that_waits_in_an_open_bundle_is_kept_back_with_the_others(post: PostOffice, holding: Holding) -> None:
    sealed(post, "yuelu-head")
    before = len(post.rows("id"))
    assert ("suppressed", "in_digest") in reasons(post)
    holding.hold("operator")
    waiting = holding.standing()
    assert waiting is not None
    assert waiting.letters == before
    sealed(post)
    assert holding.release("operator", send=False).letters == before
    post.clock.pass_by(hours=2)
    post.ringing.ring()
    after = reasons(post)
    assert after == {("suppressed", "restored"): before, ("planned", ""): before}, "what came later leaves, alone"


def test_no_bundle_closes_and_nothing_rings_while_all_is_held(post: PostOffice, holding: Holding) -> None:
    post.clock.at = at("2025-11-10 10:00")
    post.happen(*DRAFT)
    sealed(post, "yuelu-head")
    sealed(post)
    holding.hold("operator")
    post.clock.at = at("2025-11-21 09:00")
    assert post.ringing.ring() == 0
    assert reasons(post)["suppressed", "in_digest"] == 2
    holding.release("operator", send=True)
    assert post.ringing.ring() == 3 + 1
    assert {str(kind) for (kind,) in post.rows("kind")} == {"unit_sealed", "remind_draft", "digest"}


@BOTH
def test_a_reminder_of_before_is_kept_back_and_one_that_falls_due_later_rings(
    post: PostOffice, holding: Holding
) -> None:
    """The house that was lost may have rung it between the backup and the hold, whatever has happened since."""
    post.clock.at = at("2025-11-10 10:00")
    post.happen(*DRAFT)
    post.listener.follow()
    post.clock.at = at("2025-11-21 09:00")
    holding.hold("operator")
    post.happen(*DRAFT)
    assert post.ringing.ring() == 0
    assert holding.release("operator", send=False) == Released(letters=3)
    assert post.ringing.ring() == 0
    assert reasons(post) == {("suppressed", "restored"): 3}
    post.clock.at = at("2025-11-27 09:00")
    assert post.ringing.ring() > 0


def test_the_lead_is_told_of_no_letter_that_died_before(post: PostOffice, holding: Holding) -> None:
    """Of one that dies later it is."""
    server = Server(answers={"m@example.cn": "550 no such user"})
    with server.running() as port:
        post.happen(*DRAFT, INVITED)
        post.listener.follow()
        post.delivery(port).drain()
        post.clock.pass_by(minutes=1)
        holding.hold("operator")
        holding.release("operator", send=False)
        assert post.ringing.ring() == 0
        post.happen(*DRAFT, INVITED)
        post.listener.follow()
        post.delivery(port).drain()
        assert post.ringing.ring() == 3


@BOTH
@pytest.mark.parametrize("begun", [False, True])
def test_nothing_is_released_while_a_letter_of_before_is_leaving(
    post: PostOffice, holding: Holding, begun: bool
) -> None:
    """Whoever carries it says what became of it; a lease that ran out is nobody's."""
    sealed(post)
    with post.store.begin() as db:
        mine, other = letters.claim(db, post.clock.now(db), 2)
        if begun:
            letters.start_data(db, [frozen(mine, b"x"), frozen(other, b"x")], post.clock.now(db))
    holding.hold("operator")
    with pytest.raises(Busy):
        holding.release("operator", send=False)
    assert holding.standing() is not None
    with post.store.begin() as db:
        assert letters.settle(db, mine, Verdict(outcome=Outcome.SENT), post.clock.now(db)) == "sent"
    post.clock.pass_by(seconds=LEASE.total_seconds() + 1)
    assert holding.release("operator", send=False).letters == 4
    assert reasons(post) == {("sent", ""): 1, ("suppressed", "restored"): 4}


def test_what_is_leaving_holds_up_no_release_that_sends_all(post: PostOffice, holding: Holding) -> None:
    sealed(post)
    with post.store.begin() as db:
        letters.claim(db, post.clock.now(db), 1)
    holding.hold("operator")
    assert holding.release("operator", send=True) == Released()
    assert post.states() == {"planned": 4, "leased": 1}


@BOTH
def test_a_parcel_that_is_leaving_is_not_kept_back_either(engine: Engine) -> None:
    depot = Depot(engine)
    depot.populate()
    depot.endpoint("https://127.0.0.1:1/hook", types=("application.recommended",))
    depot.recommended(2)
    depot.listener.follow()
    _, [bundle, _], _ = depot.delivery.claim(2)
    with pytest.raises(Busy), depot.store.begin() as db:
        parcels.withhold(db, depot.store.head_in(db), depot.clock.now(db))
    with depot.store.begin() as db:
        now = depot.clock.now(db)
        parcels.settle(db, [(bundle.parcels[0], parcels.Verdict(outcome=parcels.Outcome.SENT))], now)
    depot.clock.at += parcels.LEASE * 2
    with depot.store.begin() as db:
        assert parcels.withhold(db, depot.store.head_in(db), depot.clock.now(db)) == 1
    assert sorted(depot.states()) == ["sent", "suppressed"]


@pytest.mark.parametrize("send", [False, True])
def test_nothing_is_released_before_all_of_before_is_planned(post: PostOffice, holding: Holding, send: bool) -> None:
    """Another process follows, or a follower stands still: what it plans afterwards would leave as if it were new."""
    post.happen(*DRAFT, SEALED)
    post.listener.follow()
    post.happen(*DRAFT, SEALED, COUNTY)
    holding.hold("operator")
    with post.store.begin() as db:
        theirs = {"lease_owner": "another", "lease_until": microseconds(DatabaseClock().now(db)) + 30_000_000}
        db.execute(update(checkpoints).where(checkpoints.c.name == "letters").values(theirs))
    with pytest.raises(Busy) as busy:
        holding.release("operator", send=send)
    assert busy.value.retry_after_s == 30
    assert holding.standing() is not None
    with post.store.begin() as db:
        db.execute(update(checkpoints).values(lease_until=0))
    assert holding.release("operator", send=send).letters == (0 if send else len(post.rows("id")))
    assert holding.standing() is None
