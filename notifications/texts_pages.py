"""信函文稿 on pages: the list of kinds, and the editor with its preview, its differences and its versions.

A page reads, asks, answers; a text that is refused comes back as it was typed, each fault with its line and column.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, update_wrapper
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from directory.actor import Actor
from directory.policy import may
from eventstore.dispatch import Context, Outcome
from eventstore.refusal import Fault, Malformed, PreconditionFailed, Refusal, Refused
from notifications import manuscript, words
from notifications.editing import known
from notifications.manuscript import Written
from notifications.manuscripts import Version
from notifications.samples import label, name_of, samples_of
from notifications.texts_api import language_of
from notifications.texts_desk import Preview, Row, Sheet, TextsDesk, sample_of
from web import forms, tracing
from web.face import signed_in
from web.format import Language
from web.saying import speech
from web.texts import LANGUAGES, explain
from workflow.comparing import Piece, compare
from workflow.handling import actor_name

PLACE = "/letters/texts"
_DONE = frozenset({"published", "withdrawn", "same"})
_SHOWN = ("all", "edited", "statutory", "fallen")
FRAGMENT = "X-Fragment"
"""The header by which the script of the page asks for the preview alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What stands in the form, and what is looked at beside it."""

    written: Written
    why: str = ""
    sample: str = ""
    reader: Language = "zh"


def pages(desk: TextsDesk) -> Blueprint:
    """/letters/texts and what lies below it."""
    blueprint = Blueprint("texts", __name__, template_folder="templates")

    @blueprint.context_processor
    def speaking() -> dict[str, object]:  # pyright: ignore[reportUnusedFunction]
        return {"say": _say, "name_of": desk.name_of, "kind_name": _name}

    one = f"{PLACE}/<kind>/<language>"
    for path, view, method in (
        (PLACE, _listed, "GET"),
        (f"{PLACE}/<kind>", _either, "GET"),
        (one, _editor, "GET"),
        (one, _publish, "POST"),
        (f"{one}/preview", _previewed, "POST"),
        (f"{one}/restore", _restore, "POST"),
    ):
        blueprint.add_url_rule(path, view.__name__.removeprefix("_"), _at(desk, view), methods=[method])
    return blueprint


def _at(desk: TextsDesk, view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """*view* at that desk, under its own name: whoever guards forms asks a view for it."""
    return update_wrapper(partial(view, desk), view)


def _who(action: str) -> Actor:
    actor = signed_in()
    if refusal := may(actor, action):
        raise Refused(refusal)
    return actor


def _listed(desk: TextsDesk) -> ResponseReturnValue:
    _who("letter.text.read")
    asked, show = request.args.get("q", "").strip()[:80], request.args.get("show", "all")
    rows = [row for row in desk.rows() if _fits(row, show) and _has(row, asked.casefold())]
    return render_template(
        "letters/texts.html", rows=rows, asked=asked, show=show if show in _SHOWN else "all", shows=_SHOWN
    )


def _fits(row: Row, show: str) -> bool:
    match show:
        case "edited":
            return row.edited
        case "statutory":
            return bool(row.served)
        case "fallen":
            return row.failed is not None
        case _:
            return True


def _has(row: Row, asked: str) -> bool:
    """Whether its code, or what the house says, holds what is looked for."""
    texts = [part for language in LANGUAGES for part in manuscript.house(row.kind, language)]
    return any(asked in text.casefold() for text in (row.kind, *texts))


def _either(desk: TextsDesk, kind: str) -> ResponseReturnValue:
    """The editor in the language of whoever comes."""
    _who("letter.text.read")
    return redirect(url_for(".editor", kind=known(kind), language=speech()), 303)


def _editor(desk: TextsDesk, kind: str, language: str) -> ResponseReturnValue:
    _who("letter.text.read")
    sheet = desk.sheet(kind, language_of(language))
    typed = Typed(
        written=sheet.written, sample=request.args.get("sample", ""), reader=_reader(request.args.get("reader"))
    )
    return _page(desk, sheet, typed, done=request.args.get("done", ""))


def _publish(desk: TextsDesk, kind: str, language: str) -> ResponseReturnValue:
    actor = _who("letter.text.publish")
    spoken = language_of(language)
    known(kind)
    typed, context = _typed(), _context(desk, actor, kind, language)
    return _edited(
        desk, kind, spoken, typed, lambda: desk.editing.publish(context, kind, spoken, typed.written, typed.why)
    )


def _restore(desk: TextsDesk, kind: str, language: str) -> ResponseReturnValue:
    """A version of the list, or with 0 the house's own text."""
    actor = _who("letter.text.publish")
    spoken, version = language_of(language), forms.text("restore")
    sheet = desk.sheet(kind, spoken)
    context = _context(desk, actor, kind, language)
    typed = _typed() if "body" in request.form else Typed(written=sheet.written, why=forms.text("why"))
    if not (version.isascii() and version.isdigit() and len(version) <= 6):
        raise Malformed(Fault("restore", "BAD_FORMAT", {"field": "restore"}))
    if version == "0":
        return _edited(desk, kind, spoken, typed, lambda: desk.editing.withdraw(context, kind, spoken, typed.why))
    number = int(version)
    return _edited(desk, kind, spoken, typed, lambda: desk.editing.restore(context, kind, spoken, number, typed.why))


