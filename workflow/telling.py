"""Who will hear of a step, as pages and API ask for it: handed in from above, because letters are another room's."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

from directory.actor import Actor
from programmes.call import Call
from workflow.application import Application

Told: TypeAlias = Callable[[Collection[str], Application, Call], Mapping[str, Sequence[Mapping[str, str]]]]
"""For each of some triggers, the audiences that would be told if it were taken now, in both languages."""


def nobody_told(
    triggers: Collection[str], application: Application, call: Call
) -> Mapping[str, Sequence[Mapping[str, str]]]:
    return dict.fromkeys(triggers, ())


Remind: TypeAlias = Callable[[UUID, str, Actor], int]
"""Writes once more to a unit that has not answered or not signed, for its application's lead; answers how many letters that
makes. Refused: ROLE_FORBIDDEN, NOTHING_AWAITED, REMINDED_TODAY."""


def nobody_reminded(application_id: UUID, unit: str, actor: Actor) -> int:
    return 0
