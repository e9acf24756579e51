"""What no single application can see: the next number, a free place on a list, what is promised already, used references.

Asked inside the transaction that decides. A UNIQUE constraint is behind each answer, so that a race is decided again.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from sqlalchemy import Connection, exists, func, or_, select

from consortium.state import Standing
from eventstore.projection import of_revision
from programmes.call import Call
from workflow import schema
from workflow.application import Application
from workflow.facts import Prior
from workflow.members import memberships
from workflow.projections import BankReferences
from workflow.stages import Stage
from workflow.standing import list_of
from workflow.worklist import applications

_PAID_OR_TO_BE_PAID = (Stage.AWARDED, Stage.DISBURSING, Stage.DISBURSED, Stage.CLOSED, Stage.RECOVERING)
_PROPOSED = (Stage.PROPOSED, Stage.PUBLIC_NOTICE, Stage.OBJECTION_HOLD)

_AWARDED = frozenset(
    {
        Stage.AWARDED,
        Stage.DISBURSING,
        Stage.DISBURSED,
        Stage.CLOSED,
        Stage.RECOVERING,
        Stage.RECOVERED,
    }
)
_NOT_LIVE = frozenset({Stage.DRAFT, Stage.WITHDRAWN, Stage.LAPSED})


def next_serial(db: Connection, call: str, programme: str) -> int:
    """One more than the highest serial; on PostgreSQL under a lock, because many open at nine o'clock."""
    _one_at_a_time(db, f"number/{call}/{programme}")
    table = applications()
    highest = select(func.max(table.c.serial)).where(table.c.call == call, table.c.programme == programme)
    return (db.execute(highest).scalar() or 0) + 1


def free_slot(db: Connection, body: str, level: str, call: str, programme: str) -> int:
    """The lowest place that is free on the list of *body*."""
    table, listed = applications(), list_of(body, call, programme)
    on, slot = (
        (table.c.county_list, table.c.county_slot) if level == "county" else (table.c.city_list, table.c.city_slot)
    )
    taken = set(db.execute(select(slot).where(on == listed, slot.is_not(None))).scalars())
    return next(number for number in range(1, len(taken) + 2) if number not in taken)


def committed_fen(db: Connection, call: Call, without: str) -> int:
    """What the call has promised so far, one application left out; nobody else promises meanwhile."""
    _one_at_a_time(db, f"budget/{call.id}")
    return promised_fen(db, call, without)


def promised_fen(db: Connection, call: Call, without: str = "") -> int:
    """The same to be looked at, as it stands at this moment, in fen: what is awarded, and what is proposed. A proposal of a
    programme with a reserve sets nothing aside, for whom the money does not reach waits."""
    table = applications()
    waiting = [programme.id for programme in call.programmes if programme.reserve]
    stages = table.c.stage.in_([stage.value for stage in _PAID_OR_TO_BE_PAID])
    proposed = table.c.stage.in_([stage.value for stage in _PROPOSED]) & table.c.programme.not_in(waiting)
    promised = (
        table.c.call == call.id,
        table.c.amount_fen > 0,
        or_(stages, proposed),
        table.c.id != without,
    )
    return int(db.execute(select(func.coalesce(func.sum(table.c.amount_fen), 0)).where(*promised)).scalar_one())


def prior_of(db: Connection, application: Application, province: str) -> Prior:
    """What the unit was awarded before in this province, by name, and how many live applications of the call it leads.

    One that is sealed counts until it is withdrawn or lapses; the one that is judged counts as if it were sealed.
    """
    table = applications()
    others = (table.c.lead_unit == application.lead_unit, table.c.id != application.id, table.c.province == province)
    rows = db.execute(select(table.c.call, table.c.stage, table.c.project_name).where(*others)).all()
    awarded = {name for _, stage, name in rows if Stage(stage) in _AWARDED and name}
    leads = sum(1 for call, stage, _ in rows if call == application.call and Stage(stage) not in _NOT_LIVE)
    return Prior(awarded_names=frozenset(awarded), leads=leads + 1, joined=_joined(db, application))


def _joined(db: Connection, application: Application) -> Mapping[str, int]:
    """Of how many live applications of the call each member is one, by name; this one counts as if it were sealed."""
    names = {member.unit: member.unit_name for member in application.consortium.accepted}
    if not names:
        return {}
    table, joined = applications(), memberships()
    both = joined.join(table, table.c.id == joined.c.application)
    live = table.c.stage.not_in([stage.value for stage in _NOT_LIVE])
    others = (table.c.call == application.call, table.c.id != application.id, live)
    of_them = (joined.c.unit.in_(sorted(names)), joined.c.standing == Standing.ACCEPTED.value)
    counts = select(joined.c.unit, func.count()).select_from(both).where(*of_them, *others).group_by(joined.c.unit)
    elsewhere = {str(unit): int(count) for unit, count in db.execute(counts)}
    return {name: elsewhere.get(unit, 0) + 1 for unit, name in names.items()}


def bank_reference_used(db: Connection, reference: str) -> bool:
    table = of_revision(schema.bank_references, BankReferences.revision)
    return bool(db.execute(select(exists().where(table.c.reference == reference))).scalar())


def booked(db: Connection, references: Sequence[str]) -> dict[str, str]:
    """Those of *references* that were booked before, each with the application it was booked for."""
    table = of_revision(schema.bank_references, BankReferences.revision)
    query = select(table.c.reference, table.c.application).where(table.c.reference.in_(references))
    return dict(iter(db.execute(query)))


def _one_at_a_time(db: Connection, what: str) -> None:
    """Until the transaction ends. SQLite has one writer anyway."""
    if db.dialect.name == "postgresql":
        key = int.from_bytes(sha256(what.encode()).digest()[:8], "big", signed=True)
        db.execute(select(func.pg_advisory_xact_lock(key)))
