"""The lifecycle asked: what stage a wish leads to, which steps stand open, and every reason why not.

The only place that knows `transitions`. One shared machine with no registered model, built from the table of `steps.py`,
asks all guards of a step and collects their refusals; folding events never comes here, because rules change and history
does not.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from transitions import EventData, Machine, Transition

from directory.actor import UNIT_ROLES, Actor, Grant, Role
from directory.policy import POLICY
from eventstore.refusal import Refusal, Refused
from workflow.application import Application
from workflow.commands import Command, RecordCommitment
from workflow.facts import Facts
from workflow.guards import Guard, Selector
from workflow.labels import labelled
from workflow.stages import ENDS, Stage
from workflow.steps import CONSORTIUM, LIFECYCLE, REVISION, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A step as a person sees it: open, or closed and why."""

    trigger: str
    open: bool
    entered: Stage | None
    refusals: tuple[Refusal, ...] = ()
    document: str = ""
    told: tuple[str, ...] = ()


class Attempt:
    """One wish in front of the machine; made, triggered, thrown away. *state* is what the machine moves."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


@dataclass(slots=True)
class _Case:
    """What the guards look at, and where their refusals gather."""

    application: Application
    command: Command | None
    facts: Facts
    refusals: list[Refusal] = field(default_factory=list[Refusal])


class ExplainedTransition(Transition):
    """A transition that asks *all* its guards; the library alone would answer a bare False at the first."""

    def __init__(self, *args: Any, guards: tuple[Guard, ...] = (), when: Selector | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.guards, self.when = guards, when

    def _eval_conditions(self, event_data: EventData) -> bool:
        case: _Case = event_data.kwargs["case"]
        if self.when and not self.when(case.application, case.command, case.facts):
            return False
        found = asked(self.guards, case.application, case.command, case.facts)
        case.refusals.extend(found)
        return not found


_NOWHERE = "nowhere"


class LifecycleMachine(Machine):
    """The library's machine with explained transitions; read-only once built."""

    transition_cls = ExplainedTransition


def _machine() -> LifecycleMachine:
    states = [_NOWHERE, *(stage.value for stage in Stage)]
    machine = LifecycleMachine(model=None, states=states, initial=_NOWHERE, auto_transitions=False)
    for step in LIFECYCLE:
        source = step.source.value if step.source else _NOWHERE
        machine.add_transition(step.trigger, source, step.dest.value, guards=step.guards, when=step.when)
    return machine


_MACHINE = _machine()

_BY_STAGE: Mapping[Stage | None, Mapping[str, tuple[Step, ...]]] = {
    stage: {
        trigger: tuple(step for step in LIFECYCLE if step.source is stage and step.trigger == trigger)
        for trigger in dict.fromkeys(step.trigger for step in LIFECYCLE if step.source is stage)
    }
    for stage in (None, *Stage)
}
"""The table compiled once for pages: a list of fifty rows asks this, not the machine."""


def enter(trigger: str, application: Application, command: Command, facts: Facts) -> Stage:
    """The stage that *trigger* leads to; Refused with every reason, or with the event that came first."""
    if forbidden := role_refusal(trigger, application, facts.actor, command):
        raise Refused((forbidden,))
    if trigger not in _BY_STAGE[application.stage]:
        raise Refused((wrong_stage(trigger, application, facts),))
    case = _Case(application, command, facts)
    attempt = Attempt(application.stage.value if application.stage else _NOWHERE)
    if _MACHINE.events[trigger].trigger(attempt, case=case):
        return Stage(attempt.state)
    raise Refused(case.refusals or (Refusal.of("NO_SUCH_STEP", trigger=trigger, stage=_name(application)),))


def actions(application: Application, facts: Facts) -> tuple[Action, ...]:
    """Every step this actor's roles could take from here: open, or closed with the reasons a command would get.

    Guards that look at what a person would type find no command and stay silent.
    """
    found: list[Action] = []
    for trigger, rows in _BY_STAGE[application.stage].items():
        if not _may(trigger, application, facts.actor):
            continue
        row = next((row for row in rows if row.when is None or row.when(application, None, facts)), None)
        if row is None:
            continue
        refusals = labelled(asked(row.guards, application, None, facts), facts.call, application.direction)
        found.append(
            Action(
                trigger=trigger,
                open=not refusals,
                entered=row.dest,
                refusals=refusals,
                document=row.document,
                told=row.told,
            )
        )
    return tuple(found)


def role_refusal(
    trigger: str, application: Application, actor: Actor, command: Command | None = None
) -> Refusal | None:
    """ROLE_FORBIDDEN unless one of the actor's grants may do this, a unit's grant being for the unit that leads, or for a
    member where the step is a member's own."""
    if _may(trigger, application, actor, command):
        return None
    allowed = sorted(role.value for role in POLICY[f"application.{trigger}"])
    return Refusal.of("ROLE_FORBIDDEN", trigger=trigger, allowed=allowed)


def _may(trigger: str, application: Application, actor: Actor, command: Command | None = None) -> bool:
    roles = POLICY[f"application.{trigger}"]
    units = application.units if trigger in _OF_MEMBERS or isinstance(command, RecordCommitment) else ()
    if any(grant.role in roles and _fits(grant, application, units) for grant in actor.grants):
        return True
    return Role.PUBLIC in roles and Role.PUBLIC in actor.roles


_OF_MEMBERS = frozenset({"leave", "sign_agreement", "ask_confirmation", "print", "confirm_hand_on"})
"""Steps that a member takes for itself; everything else of the unit's is the lead's alone (协议第1条)."""


def _fits(grant: Grant, application: Application, units: Collection[str]) -> bool:
    if grant.role not in UNIT_ROLES or application.stage is None:
        return True
    return grant.scope == application.lead_unit or grant.scope in units


_ENDED_BY_THE_CLOCK = frozenset({"save", "seal", "resubmit"})


def wrong_stage(trigger: str, application: Application, facts: Facts) -> Refusal:
    """There is no such step from here; says which event came first, whose it was and when.

    What the clock ended is refused by the deadline that ended it: that is the reason the unit can understand.
    """
    if application.lapsed_by and trigger in _ENDED_BY_THE_CLOCK:
        until, now = application.lapsed_by.isoformat(), facts.now.isoformat()
        return Refusal.of("DEADLINE_PASSED", deadline=application.lapsed_from, until=until, now=now)
    if trigger in CONSORTIUM and application.stage is not None and application.stage not in ENDS:
        return Refusal.of("FROZEN", source="联合体成员规则")
    params: dict[str, str] = {"trigger": trigger, "stage": _name(application)}
    if latest := facts.latest:
        params |= {"event": latest.event, "by": latest.actor, "at": latest.at.isoformat()}
    return Refusal.of("WRONG_STAGE", **params)


def _name(application: Application) -> str:
    return application.stage.value if application.stage else ""


def asked(guards: Sequence[Guard], application: Application, command: Command | None, facts: Facts) -> list[Refusal]:
    """Every refusal of every guard, in the order of the table."""
    found: list[Refusal] = []
    for guard in guards:
        answer = guard(application, command, facts)
        if isinstance(answer, Refusal):
            found.append(answer)
        elif answer is not None:
            found.extend(answer)
    return found


__all__ = ["LIFECYCLE", "REVISION", "Action", "Step", "actions", "asked", "enter", "role_refusal", "wrong_stage"]
