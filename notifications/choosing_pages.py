"""How letters come, on pages: one's own settings, and the door a letter's footer leads to. No rule and no query here."""

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from directory.actor import Actor
from directory.policy import may
from eventstore.refusal import Fault, Malformed, Refused
from notifications import words
from notifications.cadence import Cadence, Choices, Quiet
from notifications.catalogue import kinds_for
from notifications.wishes import Choosing, TurningOff, at_minute, minutes
from web import forms
from web.face import signed_in
from web.saying import speech

_OFFERED = (Cadence.IMMEDIATE, Cadence.HOURLY, Cadence.DAILY, Cadence.OFF)
_HOURS = tuple(f"{hour:02}:00" for hour in range(24))


def pages(desk: Choosing, door: TurningOff) -> Blueprint:
    """/me/letters and /letters/<id>/off."""
    blueprint = Blueprint("choosing", __name__, template_folder="templates")

    @blueprint.context_processor
    def speaking() -> dict[str, object]:  # pyright: ignore[reportUnusedFunction]
        return {"say": _say, "title": _title}

    @blueprint.get("/me/letters")
    def settings() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor = _chooser()
        chosen, kinds = desk.of(actor), kinds_for(actor)
        rows = [(kind, served, chosen.of(kind).value) for kind, served in kinds.items()]
        offered = [(each.value, _say(f"cadence.{each.value}")) for each in _OFFERED]
        hours = [("none", _say("settings.quiet.none")), *((hour, hour) for hour in _HOURS)]
        quiet = chosen.quiet
        return render_template(
            "letters/settings.html",
            rows=rows,
            offered=offered,
            hours=hours,
            begins=at_minute(quiet.begins) if quiet else "none",
            ends=at_minute(quiet.ends) if quiet else "none",
            kept="kept" in request.args,
        )

    @blueprint.post("/me/letters")
    def keep() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor = _chooser()
        desk.choose(actor, _typed(kinds_for(actor)))
        return redirect(url_for(".settings", kept=1), 303)

    @blueprint.get("/letters/<uuid:letter_id>/off")
    @blueprint.get("/api/v1/letters/<uuid:letter_id>/off")
    def look(letter_id: UUID) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        key = request.args.get("key", "")
        kinds = door.kinds(str(letter_id), key)
        return _private(render_template("letters/off.html", kinds=kinds, letter_id=letter_id, key=key, done=False))

    @blueprint.post("/letters/<uuid:letter_id>/off")
    def turn_off(letter_id: UUID) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        key = forms.text("key")
        kinds = door.kinds(str(letter_id), key)
        door.turn_off(str(letter_id), key)
        return _private(render_template("letters/off.html", kinds=kinds, letter_id=letter_id, key=key, done=True))

    return blueprint


def _chooser() -> Actor:
    actor = signed_in()
    if refusal := may(actor, "letter.choose"):
        raise Refused(refusal)
    return actor


def _typed(kinds: Mapping[str, bool]) -> Choices:
    """The form as choices; what must be served is not asked."""
    try:
        cadence = {
            kind: Cadence(forms.text(f"kind-{kind}", Cadence.IMMEDIATE)) for kind, served in kinds.items() if not served
        }
    except ValueError:
        raise Malformed(Fault("cadence", "BAD_FORMAT", {"field": "cadence"})) from None
    begins, ends = forms.text("begins", "none"), forms.text("ends", "none")
    if "none" in (begins, ends) or begins == ends:
        return Choices(cadence=cadence)
    if begins not in _HOURS or ends not in _HOURS:
        raise Malformed(Fault("begins", "BAD_FORMAT", {"field": "begins"}))
    return Choices(cadence=cadence, quiet=Quiet(begins=minutes(begins), ends=minutes(ends)))


def _private(page: str) -> ResponseReturnValue:
    """The key stands in the address: it is sent on to nobody."""
    response = make_response(page)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _say(key: str, /, **params: object) -> str:
    return words.say(key, speech(), **params)


def _title(kind: str) -> str:
    return words.title(kind, speech())
