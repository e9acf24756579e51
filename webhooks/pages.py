"""Endpoints on pages: the list, the form, one endpoint with its health and parcels, one parcel with its attempts, replay.

A page reads, asks, answers: the same register, trial and replaying as the API, with the same refusals. A secret is shown by the
answer that made it and by no other.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial, update_wrapper
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from directory.actor import Actor
from directory.policy import may
from eventstore.dispatch import Context
from eventstore.refusal import Refusal, Refused
from web import forms, texts, tracing
from web.face import signed_in
from web.format import BEIJING
from web.problems import NotFound
from webhooks import health, lists
from webhooks.desk import in_hand, vouched
from webhooks.endpoint import KINDS, Kind, Wanted, owners_of
from webhooks.lists import PAGE, STATES
from webhooks.payloads import PUBLISHED
from webhooks.register import Made
from webhooks.room import Hooks
from webhooks.stretch import REPLAYABLE, Count, Stretch
from workflow.handling import actor_name

_DONE = frozenset({"created", "changed", "verified", "enabled", "disabled", "deleted", "replayed"})
_FIELD_OF = {
    "WEBHOOK_URL": "url",
    "WEBHOOK_OWNER": "owner",
    "WEBHOOK_TOO_MANY": "owner",
    "WEBHOOK_TYPE_UNKNOWN": "types",
}
_LARGEST = 2**62
_WINDOW = ("state", "first", "last", "since", "until")


class Desk:
    """What every page of the room needs."""

    def __init__(self, hooks: Hooks) -> None:
        self.hooks = hooks

    def asking(self, action: str) -> Actor:
        actor = signed_in()
        refusal = may(actor, action)
        if refusal is not None:
            raise Refused(refusal)
        return actor

    def context(self, actor: Actor, *place: str) -> Context:
        whole = [place, forms.fields()]
        return Context(
            actor=actor_name(actor),
            correlation_id=tracing.correlation(self.hooks.register.dispatcher.ids.uuid7),
            command_id=forms.command_id(),
            fingerprint=hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).digest(),
        )


def pages(hooks: Hooks) -> Blueprint:
    """/webhooks and what lies below it."""
    blueprint = Blueprint("webhooks", __name__, template_folder="templates")
    desk = Desk(hooks)
    looked, both, posted = ["GET"], ["GET", "POST"], ["POST"]
    for path, view, methods in (
        ("", _listed, looked),
        ("/new", _new, both),
        ("/<uuid:id_>", _one, looked),
        ("/<uuid:id_>/change", _change, both),
        ("/<uuid:id_>/replay", _replay, both),
        ("/<uuid:id_>/secret", _rotate, posted),
        ("/<uuid:id_>/test", _test, posted),
        ("/<uuid:id_>/parcels/<parcel>", _parcel, looked),
    ):
        name = view.__name__.removeprefix("_")
        blueprint.add_url_rule(f"/webhooks{path}", name, _at(desk, view), methods=methods)
    for step in _STEPS:
        blueprint.add_url_rule(f"/webhooks/<uuid:id_>/{step}", step, _at(desk, _stepped, step), methods=posted)
    return blueprint


def _at(desk: Desk, view: Callable[..., ResponseReturnValue], *more: Any) -> Callable[..., ResponseReturnValue]:
    """*view* at that desk, under its own name: whoever guards forms asks a view for it."""
    return update_wrapper(partial(view, desk, *more), view)


def _listed(desk: Desk) -> ResponseReturnValue:
    actor = desk.asking("webhook.read")
    kept = in_hand(desk.hooks, actor)
    with desk.hooks.register.dispatcher.store.reading() as db:
        found = health.of(db, [each.endpoint.id for each in kept])
        dead = lists.given_up(db)
    rows = [(each, found.get(each.endpoint.id), dead.get(each.endpoint.id, 0)) for each in kept]
    return render_template("webhooks/list.html", rows=rows, done=_done(), may_manage=_may(actor))


def _new(desk: Desk) -> ResponseReturnValue:
    actor = desk.asking("webhook.manage")
    if request.method == "GET":
        owners = owners_of(actor)
        typed = {"kind": "standard", "owner": next(iter(owners), ""), "language": "zh"}
        return _form(None, typed, (), 200)
    context, typed = desk.context(actor, "new"), _typed()
    try:
        made = desk.hooks.register.create(
            actor,
            context,
            _wanted(typed),
            kind=_kind(typed["kind"]),
            owner=typed["owner"],
            url=typed["url"],
            secret=typed["secret"],
            asymmetric="asymmetric" in typed["options"],
        )
    except Refused as refused:
        return _form(None, typed, refused.refusals, 422)
    return _with_secret(made, "created")


def _change(desk: Desk, id_: UUID) -> ResponseReturnValue:
    actor = desk.asking("webhook.manage")
    endpoint = desk.hooks.register.mine(actor, str(id_)).endpoint
    if request.method == "GET":
        typed: dict[str, Any] = {
            "name": endpoint.name,
            "types": endpoint.types,
            "programmes": ", ".join(endpoint.programmes),
            "options": ("ordered",) if endpoint.ordered else (),
            "language": endpoint.language,
        }
        return _form(endpoint, typed, (), 200)
    context, typed = desk.context(actor, "change", str(id_)), _typed()
    try:
        desk.hooks.register.change(actor, context, str(id_), _wanted(typed), typed["url"])
    except Refused as refused:
        return _form(endpoint, typed, refused.refusals, 422)
    return redirect(f"/webhooks/{id_}?done=changed", 303)


def _one(desk: Desk, id_: UUID) -> ResponseReturnValue:
    return render_template("webhooks/one.html", **_shown(desk, desk.asking("webhook.read"), id_))


def _shown(desk: Desk, actor: Actor, id_: UUID) -> dict[str, Any]:
    kept = desk.hooks.register.mine(actor, str(id_), to_read=True)
    state, after = request.args.get("state", ""), request.args.get("after", "")
    chosen = state if state in STATES else ""
    with desk.hooks.register.dispatcher.store.reading() as db:
        found = lists.of_endpoint(db, str(id_), chosen, after, PAGE + 1)
        counts = lists.counts(db, str(id_))
        stands = health.of(db, [str(id_)]).get(str(id_), health.WELL)
        now = desk.hooks.wall.now(db)
    here = partial(url_for, "webhooks.one", id_=id_, state=chosen or None)
    return {
        "kept": kept,
        "endpoint": kept.endpoint,
        "health": stands,
        "rests": stands.rests(now),
        "parcels": found[:PAGE],
        "counts": counts,
        "state": chosen,
        "older": here(after=found[PAGE - 1].cursor) if len(found) > PAGE else "",
        "newest": here() if after else "",
        "done": _done(),
        "may_manage": _may(actor),
        "may_trust": may(actor, "webhook.trust") is None,
        "command_id": forms.new_command_id(),
        "tried": None,
    }


def _parcel(desk: Desk, id_: UUID, parcel: str) -> ResponseReturnValue:
    actor = desk.asking("webhook.read")
    kept = desk.hooks.register.mine(actor, str(id_), to_read=True)
    with desk.hooks.register.dispatcher.store.reading() as db:
        shown = lists.one(db, str(id_), parcel)
        if shown is None:
            raise NotFound
        tries = lists.attempts(db, shown.id)
    payload = json.dumps(json.loads(shown.payload), ensure_ascii=False, indent=2)
    return render_template(
        "webhooks/parcel.html",
        endpoint=kept.endpoint,
        parcel=shown,
        attempts=tries,
        payload=payload,
        may_manage=_may(actor) and kept.endpoint.enabled and shown.state in ("sent", "dead", "suppressed"),
        command_id=forms.new_command_id(),
    )


def _replay(desk: Desk, id_: UUID) -> ResponseReturnValue:
    """GET counts, POST does it: what is confirmed is what was counted."""
    actor = desk.asking("webhook.manage")
    if request.method == "POST":
        stretch = _stretch(id_, {name: forms.text(name) for name in _WINDOW}, forms.text("parcel"))
        desk.hooks.replaying.replay(actor, desk.context(actor, "replay", str(id_)), stretch)
        return redirect(f"/webhooks/{id_}?done=replayed", 303)
    typed = {name: request.args.get(name, "") for name in _WINDOW}
    counted: Count | None = None
    if "first" in request.args:
        counted = desk.hooks.replaying.count(actor, _stretch(id_, typed))
    endpoint = desk.hooks.register.mine(actor, str(id_)).endpoint
    states = [(state, texts.catalogue()[f"webhooks.parcel.state.{state}"]) for state in REPLAYABLE]
    return render_template(
        "webhooks/replay.html",
        endpoint=endpoint,
        counted=counted,
        typed=typed,
        states=[("any", texts.catalogue()["webhooks.all"]), *states],
        command_id=forms.new_command_id(),
    )


def _rotate(desk: Desk, id_: UUID) -> ResponseReturnValue:
    actor = desk.asking("webhook.manage")
    secret = forms.text("secret")
    return _with_secret(desk.hooks.register.rotate(actor, desk.context(actor, "secret", str(id_)), str(id_), secret))


def _test(desk: Desk, id_: UUID) -> ResponseReturnValue:
    actor = desk.asking("webhook.manage")
    tried = desk.hooks.trial.test(actor, str(id_))
    return render_template("webhooks/one.html", **_shown(desk, actor, id_) | {"tried": tried})


Step = Callable[[Hooks, Actor, Context, str], object]
_STEPS: Mapping[str, tuple[str, Step]] = {
    "verification": ("verified", lambda hooks, actor, context, id_: hooks.trial.verify(actor, context, id_)),
    "trust": ("verified", vouched),
    "enabling": ("enabled", lambda hooks, actor, context, id_: hooks.register.enable(actor, context, id_)),
    "disabling": ("disabled", lambda hooks, actor, context, id_: hooks.register.disable(actor, context, id_)),
    "deletion": ("deleted", lambda hooks, actor, context, id_: hooks.register.delete(actor, context, id_)),
}
"""Path to what it says when it is done, and what it does."""


def _stepped(desk: Desk, step: str, id_: UUID) -> ResponseReturnValue:
    actor = desk.asking("webhook.manage")
    done, act = _STEPS[step]
    try:
        act(desk.hooks, actor, desk.context(actor, step, str(id_)), str(id_))
    except Refused as refused:
        shown = _shown(desk, actor, id_) | {"refusals": refused.refusals}
        return render_template("webhooks/one.html", **shown), 409
    return redirect("/webhooks?done=deleted" if done == "deleted" else f"/webhooks/{id_}?done={done}", 303)


def _with_secret(made: Made, done: str = "") -> Response:
    """The one answer that shows a secret; no cache keeps it. A repeated command shows none and leads on."""
    if made.replayed or not (made.secret or made.public_key):
        return make_response(redirect(f"/webhooks/{made.id}?done={done or 'changed'}", 303))
    response = make_response(render_template("webhooks/secret.html", made=made, done=done))
    response.headers["Cache-Control"] = "no-store"
    return response


def _form(endpoint: Any, typed: Mapping[str, Any], refusals: tuple[Refusal, ...], code: int) -> ResponseReturnValue:
    wrong = [(_FIELD_OF.get(each.code) or str(each.params.get("field", "")), _explained(each)) for each in refusals]
    page = {
        "endpoint": endpoint,
        "typed": typed,
        "summary": [{"field": name, "text": text} for name, text in wrong],
        "errors": dict(wrong),
        "kinds": [(kind, texts.catalogue()[f"webhooks.kind.{kind}"]) for kind in KINDS],
        "types": [(name, texts.catalogue()[f"event.{name.rpartition('.')[2]}"]) for name in PUBLISHED],
        "command_id": forms.new_command_id(),
    }
    return render_template("webhooks/form.html", **page), code


def _explained(refusal: Refusal) -> Any:
    label = texts.catalogue().get(f"webhooks.{refusal.params.get('field', '')}")
    more = {"label_zh": label.zh, "label_en": label.en} if label else {}
    return texts.explain(Refusal(refusal.code, {**refusal.params, **more}, refusal.source))


def _typed() -> dict[str, Any]:
    fields = forms.fields()
    return {
        **{name: forms.text(name) for name in ("name", "kind", "owner", "url", "secret", "programmes", "language")},
        "types": fields.get("types", []),
        "options": fields.get("options", []),
    }


def _wanted(typed: Mapping[str, Any]) -> Wanted:
    programmes = (each.strip() for each in typed["programmes"].replace("，", ",").split(","))
    return Wanted(
        name=typed["name"],
        types=tuple(dict.fromkeys(typed["types"])),
        programmes=tuple(dict.fromkeys(each for each in programmes if each)),
        ordered="ordered" in typed["options"],
        language="en" if typed["language"] == "en" else "zh",
    )


def _kind(text: str) -> Kind:
    for kind in KINDS:
        if kind == text:
            return kind
    return "standard"


def _stretch(id_: UUID, typed: Mapping[str, str], parcel: str = "") -> Stretch:
    return Stretch(
        endpoint=str(id_),
        first=_position(typed["first"], 0),
        last=_position(typed["last"], _LARGEST),
        state=typed["state"],
        since=_instant(typed["since"]),
        until=_instant(typed["until"]),
        ids=(parcel,) if parcel else (),
    )


def _instant(text: str) -> datetime | None:
    """What a browser's field of date and time sends, taken as Beijing's; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=BEIJING)


def _position(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else otherwise


def _done() -> str:
    done = request.args.get("done", "")
    return done if done in _DONE else ""


def _may(actor: Actor) -> bool:
    return may(actor, "webhook.manage") is None
