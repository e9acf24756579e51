"""Whoever has a letter's link joins or confirms without an account; opening it answers nothing; a wrong key learns nothing."""

import re
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from consortium.state import Standing
from tests.browser.site import Person, site, sqlite_house
from tests.workflow.house import OTHER_UNIT, House
from tests.workflow.test_consorting import KEY, agreed, invite, joined
from workflow import commands as c


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = sqlite_house(tmp_path)
    made.at("2025-11-06 10:00")
    return made


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


@pytest.fixture
def application(house: House) -> UUID:
    return house.open()


def standing(house: House, application: UUID, invitation: str) -> Standing:
    member = house.application(application).consortium.invitation(invitation)
    assert member is not None
    return member.standing


def test_opening_an_invitation_shows_it_and_answers_nothing(house: House, app: Flask, application: UUID) -> None:
    link = invite(house, application)
    anybody = Person(app)
    for _ in range(2):
        page = anybody.visit(f"/invitations/{link}?key={KEY}")
    assert "湖南岳麓智模科技有限公司" in page
    assert standing(house, application, link) is Standing.INVITED
    answer = anybody.client.get(f"/invitations/{link}?key={KEY}")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("button", "reason", "became"), [("accept", "", Standing.ACCEPTED), ("decline", "人手不够", Standing.DECLINED)]
)
def test_a_button_answers_once(
    house: House, app: Flask, application: UUID, button: str, reason: str, became: Standing
) -> None:
    link = invite(house, application)
    anybody = Person(app)
    anybody.visit(f"/invitations/{link}?key={KEY}")
    fields = {"command_id": anybody.hidden("command_id"), "key": KEY, "by": "韩知远", "reason": reason, button: "1"}
    place = anybody.send(f"/invitations/{link}", fields)
    assert standing(house, application, link) is became
    anybody.visit(place)
    closed = anybody.visit(f"/invitations/{link}?key={KEY}", 410)
    assert "岳麓" not in closed


def test_an_answer_without_a_name_or_a_reason_comes_back_with_what_was_typed(
    house: House, app: Flask, application: UUID
) -> None:
    link = invite(house, application)
    anybody = Person(app)
    anybody.visit(f"/invitations/{link}?key={KEY}")
    fields = {"command_id": anybody.hidden("command_id"), "key": KEY, "by": "韩知远", "reason": "", "decline": "1"}
    page = anybody.send(f"/invitations/{link}", fields, 422)
    assert 'value="韩知远"' in page
    assert standing(house, application, link) is Standing.INVITED


@pytest.mark.parametrize("key", ["", "wrong", "Ａ", "x" * 5000])
@pytest.mark.parametrize("place", ["invitations", "confirmations"])
def test_a_wrong_key_and_an_unknown_link_look_alike(
    house: House, app: Flask, application: UUID, place: str, key: str
) -> None:
    link = invite(house, application)
    anybody = Person(app)
    known = anybody.visit(f"/{place}/{link}?key={key}", 410)
    unknown = anybody.visit(f"/{place}/01890000-0000-7000-8000-00000000dead?key={key}", 410)
    assert _plain(known) == _plain(unknown)


def _plain(page: str) -> str:
    """Without what each page makes anew: its tokens and the time."""
    return re.sub(r'value="[^"]*"|<time[^>]*>[^<]*</time>', "", page)


def test_a_legal_representative_confirms_the_text_that_stands(house: House, app: Flask, application: UUID) -> None:
    joined(house, application, OTHER_UNIT.code)
    digest = agreed(house, application)
    house.do(
        "editor",
        c.AskConfirmation(application_id=application, unit=OTHER_UNIT.code, signer="苏问渠", address="s@unit.test"),
    )
    asked = house.application(application).consortium.asked[-1].confirmation
    anybody = Person(app)
    page = anybody.visit(f"/confirmations/{asked}?key={KEY}")
    assert digest in page
    assert "不是《电子签名法》" in page
    fields = {"command_id": anybody.hidden("command_id"), "key": KEY, "digest": digest}
    anybody.visit(anybody.send(f"/confirmations/{asked}", fields))
    documents = house.application(application).consortium.documents
    assert [one.id for one in documents] == [f"confirmation-{OTHER_UNIT.code}"]
    anybody.visit(f"/confirmations/{asked}?key={KEY}", 410)
