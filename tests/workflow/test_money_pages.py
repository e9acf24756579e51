"""Pages and API of money on its way: what the lead is asked to hand on, what a member is asked to confirm, who verifies."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.browser.site import Person, site, sqlite_house
from tests.workflow.awarded import FIRST, SECOND, joint_award, paid_out
from tests.workflow.house import House
from tests.workflow.received import pdf

PDF = pdf("voucher")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


def _own(person: Person, **fields: Any) -> dict[str, Any]:
    return {"version": person.hidden("version"), "command_id": person.hidden("command_id"), **fields}


def _typed(first: str = "333,300.00") -> dict[str, Any]:
    return {
        "tranche": "1",
        f"part.{FIRST}.amount_fen": first,
        f"part.{FIRST}.bank_reference": "Z-1",
        f"part.{SECOND}.amount_fen": "333300.00",
        f"part.{SECOND}.bank_reference": "Z-2",
        "scan_sha256": (BytesIO(PDF), "转拨凭证.pdf"),
    }


def test_the_lead_is_shown_each_members_part_and_a_wrong_one_stays_on_the_page(house: House, app: Flask) -> None:
    application = paid_out(house)
    lead = Person(app, "admin")
    page = lead.visit(f"/applications/{application}")
    assert "333,300.00" in page
    assert "待转拨" in page
    place = f"/applications/{application}/handing-on"
    assert 'value="333300.00"' in lead.visit(place)
    again = lead.send(place, _own(lead, **_typed("333,300.01")), 422)
    assert "按协议应转的 333,300.00" in again
    assert f'id="f-part.{FIRST}.amount_fen"' in again
    assert "done=hand_on" in lead.send(place, _own(lead, **_typed()))
    handed = house.application(application).tranches[0].handed
    assert {unit: part.bank_reference for unit, part in handed.items()} == {FIRST: "Z-1", SECOND: "Z-2"}


def test_a_member_disputes_and_then_confirms_on_a_page_of_the_same_application(house: House, app: Flask) -> None:
    application = paid_out(house)
    lead = Person(app, "admin")
    lead.visit(f"/applications/{application}/handing-on")
    lead.send(f"/applications/{application}/handing-on", _own(lead, **_typed()))
    member, place = Person(app, "wenqu-admin"), f"/applications/{application}/receipt"
    member.visit(place)
    assert "REASON" not in member.send(place, _own(member, tranche="1", received="false", reason=""), 422)
    member.visit(place)
    assert "done=confirm_hand_on" in member.send(place, _own(member, tranche="1", received="false", reason="未到账"))
    assert "成员有异议" in member.visit(f"/applications/{application}")
    member.visit(place)
    member.send(place, _own(member, tranche="1", received="true", reason=""))
    assert "成员已确认" in member.visit(f"/applications/{application}")
    assert "没有待转拨" in lead.visit(f"/applications/{application}/handing-on")


def test_a_second_person_sees_the_filed_account_and_verifies_it(house: House, app: Flask) -> None:
    application = joint_award(house)
    clerk, place = Person(app, "clerk"), f"/applications/{application}/account-change"
    clerk.visit(place)
    filed = _own(clerk, account="6222 0000 1111 2222", holder="别的公司", letter_scan=(BytesIO(PDF), "变更函.pdf"))
    assert "不一致" in clerk.send(place, filed, 422)
    filed = _own(clerk, account="6222 0000 1111 2222", holder="湖南岳麓智模科技有限公司", bank="岳麓支行")
    assert "done=" in clerk.send(place, {**filed, "letter_scan": (BytesIO(PDF), "变更函.pdf")})
    verify = f"/applications/{application}/account-verification"
    assert "由两人办理" in clerk.visit(verify)
    finance = Person(app, "finance")
    page = finance.visit(verify)
    assert "6222000011112222" in page
    finance.visit(f"/applications/{application}/scans/{house.application(application).money_scans[0]}")
    finance.visit(verify)
    finance.send(verify, _own(finance, accepted="true", reason=""))
    account = house.application(application).account
    assert account is not None
    assert account.value == "6222000011112222"
