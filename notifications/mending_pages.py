"""Letters in trouble, on pages: the lead corrects an address, the operator resends, sets aside, opens an address again."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from directory.actor import Actor
from directory.policy import may
from eventstore.refusal import Malformed, Refused
from notifications import words
from notifications.mending import Mending
from notifications.unreached import OUTSIDER
from web import forms
from web.face import signed_in
from web.saying import speech
from web.texts import explain


def pages(mending: Mending) -> Blueprint:
    """/letters/<id>/mend, …/resend, …/set-aside and /outbox/addresses."""
    blueprint = Blueprint("mending", __name__, template_folder="templates")

    @blueprint.context_processor
    def speaking() -> dict[str, object]:  # pyright: ignore[reportUnusedFunction]
        return {"say": _say}

    @blueprint.get("/letters/<uuid:letter_id>/mend")
    def mend(letter_id: UUID) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        return _shown(mending, letter_id)

    @blueprint.post("/letters/<uuid:letter_id>/resend")
    def resend(letter_id: UUID) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor, address = _who("letter.resend"), forms.text("address")
        try:
            mending.resend(str(letter_id), actor, address)
        except Malformed:
            return _shown(mending, letter_id, address, _say("mend.no_address")), 422
        except Refused as refused:
            if refused.refusals[0].code == "NOT_FOUND":
                raise
            return _shown(mending, letter_id, address, explain(refused.refusals[0]).of(speech())), 409
        return _back(actor, letter_id)

    @blueprint.post("/letters/<uuid:letter_id>/set-aside")
    def set_aside(letter_id: UUID) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor = _who("letter.resend")
        mending.set_aside(str(letter_id), actor)
        return _back(actor, letter_id)

    @blueprint.get("/outbox/addresses")
    def addresses() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        _who("letter.suppress")
        return render_template("letters/addresses.html", found=mending.suppressed())

    @blueprint.post("/outbox/addresses")
    def lift() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        _who("letter.suppress")
        mending.lift(forms.text("address"))
        return redirect(url_for(".addresses"), 303)

    return blueprint


def _who(action: str) -> Actor:
    actor = signed_in()
    if refusal := may(actor, action):
        raise Refused(refusal)
    return actor


def _shown(mending: Mending, letter_id: UUID, address: str = "", error: str = "") -> str:
    letter = mending.letter(str(letter_id), _who("letter.resend"))
    outside = letter.recipient.startswith(OUTSIDER)
    return render_template("letters/mend.html", letter=letter, outside=outside, address=address, error=error)


def _back(actor: Actor, letter_id: UUID) -> ResponseReturnValue:
    """The operator has a list to go on with; the unit sees what became of its letter."""
    if may(actor, "letter.list") is None:
        return redirect("/outbox", 303)
    return redirect(url_for(".mend", letter_id=letter_id), 303)


def _say(key: str, /, **params: object) -> str:
    return words.say(key, speech(), **params)
