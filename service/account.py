"""我的账户: how somebody signs in, and where they are signed in. Every change of it ends the other sessions and is told by letter."""

import re
from collections.abc import Callable

from flask import Blueprint, Response, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from directory import passkeys, signin
from directory.actor import Actor
from directory.policy import may
from directory.records import Directory, Person
from directory.second_factor import Answer
from eventstore.refusal import Refusal, Refused
from service import enrolling
from service.entrance import held
from service.stepping import said
from service.wiring import House
from web import forms
from web.face import asking
from web.problems import NotFound
from web.security import SAFE_METHODS

HOME = "/me/account"
_LONGEST = 1024
_DONE = {"1": "account.done", "session": "account.session.done", "reset": "resets.dropped"}


def pages(house: House) -> Blueprint:
    blueprint = Blueprint("account", __name__, template_folder="templates")

    @blueprint.get(HOME)
    def account() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        return _shown(house, asking("account.read"))

    @blueprint.post(f"{HOME}/password")
    def set_password() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor = asking("credential.change")
        new, old = (request.form.get(name, "")[:_LONGEST] for name in ("new", "old"))
        here, address = held(), request.remote_addr or ""
        person, context = _person(house, actor), enrolling.context(house, actor.id)
        return _changed(house, actor, lambda: house.access.set_password(context, person, here, new, old, address))

    @blueprint.post(f"{HOME}/password/removal")
    def remove_password() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor, here = asking("credential.change"), held()
        context = enrolling.context(house, actor.id)
        return _changed(house, actor, lambda: house.access.remove_password(context, actor.id, here))

    @blueprint.get(f"{HOME}/authenticator")
    def authenticator() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor = asking("account.read")
        house.access.require_recent(held())
        if house.access.factors(actor.id).authenticator_since is not None:
            return redirect(f"{HOME}#factors", 303)
        return render_template("service/authenticator.html", faults=(), **enrolling.shown(house, actor.id))

    @blueprint.post(f"{HOME}/authenticator")
    def confirm_authenticator() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor, here = asking("credential.change"), held()
        house.access.require_recent(here)
        context, code = enrolling.context(house, actor.id), request.form.get("code", "")[:64]
        answer, codes = house.access.confirm_authenticator(context, actor.id, code, here.handle)
        if answer is not Answer.RIGHT:
            faults = (said(answer),)
            return render_template("service/authenticator.html", faults=faults, **enrolling.shown(house, actor.id)), 422
        g.renew_session = True
        return (
            render_template("service/codes.html", codes=codes, onward=HOME)
            if codes
            else redirect(f"{HOME}?done=1", 303)
        )

    @blueprint.post(f"{HOME}/authenticator/removal")
    def remove_authenticator() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor, here = asking("credential.change"), held()
        context = enrolling.context(house, actor.id)
        return _changed(house, actor, lambda: house.access.remove_authenticator(context, actor.id, here))

    @blueprint.post(f"{HOME}/recovery-codes")
    def renew_codes() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor = asking("credential.change")
        codes = house.access.renew_codes(enrolling.context(house, actor.id), actor.id)
        return render_template("service/codes.html", codes=codes, onward=HOME)

    @blueprint.post(f"{HOME}/passkeys/question")
    def question() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        """Changes nothing: whoever showed a second factor too long ago is asked for it with the answer."""
        actor, here = asking("credential.change", acts=False), held()
        if here.proved_at is None:
            house.access.require_recent(here)
        if not house.passkeys.available:
            raise NotFound
        offered = house.passkeys.offer(_person(house, actor))
        return Response(offered, content_type="application/json", headers={"Cache-Control": "no-store"})

    @blueprint.post(f"{HOME}/passkeys")
    def add_passkey() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor, here = asking("credential.change"), held()
        house.access.require_recent(here)
        if not house.passkeys.available:
            raise NotFound
        context, label = enrolling.context(house, actor.id), forms.text("label")
        try:
            codes = house.passkeys.add(context, actor.id, here, label, forms.text("passkey"))
        except Refused as refused:
            return _shown(house, actor, refused.refusals)
        g.renew_session = True
        return (
            render_template("service/codes.html", codes=codes, onward=HOME)
            if codes
            else redirect(f"{HOME}?done=1", 303)
        )

    @blueprint.post(f"{HOME}/passkeys/<handle>/removal")
    def remove_passkey(handle: str) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor, here = asking("credential.change"), held()
        context = enrolling.context(house, actor.id)

        def remove() -> None:
            if not house.passkeys.remove(context, actor.id, here, handle):
                raise NotFound

        return _changed(house, actor, remove)

    @blueprint.post(f"{HOME}/sessions/revocation")
    def revoke_others() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor, here = asking("session.revoke"), held()
        with house.store.begin() as db:
            signin.revoke_others(db, actor.id, here.handle)
        return redirect(f"{HOME}?done=session#sessions", 303)

    @blueprint.post(f"{HOME}/sessions/<handle>/revocation")
    def revoke(handle: str) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor = asking("session.revoke")
        with house.store.begin() as db:
            if not signin.revoke(db, actor.id, handle):
                raise NotFound
        return redirect(f"{HOME}?done=session#sessions", 303)

    return blueprint


