"""Letters on pages: one's own, why each came, and the operator's view of the outbox. They read and ask nothing."""

from datetime import datetime
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from directory.policy import may
from eventstore.refusal import Refused
from eventstore.store import EventStore
from notifications import correspondence, manuscripts, words
from notifications.api import may_see
from notifications.correspondence import PAGE, Shown
from web.face import signed_in
from web.problems import NotFound
from web.saying import speech

DOORS = {"settings": "/me/letters", "addresses": "/outbox/addresses", "texts": "/letters/texts"}
"""Pages of the same room that other blueprints serve."""


def pages(store: EventStore) -> Blueprint:
    """/letters, /letters/<id>/why and /outbox."""
    blueprint = Blueprint("letters", __name__, template_folder="templates")

    @blueprint.context_processor
    def speaking() -> dict[str, object]:  # pyright: ignore[reportUnusedFunction]
        return {"say": _say, "moment": _moment, "doors": DOORS, "mending": _mending}

    @blueprint.get("/letters")
    def mine() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor, after = signed_in(), request.args.get("after", "")
        with store.reading() as db:
            found = correspondence.to_person(db, actor.id, after, PAGE + 1)
        older = url_for(".mine", after=found[PAGE - 1].cursor) if len(found) > PAGE else ""
        newest = url_for(".mine") if after else ""
        return render_template("letters/mine.html", letters=found[:PAGE], older=older, newest=newest)

    @blueprint.get("/letters/<uuid:letter_id>/why")
    def why(letter_id: UUID) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor = signed_in()
        with store.reading() as db:
            letter = correspondence.one(db, str(letter_id))
            if letter is None or not may_see(actor, letter):
                raise NotFound
            tries = correspondence.attempts(db, letter.id)
            said = letter.said(manuscripts.wording_as_of(db, letter.kind, letter.wording), speech())
        return render_template("letters/why.html", letter=letter, attempts=tries, said=said)

    @blueprint.get("/outbox")
    def outbox() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        refusal = may(signed_in(), "letter.list")
        if refusal is not None:
            raise Refused(refusal)
        with store.reading() as db:
            counts, troubled = correspondence.counts(db), correspondence.troubled(db)
            oldest, causes = correspondence.oldest_due(db), correspondence.causes(db)
            misworded = sum(one.letters for one in correspondence.misworded(db).values())
        mends = may(signed_in(), "letter.resend") is None
        return render_template(
            "letters/outbox.html",
            counts=counts,
            troubled=troubled,
            oldest=oldest,
            causes=causes,
            mends=mends,
            misworded=misworded,
        )

    return blueprint


def _say(key: str, /, **params: object) -> str:
    return words.say(key, speech(), **params)


def _moment(at: datetime) -> str:
    return words.moment(at, speech())


def _mending(letter: Shown, what: str) -> str:
    """Where a letter in trouble is mended, sent anew or set aside."""
    return f"/letters/{letter.id}/{what}"
