"""Which bodies recommend an application, in which order: a table of the call, read once when the unit seals.

It cannot be computed from the unit's kind or code; the first rule that matches decides. A level that a route does not
have is named, never jumped in silence. In a city without counties the town's bureau recommends at the county's place.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field as Setting

from programmes.vocabulary import Cited, Several, Vocabulary, Words

Level = Literal["county", "city", "province"]

_LEVELS: tuple[Level, ...] = ("county", "city", "province")


class Whom(Vocabulary):
    """Whom a rule is for: units registered in these divisions, in a town of these cities, with one of these tags. All empty: everybody."""

    county: Several = ()
    town_of: Several = ()
    tag: Several = ()

    def matches(self, county: str, tags: Collection[str]) -> bool:
        in_place = not self.county or any(county.startswith(code) for code in self.county)
        in_town = not self.town_of or any(county != city and county.startswith(city) for city in self.town_of)
        return in_place and in_town and (not self.tag or any(tag in tags for tag in self.tag))


class RouteRule(Cited):
    """A line of the table. `bodies` names a recommending body that is not the division itself: a park, a new area."""

    id: str
    label: Words
    whom: Whom = Whom()
    steps: tuple[Level, ...]
    copy_to: tuple[Level, ...] = ()
    bodies: dict[Level, str] = Setting(default_factory=dict[Level, str])


@dataclass(frozen=True, slots=True)
class RouteStep:
    body: str
    level: Level


@dataclass(frozen=True, slots=True)
class Route:
    """The bodies in their order, the rule that said so, the levels it does not have, and who gets a copy."""

    steps: tuple[RouteStep, ...]
    rule: str
    not_applicable: tuple[Level, ...]
    copied_to: tuple[str, ...]

    def after(self, body: str) -> RouteStep | None:
        """The step behind *body*; None behind the last, and behind a body that is not on the route."""
        bodies = [step.body for step in self.steps]
        place = bodies.index(body) + 1 if body in bodies else len(bodies)
        return self.steps[place] if place < len(bodies) else None


class NoRoute(Exception):
    """No line of the route table is for this unit."""


def find_route(table: Sequence[RouteRule], county: str, tags: Collection[str]) -> Route:
    """The route of a unit in *county* (GB/T 2260, six digits; a town has nine) that carries *tags*. NoRoute where no rule matches."""
    for rule in table:
        if rule.whom.matches(county, tags):
            return Route(
                steps=tuple(RouteStep(_body(rule, level, county), level) for level in rule.steps),
                rule=rule.id,
                not_applicable=tuple(level for level in _LEVELS if level not in rule.steps),
                copied_to=tuple(_body(rule, level, county) for level in rule.copy_to),
            )
    raise NoRoute(f"no route for a unit in {county}")


def _body(rule: RouteRule, level: Level, county: str) -> str:
    division = {"county": county, "city": f"{county[:4]}00", "province": county[:2]}
    return rule.bodies.get(level, division[level])
