"""Letters are planned once per event and person, whoever asks how often; nothing that is read again is sent again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from threading import Thread
from uuid import UUID

from sqlalchemy import Connection, delete

from directory.actor import CONSOLE, Grant, Role
from eventstore.clock import DatabaseClock
from eventstore.dispatch import Context, Loaded
from eventstore.event import Event, Personal
from eventstore.ids import uuid7
from eventstore.projection import at_revision
from eventstore.refusal import Refusal, Refused
from notifications import letters
from notifications.announcements import TOLD as TABLE
from notifications.schema import letters as table
from tests.notifications.moments import BY_CITY, CONTACT, DISMISSED, DRAFT, OBJECTED, TOLD
from tests.notifications.post import FOLD, PostOffice
from tests.scenario import COUNTY, DRAWN, ON_NOTICE, OPENED, SEALED
from workflow.application import Application
from workflow.events import ApplicationEvent, Recalled
from workflow.stages import Stage

SEAL_TELLS = ["admin", "editor", "liaison@unit.test", "yuelu-clerk", "yuelu-head"]


def addresses(post: PostOffice) -> list[str]:
    return sorted(str(address).removesuffix("@people.example") for (address,) in post.rows("address"))


def test_a_seal_tells_the_first_bureau_and_every_contact_of_the_unit(post: PostOffice) -> None:
    """T03, A13: 岳麓区 bureau and the unit contact; R-092 makes the form's address the one for notices."""
    post.happen(*DRAFT)
    assert post.listener.follow() > 0
    assert post.rows("id") == []
    post.happen(OPENED, CONTACT, SEALED)
    post.listener.follow()
    assert addresses(post) == SEAL_TELLS
    assert set(post.rows("kind", "state")) == {("unit_sealed", "planned")}
    deadlines = dict(post.rows("audience", "deadline"))
    assert deadlines["body:430104"] is not None


def test_a_contact_who_is_also_a_person_gets_one_letter(post: PostOffice) -> None:
    mine = replace(CONTACT, answers={"liaison_email": Personal("Editor@People.example")})
    post.happen(OPENED, mine, SEALED)
    post.listener.follow()
    assert addresses(post) == ["admin", "editor", "yuelu-clerk", "yuelu-head"]


def test_somebody_with_two_offices_gets_one_letter(post: PostOffice) -> None:
    """(event, person, channel) is the key; a person in two audiences reads it as of the first."""
    both = post.people["yuelu-clerk"]
    post.register.give(_context(post), CONSOLE, both, Grant(Role.BUREAU_HEAD, "430104"))
    post.happen(*DRAFT, SEALED)
    post.listener.follow()
    assert addresses(post) == SEAL_TELLS


def test_every_kind_of_event_is_planned(post: PostOffice) -> None:
    for moment in TOLD:
        post.happen(*moment.history, moment.event)
    post.listener.follow()
    standing = post.listener.subscription.standing()
    assert (standing.lag, standing.last_error) == (0, None)
    assert {kind for (kind,) in post.rows("kind")} == set(TABLE)


def test_reading_everything_again_plans_nothing(post: PostOffice) -> None:
    """Rebuild, replay, restart: the three of them."""
    post.happen(*DRAFT, SEALED, COUNTY)
    post.listener.follow()
    planned = post.rows("id", "dedupe_key")
    assert post.listening().follow() == 0
    post.rewind()
    assert post.listening().follow() > 0
    assert post.rows("id", "dedupe_key") == planned
    with post.store.begin() as db:
        other = at_revision(post.projection, post.projection.revision + 1)
        other.create(db)
        other.apply(db, post.read(db, post.store.all_in(db)))
    post.listening().follow()
    assert post.rows("id", "dedupe_key") == planned


def test_what_is_older_than_three_days_when_first_seen_is_kept_and_not_sent(post: PostOffice) -> None:
    """A restored backup, or letters deleted after their time and the cursor set back: nothing goes out."""
    post.happen(*DRAFT, SEALED)
    post.listener.follow()
    with post.store.begin() as db:
        db.execute(delete(table))
    post.rewind()
    post.clock.pass_by(hours=72, seconds=1)
    post.listening().follow()
    assert set(post.rows("state", "reason")) == {("suppressed", "stale")}
    with post.store.begin() as db:
        assert letters.claim(db, post.clock.now(db), 50) == []


def test_two_who_follow_at_once_plan_one_letter_each(post: PostOffice) -> None:
    post.happen(*DRAFT, SEALED)
    one, other = post.listening(), post.listening()
    read = [one.subscription.run_once(), other.subscription.run_once(), one.subscription.run_once()]
    assert sum(1 for count in read if count) == 1
    assert len(post.rows("id")) == len(SEAL_TELLS)


