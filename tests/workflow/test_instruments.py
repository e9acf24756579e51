"""What a step leaves on paper: known by the event's hash, told to whom it concerns, silent about what must stay secret."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine

from eventstore.dispatch import Context, Loaded
from eventstore.event import Personal
from eventstore.ids import uuid7
from paperwork.document import Block, Boxes, Lines, Pairs, Signatures, Table, Text
from tests.browser.site import Person, site, sqlite_house
from tests.scenario import (
    ACCOUNT,
    AWARDED,
    CITY,
    COUNTY,
    FORM_PASSED,
    INSTRUCTED,
    NOTICED,
    OPENED,
    PAID,
    PROPOSED,
    RECEIVED,
    REVIEWED,
    SEALED,
    at,
)
from tests.workflow.awarded import FIRST, LEAD, joint_award
from tests.workflow.house import CATALOGUE, UNIT, House
from web import texts
from workflow import events as e
from workflow.application import Application
from workflow.dossier import view_of
from workflow.handling import FOLD
from workflow.printing.instruments import INSTRUMENTS, KINDS, drawn_up, made_of, may_have
from workflow.printing.room import Format, Paper, instruments_of
from workflow.projections import stream_of
from workflow.stages import Stage
from workflow.steps import LIFECYCLE

SEED = "c8ca31ab6cd09bda"
PANEL = tuple(f"expert-{n}" for n in range(1, 6))
MARKS = {"foundations": 2200, "innovation": 2600, "fit": 2100, "service": 1700}
NAMED = e.SectionSaved(
    section="project", section_version=1, answers={"project_name": "面向工程机械运维的垂直领域大模型"}
)
DRAWN = e.PanelDrawn(
    seed=SEED,
    pool=(*PANEL, "expert-6"),
    drawn=PANEL,
    left_out=(
        e.LeftOut(expert="expert-7", why="employer", unit=UNIT.code),
        e.LeftOut(expert="expert-8", why="former_employer", unit=UNIT.code, until=2024),
    ),
)
SHEETS = tuple(e.Scored(expert=one, marks=MARKS, total=8600, comment=f"意见{one}") for one in PANEL)
CLOSED_REVIEW = replace(REVIEWED, totals=dict.fromkeys(PANEL, 8600), dropped=(8600, 8600), result=8600)
RETURNED = e.ReturnedForCorrection(
    entered=Stage.RETURNED,
    returned_from=Stage.UNIT_SEALED,
    body="430104",
    items=(
        e.ReturnItem(kind="attachment", id="L-4", reason="2024年纳税证明缺第二页"),
        e.ReturnItem(kind="field", id="params_yi", reason="与附件不符", material=True),
    ),
    deadline=at("2025-12-01 23:59"),
)
OBJECTION = e.ObjectionReceived(
    entered=Stage.OBJECTION_HOLD,
    objection=1,
    kind="person",
    objector=Personal("严秉公"),
    contact=Personal("13812345678"),
    grounds="该项目已获其他省级资金支持",
)
FILED = e.AccountChangeFiled(
    account=Personal("6222021234567890123"), holder=UNIT.name, bank="长沙银行", letter_scan="", filed_by="finance"
)
UP_TO_THE_SEAL: tuple[e.ApplicationEvent, ...] = (OPENED, ACCOUNT, NAMED, SEALED)
JUDGED = (*UP_TO_THE_SEAL, COUNTY, CITY, RECEIVED, FORM_PASSED, DRAWN, *SHEETS, CLOSED_REVIEW)
NOTICE = (*JUDGED, PROPOSED, NOTICED)
FUNDED = (*NOTICE, AWARDED, INSTRUCTED, PAID)


def _happened(house: House, *history: e.ApplicationEvent, nth: int = 1) -> Application:
    """An application to which this happened, as one stream; *nth* of the call."""
    application = uuid7()
    changed: dict[type[Any], dict[str, Any]] = {
        e.Opened: {
            "application_id": str(application),
            "number": f"HN-AI-2025-{nth:04}",
            "definition_digest": CATALOGUE.get("hn-2025").digest,
            "unit_name": UNIT.name,
        },
        e.Recommended: {"slot": nth},
    }

    def decided(db: Connection, loaded: Loaded[Application], now: datetime) -> Sequence[e.ApplicationEvent]:
        return [replace(one, **changed.get(type(one), {})) for one in history]  # type: ignore[type-var]

    house.at("2026-01-20 09:00")
    context = Context(actor="console", correlation_id=uuid7())
    house.dispatcher.dispatch(stream_of(application), FOLD, decided, context, {})
    return house.application(application)


@pytest.fixture
def on_each(engine: Engine, tmp_path: Path) -> House:
    """A house on each database; how a sheet is laid out asks neither."""
    return House(engine, tmp_path / "files")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


def _papers(house: House, application: Application) -> dict[str, Paper]:
    return {paper.kind: paper for paper in reversed(house.printing.of_steps(application))}


def _words(house: House, application: Application, kind: str) -> str:
    """Everything that stands on the newest instrument of *kind*."""
    facts = house.dispatcher.history(stream_of(application.id))
    made = [one for one in made_of(facts) if one.instrument.kind == kind][-1]
    names = house.printing._names(facts, made)  # pyright: ignore[reportPrivateUsage]
    laid_out = drawn_up(facts, made, CATALOGUE.get("hn-2025"), names)
    said = [*laid_out["title"], *(text for part in laid_out["parts"] for block in part.blocks for text in _said(block))]
    return "\n".join(said)


def _said(block: Block) -> list[str]:
    match block:
        case Text(text=text, heading=heading):
            return [heading, text]
        case Pairs(rows=rows):
            return [f"{line.label}：{line.value}" for row in rows for line in row]
        case Lines(lines=lines) | Signatures(lines=lines):
            return [f"{line.label}：{line.value}" for line in lines]
        case Table(columns=columns, rows=rows, heading=heading):
            return [heading, *columns, *(cell for row in rows for cell in row)]
        case Boxes(options=options):
            return [f"{'☑' if option.ticked else '☐'}{option.text}" for option in options]
        case _:
            raise AssertionError(block)


EVERY: dict[str, tuple[e.ApplicationEvent, ...]] = {
    "withdrawal_request": (*UP_TO_THE_SEAL, e.Withdrawn(entered=Stage.WITHDRAWN, reason="项目调整")),
    "lapse_notice": (*UP_TO_THE_SEAL, RETURNED, e.Lapsed(entered=Stage.LAPSED, deadline=RETURNED.deadline)),
    "recommendation_letter": (*UP_TO_THE_SEAL, COUNTY, CITY),
    "non_recommendation": (
        *UP_TO_THE_SEAL,
        e.NotRecommended(entered=Stage.NOT_RECOMMENDED, body="430104", level="county", reason="名额有限"),
    ),
    "receipt": (*UP_TO_THE_SEAL, COUNTY, CITY, RECEIVED),
    "correction_notice": (*UP_TO_THE_SEAL, RETURNED),
    "list_of_differences": (
        *UP_TO_THE_SEAL,
        RETURNED,
        e.Resubmitted(
            entered=Stage.UNIT_SEALED,
            seal_version=2,
            content_digest="sha256:" + "b2" * 32,
            changed=("params_yi", "attachment:L-4"),
            renewed=True,
        ),
    ),
    "extension_notice": (
        *UP_TO_THE_SEAL,
        e.DeadlineExtended(deadline="county_close", until=at("2025-12-08 17:30"), body="430100", reason="台风"),
    ),
    "form_opinion": (
        *UP_TO_THE_SEAL,
        COUNTY,
        CITY,
        RECEIVED,
        e.FormFailed(entered=Stage.FORM_FAILED, reason_code="untrue", reason="审计报告编号查无此件"),
    ),
    "form_examination": (*UP_TO_THE_SEAL, COUNTY, CITY, RECEIVED, FORM_PASSED),
    "reconsideration_request": (
        *UP_TO_THE_SEAL,
        e.NotRecommended(entered=Stage.NOT_RECOMMENDED, body="430104", level="county", reason="名额有限"),
        e.ReconsiderationAsked(about=Stage.NOT_RECOMMENDED, reason="已补充三家用户的评价"),
    ),
    "reconsideration_decision": (
        *UP_TO_THE_SEAL,
        e.NotRecommended(entered=Stage.NOT_RECOMMENDED, body="430104", level="county", reason="名额有限"),
        e.ReconsiderationAsked(about=Stage.NOT_RECOMMENDED, reason="已补充三家用户的评价"),
        e.ReconsiderationDecided(entered=Stage.UNIT_SEALED, granted=True, body="430100", reason="材料足以说明"),
    ),
    "draw_record": JUDGED,
    "score_sheet": JUDGED,
    "score_summary": JUDGED,
    "panel_opinion": JUDGED,
    "site_check_form": (
        *JUDGED[:-1],
        replace(CLOSED_REVIEW, entered=Stage.SITE_CHECK),
        e.SiteChecked(entered=Stage.EXPERT_REVIEW, passed=True, team=("甲核查", "乙核查"), findings="设备在用"),
    ),
    "result_notice": (
        *JUDGED,
        e.NotSelected(entered=Stage.NOT_SELECTED, minutes_number="会纪〔2025〕9号", reason="排序在后"),
    ),
    "support_proposal": (*JUDGED, PROPOSED),
    "public_notice": NOTICE,
    "objection_acceptance": (*NOTICE, OBJECTION),
    "finding_report": (
        *NOTICE,
        OBJECTION,
        e.ObjectionDismissed(entered=Stage.PUBLIC_NOTICE, objection=1, finding="未发现重复支持"),
    ),
    "reserve_notice": (*NOTICE, e.Reserved(entered=Stage.RESERVED, reason="本年度资金已安排完毕")),
    "award_notice": (*NOTICE, AWARDED),
    "award_waiver": (*NOTICE, AWARDED, e.AwardWaived(entered=Stage.AWARD_CANCELLED, reason="项目终止")),
    "cancellation_notice": (
        *NOTICE,
        AWARDED,
        e.AwardCancelled(entered=Stage.AWARD_CANCELLED, reason_code="fraud", decision_number="湘工信决〔2026〕2号"),
    ),
    "payment_plan": (
        *NOTICE,
        AWARDED,
        e.TranchesPlanned(parts=(e.PlannedTranche(amount_fen=60_000_000, due_on=date(2026, 3, 1)),)),
    ),
    "account_change_letter": (*NOTICE, AWARDED, FILED),
    "account_verification": (*NOTICE, AWARDED, FILED, e.AccountVerified(filed_by="finance", verified_by="lead")),
    "payment_notice": (*NOTICE, AWARDED, INSTRUCTED),
    "payment_record": FUNDED,
    "bounce_notice": (
        *FUNDED,
        e.TrancheReturned(
            entered=Stage.DISBURSING,
            tranche=1,
            amount_fen=100_000_000,
            bank_reference="20260122-001",
            returned_on=date(2026, 1, 23),
            reason="户名不符",
        ),
    ),
    "self_evaluation": (*FUNDED, e.SelfEvaluationFiled(summary="目标全部完成", goals_met=True)),
    "closing_opinion": (*FUNDED, e.Closed(entered=Stage.CLOSED, result="合格")),
    "recovery_notice": (
        *FUNDED,
        e.RecoveryDemanded(
            entered=Stage.RECOVERING,
            before=Stage.DISBURSED,
            amount_fen=20_000_000,
            reason="场地租金未用于项目",
            signers=("lead", "finance"),
        ),
    ),
    "repayment_receipt": (
        *FUNDED,
        e.RecoveryDemanded(
            entered=Stage.RECOVERING, before=Stage.DISBURSED, amount_fen=20_000_000, reason="场地租金未用于项目"
        ),
        e.RepaymentRecorded(
            entered=Stage.RECOVERED,
            amount_fen=20_000_000,
            bank_reference="20260520-R01",
            received_on=date(2026, 5, 20),
        ),
    ),
    "correction_record": (
        *FUNDED,
        e.BookingCorrected(
            bank_reference="20260122-001",
            kind="payment",
            tranche=1,
            on=date(2026, 1, 21),
            new_reference="",
            effective_on=date(2026, 1, 21),
            reason="回单日期为二十一日",
            filed_by="finance",
            confirmed_by="lead",
        ),
    ),
}
"""A history that ends with the step, by the kind of instrument that it leaves."""
OF_COSTS = {"audited_figures", "audit_look_up", "proposed_reckoning", "subsidy_reckoning", "reckoning_anew"}
"""Tried in test_subsidy_pages.py, on an application that is paid by its costs."""


def test_every_kind_is_tried_here_and_has_its_name_in_both_languages() -> None:
    assert EVERY.keys() | {"hand_on_record"} | OF_COSTS == KINDS.keys()
    for kind in KINDS:
        known = texts.catalogue()[f"paper.kind.{kind}"]
        assert known.zh
        assert known.en


def test_every_step_whose_row_names_a_document_leaves_one() -> None:
    """3-process.md, column 文书. The form, the unit's own papers and what is scanned are made of the text (printing/issuing.py)."""
    of_the_text = {"print", "seal", "issue_agreement", "sign_agreement", "save"}
    named = {step.trigger for step in LIFECYCLE if step.document} - of_the_text
    without = named - set(LEAVES)
    assert not without
    assert {kind for kinds in LEAVES.values() for kind in kinds} <= KINDS.keys()