def _person(house: House, actor: Actor) -> Person:
    with house.store.reading() as db:
        found = Directory(db).person(actor.id)
    if found is None:
        raise NotFound
    return found


def _changed(house: House, actor: Actor, change: Callable[[], object]) -> ResponseReturnValue:
    """The change, with a new session id after it; or the page again with everything that is wrong."""
    try:
        change()
    except Refused as refused:
        if hasattr(refused, "retry_after_s"):
            raise
        return _shown(house, actor, refused.refusals)
    g.renew_session = True
    return redirect(f"{HOME}?done=1", 303)


def _shown(house: House, actor: Actor, wrong: tuple[Refusal, ...] = ()) -> ResponseReturnValue:
    here = held()
    with house.store.reading() as db:
        sessions = signin.sessions_of(db, actor.id)
        keys = passkeys.of(db, actor.id)
    faults = [{"field": _FIELD.get(one.code, ""), "text": one} for one in wrong]
    errors = {_FIELD.get(one.code, ""): one for one in reversed(wrong)}
    ways = house.access.ways(actor.id)
    page = render_template(
        "service/account.html",
        ways=ways,
        linked=house.settings.oidc_issuer in ways.outside,
        email=_person(house, actor).email,
        sessions=[(browser_of(one.agent), one) for one in sessions],
        passkeys=keys,
        this=here.handle,
        faults=faults,
        errors=errors,
        classes=house.access.profile.classes,
        reset=house.access.reset_of(actor.id),
        may_reset=may(actor, "factor.ask_reset") is None,
        done=_DONE.get(request.args.get("done", "")) if request.method in SAFE_METHODS else None,
    )
    return page, 422 if wrong else 200


_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = ("Android", "iPhone", "iPad", "HarmonyOS", "Windows", "Mac OS X", "Linux")


def browser_of(agent: str) -> str:
    """What a browser says of itself, in short: Chrome 126 · Windows; as it came where it is none we know."""
    found = ((name, re.search(rf"{mark}[A-Za-z]*/(\d+)", agent)) for mark, name in _BROWSERS)
    browser = next((f"{name} {version[1]}" for name, version in found if version), "")
    system = next((name for name in _SYSTEMS if name in agent), "")
    return " · ".join(part for part in (browser, system) if part) if browser else agent[:40]


_WEAK = ("SHORT", "LONG", "COMMON", "GUESSABLE", "CLASSES", "USED_BEFORE")
_FIELD = {f"PASSWORD_{weak}": "new" for weak in _WEAK} | {"OLD_PASSWORD_WRONG": "old"}
