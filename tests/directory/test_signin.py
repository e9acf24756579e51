"""A link signs in once; a session is a row that ends when its owner, the clock, or somebody in charge says so."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, inspect, select, text

from directory import signin
from directory.actor import CONSOLE, Actor
from directory.records import Badge, Directory
from directory.schema import secrets, sessions, signin_links
from directory.signin import IDLE, IDLE_OF_STAFF, LINK_LASTS, LONGEST, Standing
from eventstore.clock import DatabaseClock
from eventstore.refusal import Refused
from tests.directory.house import ADMIN, LEAD, NOON, UNIT, YUELU, House, asked

MINUTE = timedelta(minutes=1)


def ask(house: House, email: str, now: datetime = NOON) -> signin.Link | None:
    with house.store.begin() as db:
        return signin.ask(db, email, now)


def link_of(house: House, person: str, now: datetime = NOON) -> str:
    with house.store.begin() as db:
        return signin.issue(db, person, now).secret


def look(house: House, secret: str, now: datetime = NOON) -> Standing:
    with house.store.reading() as db:
        return signin.look(db, secret, now)


def use(house: House, secret: str, now: datetime = NOON) -> str:
    with house.store.begin() as db:
        return signin.use(db, secret, now)


def session_of(house: House, person: str, now: datetime = NOON, former: str = "") -> str:
    with house.store.begin() as db:
        return signin.open_session(db, person, now, "Firefox", former)


def who(house: House, secret: str, now: datetime = NOON) -> Actor | None:
    with house.store.reading() as db:
        found = signin.signed_in(db, secret, now)
        return found.actor if found else None


def everything_kept(house: House) -> str:
    with house.store.reading() as db:
        names = [table.name for table in secrets.sorted_tables]
        return "\n".join(str(tuple(row)) for name in names for row in db.execute(text(f"SELECT * FROM {name}")))


def test_a_link_signs_in_its_person_once(house: House) -> None:
    wang = house.person("王", "wang@example.cn")
    link = ask(house, " Wang@example.CN ")
    assert link is not None
    assert (link.person, link.expires_at) == (wang, NOON + LINK_LASTS)
    assert use(house, link.secret) == wang
    with pytest.raises(Refused) as no:
        use(house, link.secret)
    assert no.value.refusals[0].params == {"standing": "used"}


def test_to_look_at_a_link_does_not_use_it(house: House) -> None:
    wang = house.person("王", "wang@example.cn")
    secret = link_of(house, wang)
    assert {look(house, secret) for _ in range(20)} == {Standing.OPEN}
    assert use(house, secret) == wang
    assert look(house, secret) is Standing.USED


@pytest.mark.parametrize(("after", "standing"), [(LINK_LASTS - MINUTE, Standing.OPEN), (LINK_LASTS, Standing.EXPIRED)])
def test_a_link_lasts_half_an_hour(house: House, after: timedelta, standing: Standing) -> None:
    wang = house.person("王", "wang@example.cn")
    secret = link_of(house, wang)
    assert look(house, secret, NOON + after) is standing
    if standing is Standing.OPEN:
        assert use(house, secret, NOON + after) == wang
    else:
        with pytest.raises(Refused, match="SIGNIN_LINK"):
            use(house, secret, NOON + after)


@pytest.mark.parametrize("secret", ["", "0" * 64, "\x00", "\ud800", "x" * 10_000])
def test_a_made_up_link_opens_nothing(house: House, secret: str) -> None:
    assert look(house, secret) is Standing.UNKNOWN
    with pytest.raises(Refused, match="SIGNIN_LINK"):
        use(house, secret)


def statements(engine: Engine, act: Callable[[], object]) -> list[str]:
    said: list[str] = []

    def note(_c: object, _u: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    act()
    event.remove(engine, "before_cursor_execute", note)
    return said


def test_an_unknown_address_is_answered_by_the_same_deeds_as_a_known_one(house: House) -> None:
    house.person("王", "wang@example.cn")
    answers: list[signin.Link | None] = []
    known = statements(house.store.engine, lambda: answers.append(ask(house, "wang@example.cn")))
    unknown = statements(house.store.engine, lambda: answers.append(ask(house, "li@example.cn")))
    assert known == unknown
    assert answers[0] is not None
    assert answers[1] is None


@pytest.mark.parametrize("email", ["wang@example.cn", "nobody@example.cn"])
def test_known_or_not_an_address_may_be_asked_for_five_times_a_quarter_of_an_hour(house: House, email: str) -> None:
    house.person("王", "wang@example.cn")
    for _ in range(5):
        ask(house, email)
    with pytest.raises(Refused) as no:
        ask(house, email.upper())
    assert no.value.refusals[0].code == "SIGNIN_LIMIT"
    ask(house, email, NOON + 15 * MINUTE)


def test_the_link_of_an_unknown_address_cannot_be_used(house: House) -> None:
    drawn: list[bytes] = []

    def random(size: int) -> bytes:
        drawn.append(bytes(range(size)))
        return drawn[-1]

    with house.store.begin() as db:
        assert signin.ask(db, "nobody@example.cn", NOON, random) is None
    assert look(house, drawn[0].hex()) is Standing.UNKNOWN
    with pytest.raises(Refused):
        use(house, drawn[0].hex())


def at_once(number: int, act: Callable[[], object]) -> tuple[list[object], list[BaseException]]:
    done: list[object] = []
    failed: list[BaseException] = []
    gate = threading.Barrier(number)

    def one() -> None:
        gate.wait()
        try:
            done.append(act())
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done, failed


def test_of_twenty_at_once_one_signs_in(house: House) -> None:
    wang = house.person("王", "wang@example.cn")
    secret = link_of(house, wang)
    done, failed = at_once(20, lambda: use(house, secret))
    assert done == [wang]
    assert [type(error) for error in failed] == [Refused] * 19


def test_no_secret_is_kept(house: House) -> None:
    wang = house.person("王", "wang@example.cn")
    link = ask(house, "wang@example.cn")
    assert link is not None
    session = session_of(house, wang)
    kept = everything_kept(house)
    for secret in (link.secret, session):
        assert len(bytes.fromhex(secret)) == 32
        assert secret not in kept
        assert str(bytes.fromhex(secret))[2:-1] not in kept
    assert "wang@example.cn" not in kept


def test_a_session_ends_with_the_roles_it_was_opened_under(house: House) -> None:
    """Given or taken back: the next sign-in has the roles of the moment. What was held already ends nothing."""
    house.hunan()
    li = house.person("李", "li@example.cn", LEAD)
    secret = session_of(house, li)
    assert who(house, secret) == Actor(li, "李", (LEAD,))
    house.give(li, LEAD)
    assert who(house, secret) == Actor(li, "李", (LEAD,))
    house.give(li, YUELU)
    assert who(house, secret) is None
    secret, link = session_of(house, li), link_of(house, li)
    house.register.take_back(asked(), CONSOLE, li, LEAD)
    assert who(house, secret) is None
    assert who(house, session_of(house, use(house, link))) == Actor(li, "李", (YUELU,))


def test_sign_in_gives_a_new_session_and_ends_the_former(house: House) -> None:
    wang = house.person("王", "wang@example.cn")
    first = session_of(house, wang)
    second = session_of(house, wang, former=first)
    assert first != second
    assert who(house, first) is None
    assert who(house, second) is not None


def test_a_session_ends_after_rest_sooner_for_staff(house: House) -> None:
    house.register.register_unit(asked(), UNIT)
    unit, staff = house.person("王", "wang@example.cn", ADMIN), house.person("李", "li@example.cn", LEAD)
    for person, idle in ((unit, IDLE), (staff, IDLE_OF_STAFF)):
        secret = session_of(house, person)
        assert who(house, secret, NOON + idle - MINUTE) is not None
        assert who(house, secret, NOON + idle) is None


def test_a_session_in_use_lasts_twelve_hours_and_no_longer(house: House) -> None:
    wang = house.person("王", "wang@example.cn")
    secret, now = session_of(house, wang), NOON
    while now + 60 * MINUTE < NOON + LONGEST:
        now += 60 * MINUTE
        with house.store.begin() as db:
            found = signin.signed_in(db, secret, now)
            assert found is not None
            assert found.stale
            signin.touch(db, found.session.handle, now)
            again = signin.signed_in(db, secret, now)
            assert again is not None
            assert not again.stale
    assert who(house, secret, NOON + LONGEST - MINUTE) is not None
    assert who(house, secret, NOON + LONGEST) is None


def test_the_database_tells_the_time_with_the_session_in_one_statement(house: House) -> None:
    wang = house.person("王", "wang@example.cn", LEAD)
    with house.store.begin() as db:
        wall = DatabaseClock().now(db)
        fresh = signin.open_session(db, wang, wall)
        rested = signin.open_session(db, wang, wall - IDLE_OF_STAFF)
    said: list[str] = []

    def hear(*args: Any) -> None:
        said.append(args[2])

    with house.store.reading() as db:
        event.listen(db, "before_cursor_execute", hear)
        found = signin.signed_in(db, fresh)
        assert len(said) == 1
        assert found is not None
        assert timedelta() <= found.at - wall < MINUTE
        assert signin.signed_in(db, rested) is None


def test_a_session_brings_what_the_bar_of_a_page_shows(house: House) -> None:
    house.register.register_unit(asked(), UNIT)
    house.hunan()
    wang, li = house.person("王", "wang@example.cn", YUELU, ADMIN), house.person("李", "li@example.cn", language="en")
    yuelu = house.person("赵", "zhao@example.cn", YUELU)
    for person in (wang, li, yuelu):
        with house.store.begin() as db:
            secret = signin.open_session(db, person, NOON)
            found = signin.signed_in(db, secret, NOON)
            assert found is not None
            assert found.badge == Directory(db).badge(person)
            assert found.actor == Directory(db).actor(person)
    with house.directory() as register:
        assert register.badge(wang) == Badge("zh", UNIT.name, UNIT.name_en or UNIT.name)  # a unit before a bureau
        assert register.badge(li) == Badge("en", "", "")
        bureau = register.bureau("430104")
        assert bureau is not None
        assert register.badge(yuelu) == Badge("zh", bureau.name_zh, bureau.name_en)
        assert register.badge("nobody") is None


def test_sessions_are_listed_and_revoked_one_by_one_and_all(house: House) -> None:
    wang, li = house.person("王", "wang@example.cn"), house.person("李", "li@example.cn")
    first, second = session_of(house, wang), session_of(house, wang, NOON + MINUTE)
    other = session_of(house, li)
    with house.store.begin() as db:
        listed = signin.sessions_of(db, wang)
        assert [(one.agent, one.opened_at) for one in listed] == [("Firefox", NOON + MINUTE), ("Firefox", NOON)]
        assert not signin.revoke(db, li, listed[0].handle)  # not theirs
        assert signin.revoke(db, wang, listed[0].handle)
    assert who(house, second, NOON + MINUTE) is None
    assert who(house, first) is not None
    with house.store.begin() as db:
        assert signin.revoke_all(db, wang) == 1
    assert who(house, first) is None
    assert who(house, other) is not None


def test_signing_out_ends_the_session(house: House) -> None:
    secret = session_of(house, house.person("王", "wang@example.cn"))
    with house.store.begin() as db:
        signin.close(db, secret)
    assert who(house, secret) is None


def test_erasing_a_person_ends_sessions_and_links(house: House) -> None:
    wang = house.person("王", "wang@example.cn")
    session, link = session_of(house, wang), link_of(house, wang)
    house.register.erase(asked(), wang, "")
    assert who(house, session) is None
    assert look(house, link) is Standing.UNKNOWN


def test_what_opens_nothing_any_more_is_swept_away(house: House) -> None:
    wang = house.person("王", "wang@example.cn")
    link_of(house, wang)
    session_of(house, wang)
    with house.store.begin() as db:
        assert signin.sweep(db, NOON + 44 * MINUTE) == 0
        assert signin.sweep(db, NOON + 46 * MINUTE) == 1
        assert signin.sweep(db, NOON + LONGEST) == 1
        assert _left(db) == (0, 0)


def _left(db: Connection) -> tuple[int, int]:
    return len(db.execute(select(signin_links)).all()), len(db.execute(select(sessions)).all())


def test_the_migration_makes_the_tables_that_the_code_describes(engine: Engine) -> None:
    found = inspect(engine)
    for table in secrets.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert columns == {column.name: bool(column.nullable) for column in table.columns}
        assert {index["name"] for index in found.get_indexes(table.name) if "duplicates_constraint" not in index} == {
            str(index.name) for index in table.indexes
        }
        assert {unique["name"] for unique in found.get_unique_constraints(table.name)} == {
            str(constraint.name)
            for constraint in table.constraints
            if not str(constraint.name or "_key").endswith("_key")
        }


def test_instants_are_of_the_caller(house: House) -> None:
    """No clock inside: a link made in 1999 has long expired."""
    wang = house.person("王", "wang@example.cn")
    secret = link_of(house, wang, datetime(1999, 1, 1, tzinfo=UTC))
    assert look(house, secret) is Standing.EXPIRED