def _edited(
    desk: TextsDesk, kind: str, language: Language, typed: Typed, act: Callable[[], Outcome]
) -> ResponseReturnValue:
    """The page again with what came of it; what was typed stays in it where it was refused."""
    try:
        outcome = act()
    except Malformed as error:
        return _page(desk, desk.sheet(kind, language), typed, errors=_told(error.faults)), 422
    except Refused as error:
        faults = [Fault("why", refusal.code, refusal.params) for refusal in error.refusals]
        return _page(desk, desk.sheet(kind, language), typed, errors=_told(faults)), 409
    except PreconditionFailed:
        return _page(desk, desk.sheet(kind, language), typed, meanwhile=True), 412
    sheet = desk.sheet(kind, language)
    done = "same" if not outcome.positions and not outcome.replayed else "published" if sheet.version else "withdrawn"
    where = url_for(
        ".editor", kind=kind, language=language, done=done, sample=typed.sample or None, reader=typed.reader
    )
    return redirect(where, 303)


def _previewed(desk: TextsDesk, kind: str, language: str) -> ResponseReturnValue:
    """The text as typed, on a sample; for the page's script the preview alone."""
    _who("letter.text.read")
    sheet, typed = desk.sheet(kind, language_of(language)), _typed()
    errors = _told(desk.faults(kind, sheet.language, typed.written))
    if FRAGMENT in request.headers:
        preview = None if errors else _preview(desk, sheet, typed)
        return render_template("letters/text_preview.html", preview=preview, errors=errors)
    return _page(desk, sheet, typed, errors=errors)


def _page(
    desk: TextsDesk,
    sheet: Sheet,
    typed: Typed,
    *,
    errors: Sequence[dict[str, str]] = (),
    meanwhile: bool = False,
    done: str = "",
) -> str:
    sound = not desk.faults(sheet.kind, sheet.language, typed.written)
    offered = [(each.id, label(each, speech())) for each in samples_of(sheet.kind)]
    return render_template(
        "letters/text.html",
        sheet=sheet,
        typed=typed,
        errors=errors,
        by_field={one["field"]: one["text"] for one in reversed(errors)},
        meanwhile=meanwhile,
        done=done if done in _DONE else "",
        samples=offered,
        sample=sample_of(sheet.kind, typed.sample).id,
        preview=_preview(desk, sheet, typed) if sound else None,
        differences=[compare(own, said) for own, said in zip(sheet.house, typed.written, strict=True)],
        is_the_houses=typed.written == sheet.house,
        history=_history(sheet),
        may_publish=may(signed_in(), "letter.text.publish") is None,
        languages=LANGUAGES,
        command_id=forms.new_command_id(),
    )


def _preview(desk: TextsDesk, sheet: Sheet, typed: Typed) -> Preview:
    return desk.preview(sheet.kind, sheet.language, typed.written, typed.sample, typed.reader)


def _history(sheet: Sheet) -> list[tuple[Version, Sequence[Piece]]]:
    """Each version with what it changed of the one before; the first is compared with the house's own."""
    mine = list(sheet.of_this_language)
    found: list[tuple[Version, Sequence[Piece]]] = []
    for place, version in enumerate(mine):
        before = mine[place + 1] if place + 1 < len(mine) else None
        found.append((version, compare(_whole(before, sheet.house), _whole(version, sheet.house))))
    return found


def _whole(version: Version | None, house: Written) -> str:
    if version is None or version.subject is None or version.body is None:
        return "\n".join(house)
    return f"{version.subject}\n{version.body}"


def _typed() -> Typed:
    fields = forms.fields()

    def said(name: str) -> str:
        return fields.get(name, [""])[0]

    sample = said("sample")[:100]
    return Typed(
        written=(manuscript.tidy(said("subject")), manuscript.tidy(said("body"))),
        why=said("why").strip(),
        sample=sample,
        reader=_reader(said("reader")),
    )


def _reader(text: str | None) -> Language:
    return "en" if text == "en" else "zh"


def _context(desk: TextsDesk, actor: Actor, *place: str) -> Context:
    whole = [place, forms.fields()]
    return Context(
        actor=actor_name(actor),
        correlation_id=tracing.correlation(desk.editing.dispatcher.ids.uuid7),
        command_id=forms.command_id(),
        fingerprint=hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).digest(),
        if_match=forms.version(),
    )


def _told(faults: Sequence[Fault]) -> list[dict[str, str]]:
    """As error summaries want them: the field, and the sentence."""
    named = {part: words.say(f"texts.{part}", speech()) for part in ("subject", "body", "why")}

    def sentence(fault: Fault) -> str:
        params: dict[str, Any] = {**fault.params, "field": named.get(fault.field, fault.field)}
        return explain(Refusal(fault.code, params)).of(speech())

    return [{"field": fault.field, "text": sentence(fault)} for fault in faults]


def _name(kind: str) -> str:
    return name_of(kind, speech())


def _say(key: str, /, **params: object) -> str:
    return words.say(key, speech(), **params)
