"""One moment for every kind of event: what had happened before, and the event. A test holds that none is missing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce

from consortium import events as k
from eventstore.event import Personal
from programmes.calendar import instant
from tests.consortium import tale
from tests.scenario import (
    AWARDED,
    CITY,
    COUNTY,
    DIGEST,
    DRAWN,
    FORM_PASSED,
    INSTRUCTED,
    LEAD_SIGNED,
    NOTICED,
    ON_NOTICE,
    OPENED,
    PAID,
    PANEL,
    PROPOSED,
    RECEIVED,
    REVIEW_DONE,
    REVIEWED,
    SCAN,
    SCORED,
    SEALED,
    UNDER_REVIEW,
    UNIT_CODE,
)
from workflow import events as e
from workflow.application import EMPTY, Application, evolve
from workflow.events import ApplicationEvent
from workflow.stages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """*told*: the audiences, in the order of the table. *due*: whether somebody is given a day."""

    trigger: str
    history: tuple[ApplicationEvent, ...]
    event: ApplicationEvent
    told: tuple[str, ...] = ()
    due: bool = False

    @property
    def before(self) -> Application:
        return reduce(evolve, self.history, EMPTY)

    @property
    def after(self) -> Application:
        return evolve(self.before, self.event)


UNIT = f"unit:{UNIT_CODE}"
YUELU, CHANGSHA = "body:430104", "body:430100"
PROVINCE, FINANCE, DISCIPLINE = "province:43", "finance:43", "discipline:43"
CONTACT = e.SectionSaved(section="people", section_version=1, answers={"liaison_email": Personal("liaison@unit.test")})
DRAFT = (OPENED, CONTACT)
SEALED_ONCE = (*DRAFT, SEALED)
BY_COUNTY = (*SEALED_ONCE, COUNTY)
BY_CITY = (*BY_COUNTY, CITY)
IN_FORMAL_REVIEW = (*BY_CITY, RECEIVED)
RETURNED = e.ReturnedForCorrection(
    entered=Stage.RETURNED,
    returned_from=Stage.UNIT_SEALED,
    body="430104",
    items=(e.ReturnItem(kind="attachment", id="L-4", reason="2024年完税证明缺第2页"),),
    deadline=instant("2025-12-01 24:00"),
)
RESUBMITTED = e.Resubmitted(
    entered=Stage.UNIT_SEALED, seal_version=3, content_digest=DIGEST, changed=("L-4",), renewed=False
)
BY_THE_PROVINCE = replace(RETURNED, returned_from=Stage.FORMAL_REVIEW, body="43")
ANEW = replace(
    RETURNED,
    returned_from=Stage.CITY_RECOMMENDED,
    body="43",
    items=(e.ReturnItem(kind="field", id="params_yi", reason="与附件不符", material=True),),
)
REFUSED = e.NotRecommended(entered=Stage.NOT_RECOMMENDED, body="430104", level="county", reason="场景不落地")
FAILED = e.FormFailed(entered=Stage.FORM_FAILED, reason_code="R1", reason="材料不全")
ASKED = e.ReconsiderationAsked(about=Stage.NOT_RECOMMENDED, reason="已有三家企业使用")
GRANTED = e.ReconsiderationDecided(entered=Stage.UNIT_SEALED, granted=True, body="430100", reason="理由成立")
OBJECTED = e.ObjectionReceived(
    entered=Stage.OBJECTION_HOLD,
    objection=1,
    kind="person",
    objector=Personal("周某"),
    contact=Personal("zhou@outside.test"),
    grounds="参数不实",
)
DISMISSED = e.ObjectionDismissed(entered=Stage.PUBLIC_NOTICE, objection=1, finding="经核查不属实")
UPHELD = e.ObjectionUpheld(entered=Stage.NOTICE_REJECTED, objection=1, finding="属实")
SITE = e.SiteChecked(entered=Stage.EXPERT_REVIEW, passed=True, team=("a", "b"), findings="设备在用")
AT_THE_SITE = (*UNDER_REVIEW, DRAWN, *SCORED, replace(REVIEWED, entered=Stage.SITE_CHECK))
SIGNED = (*ON_NOTICE, LEAD_SIGNED)
WON = (*SIGNED, AWARDED)
FUNDED = (*WON, INSTRUCTED, PAID)
EVALUATED = (*FUNDED, e.SelfEvaluationFiled(summary="完成", goals_met=True))
DEMAND = e.RecoveryDemanded(entered=Stage.RECOVERING, before=Stage.DISBURSED, amount_fen=45_000_000, reason="重复申报")
EVERYBODY = (UNIT, YUELU, CHANGSHA, PROVINCE, FINANCE)
ENTERED = e.AuditEntered(figures={"C1-1": 1}, content_digest=DIGEST, report="ab" * 32, entered_by="clerk")
CHECKED = e.AuditChecked(
    report="ab" * 32, check_code="粤25", genuine=True, checked_on=date(2025, 12, 1), checked_by="clerk"
)
SIGNED_DEMAND = e.RecoverySigned(signer="lead", amount_fen=45_000_000, reason="重复申报")
FILED = e.AccountChangeFiled(
    account=Personal("0430123456780000"), holder="湖南岳麓智模科技有限公司", bank="", letter_scan=SCAN, filed_by="clerk"
)


def _moment(
    trigger: str, history: Sequence[ApplicationEvent], event: ApplicationEvent, *told: str, due: bool = False
) -> Moment:
    return Moment(trigger=trigger, history=tuple(history), event=event, told=told, due=due)


INVITED, ANSWER, OTHER = tale.invited(tale.M1), tale.accepted(tale.M1), (tale.invited(tale.M2), tale.accepted(tale.M2))
ASKED_TO_JOIN = (*DRAFT, INVITED)
TOGETHER = (*ASKED_TO_JOIN, ANSWER)
THREE = (*TOGETHER, *OTHER)
ISSUED = k.AgreementIssued(version=1, digest=DIGEST, units=(UNIT_CODE, tale.M1))
HANDS = (replace(tale.hand(tale.LEAD), unit=UNIT_CODE), tale.hand(tale.M1))
SIGNED_TOGETHER = k.AgreementSigned(document="d1", digest=DIGEST, signatories=HANDS, scan_sha256=SCAN)
TO_CONFIRM = k.ConfirmationAsked(
    confirmation="c-1",
    unit=tale.M1,
    digest=DIGEST,
    signer=Personal("文智云"),
    address=Personal("wen@zhiyun.test"),
    secret_digest="00" * 32,
    expires_at=tale.EXPIRES,
)
CONFIRMED = k.AgreementConfirmed(unit=tale.M1, digest=DIGEST, signer=Personal("文智云"), confirmed_on=tale.TODAY)
IN_FORCE = k.AgreementEffective(version=1, digest=DIGEST, effective_from=tale.TODAY)
SUCCESSION = (*THREE, replace(tale.invited(tale.M3), replaces=tale.M2))
SUCCEEDED = k.MemberReplaced(unit=tale.M2, invitation=f"i-{tale.M3}", by=Personal("某人"))
FIRST, SECOND, LINK = f"member:{tale.M1}", f"member:{tale.M2}", f"invited:i-{tale.M1}"

JOINT = (*THREE, *(event for event in WON if event is not OPENED))
SHARES = {UNIT_CODE: 60_000_000, tale.M1: 25_000_000, tale.M2: 15_000_000}
SHARED = replace(INSTRUCTED, shares=SHARES)
JOINTLY_PAID = (*JOINT, SHARED, PAID)
HANDED = e.HandedOn(
    tranche=1,
    parts=tuple(
        e.HandOnPart(unit=unit, amount_fen=SHARES[unit], bank_reference=f"Z-{unit}") for unit in (tale.M1, tale.M2)
    ),
    scan_sha256=SCAN,
)
DISPUTED = e.HandOnDisputed(tranche=1, unit=tale.M1, amount_fen=25_000_000, reason="未到账")
PLANNED = e.TranchesPlanned(parts=(e.PlannedTranche(amount_fen=100_000_000, due_on=date(2026, 1, 20)),))
WRONG = e.CorrectionFiled(
    bank_reference=PAID.bank_reference, on=date(2026, 1, 21), new_reference="", reason="录入有误", filed_by="finance"
)
CORRECTED = e.BookingCorrected(
    bank_reference=PAID.bank_reference,
    kind="payment",
    tranche=1,
    on=date(2026, 1, 21),
    new_reference="",
    effective_on=date(2026, 1, 21),
    reason="录入有误",
    filed_by="finance",
    confirmed_by="lead",
)
BOUNCED = e.TrancheReturned(
    entered=Stage.DISBURSING,
    tranche=1,
    amount_fen=100_000_000,
    bank_reference=PAID.bank_reference,
    returned_on=date(2026, 1, 23),
    reason="户名不符",
)

MOMENTS: tuple[Moment, ...] = (
    _moment("invite", DRAFT, INVITED, LINK, due=True),
    _moment("answer_invitation", ASKED_TO_JOIN, ANSWER, UNIT),
    _moment("answer_invitation", (*ASKED_TO_JOIN, *OTHER), ANSWER, UNIT, SECOND),
    _moment(
        "answer_invitation",
        ASKED_TO_JOIN,
        k.InvitationDeclined(invitation=INVITED.invitation, by=Personal("某人"), reason="人手不足"),
        UNIT,
    ),
    _moment("expire_invitation", ASKED_TO_JOIN, k.InvitationExpired(invitation=INVITED.invitation), UNIT, LINK),
    _moment("uninvite", ASKED_TO_JOIN, k.InvitationWithdrawn(invitation=INVITED.invitation), LINK),
    _moment("leave", THREE, k.MemberLeft(unit=tale.M1, reason="业务调整"), UNIT, FIRST, SECOND),
    _moment("remove_member", THREE, k.MemberRemoved(unit=tale.M2, reason="不再参与"), SECOND, FIRST),
    _moment("answer_invitation", SUCCESSION, SUCCEEDED, UNIT, SECOND, FIRST),
    _moment("set_ratios", TOGETHER, k.RatiosSet(columns={})),
    _moment("set_ratios", TOGETHER, k.RatiosSet(columns={}, voids=1), FIRST),
    _moment("set_terms", TOGETHER, k.TermsSet(copies=3)),
    _moment("set_terms", TOGETHER, k.TermsSet(copies=3, voids=1), FIRST),
    _moment("issue_agreement", TOGETHER, ISSUED, FIRST),
    _moment("sign_agreement", (*TOGETHER, ISSUED), SIGNED_TOGETHER, UNIT),
    _moment("ask_confirmation", (*TOGETHER, ISSUED), TO_CONFIRM, "signer:c-1", due=True),
    _moment("confirm_agreement", (*TOGETHER, ISSUED, TO_CONFIRM), CONFIRMED, UNIT),
    _moment("sign_agreement", (*TOGETHER, ISSUED, SIGNED_TOGETHER), IN_FORCE, UNIT, FIRST),
    _moment("seal", TOGETHER, SEALED, YUELU, UNIT, FIRST, due=True),
    _moment("create", (), OPENED),
    _moment("save", (OPENED,), CONTACT),
    _moment(
        "save",
        DRAFT,
        e.FileAttached(slot="L-1", file_id="f", name="a.pdf", size=1, sha256="00", media_type="application/pdf"),
    ),
    _moment("save", DRAFT, e.FileRemoved(slot="L-1", file_id="f")),
    _moment(
        "print",
        DRAFT,
        e.PaperIssued(stage=Stage.DRAFT, kind="application_form", digest=DIGEST, code="K7QX-2M4D-9STB-0F3A", version=1),
    ),
    _moment(
        "save",
        DRAFT,
        e.CommitmentRecorded(
            unit=UNIT_CODE,
            text_version="1",
            text_digest=DIGEST,
            signer=Personal("法人"),
            signer_kind="legal_person",
            signed_on=date(2025, 11, 12),
            scan_sha256=SCAN,
        ),
    ),
    _moment("seal", DRAFT, SEALED, YUELU, UNIT, due=True),
    _moment("seal", DRAFT, replace(SEALED, route=SEALED.route[2:]), PROVINCE, UNIT),
    _moment("recall", SEALED_ONCE, e.Recalled(entered=Stage.DRAFT), YUELU, UNIT),
    _moment("withdraw", SEALED_ONCE, e.Withdrawn(entered=Stage.WITHDRAWN, reason="计划有变"), UNIT),
    _moment(
        "withdraw",
        IN_FORMAL_REVIEW,
        e.Withdrawn(entered=Stage.WITHDRAWN, reason="计划有变"),
        YUELU,
        CHANGSHA,
        PROVINCE,
        UNIT,
    ),
    _moment("lapse", DRAFT, e.Lapsed(entered=Stage.LAPSED, deadline=instant("2025-11-28 17:00")), UNIT),
    _moment("lapse", (*SEALED_ONCE, RETURNED), e.Lapsed(entered=Stage.LAPSED, deadline=RETURNED.deadline), UNIT, YUELU),
    _moment("recommend", SEALED_ONCE, COUNTY, CHANGSHA, UNIT, due=True),
    _moment("recommend", BY_COUNTY, CITY, PROVINCE, YUELU, UNIT),
    _moment("not_recommend", SEALED_ONCE, REFUSED, UNIT, due=True),
    _moment("not_recommend", BY_COUNTY, replace(REFUSED, body="430100", level="city"), UNIT, YUELU, due=True),
    _moment("receive", BY_COUNTY, e.StepNotApplicable(level="city", rule="direct")),
    _moment("receive", BY_CITY, RECEIVED, UNIT, YUELU, CHANGSHA),
    _moment("receive", BY_CITY, replace(RECEIVED, copied_to=("430600",)), UNIT, YUELU, CHANGSHA, "body:430600"),
    _moment("return", SEALED_ONCE, RETURNED, UNIT, due=True),
    _moment("return", IN_FORMAL_REVIEW, BY_THE_PROVINCE, UNIT, YUELU, CHANGSHA, due=True),
    _moment("resubmit", (*SEALED_ONCE, RETURNED), RESUBMITTED, YUELU, UNIT, due=True),
    _moment(
        "resubmit",
        (*IN_FORMAL_REVIEW, BY_THE_PROVINCE),
        replace(RESUBMITTED, entered=Stage.FORMAL_REVIEW),
        PROVINCE,
        YUELU,
        CHANGSHA,
        UNIT,
    ),
    _moment(
        "resubmit", (*BY_CITY, ANEW), replace(RESUBMITTED, renewed=True), YUELU, PROVINCE, CHANGSHA, UNIT, due=True
    ),
    _moment(
        "extend",
        (*SEALED_ONCE, RETURNED),
        e.DeadlineExtended(deadline="return", until=instant("2025-12-05 24:00"), body="430104", reason="停电"),
        UNIT,
        due=True,
    ),
    _moment("form_fail", IN_FORMAL_REVIEW, FAILED, UNIT, YUELU, CHANGSHA, due=True),
    _moment("form_pass", IN_FORMAL_REVIEW, FORM_PASSED, UNIT),
    _moment("ask_reconsideration", (*SEALED_ONCE, REFUSED), ASKED, CHANGSHA, YUELU),
    _moment("ask_reconsideration", (*IN_FORMAL_REVIEW, FAILED), replace(ASKED, about=Stage.FORM_FAILED), PROVINCE),
    _moment("reconsider", (*SEALED_ONCE, REFUSED, ASKED), GRANTED, UNIT, YUELU, due=True),
    _moment(
        "reconsider",
        (*SEALED_ONCE, REFUSED, ASKED),
        replace(GRANTED, entered=Stage.NOT_RECOMMENDED, granted=False),
        UNIT,
        YUELU,
    ),
    _moment("draw", UNDER_REVIEW, DRAWN, *(f"expert:{expert}" for expert in PANEL)),
    _moment("declare", (*UNDER_REVIEW, DRAWN), e.ExpertDeclared(expert=PANEL[0], conflict=False)),
    _moment(
        "declare", (*UNDER_REVIEW, DRAWN), e.ExpertDeclared(expert=PANEL[2], conflict=True, ground="曾任顾问"), PROVINCE
    ),
    _moment("score", (*UNDER_REVIEW, DRAWN), SCORED[0]),
    _moment("close_review", (*UNDER_REVIEW, DRAWN, *SCORED), REVIEWED),
    _moment("site_result", AT_THE_SITE, SITE),
    _moment("site_result", AT_THE_SITE, replace(SITE, entered=Stage.NOT_SELECTED, passed=False), UNIT, YUELU, CHANGSHA),
    _moment(
        "not_select",
        REVIEW_DONE,
        e.NotSelected(entered=Stage.NOT_SELECTED, minutes_number="会纪〔2025〕9号", reason="名额所限"),
        UNIT,
        YUELU,
        CHANGSHA,
    ),
    _moment("enter_audit", REVIEW_DONE, ENTERED),
    _moment("check_audit", REVIEW_DONE, CHECKED),
    _moment("propose", REVIEW_DONE, PROPOSED, FINANCE),
    _moment("publish", (*REVIEW_DONE, PROPOSED), NOTICED, UNIT, YUELU, CHANGSHA, due=True),
    _moment("object", ON_NOTICE, OBJECTED, UNIT, DISCIPLINE),
    _moment("dismiss", (*ON_NOTICE, OBJECTED), DISMISSED, "objector:1", UNIT, YUELU, CHANGSHA),
    _moment("uphold", (*ON_NOTICE, OBJECTED), UPHELD, "objector:1", UNIT, YUELU, CHANGSHA),
    _moment(
        "uphold", (*ON_NOTICE, OBJECTED), replace(UPHELD, entered=Stage.PROPOSED), "objector:1", UNIT, YUELU, CHANGSHA
    ),
    _moment("reserve", ON_NOTICE, e.Reserved(entered=Stage.RESERVED, reason="待下年度预算"), UNIT),
    _moment("award", ON_NOTICE, LEAD_SIGNED, FINANCE),
    _moment("award", SIGNED, AWARDED, UNIT, YUELU, CHANGSHA, FINANCE),
    _moment("return_payment", FUNDED, BOUNCED, UNIT, FINANCE),
    _moment("change_account", WON, FILED, FINANCE, UNIT),
    _moment("verify_account", (*WON, FILED), e.AccountVerified(filed_by="clerk", verified_by="lead"), UNIT, FINANCE),
    _moment(
        "verify_account", (*WON, FILED), e.AccountChangeRejected(rejected_by="lead", reason="无公章"), UNIT, FINANCE
    ),
    _moment("correct", FUNDED, WRONG, FINANCE, PROVINCE),
    _moment("confirm_correction", (*FUNDED, WRONG), CORRECTED, UNIT, FINANCE),
    _moment(
        "confirm_correction",
        (*FUNDED, WRONG),
        e.CorrectionRejected(bank_reference=PAID.bank_reference, rejected_by="lead", reason="与回单不符"),
        FINANCE,
    ),
    _moment("plan", JOINT, PLANNED, UNIT, FIRST, SECOND),
    _moment("instruct", JOINT, SHARED, UNIT, FIRST, SECOND),
    _moment("hand_on", JOINTLY_PAID, HANDED, FIRST, SECOND),
    _moment(
        "confirm_hand_on",
        (*JOINTLY_PAID, HANDED),
        e.HandOnConfirmed(tranche=1, unit=tale.M1, amount_fen=25_000_000),
        UNIT,
    ),
    _moment("confirm_hand_on", (*JOINTLY_PAID, HANDED), DISPUTED, UNIT, FINANCE, PROVINCE),
    _moment("hand_on", (*JOINTLY_PAID, HANDED, DISPUTED), replace(HANDED, parts=HANDED.parts[:1]), FIRST),
    _moment("demand_recovery", JOINTLY_PAID, SIGNED_DEMAND, FINANCE),
    _moment("demand_recovery", (*JOINTLY_PAID, SIGNED_DEMAND), DEMAND, UNIT, FIRST, SECOND, FINANCE),
    _moment("waive", WON, e.AwardWaived(entered=Stage.AWARD_CANCELLED, reason="项目终止"), PROVINCE, UNIT),
    _moment("instruct", WON, INSTRUCTED, UNIT),
    _moment("confirm_paid", (*WON, INSTRUCTED), replace(PAID, entered=Stage.DISBURSING), UNIT),
    _moment("confirm_paid", (*WON, INSTRUCTED), PAID, UNIT),
    _moment("self_evaluate", FUNDED, EVALUATED[-1], PROVINCE),
    _moment("close", EVALUATED, e.Closed(entered=Stage.CLOSED, result="合格"), *EVERYBODY),
    _moment(
        "cancel_award",
        WON,
        e.AwardCancelled(entered=Stage.AWARD_CANCELLED, reason_code="R3", decision_number="湘工信〔2026〕9号"),
        *EVERYBODY,
    ),
    _moment("demand_recovery", FUNDED, SIGNED_DEMAND, FINANCE),
    _moment("demand_recovery", (*FUNDED, SIGNED_DEMAND), DEMAND, UNIT, FINANCE),
    _moment(
        "record_repayment",
        (*FUNDED, DEMAND),
        e.RepaymentRecorded(entered=Stage.RECOVERED, amount_fen=45_000_000, bank_reference="20260901-007"),
        *EVERYBODY,
    ),
)


def name_of(moment: Moment) -> str:
    """How a test run calls it."""
    return f"{type(moment.event).__name__}-{moment.after.stage}"


TOLD = tuple(moment for moment in MOMENTS if moment.told)
