"""A consortium on its pages, without a script: asked, agreed, signed; each sees the buttons of its own steps, and nothing typed is lost."""

import io
import re
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from consortium.state import Standing
from tests.browser.site import Person, site, sqlite_house
from tests.workflow.house import OTHER_UNIT, UNIT, YUHUA_UNIT, House
from tests.workflow.test_consorting import KEY, agreed, invite, joined, sign
from workflow import commands as c
from workflow.stages import Stage

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = sqlite_house(tmp_path)
    made.at("2025-11-12 10:00")
    return made


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


@pytest.fixture
def application(house: House) -> UUID:
    return house.filled()


def place(application: UUID, more: str = "") -> str:
    return f"/applications/{application}/consortium{more}"


def post(person: Person, path: str, fields: dict[str, Any], status: int = 303) -> str:
    return person.send(path, {"command_id": person.hidden("command_id"), **fields}, status)


def asked(unit: str = OTHER_UNIT.code, **more: str) -> dict[str, str]:
    return {"unit": unit, "contact": "韩知远", "address": "han@wenqu.test", "kind": "enterprise", **more}


def shares(*columns: str, **units: str) -> dict[str, str]:
    return {f"share.{column}.{unit}": typed for column in columns for unit, typed in units.items()}


def both(lead: str, member: str) -> dict[str, str]:
    return {UNIT.code: lead, OTHER_UNIT.code: member}


def scan() -> tuple[io.BytesIO, str]:
    return io.BytesIO(PDF), "协议.pdf"


def test_an_invitation_is_sent_and_taken_back_from_the_members_page(
    house: House, app: Flask, application: UUID
) -> None:
    lead = Person(app, "editor")
    assert "现在是单独申报" in lead.visit(place(application))
    where = post(lead, f"/applications/{application}/invitations", asked())
    page = lead.visit(where)
    assert OTHER_UNIT.name in page
    assert "待答复" in page
    (member,) = house.application(application).consortium.pending
    post(lead, f"/applications/{application}/invitations/{member.invitation}/withdrawal", {})
    assert house.application(application).consortium.members[0].standing is Standing.UNINVITED
    assert "已撤回" in lead.visit(where)


def test_a_refused_invitation_comes_back_with_what_was_typed_and_every_reason(app: Flask, application: UUID) -> None:
    lead = Person(app, "editor")
    lead.visit(place(application))
    wrong = asked(unit="9143", contact="", address="nobody")
    page = post(lead, f"/applications/{application}/invitations", wrong, 422)
    assert 'value="9143"' in page
    assert 'value="nobody"' in page
    for control in ("unit", "contact", "address"):
        assert f'href="#f-{control}"' in page, control
    assert "错误：" in page.partition("</title>")[0]


def test_a_member_is_replaced_on_the_page_and_its_place_passes_on(house: House, app: Flask, application: UUID) -> None:
    joined(house, application, OTHER_UNIT.code)
    digest = agreed(house, application)
    house.do("editor", sign(application, digest, UNIT.code, OTHER_UNIT.code))
    lead = Person(app, "editor")
    lead.visit(place(application))
    again = {f"{OTHER_UNIT.code}.{name}": value for name, value in asked(YUHUA_UNIT.code).items()}
    bad = {**again, f"{OTHER_UNIT.code}.address": "nobody", "replaces": OTHER_UNIT.code}
    page = post(lead, f"/applications/{application}/invitations", bad, 422)
    assert f'href="#f-{OTHER_UNIT.code}.address"' in page
    post(lead, f"/applications/{application}/invitations", {**again, "replaces": OTHER_UNIT.code})
    assert f"已邀请{YUHUA_UNIT.name}接替" in lead.visit(place(application))
    (heir,) = house.application(application).consortium.pending
    house.do(
        "public",
        c.AnswerInvitation(application_id=application, invitation=heir.invitation, key=KEY, accept=True, by="唐某"),
    )
    after = house.application(application).consortium
    assert after.units(UNIT.code) == (UNIT.code, YUHUA_UNIT.code)
    assert after.ratios["grant"] == {UNIT.code: 5000, YUHUA_UNIT.code: 5000}
    assert after.tasks[YUHUA_UNIT.code] == "训练与评测"
    page = lead.visit(place(application, "/signing"))
    assert "已失效" in page
    assert "未定稿" in page


