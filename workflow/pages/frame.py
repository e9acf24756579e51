"""What every page of one application has around it: head, rail, and the panel that says why a step is not open yet.

The reasons come from the guards that the step itself will ask; nothing is judged here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from directory.actor import Actor, Grant, Role
from directory.policy import POLICY
from eventstore.event import Fact
from eventstore.refusal import Refusal
from programmes import eligibility
from programmes.call import Call
from programmes.documents import SignedCommitment, missing_commitments
from programmes.vocabulary import Facts as JudgedBy
from web import face, texts
from web import format as fmt
from web.texts import Reason
from workflow import events as e
from workflow import lifecycle
from workflow.answers import plain
from workflow.application import Application
from workflow.consorted import consortium_lacks
from workflow.dossier import Dossier, View, applies, is_of_the_unit, present, view_of
from workflow.guards.drafting import held_of, judged_by
from workflow.lifecycle import Action
from workflow.pages import reasons
from workflow.pages.desk import Desk, Words, office
from workflow.printing.issuing import stale_scans
from workflow.stages import SPINE, Stage

_RAIL_NOW: Mapping[Stage, int] = {
    Stage.DRAFT: 0,
    Stage.RETURNED: 0,
    Stage.UNIT_SEALED: 2,
    Stage.COUNTY_RECOMMENDED: 3,
    Stage.CITY_RECOMMENDED: 4,
    Stage.FORMAL_REVIEW: 4,
    Stage.EXPERT_REVIEW: 4,
    Stage.SITE_CHECK: 4,
    Stage.PROPOSED: 5,
    Stage.PUBLIC_NOTICE: 5,
    Stage.OBJECTION_HOLD: 5,
    Stage.RESERVED: 5,
    Stage.AWARDED: 6,
    Stage.DISBURSING: 6,
    Stage.DISBURSED: 7,
    Stage.CLOSED: 7,
}
_CLOSES = {
    Stage.UNIT_SEALED: "applicant_close",
    Stage.COUNTY_RECOMMENDED: "county_close",
    Stage.CITY_RECOMMENDED: "city_close",
}
_LEVELS = {Stage.COUNTY_RECOMMENDED: "county", Stage.CITY_RECOMMENDED: "city"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One application in front of one person."""

    application: Application
    call: Call
    actor: Actor
    view: View
    dossier: Dossier
    facts: Sequence[Fact]
    now: datetime
    mine: bool
    actions: Sequence[Action]
    judged_by: JudgedBy

    @property
    def base(self) -> str:
        return f"/applications/{self.application.id}"

    @property
    def ours(self) -> bool:
        """Whether this person is of a unit that applies: the lead's, or a member's that joined."""
        return applies(self.actor, self.application)

    @property
    def writable(self) -> bool:
        """Whether the units may write at all now; what a return unlocks is asked item by item."""
        return self.application.stage in (Stage.DRAFT, Stage.RETURNED)

    @property
    def title(self) -> str:
        """The project's name, or what it will be called until it has one."""
        return self.dossier.project_name

    def action(self, trigger: str) -> Action | None:
        return next((action for action in self.actions if action.trigger == trigger), None)

    def around(self) -> dict[str, Any]:
        """What the shared part of the templates asks."""
        return {
            "frame": self,
            "application": self.application,
            "dossier": self.dossier,
            "call": self.call,
            "rail_steps": rail(self),
            "due_what": f"pages.due.{self.dossier.stage.value}",
            "holder": holder_words(self.dossier),
            "base": self.base,
        }


def framed(desk: Desk, application_id: UUID, actor: Actor) -> Frame:
    """The application with its history, as *actor* may see it; NotFound where it is not theirs to see."""
    application, facts = desk.handling.history(application_id, actor)
    call, view, latest = desk.handling.call_of(application), view_of(actor, application), facts[-1].recorded
    actions, known = desk.handling.weighed(application, latest, actor)
    return Frame(
        application=application,
        call=call,
        actor=actor,
        view=view,
        dossier=present(application, call, view, latest.instant),
        facts=facts,
        now=face.now(),
        mine=is_of_the_unit(actor, application),
        actions=actions,
        judged_by=judged_by(application, known),
    )


def holder_words(dossier: Dossier) -> Words:
    """Who acts next, by name; nobody where nothing is to be done."""
    if dossier.holder == dossier.lead_unit:
        return {"zh": dossier.unit_name, "en": dossier.unit_name}
    return office(dossier.holder) if dossier.holder else {"zh": "—", "en": "—"}


