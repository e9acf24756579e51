"""Getting in by password and second factor, and changing what one gets in with: counted, proved, noted, and nobody told who is here."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select, update

from directory import signin
from directory.access import PRESENT_FOR, Access, asked_resets
from directory.access_events import TYPES, CredentialChanged, FactorsReset, ResetAsked, ResetDropped, access_stream
from directory.actor import Actor
from directory.guessing import TooManyTries
from directory.passwords import ASVS, DENGBAO3, Hashing, Profile
from directory.person import Identity
from directory.projection import DirectoryProjection
from directory.records import Person
from directory.schema import former_passwords, sessions, tries
from directory.schema import passwords as kept
from directory.second_factor import Answer, Keys, code_at
from directory.signin import Session
from eventstore.codec import Codec
from eventstore.dispatch import Dispatcher
from eventstore.event import microseconds
from eventstore.refusal import Refused
from tests.directory.house import ADMIN, EXPERT, LEAD, NOON, UNIT, House, asked

GOOD, BETTER = "纸鸢 over the river 7", "Seven kites, 三座桥 9"
MINUTE, DAY, HERE = timedelta(minutes=1), timedelta(days=1), "192.0.2.7"


class Wall:
    """The database's own time, moved by hand."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self, _db: Connection) -> datetime:
        return self.at


class Door:
    """A register, and the way in; the price of a hash is nothing here."""

    def __init__(self, house: House, profile: Profile = ASVS, *, demanded: bool = False) -> None:
        self.house, self.wall = house, Wall()
        dispatcher = Dispatcher(house.store, Codec(TYPES), house.personal, [DirectoryProjection()])
        self.access = Access(dispatcher, self.wall, Keys(bytes(32)), Hashing(memory_kib=64), profile, demanded=demanded)
        self.dispatcher = dispatcher

    def session(self, person: str, method: str = "link", proved: bool = False) -> Session:
        with self.house.store.begin() as db:
            secret = signin.open_session(db, person, self.wall.at, method=method, proved=proved)
            found = signin.signed_in(db, secret, self.wall.at)
        assert found is not None
        return found.session

    def sessions(self, person: str) -> int:
        with self.house.store.reading() as db:
            return len(signin.sessions_of(db, person))

    def set(self, person: str, new: str, old: str = "", session: Session | None = None) -> None:
        with self.house.directory() as directory:
            found = directory.person(person)
        assert isinstance(found, Person)
        self.access.set_password(asked(), found, session or self.session(person), new, old, HERE)

    def enrol(self, person: str, session: Session | None = None) -> tuple[bytes, list[str]]:
        secret = self.access.begin_authenticator(person)
        code = code_at(secret, self.wall.at - 30 * MINUTE / 60)
        found, codes = self.access.confirm_authenticator(asked(), person, code, session.handle if session else "")
        assert found is Answer.RIGHT
        return secret, codes

    def told(self, person: str) -> list[object]:
        return [fact.event for fact in self.dispatcher.history(access_stream(person))]


