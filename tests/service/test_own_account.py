"""Whoever's credentials change hears of it by letter, in their own language, and nobody can turn that off."""

from pathlib import Path

import pytest
from sqlalchemy import select

from directory.access import ACCESS
from directory.access_events import CredentialChanged, FactorsReset, ResetAsked, ResetDropped, access_stream
from directory.actor import Actor, Grant, Role
from directory.person import Identity
from notifications import words
from notifications.catalogue import kinds_for
from notifications.own_account import TOLD
from notifications.schema import letters
from service import wiring
from service.settings import for_the_demo
from web.texts import LANGUAGES

CREDENTIALS = {
    "password": ("set", "changed", "removed"),
    "totp": ("added", "removed"),
    "recovery": ("renewed", "used"),
    "passkey": ("added", "removed"),
    "outside": ("added", "removed"),
}


def test_the_owner_and_nobody_else_is_written_to(tmp_path: Path) -> None:
    house = wiring.build(for_the_demo(tmp_path, base_url="http://127.0.0.1", smtp_url="smtp://127.0.0.1:25"))
    house.prepare()
    for person in ("wang", "li"):
        house.register.register_person(house.as_roof(), Identity(name=person, email=f"{person}@example.cn"), person)
    happened = (
        CredentialChanged(person="wang", kind="password", change="set"),
        ResetAsked(person="wang", by="li", reason="手机丢失"),
        ResetDropped(person="wang", by="wang"),
        FactorsReset(person="wang", by="li"),
    )
    house.dispatcher.dispatch(access_stream("wang"), ACCESS, lambda _db, _loaded, _now: happened, house.as_roof())
    house.listener.follow()
    c = letters.c
    with house.store.reading() as db:
        rows = [tuple(row) for row in db.execute(select(c.kind, c.audience, c.because, c.params).order_by(c.kind))]
    house.close()
    assert [row[:3] for row in rows] == [
        (kind, "person:wang", "self")
        for kind in ("credential_changed", "factors_reset", "reset_asked", "reset_dropped")
    ]
    assert "设置了密码" in rows[0][3]
    assert "a password was set" in rows[0][3]
    assert "手机丢失" in rows[2][3]


@pytest.mark.parametrize(
    ("kind", "change"), [(kind, change) for kind, changes in CREDENTIALS.items() for change in changes]
)
def test_every_change_has_its_words(kind: str, change: str) -> None:
    said = {words.say(f"credential.{kind}.{change}", language) for language in LANGUAGES}
    assert len(said) == 2
    assert not any(each.startswith("credential.") for each in said)


def test_nobody_has_a_choice_about_letters_on_their_own_account() -> None:
    editor = Actor("e", "", (Grant(Role.UNIT_EDITOR, "91430104MAXTE5T16B"),))
    assert {kind: kinds_for(editor)[kind] for kind in TOLD} == dict.fromkeys(TOLD, True)