LEAVES: dict[str, tuple[str, ...]] = {
    "recommend": ("recommendation_letter",),
    "return": ("correction_notice",),
    "resubmit": ("list_of_differences",),
    "ask_reconsideration": ("reconsideration_request",),
    "reconsider": ("reconsideration_decision",),
    "withdraw": ("withdrawal_request",),
    "not_recommend": ("non_recommendation",),
    "receive": ("receipt",),
    "form_fail": ("form_opinion",),
    "form_pass": ("form_examination",),
    "draw": ("draw_record",),
    "score": ("score_sheet",),
    "close_review": ("score_summary", "panel_opinion"),
    "site_result": ("site_check_form",),
    "not_select": ("result_notice",),
    "enter_audit": ("audited_figures",),
    "check_audit": ("audit_look_up",),
    "propose": ("support_proposal",),
    "publish": ("public_notice",),
    "object": ("objection_acceptance",),
    "dismiss": ("finding_report",),
    "uphold": ("finding_report",),
    "reserve": ("reserve_notice",),
    "award": ("award_notice",),
    "waive": ("award_waiver",),
    "plan": ("payment_plan",),
    "change_account": ("account_change_letter",),
    "verify_account": ("account_verification",),
    "instruct": ("payment_notice",),
    "confirm_paid": ("payment_record",),
    "return_payment": ("bounce_notice",),
    "hand_on": ("hand_on_record",),
    "self_evaluate": ("self_evaluation",),
    "close": ("closing_opinion",),
    "cancel_award": ("cancellation_notice",),
    "demand_recovery": ("recovery_notice",),
    "record_repayment": ("repayment_receipt",),
    "confirm_correction": ("correction_record",),
}


