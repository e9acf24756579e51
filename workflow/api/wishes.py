"""The commands as operations: one line each. The body is the command's own fields; the rest is one rule for all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from eventstore.dispatch import Outcome
from web.operations import MAX_JSON_BYTES, Answer, Asked, Method, Operation
from workflow import commands as c
from workflow.api.bodies import body_of, command_of, without
from workflow.api.desk import Desk
from workflow.api.models import Done, KeptScan, NoFields, UploadFields
from workflow.uploading import Upload, attach

PLACE = "/applications/<uuid:application_id>"
SECTION_BYTES = 8 << 20
"""What a section may weigh: a table of five thousand rows, as JSON or as a form."""


@dataclass(frozen=True, slots=True)
class Wish:
    """*path* below the application; variables in it are fields of the command."""

    id: str
    path: str
    command: type[c.Command]
    zh: str
    en: str
    method: Method = "POST"
    given: tuple[str, ...] = ()
    max_bytes: int = MAX_JSON_BYTES


WISHES = (
    Wish("saveSection", "/sections/<section>", c.SaveSection, "保存一节", "Save a section", "PUT", ("section",), SECTION_BYTES),
    Wish("recordCommitment", "/commitments/<unit>", c.RecordCommitment, "登记承诺书", "Record a commitment", "PUT", ("unit",)),
    Wish("inviteMember", "/invitations", c.Invite, "邀请成员", "Invite a unit to join"),
    Wish("uninviteMember", "/invitations/<invitation>/withdrawal", c.Uninvite, "撤回邀请", "Withdraw an invitation", given=("invitation",)),
    Wish("removeMember", "/members/<unit>/removal", c.RemoveMember, "移出成员", "Remove a member", given=("unit",)),
    Wish("leaveConsortium", "/members/<unit>/leaving", c.Leave, "退出联合体", "Leave the consortium", given=("unit",)),
    Wish("setRatios", "/agreement/ratios", c.SetRatios, "填写比例", "Set the shares", "PUT"),
    Wish("setTerms", "/agreement/terms", c.SetTerms, "填写协议内容", "Set the terms", "PUT"),
    Wish("issueAgreement", "/agreement/versions", c.IssueAgreement, "协议定稿", "Fix the agreement for signing"),
    Wish("signAgreement", "/agreement/documents", c.SignAgreement, "登记已签署的协议", "Record a signed agreement"),
    Wish("askConfirmation", "/agreement/confirmations", c.AskConfirmation, "请法定代表人在线确认", "Ask a legal representative to confirm"),
    Wish("seal", "/seal", c.Seal, "盖章提交", "Seal and hand in"),
    Wish("recall", "/recall", c.Recall, "撤回修改", "Take back to mend"),
    Wish("withdraw", "/withdrawal", c.Withdraw, "撤回申报", "Withdraw"),
    Wish("recommend", "/recommendation", c.Recommend, "推荐", "Recommend"),
    Wish("notRecommend", "/non-recommendation", c.NotRecommend, "不予推荐", "Decline to recommend"),
    Wish("receive", "/reception", c.Receive, "受理", "Receive"),
    Wish("returnForCorrection", "/returns", c.ReturnForCorrection, "退回补正", "Return for correction"),
    Wish("resubmit", "/resubmission", c.Resubmit, "重新提交", "Hand in again"),
    Wish("extend", "/extensions", c.Extend, "延期", "Extend a deadline"),
    Wish("failForm", "/form-failure", c.FailForm, "形式审查不通过", "Fail the formal review"),
    Wish("passForm", "/form-pass", c.PassForm, "形式审查通过", "Pass the formal review"),
    Wish("askReconsideration", "/reconsideration", c.AskReconsideration, "申请复核", "Ask for reconsideration"),
    Wish("decideReconsideration", "/reconsideration/decision", c.DecideReconsideration, "复核决定", "Decide the reconsideration"),
    Wish("drawPanel", "/panel", c.DrawPanel, "抽取专家", "Draw experts"),
    Wish("declare", "/declarations", c.Declare, "回避与保密声明", "Declare conflicts or none"),
    Wish("score", "/scores", c.Score, "评分", "Give marks"),
    Wish("closeReview", "/review-result", c.CloseReview, "结束评审", "Close the review"),
    Wish("recordSiteCheck", "/site-check", c.RecordSiteCheck, "登记现场核查", "Record the site check"),
    Wish("notSelect", "/non-selection", c.NotSelect, "不予入选", "Do not select"),
    Wish("enterAudit", "/audit/figures", c.EnterAudit, "登记审定金额", "Enter the audited figures", "PUT", max_bytes=SECTION_BYTES),
    Wish("checkAudit", "/audit/check", c.CheckAudit, "登记审计报告查验", "Record the look-up of the audit report"),
    Wish("propose", "/proposal", c.Propose, "拟支持", "Propose support"),
    Wish("publishNotice", "/notice", c.PublishNotice, "公示", "Publish the notice"),
    Wish("object", "/objections", c.Object, "提出异议", "Object"),
    Wish("dismissObjection", "/objections/<int:objection>/dismissal", c.DismissObjection, "异议不成立", "Dismiss an objection", given=("objection",)),
    Wish("upholdObjection", "/objections/<int:objection>/upholding", c.UpholdObjection, "异议成立", "Uphold an objection", given=("objection",)),
    Wish("reserve", "/reservation", c.Reserve, "入库储备", "Reserve"),
    Wish("award", "/award", c.Award, "立项", "Award"),
    Wish("waiveAward", "/waiver", c.WaiveAward, "放弃立项", "Waive the award"),
    Wish("planTranches", "/tranches/plan", c.PlanTranches, "安排拨付计划", "Plan the tranches", "PUT"),
    Wish("instructTranche", "/tranches", c.InstructTranche, "下达拨付", "Instruct a tranche"),
    Wish("confirmPaid", "/payments", c.ConfirmPaid, "确认拨付", "Confirm a payment"),
    Wish("returnPayment", "/tranches/<int:tranche>/bank-return", c.ReturnPayment, "登记银行退票", "Record that a bank sent a payment back", given=("tranche",)),
    Wish("changeAccount", "/account-change", c.ChangeAccount, "登记收款账户变更", "File a change of the payee's account"),
    Wish("verifyAccount", "/account-change/verification", c.VerifyAccount, "核验收款账户变更", "Verify a change of the payee's account"),
    Wish("handOn", "/tranches/<int:tranche>/handing-on", c.HandOn, "登记转拨", "Record that a tranche was handed on", given=("tranche",)),
    Wish("confirmHandOn", "/tranches/<int:tranche>/receipt", c.ConfirmHandOn, "成员确认转拨", "Confirm or dispute what was handed on", given=("tranche",)),
    Wish("correct", "/corrections", c.Correct, "提出更正", "Correct the record of a payment"),
    Wish("confirmCorrection", "/corrections/confirmation", c.ConfirmCorrection, "确认更正", "Confirm or reject a correction"),
    Wish("fileSelfEvaluation", "/self-evaluation", c.FileSelfEvaluation, "提交绩效自评", "File the self-evaluation"),
    Wish("close", "/closing", c.Close, "办结", "Close"),
    Wish("cancelAward", "/cancellation", c.CancelAward, "取消立项", "Cancel the award"),
    Wish("demandRecovery", "/recovery", c.DemandRecovery, "追回资金", "Demand repayment"),
    Wish("recordRepayment", "/repayments", c.RecordRepayment, "登记退款", "Record a repayment"),
)  # fmt: skip


def commands(desk: Desk) -> Iterator[Operation]:
    yield _opening(desk)
    yield _attaching(desk)
    yield _keeping(desk)
    yield _removing(desk)
    for wish in WISHES:
        yield operation_of(wish, desk)


def operation_of(wish: Wish, desk: Desk) -> Operation:
    """The one rule: path and body make the command, the command is handled, the answer says what stands now."""
    command: Any = wish.command
    public = command is c.Object
    return Operation(
        id=wish.id,
        method=wish.method,
        path=PLACE + wish.path,
        action=f"application.{wish.command.trigger}",
        summary_zh=wish.zh,
        summary_en=wish.en,
        perform=_performing(wish, desk),
        request=body_of(command, without(wish.given)),
        answer=Done,
        command=True,
        max_bytes=wish.max_bytes,
        public=public,
        admit=desk.admit_the_public if public else desk.admit,
    )


def _performing(wish: Wish, desk: Desk) -> Callable[[Asked], Answer]:
    def perform(asked: Asked) -> Answer:
        return desk.done(desk.do(command_of(wish.command, asked.body, asked.path), asked))

    return perform


def _opening(desk: Desk) -> Operation:
    def perform(asked: Asked) -> Answer:
        place: dict[str, Any] = {"application_id": desk.handling.ids.uuid7()}
        return desk.done(desk.do(command_of(c.Open, asked.body, place), asked), 201)

    return Operation(
        id="openApplication",
        method="POST",
        path="/applications",
        action="application.create",
        summary_zh="新建申报",
        summary_en="Begin an application",
        perform=perform,
        request=body_of(c.Open, without(())),
        answer=Done,
        status=201,
        command=True,
    )


def _attaching(desk: Desk) -> Operation:
    def perform(asked: Asked) -> Answer:
        assert asked.file is not None, "an upload has its file"
        fields = asked.body_as(UploadFields)
        wish = Upload(slot=asked.path["slot"], name=asked.file.filename or "", **fields.model_dump())
        stream = asked.file.stream
        place: UUID = asked.path["application_id"]

        def act(command: c.AttachFile) -> Outcome:
            return desk.do(command, asked)

        return desk.done(attach(desk.handling, desk.files, asked.actor, place, stream, wish, act), 201)

    return Operation(
        id="attachFile",
        method="POST",
        path=PLACE + "/attachments/<slot>",
        action="application.save",
        summary_zh="上传附件",
        summary_en="Attach a file",
        perform=perform,
        request=UploadFields,
        answer=Done,
        status=201,
        command=True,
        upload=True,
        max_bytes=desk.files.limits.file_bytes,
        admit=desk.admit_bytes,
    )


def _keeping(desk: Desk) -> Operation:
    """A scan is kept before the step that names it; the digest is what the step sends."""

    def perform(asked: Asked) -> Answer:
        assert asked.file is not None, "an upload has its file"
        digest = desk.handling.quarantine.take_in(desk.files.keep_scan(asked.file.stream, asked.file.filename or ""))
        return Answer(body=KeptScan(digest=digest), status=201)

    return Operation(
        id="keepScan",
        method="POST",
        path="/scans",
        action="scan.keep",
        summary_zh="保存盖章扫描件",
        summary_en="Keep a sealed scan",
        perform=perform,
        request=NoFields,
        answer=KeptScan,
        status=201,
        upload=True,
        max_bytes=desk.files.limits.file_bytes,
        admit=desk.admit_a_scan,
    )


def _removing(desk: Desk) -> Operation:
    def perform(asked: Asked) -> Answer:
        application_id: UUID = asked.path["application_id"]
        command = c.RemoveFile(application_id=application_id, slot=asked.path["slot"], file_id=asked.path["file_id"])
        return desk.done(desk.do(command, asked))

    return Operation(
        id="removeFile",
        method="DELETE",
        path=PLACE + "/attachments/<slot>/<file_id>",
        action="application.save",
        summary_zh="移除附件",
        summary_en="Remove a file",
        perform=perform,
        answer=Done,
        command=True,
        admit=desk.admit,
    )
