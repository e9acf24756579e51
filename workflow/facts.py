"""What is known when a decision is taken: gathered first, inside the transaction, so that deciding needs nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from directory.actor import Actor
from directory.bureau import Bureau
from directory.unit import Unit
from paperwork.pdf_signature import PdfSignature
from programmes.call import Call
from workflow.application import Application
from workflow.events import ExclusivePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The newest event of the application: what the one who was slower is told."""

    event: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """An employer of before, by unit code or name, and the last year there."""

    employer: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expert:
    """An expert of the pool as the draw sees one: who, which fields, which employers (by unit code or name) to stay clear of."""

    id: str
    fields: tuple[str, ...] = ()
    employer: str = ""
    former: tuple[Former, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What else of the lead unit the house knows: names of its awarded projects, and how many of the call it leads; and of
    how many each member, by name, is one."""

    awarded_names: frozenset[str] = frozenset()
    leads: int = 1
    joined: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """An exception that stands and that no other application uses: one more place for unit or group *code* in *scope*."""

    id: str
    scope: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """*now* is the database's clock after the lock; everything after *latest* is gathered only for the command that asks it."""

    now: datetime
    actor: Actor
    call: Call
    latest: Latest | None = None
    section_saved: Latest | None = None
    bureau: Bureau | None = None
    unit: Unit | None = None
    link_id: str = ""
    secret: str = ""
    next_number: str = ""
    source: Application | None = None
    source_call: Call | None = None
    free_slot: int = 1
    expert_pool: tuple[Expert, ...] = ()
    seed: str = ""
    bank_reference_used: bool = False
    booked: frozenset[str] = frozenset()
    committed_fen: int = 0
    infected: frozenset[str] = frozenset()
    kin: tuple[Unit, ...] = ()
    prior: Prior | None = None
    taken: tuple[ExclusivePlace, ...] = ()
    exceptions: tuple[Granted, ...] = ()
    signatures: tuple[PdfSignature, ...] = ()
