"""The consortium on pages: its members, their shares, the agreement's text, and who has signed what. One page each.

Lead, members and authorities see the same pages; each sees the buttons of the steps that are theirs. A page reads, asks,
answers: what may be done is the guards' word.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from directory.actor import Actor
from eventstore.refusal import Malformed, Refusal, Refused
from web import forms, texts
from web.problems import NotFound
from workflow import commands as c
from workflow.application import Application
from workflow.consorted import of_the_consortium
from workflow.dossier import as_seen
from workflow.listing import listed_in, rows_to_be
from workflow.pages import agreement_text, board, reasons, shares, signing
from workflow.pages.desk import Desk, asking
from workflow.pages.frame import Frame, framed

Typed = Mapping[str, Sequence[str]]
_PLACE = "/applications/<uuid:application_id>"
_TELLING = ("invite", "issue_agreement", "set_ratios")
TABS = ("members", "shares", "text", "signing")
_MODELS: Mapping[str, Callable[[Desk, Frame, Typed], dict[str, Any]]] = {
    "members": lambda desk, frame, typed: board.members(frame),
    "shares": lambda desk, frame, typed: shares.shown(frame, typed),
    "text": lambda desk, frame, typed: agreement_text.shown(frame, typed),
    "signing": lambda desk, frame, typed: board.signing(desk, frame),
}


def consortium(desk: Desk) -> Blueprint:
    pages = Blueprint("consortium", __name__)

    @pages.get(f"{_PLACE}/consortium", defaults={"tab": "members"})
    @pages.get(f"{_PLACE}/consortium/<any(shares, text, signing):tab>")
    def look(application_id: UUID, tab: str) -> ResponseReturnValue:
        frame = framed(desk, application_id, asking("application.read"))
        return render_template(f"workflow/consortium_{tab}.html", **_page(desk, frame, tab))

    def step(rule: str, action: str, tab: str, command_of: Callable[[Application, dict[str, str]], c.Command]) -> None:
        """One form of these pages: its address, what the policy calls it, the page it stands on, the command it makes."""

        def take(application_id: UUID, **path: str) -> ResponseReturnValue:
            actor = asking(action)
            try:
                application = desk.handling.load(application_id, actor).state
                command = command_of(application, path)
                context = desk.context(actor, rule, str(application_id), *path.values())
                desk.handling.handle(command, actor, context)
            except (Malformed, Refused) as error:
                return _again(desk, application_id, actor, tab, error, path.get("unit", ""))
            return redirect(_where(application_id, tab, actor, command), 303)

        pages.add_url_rule(_PLACE + rule, endpoint=rule.strip("/"), view_func=take, methods=["POST"])

    step("/invitations", "application.invite", "members", _invite)
    step("/invitations/<invitation>/withdrawal", "application.uninvite", "members", _uninvite)
    step("/members/<unit>/removal", "application.remove_member", "members", _remove)
    step("/members/<unit>/leaving", "application.leave", "members", _leave)
    step("/members/listing", "application.save", "members", lambda application, path: _list(desk, application))
    step("/agreement/shares", "application.set_ratios", "shares", shares.command)
    step(
        "/agreement/text",
        "application.set_terms",
        "text",
        lambda application, path: agreement_text.command(application, desk.handling.call_of(application)),
    )
    step("/agreement/versions", "application.issue_agreement", "signing", _issue)
    step("/agreement/confirmations", "application.ask_confirmation", "signing", _ask)
    step(
        "/agreement/documents",
        "application.sign_agreement",
        "signing",
        lambda application, path: signing.document(desk, application),
    )
    step(
        "/commitments/<unit>",
        "application.save",
        "signing",
        lambda application, path: signing.commitment(desk, application, path["unit"]),
    )

    @pages.post(f"{_PLACE}/reminders")
    def remind(application_id: UUID) -> ResponseReturnValue:
        """A letter to a unit that has not answered, or not signed; at most one a day."""
        actor, unit = asking("letter.remind"), forms.text("unit")
        tab = "signing" if forms.text("back") == "signing" else "members"
        try:
            desk.remind(application_id, unit, actor)
        except Refused as error:
            return _again(desk, application_id, actor, tab, error)
        return redirect(_tab_of(application_id, tab) + "?done=reminded", 303)

    @pages.post(f"{_PLACE}/agreement/shares/proposal")
    def propose(application_id: UUID) -> ResponseReturnValue:
        """A column filled up as asked for, shown and not saved: nothing is rounded behind anybody's back."""
        actor = asking("application.set_ratios")
        frame = framed(desk, application_id, actor)
        try:
            typed = shares.filled(frame, forms.fields())
        except Refused as error:
            return _again(desk, application_id, actor, "shares", error)
        page = _page(desk, frame, "shares", typed) | {"proposed": True}
        return render_template("workflow/consortium_shares.html", **page)

    return pages