@pytest.mark.parametrize("kind", sorted(EVERY))
def test_a_step_leaves_its_instrument_and_the_sheet_says_which_project(house: House, kind: str) -> None:
    application = _happened(house, *EVERY[kind])
    said = _words(house, application, kind)
    for told in ("面向工程机械运维的垂直领域大模型", UNIT.name, "HN-AI-2025-0001", "年"):
        assert told in said, said
    assert not re.search(r"sha256:(?!a1)|\b(None|True|False)\b|person:|unit_sealed|returned", said), said


def test_a_notice_of_correction_tells_everything_at_once_with_reasons_and_the_end(house: House) -> None:
    """R: 一次性告知. The end of a day is 24时 of that day."""
    said = _words(house, _happened(house, *EVERY["correction_notice"]), "correction_notice")
    for told in ("2024年纳税证明缺第二页", "与附件不符", "2025年12月1日24时", "长沙市岳麓区工业和信息化局"):
        assert told in said


def test_the_sum_stands_in_figures_and_in_words(house: House) -> None:
    said = _words(house, _happened(house, *EVERY["award_notice"]), "award_notice")
    assert "1,000,000.00 元（大写：壹佰万元整）" in said
    assert "湘工信〔2026〕1号" in said


def test_no_instrument_names_the_objector_nor_shows_a_whole_account(house: House) -> None:
    """An objector's identity is in a store of its own; of an account the last four digits tell which it is."""
    for nth, kind in enumerate(
        ("objection_acceptance", "finding_report", "account_change_letter", "payment_notice"), 1
    ):
        said = _words(house, _happened(house, *EVERY[kind], nth=nth), kind)
        assert not re.search("严秉公|13812345678|0430123456789012|6222021234567890123", said)
    assert "尾号 9012" in said


