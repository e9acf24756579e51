"""A dossier as an authority reads it: key facts, the sealed text part by part, files, the route, every step open or closed."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request

from directory.actor import Role
from directory.policy import may
from eventstore.refusal import Refusal
from programmes import eligibility
from programmes.calendar import beijing_date
from programmes.vocabulary import Facts as JudgedBy
from web import forms
from workflow import related
from workflow.dossier import Dossier
from workflow.events import Resubmitted, UnitSealed
from workflow.guards.drafting import known_of_the_unit
from workflow.pages import reasons, steps
from workflow.pages.acting import asked_of
from workflow.pages.board import summary
from workflow.pages.desk import Desk, office, region
from workflow.pages.fields import Showing, groups
from workflow.pages.frame import Frame
from workflow.pages.printing import card, instrument_card
from workflow.pages.saying import present_answer
from workflow.pages.since import since
from workflow.pages.telling import story
from workflow.related import Beside
from workflow.stages import Stage
from workflow.verdicts import Verdict

_INLINE = frozenset(
    {
        "recommend",
        "declare",
        "confirm_paid",
        "propose",
        "award",
        "instruct",
        "form_pass",
        "hand_on",
        "confirm_hand_on",
    }
)
"""Steps whose form stands on the dossier itself when it is the first one open; the others have a page of their own."""


def standing(desk: Desk, frame: Frame) -> dict[str, Any]:
    """The part of dossier.html that is the application's own, whenever it is looked at: no step, nothing beside it."""
    return {
        **frame.around(),
        "inline": None,
        "offered": [],
        "pairs": key_facts(frame),
        "parts": list(_parts(frame)),
        "files": [slot for slot in frame.dossier.attachments if slot.files],
        "said": _said_of_files(desk, frame),
        "together": summary(frame),
        "route": [_stop(step, frame, desk) for step in frame.dossier.route],
        "commitments": _commitments(frame, desk),
        "seats": _seats(desk, frame),
        "excepted": _excepted(frame),
        "present_answer": present_answer,
        "mine": frame.mine,
    }


def dossier(desk: Desk, frame: Frame) -> dict[str, Any]:
    """What dossier.html asks."""
    offered = _by_urgency(list(_offered(frame)), frame)
    said = {"declare"} if frame.actor.id in frame.application.review.cleared else set[str]()
    inline_here = _INLINE - said
    first = next((each for each in offered if each["open"] and each["step"].trigger in inline_here), None)
    inline = asked_of(desk, frame, first["step"]) if first else {}
    return {
        **standing(desk, frame),
        **inline,
        "inline": first,
        "offered": [each for each in offered if each is not first],
        "paper_card": card(desk, frame),
        **_instruments(frame),
        **since(desk, frame),
        "story": story(desk, frame) if _may_see_history(frame) else [],
        "warnings": warnings(desk, frame) if not frame.mine else [],
        "beside": _beside(desk, frame),
        "command_id": forms.new_command_id(),
        "may_ledger": may(frame.actor, "payment.read") is None,
    }


def _instruments(frame: Frame) -> dict[str, Any]:
    """The card of instruments; an expert, who is nobody's party, is shown none where there is nothing on it."""
    made = instrument_card(frame)
    return {"instruments": made} if made or _may_see_history(frame) else {}


def _said_of_files(desk: Desk, frame: Frame) -> Mapping[str, Verdict]:
    """What the virus check has said of every file and signed commitment that is shown."""
    files = [file.sha256 for slot in frame.dossier.attachments for file in slot.files]
    return desk.handling.quarantine.said([*files, *(made.scan_sha256 for made in frame.dossier.commitments)])


def _by_urgency(offered: Sequence[dict[str, Any]], frame: Frame) -> Sequence[dict[str, Any]]:
    """An expert who has declared comes to the score sheet, which has a page of its own; the declaration stays at hand."""
    if frame.actor.id not in frame.application.review.cleared:
        return offered
    return sorted(offered, key=lambda each: each["step"].trigger != "score")


def _may_see_history(frame: Frame) -> bool:
    return frame.mine or not frame.actor.holds(Role.EXPERT)


def _offered(frame: Frame) -> Sequence[dict[str, Any]]:
    """Every step of this person's roles, in the order of the steps' table: open, or closed and why."""
    actions = {action.trigger: action for action in frame.actions}
    return [
        {
            "step": step,
            "open": actions[step.trigger].open,
            "document": words_of(actions[step.trigger].document),
            "reasons": reasons.told(actions[step.trigger].refusals, frame.call, frame.application),
            "href": f"{frame.base}/{step.resource}",
        }
        for step in steps.STEPS
        if step.trigger in actions
    ]


def words_of(document: str) -> Mapping[str, str]:
    """ "推荐函 | recommendation letter" in both languages."""
    zh, _, en = document.partition(" | ")
    return {"zh": zh, "en": en or zh}


