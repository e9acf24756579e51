"""Every event of an application that was ever released is read for ever, and a whole history folds to where it stood."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from consortium import events as k
from eventstore.codec import Codec
from eventstore.event import Event, Personal
from tests import scenario as s
from tests.consortium import tale
from tests.eventstore.golden_files import must_read
from workflow import events as e
from workflow.stages import Stage

AT = datetime(2025, 12, 1, 15, 59, 59, 999999, tzinfo=UTC)
WHO = Personal("沈岳")
EXAMPLES: tuple[Event, ...] = (
    s.OPENED,
    e.SectionSaved(
        section="unit",
        section_version=2,
        answers={
            "unit_name": "湖南岳麓智模科技有限公司",
            "legal_representative": WHO,
            "total_assets": {"2023": 12_345_678_901, "2024": None},
            "modalities": {"chosen": ["text", "multimodal"]},
            "honours": [{"name": "示范企业", "obtained": "2024-06"}],
            "filed": True,
            "bank": None,
        },
    ),
    e.FileAttached(
        slot="L-5",
        file_id="1",
        name="审计.pdf",
        size=1000,
        sha256="ab" * 32,
        media_type="application/pdf",
        label="2024",
        pages=6,
        check_code="湘25SHZX0001234",
    ),
    e.FileRemoved(slot="L-5", file_id="1"),
    e.CommitmentRecorded(
        unit=s.UNIT_CODE,
        text_version="1",
        text_digest="cd" * 32,
        signer=WHO,
        signer_kind="legal_representative",
        signed_on=date(2025, 11, 12),
        scan_sha256="ef" * 32,
    ),
    e.PaperIssued(stage=Stage.DRAFT, kind="application_form", digest=s.DIGEST, code="K7QX-2M4D-9STB-0F3A", version=1),
    e.UnitSealed(
        entered=Stage.UNIT_SEALED,
        seal_version=1,
        content_digest=s.DIGEST,
        route=s.ROUTE,
        route_rule="district",
        copied_to=("430100",),
        project_name="面向工程机械运维的垂直领域大模型",
    ),
    e.Recalled(entered=Stage.DRAFT),
    e.Withdrawn(entered=Stage.WITHDRAWN, reason="战略调整"),
    e.Lapsed(entered=Stage.LAPSED, deadline=AT),
    s.CITY,
    e.NotRecommended(entered=Stage.NOT_RECOMMENDED, body="430104", level="county", reason="不符合"),
    e.StepNotApplicable(level="city", rule="direct-county"),
    e.Received(entered=Stage.FORMAL_REVIEW, receipt_number="HN-AI-2025-0001-R1", copied_to=("430100",)),
    e.ReturnedForCorrection(
        entered=Stage.RETURNED,
        returned_from=Stage.UNIT_SEALED,
        body="430104",
        items=(e.ReturnItem(kind="attachment", id="L-4", reason="缺第 2 页", material=True),),
        deadline=AT,
    ),
    e.Resubmitted(
        entered=Stage.UNIT_SEALED, seal_version=2, content_digest=s.DIGEST, changed=("attachment:L-4",), renewed=False
    ),
    e.DeadlineExtended(deadline="county_close", until=AT, body="43", reason="系统故障"),
    e.FormFailed(entered=Stage.FORM_FAILED, reason_code="5", reason="材料不全"),
    e.FormPassed(entered=Stage.EXPERT_REVIEW, checklist=("form", "L-1")),
    e.ReconsiderationAsked(about=Stage.NOT_RECOMMENDED, reason="已补充"),
    e.ReconsiderationDecided(entered=Stage.UNIT_SEALED, granted=True, body="430100", reason="理由成立"),
    e.PanelDrawn(seed="4f3a", pool=("a", "b"), drawn=("b",), replaces="c"),
    e.ExpertDeclared(expert="c", conflict=True, ground="2024 年曾提供咨询"),
    e.Scored(expert="a", marks={"basis": 2100}, total=2100, comment="扎实"),
    e.ReviewClosed(
        entered=Stage.EXPERT_REVIEW, totals={"a": 8600}, dropped=(7850, 9100), result=8567, method="trimmed_mean"
    ),
    e.SiteChecked(entered=Stage.EXPERT_REVIEW, passed=True, team=("甲", "乙"), findings="属实"),
    e.NotSelected(entered=Stage.NOT_SELECTED, minutes_number="会纪〔2025〕9号", reason="排序靠后"),
    e.AuditEntered(figures={"C1-1": 1_500_000_000}, content_digest=s.DIGEST, report="ab" * 32, entered_by="a"),
    e.AuditChecked(
        report="ab" * 32,
        check_code="粤25SHZX0007777",
        genuine=True,
        checked_on=date(2025, 12, 1),
        checked_by="a",
        note="与平台一致",
    ),
    s.PROPOSED,
    s.NOTICED,
    e.ObjectionReceived(
        entered=Stage.OBJECTION_HOLD, objection=1, kind="unit", objector=WHO, contact=WHO, grounds="参数不实"
    ),
    e.ObjectionDismissed(entered=Stage.PUBLIC_NOTICE, objection=1, finding="不属实"),
    e.ObjectionUpheld(entered=Stage.NOTICE_REJECTED, objection=1, finding="属实"),
    e.Reserved(entered=Stage.RESERVED, reason="待下年度预算"),
    s.LEAD_SIGNED,
    s.AWARDED,
    e.AwardWaived(entered=Stage.AWARD_CANCELLED, reason="项目调整"),
    s.INSTRUCTED,
    s.PAID,
    e.SelfEvaluationFiled(summary="目标完成", goals_met=True),
    e.Closed(entered=Stage.CLOSED, result="合格"),
    e.AwardCancelled(entered=Stage.AWARD_CANCELLED, reason_code="2", decision_number="湘工信〔2026〕3号"),
    e.RecoveryDemanded(entered=Stage.RECOVERING, before=Stage.DISBURSED, amount_fen=45_000_000, reason="虚报"),
    e.RepaymentRecorded(entered=Stage.RECOVERED, amount_fen=45_000_000, bank_reference="R1"),
    e.TranchesPlanned(parts=(e.PlannedTranche(amount_fen=40_000_000, due_on=date(2026, 1, 20)),)),
    e.HandedOn(
        tranche=1,
        parts=(e.HandOnPart(unit=tale.M1, amount_fen=25_000_000, bank_reference="Z1"),),
        scan_sha256=s.SCAN,
    ),
    e.HandOnConfirmed(tranche=1, unit=tale.M1, amount_fen=25_000_000),
    e.HandOnDisputed(tranche=1, unit=tale.M1, amount_fen=25_000_000, reason="未到账"),
    e.TrancheReturned(
        entered=Stage.DISBURSING,
        tranche=1,
        amount_fen=100_000_000,
        bank_reference="20260122-001",
        returned_on=date(2026, 1, 23),
        reason="户名不符",
    ),
    e.AccountChangeFiled(
        account=Personal("0430123456780000"), holder=s.UNIT.name, bank="某银行", letter_scan=s.SCAN, filed_by="a"
    ),
    e.AccountVerified(filed_by="a", verified_by="b"),
    e.AccountChangeRejected(rejected_by="b", reason="无公章"),
    e.CorrectionFiled(
        bank_reference="20260122-001", on=date(2026, 1, 21), new_reference="Z", reason="录入有误", filed_by="a"
    ),
    e.BookingCorrected(
        bank_reference="20260122-001",
        kind="payment",
        tranche=1,
        on=date(2026, 1, 21),
        new_reference="Z",
        effective_on=date(2026, 1, 21),
        reason="录入有误",
        filed_by="a",
        confirmed_by="b",
    ),
    e.CorrectionRejected(bank_reference="20260122-001", rejected_by="b", reason="不符"),
    e.RecoverySigned(signer="a", amount_fen=45_000_000, reason="虚报"),
    replace(tale.invited(tale.M1), secret=Personal("s3cret", subject="link-1"), kind="enterprise"),
    tale.accepted(tale.M1),
    k.InvitationDeclined(invitation="i-1", by=WHO, reason="人手不足"),
    k.InvitationExpired(invitation="i-1"),
    k.InvitationWithdrawn(invitation="i-1"),
    k.MemberLeft(unit=tale.M1, reason="业务调整", voids=1),
    k.MemberRemoved(unit=tale.M1, reason="不再参与", voids=1),
    k.MemberReplaced(unit=tale.M1, invitation="i-1", by=WHO, voids=1),
    k.RatiosSet(columns={"grant": {tale.LEAD: 6_000, tale.M1: 4_000}}, voids=1),
    k.TermsSet(
        name="湘东联合体", tasks={tale.M1: "平台"}, clauses={"allocation": "到账十日内"}, extra=("补充",), copies=3
    ),
    k.AgreementIssued(version=1, digest=s.DIGEST, units=(tale.LEAD, tale.M1)),
    tale.signed(
        s.DIGEST,
        tale.LEAD,
        tale.M1,
        authorisation=k.Authorisation(
            principal=WHO,
            agent=WHO,
            project=tale.PROJECT,
            valid_from=date(2025, 11, 1),
            valid_to=date(2025, 12, 31),
            scan_sha256=tale.SCAN,
        ),
    ),
    k.ConfirmationAsked(
        confirmation="c-1",
        unit=tale.M1,
        digest=s.DIGEST,
        signer=WHO,
        address=Personal("m@example.cn"),
        secret_digest="ab" * 32,
        expires_at=AT,
        secret=Personal("s3cret", subject="link-2"),
    ),
    k.AgreementConfirmed(
        unit=tale.M1, digest=s.DIGEST, signer=WHO, confirmed_on=date(2025, 11, 17), confirmation="c-1"
    ),
    k.AgreementEffective(version=1, digest=s.DIGEST, effective_from=date(2025, 11, 17)),
)


def test_every_released_event_is_still_read() -> None:
    must_read(Codec(e.TYPES), Path(__file__).parent / "golden", EXAMPLES)


def test_a_whole_history_stands_where_it_stood() -> None:
    history = s.Given(*s.ON_NOTICE, s.LEAD_SIGNED, s.AWARDED, s.INSTRUCTED, s.PAID)
    stands = history.application
    assert stands.stage is Stage.DISBURSED
    assert (stands.version, stands.review.result, stands.paid_fen) == (len(history.events), 8567, 100_000_000)
