"""The lifecycle is the process as it was agreed: every stage, trigger and role, one by one."""

from dataclasses import replace
from datetime import date, datetime
from typing import get_args

import pytest

from directory.actor import Actor
from directory.policy import POLICY
from eventstore.refusal import Refused
from tests.consortium.tale import M1
from tests.scenario import BEIJING, EVERYBODY, ID, ON_NOTICE, SCAN, UNIT, UNIT_CODE, Given, facts
from workflow import commands as c
from workflow import events as e
from workflow.application import Application, Reconsideration, Return
from workflow.decisions import DECISIONS
from workflow.lifecycle import LIFECYCLE, enter
from workflow.stages import ENDS, Stage
from workflow.steps import CONSORTIUM, PLANNED

S = Stage
HELD = {S.UNIT_SEALED, S.COUNTY_RECOMMENDED, S.CITY_RECOMMENDED}
AGREED: dict[str, set[tuple[Stage | None, Stage]]] = {
    "create": {(None, S.DRAFT)},
    "save": {(S.DRAFT, S.DRAFT), (S.RETURNED, S.RETURNED)},
    "print": {(stage, stage) for stage in S},
    **{trigger: {(S.DRAFT, S.DRAFT), (S.RETURNED, S.RETURNED)} for trigger in sorted(CONSORTIUM)},
    "seal": {(S.DRAFT, S.UNIT_SEALED)},
    "recall": {(S.UNIT_SEALED, S.DRAFT)},
    "withdraw": {
        (stage, S.WITHDRAWN)
        for stage in (
            S.DRAFT,
            *HELD,
            S.FORMAL_REVIEW,
            S.EXPERT_REVIEW,
            S.SITE_CHECK,
            S.PROPOSED,
            S.PUBLIC_NOTICE,
            S.OBJECTION_HOLD,
            S.RESERVED,
            S.RETURNED,
        )
    },
    "lapse": {(S.DRAFT, S.LAPSED), (S.RETURNED, S.LAPSED)},
    "recommend": {
        (S.UNIT_SEALED, S.COUNTY_RECOMMENDED),
        (S.UNIT_SEALED, S.CITY_RECOMMENDED),
        (S.COUNTY_RECOMMENDED, S.CITY_RECOMMENDED),
    },
    "not_recommend": {(S.UNIT_SEALED, S.NOT_RECOMMENDED), (S.COUNTY_RECOMMENDED, S.NOT_RECOMMENDED)},
    "receive": {(stage, S.FORMAL_REVIEW) for stage in HELD},
    "return": {(stage, S.RETURNED) for stage in (*HELD, S.FORMAL_REVIEW)},
    "resubmit": {(S.RETURNED, stage) for stage in (*HELD, S.FORMAL_REVIEW)},
    "extend": {(stage, stage) for stage in (S.DRAFT, S.RETURNED, *HELD)},
    "form_fail": {(S.FORMAL_REVIEW, S.FORM_FAILED)},
    "ask_reconsideration": {(S.NOT_RECOMMENDED, S.NOT_RECOMMENDED), (S.FORM_FAILED, S.FORM_FAILED)},
    "reconsider": {
        (refused, then)
        for refused in (S.NOT_RECOMMENDED, S.FORM_FAILED)
        for then in (S.UNIT_SEALED, S.COUNTY_RECOMMENDED, S.FORMAL_REVIEW, refused)
    },
    "form_pass": {(S.FORMAL_REVIEW, S.EXPERT_REVIEW)},
    "draw": {(S.EXPERT_REVIEW, S.EXPERT_REVIEW)},
    "declare": {(S.EXPERT_REVIEW, S.EXPERT_REVIEW)},
    "score": {(S.EXPERT_REVIEW, S.EXPERT_REVIEW)},
    "close_review": {(S.EXPERT_REVIEW, S.EXPERT_REVIEW), (S.EXPERT_REVIEW, S.SITE_CHECK)},
    "site_result": {(S.SITE_CHECK, S.EXPERT_REVIEW), (S.SITE_CHECK, S.NOT_SELECTED)},
    "not_select": {(stage, S.NOT_SELECTED) for stage in (S.EXPERT_REVIEW, S.SITE_CHECK, S.RESERVED)},
    **{
        trigger: {(stage, stage) for stage in (S.FORMAL_REVIEW, S.EXPERT_REVIEW, S.SITE_CHECK, S.PROPOSED)}
        for trigger in ("enter_audit", "check_audit")
    },
    "propose": {(S.EXPERT_REVIEW, S.PROPOSED), (S.PROPOSED, S.PROPOSED)},
    "publish": {(S.PROPOSED, S.PUBLIC_NOTICE)},
    "object": {(S.PUBLIC_NOTICE, S.OBJECTION_HOLD), (S.OBJECTION_HOLD, S.OBJECTION_HOLD)},
    "dismiss": {
        (S.OBJECTION_HOLD, S.PUBLIC_NOTICE),
        *((stage, stage) for stage in (S.OBJECTION_HOLD, S.PROPOSED, S.PUBLIC_NOTICE)),
    },
    "uphold": {
        (held, then)
        for held in (S.OBJECTION_HOLD, S.PROPOSED, S.PUBLIC_NOTICE)
        for then in (S.NOTICE_REJECTED, S.PROPOSED)
    },
    "reserve": {(S.PUBLIC_NOTICE, S.RESERVED)},
    "award": {
        (S.PUBLIC_NOTICE, S.AWARDED),
        (S.RESERVED, S.AWARDED),
        (S.PUBLIC_NOTICE, S.PUBLIC_NOTICE),
        (S.RESERVED, S.RESERVED),
    },
    "waive": {(S.AWARDED, S.AWARD_CANCELLED)},
    "instruct": {(S.AWARDED, S.DISBURSING), (S.DISBURSING, S.DISBURSING)},
    "confirm_paid": {(S.DISBURSING, S.DISBURSING), (S.DISBURSING, S.DISBURSED)},
    "self_evaluate": {(S.DISBURSED, S.DISBURSED)},
    "close": {(S.DISBURSED, S.CLOSED)},
    "cancel_award": {(S.AWARDED, S.AWARD_CANCELLED), (S.DISBURSING, S.AWARD_CANCELLED)},
    "plan": {(stage, stage) for stage in (S.AWARDED, S.DISBURSING)},
    "return_payment": {(S.DISBURSING, S.DISBURSING), (S.DISBURSED, S.DISBURSING)},
    "change_account": {(stage, stage) for stage in (S.AWARDED, S.DISBURSING)},
    "verify_account": {(stage, stage) for stage in (S.AWARDED, S.DISBURSING)},
    "hand_on": {(stage, stage) for stage in (S.DISBURSING, S.DISBURSED)},
    "confirm_hand_on": {(stage, stage) for stage in (S.DISBURSING, S.DISBURSED)},
    **{
        trigger: {
            (stage, stage)
            for stage in (S.DISBURSING, S.DISBURSED, S.CLOSED, S.AWARD_CANCELLED, S.RECOVERING, S.RECOVERED)
        }
        for trigger in ("correct", "confirm_correction")
    },
    "demand_recovery": {
        (stage, then)
        for stage in (S.DISBURSING, S.DISBURSED, S.CLOSED, S.AWARD_CANCELLED)
        for then in (stage, S.RECOVERING)
    },
    "record_repayment": {
        (S.RECOVERING, stage)
        for stage in (S.RECOVERING, S.RECOVERED, S.DISBURSING, S.DISBURSED, S.CLOSED, S.AWARD_CANCELLED)
    },
}

