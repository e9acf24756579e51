"""A bearer token is a person's, carries that person's roles of the moment, and can be taken back."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from directory import scopes, tokens
from directory.actor import CONSOLE, Actor, Grant, Role
from directory.schema import tokens as table
from eventstore.refusal import Malformed
from tests.directory.house import LEAD, NOON, House, asked

HOUR = timedelta(hours=1)


def issue(house: House, person: str, lasts: timedelta | None = None) -> tuple[str, tokens.Token]:
    with house.store.begin() as db:
        return tokens.issue(db, person, "报表", NOON, NOON + lasts if lasts else None)


def actor_with(db: Connection, secret: str, now: datetime = NOON) -> Actor | None:
    found = tokens.bearer(db, secret, now)
    return found.actor if found else None


def test_a_token_acts_as_its_person(house: House) -> None:
    li = house.person("李", "li@example.cn", LEAD)
    secret, token = issue(house, li)
    assert secret.startswith("vm_")
    with house.store.reading() as db:
        assert actor_with(db, secret) == Actor(li, "李", (LEAD,), scopes.EVERY)
        assert tokens.tokens_of(db, li) == [token]
        assert actor_with(db, secret + "0") is None
        assert actor_with(db, secret.removeprefix("vm_")) is None
        assert secret not in str(db.execute(select(table)).all())
    house.register.take_back(asked(), CONSOLE, li, LEAD)
    with house.store.reading() as db:
        assert actor_with(db, secret) == Actor(li, "李", (), scopes.EVERY)


def test_a_token_ends_when_its_time_is_over(house: House) -> None:
    li = house.person("李", "li@example.cn")
    secret, _ = issue(house, li, HOUR)
    with house.store.reading() as db:
        assert actor_with(db, secret, NOON + HOUR - timedelta(seconds=1)) is not None
        assert actor_with(db, secret, NOON + HOUR) is None


def test_a_revoked_token_opens_nothing_and_stays_listed(house: House) -> None:
    li, wang = house.person("李", "li@example.cn"), house.person("王", "wang@example.cn")
    secret, token = issue(house, li)
    with house.store.begin() as db:
        assert not tokens.revoke(db, wang, token.handle, NOON)  # not theirs
        assert tokens.revoke(db, li, token.handle, NOON)
        assert not tokens.revoke(db, li, token.handle, NOON)
        assert actor_with(db, secret) is None
        assert [listed.revoked_at for listed in tokens.tokens_of(db, li)] == [NOON]


def test_an_erased_person_has_no_token(house: House) -> None:
    li = house.person("李", "li@example.cn")
    secret, _ = issue(house, li)
    house.register.erase(asked(), li, "")
    with house.store.reading() as db:
        assert actor_with(db, secret) is None
        assert all(token.revoked_at is not None for token in tokens.tokens_of(db, li))


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        (Role.UNIT_EDITOR, "read draft account"),
        (Role.UNIT_ADMIN, "read draft act money webhooks account people"),
        (Role.BUREAU_CLERK, "read act account"),
        (Role.PROVINCE_FINANCE, "read act money account"),
        (Role.EXPERT, "read act account"),
        (Role.OPERATOR, "read webhooks account upkeep"),
        (Role.SECURITY, "read account people"),
        (Role.AUDITOR, "read webhooks account audit people upkeep"),
    ],
)
def test_a_form_offers_the_scopes_that_open_something(role: Role, offered: str) -> None:
    assert [*tokens.offered(Actor("p", "", (Grant(role, "43"),)))] == offered.split()


def test_a_wish_is_told_every_fault_at_once() -> None:
    with pytest.raises(Malformed) as told:
        tokens.wished(" ", ["read", "root"], 400)
    assert [(fault.field, fault.code) for fault in told.value.faults] == [
        ("label", "REQUIRED"),
        ("scopes", "BAD_FORMAT"),
        ("days", "ABOVE_MAX"),
    ]
