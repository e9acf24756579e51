"""Who objected is asked for on a page that wants a reason; the list of the public notice can be taken away by anybody."""

import csv
import html
import io
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from openpyxl import load_workbook

from tests.browser.site import Person, site, sqlite_house
from tests.workflow.house import House
from tests.workflow.test_ranking import entry
from workflow import commands as c
from workflow.handling import Read
from workflow.ranking import Line, Ranked
from workflow.reserve import waiting_of
from workflow.set_rules import promised_fen
from workflow.stages import Stage

NAME, CONTACT = "甄实名", "13907319999"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


@pytest.fixture
def objected(house: House) -> UUID:
    application = house.noticed()
    wish = c.Object(application_id=application, kind="person", objector=NAME, contact=CONTACT, grounds="成果归属有疑问")
    house.do("public", wish, "2026-01-05 10:00")
    return application


def test_the_page_asks_why_before_it_tells_and_the_look_is_noted(app: Flask, house: House, objected: UUID) -> None:
    looks: list[tuple[Read, str]] = []
    house.handling.on_read.append(lambda read, actor, _context: looks.append((read, actor.id)))
    judge, path = Person(app, "discipline-head"), f"/applications/{objected}/objections/1/identity"
    dossier = judge.visit(f"/applications/{objected}")
    assert f'href="{path}"' in dossier
    assert NAME not in dossier
    assert NAME not in judge.visit(path)
    refused = html.unescape(judge.send(path, {"reason": " "}, 422))
    assert NAME not in refused
    assert 'href="#f-reason"' in refused
    assert looks == []
    page = judge.send(path, {"reason": "核实异议内容"}, 200)
    assert NAME in page
    assert CONTACT in page
    assert [(read.what, read.item, read.reason, who) for read, who in looks] == [
        ("objector", "1", "核实异议内容", "discipline-head")
    ]


def test_without_its_note_nothing_is_told(app: Flask, house: House, objected: UUID) -> None:
    def fails(_read: Read, _actor: object, _context: object) -> None:
        raise OSError("the note cannot be written")

    house.handling.on_read.append(fails)
    judge, path = Person(app, "discipline-head"), f"/applications/{objected}/objections/1/identity"
    judge.visit(path)
    assert NAME not in judge.send(path, {"reason": "核实"}, 500)


@pytest.mark.parametrize(("who", "code"), [("editor", 403), ("yuelu-head", 403), ("finance", 403), ("auditor", 403)])
def test_who_need_not_know_is_not_asked(app: Flask, objected: UUID, who: str, code: int) -> None:
    assert Person(app, who).client.get(f"/applications/{objected}/objections/1/identity").status_code == code


def test_an_objection_that_is_not_there_is_not_found(app: Flask, objected: UUID) -> None:
    assert Person(app, "lead").client.get(f"/applications/{objected}/objections/2/identity").status_code == 404


def test_anybody_takes_the_list_of_the_public_notice_away(app: Flask, house: House) -> None:
    house.noticed()
    stranger = Person(app)
    assert 'href="/notices.xlsx"' in stranger.visit("/notices")
    rows = list(csv.reader(io.StringIO(stranger.client.get("/notices.csv").data.decode("utf-8-sig"))))
    assert rows[0][0] == "申报单位"
    assert rows[1][0] == "湖南岳麓智模科技有限公司"
    assert "1,000,000.00" in rows[1][5]
    assert rows[1][6:8] == ["2025-12-30", "2026-01-06"]
    page = load_workbook(io.BytesIO(stranger.client.get("/notices.xlsx").data)).active
    assert page is not None
    assert page.max_row == 2


# the reserve


def waiting(amount: int, stage: Stage = Stage.RESERVED) -> Ranked:
    one = entry("x", 8000, amount=amount, stage=stage)
    return Ranked(rank=1, tied=False, entry=one, means={}, sum_fen=None, line=Line.ABOVE)


def test_in_the_reserve_nobody_is_passed_over_for_somebody_cheaper() -> None:
    rows = (waiting(60), waiting(500, Stage.AWARDED), waiting(50), waiting(1))
    assert [(one.sum_fen, one.reached) for one in waiting_of("L-V", rows, 100)] == [
        (60, True),
        (110, False),
        (111, False),
    ]


def test_the_page_of_the_reserve_tells_what_is_free(app: Flask, house: House) -> None:
    house.noticed()
    page = Person(app, "lead").visit("/reserves/hn-2025")
    assert "50,000,000.00" in page
    assert "这次征集没有储备" in page
    assert Person(app, "gd-lead").client.get("/reserves/hn-2025").status_code == 404


def test_a_proposal_of_a_programme_with_a_reserve_sets_no_money_aside(house: House) -> None:
    """So that it stands in no other programme's way: only what is awarded of it does."""
    application = house.noticed()
    call = house.handling.call_of(house.application(application))
    kept = tuple(one.model_copy(update={"reserve": one.id == "L"}) for one in call.programmes)
    with house.store.reading() as db:
        assert promised_fen(db, call) == 100_000_000
        assert promised_fen(db, call, str(application)) == 0
        assert promised_fen(db, call.model_copy(update={"programmes": kept})) == 0
    house.do("lead", c.Award(application_id=application, document_number="湘工信〔2026〕1号"), "2026-01-12 10:00")
    house.do("finance", c.Award(application_id=application))
    with house.store.reading() as db:
        assert promised_fen(db, call.model_copy(update={"programmes": kept})) == 100_000_000