def rail(frame: Frame) -> list[dict[str, Any]]:
    """The seven stages everybody knows, with the day each was reached or closes; steps that the route lacks left out."""
    application, reached = frame.application, _reached(frame.facts)
    now = _RAIL_NOW.get(frame.dossier.stage, -1)
    levels = {step.level for step in application.route}
    steps: list[dict[str, Any]] = []
    for place, stage in enumerate(SPINE):
        if levels and stage in _LEVELS and _LEVELS[stage] not in levels:
            now += 1 if now == place else 0
            continue
        at = reached.get(stage)
        done = place < now if now >= 0 else at is not None
        state = "done" if done else "now" if place == now else "todo"
        when = _day(at) if done and at else _expected(frame, stage, state)
        steps.append(
            {
                "word": {"key": f"pages.rail.{stage.value}"},
                "key": f"pages.rail.{stage.value}",
                "state": state,
                "when": when,
            }
        )
    return steps


def _reached(facts: Sequence[Fact]) -> dict[Stage, datetime]:
    """When each stage of the rail was reached last."""
    reached: dict[Stage, datetime] = {}
    for fact in facts:
        at = fact.recorded.instant
        match fact.event:
            case e.UnitSealed() | e.Resubmitted():
                reached[Stage.DRAFT] = reached[Stage.UNIT_SEALED] = at
            case e.Recommended(level=level):
                reached[Stage.COUNTY_RECOMMENDED if level == "county" else Stage.CITY_RECOMMENDED] = at
            case e.ReviewClosed():
                reached[Stage.EXPERT_REVIEW] = at
            case e.Awarded():
                reached[Stage.AWARDED] = at
            case e.TranchePaid(entered=Stage.DISBURSED):
                reached[Stage.DISBURSED] = at
            case _:
                pass
    return reached


def _expected(frame: Frame, stage: Stage, state: str) -> Words | str:
    name = _CLOSES.get(stage)
    if state == "now" and stage is Stage.DRAFT:
        return {"zh": "进行中", "en": "in hand"}
    if name is None:
        return {"zh": "办理中", "en": "in hand"} if state == "now" else ""
    until = frame.application.extensions.get(name) or getattr(frame.call.deadlines, name)
    day = _day(until)
    return {"zh": f"{day['zh']}前", "en": f"by {day['en']}"}


