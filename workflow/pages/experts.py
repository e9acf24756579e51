"""专家库: the province's pool of experts, searched, added to, changed, struck off, brought in and taken out as Excel."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from directory import pool
from directory.actor import Actor
from directory.policy import may
from directory.pool import Entry, Listed, Pool
from eventstore.dispatch import Outcome
from eventstore.refusal import Fault, Malformed, Refusal, Refused
from programmes.calendar import beijing_date
from web import face, forms, texts
from workflow import roster
from workflow.handling import NotFound
from workflow.pages.desk import Desk, asking, office
from workflow.pages.taking import taken_as
from workflow.roster import HEADS, PoolSheet, Taken, enlisting, province_of

_LONGEST = 60
_MOST_PAGES = 1_000
_DONE = ("enlisted", "changed", "struck")


def experts(desk: Desk) -> Blueprint:
    pages = Blueprint("experts", __name__)
    keeping = Pool(desk.handling.dispatcher)

    @pages.get("/experts")
    def listed() -> ResponseReturnValue:
        return render_template("workflow/experts.html", **_listed(desk, asking("expert.read")))

    @pages.get("/experts.xlsx")
    def taken_out() -> ResponseReturnValue:
        province = province_of(asking("expert.list"))
        with desk.handling.store.reading() as db:
            found = pool.search(db, province, size=roster.MOST_OUT)
        return taken_as("xlsx", "experts", PoolSheet(found.experts))

    @pages.post("/experts")
    def enlist() -> ResponseReturnValue:
        actor = asking("expert.list")

        def act() -> Outcome:
            return keeping.enlist(desk.context(actor, "experts"), actor, province_of(actor), _typed(), _year())

        return _answered(
            act, lambda wrong: render_template("workflow/experts.html", **_listed(desk, actor, wrong)), "enlisted"
        )

    @pages.post("/experts/file")
    def brought_in() -> ResponseReturnValue:
        actor = asking("expert.list")
        request.max_content_length = roster.MOST_BYTES + (1 << 20)
        upload = request.files.get("file")
        try:
            if upload is None or not upload.filename:
                raise Malformed(Fault("file", "REQUIRED", {"field": "file"}))
            rows = roster.read(upload.stream, upload.filename)
        except Malformed as wrong:
            return render_template("workflow/experts.html", **_listed(desk, actor, wrong)), 422
        taken = list(roster.take(rows, enlisting(desk.handling, keeping, actor, forms.command_id())))
        return render_template("workflow/experts.html", **{**_listed(desk, actor), **_told(taken)})

    @pages.get("/experts/<person>")
    def one(person: str) -> ResponseReturnValue:
        actor = asking("expert.list")
        return render_template("workflow/expert.html", **_one(_known(desk, actor, person)))

    @pages.post("/experts/<person>")
    def change(person: str) -> ResponseReturnValue:
        actor = asking("expert.list")
        known = _known(desk, actor, person)

        def act() -> Outcome:
            context = desk.context(actor, "experts", person)
            return keeping.enlist(context, actor, province_of(actor), _typed(known), _year())

        return _answered(act, lambda wrong: render_template("workflow/expert.html", **_one(known, wrong)), "changed")

    @pages.post("/experts/<person>/striking")
    def strike(person: str) -> ResponseReturnValue:
        actor = asking("expert.list")
        known = _known(desk, actor, person)

        def act() -> Outcome:
            context = desk.context(actor, "experts", person, "striking")
            return keeping.strike(context, actor, province_of(actor), person, forms.text("reason"))

        return _answered(act, lambda wrong: render_template("workflow/expert.html", **_one(known, wrong)), "struck")

    return pages


def _year() -> int:
    return beijing_date(face.now()).year


def _typed(known: Listed | None = None) -> Entry:
    """What the form says. Of whoever is known already name and address stay as they are."""
    former, wrong = roster.former_of(forms.text("former"))
    if wrong:
        raise Malformed(Fault("former", "BAD_FORMAT", {"expected": "某大学 2015-2021"}))
    return Entry(
        name=known.name if known else forms.text("name"),
        email=known.email if known else forms.text("email"),
        phone=known.phone if known else forms.text("phone"),
        employer=forms.text("employer"),
        title=forms.text("title"),
        fields=roster.fields_of(forms.text("fields")),
        former=former,
    )


def _known(desk: Desk, actor: Actor, person: str) -> Listed:
    with desk.handling.store.reading() as db:
        found = pool.expert(db, province_of(actor), person)
    if found is None:
        raise NotFound
    return found


def _answered(
    act: Callable[[], Outcome], again: Callable[[Malformed | Refused], str], done: str
) -> ResponseReturnValue:
    """Back to the list; or the same page with what was typed, and why not beside it."""
    try:
        act()
    except (Malformed, Refused) as wrong:
        return again(wrong), 422
    return redirect(f"/experts?done={done}", 303)


_FIELD_OF = {"REASON_REQUIRED": "reason", "EMAIL_TAKEN": "email", "ROLES_EXCLUSIVE": "email", "SAME_PERSON": "email"}


def _wrong(error: Malformed | Refused | None) -> dict[str, Any]:
    """For the summary of errors and beside each field."""
    if error is None:
        return {"summary": (), "errors": {}, "typed": {}}
    refusals = (
        [Refusal(fault.code, {"field": fault.field, **fault.params}) for fault in error.faults]
        if isinstance(error, Malformed)
        else list(error.refusals)
    )
    told = [(str(one.params.get("field") or _FIELD_OF.get(one.code, "")), one) for one in refusals]
    named = [(field, texts.explain(_labelled(one, field))) for field, one in told]
    return {
        "summary": [{"field": field, "text": text} for field, text in named],
        "errors": dict(named),
        "typed": {name: values[0] for name, values in forms.fields().items() if values},
    }


def _labelled(refusal: Refusal, field: str) -> Refusal:
    head = HEADS.get(field)
    if head is None:
        return refusal
    return Refusal(refusal.code, {**refusal.params, "label_zh": head[0], "label_en": head[1]}, refusal.source)


def _listed(desk: Desk, actor: Actor, error: Malformed | Refused | None = None) -> dict[str, Any]:
    given = request.args.to_dict()
    text, field = given.get("q", "").strip()[:_LONGEST], given.get("field", "")[:_LONGEST]
    page = int(given["page"]) if given.get("page", "").isdecimal() and len(given["page"]) < 5 else 0
    with desk.handling.store.reading() as db:
        found = pool.search(db, province_of(actor), text, field, min(page, _MOST_PAGES))
    done = given.get("done", "")
    return {
        "found": found,
        "office": office(province_of(actor)),
        "former_words": roster.former_words,
        "asked": {"q": text, "field": field},
        "may_list": may(actor, "expert.list") is None,
        "previous": _page(text, field, page - 1) if page else "",
        "next": _page(text, field, page + 1) if (page + 1) * pool.PAGE < found.number else "",
        "done": done if done in _DONE else "",
        "taken": (),
        "command_id": forms.new_command_id(),
        "file_id": forms.new_command_id(),
        **_wrong(error),
    }


def _page(text: str, field: str, page: int) -> str:
    return f"/experts?{urlencode({'q': text, 'field': field, 'page': page})}"


def _told(taken: Sequence[Taken]) -> Mapping[str, Any]:
    """What became of each row; those that were not taken first."""
    rows = [
        {"one": one, "why": [texts.explain(_labelled(why, str(why.params.get("field", "")))) for why in one.refusals]}
        for one in taken
    ]
    return {"taken": sorted(rows, key=lambda row: not row["why"]), "taken_well": sum(not one.refusals for one in taken)}


def _one(known: Listed, error: Malformed | Refused | None = None) -> dict[str, Any]:
    shown = {
        "employer": known.employer,
        "title": known.title,
        "fields": "、".join(known.fields),
        "former": roster.former_words(known.former).replace("；", "\n"),
    }
    wrong = _wrong(error)
    return {
        "known": known,
        **wrong,
        "typed": {**shown, **wrong["typed"]},
        "command_id": forms.new_command_id(),
        "striking_id": forms.new_command_id(),
    }