def test_the_draw_can_be_made_again_from_its_record(house: House) -> None:
    said = _words(house, _happened(house, *EVERY["draw_record"]), "draw_record")
    assert SEED in said
    assert all(one in said for one in DRAWN.pool)
    assert f"现任职于{UNIT.name}" in said, "who was left out, and why"
    assert f"曾任职于{UNIT.name}（至2024年）" in said


def test_an_award_of_a_consortium_says_what_is_whose_the_lead_first(house: House) -> None:
    application = house.application(joint_award(house))
    said = _words(house, application, "award_notice")
    lead, first = application.unit_name, "333,300.00"
    assert first in said
    table = said[said.index("联合体内部分配") :]
    assert table.index(lead) < table.index(first)
    assert LEAD != FIRST


def test_what_a_member_was_handed_on_is_on_the_leads_record(house: House) -> None:
    part = e.HandOnPart(unit=FIRST, amount_fen=33_330_000, bank_reference="H-1")
    application = house.application(joint_award(house))
    stream = stream_of(application.id)
    paid = replace(INSTRUCTED, shares={LEAD: 66_670_000, FIRST: 33_330_000})

    def decided(db: Connection, loaded: Loaded[Application], now: datetime) -> Sequence[e.ApplicationEvent]:
        return [paid, replace(PAID, shares=paid.shares), e.HandedOn(tranche=1, parts=(part,), scan_sha256="")]

    house.dispatcher.dispatch(stream, FOLD, decided, Context(actor="console", correlation_id=uuid7()), {})
    said = _words(house, house.application(UUID(application.id)), "hand_on_record")
    assert "333,300.00" in said
    assert "H-1" in said


