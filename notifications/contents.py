"""What a letter says, taken from the event and the application as it was then: plain values that are kept on its row.

Pure. The words around them are in texts/; nothing here is about the recipient, so that erasing one leaves it whole.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from consortium import events as consortium
from eventstore.event import Personal
from notifications.reminders import Awaited, Rule, unsigned
from notifications.story import Story
from programmes.call import Call
from programmes.money import Money
from workflow import events as e
from workflow.application import Application
from workflow.blind import MASK
from workflow.events import ApplicationEvent, ReturnItem
from workflow.shares import name_of
from workflow.stages import Stage

Param: TypeAlias = str | int | list[dict[str, str]]
Named: TypeAlias = Callable[[str], tuple[str, str]]
"""The name of a body by its code, in Chinese and in English."""


def contents(
    event: ApplicationEvent, before: Application, after: Application, call: Call, at: datetime, named: Named
) -> dict[str, Param]:
    """Everything the words of a letter about *event* may use. Instants are ISO texts, money is whole fen."""
    params: dict[str, Param] = {
        **standing(after, call, at),
        **_particulars(event),
        **_of_the_consortium(event, before),
        **_of_the_money(event, before),
    }
    if isinstance(event, e.PanelDrawn) and call.review.blind:
        params["unit"] = MASK
    body = _body(event, before)
    params["office"] = office_of(after, body)
    if body is not None:
        params["body_zh"], params["body_en"] = named(body or call.province)
    if isinstance(event, e.ReturnedForCorrection):
        params["items"] = [_item(item, after, call) for item in event.items]
    if isinstance(event, e.NoticePublished):
        params["opens"], params["closes"] = event.opens.isoformat(), event.closes.isoformat()
    return params


def standing(application: Application, call: Call, at: datetime) -> dict[str, Param]:
    """What every letter about one application names."""
    return {
        "number": application.number,
        "unit": application.unit_name,
        "stage": application.stage.value if application.stage else "",
        "at": at.isoformat(),
        "call_zh": call.title.zh,
        "call_en": call.title.en,
        "office": office_of(application),
    }


def office_of(application: Application, acted: str | None = None) -> str:
    """The code of the bureau that answers for a letter: the one that *acted* ("" is the province), else in whose hands the
    file is; before anybody has it, the bureau of the unit's county."""
    province = application.region[:2]
    match application.stage:
        case _ if acted is not None:
            return acted or province
        case None | Stage.DRAFT:
            return application.region
        case Stage.RETURNED if application.returned:
            return application.returned.body or province
        case Stage.NOT_RECOMMENDED | Stage.FORM_FAILED:
            return application.refused_by or province
        case _:
            return application.next_step.body if application.next_step else province


def awaiting(story: Story, one: Awaited) -> dict[str, Param]:
    """What a reminder names: whose answer is waited for, and of a link where it leads."""
    application, consortium = story.application, story.application.consortium
    match one.rule:
        case Rule.INVITATION:
            asked = consortium.invitation(one.subject)
            name = asked.unit_name if asked else ""
            return {"member": name, **_linked("invitations", one.subject, story.secrets.get(one.subject, ""))}
        case Rule.CONFIRMATION:
            link = consortium.confirmation(one.subject)
            name = named_in(application, link.unit) if link else ""
            return {"member": name, **_linked("confirmations", one.subject, story.secrets.get(one.subject, ""))}
        case Rule.SIGNING:
            missing = "、".join(named_in(application, unit) for unit in unsigned(application))
            return {"version": consortium.issue.version if consortium.issue else 0, "members": missing}
        case Rule.DRAFT | Rule.CORRECTION | Rule.RECONSIDERATION | Rule.HOLDING:
            return {}


_QUOTED = (
    "reason",
    "finding",
    "findings",
    "grounds",
    "ground",
    "receipt_number",
    "letter_number",
    "document_number",
    "decision_number",
    "minutes_number",
    "amount_fen",
    "amount_words",
    "tranche",
    "bank_reference",
    "result",
    "deadline",
)
"""Fields of events that a letter may repeat. Whatever is personal in an event is none of them."""


