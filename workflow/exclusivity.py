"""One project a year: which places an application needs to be sealed, who has them, and whether an exception gives way.

Pure. The places of others come in the facts, gathered inside the transaction; a constraint stands behind the answer, so
that of two who seal in the same instant one is told to decide again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from directory.unit import Unit
from eventstore.refusal import Refusal
from programmes.call import Call
from programmes.unit_rules import Exclusivity
from workflow.answers import plain
from workflow.application import Application
from workflow.events import ExclusivePlace
from workflow.facts import Facts, Granted

EXCEPTION = "exception"
"""The kind of place that an exception itself is: one application uses it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one exclusivity asks of an application: every place of *keys*, for *holder*."""

    rule: Exclusivity
    scope: str
    keys: tuple[str, ...]
    holder: str

    def place(self, key: str, exception: str = "") -> ExclusivePlace:
        return ExclusivePlace(scope=self.scope, per=self.rule.per, key=key, holder=self.holder, exception=exception)


@dataclass(frozen=True, slots=True)
class Settled:
    """The places an application takes, under which exception; or why it cannot."""

    places: tuple[ExclusivePlace, ...] = ()
    exception: str = ""
    refusals: tuple[Refusal, ...] = ()


def scope_of(call: Call, family: str) -> str:
    """What is exclusive together: the programmes of a family in one year of one province. No date, no number in it moves."""
    return f"{call.province}-{family}-{call.year}"


def claims(application: Application, call: Call, unit: Unit | None) -> tuple[Claim, ...]:
    """What the definition asks of this application, rule by rule."""
    return tuple(
        Claim(
            rule=rule,
            scope=scope_of(call, rule.family),
            keys=_keys(rule, application, unit),
            holder=application.id if rule.per == "unit" else application.lead_unit,
        )
        for rule in call.programme_of(application.direction).exclusivity
    )


def _keys(rule: Exclusivity, application: Application, unit: Unit | None) -> tuple[str, ...]:
    """The unit; for a group also the roots that the register and the form name, whichever does (A-24)."""
    if rule.per == "unit":
        return (application.lead_unit,)
    declared = _declared(rule, plain(application.answers))
    registered = unit.group_root if unit else ""
    return tuple(dict.fromkeys(key for key in (application.lead_unit, registered, declared) if key))


def _declared(rule: Exclusivity, answers: Mapping[str, Any]) -> str:
    answer = answers.get(rule.declared_in) if rule.declared_in else None
    return answer if isinstance(answer, str) else ""


def settle(application: Application, facts: Facts) -> Settled:
    """The places, or a refusal for every rule that another application stands against. Whose it is, is not said."""
    wanted = claims(application, facts.call, facts.unit)
    if not wanted:
        return Settled()
    taken = {(place.scope, place.per, place.key): place.holder for place in facts.taken if not place.exception}
    clashing = [claim for claim in wanted if any(_clashes(claim, key, taken) for key in claim.keys)]
    granted = next((one for one in facts.exceptions if _gives_way(one, clashing)), None) if clashing else None
    if clashing and granted is None:
        return Settled(refusals=tuple(Refusal.of(claim.rule.code, source=claim.rule.source) for claim in clashing))
    return Settled(tuple(_places(application, wanted, taken, granted)), granted.id if granted else "")


def _clashes(claim: Claim, key: str, taken: Mapping[tuple[str, str, str], str]) -> bool:
    return taken.get((claim.scope, claim.rule.per, key), claim.holder) != claim.holder


def _gives_way(granted: Granted, clashing: Sequence[Claim]) -> bool:
    """An exception for the unit serves every rule, for its keys hold the unit; one for a group serves the group's."""
    return all(
        claim.rule.waivable and granted.scope == claim.scope and granted.code in claim.keys for claim in clashing
    )


def _places(
    application: Application,
    wanted: Sequence[Claim],
    taken: Mapping[tuple[str, str, str], str],
    granted: Granted | None,
) -> Iterator[ExclusivePlace]:
    for claim, key in chain.from_iterable(((claim, key) for key in claim.keys) for claim in wanted):
        beside = granted.id if granted is not None and _clashes(claim, key, taken) else ""
        yield claim.place(key, beside)
    if granted is not None:
        yield ExclusivePlace(scope=granted.scope, per=EXCEPTION, key=granted.id, holder=application.id)
