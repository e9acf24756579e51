"""The papers of a consortium as somebody may have them made: which, whose, under which code, or why not yet."""

from collections.abc import Mapping
from dataclasses import dataclass

from directory.actor import UNIT_ROLES, Actor
from eventstore.refusal import Refusal
from programmes.call import Call
from workflow.application import Application
from workflow.printing.issuing import issue_of, joint_kinds, kinds_for, not_fixed
from workflow.printing.kinds import COMMITMENT, base_of, owner_of
from workflow.printing.naming import kind_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Printable:
    """A paper that can be asked for under *kind*. *unit*: whose own it is, "" of all parties; *label* in both languages.

    *version* is that of the text as it stands; *code* is there once it was printed. *lacking*: why it cannot be made now.
    """

    kind: str
    unit: str
    label: Mapping[str, str]
    version: int
    code: str = ""
    lacking: Refusal | None = None


def printable(actor: Actor, application: Application, call: Call) -> tuple[Printable, ...]:
    """Every paper of the consortium that *actor* may have made: the lead's people all of them, a member's the sheet of all parties
    and its own. None where nobody joined."""
    units = actor.scopes(*UNIT_ROLES)
    joint = joint_kinds(application, call)
    if not joint or units.isdisjoint(application.units):
        return ()
    offered = [kind for kind in (COMMITMENT, *joint) if kind in kinds_for(units, application, call)]
    order = sorted(
        offered, key=lambda kind: base_of(kind) == COMMITMENT
    )  # the agreement first, the lead's commitment before others
    return tuple(_printable(application, call, kind) for kind in order)


def _printable(application: Application, call: Call, kind: str) -> Printable:
    made = issue_of(application, call, kind)
    return Printable(
        kind=kind,
        unit=owner_of(kind, application),
        label=kind_words(kind, application),
        version=made.version,
        code=made.code if made.issued else "",
        lacking=not_fixed(application, kind),
    )


__all__ = ["Printable", "printable"]
