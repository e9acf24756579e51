"""The money of an application on two clocks, as an operation: as it was known at an instant, and as it is known now of a day."""

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from pydantic import AwareDatetime

from programmes.money import Money
from web.operations import Answer, Asked, Operation
from web.reading import Request
from workflow.api.desk import Desk
from workflow.api.models import Told
from workflow.ledger import balance, ledger


class LedgerQuery(Request):
    """*known_at*: what was known at that instant. *on*: what had moved by the end of that Beijing day. Both may be left out."""

    known_at: AwareDatetime | None = None
    on: date | None = None


class MovementAnswer(Told):
    """*amount_fen* is positive to the unit and negative from it. *corrected_at*: when its day or reference was put right."""

    kind: str
    tranche: int
    amount_fen: int
    on: date
    bank_reference: str
    recorded_at: datetime
    corrected_at: datetime | None


class LedgerAnswer(Told):
    id: str
    number: str
    known_at: datetime | None
    on: date | None
    balance_fen: int
    balance_words: str
    movements: tuple[MovementAnswer, ...]


def ledgers(desk: Desk) -> Iterator[Operation]:
    def answer(asked: Asked) -> Answer:
        query, application_id = asked.query_as(LedgerQuery), asked.path["application_id"]
        assert isinstance(application_id, UUID), "the route converts it"
        application, facts = desk.handling.history(application_id, asked.actor)
        found = ledger(facts, query.known_at, query.on)
        return Answer(
            body=LedgerAnswer(
                id=application.id,
                number=application.number,
                known_at=query.known_at,
                on=query.on,
                balance_fen=balance(found),
                balance_words=Money(balance(found)).capitals(),
                movements=tuple(
                    MovementAnswer(**{name: getattr(one, name) for name in MovementAnswer.model_fields})
                    for one in found
                ),
            )
        )

    yield Operation(
        id="getLedger",
        method="GET",
        path="/applications/<uuid:application_id>/ledger",
        action="payment.read",
        summary_zh="资金台账（当时所知、现在所知）",
        summary_en="The ledger: as known then, as known now",
        perform=answer,
        query=LedgerQuery,
        answer=LedgerAnswer,
    )