def _page(desk: Desk, frame: Frame, tab: str, typed: Typed | None = None) -> dict[str, Any]:
    """What every one of the pages asks. NotFound where the programme takes no consortium."""
    programme = frame.call.programme_of(frame.application.direction)
    if programme.consortium == "forbidden" or not (frame.ours or frame.dossier.consortium):
        raise NotFound
    application = as_seen(frame.application, frame.view)
    view = of_the_consortium(application, frame.call, personal=frame.view.personal, pending=frame.view.working)
    links = reasons.links(frame.call, frame.application, _refusals(view.gaps))
    return {
        **frame.around(),
        "tab": tab,
        "tabs": TABS,
        "view": view,
        "programme": programme,
        "units": frame.call.units,
        "gaps": reasons.told(_refusals(view.gaps), frame.call, application),
        "gap_links": links,
        "findings": reasons.told(_refusals(view.findings), frame.call, application),
        "may": {action.trigger for action in frame.actions},
        "shut": {action.trigger: action.refusals for action in frame.actions if not action.open},
        "told": desk.told(_TELLING, frame.application, frame.call) if frame.ours and frame.writable else {},
        "new_id": forms.new_command_id,
        "typed": typed or {},
        "errors": {},
        "summary": (),
        "proposed": False,
        "reminded": request.args.get("done") == "reminded",
        **_MODELS[tab](desk, frame, typed or {}),
    }


def _refusals(gaps: Sequence[Any]) -> list[Refusal]:
    return [Refusal.of(gap.code, **gap.params) for gap in gaps]


def _again(
    desk: Desk, application_id: UUID, actor: Actor, tab: str, error: Malformed | Refused, unit: str = ""
) -> ResponseReturnValue:
    """The page that the form stands on, with what was typed and what was wrong beside its controls."""
    frame = framed(desk, application_id, actor)
    found = [(_control(refusal, frame, tab, unit), _said(refusal, frame)) for refusal in reasons.mendable_here(error)]
    page = _page(desk, frame, tab, forms.fields())
    page["summary"] = [{"field": name, "text": text} for name, text in found]
    page["errors"] = dict(reversed(found))  # of several about one control the first is shown beside it
    return render_template(f"workflow/consortium_{tab}.html", **page), 422


def _control(refusal: Refusal, frame: Frame, tab: str, unit: str) -> str:
    """The control a refusal is about, "" where it is about none."""
    match tab:
        case "shares":
            return shares.control(refusal, frame)
        case "text":
            return agreement_text.control(refusal, frame)
        case "signing":
            return signing.control(refusal)
        case _ if refusal.code == "REASON_REQUIRED":
            return f"reason.{unit}"
        case _:
            return _asked("unit" if refusal.code in _ABOUT_THE_UNIT else str(refusal.params.get("field", "")))


_ABOUT_THE_UNIT = frozenset({"ALREADY_MEMBER", "UNIT_LIMIT", "USCC_CHECK"})


def _asked(name: str) -> str:
    """A question of an invitation: where it is for a member's place, that member's code stands before its name."""
    replaces = forms.text("replaces")
    return f"{replaces}.{name}" if replaces and name else name


def _said(refusal: Refusal, frame: Frame) -> texts.Reason:
    """In words, its field called as these pages call it."""
    label = texts.catalogue().get(f"together.field.{str(refusal.params.get('field', '')).partition(':')[0]}")
    more = {"label_zh": label.zh, "label_en": label.en} if label else {}
    named = reasons.named(refusal, frame.call, frame.application)
    return texts.explain(Refusal(named.code, {**named.params, **more}, named.source))


def _where(application_id: UUID, tab: str, actor: Actor, command: c.Command) -> str:
    """Back to the page; a unit that has left no longer has one."""
    if isinstance(command, c.Leave):
        return "/applications"
    return _tab_of(application_id, tab)


def _tab_of(application_id: UUID, tab: str) -> str:
    return f"/applications/{application_id}/consortium" + ("" if tab == "members" else f"/{tab}")


def _invite(application: Application, path: dict[str, str]) -> c.Command:
    return c.Invite(
        application_id=UUID(application.id),
        unit=forms.text(_asked("unit")),
        unit_name=forms.text(_asked("unit_name")),
        kind=forms.text(_asked("kind")),
        contact=forms.text(_asked("contact")),
        address=forms.text(_asked("address")),
        replaces=forms.text("replaces"),
    )


def _uninvite(application: Application, path: dict[str, str]) -> c.Command:
    return c.Uninvite(application_id=UUID(application.id), invitation=path["invitation"])


def _remove(application: Application, path: dict[str, str]) -> c.Command:
    return c.RemoveMember(
        application_id=UUID(application.id), unit=path["unit"], reason=forms.text(f"reason.{path['unit']}")
    )


def _leave(application: Application, path: dict[str, str]) -> c.Command:
    return c.Leave(application_id=UUID(application.id), unit=path["unit"], reason=forms.text(f"reason.{path['unit']}"))


def _list(desk: Desk, application: Application) -> c.Command:
    """The members' names into the form's own table."""
    programme = desk.handling.call_of(application).programme_of(application.direction)
    rule, rows = listed_in(programme), rows_to_be(application, programme)
    if rule is None or rows is None:
        raise Refused(Refusal.of("NOTHING_CHANGED"))
    section = programme.section_of(rule.field)
    return c.SaveSection(application_id=UUID(application.id), section=section.id, answers={rule.field: list(rows)})


def _issue(application: Application, path: dict[str, str]) -> c.Command:
    return c.IssueAgreement(application_id=UUID(application.id), seen=forms.text("seen"))


def _ask(application: Application, path: dict[str, str]) -> c.Command:
    return c.AskConfirmation(
        application_id=UUID(application.id),
        unit=forms.text("unit"),
        signer=forms.text("signer"),
        address=forms.text("address"),
    )
