"""隐名评审: what an expert is given of an application where the programme says that experts must not know whose it is.

Pure, and by allowing: the sections that the programme names, without whatever is a name of a unit or a person. No file at all:
seals, licences, file names and the properties of a PDF say whose it is however the text is masked.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, cast

from directory.actor import BUREAU_ROLES, DISCIPLINE_ROLES, PROVINCE_ROLES, UNIT_ROLES, Actor, Role
from eventstore.event import Personal
from programmes.call import Call
from workflow.answers import personal_in
from workflow.state import Application, Review, Sealed

MASK = "〔隐名〕"
_SHORTEST = 2


def blind_calls(calls: Iterable[Call]) -> frozenset[str]:
    """The calls whose experts must not know whose application they judge."""
    return frozenset(call.id for call in calls if call.review.blind)


def is_blind(actor: Actor, application: Application, call: Call) -> bool:
    """Whether *actor* sees this application as an expert and as nothing else, in a review that is blind."""
    if not call.review.blind or not actor.holds(Role.EXPERT):
        return False
    own = not actor.scopes(*UNIT_ROLES).isdisjoint(application.units)
    offices = actor.scopes(*BUREAU_ROLES, *PROVINCE_ROLES, *DISCIPLINE_ROLES, Role.AUDITOR)
    return not own and not any(application.region.startswith(scope[:2]) for scope in offices)


def is_blinded(application: Application) -> bool:
    """Whether this is what `blinded` leaves: an application of nobody."""
    return application.stage is not None and not application.lead_unit


def blinded(application: Application, call: Call, expert: str) -> Application:
    """What is left of it for *expert*: number, direction, the allowed answers as sealed, and the expert's own sheet."""
    sealed = application.sealed
    answers = _allowed(sealed.answers if sealed else {}, application, call)
    review = application.review
    return Application(
        version=application.version,
        stage=application.stage,
        id=application.id,
        number=application.number,
        call=application.call,
        programme=application.programme,
        direction=application.direction,
        definition_digest=application.definition_digest,
        answers=answers,
        sealed=Sealed(version=sealed.version, content_digest="", answers=answers, attachments={}) if sealed else None,
        review=Review(
            panel=review.panel,
            drawn_ever=review.drawn_ever,
            conflicts=review.conflicts & {expert},
            cleared=review.cleared & {expert},
            totals={who: total for who, total in review.totals.items() if who == expert},
            result=review.result,
            sheets={who: sheet for who, sheet in review.sheets.items() if who == expert},
        ),
    )


def _allowed(answers: Mapping[str, Any], application: Application, call: Call) -> dict[str, Any]:
    programme = call.programme_of(application.direction)
    sections = [section for section in programme.form if section.id in programme.blind_shows]
    shown = {field.id for section in sections for field in section.asked(application.direction) if not field.personal}
    names = sorted(set(_names(application)), key=len, reverse=True)
    return {name: _masked(answer, names) for name, answer in answers.items() if name in shown}


def _names(application: Application) -> Iterator[str]:
    """Every name, code, telephone and address that the application itself calls a unit's or a person's."""
    found = [application.unit_name, application.lead_unit]
    for member in application.consortium.members:
        found += [member.unit_name, member.unit]
    found += [str(application.answers.get(name) or "") for name in ("unit_name", "credit_code")]
    found += personal_in(application.answers)
    yield from (name for name in found if len(name) >= _SHORTEST)


def _masked(answer: Any, names: Collection[str]) -> Any:
    """The answer without the names; what is personal in it is left out."""
    match answer:
        case Personal():
            return None
        case str():
            for name in names:
                answer = answer.replace(name, MASK)
            return answer
        case Mapping():
            said = cast("Mapping[str, Any]", answer)
            return {key: _masked(each, names) for key, each in said.items() if not isinstance(each, Personal)}
        case list() | tuple():
            return [_masked(each, names) for each in cast("Collection[Any]", answer) if not isinstance(each, Personal)]
        case _:
            return answer