def _of_the_consortium(event: ApplicationEvent, before: Application) -> Mapping[str, str | int]:
    """Which unit it is about, which version, and for a one-time link where it leads. Of its secret the commitment alone:
    whoever sends the letter looks the value up then, so that no row holds it."""
    match event:
        case consortium.MemberInvited():
            return {"member": event.unit_name, **_link("invitations", event.invitation, event.secret)}
        case consortium.ConfirmationAsked():
            return {"member": named_in(before, event.unit), **_link("confirmations", event.confirmation, event.secret)}
        case consortium.MemberLeft(unit=unit) | consortium.MemberRemoved(unit=unit):
            return {"member": named_in(before, unit), **({"voids": event.voids} if event.voids else {})}
        case consortium.MemberReplaced(unit=unit, invitation=invitation):
            newcomer = before.consortium.invitation(invitation)
            names = {"member": named_in(before, unit), "newcomer": newcomer.unit_name if newcomer else ""}
            return {**names, **({"voids": event.voids} if event.voids else {})}
        case consortium.AgreementConfirmed(unit=unit):
            return {"member": named_in(before, unit)}
        case (
            consortium.InvitationAccepted(invitation=invitation)
            | consortium.InvitationDeclined(invitation=invitation)
            | consortium.InvitationExpired(invitation=invitation)
            | consortium.InvitationWithdrawn(invitation=invitation)
        ):
            member = before.consortium.invitation(invitation)
            return {"member": member.unit_name if member else ""}
        case consortium.RatiosSet(voids=version) | consortium.TermsSet(voids=version):
            return {"version": version}
        case consortium.AgreementIssued(version=version) | consortium.AgreementEffective(version=version):
            return {"version": version}
        case consortium.AgreementSigned(signatories=hands):
            return {"members": "、".join(named_in(before, hand.unit) for hand in hands)}
        case _:
            return {}


def _of_the_money(event: ApplicationEvent, before: Application) -> Mapping[str, str]:
    """Sums in capitals, who gets which part, and whose word or payment it was."""
    told: dict[str, str] = {}
    fen = getattr(event, "amount_fen", None)
    if isinstance(fen, int) and fen > 0:
        told["amount_words"] = Money(fen).capitals()
    match event:
        case e.TranchesPlanned(parts=planned):
            sums = [(part.due_on.isoformat(), Money(part.amount_fen).yuan()) for part in planned]
            return {
                "plan_zh": "；".join(f"{day}，{fen} 元" for day, fen in sums),
                "plan_en": "; ".join(f"{day}, ¥{fen}" for day, fen in sums),
            }
        case e.TrancheInstructed(shares=shares) | e.TranchePaid(shares=shares) | e.RecoveryDemanded(shares=shares):
            order = dict.fromkeys((*(unit for unit in before.units if unit in shares), *shares))
            parts = [(unit, shares[unit]) for unit in order]
        case e.HandedOn():
            parts = [(part.unit, part.amount_fen) for part in event.parts]
            told["amount_words"] = Money(sum(fen for _, fen in parts)).capitals()
        case e.HandOnConfirmed(unit=unit) | e.HandOnDisputed(unit=unit):
            return {**told, "member": name_of(before, unit)}
        case e.RepaymentRecorded(unit=unit) if unit and unit != before.lead_unit:
            return {**told, "member": name_of(before, unit)}
        case _:
            return told
    if parts:
        told["shares_zh"] = "、".join(f"{name_of(before, unit)} {Money(fen).yuan()} 元" for unit, fen in parts)
        told["shares_en"] = ", ".join(f"{name_of(before, unit)} ¥{Money(fen).yuan()}" for unit, fen in parts)
    return told


def _link(place: str, link: str, secret: Personal | None) -> dict[str, str]:
    return _linked(place, link, (secret.commitment or "") if secret else "")


def _linked(place: str, link: str, commitment: str) -> dict[str, str]:
    return {"path": f"/{place}/{link}", "secret": commitment}


def named_in(application: Application, unit: str) -> str:
    if unit == application.lead_unit:
        return application.unit_name
    member = application.consortium.member(unit)
    return member.unit_name if member else unit


def _particulars(event: ApplicationEvent) -> Mapping[str, str | int]:
    found: dict[str, str | int] = {}
    for name in _QUOTED:
        value = getattr(event, name, None)
        if isinstance(value, bool) or not isinstance(value, str | int):
            continue
        if value != "":
            found["which" if name == "deadline" else name] = value
    if isinstance(event, e.ReviewClosed):
        found.pop("result", None)
    if isinstance(event, e.BookingCorrected):  # why the house had it wrong is the house's own affair
        found.pop("reason", None)
        found["new_reference"] = event.new_reference or event.bank_reference
        found["effective_on"] = event.effective_on.isoformat()
    return found


def _body(event: ApplicationEvent, before: Application) -> str | None:
    """The body that acted, where the sentence names one."""
    match event:
        case e.Recommended() | e.NotRecommended() | e.ReturnedForCorrection() | e.DeadlineExtended():
            return event.body
        case e.ReconsiderationDecided():
            return event.body
        case e.ReconsiderationAsked():
            return before.refused_by
        case _:
            return None


def _item(item: ReturnItem, application: Application, call: Call) -> dict[str, str]:
    """A thing to put right, by the name the form gives it."""
    programme = call.programme(application.programme)
    try:
        label = programme.slot(item.id).label
    except KeyError:
        try:
            label = programme.field(item.id).label
        except KeyError:
            return {"label_zh": item.id, "label_en": item.id, "reason": item.reason}
    return {"label_zh": label.zh, "label_en": label.en, "reason": item.reason}
