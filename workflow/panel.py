"""Who may sit on a panel, and who is drawn.

Pure. The draw is repeatable: seed, candidates and rule are written down, so that anybody can draw again and compare. Of
everybody who was left out the record says why.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from directory.unit import Unit
from programmes.call import Call, FieldShare, Review
from workflow.application import Application
from workflow.events import Candidate, LeftOut, PanelDrawn
from workflow.facts import Expert
from workflow.shares import name_of


@dataclass(frozen=True, slots=True)
class Sifted:
    """The pool, parted: who may be drawn, by id, and who may not and why."""

    candidates: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...]


def sift(pool: Sequence[Expert], application: Application, rule: Review, year: int, kin: Sequence[Unit] = ()) -> Sifted:
    """Never again who was drawn or stepped aside, and nobody whom a unit that applies employs, or employed within the years
    that the programme says (《评标专家和评标专家库管理暂行办法》; 浙江评审专家规定第三十六条 takes three). Nor anybody whom another
    company of such a unit's group employs: *kin*, the units that apply and their groups, as the register has them."""
    units = {name: unit for unit in application.units for name in (unit, name_of(application, unit)) if name}
    groups = _groups(application, kin)
    candidates: list[Candidate] = []
    left_out: list[LeftOut] = []
    for expert in sorted(pool, key=lambda one: one.id):
        why = _left_out(expert, application, units, year - rule.avoid_years)
        if why is None and expert.employer in groups:
            why = LeftOut(expert=expert.id, why="group", unit=groups[expert.employer])
        if why is None:
            candidates.append(Candidate(expert=expert.id, fields=expert.fields, employer=expert.employer))
        else:
            left_out.append(why)
    return Sifted(tuple(candidates), tuple(left_out))


def _groups(application: Application, kin: Sequence[Unit]) -> Mapping[str, str]:
    """By code and by name every unit of *kin*, and the root of each group, with the one of the group that applies."""
    applying = {str(unit.group_root or unit.code): str(unit.code) for unit in kin if unit.code in application.units}
    return applying | {
        name: applying[unit.group_root or unit.code]
        for unit in kin
        if (unit.group_root or unit.code) in applying
        for name in (str(unit.code), unit.name)
    }


def _left_out(expert: Expert, application: Application, units: Mapping[str, str], before: int) -> LeftOut | None:
    review = application.review
    if expert.id in review.conflicts:
        return LeftOut(expert=expert.id, why="conflict")
    if expert.id in review.drawn_ever:
        return LeftOut(expert=expert.id, why="drawn_before")
    if expert.employer in units:
        return LeftOut(expert=expert.id, why="employer", unit=units[expert.employer])
    for former in expert.former:
        if former.employer in units and former.until >= before:
            return LeftOut(expert=expert.id, why="former_employer", unit=units[former.employer], until=former.until)
    return None


def in_seeded_order(candidates: Sequence[Candidate], seed: str) -> list[Candidate]:
    """By SHA-256 of seed and id: an order that nobody can foresee and everybody can repeat."""
    ranked = sorted(candidates, key=lambda one: one.expert)
    ranked.sort(key=lambda one: hashlib.sha256(f"{seed}:{one.expert}".encode()).digest())
    return ranked


def draw(
    candidates: Sequence[Candidate], seed: str, places: int, rule: Review, seated: Sequence[Candidate] = ()
) -> tuple[str, ...]:
    """*places* experts in the seeded order, passing over whoever would leave the rest without the mix of fields or with two of
    one employer. Nobody where the candidates cannot make it. *seated*: who is on the panel already."""
    sought = _Sought(rule, seated)
    ranked = in_seeded_order(candidates, seed)
    if not sought.attainable(ranked, places):
        return ()
    drawn: list[str] = []
    alike = _likeness(ranked, rule)
    passed_over: set[tuple[frozenset[str], str]] = set()
    for place, one in enumerate(ranked):
        if len(drawn) == places:
            break
        if alike(one) in passed_over or not sought.takes(one):
            continue
        if sought.with_(one).attainable(ranked[place + 1 :], places - len(drawn) - 1):
            sought = sought.with_(one)
            drawn.append(one.expert)
        else:
            passed_over.add(alike(one))
    return tuple(drawn)


