"""Stepping up: a form that was refused for want of a second factor comes once more with it, and goes on as it was typed.

Any form may bring the field `step_up_code`. It is judged before anything else looks at the form; the page then finds a
person who has proved themselves. After each proof the session has another id, so that one stolen before opens nothing.
"""

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, g, render_template, request
from flask.typing import ResponseReturnValue

from directory import guessing, signin
from directory.guessing import Knock, TooManyTries
from directory.passkeys import LONGEST_ANSWER
from directory.second_factor import Answer
from eventstore.refusal import Busy, Refusal, Refused
from service import logs
from service.wiring import House
from web import forms, session

_CODE = 64


def install(app: Flask, house: House, *, secure: bool) -> None:
    """Judge the proof that a form brings, and renew the session after an answer that asked for it (`g.renew_session`).

    Call after the guards against forged forms are installed: a code is only taken from our own page.
    """
    offered: Mapping[str, Any] = {"passkeys_offered": lambda: house.passkeys.available}
    app.jinja_env.globals.update(offered)

    @app.before_request
    def prove() -> ResponseReturnValue | None:  # pyright: ignore[reportUnusedFunction]
        if request.method != "POST" or request.path.startswith("/api/") or forms.PROOF not in request.form:
            return None
        found = _session(house, secure=secure)
        return None if found is None else _proved(house, found, request.form[forms.PROOF][:LONGEST_ANSWER])

    @app.after_request
    def renewed(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction]
        secret = session.secret_of(request, secure=secure) if g.get("renew_session") else None
        if fresh := secret and _renewed(house, secret):
            session.give(response, fresh, secure=secure)
        return response


def _session(house: House, *, secure: bool) -> signin.Session | None:
    secret = session.secret_of(request, secure=secure)
    with house.store.reading() as db:
        found = signin.signed_in(db, secret) if secret else None
    return None if found is None else found.session


def _renewed(house: House, secret: str) -> str | None:
    """Another id of the same session; None where it is none any more, or the database is held: what was done stays done."""
    try:
        with house.store.begin() as db:
            return signin.renew(db, secret)
    except Busy:
        return None


def _proved(house: House, found: signin.Session, code: str) -> ResponseReturnValue | None:
    """Nothing, and the form goes on; or the question again, with what was typed."""
    try:
        answer = judge(house, found.person, code)
    except TooManyTries as refused:
        page = render_template("step_up.html", faults=refused.refusals)
        return page, 429, {"Retry-After": str(refused.retry_after_s)}
    if answer is not Answer.RIGHT:
        return render_template("step_up.html", faults=(said(answer),)), 422
    with house.store.begin() as db:
        signin.prove(db, found.handle, house.wall.now(db))
    g.renew_session = True
    return None


def judge(house: House, person: str, typed: str) -> Answer:
    """A second factor as it was typed or shown: digits, a recovery code, or a passkey's answer. Raises TooManyTries."""
    try:
        answer = _judged(house, person, typed)
    except TooManyTries as refused:
        logs.sign_in("refused", "second", person, why=refused.refusals)
        raise
    if answer is Answer.RIGHT:
        logs.sign_in("proved", "second", person)
    else:
        logs.sign_in("refused", "second", person, why=(said(answer),))
    return answer


def _judged(house: House, person: str, typed: str) -> Answer:
    if not typed.startswith("{"):
        return house.access.answer(person, typed[:_CODE])
    knocks = house.access.second_knocks(person)
    house.access.count(*knocks)
    try:
        right = house.passkeys.available and shown(house, typed) == person
    except Refused:
        right = False
    if right:
        house.access.forgive(*knocks)
    return Answer.RIGHT if right else Answer.WRONG


def asker() -> Knock:
    """The door at which questions to passkeys are counted, by where they are asked from."""
    return guessing.PASSKEY_ADDRESS, guessing.key_of_address(request.remote_addr or "")


def shown(house: House, answer: str) -> str:
    """The person whose passkey answered; the question it answers uses no limit up. Raises PASSKEY_WRONG."""
    person = house.passkeys.answered(answer)
    house.access.forgive(asker())
    return person


def said(answer: Answer) -> Refusal:
    """Why a code was not taken."""
    return Refusal.of("CLOCK_WRONG" if answer is Answer.CLOCK else "WRONG_CODE")