def refused(call: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as caught:
        call()
    return [refusal.code for refusal in caught.value.refusals]


@pytest.fixture
def door(house: House) -> Door:
    return Door(house)


def test_a_password_opens_the_door_to_its_owner_however_the_address_is_written(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    door.set(wang, GOOD)
    assert door.access.by_password(" Wang@Example.CN", GOOD, HERE) == wang
    assert refused(lambda: door.access.by_password("wang@example.cn", GOOD + "!", HERE)) == ["WRONG_CREDENTIALS"]


def test_nobody_a_person_without_a_password_and_a_wrong_one_are_answered_after_the_same_work(door: Door) -> None:
    """No enumeration (design A3): the same refusal, the same hashes, the same rows."""
    wang, _ = door.house.person("王", "wang@example.cn"), door.house.person("李", "li@example.cn")
    door.set(wang, GOOD)
    door.access.hashing = counting = Counting(memory_kib=64)
    told = []
    for email in ("wang@example.cn", "li@example.cn", "nobody@example.cn", "", "\x00"):
        counting.judged, before = 0, rows_of_tries(door)
        codes = refused(lambda email=email: door.access.by_password(email, "something else 12", HERE))  # type: ignore[misc]
        told.append((codes, counting.judged, rows_of_tries(door) - before - (2 if not before else 0)))
    assert told == [(["WRONG_CREDENTIALS"], 1, 1)] * 5


class Counting(Hashing):
    judged = 0

    def fits(self, kept: str | None, password: str) -> bool:
        self.judged += 1
        return super().fits(kept, password)


def rows_of_tries(door: Door) -> int:
    with door.house.store.reading() as db:
        return db.execute(select(func.count()).select_from(tries)).scalar_one()


def test_an_account_is_closed_after_ten_wrong_ones_and_opens_again(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    door.set(wang, GOOD)
    for n in range(10):
        assert refused(lambda n=n: door.access.by_password("wang@example.cn", "wrong", f"198.51.100.{n}")) == [
            "WRONG_CREDENTIALS"
        ]  # type: ignore[misc]
    with pytest.raises(TooManyTries) as closed:
        door.access.by_password("wang@example.cn", GOOD, HERE)
    assert closed.value.retry_after_s == 300
    door.wall.at += 5 * MINUTE
    assert door.access.by_password("wang@example.cn", GOOD, HERE) == wang
    for n in range(9):
        refused(lambda n=n: door.access.by_password("wang@example.cn", "wrong", f"198.51.101.{n}"))  # type: ignore[misc]
    assert door.access.by_password("wang@example.cn", GOOD, HERE) == wang  # the owner's own sign-in forgave the rest


def test_an_address_is_closed_whatever_accounts_it_tries_and_who_succeeds_is_not_counted(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    door.set(wang, GOOD)
    for _ in range(15):
        door.access.by_password("wang@example.cn", GOOD, HERE)
    for n in range(10):
        refused(lambda n=n: door.access.by_password(f"x{n}@example.cn", "wrong", HERE))  # type: ignore[misc]
    with pytest.raises(TooManyTries):
        door.access.by_password("wang@example.cn", GOOD, HERE)
    assert door.access.by_password("wang@example.cn", GOOD, "203.0.113.9") == wang


def test_a_hash_of_former_figures_is_made_anew_at_sign_in(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    door.set(wang, GOOD)
    with door.house.store.begin() as db:
        old = Hashing(memory_kib=32, passes=2).hash(GOOD)
        db.execute(update(kept).values(hash=old))
    assert door.access.by_password("wang@example.cn", GOOD, HERE) == wang
    with door.house.store.reading() as db:
        made = db.execute(select(kept.c.hash)).scalar_one()
    assert "m=64,t=1" in made
    assert door.access.by_password("wang@example.cn", GOOD, HERE) == wang


def test_who_came_by_a_link_just_now_sets_a_password_and_later_needs_the_one_before(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    session = door.session(wang)
    door.set(wang, GOOD, session=session)
    door.wall.at += PRESENT_FOR + MINUTE
    assert refused(lambda: door.set(wang, BETTER, session=session)) == ["OLD_PASSWORD_WRONG"]
    assert refused(lambda: door.set(wang, BETTER, "wrong", session=session)) == ["OLD_PASSWORD_WRONG"]
    door.set(wang, BETTER, GOOD, session=session)
    assert door.access.by_password("wang@example.cn", BETTER, HERE) == wang
    assert door.told(wang) == [
        CredentialChanged(person=wang, kind="password", change=how) for how in ("set", "changed")
    ]


def test_a_session_opened_long_ago_without_a_password_proves_nothing(door: Door) -> None:
    li = door.house.person("李", "li@example.cn")
    session = door.session(li)
    door.wall.at += PRESENT_FOR + MINUTE
    assert refused(lambda: door.set(li, GOOD, session=session)) == ["NOT_PRESENT"]
    assert refused(lambda: door.set(li, GOOD, session=door.session(li, method="password"))) == ["NOT_PRESENT"]


def test_guessing_the_old_password_is_counted_like_any_guess(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    session = door.session(wang)
    door.set(wang, GOOD, session=session)
    door.wall.at += PRESENT_FOR + MINUTE
    for _ in range(10):
        refused(lambda: door.set(wang, BETTER, "wrong", session=session))
    with pytest.raises(TooManyTries):
        door.set(wang, BETTER, GOOD, session=session)


def test_changes_that_succeed_use_no_limit_up(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    session = door.session(wang)
    door.set(wang, GOOD, session=session)
    door.wall.at += PRESENT_FOR + MINUTE
    for old, new in [(GOOD, BETTER), (BETTER, GOOD)] * 6:
        door.set(wang, new, old, session=session)
    for _ in range(21):
        session = door.session(wang)
        door.enrol(wang, session)
        door.access.remove_authenticator(asked(), wang, session)


def test_a_changed_password_ends_every_other_session(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    door.session(wang)
    door.session(wang)
    mine = door.session(wang)
    door.set(wang, GOOD, session=mine)
    with door.house.store.reading() as db:
        assert [one.handle for one in signin.sessions_of(db, wang)] == [mine.handle]


def test_a_weak_password_is_refused_with_everything_that_is_weak(door: Door) -> None:
    door.house.register.register_unit(asked(), UNIT)
    wang = door.house.person("王小明", "xiaoming@lushan.example.cn", ADMIN)
    assert refused(lambda: door.set(wang, "湖南岳麓智模科技有限公司1")) == ["PASSWORD_GUESSABLE"]
    assert refused(lambda: door.set(wang, "xiaoming")) == ["PASSWORD_SHORT", "PASSWORD_GUESSABLE"]
    assert door.told(wang) == []


def test_dengbao_ends_a_password_after_ninety_days_and_asvs_does_not(house: House) -> None:
    strict, plain = Door(house, DENGBAO3), Door(house)
    wang = house.person("王", "wang@example.cn")
    strict.set(wang, "Three kinds 7 here")
    strict.wall.at = plain.wall.at = NOON + 90 * DAY - MINUTE
    assert strict.access.by_password("wang@example.cn", "Three kinds 7 here", HERE) == wang
    strict.wall.at = plain.wall.at = NOON + 90 * DAY
    assert refused(lambda: strict.access.by_password("wang@example.cn", "Three kinds 7 here", HERE)) == [
        "PASSWORD_EXPIRED"
    ]
    assert refused(lambda: strict.access.by_password("wang@example.cn", "wrong", HERE)) == ["WRONG_CREDENTIALS"]
    assert plain.access.by_password("wang@example.cn", "Three kinds 7 here", HERE) == wang


def test_dengbao_remembers_the_last_five_and_asvs_none(house: House) -> None:
    strict, plain = Door(house, DENGBAO3), Door(house)
    wang, li = house.person("王", "wang@example.cn"), house.person("李", "li@example.cn")
    chosen = [f"Kite no. {n} over 桥" for n in range(1, 8)]
    for n, each in enumerate(chosen[:6]):
        strict.wall.at = NOON + n * MINUTE
        strict.set(wang, each)
    for each in chosen[1:6]:
        assert refused(lambda each=each: strict.set(wang, each)) == ["PASSWORD_USED_BEFORE"]  # type: ignore[misc]
    strict.wall.at += MINUTE
    strict.set(wang, chosen[0])
    for each in (GOOD, BETTER, GOOD):
        plain.set(li, each)
    with house.store.reading() as db:
        counted = select(former_passwords.c.person, func.count()).group_by(former_passwords.c.person)
        assert [tuple(row) for row in db.execute(counted)] == [(wang, 4)]


def test_a_removed_password_opens_nothing(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    session = door.session(wang)
    door.set(wang, GOOD, session=session)
    door.access.remove_password(asked(), wang, session)
    door.access.remove_password(asked(), wang, session)
    assert refused(lambda: door.access.by_password("wang@example.cn", GOOD, HERE)) == ["WRONG_CREDENTIALS"]
    assert door.told(wang)[1:] == [CredentialChanged(person=wang, kind="password", change="removed")]


def test_an_authenticator_brings_recovery_codes_and_a_proved_session(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    door.session(wang)
    mine = door.session(wang)
    assert not door.access.needs_second(wang)
    _, codes = door.enrol(wang, mine)
    assert len(codes) == 10
    assert door.access.needs_second(wang)
    with door.house.store.reading() as db:
        [left] = signin.sessions_of(db, wang)
    assert (left.handle, left.proved_at) == (mine.handle, NOON)
    assert door.told(wang) == [CredentialChanged(person=wang, kind="totp", change="added")]


def test_a_second_factor_is_a_code_or_a_recovery_code_and_each_opens_once(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    secret, codes = door.enrol(wang)
    answer = door.access.answer
    assert answer(wang, code_at(secret, NOON)) is Answer.RIGHT
    assert answer(wang, code_at(secret, NOON)) is Answer.WRONG
    assert answer(wang, code_at(secret, NOON + 3 * MINUTE)) is Answer.CLOCK
    assert answer(wang, codes[3]) is Answer.RIGHT
    assert answer(wang, codes[3]) is Answer.WRONG
    assert door.told(wang)[1:] == [CredentialChanged(person=wang, kind="recovery", change="used")]


def test_a_recovery_code_is_used_up_together_with_the_fact_that_says_so(door: Door) -> None:
    """What cannot be written down has not happened: the code is as good as before."""
    wang = door.house.person("王", "wang@example.cn")
    _, codes = door.enrol(wang)

    def lost(*_: object, **__: object) -> None:
        raise OSError("the disk is gone")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door.dispatcher.store, "write", lost)
        with pytest.raises(OSError, match="gone"):
            door.access.answer(wang, codes[3])
    assert door.access.answer(wang, codes[3]) is Answer.RIGHT
    assert door.told(wang)[1:] == [CredentialChanged(person=wang, kind="recovery", change="used")]


def test_five_wrong_codes_close_the_second_door_and_leave_the_first_alone(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    door.set(wang, GOOD)
    secret, codes = door.enrol(wang)
    for _ in range(5):
        assert door.access.answer(wang, "000000") is Answer.WRONG
    for right in (code_at(secret, NOON), codes[0]):
        with pytest.raises(TooManyTries):
            door.access.answer(wang, right)
    assert door.access.by_password("wang@example.cn", GOOD, HERE) == wang
    door.wall.at += 6 * MINUTE
    assert door.access.answer(wang, code_at(secret, door.wall.at)) is Answer.RIGHT


def test_a_second_factor_is_demanded_of_authorities_and_unit_administrators_alone(house: House) -> None:
    house.register.register_unit(asked(), UNIT)
    demanding, offering = Door(house, demanded=True), Door(house)
    lead, admin = house.person("龙", "lead@example.cn", LEAD), house.person("周", "admin@example.cn", ADMIN)
    expert = house.person("专", "expert@example.cn", EXPERT)
    assert [demanding.access.needs_second(one) for one in (lead, admin, expert)] == [True, True, False]
    assert [offering.access.needs_second(one) for one in (lead, admin, expert)] == [False, False, False]


def test_the_last_factor_goes_with_its_codes_unless_it_is_demanded(house: House) -> None:
    demanding, offering = Door(house, demanded=True), Door(house)
    lead, wang = house.person("龙", "lead@example.cn", LEAD), house.person("王", "wang@example.cn")
    session = demanding.session(lead)
    demanding.enrol(lead, session)
    assert refused(lambda: demanding.access.remove_authenticator(asked(), lead, session)) == ["FACTOR_DEMANDED"]
    assert demanding.access.factors(lead).codes_left == 10
    session = offering.session(wang)
    _, codes = offering.enrol(wang, session)
    offering.access.remove_authenticator(asked(), wang, session)
    assert not offering.access.factors(wang)
    assert offering.access.answer(wang, codes[0]) is Answer.WRONG
    with house.store.reading() as db:
        assert [one.proved_at for one in signin.sessions_of(db, wang)] == [None]


def test_recovery_codes_are_renewed_only_where_there_is_a_factor(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    assert refused(lambda: door.access.renew_codes(asked(), wang)) == ["FACTOR_MISSING"]
    _, codes = door.enrol(wang)
    fresh = door.access.renew_codes(asked(), wang)
    assert set(codes).isdisjoint(fresh)
    assert door.access.answer(wang, codes[0]) is Answer.WRONG
    assert door.access.answer(wang, fresh[0]) is Answer.RIGHT


def test_a_lost_second_factor_is_taken_away_by_two_others(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    one, other = (_operator(door, n) for n in (1, 2))
    _, codes = door.enrol(wang)
    door.session(wang)
    me = door.house.actor(wang)
    assert me is not None
    assert refused(lambda: door.access.confirm_reset(asked(), one, wang)) == ["RESET_NOT_ASKED"]
    assert refused(lambda: door.access.ask_reset(asked(), me, wang, "丢了")) == ["SAME_PERSON"]
    assert refused(lambda: door.access.ask_reset(asked(), one, wang, " ")) == ["REASON_REQUIRED"]
    assert refused(lambda: door.access.ask_reset(asked(), one, "nobody", "丢了")) == [
        "PERSON_UNKNOWN",
        "FACTOR_MISSING",
    ]
    door.access.ask_reset(asked(), one, wang, "手机丢失，已当面核对身份")
    assert door.access.factors(wang)
    assert door.sessions(wang) == 1
    assert refused(lambda: door.access.confirm_reset(asked(), one, wang)) == ["SAME_PERSON"]
    assert refused(lambda: door.access.confirm_reset(asked(), me, wang)) == ["SAME_PERSON"]
    door.access.confirm_reset(asked(), other, wang)
    assert not door.access.factors(wang)
    assert door.sessions(wang) == 0
    assert door.access.answer(wang, codes[0]) is Answer.WRONG
    assert door.told(wang)[1:] == [
        ResetAsked(person=wang, by=one.id, reason="手机丢失，已当面核对身份"),
        FactorsReset(person=wang, by=other.id),
    ]


def test_a_reset_may_be_dropped_and_then_nobody_confirms_it(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    door.enrol(wang)
    one, other = (_operator(door, n) for n in (1, 2))
    door.access.ask_reset(asked(), one, wang, "手机丢失")
    door.access.drop_reset(asked(), other, wang)
    assert refused(lambda: door.access.confirm_reset(asked(), other, wang)) == ["RESET_NOT_ASKED"]
    assert door.told(wang)[2:] == [ResetDropped(person=wang, by=other.id)]


def test_what_was_asked_for_somebody_who_was_restricted_waits_no_more_and_can_be_asked_anew(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    one, other = (_operator(door, n) for n in (1, 2))
    door.enrol(wang)
    door.access.ask_reset(asked(), one, wang, "手机丢失")
    door.house.register.restrict(asked(), one, wang, "核实身份")
    door.house.register.register_person(asked(), Identity(name="王", email="wang@example.cn"), wang)
    door.enrol(wang)
    assert door.access.reset_of(wang) is None
    assert refused(lambda: door.access.confirm_reset(asked(), other, wang)) == ["RESET_NOT_ASKED"]
    door.access.ask_reset(asked(), other, wang, "又丢了")
    with door.house.store.reading() as db:
        assert [(one.person, one.by, one.reason) for one in asked_resets(db)] == [(wang, other.id, "又丢了")]
    door.access.confirm_reset(asked(), one, wang)
    assert not door.access.factors(wang)


def _operator(door: Door, n: int) -> Actor:
    found = door.house.actor(door.house.person(f"管{n}", f"op{n}@example.cn", LEAD))
    assert found is not None
    return found


def test_who_is_erased_or_restricted_gets_in_by_nothing(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    door.set(wang, GOOD)
    door.enrol(wang)
    door.house.register.erase(asked(), wang, "")
    assert not door.access.factors(wang)
    assert door.access.ways(wang).password_since is None
    assert refused(lambda: door.access.by_password("wang@example.cn", GOOD, HERE)) == ["WRONG_CREDENTIALS"]


def test_a_proof_is_fresh_for_five_minutes(door: Door) -> None:
    session = door.session(door.house.person("王", "wang@example.cn"), proved=True)
    assert not session.stale_proof(NOON + 5 * MINUTE)
    assert session.stale_proof(NOON + 5 * MINUTE + timedelta(seconds=1))
    assert not door.session(session.person).stale_proof(NOON + DAY)  # who has no second factor is asked for none


def test_a_sign_in_by_half_opens_nothing_and_waits_ten_minutes(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    with door.house.store.begin() as db:
        secret = signin.wait(db, wang, NOON, "Firefox", method="password")
        assert signin.signed_in(db, secret, NOON) is None
        waits = signin.waiting_for(db, secret, NOON + 9 * MINUTE)
        assert waits is not None
        assert (waits.person, waits.method) == (wang, "password")
        assert signin.waiting_for(db, secret, NOON + 10 * MINUTE) is None
        opened = signin.open_session(db, wang, NOON, former=secret, method="password", proved=True)
        assert signin.waiting_for(db, secret, NOON) is None
        assert signin.signed_in(db, opened, NOON) is not None


def test_a_session_gets_a_new_secret_and_the_old_one_opens_nothing(door: Door) -> None:
    wang = door.house.person("王", "wang@example.cn")
    with door.house.store.begin() as db:
        old = signin.open_session(db, wang, NOON)
        fresh = signin.renew(db, old)
        assert fresh is not None
        assert signin.signed_in(db, old, NOON) is None
        assert signin.signed_in(db, fresh, NOON) is not None
        assert signin.renew(db, old) is None
        assert db.execute(select(sessions.c.opened_at)).scalar_one() == microseconds(NOON)


def test_what_happened_before_can_be_read_for_ever() -> None:
    codec = Codec(TYPES)
    for name, payload in {
        "access.credential_changed": '{"change":"set","kind":"password","person":"p"}',
        "access.reset_asked": '{"by":"operator","person":"p","reason":"手机丢失"}',
        "access.reset_dropped": '{"by":"operator","person":"p"}',
        "access.factors_reset": '{"by":"operator-2","person":"p"}',
    }.items():
        assert codec.encode(codec.read(name, 1, payload)) == (name, 1, payload)