def _likeness(candidates: Sequence[Candidate], rule: Review) -> Callable[[Candidate], tuple[frozenset[str], str]]:
    """What makes it the same whom of two one takes: the sought fields they know, and an employer shared with others. Where
    one was passed over, all later ones alike would be."""
    mix = frozenset(share.field for share in rule.mix)
    working = Counter(one.employer for one in candidates if rule.one_per_employer)
    return lambda one: (mix.intersection(one.fields), one.employer if working[one.employer] > 1 else "")


def lacking(
    candidates: Sequence[Candidate], places: int, rule: Review, seated: Sequence[Candidate] = ()
) -> Iterator[tuple[FieldShare, int]]:
    """The fields of which the candidates and who is seated cannot make up what the mix asks, each with how many there are."""
    for share in rule.mix:
        there = sum(share.field in one.fields for one in seated)
        if there + min(places, sum(share.field in one.fields for one in candidates)) < share.at_least:
            yield share, there + sum(share.field in one.fields for one in candidates)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawRecord:
    """抽取记录: one draw, and whether drawing again from what was written down gives the same experts."""

    drawn: tuple[str, ...]
    seed: str
    candidates: tuple[Candidate, ...]
    seated: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...]
    replaces: str
    reason: str
    repeats: bool


def draw_record(application: Application, call: Call) -> tuple[DrawRecord, ...]:
    """Every draw of *application* under the rule of *call*, each drawn once more and compared.

    Of draws from before candidates were written down the pool alone is known, which was all that counted then.
    """
    return tuple(_recorded(event, call.review) for event in application.review.draws)


def _recorded(event: PanelDrawn, rule: Review) -> DrawRecord:
    candidates = event.candidates or tuple(Candidate(expert=expert) for expert in event.pool)
    known = rule if event.candidates else rule.model_copy(update={"mix": (), "one_per_employer": False})
    again = draw(candidates, event.seed, len(event.drawn), known, event.seated)
    return DrawRecord(
        drawn=event.drawn,
        seed=event.seed,
        candidates=candidates,
        seated=event.seated,
        left_out=event.left_out,
        replaces=event.replaces,
        reason=event.reason,
        repeats=again == event.drawn,
    )


class _Sought:
    """What is still to be found: of each field so many, and none of an employer who has one already."""

    def __init__(self, rule: Review, seated: Sequence[Candidate]) -> None:
        self._apart = rule.one_per_employer
        self._needs = Counter({share.field: share.at_least for share in rule.mix})
        self._employers: frozenset[str] = frozenset()
        for one in seated:
            self._take(one)

    def _take(self, one: Candidate) -> None:
        self._needs = +(self._needs - Counter(one.fields))
        self._employers |= {one.employer} - {""}

    def takes(self, one: Candidate) -> bool:
        return not (self._apart and one.employer in self._employers)

    def with_(self, one: Candidate) -> "_Sought":
        other = object.__new__(_Sought)
        other._apart, other._needs, other._employers = self._apart, self._needs, self._employers
        other._take(one)
        return other

    def attainable(self, rest: Sequence[Candidate], places: int) -> bool:
        """Whether *places* of *rest* can make up what is sought: few enough who serve it, and anybody for what is over."""
        offers: dict[str, set[frozenset[str]]] = {}
        for one in filter(self.takes, rest):
            of = one.employer if self._apart else ""
            offers.setdefault(of or f":{one.expert}", set()).add(frozenset(one.fields).intersection(self._needs))
        return len(offers) >= places and self._coverable(Counter(map(frozenset, offers.values())), places)

    def _coverable(self, offers: Mapping[frozenset[frozenset[str]], int], places: int) -> bool:
        """Whether *places* can cover the needs; of each offer, the fields of whom one may be taken, there are so many.

        Keeps to every remainder of the needs the fewest that lead there, so that its time grows with the offers alone.
        """
        fields, covered = tuple(self._needs), (0,) * len(self._needs)
        fewest = {tuple(self._needs.values()): 0}
        for offer, number in offers.items():
            for _ in range(min(number, places)):
                if fewest.get(covered, places + 1) <= places:
                    return True
                for needs, taken in list(fewest.items()):
                    if taken + max(needs, default=0) > places:
                        continue
                    for serves in filter(None, offer):
                        left = tuple(
                            max(need - (field in serves), 0) for field, need in zip(fields, needs, strict=True)
                        )
                        fewest[left] = min(taken + 1, fewest.get(left, places + 1))
        return fewest.get(covered, places + 1) <= places
