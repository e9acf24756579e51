"""Getting in, as one thing: what is tried is counted, judged and noted here, and what changes is a fact in the log.

Whoever changes a credential is present: by the link the session was opened with, by the password before, or by a second
factor shown just now. Every other session ends with it, and the owner hears of it by letter.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, delete, insert, select, update

from directory import guessing, passwords, second_factor, signin
from directory.access_events import CredentialChanged, FactorsReset, ResetAsked, ResetDropped, access_stream
from directory.actor import Actor
from directory.guessing import Knock, TooManyTries
from directory.passwords import Hashing, Profile
from directory.projection import comparable
from directory.records import Directory, Person
from directory.schema import factor_resets, former_passwords, outside_accounts
from directory.schema import passwords as kept
from directory.second_factor import Answer, Factors, Keys
from directory.signin import Session
from eventstore.clock import Clock
from eventstore.dispatch import Context, Decide, Dispatcher, Fold, Loaded
from eventstore.event import Event, instant_of, microseconds
from eventstore.refusal import Refusal, Refused

PRESENT_FOR = timedelta(minutes=15)
"""How long after a sign-in by link somebody is taken to be there, for setting a password without the one before."""


ACCESS: Fold[None] = Fold(None, lambda nothing, _: nothing)
"""What stands lies in rows beside the log, which go with the person; the stream tells what happened and decides nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How somebody can get in, for their own account page."""

    password_since: datetime | None
    password_until: datetime | None
    factors: Factors
    outside: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedReset:
    """A reset of somebody's second factors that waits for the second person."""

    person: str
    by: str
    reason: str
    at: datetime


