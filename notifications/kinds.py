"""Which kind of letter an event causes, and which kinds a trigger may cause. Pure; total over the events.

A new kind of event does not pass the type checker until it is answered here, be it with silence.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from consortium import events as consortium
from workflow import events as e
from workflow.application import Application
from workflow.events import ApplicationEvent
from workflow.stages import Stage

SILENCE = ""


def kind_of(event: ApplicationEvent) -> str:
    """The kind of letter *event* causes; SILENCE when nobody is told. One row for every event."""
    match event:
        case e.Opened() | e.SectionSaved() | e.FileAttached() | e.FileRemoved() | e.CommitmentRecorded():
            return SILENCE  # a draft is the unit's own business
        case e.PaperIssued():
            return SILENCE  # printing is the unit's own business
        case e.StepNotApplicable():
            return SILENCE  # a step left out is told with the receipt
        case e.Scored() | e.ReviewClosed():
            return SILENCE  # marks stay in the panel until the decision
        case e.UnitSealed():
            return "unit_sealed"
        case e.Recalled():
            return "recalled"
        case e.Withdrawn():
            return "withdrawn"
        case e.Lapsed():
            return "lapsed"
        case e.Recommended():
            return "recommended"
        case e.NotRecommended():
            return "not_recommended"
        case e.Received():
            return "received"
        case e.ReturnedForCorrection():
            return "returned"
        case e.Resubmitted(renewed=renewed):
            return "resubmitted_anew" if renewed else "resubmitted"
        case e.DeadlineExtended():
            return "deadline_extended"
        case e.FormFailed():
            return "form_failed"
        case e.FormPassed():
            return "form_passed"
        case e.ReconsiderationAsked():
            return "reconsideration_asked"
        case e.ReconsiderationDecided(granted=granted):
            return "reconsideration_granted" if granted else "reconsideration_dismissed"
        case e.PanelDrawn():
            return "panel_drawn"
        case e.ExpertDeclared(conflict=conflict):
            return "conflict_declared" if conflict else SILENCE
        case e.SiteChecked(entered=entered):
            return "not_selected" if entered is Stage.NOT_SELECTED else SILENCE
        case e.NotSelected():
            return "not_selected"
        case e.AuditEntered() | e.AuditChecked():
            return SILENCE  # the province's own preparation of what it will propose
        case e.Proposed():
            return "proposed"
        case e.NoticePublished():
            return "notice_published"
        case e.ObjectionReceived():
            return "objection_received"
        case e.ObjectionDismissed():
            return "objection_dismissed"
        case e.ObjectionUpheld(entered=entered):
            return "objection_upheld_anew" if entered is Stage.PROPOSED else "objection_upheld"
        case e.Reserved():
            return "reserved"
        case e.AwardSigned():
            return "award_signed"
        case e.Awarded():
            return "awarded"
        case e.AwardWaived():
            return "award_waived"
        case e.TrancheInstructed():
            return "tranche_instructed"
        case e.TranchePaid(entered=entered):
            return "paid_in_full" if entered is Stage.DISBURSED else "tranche_paid"
        case e.SelfEvaluationFiled():
            return "self_evaluation_filed"
        case e.Closed():
            return "closed"
        case e.AwardCancelled():
            return "award_cancelled"
        case e.RecoveryDemanded():
            return "recovery_demanded"
        case e.RepaymentRecorded():
            return "repayment_recorded"
        case e.TranchesPlanned():
            return "tranches_planned"
        case e.HandedOn():
            return "handed_on"
        case e.HandOnConfirmed():
            return "hand_on_confirmed"
        case e.HandOnDisputed():
            return "hand_on_disputed"
        case e.TrancheReturned():
            return "tranche_returned"
        case e.AccountChangeFiled():
            return "account_change_filed"
        case e.AccountVerified():
            return "account_verified"
        case e.AccountChangeRejected():
            return "account_change_rejected"
        case e.RecoverySigned():
            return "recovery_signed"
        case e.CorrectionFiled():
            return "correction_filed"
        case e.BookingCorrected():
            return "booking_corrected"
        case e.CorrectionRejected():
            return "correction_rejected"
        case consortium.MemberInvited():
            return "member_invited"
        case consortium.InvitationAccepted():
            return "invitation_accepted"
        case consortium.InvitationDeclined():
            return "invitation_declined"
        case consortium.InvitationExpired():
            return "invitation_expired"
        case consortium.InvitationWithdrawn():
            return "invitation_withdrawn"
        case consortium.MemberLeft():
            return "member_left"
        case consortium.MemberRemoved():
            return "member_removed"
        case consortium.MemberReplaced():
            return "member_replaced"
        case consortium.RatiosSet(voids=voids) | consortium.TermsSet(voids=voids):
            return "agreement_void" if voids else SILENCE  # before anybody signed, the text is still being written
        case consortium.AgreementIssued():
            return "agreement_issued"
        case consortium.AgreementSigned():
            return "agreement_signed"
        case consortium.ConfirmationAsked():
            return "confirmation_asked"
        case consortium.AgreementConfirmed():
            return "agreement_confirmed"
        case consortium.AgreementEffective():
            return "agreement_effective"
        case _:
            assert_never(event)


KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "create": (),
        "save": (),
        "print": (),
        "invite": ("member_invited",),
        "uninvite": ("invitation_withdrawn",),
        "answer_invitation": ("invitation_accepted", "member_replaced", "invitation_declined"),
        "expire_invitation": ("invitation_expired",),
        "remove_member": ("member_removed",),
        "leave": ("member_left",),
        "set_ratios": ("agreement_void",),
        "set_terms": ("agreement_void",),
        "issue_agreement": ("agreement_issued",),
        "sign_agreement": ("agreement_signed", "agreement_effective"),
        "ask_confirmation": ("confirmation_asked",),
        "confirm_agreement": ("agreement_confirmed", "agreement_effective"),
        "seal": ("unit_sealed",),
        "recall": ("recalled",),
        "withdraw": ("withdrawn",),
        "lapse": ("lapsed",),
        "recommend": ("recommended",),
        "not_recommend": ("not_recommended",),
        "receive": ("received",),
        "return": ("returned",),
        "resubmit": ("resubmitted", "resubmitted_anew"),
        "extend": ("deadline_extended",),
        "form_fail": ("form_failed",),
        "ask_reconsideration": ("reconsideration_asked",),
        "reconsider": ("reconsideration_granted", "reconsideration_dismissed"),
        "form_pass": ("form_passed",),
        "draw": ("panel_drawn",),
        "declare": ("conflict_declared",),
        "score": (),
        "close_review": (),
        "site_result": ("not_selected",),
        "not_select": ("not_selected",),
        "enter_audit": (),
        "check_audit": (),
        "propose": ("proposed",),
        "publish": ("notice_published",),
        "object": ("objection_received",),
        "dismiss": ("objection_dismissed",),
        "uphold": ("objection_upheld", "objection_upheld_anew"),
        "reserve": ("reserved",),
        "award": ("award_signed", "awarded"),
        "waive": ("award_waived",),
        "plan": ("tranches_planned",),
        "instruct": ("tranche_instructed",),
        "confirm_paid": ("tranche_paid", "paid_in_full"),
        "self_evaluate": ("self_evaluation_filed",),
        "close": ("closed",),
        "cancel_award": ("award_cancelled",),
        "return_payment": ("tranche_returned",),
        "change_account": ("account_change_filed",),
        "verify_account": ("account_verified", "account_change_rejected"),
        "hand_on": ("handed_on",),
        "confirm_hand_on": ("hand_on_confirmed", "hand_on_disputed"),
        "correct": ("correction_filed",),
        "confirm_correction": ("booking_corrected", "correction_rejected"),
        "demand_recovery": ("recovery_signed", "recovery_demanded"),
        "record_repayment": ("repayment_recorded",),
    }
)
"""Trigger of the lifecycle to the kinds of letter it may cause."""


def possible_kinds(trigger: str, application: Application) -> tuple[str, ...]:
    """The kinds *trigger* may cause as *application* stands; one where its state already decides."""
    kinds = KINDS[trigger]
    match trigger:
        case "award":
            return ("awarded",) if application.award_signers else ("award_signed",)
        case "demand_recovery" if application.recovery_signed is None:
            return kinds[:1]
        case "resubmit" if application.returned:
            return kinds[1:] if any(item.material for item in application.returned.items) else kinds[:1]
        case _:
            return kinds
