"""A form as its applicants will see it, from a definition alone: the same questions, macros and style as the drafting page.

Nobody is signed in, nothing is asked of a database, and nothing can be sent.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from programmes import lexicon, sentences
from programmes.call import Call, Deadlines, Programme
from programmes.documents import Slot
from programmes.fields import Field, Section
from programmes.source import Fault
from programmes.vocabulary import Words
from web.face import STATIC
from web.problems import NotFound
from workflow.pages.fields import Showing, groups

_STYLES = ("app.css", "pages.css")
Read = Callable[[], Call | Sequence[Fault]]


def preview(read: Read) -> Blueprint:
    """The pages of a preview; *read* answers the definition as it is written now, or its faults."""
    pages = Blueprint("preview", __name__)

    @pages.get("/")
    @pages.get("/<direction>")
    def shown(direction: str = "") -> ResponseReturnValue:
        found = read()
        if not isinstance(found, Call):
            return render_template("workflow/preview_faults.html", faults=found), 422
        if direction and direction not in found.directions:
            raise NotFound
        return page(found, direction or found.directions[0], alone="alone" in request.args)

    return pages


def page(call: Call, direction: str, *, alone: bool = True) -> str:
    """The whole form of *direction*; *alone* with its style inside, to be kept as a file."""
    programme = call.programme_of(direction)
    showing = Showing(call=call, answers={})
    return render_template(
        "workflow/preview.html",
        call=call,
        programme=programme,
        direction=programme.direction(direction),
        others=[(f"/{one.id}", one) for other in call.programmes for one in other.directions],
        style=_style() if alone else "",
        sections=[_section(section, direction, programme, showing) for section in programme.sections(direction)],
        dates=list(_dates(call)),
        slots=[_slot(slot, call, programme) for slot in (*programme.attachments, *programme.scans)],
        commitment=programme.commitment,
        rules=list(_rules(programme, direction)),
        routes=[(route.label, sentences.whom(route), sentences.route(route)) for route in call.routes],
    )


def _style() -> Markup:
    return Markup("\n".join((STATIC / name).read_text("utf-8") for name in _STYLES))  # noqa: S704  our own files


def _section(section: Section, direction: str, programme: Programme, showing: Showing) -> dict[str, Any]:
    return {
        "section": section,
        "groups": groups(section, direction, showing),
        "limits": [(field, told) for field in section.asked(direction) if (told := list(_limits(field, programme)))],
        "quoted": programme.quoted(section, direction),
    }


def _limits(field: Field, programme: Programme) -> Iterator[Words]:
    """What limits the answer, those of its columns behind it."""
    yield from sentences.limits(field)
    if field.required_when is not None:
        yield _needed(sentences.condition(field.required_when, programme))
    for column in field.columns:
        for told in sentences.limits(column):
            yield Words(zh=f"{column.label.zh}：{told.zh}", en=f"{column.label.en}: {told.en}")


def _needed(condition: Words) -> Words:
    return Words(zh=f"{condition.zh}时必填", en=f"required when {condition.en}")


def _dates(call: Call) -> Iterator[tuple[Words, Any]]:
    yield lexicon.word(Call, "opens_at").name, call.opens_at
    for one in lexicon.words(Deadlines):
        yield one.name, getattr(call.deadlines, one.word)


def _slot(slot: Slot, call: Call, programme: Programme) -> dict[str, Any]:
    marks = [word for word in ("several", "check_code") if getattr(slot, word)]
    return {
        "slot": slot,
        "years": slot.parts(call.report_years) if slot.per_year else (),
        "marks": [*marks, *(["prints"] if slot.prints else [])],
        "needed": _needed(sentences.condition(slot.required_when, programme)) if slot.required_when else None,
    }


def _rules(programme: Programme, direction: str) -> Iterator[dict[str, Any]]:
    for rule in programme.checks:
        if not rule.directions or direction in rule.directions:
            yield {
                "when": sentences.when(rule),
                "tone": {"warn": "grey", "save": "brand"}.get(rule.when, "warn"),
                "sentence": sentences.rule(rule, programme),
                "says": rule.says,
                "source": rule.source,
                "code": rule.code,
            }
