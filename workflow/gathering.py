"""Facts for a decision, gathered inside its transaction: for each command what it asks about, and nothing else."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from directory.actor import Actor
from directory.records import Directory
from eventstore.event import RecordedEvent
from eventstore.ids import Ids
from eventstore.refusal import Refusal, Refused
from programmes.call import Call
from programmes.identifiers import NotReadable, credit_code
from programmes.unit_rules import (
    GroupAsRegistered,
    JoinsUpTo,
    LeadsUpTo,
    LegalPerson,
    NotAwardedBefore,
    NotBarred,
    UnitKind,
    UnitTag,
)
from workflow import commands as c
from workflow import exceptions, places, set_rules, verdicts
from workflow.application import Application
from workflow.discretion import actor_for
from workflow.dossier import view_of
from workflow.exclusivity import claims, settle
from workflow.facts import Expert, Facts, Former, Latest
from workflow.standing import Definitions

Randomness = Callable[[int], bytes]
Register = Callable[[Connection], Directory]
SEED_BYTES = 32


class Gathering:
    """Knows where each fact comes from. *randomness* answers bytes that nobody can foresee: the seed of a draw, the secret
    of a link; *ids* what the link is called."""

    def __init__(self, definitions: Definitions, register: Register, randomness: Randomness, ids: Ids) -> None:
        self._ids = ids
        self.definitions = definitions
        self._register = register
        self._randomness = randomness

    def call_of(self, application: Application, command: c.Command | None = None) -> Call:
        """The definition frozen in the application, or the current one of the call that is to be opened."""
        if application.stage is not None:
            return self.definitions.get(application.call, application.definition_digest)
        try:
            return self.definitions.get(command.call if isinstance(command, c.Open) else "")
        except KeyError:
            raise Refused(Refusal.of("DEFINITION_UNKNOWN", call=getattr(command, "call", ""))) from None

    def known(self, application: Application, latest: RecordedEvent | None, actor: Actor, now: datetime) -> Facts:
        """What can be known without asking the database."""
        return Facts(
            now=now, actor=actor, call=self.call_of(application), latest=latest_for(latest, application, actor)
        )

    def facts(
        self,
        db: Connection,
        application: Application,
        latest: RecordedEvent | None,
        command: c.Command,
        actor: Actor,
        now: datetime,
    ) -> Facts:
        call = self.call_of(application, command)
        facts = Facts(now=now, actor=actor, call=call, latest=latest_for(latest, application, actor))
        match command:
            case c.Open():
                return self._opening(db, command, facts)
            case c.Invite(unit=unit):
                return replace(self._linking(facts), unit=self._register(db).unit(_code_of(unit)))
            case c.AskConfirmation():
                return self._linking(facts)
            case c.Seal() | c.Resubmit():
                return replace(self.of_the_unit(db, application, facts), infected=self.infected(db, application))
            case c.Recommend():
                return replace(facts, free_slot=_free_slot(db, application))
            case c.DrawPanel():
                kin = (one for unit in application.units for one in self._register(db).kin(unit))
                pool, seed = self._pool(db, call.province), self._randomness(SEED_BYTES).hex()
                return replace(facts, expert_pool=pool, seed=seed, kin=tuple(kin))
            case c.Propose() | c.Award():
                return replace(facts, committed_fen=set_rules.committed_fen(db, call, application.id))
            case c.ConfirmPaid(bank_reference=reference) | c.RecordRepayment(bank_reference=reference):
                return replace(facts, bank_reference_used=set_rules.bank_reference_used(db, reference.strip()))
            case c.Correct(new_reference=reference) if reference.strip():
                return replace(facts, bank_reference_used=set_rules.bank_reference_used(db, reference.strip()))
            case c.ConfirmCorrection(accepted=True) if application.correction and application.correction.new_reference:
                reference = application.correction.new_reference
                return replace(facts, bank_reference_used=set_rules.bank_reference_used(db, reference))
            case c.HandOn(parts=parts):
                asked = [part.bank_reference.strip() for part in parts]
                return replace(facts, booked=frozenset(set_rules.booked(db, asked)))
            case _:
                return facts

    def _linking(self, facts: Facts) -> Facts:
        """A one-time link to be sent: its id, and its secret of 256 bits."""
        return replace(facts, link_id=str(self._ids.uuid7()), secret=_secret(self._randomness))

    def infected(self, db: Connection, application: Application) -> frozenset[str]:
        """Which files of the text, and which signed commitments, a virus was found in."""
        files = (file.sha256 for held in application.attachments.values() for file in held)
        return verdicts.infected(db, {*files, *(made.scan_sha256 for made in application.commitments.values())})

    def of_the_unit(self, db: Connection, application: Application, facts: Facts) -> Facts:
        """What judging asks of the lead unit: the register and, only where the programme asks it, the other applications."""
        kin = tuple(self._register(db).kin(application.lead_unit))
        unit = next((one for one in kin if one.code == application.lead_unit), None)
        facts = replace(facts, unit=unit, kin=kin)
        if _asks(facts.call, application.direction, _OF_OTHERS, finding=False):
            facts = replace(facts, prior=set_rules.prior_of(db, application, facts.call.province))
        wanted = claims(application, facts.call, unit)
        if not wanted:
            return facts
        facts = replace(facts, taken=places.taken(db, wanted))
        if not settle(application, facts).refusals:
            return facts
        return replace(facts, exceptions=exceptions.free_for(db, wanted, application.id))

    def for_findings(self, db: Connection, application: Application, facts: Facts) -> Facts:
        """What the findings of the programme ask, which stop nobody: register and other applications, each where asked."""
        call, direction = facts.call, application.direction
        if _asks(call, direction, _OF_THE_REGISTER, finding=True):
            kin = tuple(self._register(db).kin(application.lead_unit))
            unit = next((one for one in kin if one.code == application.lead_unit), None)
            facts = replace(facts, unit=unit, kin=kin)
        if _asks(call, direction, _OF_OTHERS, finding=True):
            facts = replace(facts, prior=set_rules.prior_of(db, application, call.province))
        return facts

    def _opening(self, db: Connection, command: c.Open, facts: Facts) -> Facts:
        unit = self._register(db).unit(command.unit)
        try:
            programme = facts.call.programme_of(command.direction)
        except KeyError:
            return replace(facts, unit=unit)
        serial = set_rules.next_serial(db, facts.call.id, programme.id)
        return replace(facts, unit=unit, next_number=programme.application_number(facts.call.year, serial))

    def _pool(self, db: Connection, province: str) -> tuple[Expert, ...]:
        return tuple(
            Expert(
                id=expert.person.id,
                fields=tuple(sorted(expert.fields)),
                employer=expert.employer,
                former=tuple(Former(employer=one.employer, until=one.until) for one in expert.former),
            )
            for expert in self._register(db).experts(province=province)
        )


_OF_OTHERS = (NotAwardedBefore, LeadsUpTo, JoinsUpTo)
_OF_THE_REGISTER = (GroupAsRegistered, UnitKind, UnitTag, LegalPerson, NotBarred)


def _asks(call: Call, direction: str, kinds: tuple[type, ...], *, finding: bool) -> bool:
    """Whether a finding of the programme, or a rule that stops somebody, is one of *kinds*."""
    checks = call.programme_of(direction).checks
    return any((rule.when == "warn") is finding and isinstance(rule, kinds) for rule in checks)


def _secret(randomness: Randomness) -> str:
    return urlsafe_b64encode(randomness(SEED_BYTES)).decode().rstrip("=")


def _code_of(typed: str) -> str:
    """The unit's code in its normal form; what is none finds no unit."""
    try:
        return credit_code(typed[:64])
    except NotReadable:
        return ""


def _free_slot(db: Connection, application: Application) -> int:
    step = application.next_step
    if step is None:
        return 1
    return set_rules.free_slot(db, step.body, step.level, application.call, application.programme)


def latest_for(recorded: RecordedEvent | None, application: Application, actor: Actor) -> Latest | None:
    """The newest event as *actor* is told of it when slower; whose it was is still an id here (see Handling)."""
    if recorded is None:
        return None
    who = actor_for(recorded, view_of(actor, application))
    return Latest(event=recorded.type, actor=who, at=recorded.instant)