SAMPLES: dict[str, c.Command] = {
    sample.trigger: sample
    for sample in (
        c.Open(application_id=ID, call="hn-2025", direction="L-V", unit=UNIT_CODE),
        c.SaveSection(application_id=ID, section="unit", answers={}),
        c.IssuePaper(application_id=ID),
        c.Invite(application_id=ID, unit=M1, contact="彭联络", address="peng@shulian.test", unit_name="湘潭数联"),
        c.Uninvite(application_id=ID, invitation="i"),
        c.AnswerInvitation(application_id=ID, invitation="i", key="k", accept=True, by="彭数联"),
        c.ExpireInvitation(application_id=ID, invitation="i"),
        c.RemoveMember(application_id=ID, unit=M1, reason="r"),
        c.Leave(application_id=ID, unit=M1, reason="r"),
        c.SetRatios(application_id=ID, columns={"grant": {UNIT_CODE: "60", M1: "40"}}),
        c.SetTerms(application_id=ID, name="联合体", tasks={UNIT_CODE: "牵头"}, copies=3),
        c.IssueAgreement(application_id=ID),
        c.SignAgreement(application_id=ID, digest="sha256:" + "00" * 32, hands=(), scan_sha256=SCAN),
        c.AskConfirmation(application_id=ID, unit=M1, signer="彭数联", address="peng@shulian.test"),
        c.ConfirmAgreement(application_id=ID, confirmation="i", key="k", digest=""),
        c.Seal(application_id=ID),
        c.Recall(application_id=ID),
        c.Withdraw(application_id=ID, reason="r"),
        c.Lapse(application_id=ID),
        c.Recommend(application_id=ID, content_digest="", letter_number="1", letter_scan=SCAN),
        c.NotRecommend(application_id=ID, reason="r"),
        c.Receive(application_id=ID),
        c.ReturnForCorrection(application_id=ID, items=(e.ReturnItem(kind="field", id="x", reason="r"),)),
        c.Resubmit(application_id=ID),
        c.Extend(application_id=ID, deadline="county_close", until=datetime(2026, 1, 1, tzinfo=BEIJING), reason="r"),
        c.FailForm(application_id=ID, reason_code="1", reason="r"),
        c.PassForm(application_id=ID, checklist=()),
        c.AskReconsideration(application_id=ID, reason="r"),
        c.DecideReconsideration(application_id=ID, granted=True, reason="r"),
        c.DrawPanel(application_id=ID),
        c.Declare(application_id=ID, conflict=False),
        c.Score(application_id=ID, marks={}),
        c.CloseReview(application_id=ID),
        c.RecordSiteCheck(application_id=ID, passed=True, team=("a", "b"), findings=""),
        c.NotSelect(application_id=ID, minutes_number="1", reason="r"),
        c.EnterAudit(application_id=ID, figures={"C1-1": 1}),
        c.CheckAudit(application_id=ID, check_code="1", genuine=True),
        c.Propose(application_id=ID, amount_fen=1, minutes_number="1"),
        c.PublishNotice(application_id=ID),
        c.Object(application_id=ID, kind="person", objector="o", contact="c", grounds="g"),
        c.DismissObjection(application_id=ID, objection=1, finding="f"),
        c.UpholdObjection(application_id=ID, objection=1, finding="f"),
        c.Reserve(application_id=ID, reason="r"),
        c.Award(application_id=ID, document_number="1"),
        c.WaiveAward(application_id=ID, reason="r"),
        c.InstructTranche(application_id=ID, amount_fen=1),
        c.ConfirmPaid(application_id=ID, bank_reference="1", paid_on=date(2026, 1, 1)),
        c.PlanTranches(application_id=ID, parts=(e.PlannedTranche(amount_fen=100_000_000, due_on=date(2026, 1, 20)),)),
        c.ReturnPayment(application_id=ID, tranche=1, reason="户名不符"),
        c.ChangeAccount(application_id=ID, account="0430123456780000", holder=UNIT.name, letter_scan=SCAN),
        c.VerifyAccount(application_id=ID, accepted=True),
        c.HandOn(application_id=ID, tranche=1, parts=(), scan_sha256=SCAN),
        c.ConfirmHandOn(application_id=ID, tranche=1, received=True),
        c.Correct(application_id=ID, bank_reference="1", reason="r", on=date(2026, 1, 1)),
        c.ConfirmCorrection(application_id=ID, accepted=True),
        c.FileSelfEvaluation(application_id=ID, summary="s", goals_met=True),
        c.Close(application_id=ID, result="合格"),
        c.CancelAward(application_id=ID, reason_code="1", decision_number="1"),
        c.DemandRecovery(application_id=ID, amount_fen=1, reason="r"),
        c.RecordRepayment(application_id=ID, amount_fen=1, bank_reference="1"),
    )
}


