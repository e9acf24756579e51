"""What everybody may see: the public notices with their objection form, and the lifecycle as it is.

An objector's name goes into the command and nowhere else.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from directory.actor import PUBLIC
from eventstore.refusal import Malformed, Refusal, Refused
from paperwork.sheet import ListSheet
from programmes.calendar import passed
from web import face, forms, texts
from web import format as fmt
from web.face import caller
from web.problems import NotFound
from web.saying import speech, t, words
from workflow import worklist
from workflow.application import Application
from workflow.diagram import svg
from workflow.handling import FOLD
from workflow.pages import steps, wishes
from workflow.pages.desk import Desk
from workflow.pages.reading import words_of
from workflow.pages.rows import Row, row
from workflow.pages.taking import taken_as
from workflow.projections import stream_of
from workflow.steps import LIFECYCLE, PLANNED

_MOST_LISTED = 2_000
_OBJECT = "/notices/<uuid:application_id>/objections"


def public(desk: Desk) -> Blueprint:
    pages = Blueprint("public", __name__)

    @pages.get("/notices")
    def notices() -> ResponseReturnValue:
        with desk.handling.store.reading() as db:
            page = worklist.notices(db, after=request.args.get("after"))
        calls, now = desk.calls(), face.now()
        values = {
            "rows": [row(item, calls, now) for item in page.items],
            "next": f"/notices?after={page.after}" if page.after else "",
            "first": "/notices" if request.args.get("after") else "",
            "objected": "objected" in request.args,
        }
        return render_template("workflow/notices.html", **values)

    @pages.get("/notices.<any(csv, xlsx):kind>")
    def listed(kind: str) -> ResponseReturnValue:
        """公示名单: what stands in public notice now or stood, as the page tells it."""
        with desk.handling.store.reading() as db:
            page = worklist.notices(db, limit=_MOST_LISTED)
        calls, now = desk.calls(), face.now()
        table = ListSheet(t("notices.list"), tuple(_lines([row(item, calls, now) for item in page.items])))
        return taken_as(kind, "notices", table)

    @pages.get(_OBJECT)
    def objection(application_id: UUID) -> ResponseReturnValue:
        return render_template("workflow/objection.html", **_asked(desk, _noticed(desk, application_id)))

    @pages.post(_OBJECT)
    def object_to(application_id: UUID) -> ResponseReturnValue:
        application = _noticed(desk, application_id)
        actor = caller() or PUBLIC
        try:
            asked = steps.BY_TRIGGER["object"]
            call = desk.handling.call_of(application)
            command = wishes.read(asked, application, call, forms.fields())
            desk.handling.handle(command, actor, desk.context(actor, "objections", str(application_id)))
        except Refused as refused:
            wrong = list(refused.refusals)
        except Malformed as malformed:
            wrong = [Refusal(fault.code, {"field": fault.field, **fault.params}) for fault in malformed.faults]
        else:
            return redirect("/notices?objected=1", 303)
        return render_template("workflow/objection.html", **_asked(desk, application, wrong)), 422

    @pages.get("/lifecycle")
    def lifecycle() -> ResponseReturnValue:
        drawing = Markup(svg(_word))  # noqa: S704  made from our own table, every word escaped
        return render_template("workflow/lifecycle.html", drawing=drawing, steps=_steps())

    return pages


def _lines(rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    names = ("unit", "name", "number", "direction", "place", "proposed", "opens", "closes", "stage")
    yield tuple(t(f"notices.column.{name}") for name in names)
    for each in rows:
        item = each.item
        amount = "" if item.amount_fen is None else fmt.yuan(item.amount_fen, speech())
        said = (
            words(each.name),
            item.number,
            f"{words(each.programme)} {words(each.direction)}".strip(),
            words(each.place),
        )
        yield (item.unit_name, *map(str, said), amount, item.notice_opens, item.notice_closes, t(f"stage.{item.stage}"))


def _word(key: str) -> str:
    return t("pages.lifecycle.title") if key == "lifecycle.title" else t(key)


def _steps() -> list[dict[str, Any]]:
    """The table's rows gathered by trigger: from where, to where, by whom, with what paper, and who is told."""
    found: dict[str, dict[str, Any]] = {}
    for step in (*LIFECYCLE, *PLANNED):
        line = found.setdefault(
            step.trigger,
            {
                "trigger": step.trigger,
                "sources": [],
                "dests": [],
                "stays": False,
                "roles": sorted(role.value for role in step.roles),
                "document": words_of(step.document),
                "told": [],
                "planned": step in PLANNED,
            },
        )
        line["stays"] |= step.dest is step.source
        _note(line["sources"], step.source.value if step.source else None)
        _note(line["dests"], step.dest.value if step.dest is not step.source else None)
        for who in step.told:
            _note(line["told"], who)
    return list(found.values())


def _note(listed: list[str], value: str | None) -> None:
    if value is not None and value not in listed:
        listed.append(value)


def _noticed(desk: Desk, application_id: UUID) -> Application:
    """An application that stands or stood in public notice; for all others there is nothing here."""
    application = desk.handling.dispatcher.load(stream_of(application_id), FOLD).state
    if application.notice is None:
        raise NotFound
    return application


_FIELD_OF = {"OBJECTION_ANONYMOUS": "objector", "REASON_REQUIRED": "grounds"}


def _asked(desk: Desk, application: Application, wrong: list[Refusal] | None = None) -> dict[str, Any]:
    """What a notice says, and the form. *wrong*: what was wrong with it when it was sent."""
    now, notice = face.now(), application.notice
    assert notice is not None, "asked for what stood in notice only"
    reasons: list[tuple[str, Any]] = []
    for refusal in wrong or ():
        field = str(refusal.params.get("field") or _FIELD_OF.get(refusal.code, ""))
        label = texts.catalogue().get(f"pages.input.{field}")
        more = {"label_zh": label.zh, "label_en": label.en} if label else {}
        reasons.append((field, texts.explain(Refusal(refusal.code, {**refusal.params, **more}, refusal.source))))
    name = (application.sealed.answers if application.sealed else application.answers).get("project_name", "")
    return {
        "application": application,
        "project_name": str(name),
        "notice": notice,
        "now": now,
        "over": passed(now, notice.until) or application.stage != "public_notice",
        "step": steps.BY_TRIGGER["object"],
        "typed": forms.fields() if wrong else {},
        "summary": [{"field": field, "text": text} for field, text in reasons],
        "errors": dict(reasons),
        "command_id": forms.new_command_id(),
    }