def test_an_office_nobody_holds_is_noted_and_blocks_nobody(post: PostOffice) -> None:
    away = replace(SEALED, route=(replace(SEALED.route[0], body="430105"), *SEALED.route[1:]))
    post.happen(*DRAFT, away)
    post.listener.follow()
    assert ("body:430105", "suppressed", "nobody_holds_the_office") in post.rows("audience", "state", "reason")
    assert post.states() == {"suppressed": 1, "planned": 3}


def test_an_objector_with_an_address_hears_the_outcome_and_one_without_is_noted(post: PostOffice) -> None:
    """T26; scenario: an objection may come with a telephone number only."""
    post.happen(*ON_NOTICE, OBJECTED, DISMISSED)
    post.listener.follow()
    assert "zhou@outside.test" in addresses(post)
    by_phone = replace(OBJECTED, contact=Personal("0731-88955549"))
    post.happen(*ON_NOTICE, by_phone, DISMISSED)
    post.listener.follow()
    assert ("objector:1", "suppressed", "no_address") in post.rows("audience", "state", "reason")


def test_experts_are_written_to_by_their_id(post: PostOffice) -> None:
    drawn = tuple(post.people[f"expert-{n}"] for n in range(1, 4))
    post.happen(*BY_CITY, replace(DRAWN, pool=drawn, drawn=drawn))
    post.listener.follow()
    told = [address for address, kind in post.rows("address", "kind") if kind == "panel_drawn"]
    assert sorted(map(str, told)) == [f"expert-{n}@people.example" for n in range(1, 4)]


def test_whoever_is_erased_is_gone_from_every_letter(post: PostOffice) -> None:
    post.happen(*DRAFT, SEALED)
    post.listener.follow()
    post.register.erase(_context(post), post.people["editor"], "on request")
    post.listener.follow()
    mine = [
        row[1:]
        for row in post.rows("recipient", "name", "address", "state", "reason")
        if row[0] == post.people["editor"]
    ]
    assert mine == [(None, None, "suppressed", "erased")]


def test_the_letter_is_made_of_the_event_and_not_of_how_things_stand_now(post: PostOffice) -> None:
    """A confirmation sent late must not say "draft" because the unit has recalled it meanwhile."""
    post.happen(*DRAFT, SEALED, Recalled(entered=Stage.DRAFT))
    post.listener.follow()
    params = {str(kind): str(params) for kind, params in post.rows("kind", "params")}
    assert '"stage":"unit_sealed"' in params["unit_sealed"]
    assert '"stage":"draft"' in params["recalled"]


def test_the_text_of_a_row_holds_nothing_personal(post: PostOffice) -> None:
    post.happen(*ON_NOTICE, OBJECTED, DISMISSED)
    post.listener.follow()
    assert all("王经办" not in str(params) and "周某" not in str(params) for (params,) in post.rows("params"))


def test_the_tables_of_the_migration_are_the_tables_of_the_room(post: PostOffice) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from notifications.schema import metadata

    with post.store.reading() as db:
        options = {"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables}
        assert compare_metadata(MigrationContext.configure(db, opts=options), metadata) == []
        assert DatabaseClock().now(db) is not None


def _context(post: PostOffice) -> Context:
    return Context(actor="console", correlation_id=uuid7())


def test_of_two_who_act_at_once_one_wins_and_each_is_told_once(post: PostOffice) -> None:
    """A conflicting pair ends with one winner and one letter for each who is to be told."""
    for _ in range(5):
        application = post.happen(*DRAFT, SEALED)
        post.listener.follow()
        before = len(post.rows("id"))
        outcomes: list[str] = []

        def act(event: ApplicationEvent, application: UUID = application, outcomes: list[str] = outcomes) -> None:
            def decide(_db: Connection, loaded: Loaded[Application], _now: datetime) -> Sequence[Event]:
                if loaded.state.stage is not Stage.UNIT_SEALED:
                    raise Refused(Refusal.of("WRONG_STAGE"))
                return [event]

            try:
                post.dispatcher.dispatch(f"application-{application}", FOLD, decide, _context(post))
            except Refused:
                outcomes.append("refused")
            else:
                outcomes.append(type(event).__name__)

        pair = [Thread(target=act, args=(event,)) for event in (COUNTY, Recalled(entered=Stage.DRAFT))]
        for one in pair:
            one.start()
        for one in pair:
            one.join()
        post.listener.follow()
        told = post.rows("kind", "recipient")[before:]
        assert outcomes.count("refused") == 1
        assert len({kind for kind, _ in told}) == 1
        assert len(told) == len(set(told))