def test_the_table_is_the_process_as_it_was_agreed() -> None:
    """3-process, T01 to T37, and what is not the application's left out."""
    table: dict[str, set[tuple[Stage | None, Stage]]] = {}
    for step in LIFECYCLE:
        table.setdefault(step.trigger, set()).add((step.source, step.dest))
    assert table == AGREED


def test_every_step_of_the_process_has_its_command() -> None:
    """Nothing is left that documents show and nobody is offered."""
    assert PLANNED == ()
    assert all(POLICY[f"application.{step.trigger}"] for step in LIFECYCLE)


def standing(stage: Stage | None) -> Application:
    """An application at *stage* with something of everything, so that guards have something to look at."""
    full = Given(*ON_NOTICE).application
    returned = Return(
        returned_from=S.UNIT_SEALED, body="430104", items=(), deadline=datetime(2025, 12, 9, tzinfo=BEIJING)
    )
    asked = Reconsideration(about=S.NOT_RECOMMENDED, reason="r")
    return replace(full, stage=stage, returned=returned, reconsideration=asked, refused_from=S.UNIT_SEALED)


@pytest.mark.parametrize("trigger", AGREED)
@pytest.mark.parametrize("stage", [None, *Stage])
def test_every_stage_trigger_and_role(stage: Stage | None, trigger: str) -> None:
    """Who may never is told so alone; where there is no step that is said; otherwise the table's stage or its reasons."""
    dests = {step.dest for step in LIFECYCLE if (step.source, step.trigger) == (stage, trigger)}
    for actor in EVERYBODY:
        entered, codes = attempt(trigger, standing(stage), actor)
        if actor.roles.isdisjoint(POLICY[f"application.{trigger}"]):
            assert (entered, codes) == (None, ["ROLE_FORBIDDEN"])
        elif not dests:
            frozen = trigger in CONSORTIUM and stage is not None and stage not in ENDS
            assert (entered, codes) == (None, ["FROZEN" if frozen else "WRONG_STAGE"])
        else:
            assert entered in dests or codes


