"""The desks: a bureau's inbox, the province's desk, an expert's reviews, finance's payments. One list, a page at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from directory.actor import BUREAU_ROLES, DISCIPLINE_ROLES, PROVINCE_ROLES, Actor, Role
from directory.policy import may
from programmes.call import Call
from web import face
from workflow import judgements, worklist
from workflow.blind import blind_calls
from workflow.pages.desk import Desk, asking, office
from workflow.pages.rows import row
from workflow.stages import Stage
from workflow.tallies import TRACED
from workflow.worklist import Page, Question

_SEARCH_LENGTH = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One desk: its address, and which stages get a tab even when nothing stands there."""

    path: str
    action: str = "inbox.read"
    always: tuple[Stage, ...] = ()


INBOX = Kind(path="/inbox", always=(Stage.UNIT_SEALED, Stage.COUNTY_RECOMMENDED, Stage.RETURNED))
DESK = Kind(path="/desk", always=(Stage.FORMAL_REVIEW, Stage.EXPERT_REVIEW, Stage.PROPOSED, Stage.PUBLIC_NOTICE))
REVIEWS = Kind(path="/reviews")
PAYMENTS = Kind(path="/payments", action="payment.read", always=(Stage.AWARDED, Stage.DISBURSING, Stage.DISBURSED))


def lists(desk: Desk) -> Blueprint:
    pages = Blueprint("lists", __name__)

    @pages.get("/inbox")
    def inbox() -> ResponseReturnValue:
        """Everybody's first address; each goes to the desk of their own kind."""
        actor = asking("application.list")
        own = desk_of(actor)
        return _listed(desk, INBOX, actor) if own == INBOX.path else redirect(own, 303)

    @pages.get("/desk")
    def province() -> ResponseReturnValue:
        return _listed(desk, DESK, asking(DESK.action))

    @pages.get("/reviews")
    def reviews() -> ResponseReturnValue:
        return _listed(desk, REVIEWS, asking(REVIEWS.action))

    @pages.get("/payments")
    def payments() -> ResponseReturnValue:
        return _listed(desk, PAYMENTS, asking(PAYMENTS.action))

    return pages


def desk_of(actor: Actor) -> str:
    """Where a person's work lies."""
    if actor.scopes(*BUREAU_ROLES):
        return INBOX.path
    if actor.scopes(Role.PROVINCE_CLERK, Role.PROVINCE_LEAD, Role.AUDITOR, *DISCIPLINE_ROLES):
        return DESK.path
    if actor.holds(Role.PROVINCE_FINANCE):
        return PAYMENTS.path
    return REVIEWS.path if actor.holds(Role.EXPERT) else "/applications"


def _listed(desk: Desk, kind: Kind, actor: Actor) -> ResponseReturnValue:
    calls, at = desk.calls(), face.now()
    asked = replace(_asked(), blind=blind_calls(calls))
    if asked.behind:
        desk.handling.catch_up()
    with desk.handling.store.reading() as db:
        page = worklist.page(db, actor, asked)
        counted = worklist.counts(db, actor, Question())
        waiting = sum(worklist.counts(db, actor, Question(mine=True)).values())
        own = _own_marks(db, actor, page) if kind is REVIEWS else {}
    values = {
        "kind": kind.path.strip("/"),
        "rows": [row(item, calls, at) for item in page.items],
        "tabs": _tabs(kind, asked, counted, waiting),
        "asked": asked,
        "stage": asked.stages[0].value if asked.stages else "",
        "all": _all(asked),
        "filtered": bool(asked.search or asked.programme or _narrowed(asked)),
        "narrowed": _narrowed(asked),
        "programmes": [(one.id, one.summary_label) for call in calls for one in call.programmes],
        "next": _href(kind, asked, after=page.after) if page.after else "",
        "first": _href(kind, asked) if asked.after is not None else "",
        "here_path": kind.path,
        "offices": _offices(actor),
        "summaries": list(_summaries(actor, calls)),
        "bulk": _bulk(kind, actor),
        **own,
        "may_book": kind is PAYMENTS and may(actor, "statement.book") is None,
    }
    return render_template("workflow/list.html", **values)


