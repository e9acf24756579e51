"""项目推荐汇总表: the rows of what one body recommends of one programme, in the body's own order (附件5)."""

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from directory.actor import BUREAU_ROLES, PROVINCE_ROLES, Actor, Role
from directory.division import DivisionUnknown, divisions
from eventstore.dispatch import Dispatcher
from programmes.call import Call
from programmes.summary import Place, summary_row
from workflow import worklist
from workflow.answers import plain
from workflow.application import Application
from workflow.handling import FOLD, NotFound
from workflow.projections import stream_of
from workflow.standing import Letter, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """*cells* by what fills them, in the official order of the columns."""

    application: str
    rank: int | None
    letter_number: str
    cells: dict[str, str]


def may_read(actor: Actor, body: str) -> bool:
    """The body's own people, the city above a county, the province, and whoever audits it."""
    own = actor.scopes(*BUREAU_ROLES)
    above = {code for code in own if code.endswith("00") and body.startswith(code[:4])}
    return body in own or bool(above) or body[:2] in actor.scopes(*PROVINCE_ROLES, Role.AUDITOR)


def rows(dispatcher: Dispatcher, call: Call, programme: str, body: str, actor: Actor) -> list[ListRow]:
    """The list of *body*; NotFound when it is not *actor*'s to read. Contacts are laid open: it is a paper for the province."""
    if not may_read(actor, body):
        raise NotFound
    with dispatcher.store.reading() as db:
        listed = _letters(db, call.id, programme, body)
    found: list[ListRow] = []
    for position, (application_id, letter) in enumerate(listed, 1):
        application = dispatcher.load(stream_of(application_id), FOLD).state
        cells = _cells(call, application, position)
        found.append(ListRow(application=application_id, rank=letter.rank, letter_number=letter.number, cells=cells))
    return found


def _letters(db: Connection, call: str, programme: str, body: str) -> list[tuple[str, Letter]]:
    """Ids with the body's letter: by its rank, and where it gave none in the order of recommending."""
    of_body: list[tuple[str, Letter]] = []
    for row in worklist.recommended(db, body, call, programme):
        standing = msgspec.json.decode(row["standing"], type=Standing)
        of_body += [(row["id"], letter) for letter in standing.letters if letter.body == body]
    return sorted(of_body, key=lambda each: (each[1].rank is None, each[1].rank or 0, each[1].at))


def _cells(call: Call, application: Application, position: int) -> dict[str, str]:
    answers: dict[str, Any] = plain(application.sealed.answers if application.sealed else application.answers)
    place = Place(city=_name(application.region[:4] + "00"), county=_name(application.region))
    return summary_row(call, application.direction, answers, place, position=position, unit_name=application.unit_name)


def _name(code: str) -> str:
    try:
        return divisions().name(code)
    except DivisionUnknown:
        return code
