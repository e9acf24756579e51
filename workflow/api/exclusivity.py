"""Exceptions of one project a year, what runs beside an application, and units kept from applying."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from directory.actor import UNIT_ROLES, Actor, Role
from directory.register import Register
from directory.unit import Bar, Unit
from eventstore.dispatch import Context
from web import tracing
from web.operations import Answer, Asked, Operation
from web.reading import Request
from workflow import related
from workflow.api.desk import Desk
from workflow.api.models import Told
from workflow.api.wishes import PLACE
from workflow.granting import ExceptionView, Granting
from workflow.handling import NotFound, actor_name
from workflow.stages import Stage

Name = Annotated[str, Field(max_length=100)]
Reason = Annotated[str, Field(max_length=20_000)]


class ExceptionBody(Request):
    """One more application in *family* for the unit, or the group under the unit, of this credit code."""

    call: Name
    family: Name
    unit: Name
    reason: Reason


class ReasonBody(Request):
    reason: Reason


class BarBody(Request):
    """The decision, and from when to when the unit may not apply, both days included."""

    reason: Reason
    decision_number: Reason
    starts: date
    until: date


class LiftingBody(Request):
    reason: Reason
    decision_number: Reason


class ExceptionDone(Told):
    id: str


class ExceptionAnswer(Told):
    """*used_by*: the application that was sealed under it, "" while nobody uses it."""

    id: str
    call: str
    family: str
    unit: str
    unit_name: str
    reason: str
    granted_at: datetime
    taken_back: str | None
    taken_back_at: datetime | None
    used_by: str
    number: str


class ExceptionsAnswer(Told):
    items: tuple[ExceptionAnswer, ...]


class RelatedAnswer(Told):
    """*why*: unit, group (one project a year) or call (the same unit applies again)."""

    id: str
    number: str
    direction: str
    unit: str
    unit_name: str
    stage: Stage
    why: str


class AttemptAnswer(Told):
    """Somebody who was refused because this application has the place; *times* counts days."""

    number: str
    unit: str
    unit_name: str
    times: int
    last_at: datetime


class BesideAnswer(Told):
    applications: tuple[RelatedAnswer, ...]
    attempts: tuple[AttemptAnswer, ...]


class BarAnswer(Told):
    reason: str
    decision_number: str
    starts: date
    until: date


class UnitAnswer(Told):
    """A unit as registered, and the decision that keeps it from applying, if there is one."""

    code: str
    name: str
    name_en: str
    kind: str
    county: str
    legal_person: bool
    tags: tuple[str, ...]
    group_root: str
    bar: BarAnswer | None


def exclusivity(desk: Desk) -> Iterator[Operation]:
    asking = Asking(desk)
    yield Operation(
        id="listExceptions",
        method="GET",
        path="/exceptions",
        action="exception.read",
        summary_zh="申报数量例外",
        summary_en="Exceptions of one project a year",
        perform=asking.exceptions,
        answer=ExceptionsAnswer,
    )
    yield Operation(
        id="grantException",
        method="POST",
        path="/exceptions",
        action="exception.grant",
        summary_zh="准予例外",
        summary_en="Grant an exception",
        perform=asking.grant,
        request=ExceptionBody,
        answer=ExceptionDone,
        status=201,
        command=True,
    )
    yield Operation(
        id="takeBackException",
        method="POST",
        path="/exceptions/<uuid:exception>/taking-back",
        action="exception.grant",
        summary_zh="收回例外",
        summary_en="Take an exception back",
        perform=asking.take_back,
        request=ReasonBody,
        answer=ExceptionDone,
        command=True,
    )
    yield Operation(
        id="relatedApplications",
        method="GET",
        path=PLACE + "/related",
        action="related.read",
        summary_zh="关联申报",
        summary_en="What runs beside an application",
        perform=asking.beside,
        answer=BesideAnswer,
    )
    yield from _units(asking)


def _units(asking: "Asking") -> Iterator[Operation]:
    yield Operation(
        id="getUnit",
        method="GET",
        path="/units/<unit>",
        action="unit.read",
        summary_zh="查看单位",
        summary_en="Read a unit",
        perform=asking.unit,
        answer=UnitAnswer,
    )
    yield Operation(
        id="barUnit",
        method="POST",
        path="/units/<unit>/bar",
        action="unit.bar",
        summary_zh="禁止申报",
        summary_en="Bar a unit from applying",
        perform=asking.bar,
        request=BarBody,
        answer=UnitAnswer,
        command=True,
    )
    yield Operation(
        id="unbarUnit",
        method="POST",
        path="/units/<unit>/bar/lifting",
        action="unit.bar",
        summary_zh="解除禁止申报",
        summary_en="Lift the bar of a unit",
        perform=asking.unbar,
        request=LiftingBody,
        answer=UnitAnswer,
        command=True,
    )


class Asking:
    """Answers, one method an operation."""

    def __init__(self, desk: Desk) -> None:
        self._handling = desk.handling
        self._granting = Granting(desk.handling.dispatcher, desk.catalogue, desk.handling.register)
        self._register = Register(desk.handling.dispatcher)

    def exceptions(self, asked: Asked) -> Answer:
        return Answer(body=ExceptionsAnswer(items=tuple(map(_exception, self._granting.all(asked.actor)))))

    def grant(self, asked: Asked) -> Answer:
        body = asked.body_as(ExceptionBody)
        outcome = self._granting.grant(
            asked.actor, self._context(asked), call=body.call, family=body.family, code=body.unit, reason=body.reason
        )
        return Answer(
            body=ExceptionDone(id=str(outcome.result["id"])),
            version=outcome.version,
            status=201,
            replayed=outcome.replayed,
        )

    def take_back(self, asked: Asked) -> Answer:
        exception: UUID = asked.path["exception"]
        reason = asked.body_as(ReasonBody).reason
        outcome = self._granting.take_back(asked.actor, self._context(asked), str(exception), reason)
        return Answer(body=ExceptionDone(id=str(exception)), version=outcome.version, replayed=outcome.replayed)

    def beside(self, asked: Asked) -> Answer:
        application = self._handling.load(asked.path["application_id"], asked.actor).state
        with self._handling.store.reading() as db:
            found = related.beside(db, application, self._handling.call_of(application))
        return Answer(
            body=BesideAnswer(
                applications=tuple(
                    RelatedAnswer(
                        id=one.id,
                        number=one.number,
                        direction=one.direction,
                        unit=one.unit,
                        unit_name=one.unit_name,
                        stage=one.stage,
                        why=one.why,
                    )
                    for one in found.applications
                ),
                attempts=tuple(
                    AttemptAnswer(
                        number=one.number,
                        unit=one.unit,
                        unit_name=one.unit_name,
                        times=one.times,
                        last_at=one.last_at,
                    )
                    for one in found.attempts
                ),
            )
        )

    def unit(self, asked: Asked) -> Answer:
        return Answer(body=_unit(self._known(asked)))

    def bar(self, asked: Asked) -> Answer:
        body, code = asked.body_as(BarBody), self._in_my_province(asked)
        wanted = Bar(reason=body.reason, decision_number=body.decision_number, starts=body.starts, until=body.until)
        outcome = self._register.bar_unit(self._context(asked), code, wanted)
        return Answer(body=_unit(self._known(asked)), version=outcome.version, replayed=outcome.replayed)

    def unbar(self, asked: Asked) -> Answer:
        body, code = asked.body_as(LiftingBody), self._in_my_province(asked)
        outcome = self._register.unbar_unit(self._context(asked), code, body.reason, body.decision_number)
        return Answer(body=_unit(self._known(asked)), version=outcome.version, replayed=outcome.replayed)

    def _in_my_province(self, asked: Asked) -> str:
        unit = self._known(asked)
        if not asked.actor.holds(Role.PROVINCE_LEAD, unit.county[:2]):
            raise NotFound
        return unit.code

    def _known(self, asked: Asked) -> Unit:
        """The unit as the register has it; a unit's own people read no other."""
        code = str(asked.path["unit"])
        with self._handling.store.reading() as db:
            unit = self._handling.register(db).unit(code)
        if unit is None or not _reads(asked.actor, unit):
            raise NotFound
        return unit

    def _context(self, asked: Asked) -> Context:
        return Context(
            actor=actor_name(asked.actor),
            correlation_id=tracing.correlation(self._handling.ids.uuid7),
            command_id=asked.command_id,
            fingerprint=asked.fingerprint,
            if_match=asked.if_match,
        )


def _reads(actor: Actor, unit: Unit) -> bool:
    """Whoever is there for a unit alone reads that unit alone."""
    return unit.code in actor.scopes(*UNIT_ROLES) or any(grant.role not in UNIT_ROLES for grant in actor.grants)


def _exception(one: ExceptionView) -> ExceptionAnswer:
    return ExceptionAnswer(
        id=one.id,
        call=one.call,
        family=one.family,
        unit=one.code,
        unit_name=one.name,
        reason=one.reason,
        granted_at=one.granted_at,
        taken_back=one.taken_back,
        taken_back_at=one.taken_back_at,
        used_by=one.used_by,
        number=one.number,
    )


def _unit(unit: Unit) -> UnitAnswer:
    bar = unit.bar
    return UnitAnswer(
        code=unit.code,
        name=unit.name,
        name_en=unit.name_en,
        kind=unit.kind.value,
        county=unit.county,
        legal_person=unit.legal_person,
        tags=tuple(sorted(tag.value for tag in unit.tags)),
        group_root=unit.group_root,
        bar=None
        if bar is None
        else BarAnswer(reason=bar.reason, decision_number=bar.decision_number, starts=bar.starts, until=bar.until),
    )
