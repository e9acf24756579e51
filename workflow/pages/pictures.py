"""A survey as pictures, each with the table of its numbers; every number leads to the list of the applications behind it.

The same rows become the page's table, CSV and xlsx.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup

from directory.division import DivisionUnknown, divisions
from programmes.call import Call
from web import format as fmt
from web.format import Language
from web.texts import t
from workflow.funded import PAYMENT, REPAYMENT
from workflow.pages import drawing
from workflow.pages.desk import office
from workflow.stages import Stage
from workflow.survey import Cause, Stay, Survey
from workflow.tallying import CONFIRMED, INSTRUCTED, PLANNED, RETURNED, UNIT, What

NAMES = ("funnel", "flow", "stays", "causes", "awards", "money")
_ORDER = (
    Stage.DRAFT, Stage.RETURNED, Stage.UNIT_SEALED, Stage.COUNTY_RECOMMENDED, Stage.CITY_RECOMMENDED, Stage.FORMAL_REVIEW,
    Stage.EXPERT_REVIEW, Stage.SITE_CHECK, Stage.PROPOSED, Stage.PUBLIC_NOTICE, Stage.OBJECTION_HOLD, Stage.RESERVED,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """*text* as the page says it, *plain* as it is exported; *href* leads to what is behind a number."""

    text: str
    plain: str
    href: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """*heads* are keys of the catalogue."""

    name: str
    svg: Markup
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Drawn:
    """The pictures of one survey in one language; *home* is the list that the numbers lead to."""

    def __init__(self, found: Survey, call: Call, home: str, language: Language) -> None:
        self._found, self._call, self._home = found, call, home
        self._language: Language = language

    def picture(self, name: str) -> Picture:
        match name:
            case "funnel":
                return self._funnel()
            case "flow":
                return self._flow()
            case "stays":
                return self._stays()
            case "causes":
                return self._causes()
            case "awards":
                return self._awards()
            case "money":
                return self._money()
            case _:
                raise KeyError(name)

    def all(self) -> list[Picture]:
        return [self.picture(name) for name in NAMES]

    def _funnel(self) -> Picture:
        levels = self._found.funnel
        bands = [
            drawing.Band(
                said=self._t("survey.level", stage=self._stage(one.stage), reached=one.reached, now=one.now),
                whole=one.reached,
                part=one.now,
            )
            for one in levels
        ]
        rows = [
            (
                self._word(self._stage(one.stage)),
                self._count(one.reached, self._behind(What.REACHED, one.stage)),
                self._count(one.now, self._list(stage=one.stage)),
            )
            for one in levels
        ]
        return self._picture("funnel", drawing.funnel(self._t("survey.funnel"), bands), "stage reached now", rows)

    def _flow(self) -> Picture:
        flows = self._found.flows
        met = {stage for flow in flows for stage in (flow.source, flow.dest)}
        boxes = [stage for stage in (*_ORDER, *(stage for stage in Stage if stage not in _ORDER)) if stage in met]
        arrows = [
            drawing.Arrow(
                source=boxes.index(flow.source),
                dest=boxes.index(flow.dest),
                said=self._number(flow.times),
                back=flow.back,
            )
            for flow in flows
        ]
        svg = drawing.flow(self._t("survey.flow"), [self._stage(stage) for stage in boxes], arrows)
        rows = [
            (
                self._word(self._stage(flow.source)),
                self._word(self._stage(flow.dest)),
                self._count(flow.times, self._behind(What.FLOW, flow.source, flow.dest)),
            )
            for flow in flows
        ]
        return self._picture("flow", svg, "source dest times", rows)

    def _stays(self) -> Picture:
        stays = self._found.stays
        groups = [(f"{self._stage(stay.stage)} · {self._office(stay.office)}", self._days_of(stay)) for stay in stays]
        rows = [
            (
                self._word(self._stage(stay.stage)),
                self._word(self._office(stay.office)),
                self._count(stay.ended, self._behind(What.STAY, stay.stage, stay.office)),
                self._days(stay.tenths if stay.ended else None),
                self._count(stay.in_time),
                self._count(stay.late),
                self._count(stay.running, self._list(stage=stay.stage)),
                self._days(stay.running_tenths if stay.running else None),
            )
            for stay in stays
        ]
        svg = drawing.bars(self._t("survey.stays"), groups)
        return self._picture("stays", svg, "stage office ended days in_time late running running_days", rows)

    def _days_of(self, stay: Stay) -> list[drawing.Bar]:
        done = self._t("survey.days.said", days=_tenths(stay.tenths), late=stay.late)
        still = self._t("survey.days.now", n=stay.running, days=_tenths(stay.running_tenths))
        kind = "late" if stay.late else "done"
        return [
            *([drawing.Bar(kind=kind, value=stay.tenths, said=done)] if stay.ended else []),
            *([drawing.Bar(kind="still", value=stay.running_tenths, said=still)] if stay.running else []),
        ]

    def _causes(self) -> Picture:
        causes = self._found.causes
        groups = [
            (self._cause(one), [drawing.Bar(kind="late", value=one.times, said=self._t("survey.times", n=one.times))])
            for one in causes[:_MOST]
        ]
        rows = [
            (
                self._word(self._cause(one)),
                self._word(self._stage(one.stage)),
                self._count(one.times, self._behind(What.CAUSE, f"{one.kind}/{one.item}", one.stage)),
            )
            for one in causes
        ]
        return self._picture("causes", drawing.bars(self._t("survey.causes"), groups), "cause from times", rows)

    def _awards(self) -> Picture:
        awards = self._found.awards
        groups = [
            (
                f"{self._city(one.city)} · {self._direction(one.direction)}",
                [
                    drawing.Bar(
                        kind="done", value=one.fen, said=self._t("survey.awarded", n=one.number, sum=self._wan(one.fen))
                    )
                ],
            )
            for one in awards
        ]
        rows = [
            (
                self._word(self._city(one.city)),
                self._word(self._direction(one.direction)),
                self._count(one.number, self._behind(What.AWARD, city=one.city, direction=one.direction)),
                self._fen(one.fen),
            )
            for one in awards
        ]
        svg = drawing.bars(self._t("survey.awards"), groups)
        return self._picture("awards", svg, "city direction number sum", rows)

    def _money(self) -> Picture:
        months = self._found.months
        groups = [
            (
                one.month,
                [
                    drawing.Bar(kind=kind, value=fen, said=self._t(f"survey.{word}", sum=self._wan(fen)))
                    for word, kind, fen in (
                        ("planned", "planned", one.planned),
                        ("paid", "paid", one.paid),
                        ("confirmed", "done", one.confirmed),
                    )
                ],
            )
            for one in months
        ]
        rows = [
            (
                self._word(one.month),
                *(
                    self._fen(fen, self._behind(What.MONEY, kind, one.month))
                    for kind, fen in (
                        (PLANNED, one.planned),
                        (INSTRUCTED, one.instructed),
                        (PAYMENT, one.paid),
                        (RETURNED, one.returned),
                        (REPAYMENT, one.repaid),
                        (CONFIRMED, one.confirmed),
                    )
                ),
            )
            for one in months
        ]
        svg = drawing.bars(self._t("survey.money"), groups)
        return self._picture("money", svg, "month planned instructed paid returned repaid confirmed", rows)

    def _picture(self, name: str, svg: Markup, heads: str, rows: Sequence[tuple[Cell, ...]]) -> Picture:
        return Picture(
            name=name, svg=svg, heads=tuple(f"survey.column.{head}" for head in heads.split()), rows=tuple(rows)
        )

    def _word(self, said: str) -> Cell:
        return Cell(text=said, plain=said)

    def _count(self, value: int, href: str = "") -> Cell:
        return Cell(text=self._number(value), plain=str(value), href=href if value else "", number=True)

    def _fen(self, fen: int, href: str = "") -> Cell:
        text = fmt.yuan(fen, self._language, unit=False)
        return Cell(text=text, plain=_yuan(fen), href=href if fen else "", number=True)

    def _days(self, tenths: int | None) -> Cell:
        said = "" if tenths is None else _tenths(tenths)
        return Cell(text=said or "—", plain=said, number=True)

    def _list(self, **given: str) -> str:
        return f"{self._home}?{urlencode({'all': '1', 'call': self._call.id, **given})}"

    def _behind(self, what: What, one: str = "", other: str = "", **narrowed: str) -> str:
        figure = {"figure": what.value, "one": str(one), "other": str(other), **narrowed}
        return self._list(**{name: value for name, value in figure.items() if value})

    def _t(self, key: str, **params: object) -> str:
        return t(key, self._language, **params)

    def _number(self, value: int) -> str:
        return fmt.number(value, self._language)

    def _wan(self, fen: int) -> str:
        return fmt.wan(fen, self._language)

    def _stage(self, stage: Stage) -> str:
        return self._t(f"stage.{stage.value}")

    def _office(self, code: str) -> str:
        return self._t("survey.unit") if code == UNIT else office(code)[self._language] or "—"

    def _city(self, code: str) -> str:
        try:
            return divisions().name(code, self._language)
        except DivisionUnknown:
            return code

    def _direction(self, direction: str) -> str:
        try:
            return _of(self._call.direction(direction).short, self._language) or direction
        except KeyError:
            return direction

    def _cause(self, cause: Cause) -> str:
        """By the label that the call's definition has for it, with its id, because labels of several programmes may agree."""
        label = next((known[cause.item] for known in _labels(self._call, self._language) if cause.item in known), "")
        return f"{label} · {cause.item}" if label else cause.item


_MOST = 12
"""Bars of causes; the table has them all."""


def _labels(call: Call, language: Language) -> Iterator[Mapping[str, str]]:
    for programme in call.programmes:
        fields = {field.id: _of(field.label, language) for field in programme.fields}
        yield fields | {slot.id: _of(slot.label, language) for slot in programme.slots}


def _of(words: object, language: Language) -> str:
    return str(getattr(words, language, "") or getattr(words, "zh", words))


def _tenths(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"


def _yuan(fen: int) -> str:
    return f"{fen // fmt.FEN_PER_YUAN}.{fen % fmt.FEN_PER_YUAN:02}"
