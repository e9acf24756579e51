"""A consortium of three whose award stands: its history is written as it would have happened, the rest is done by people."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from consortium import events as k
from eventstore.dispatch import Context, Loaded
from eventstore.ids import uuid7
from tests.consortium import tale
from tests.scenario import AWARDED, CITY, COUNTY, DIGEST, FORM_PASSED, NOTICED, OPENED, PROPOSED, RECEIVED, SEALED
from tests.workflow.house import CATALOGUE, OTHER_UNIT, UNIT, YUHUA_UNIT, House
from workflow import commands as c
from workflow import events as e
from workflow.application import Application
from workflow.handling import FOLD
from workflow.projections import stream_of

LEAD, FIRST, SECOND = UNIT.code, OTHER_UNIT.code, YUHUA_UNIT.code
RATIOS = {LEAD: 3_334, FIRST: 3_333, SECOND: 3_333}
WHEN = "2026-01-20 09:00"


def joint_award(house: House, amount_fen: int = 100_000_000, nth: int = 1) -> UUID:
    """Led by *admin*; *wenqu-admin* and *guanlan-admin* are the members' administrators. *nth* of the call."""
    application = uuid7()
    opened = replace(
        OPENED,
        application_id=str(application),
        number=f"HN-AI-2025-{nth:04}",
        definition_digest=CATALOGUE.get("hn-2025").digest,
        unit_name=UNIT.name,
    )
    history: Sequence[e.ApplicationEvent] = (
        opened,
        e.SectionSaved(section="unit", section_version=1, answers={"account": "0430123456789012"}),
        *_joined(FIRST, OTHER_UNIT.name, nth),
        *_joined(SECOND, YUHUA_UNIT.name, nth),
        k.RatiosSet(columns={"grant": RATIOS, "contribution": RATIOS, "own_funds": RATIOS}),
        SEALED,
        COUNTY,
        replace(CITY, slot=nth),
        RECEIVED,
        FORM_PASSED,
        replace(PROPOSED, amount_fen=amount_fen, proposer="lead"),
        NOTICED,
        replace(AWARDED, amount_fen=amount_fen),
    )

    def happened(db: Connection, loaded: Loaded[Application], now: datetime) -> Sequence[e.ApplicationEvent]:
        return history

    house.at(WHEN)
    house.dispatcher.dispatch(
        stream_of(application), FOLD, happened, Context(actor="console", correlation_id=uuid7()), {}
    )
    return application


def paid_out(house: House, nth: int = 1) -> UUID:
    """The whole award paid: 333,400 to the lead, 333,300 to each member."""
    application = joint_award(house, nth=nth)
    house.do("finance", c.InstructTranche(application_id=application, amount_fen=100_000_000))
    house.do("finance", c.ConfirmPaid(application_id=application, bank_reference=f"20260122-{nth:03}"))
    return application


def _joined(unit: str, name: str, nth: int) -> tuple[e.ApplicationEvent, ...]:
    invited = replace(tale.invited(unit), unit_name=name, invitation=f"i-{unit}-{nth}")
    return invited, replace(tale.accepted(unit), invitation=invited.invitation)


__all__ = ["DIGEST", "FIRST", "LEAD", "SECOND", "joint_award", "paid_out"]