class Access:
    """What sign-in and account pages work with. *demanded*: who holds a role of an authority, or a unit's, must have a
    second factor."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        wall: Clock,
        keys: Keys,
        hashing: Hashing,
        profile: Profile,
        *,
        demanded: bool,
    ) -> None:
        self._dispatcher, self._store, self._wall = dispatcher, dispatcher.store, wall
        self.keys, self.hashing, self.profile, self.demanded = keys, hashing, profile, demanded

    def now(self, db: Connection) -> datetime:
        """The time by which doors open and close: the database's own."""
        return self._wall.now(db)

    def decide(self, person: str, decide: Decide[None], context: Context) -> None:
        """What *decide* says happens to how *person* gets in: rows and facts in one transaction."""
        self._dispatcher.dispatch(access_stream(person), ACCESS, decide, context)

    # -- the first factor

    def by_password(self, email: str, password: str, address: str) -> str:
        """The person whose address and password these are. *address*: where the request comes from.

        Nobody, nobody with a password, and the wrong password are one answer: WRONG_CREDENTIALS, after the same work. Raises
        TooManyTries, PASSWORD_EXPIRED (only to whoever knew it), and Busy where every turn at hashing is taken.
        """
        knocks = self._knocks(email, address)
        self.count(*knocks)
        with self._store.reading() as db:
            person = Directory(db).person_by_email(email)
            row = None if person is None else _password_of(db, person.id)
        if not self.hashing.fits(row[0] if row else None, password) or person is None or row is None:
            raise Refused(Refusal.of("WRONG_CREDENTIALS"))
        anew = self.hashing.hash(password) if self.hashing.outdated(row[0]) else ""
        with self._store.begin() as db:
            guessing.forgive(db, knocks)
            if anew:
                db.execute(update(kept).where(kept.c.person == person.id, kept.c.hash == row[0]).values(hash=anew))
            until = self._until(row[1])
            if until is not None and self._wall.now(db) >= until:
                raise_after = Refusal.of("PASSWORD_EXPIRED", days=_days(self.profile), source="GB/T 22239-2019 8.1.4.1")
            else:
                return person.id
        raise Refused(raise_after)

    def _knocks(self, email: str, address: str) -> tuple[Knock, ...]:
        account = guessing.key_of(f"account:{comparable(email.strip()) or ''}")
        return (
            (guessing.PASSWORD_ADDRESS, guessing.key_of_address(address)),
            (guessing.PASSWORD_ACCOUNT, account),
            (guessing.PASSWORD_ALL, guessing.ALL),
        )

    def count(self, *knocks: Knock) -> None:
        """Count a try, in a transaction of its own. Raises TooManyTries."""
        with self._store.begin() as db:
            wait = guessing.knock(db, knocks, self._wall.now(db))
        if wait is not None:
            raise TooManyTries(wait)

    def forgive(self, *knocks: Knock) -> None:
        """The try was a good one and uses no limit up."""
        with self._store.begin() as db:
            guessing.forgive(db, knocks)

    # -- the second factor

    def needs_second(self, person: str) -> bool:
        """Whether a session is opened only after a second step: the person has a factor, or must have one."""
        with self._store.reading() as db:
            found = Directory(db).actor(person)
            return bool(second_factor.factors_of(db, person)) or (found is not None and self.must_have(found))

    def must_have(self, actor: Actor) -> bool:
        return self.demanded and actor.keeps_much

    def factors(self, person: str) -> Factors:
        with self._store.reading() as db:
            return second_factor.factors_of(db, person)

    def answer(self, person: str, code: str) -> Answer:
        """Judge what somebody typed as the second factor: digits of the authenticator, or a recovery code, which is used up.

        Raises TooManyTries: five wrong ones in five minutes close the door, and twenty an hour, and fifty a day.
        """
        knocks = self.second_knocks(person)
        self.count(*knocks)
        with self._store.begin() as db:
            found = second_factor.answer(db, self.keys, person, code, self._wall.now(db))
            if found is Answer.RIGHT:
                guessing.forgive(db, knocks)
        return Answer.RIGHT if found is Answer.WRONG and self._recovered(person, code, knocks) else found

    def _recovered(self, person: str, code: str, knocks: Sequence[Knock]) -> bool:
        """Whether *code* is a recovery code; it is used up together with the fact that says so."""

        def decide(db: Connection, _loaded: Loaded[None], _now: datetime) -> Sequence[Event]:
            if not second_factor.use_code(db, self.keys, person, code, self._wall.now(db)):
                return []
            guessing.forgive(db, knocks)
            return [CredentialChanged(person=person, kind="recovery", change="used")]

        context = Context(actor=f"person:{person}", correlation_id=self._dispatcher.ids.uuid7())
        return bool(self._dispatcher.dispatch(access_stream(person), ACCESS, decide, context).positions)

    def second_knocks(self, person: str) -> tuple[Knock, ...]:
        return tuple((limit, guessing.key_of(f"person:{person}")) for limit in guessing.SECOND)

    # -- changing them

    def ways(self, person: str) -> Ways:
        with self._store.reading() as db:
            row = _password_of(db, person)
            outside = select(outside_accounts.c.issuer).where(outside_accounts.c.person == person)
            return Ways(
                password_since=row[1] if row else None,
                password_until=self._until(row[1]) if row else None,
                factors=second_factor.factors_of(db, person),
                outside=list(db.execute(outside).scalars()),
            )

    def present(self, session: Session, now: datetime) -> bool:
        """Whether whoever holds the session is there, without the password before: by a link or second factor just now."""
        opened = now - session.opened_at <= PRESENT_FOR and session.method in ("link", "passkey")
        proved = session.proved_at is not None and not session.stale_proof(now)
        return opened or proved

    def require_recent(self, session: Session) -> None:
        """A factor is added by whoever signed in just now, by whatever way, or showed another. Raises NOT_PRESENT."""
        with self._store.reading() as db:
            now = self._wall.now(db)
        if now - session.opened_at > PRESENT_FOR and (session.proved_at is None or session.stale_proof(now)):
            raise Refused(Refusal.of("NOT_PRESENT", minutes=_minutes(PRESENT_FOR)))

    def set_password(
        self, context: Context, person: Person, session: Session, new: str, old: str, address: str
    ) -> None:
        """Set or change the password of whoever holds *session*; every other session ends.

        Raises Refused with everything that is weak about it, OLD_PASSWORD_WRONG, TooManyTries, Busy.
        """
        with self._store.reading() as db:
            row, now = _password_of(db, person.id), self._wall.now(db)
            former = list(db.execute(_former(person.id, self.profile.remembered)).scalars())
            weak = passwords.weaknesses(new, self.profile, words_of(person, Directory(db)))
        if not self.present(session, now):
            knocks = self._knocks(person.email, address)
            self.count(*knocks)
            if row is None or not self.hashing.fits(row[0], old):
                raise Refused(Refusal.of("OLD_PASSWORD_WRONG" if row else "NOT_PRESENT", minutes=_minutes(PRESENT_FOR)))
            self.forgive(*knocks)
        if self.profile.remembered and self.hashing.is_among([*([row[0]] if row else []), *former], new):
            weak.append(Refusal.of("PASSWORD_USED_BEFORE", limit=self.profile.remembered, source="GB/T 22239-2019"))
        if weak:
            raise Refused(weak)
        made = self.hashing.hash(new)

        def decide(db: Connection, _loaded: Loaded[None], _now: datetime) -> Sequence[Event]:
            now = self._wall.now(db)
            self._keep(db, person.id, made, now)
            signin.revoke_others(db, person.id, session.handle)
            change = "changed" if row else "set"
            return [CredentialChanged(person=person.id, kind="password", change=change)]

        self._dispatcher.dispatch(access_stream(person.id), ACCESS, decide, context)

    def _keep(self, db: Connection, person: str, made: str, now: datetime) -> None:
        """The new hash; the one before goes to the few that may not come again."""
        before = _password_of(db, person)
        db.execute(delete(kept).where(kept.c.person == person))
        db.execute(insert(kept).values(person=person, hash=made, set_at=microseconds(now)))
        if before is not None and self.profile.remembered:
            row = {"person": person, "set_at": microseconds(before[1]), "hash": before[0]}
            db.execute(insert(former_passwords).values(row))
        stay = select(former_passwords.c.set_at).where(former_passwords.c.person == person)
        stay = stay.order_by(former_passwords.c.set_at.desc()).limit(max(self.profile.remembered - 1, 0))
        old = former_passwords.c.set_at.not_in(stay.scalar_subquery())
        db.execute(delete(former_passwords).where(former_passwords.c.person == person, old))

    def remove_password(self, context: Context, person: str, session: Session) -> None:
        """No password any more: only links and passkeys open the door."""

        def decide(db: Connection, _loaded: Loaded[None], _now: datetime) -> Sequence[Event]:
            if not db.execute(delete(kept).where(kept.c.person == person)).rowcount:
                return []
            db.execute(delete(former_passwords).where(former_passwords.c.person == person))
            signin.revoke_others(db, person, session.handle)
            return [CredentialChanged(person=person, kind="password", change="removed")]

        self._dispatcher.dispatch(access_stream(person), ACCESS, decide, context)

    def begin_authenticator(self, person: str) -> bytes:
        """The secret to show; b"" where one is in use already."""
        with self._store.begin() as db:
            return second_factor.begin(db, self.keys, person)

    def confirm_authenticator(
        self, context: Context, person: str, code: str, handle: str = ""
    ) -> tuple[Answer, list[str]]:
        """Begin to use the authenticator, and make recovery codes where there are none left; they are shown once. The session
        *handle* stays, and counts as proved. Raises TooManyTries."""
        self.count(*self.second_knocks(person))
        codes: list[str] = []
        answers: list[Answer] = []

        def decide(db: Connection, _loaded: Loaded[None], _now: datetime) -> Sequence[Event]:
            codes.clear()
            now = self._wall.now(db)
            answers[:] = [second_factor.confirm(db, self.keys, person, code, now)]
            if answers[0] is not Answer.RIGHT:
                return []
            guessing.forgive(db, self.second_knocks(person))
            signin.revoke_others(db, person, handle)
            signin.prove(db, handle, now)
            if second_factor.factors_of(db, person).codes_left == 0:
                codes.extend(second_factor.renew_codes(db, self.keys, person, now))
            return [CredentialChanged(person=person, kind="totp", change="added")]

        self._dispatcher.dispatch(access_stream(person), ACCESS, decide, context)
        return answers[0], codes

    def remove_authenticator(self, context: Context, person: str, session: Session) -> None:
        """The authenticator opens nothing more; recovery codes go with the last factor. Raises FACTOR_DEMANDED."""

        def decide(db: Connection, _loaded: Loaded[None], _now: datetime) -> Sequence[Event]:
            if not second_factor.remove_authenticator(db, person):
                return []
            self.after_removal(db, person, session.handle)
            return [CredentialChanged(person=person, kind="totp", change="removed")]

        self._dispatcher.dispatch(access_stream(person), ACCESS, decide, context)

    def after_removal(self, db: Connection, person: str, handle: str) -> None:
        """What follows when a second factor was taken away, in its transaction. Raises FACTOR_DEMANDED for the last one of
        somebody who must have one."""
        signin.revoke_others(db, person, handle)
        if second_factor.factors_of(db, person):
            return
        found = Directory(db).actor(person)
        if found is not None and self.must_have(found):
            raise Refused(Refusal.of("FACTOR_DEMANDED"))
        second_factor.forget(db, person)
        signin.unprove(db, person)

    def renew_codes(self, context: Context, person: str) -> list[str]:
        """Ten new recovery codes, shown once. Raises FACTOR_MISSING where there is no factor that they could stand in for."""
        codes: list[str] = []

        def decide(db: Connection, _loaded: Loaded[None], _now: datetime) -> Sequence[Event]:
            if not second_factor.factors_of(db, person):
                raise Refused(Refusal.of("FACTOR_MISSING"))
            codes[:] = second_factor.renew_codes(db, self.keys, person, self._wall.now(db))
            return [CredentialChanged(person=person, kind="recovery", change="renewed")]

        self._dispatcher.dispatch(access_stream(person), ACCESS, decide, context)
        return codes

    # -- a lost second factor

    def ask_reset(self, context: Context, by: Actor, person: str, reason: str) -> None:
        """The first of two: somebody asks that a lost second factor be taken away. Raises REASON_REQUIRED, SAME_PERSON,
        PERSON_UNKNOWN, FACTOR_MISSING."""

        def decide(db: Connection, _loaded: Loaded[None], _now: datetime) -> Sequence[Event]:
            answers = (
                None if Directory(db).person(person) else Refusal.of("PERSON_UNKNOWN"),
                None if reason.strip() else Refusal.of("REASON_REQUIRED", field="reason"),
                Refusal.of("SAME_PERSON", person=person) if by.id == person else None,
                None if second_factor.factors_of(db, person) else Refusal.of("FACTOR_MISSING"),
            )
            refusals = [answer for answer in answers if answer]
            if refusals:
                raise Refused(refusals)
            if asked_resets(db, person):
                return []
            row = {
                "person": person,
                "by": by.id,
                "reason": reason.strip(),
                "asked_at": microseconds(self._wall.now(db)),
            }
            db.execute(insert(factor_resets).values(row))
            return [ResetAsked(person=person, by=by.id, reason=reason.strip())]

        self._dispatcher.dispatch(access_stream(person), ACCESS, decide, context)

    def confirm_reset(self, context: Context, by: Actor, person: str) -> None:
        """The second, by another than who asked and whose they are. Raises RESET_NOT_ASKED, SAME_PERSON."""

        def decide(db: Connection, _loaded: Loaded[None], _now: datetime) -> Sequence[Event]:
            asked = next(iter(asked_resets(db, person)), None)
            if asked is None:
                raise Refused(Refusal.of("RESET_NOT_ASKED"))
            if by.id in (asked.by, person):
                raise Refused(Refusal.of("SAME_PERSON", person=by.id))
            second_factor.forget(db, person)
            signin.revoke_all(db, person)
            db.execute(delete(factor_resets).where(factor_resets.c.person == person))
            return [FactorsReset(person=person, by=by.id)]

        self._dispatcher.dispatch(access_stream(person), ACCESS, decide, context)

    def drop_reset(self, context: Context, by: Actor, person: str) -> None:
        """Nothing is taken away after all. The person whose factors they are may say so too."""

        def decide(db: Connection, _loaded: Loaded[None], _now: datetime) -> Sequence[Event]:
            dropped = db.execute(delete(factor_resets).where(factor_resets.c.person == person)).rowcount
            return [ResetDropped(person=person, by=by.id)] if dropped else []

        self._dispatcher.dispatch(access_stream(person), ACCESS, decide, context)

    def reset_of(self, person: str) -> AskedReset | None:
        """What was asked for *person* and waits."""
        with self._store.reading() as db:
            return next(iter(asked_resets(db, person)), None)

    # -- small things

    def _until(self, set_at: datetime) -> datetime | None:
        return None if self.profile.lasts is None else set_at + self.profile.lasts