def test_shares_that_do_not_add_up_are_refused_with_their_sum_and_stay_as_typed(
    house: House, app: Flask, application: UUID
) -> None:
    """「比例合计须为 100%」: three decimals, a minus and 100.01 % are told; nothing is rounded."""
    joined(house, application, OTHER_UNIT.code)
    lead = Person(app, "editor")
    path = f"/applications/{application}/agreement/shares"
    lead.visit(place(application, "/shares"))
    seen = {"seen": lead.hidden("seen")}
    page = post(lead, path, {**seen, **shares("grant", **both("50", "50.01"))}, 422)
    assert "100.01" in page
    assert 'value="50.01"' in page
    for typed in ("33.333", "-1"):
        page = post(lead, path, {**seen, **shares("grant", **both("50", typed))}, 422)
        assert f'value="{typed}"' in page
        assert f'id="f-share.grant.{OTHER_UNIT.code}-error"' in page
    assert house.application(application).consortium.ratios == {}
    post(lead, path, {**seen, **shares("grant", "contribution", **both("66.67", "33.33"))})
    kept = house.application(application).consortium.ratios
    assert kept["grant"] == {UNIT.code: 6667, OTHER_UNIT.code: 3333}
    assert set(kept) == {"grant", "contribution"}


def test_a_column_is_filled_on_request_and_nothing_is_saved_by_it(house: House, app: Flask, application: UUID) -> None:
    joined(house, application, OTHER_UNIT.code, YUHUA_UNIT.code)
    lead = Person(app, "editor")
    lead.visit(place(application, "/shares"))
    path, seen = f"/applications/{application}/agreement/shares/proposal", {"seen": lead.hidden("seen")}
    page = post(lead, path, {**seen, "fill": "equal.grant"}, 200)
    assert "还没有保存" in page
    assert re.findall(r'name="share\.grant\.[^"]+" value="([^"]+)"', page) == ["33.34", "33.33", "33.33"]
    begun = shares("grant", **{UNIT.code: "50", OTHER_UNIT.code: "", YUHUA_UNIT.code: ""})
    page = post(lead, path, {**seen, **begun, "fill": "rest.grant"}, 200)
    assert re.findall(r'name="share\.grant\.[^"]+" value="([^"]+)"', page) == ["50.00", "25.00", "25.00"]
    over = shares("grant", **{UNIT.code: "80", OTHER_UNIT.code: "30", YUHUA_UNIT.code: ""})
    page = post(lead, path, {**seen, **over, "fill": "rest.grant"}, 422)
    assert 'value="80"' in page
    assert "110.00" in page
    assert house.application(application).consortium.ratios == {}


def test_a_member_that_joins_meanwhile_is_not_written_over(house: House, app: Flask, application: UUID) -> None:
    joined(house, application, OTHER_UNIT.code)
    lead = Person(app, "editor")
    lead.visit(place(application, "/shares"))
    seen = lead.hidden("seen")
    joined(house, application, YUHUA_UNIT.code)
    fields = {"seen": seen, **shares("grant", **both("50", "50"))}
    page = post(lead, f"/applications/{application}/agreement/shares", fields, 422)
    assert "成员有了变动" in page
    assert 'value="50"' in page
    assert YUHUA_UNIT.name in page


def test_text_versions_and_signatures_follow_on_their_pages(house: House, app: Flask, application: UUID) -> None:
    joined(house, application, OTHER_UNIT.code)
    lead = Person(app, "editor")
    lead.visit(place(application, "/shares"))
    columns = shares("grant", "contribution", **both("60", "40"))
    post(lead, f"/applications/{application}/agreement/shares", {"seen": lead.hidden("seen"), **columns})
    lead.visit(place(application, "/text"))
    said = {
        "seen": lead.hidden("seen"),
        "consortium_name": "岳麓联合体",
        f"task.{UNIT.code}": "训练",
        f"task.{OTHER_UNIT.code}": "评测",
        "clause.people": "各自派员",
        "extra": "违约另行约定",
        "copies": "三",
    }
    page = post(lead, f"/applications/{application}/agreement/text", said, 422)
    assert "各自派员" in page
    post(lead, f"/applications/{application}/agreement/text", {**said, "copies": "3"})
    held = house.application(application).consortium
    assert (held.name, held.copies, held.extra) == ("岳麓联合体", 3, ("违约另行约定",))
    assert held.clauses["people"] == "各自派员"
    lead.visit(place(application, "/signing"))
    post(lead, f"/applications/{application}/agreement/versions", {"seen": lead.hidden("seen")})
    page = lead.visit(place(application, "/signing"))
    assert "第 1 版已定稿" in page
    digest = house.application(application).consortium.issues[-1].digest
    path = f"/applications/{application}/agreement/documents"
    nothing = post(lead, path, {"digest": digest}, 422)
    assert 'href="#f-hand"' in nothing
    assert 'href="#f-scan"' in nothing
    signed = {"digest": digest, "hand": [UNIT.code, OTHER_UNIT.code], "scan": scan()}
    for unit, name in ((UNIT.code, "沈岳"), (OTHER_UNIT.code, "苏问渠")):
        signed |= {f"signer.{unit}": name, f"on.{unit}": "2025-11-12", f"kind.{unit}": "legal_representative"}
    page = post(lead, path, {**signed, f"sealed.{UNIT.code}": "1"}, 422)
    assert f'href="#f-sealed.{OTHER_UNIT.code}"' in page  # no seal, no signature
    page = post(lead, path, {**signed, "scan": scan(), f"sealed.{UNIT.code}": "1", f"sealed.{OTHER_UNIT.code}": "1"})
    page = lead.visit(page)
    assert "第 1 版已生效" in page
    assert "1 / 1 家成员已签署齐备" in page