OWN_PEOPLE = {"editor", "admin"}
AUTHORITIES = {"yuelu-head", "changsha-clerk"}
PROVINCE = {"clerk", "lead", "finance", "discipline-clerk", "discipline-head", "auditor"}


@pytest.mark.parametrize(
    ("kind", "readers"),
    [
        ("recommendation_letter", OWN_PEOPLE | AUTHORITIES | PROVINCE),
        ("receipt", OWN_PEOPLE | AUTHORITIES | PROVINCE),
        ("form_examination", AUTHORITIES | PROVINCE),
        ("draw_record", PROVINCE),
        ("score_summary", PROVINCE),
        ("support_proposal", PROVINCE),
        ("public_notice", OWN_PEOPLE | AUTHORITIES | PROVINCE),
    ],
)
def test_an_instrument_is_for_whom_it_concerns(house: House, kind: str, readers: set[str]) -> None:
    application = _happened(house, *NOTICE)
    made = _papers(house, application)[kind].made
    assert made is not None
    everybody = OWN_PEOPLE | AUTHORITIES | PROVINCE | {"expert-1"}
    assert {who for who in everybody if may_have(made, view_of(house.actor(who), application))} == readers


def test_an_expert_has_the_own_sheet_and_no_other(house: House) -> None:
    application = _happened(house, *JUDGED)
    sheets = [paper for paper in house.printing.of_steps(application) if paper.kind == "score_sheet"]
    mine = [
        paper.made.author
        for paper in sheets
        if paper.made and may_have(paper.made, view_of(house.actor("expert-2"), application))
    ]
    assert mine == ["expert-2"]