def _own_marks(db: Connection, actor: Actor, page: Page) -> dict[str, Any]:
    """How far an expert is, and what they gave to which file of the page."""
    return {
        "progress": judgements.progress(db, actor.id, worklist.assignments(), worklist.applications()),
        "given": judgements.scored_by(db, actor.id, [item.id for item in page.items]),
    }


def _bulk(kind: Kind, actor: Actor) -> tuple[str, str]:
    """What may be done from this desk to many files at once, as an address and what its button is called; "" for nothing."""
    if kind is INBOX and may(actor, "application.recommend") is None:
        return "/batches/recommendation", "batch.recommend"
    if kind is DESK and may(actor, "application.receive") is None:
        return "/batches/reception", "batch.receive"
    return "", ""


def _asked() -> Question:
    """What the address asks for; words that mean nothing are left out."""
    given = request.args.to_dict()
    stage = next((stage for stage in Stage if stage.value == given.get("stage")), None)
    return Question(
        stages=(stage,) if stage else (),
        mine=not stage and "all" not in given,
        programme=given.get("programme", "")[:_SEARCH_LENGTH],
        call=given.get("call", "")[:_SEARCH_LENGTH],
        direction=given.get("direction", "")[:_SEARCH_LENGTH],
        city=given.get("city", "")[:_SEARCH_LENGTH],
        behind=_figure(given),
        search=given.get("q", "").strip()[:_SEARCH_LENGTH],
        after=given.get("after") or None,
    )


def _figure(given: Mapping[str, str]) -> tuple[str, str, str] | None:
    """The figure whose applications are wanted; None where there is none of this kind."""
    kind = given.get("figure", "")
    if kind not in TRACED:
        return None
    return kind, given.get("one", "")[:_SEARCH_LENGTH], given.get("other", "")[:_SEARCH_LENGTH]


def _narrowed(asked: Question) -> dict[str, str]:
    """What a figure of the survey narrowed the list to; kept from page to page."""
    kind, one, other = asked.behind or ("", "", "")
    given = {"call": asked.call, "direction": asked.direction, "city": asked.city}
    return {name: value for name, value in {**given, "figure": kind, "one": one, "other": other}.items() if value}


def _all(asked: Question) -> bool:
    return not asked.mine and not asked.stages


def _tabs(kind: Kind, asked: Question, counted: Mapping[Stage, int], waiting: int) -> list[dict[str, Any]]:
    """What waits for this person, then stage by stage, then everything in sight."""
    stages = [stage for stage in Stage if stage in counted or stage in kind.always]
    bare = Question(programme=asked.programme, search=asked.search)
    shared = {"programme": bare.programme, "q": bare.search}
    return [
        {"key": "pages.tab.mine", "href": _address(kind, shared), "count": waiting, "current": asked.mine},
        *(
            {
                "key": f"stage.{stage.value}",
                "href": _address(kind, {"stage": stage.value, **shared}),
                "count": counted.get(stage, 0),
                "current": stage in asked.stages,
            }
            for stage in stages
        ),
        {
            "key": "pages.tab.all",
            "href": _address(kind, {"all": "1", **shared}),
            "count": sum(counted.values()),
            "current": _all(asked),
        },
    ]


def _href(kind: Kind, asked: Question, after: str = "") -> str:
    stage = asked.stages[0].value if asked.stages else ""
    every = "1" if _all(asked) else ""
    given = {"stage": stage, "all": every, "programme": asked.programme, "q": asked.search, "after": after}
    return _address(kind, {**given, **_narrowed(asked)})


def _address(kind: Kind, given: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{kind.path}?{query}" if query else kind.path


def _summaries(actor: Actor, calls: Sequence[Call]) -> Iterator[dict[str, Any]]:
    """The recommendation lists that this bureau prints and seals, a programme each."""
    for body in sorted(actor.scopes(*BUREAU_ROLES)):
        for call in calls:
            for programme in call.programmes if call.province == body[:2] else ():
                yield {
                    "label": programme.summary_label,
                    "office": office(body),
                    "href": f"/recommendations/{call.id}/{programme.id}/{body}/summary",
                }


def _offices(actor: Actor) -> list[Mapping[str, str]]:
    return [office(code) for code in sorted(actor.scopes(*BUREAU_ROLES, *PROVINCE_ROLES, *DISCIPLINE_ROLES))]