def test_a_delegate_signs_with_a_letter_on_the_page(house: House, app: Flask, application: UUID) -> None:
    joined(house, application, OTHER_UNIT.code)
    digest = agreed(house, application)
    lead = Person(app, "editor")
    lead.visit(place(application, "/signing"))
    path, member = f"/applications/{application}/agreement/documents", OTHER_UNIT.code
    signed: dict[str, Any] = {
        "digest": digest,
        "hand": [UNIT.code, member],
        f"signer.{UNIT.code}": "沈岳",
        f"on.{UNIT.code}": "2025-11-12",
        f"sealed.{UNIT.code}": "1",
        f"signer.{member}": "代签人",
        f"kind.{member}": "delegate",
        f"on.{member}": "2025-11-12",
        f"sealed.{member}": "1",
    }
    page = post(lead, path, {**signed, "scan": scan()}, 422)
    assert f'href="#f-letter_scan.{member}"' in page
    letter: dict[str, Any] = {
        f"letter_principal.{member}": "苏问渠",
        f"letter_agent.{member}": "代签人",
        f"letter_from.{member}": "2025-12-01",
        f"letter_to.{member}": "2025-12-31",
    }
    late = {**signed, **letter, "scan": scan(), f"letter_scan.{member}": scan()}
    page = post(lead, path, late, 422)
    assert f'href="#f-letter_from.{member}"' in page
    good = {**late, f"letter_from.{member}": "2025-11-01", "scan": scan(), f"letter_scan.{member}": scan()}
    post(lead, path, good)
    issue = house.application(application).consortium.issue
    assert issue is not None
    assert issue.effective_from == date(2025, 11, 12)


def test_a_member_sees_the_same_consortium_and_its_own_buttons(house: House, app: Flask, application: UUID) -> None:
    joined(house, application, OTHER_UNIT.code)
    agreed(house, application)
    member = Person(app, "wenqu-admin")
    page = member.visit(place(application))
    assert "退出联合体" in page
    assert "邀请成员</h2>" not in page
    assert 'name="share.' not in member.visit(place(application, "/shares"))
    assert "<textarea" not in member.visit(place(application, "/text"))
    page = member.visit(place(application, "/signing"))
    assert f"/commitments/{OTHER_UNIT.code}" in page
    assert f"/commitments/{UNIT.code}" not in page
    own = f"{OTHER_UNIT.code}"
    fields = {
        f"commitment_signer.{own}": "苏问渠",
        f"commitment_on.{own}": "2025-11-11",
        f"commitment_scan.{own}": scan(),
    }
    post(member, f"/applications/{application}/commitments/{own}", fields)
    assert set(house.application(application).commitments) == {UNIT.code, OTHER_UNIT.code}
    for form in ("invitations", "agreement/versions"):
        member.visit(place(application))
        member.send(f"/applications/{application}/{form}", {"command_id": "1"}, 403)
    member.visit(place(application))
    page = post(member, f"/applications/{application}/members/{own}/leaving", {}, 422)
    assert f'href="#f-reason.{own}"' in page
    assert (
        post(member, f"/applications/{application}/members/{own}/leaving", {f"reason.{own}": "调整"}) == "/applications"
    )
    member.visit(place(application), 404)