def attempt(trigger: str, application: Application, actor: Actor) -> tuple[Stage | None, list[str]]:
    try:
        return enter(trigger, application, SAMPLES[trigger], facts(actor, "2025-12-01 10:00")), []
    except Refused as refused:
        return None, [refusal.code for refusal in refused.refusals]


def test_every_command_has_its_trigger_its_roles_and_its_decision() -> None:
    commands = {one for one in vars(c).values() if isinstance(one, type) and issubclass(one, c.Command)} - {c.Command}
    assert commands == set(DECISIONS)
    assert {command.trigger for command in commands} == set(AGREED)
    assert all(POLICY[f"application.{trigger}"] for trigger in AGREED)


def test_every_stage_can_be_reached_and_reaches_an_end() -> None:
    after = {stage: {step.dest for step in LIFECYCLE if step.source is stage} for stage in Stage}
    assert reach({S.DRAFT}, after) == set(Stage)
    for stage in Stage:
        assert reach({stage}, after) & ENDS, stage


def reach(start: set[Stage], after: dict[Stage, set[Stage]]) -> set[Stage]:
    found = set(start)
    while new := {dest for stage in found for dest in after[stage]} - found:
        found |= new
    return found


def test_every_step_names_its_paper_or_its_audience() -> None:
    silent = {"create", "save", "print"}
    assert all(step.told or step.document for step in LIFECYCLE if step.trigger not in silent)


def test_the_events_of_an_application_are_all_named_once() -> None:
    assert len(e.TYPES) == len(get_args(e.ApplicationEvent))
    assert all(name.startswith(("application.", "consortium.")) for name in e.TYPES)


def test_a_page_gets_the_reasons_a_command_would_get() -> None:
    """The same guards answer the button and the command, so they cannot disagree."""
    from tests.scenario import OPENED, YUHUA_HEAD
    from tests.scenario import SEALED as SEALED_BY_THE_UNIT

    given = Given(OPENED, SEALED_BY_THE_UNIT)
    offered = given.offers(YUHUA_HEAD)["recommend"]
    assert not offered.open
    assert [refusal.code for refusal in offered.refusals] == ["WRONG_BUREAU"]
    refused = given.when(SAMPLES["recommend"], YUHUA_HEAD)
    assert {refusal.code for refusal in offered.refusals} <= set(refused.codes)