def _day(at: datetime) -> Words:
    return {"zh": fmt.beijing(at, "zh", "short").rsplit(" ", 1)[0], "en": fmt.beijing(at, "en", "short").split(",")[0]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """为什么还不能盖章？ The reasons in words, where each is mended, and whether this person may press the button."""

    trigger: str
    reasons: Sequence[Reason]
    links: Mapping[str, str]
    may: bool


def panel(desk: Desk, frame: Frame) -> Panel | None:
    """The unit's next step, seal or resubmit, with every reason against it. An editor sees the administrator's reasons."""
    trigger = {Stage.DRAFT: "seal", Stage.RETURNED: "resubmit"}.get(frame.dossier.stage)
    if trigger is None or not frame.mine:
        return None
    action, may = frame.action(trigger), True
    if action is None:
        action, may = _as_administrator(desk, frame, trigger), False
    if action is None:
        return None
    refusals = list(action.refusals)
    if not may:
        refusals.append(_only_the_administrator(trigger))
    return Panel(
        trigger=trigger,
        reasons=reasons.told(refusals, frame.call, frame.application),
        links=reasons.links(frame.call, frame.application, refusals),
        may=may,
    )


def _as_administrator(desk: Desk, frame: Frame, trigger: str) -> Action | None:
    grant = Grant(Role.UNIT_ADMIN, frame.application.lead_unit)
    stand_in = replace(frame.actor, grants=(*frame.actor.grants, grant))
    found = desk.handling.actions_of(frame.application, frame.facts[-1].recorded, stand_in)
    return next((action for action in found if action.trigger == trigger), None)


def _only_the_administrator(trigger: str) -> Refusal:
    return Refusal.of(
        "ROLE_FORBIDDEN", trigger=trigger, allowed=sorted(r.value for r in POLICY[f"application.{trigger}"])
    )


def completeness(frame: Frame) -> list[dict[str, Any]]:
    """Part by part what is there and what is missing, each with its link."""
    application, call = frame.application, frame.call
    held = held_of(application, call)
    parts = eligibility.completeness(call, application.direction, plain(application.answers), held, frame.judged_by)
    return [
        _commitment_part(frame),
        *(_part(frame, part) for part in parts),
        *_scan_parts(frame),
        *_consortium_parts(frame),
    ]


def _scan_parts(frame: Frame) -> Iterator[dict[str, Any]]:
    """The scans of our own papers, once there is one or one must be there: of this text, or of an older version."""
    application, answers = frame.application, plain(frame.application.answers)
    for slot in frame.call.programme_of(application.direction).scans:
        held = bool(application.attachments.get(slot.id))
        if not held and not slot.wanted(answers, application.direction, frame.judged_by):
            continue
        stale = stale_scans(application, frame.call, slot)
        yield {
            "text": _short(slot.label),
            "href": f"{frame.base}#slot-{slot.id}",
            "state": "wrong" if stale else "done" if held else "missing",
            "note": {"zh": f"扫描件为 v{stale[0][0]}", "en": f"scan of v{stale[0][0]}"} if stale else "",
            "id": slot.id,
        }


def _consortium_parts(frame: Frame) -> Iterator[dict[str, Any]]:
    """Members, shares, text, signatures: done where the seal's guards find nothing to say about it."""
    consortium, programme = frame.application.consortium, frame.call.programme_of(frame.application.direction)
    if not consortium.exists and programme.consortium != "required":
        return
    found = consortium_lacks(frame.application)
    for place in ("members", "shares", "text", "signing"):
        waiting = place == "members" and bool(consortium.pending)
        lacks = found[place] or not consortium.accepted
        yield {
            "text": {language: texts.t(f"together.part.{place}", language) for language in texts.LANGUAGES},
            "href": f"{frame.base}/consortium" + ("" if place == "members" else f"/{place}"),
            "state": "waiting" if waiting else "missing" if lacks else "done",
            "note": _waiting_for(len(consortium.pending)) if waiting else "",
            "id": f"consortium-{place}",
        }


def _waiting_for(invitations: int) -> Words:
    return {"zh": f"{invitations} 家待答复", "en": f"{invitations} not answered"}


def _commitment_part(frame: Frame) -> dict[str, Any]:
    text = frame.call.programme_of(frame.application.direction).commitment
    signed = [
        SignedCommitment(made.unit, made.text_version, made.signer_kind, made.signed_on)
        for made in frame.application.commitments.values()
    ]
    units = frame.application.units
    lacks = missing_commitments(text, list(units), signed)
    heading = {"zh": text.heading.zh, "en": text.heading.en}
    more = [unit for unit in units if unit != frame.application.lead_unit]
    done = sum(1 for unit in units if not missing_commitments(text, [unit], signed))
    return {
        "text": heading,
        "href": f"{frame.base}/consortium/signing" if more else f"{frame.base}#commitment",
        "state": "missing" if lacks else "done",
        "note": {"zh": f"{done} / {len(units)} 家", "en": f"{done} / {len(units)} units"} if more and lacks else "",
        "id": "commitment",
    }


def _part(frame: Frame, part: eligibility.Part) -> dict[str, Any]:
    wrong = [refusal for refusal in part.missing if refusal.code not in _GAPS and "missing" not in refusal.params]
    gaps = len(part.missing) - len(wrong)
    section = part.kind == "section"
    note: Words | str = ""
    if wrong:
        note = {"zh": f"{len(wrong)} 处有误", "en": f"{len(wrong)} to correct"}
    elif gaps and section:
        note = {"zh": f"还差 {gaps} 项", "en": f"{gaps} missing"}
    return {
        "text": part.heading if section else _short(part.heading),
        "href": _where(frame, part),
        "state": "done" if part.done else "wrong" if wrong else "missing",
        "note": note,
        "id": part.id,
    }


def _where(frame: Frame, part: eligibility.Part) -> str:
    match part.kind:
        case "section":
            return f"{frame.base}/sections/{part.id}"
        case "conditions":
            return f"{frame.base}#why"
        case _:
            return f"{frame.base}#slot-{part.id}"


_GAPS = frozenset({"REQUIRED", "MIN_ITEMS", "MISSING_ATTACHMENT"})


def _short(label: Any) -> Words:
    return {"zh": reasons.short(label.zh), "en": reasons.short(label.en)}


__all__ = ["Frame", "Panel", "completeness", "framed", "holder_words", "lifecycle", "panel", "rail"]