def test_what_is_printed_comes_back_under_its_code(house: House, app: Flask, application: UUID) -> None:
    """「上传扫描件」: a sheet is known by the code on its pages, not by what somebody says it is."""
    joined(house, application, OTHER_UNIT.code)
    agreed(house, application)
    lead = Person(app, "editor")
    page = lead.visit(place(application, "/signing"))
    for kind in ("consortium_agreement", f"commitment:{OTHER_UNIT.code}", f"authorisation:{OTHER_UNIT.code}"):
        assert f'name="kind" value="{kind}"' in page, kind
    printed = post(lead, f"/applications/{application}/papers", {"kind": "consortium_agreement", "format": "pdf"})
    code = printed.rpartition("/")[2]
    lead.visit(place(application, "/signing"))
    signed: dict[str, Any] = {"hand": [UNIT.code, OTHER_UNIT.code], "digest": "", "paper_code": "0000-0000-0000-0000"}
    for unit, name in ((UNIT.code, "沈岳"), (OTHER_UNIT.code, "苏问渠")):
        signed |= {f"signer.{unit}": name, f"on.{unit}": "2025-11-12", f"sealed.{unit}": "1"}
    path = f"/applications/{application}/agreement/documents"
    page = post(lead, path, {**signed, "scan": scan()}, 422)
    assert 'href="#f-paper_code"' in page
    post(lead, path, {**signed, "paper_code": code.lower(), "scan": scan()})
    issue = house.application(application).consortium.issue
    assert issue is not None
    assert issue.effective_from == date(2025, 11, 12)


def test_the_whole_text_is_read_where_it_is_confirmed(house: House, app: Flask, application: UUID) -> None:
    """The page of a confirmation shows the text that is hashed: every clause, both tables."""
    joined(house, application, OTHER_UNIT.code)
    agreed(house, application)
    asked_for = c.AskConfirmation(application_id=application, unit=OTHER_UNIT.code, signer="苏问渠", address="s@x.test")
    house.do("editor", asked_for)
    link = house.application(application).consortium.asked[-1].confirmation
    page = Person(app).visit(f"/confirmations/{link}?key={KEY}")
    for said in ("并对外承担连带责任", "国拨资金/国拨资金总额", "合同履行完毕后自动失效", "训练与评测", "50.00%"):
        assert said in page, said
    assert "并对外承担连带责任" in Person(app, "editor").visit(place(application, "/text"))


def test_whoever_is_no_party_finds_nothing(app: Flask, application: UUID) -> None:
    for who in ("wenqu-admin", "guanlan-editor"):
        for more in ("", "/shares", "/text", "/signing"):
            Person(app, who).visit(place(application, more), 404)


def test_once_sealed_the_pages_show_what_was_sealed_and_take_nothing(
    house: House, app: Flask, application: UUID
) -> None:
    joined(house, application, OTHER_UNIT.code)
    digest = agreed(house, application)
    house.do("editor", sign(application, digest, UNIT.code, OTHER_UNIT.code))
    from tests.workflow.test_consorting import commit

    house.do("admin", commit(application, OTHER_UNIT.code))
    house.do("admin", c.Seal(application_id=application), "2025-11-20 10:00")
    assert house.application(application).stage is Stage.UNIT_SEALED
    lead = Person(app, "editor")
    page = lead.visit(place(application))
    assert "已盖章，联合体的成员、比例和协议不能变动" in page
    assert 'action="/applications' not in page.replace(f'action="/applications/{application}/presence', "")
    bureau = Person(app, "yuelu-clerk")
    page = bureau.visit(f"/applications/{application}")
    assert OTHER_UNIT.name in page
    page = bureau.visit(place(application, "/signing"))
    assert "苏问渠" in page  # a bureau checks who signed
    assert '<form class="stack"' not in page
    lead.visit(place(application))
    lead.send(f"/applications/{application}/invitations", {"command_id": "x", **asked(YUHUA_UNIT.code)}, 422)


def test_the_panel_of_the_form_leads_to_the_consortiums_pages(house: House, app: Flask, application: UUID) -> None:
    joined(house, application, OTHER_UNIT.code)
    page = Person(app, "admin").visit(f"/applications/{application}")
    for more in ("/shares", "/text", "/signing"):
        assert f'href="{place(application, more)}"' in page, more
    assert f"缺少真实性承诺书：{OTHER_UNIT.name}" in page


def test_an_invitation_that_was_only_asked_gives_no_sight(house: House, app: Flask, application: UUID) -> None:
    invite(house, application)
    Person(app, "wenqu-admin").visit(place(application), 404)
