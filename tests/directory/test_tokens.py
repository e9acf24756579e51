"""A bearer token is a person's, carries that person's roles of the moment, and can be taken back."""

from datetime import timedelta

from sqlalchemy import select

from directory import tokens
from directory.actor import CONSOLE, Actor
from directory.schema import tokens as table
from tests.directory.house import LEAD, NOON, House, asked

HOUR = timedelta(hours=1)


def issue(house: House, person: str, lasts: timedelta | None = None) -> tuple[str, tokens.Token]:
    with house.store.begin() as db:
        return tokens.issue(db, person, "报表", NOON, NOON + lasts if lasts else None)


def test_a_token_acts_as_its_person(house: House) -> None:
    li = house.person("李", "li@example.cn", LEAD)
    secret, token = issue(house, li)
    assert secret.startswith("vm_")
    with house.store.reading() as db:
        assert tokens.actor_with(db, secret, NOON) == Actor(li, "李", (LEAD,))
        assert tokens.tokens_of(db, li) == [token]
        assert tokens.actor_with(db, secret + "0", NOON) is None
        assert tokens.actor_with(db, secret.removeprefix("vm_"), NOON) is None
        assert secret not in str(db.execute(select(table)).all())
    house.register.take_back(asked(), CONSOLE, li, LEAD)
    with house.store.reading() as db:
        assert tokens.actor_with(db, secret, NOON) == Actor(li, "李", ())


def test_a_token_ends_when_its_time_is_over(house: House) -> None:
    li = house.person("李", "li@example.cn")
    secret, _ = issue(house, li, HOUR)
    with house.store.reading() as db:
        assert tokens.actor_with(db, secret, NOON + HOUR - timedelta(seconds=1)) is not None
        assert tokens.actor_with(db, secret, NOON + HOUR) is None


def test_a_revoked_token_opens_nothing_and_stays_listed(house: House) -> None:
    li, wang = house.person("李", "li@example.cn"), house.person("王", "wang@example.cn")
    secret, token = issue(house, li)
    with house.store.begin() as db:
        assert not tokens.revoke(db, wang, token.handle, NOON)  # not theirs
        assert tokens.revoke(db, li, token.handle, NOON)
        assert not tokens.revoke(db, li, token.handle, NOON)
        assert tokens.actor_with(db, secret, NOON) is None
        assert [listed.revoked_at for listed in tokens.tokens_of(db, li)] == [NOON]


def test_an_erased_person_has_no_token(house: House) -> None:
    li = house.person("李", "li@example.cn")
    secret, _ = issue(house, li)
    house.register.erase(asked(), li, "")
    with house.store.reading() as db:
        assert tokens.actor_with(db, secret, NOON) is None
        assert all(token.revoked_at is not None for token in tokens.tokens_of(db, li))
