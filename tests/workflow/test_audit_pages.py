"""The province enters what the auditor confirms and looks the report up, on pages that keep every character."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection

from eventstore.dispatch import Context, Loaded
from eventstore.ids import uuid7
from tests.browser.site import Person, site, sqlite_house
from tests.programmes.benchmark import AUDITED, the_call
from tests.workflow.benchmarked import CODE, OPENED, REPORTED, REVIEW, SEALED, written
from tests.workflow.house import House
from workflow.application import Application
from workflow.events import ApplicationEvent
from workflow.handling import FOLD
from workflow.projections import stream_of
from workflow.stages import Stage

TYPED = "\n".join(f"{line}\t{fen // 100:,}.{fen % 100:02d}" for line, fen in AUDITED.items())


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


@pytest.fixture
def reviewed(house: House) -> str:
    """A benchmark whose review is closed; its address."""
    house.at("2025-12-01 10:00")
    application = uuid7()
    opened = replace(OPENED, application_id=str(application), definition_digest=the_call().digest)

    def decide(_db: Connection, _loaded: Loaded[Application], _now: datetime) -> Sequence[ApplicationEvent]:
        return (opened, written(), REPORTED, SEALED, *REVIEW)

    house.dispatcher.dispatch(stream_of(application), FOLD, decide, Context(actor="test", correlation_id=uuid7()), {})
    return f"/applications/{application}"


def _own(person: Person, **fields: Any) -> dict[str, Any]:
    return {"version": person.hidden("version"), "command_id": person.hidden("command_id"), **fields}


def test_two_columns_of_a_spreadsheet_are_pasted_and_a_bad_line_stays_beside_its_reason(
    house: House, app: Flask, reviewed: str
) -> None:
    clerk, place = Person(app, "gd-clerk"), f"{reviewed}/audited-figures"
    assert "C1-3a \n" in clerk.visit(place)
    unread = TYPED.replace("C1-5\t3,000,000.00", "C1-5\t三百万")
    again = clerk.send(place, _own(clerk, figures=unread), 422)
    assert "看不懂这一行" in again
    assert "C1-5\t三百万" in again
    above = TYPED.replace("C1-4\t300,000.00", "C1-4\t300,000.01")
    over = clerk.send(place, _own(clerk, figures=above), 422)
    assert "第 C1-4 项的审定金额 300,000.01 元不在 0 至申报的不含税金额 300,000.00 元之间" in over
    clerk.send(place, _own(clerk, figures=TYPED))
    audit = house.application(UUID(reviewed.rpartition("/")[2])).audit
    assert audit is not None
    assert dict(audit.figures) == AUDITED


def test_the_look_up_names_what_differs_and_the_proposal_says_what_it_may_be(
    house: House, app: Flask, reviewed: str
) -> None:
    clerk, lead = Person(app, "gd-clerk"), Person(app, "gd-lead")
    assert "审定金额" in lead.visit(f"{reviewed}/proposal")
    clerk.visit(f"{reviewed}/audited-figures")
    clerk.send(f"{reviewed}/audited-figures", _own(clerk, figures=TYPED))
    place = f"{reviewed}/audit-check"
    clerk.visit(place)
    other = clerk.send(place, _own(clerk, check_code="粤25SHZX0007778", genuine="true", note="逐页核对"), 422)
    assert "逐页核对" in other
    assert CODE in other
    clerk.send(place, _own(clerk, check_code=CODE, genuine="true", note=""))
    proposal = f"{reviewed}/proposal"
    assert "豁免理由" in lead.visit(proposal)
    over = lead.send(proposal, _own(lead, amount_fen="7520106.25", minutes_number="9", of_total_fen=""), 422)
    assert "7,520,106.24" in over
    lead.send(proposal, _own(lead, amount_fen="7520106.24", minutes_number="9", of_total_fen=""))
    assert house.application(UUID(reviewed.rpartition("/")[2])).stage is Stage.PROPOSED
    assert "subsidy" in lead.visit(reviewed)