def key_facts(frame: Frame) -> list[tuple[Mapping[str, str], Any]]:
    shown: Dossier = frame.dossier
    programme = frame.call.programme_of(frame.application.direction)
    whose: list[tuple[Mapping[str, str], Any]] = [
        (_both("申报单位", "Applicant"), shown.unit_name),
        (_both("统一社会信用代码", "Credit code"), shown.lead_unit),
        (_both("所在地", "Place"), region(shown.region)),
    ]
    blind = [(_both("申报单位", "Applicant"), _both("隐名评审，不显示", "not shown: the review is blind"))]
    pairs = [
        *(whose if shown.lead_unit else blind),
        (_both("专项与方向", "Programme"), _joined(programme.summary_label, shown.direction_title)),
    ]
    if shown.seal_version:
        pairs.append((_both("盖章版", "Sealed version"), f"v{shown.seal_version}"))
        pairs.append((_both("文本摘要", "Digest"), f"{shown.content_digest[:15]}…{shown.content_digest[-4:]}"))
    if shown.review.result is not None:
        pairs.append((_both("评审结果", "Result of the review"), f"{shown.review.result / 100:.2f}"))
    for name, zh, en in (
        ("amount_fen", "拟支持金额", "Proposed"),
        ("awarded_fen", "立项金额", "Awarded"),
        ("paid_fen", "已拨付", "Paid"),
    ):
        if value := getattr(shown.money, name):
            pairs.append((_both(zh, en), {"fen": value}))
    return pairs


def _both(zh: str, en: str) -> Mapping[str, str]:
    return {"zh": zh, "en": en}


def _joined(first: Any, second: Any) -> Mapping[str, str]:
    """Both, or one where they are the same: a programme of a single direction."""
    return {
        language: " · ".join(dict.fromkeys((getattr(first, language), getattr(second, language))))
        for language in ("zh", "en")
    }


def _parts(frame: Frame) -> Sequence[dict[str, Any]]:
    """The text part by part, hidden fields left out."""
    turned_to = request.args.get("leaf", "")
    showing = Showing(call=frame.call, answers=frame.dossier.answers, turned_to=turned_to)
    programme = frame.call.programme_of(frame.application.direction)
    hidden = frozenset(frame.dossier.hidden)
    return [
        {
            "section": section,
            "groups": groups(section, frame.application.direction, showing),
            "hidden": hidden,
            "turned": section.field(turned_to.rpartition(".")[0]) is not None,
        }
        for section in programme.sections(frame.application.direction)
    ]


def _commitments(frame: Frame, desk: Desk) -> list[dict[str, Any]]:
    """Each unit's signed commitment, with its scan where this reader may see it and the house keeps it."""
    return [
        {"made": made, "kept": made.signer is not None and desk.files.has_scan(made.scan_sha256)}
        for made in frame.dossier.commitments
    ]


def _stop(step: Any, frame: Frame, desk: Desk) -> dict[str, Any]:
    """A body of the route: acted, at work now, or yet to come. The province acts by receiving."""
    nxt = frame.application.next_step
    now = nxt is not None and nxt.body == step.body and frame.dossier.stage in _UNDERWAY
    received = step.level == "province" and frame.dossier.stage not in (*_UNDERWAY, Stage.DRAFT, Stage.RETURNED)
    state = "now" if now else "done" if step.recommended or received else "todo"
    kept = bool(step.handler) and desk.files.has_scan(step.letter_scan or "")
    return {"step": step, "office": office(step.body), "state": state, "scan_kept": kept}


_UNDERWAY = frozenset({Stage.UNIT_SEALED, Stage.COUNTY_RECOMMENDED, Stage.CITY_RECOMMENDED})


def warnings(desk: Desk, frame: Frame) -> list[Refusal]:
    """Findings of the definition that stop nobody; what an officer looks at first."""
    known = JudgedBy(
        today=beijing_date(frame.now),
        unit_code=frame.dossier.lead_unit,
        attached=frozenset(slot.slot for slot in frame.dossier.attachments if slot.files),
        **_of_the_unit(desk, frame),
    )
    return eligibility.warnings(frame.call, frame.application.direction, frame.dossier.answers, known)


def _of_the_unit(desk: Desk, frame: Frame) -> dict[str, Any]:
    """What the register and the unit's other applications say now."""
    gathering, latest = desk.handling.gathering, frame.facts[-1].recorded
    facts = gathering.known(frame.application, latest, frame.actor, frame.now)
    with desk.handling.store.reading() as db:
        return known_of_the_unit(gathering.for_findings(db, frame.application, facts))


def _excepted(frame: Frame) -> bool:
    """Whether the text that stands was sealed under an exception of the province."""
    seals = (fact.event for fact in reversed(frame.facts) if isinstance(fact.event, UnitSealed | Resubmitted))
    newest = next(seals, None)
    return newest is not None and bool(newest.exception)


def _beside(desk: Desk, frame: Frame) -> Beside | None:
    """What runs beside the application, for those who may know; None for everybody else."""
    if frame.mine or may(frame.actor, "related.read") is not None:
        return None
    with desk.handling.store.reading() as db:
        return related.beside(db, frame.application, frame.call)


def _seats(desk: Desk, frame: Frame) -> list[dict[str, Any]]:
    """The panel for who may see it: each expert, whether signed in, and the marks."""
    review = frame.application.review
    if not frame.view.panel or not review.drawn_ever:
        return []
    names = desk.handling.names({f"person:{expert}" for expert in review.drawn_ever})
    return [
        {
            "name": names.get(f"person:{expert}", expert),
            "state": "conflict"
            if expert in review.conflicts
            else "scored"
            if expert in review.totals
            else "cleared"
            if expert in review.cleared
            else "drawn",
            "total": review.totals.get(expert),
        }
        for expert in review.drawn_ever
    ]