@pytest.mark.parametrize(
    ("who", "kind"), [("expert-2", "score_sheet"), ("discipline-head", "draw_record"), ("admin", "receipt")]
)
def test_what_a_page_lists_can_be_taken(house: House, who: str, kind: str) -> None:
    application, person = _happened(house, *JUDGED), Person(site(house), who)
    place = f"/applications/{application.id}"
    listed = re.findall(rf'href="({place}/papers/[0-9A-Z-]+/pdf)"', person.visit(place))
    codes = {paper.code for paper in house.printing.of_steps(application) if paper.kind == kind}
    mine = [path for path in listed if path.split("/")[-2] in codes]
    assert len(mine) == 1
    assert person.client.get(mine[0]).status_code == 303, "asked for, and being made"


def test_the_code_is_read_off_the_event_and_stays(house: House) -> None:
    application = _happened(house, *NOTICE)
    before = {paper.kind: paper.code for paper in house.printing.of_steps(application)}
    again = instruments_of(house.dispatcher.history(stream_of(application.id)), application)
    assert {paper.kind: paper.code for paper in again} == before
    sheets = [paper.code for paper in house.printing.of_steps(application) if paper.kind == "score_sheet"]
    assert len(set(sheets)) == len(PANEL)


def test_a_code_answers_anybody_once_the_sheet_was_made(house: House) -> None:
    """Nobody holds a sheet that nobody asked for; from then on its code is known for ever, and says nothing about anybody."""
    application = _happened(house, *NOTICE)
    paper = _papers(house, application)["receipt"]
    assert house.printing.checked(paper.code) is None
    house.printing.ask(paper, Format.PDF, "clerk")
    found = house.printing.checked(paper.code)
    assert found is not None
    assert (found[0].kind, found[0].stage, found[0].number) == ("receipt", "formal_review", "HN-AI-2025-0001")


def test_the_name_of_a_person_who_was_erased_is_not_told(house: House) -> None:
    application = _happened(
        house, *UP_TO_THE_SEAL, COUNTY, CITY, RECEIVED, FORM_PASSED, replace(DRAWN, drawn=("nobody",))
    )
    assert "（已隐去）" in _words(house, application, "draw_record")


def test_an_instrument_is_made_as_pdf_and_word_and_taken_over_the_api(on_each: House) -> None:
    house, api = on_each, on_each.client()
    application = _happened(house, *NOTICE)
    place = f"/applications/{application.id}"
    listed = api.ask("admin", "GET", f"{place}/instruments").json["items"]
    kinds = [one["kind"] for one in listed]
    assert "receipt" in kinds
    assert "draw_record" not in kinds
    code = next(one["code"] for one in listed if one["kind"] == "receipt")
    for format, head in (("pdf", b"%PDF"), ("docx", b"PK")):
        waits = api.ask("admin", "GET", f"{place}/papers/{code}/{format}")
        assert "PAPER_NOT_READY" in waits.text
        house.printing.drain()
        assert api.ask("admin", "GET", f"{place}/papers/{code}/{format}").data.startswith(head)
    secret = _papers(house, application)["draw_record"].code
    assert api.ask("admin", "GET", f"{place}/papers/{secret}/pdf").status_code == 404


def test_the_page_lists_them_and_the_check_page_knows_one(house: House) -> None:
    app: Flask = site(house)
    application = _happened(house, *NOTICE)
    clerk = Person(app, "clerk")
    page = clerk.visit(f"/applications/{application.id}")
    assert "专家抽取记录" in page
    code = _papers(house, application)["receipt"].code
    assert clerk.client.get(f"/applications/{application.id}/papers/{code}/pdf").status_code == 303
    house.printing.drain()
    assert "已完成" in clerk.visit(f"/applications/{application.id}/papers/{code}")
    taken = clerk.client.get(f"/applications/{application.id}/papers/{code}/pdf")
    assert taken.data.startswith(b"%PDF")
    assert "此文书由系统记录的办理环节生成" in clerk.visit(f"/v/{code}")


def test_every_event_that_leaves_one_is_of_an_application() -> None:
    assert set(INSTRUMENTS) <= set(e.TYPES.values())