def words_of(person: Person, directory: Directory) -> list[str]:
    """What a stranger knows of somebody: name, the parts of the address, the phone, the units."""
    local, _, host = person.email.partition("@")
    units = directory.units([grant.scope for grant in directory.grants(person.id)])
    named = [name for unit in units.values() for name in (unit.name, unit.name_en, unit.code)]
    parts = re.split(r"[\W\d_]+", local)
    return [word for word in (person.name, local, *parts, host.partition(".")[0], person.phone or "", *named) if word]


def forget(db: Connection, person: str) -> None:
    """Everything a person could get in with is gone. Also what re-applies an erasure after a restore."""
    second_factor.forget(db, person)
    for table in (kept, former_passwords, outside_accounts, factor_resets):
        db.execute(delete(table).where(table.c.person == person))


def asked_resets(db: Connection, person: str = "") -> list[AskedReset]:
    """Those that wait, oldest first; of one *person*, or of everybody."""
    c = factor_resets.c
    query = select(c.person, c.by, c.reason, c.asked_at).order_by(c.asked_at, c.person)
    rows = db.execute(query.where(c.person == person) if person else query)
    return [AskedReset(person=one, by=by, reason=reason, at=instant_of(at)) for one, by, reason, at in rows]


def _password_of(db: Connection, person: str) -> tuple[str, datetime] | None:
    row = db.execute(select(kept.c.hash, kept.c.set_at).where(kept.c.person == person)).one_or_none()
    return None if row is None else (row[0], instant_of(row[1]))


def _former(person: str, remembered: int) -> Select[str]:
    c = former_passwords.c
    return select(c.hash).where(c.person == person).order_by(c.set_at.desc()).limit(max(remembered - 1, 0))


def _days(profile: Profile) -> int:
    return profile.lasts.days if profile.lasts else 0


def _minutes(span: timedelta) -> int:
    return span // timedelta(minutes=1)
