"""What a step lets a person choose from: the tranches it can be about, the members and their parts, who pays, whose seat."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from directory.actor import Role
from programmes.costs import lines_of
from programmes.money import Money
from web import format as fmt
from web.texts import LANGUAGES
from workflow.answers import plain
from workflow.application import Application
from workflow.pages.frame import Frame
from workflow.reckoning import audited, costs_of
from workflow.shares import name_of, to_answer, to_hand_on
from workflow.state import Tranche

Names = Callable[[set[str]], Mapping[str, str]]
Options = Sequence[tuple[Any, Mapping[str, str]]]


def offered(frame: Frame, trigger: str, names: Names) -> dict[str, Any]:
    """For step_form.html: options of the questions `tranche`, `unit` and `seat`, and the rows of `parts`. *names*: ids to names."""
    application = frame.application
    found = list(_tranches(frame, trigger))
    if trigger == "hand_on":
        found = found[:1]  # the rows below are of one tranche
    return {
        "tranche": [
            (tranche.number, _received(frame, tranche) if trigger == "confirm_hand_on" else _named(tranche))
            for tranche in found
        ],
        **_seats(frame, trigger, names),
        "unit": _units(application) if trigger == "record_repayment" else (),
        "parts": list(_parts(application, found[0])) if trigger == "hand_on" and found else (),
        "audit": _lines_to_audit(frame) if trigger == "enter_audit" else "",
    }


def _seats(frame: Frame, trigger: str, names: Names) -> dict[str, Options]:
    """Whose seat a draw may free: who has given no marks; and who may lead the panel."""
    review = frame.application.review
    match trigger:
        case "draw":
            asked, seats = "replaces", [expert for expert in review.panel if expert not in review.totals]
        case "close_review":
            asked, seats = "leader", list(review.panel)
        case _:
            asked, seats = "", list[str]()
    called = names({f"person:{expert}" for expert in seats})
    shown = ((expert, called.get(f"person:{expert}", expert)) for expert in seats)
    return {"replaces": (), "leader": (), asked: [(expert, {"zh": name, "en": name}) for expert, name in shown]}


def _lines_to_audit(frame: Frame) -> str:
    """Every cost line with what was entered of it, or with room for it: to be written in, or pasted over."""
    costs, sealed, known = costs_of(frame.application, frame.call), frame.application.sealed, audited(frame.application)
    if costs is None or sealed is None:
        return ""
    figures = known or {}
    numbers = [line.number for line in lines_of(costs, plain(sealed.answers))]
    return "\n".join(f"{one} {Money(figures[one]).yuan() if one in figures else ''}" for one in numbers)


def _tranches(frame: Frame, trigger: str) -> Iterator[Tranche]:
    application, held = frame.application, frame.actor.scopes(Role.UNIT_ADMIN)
    for tranche in application.tranches:
        match trigger:
            case "confirm_paid":
                fits = not tranche.bank_reference
            case "return_payment":
                fits = bool(tranche.bank_reference) and not tranche.handed
            case "hand_on":
                fits = bool(to_hand_on(application, tranche))
            case "confirm_hand_on":
                fits = any(to_answer(tranche, unit) for unit in held)
            case _:
                fits = False
        if fits:
            yield tranche


def _named(tranche: Tranche) -> Mapping[str, str]:
    sums = {language: fmt.yuan(tranche.amount_fen, language) for language in LANGUAGES}
    return {"zh": f"第 {tranche.number} 笔 {sums['zh']}", "en": f"No. {tranche.number}, {sums['en']}"}


def _received(frame: Frame, tranche: Tranche) -> Mapping[str, str]:
    """What the member was handed on, and under which reference it finds it in its account."""
    held = frame.actor.scopes(Role.UNIT_ADMIN)
    parts = [part for unit in held if (part := to_answer(tranche, unit)) is not None]
    said = {
        language: "、".join(f"{fmt.yuan(part.amount_fen, language)} {part.bank_reference}" for part in parts)
        for language in LANGUAGES
    }
    return {"zh": f"第 {tranche.number} 笔 {said['zh']}", "en": f"No. {tranche.number}, {said['en']}"}


def _units(application: Application) -> Options:
    """Who may have paid; a lead alone is not asked."""
    names = ((unit, name_of(application, unit)) for unit in application.units)
    return [(unit, {"zh": name, "en": name}) for unit, name in names] if len(application.units) > 1 else ()


def _parts(application: Application, tranche: Tranche) -> Iterator[dict[str, Any]]:
    for unit, fen in to_hand_on(application, tranche).items():
        yield {
            "unit": unit,
            "name": name_of(application, unit),
            "amount_fen": fen,
            "written": f"{fen // 100}.{fen % 100:02d}",
        }
