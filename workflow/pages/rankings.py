"""排序 as a page and as one workbook that a committee can justify: every rank with totals, opinions, reasons and the line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from directory.actor import Actor
from directory.policy import visible_to
from paperwork.sheet import ListSheet
from programmes.call import Call, Direction
from web import format as fmt
from web.problems import NotFound
from web.saying import speech, t, words
from workflow.pages.desk import Desk, asking, region
from workflow.pages.taking import taken_as
from workflow.ranked import directions_judged, ranked
from workflow.ranking import Ranked
from workflow.review import half_up, points

ACTION = "ranking.read"
_MOST_PLACES = 10_000


@dataclass(frozen=True, slots=True)
class _Seen:
    """One ranking, its experts by name."""

    call: Call
    direction: Direction
    rows: tuple[Ranked, ...]
    places: int | None
    names: Mapping[str, str]


def rankings(desk: Desk) -> Blueprint:
    pages = Blueprint("rankings", __name__)

    @pages.get("/rankings")
    def newest() -> ResponseReturnValue:
        """Of the newest call of the asker's own province the first direction that has something to rank."""
        actor = asking(ACTION)
        calls = own_calls(desk, actor)
        if not calls:
            raise NotFound
        call = calls[-1]
        with desk.handling.store.reading() as db:
            judged = directions_judged(db, call)
        first = next((one for one in call.directions if one in judged), call.directions[0])
        return redirect(f"/rankings/{call.id}/{first}", 303)

    @pages.get("/rankings/<call_id>/<direction>")
    def shown(call_id: str, direction: str) -> ResponseReturnValue:
        actor = asking(ACTION)
        seen = _seen(desk, actor, call_id, direction)
        own = own_calls(desk, actor)
        return render_template(
            "workflow/ranking.html",
            seen=seen,
            call=seen.call,
            rows=[_row(seen, one, before) for one, before in zip(seen.rows, (None, *seen.rows), strict=False)],
            tabs=[(call, one) for call in own for programme in call.programmes for one in programme.directions],
            several=len(own) > 1,
            tie_break=[one.label for one in _criteria(seen)],
            asked=_asked(),
        )

    @pages.get("/rankings/<call_id>/<direction>.<any(csv, xlsx):kind>")
    def taken(call_id: str, direction: str, kind: str) -> ResponseReturnValue:
        seen = _seen(desk, asking(ACTION), call_id, direction)
        ranks, marks = _sheet(seen), ListSheet(t("ranking.every_mark"), tuple(_marks(seen)))
        return taken_as(kind, f"{seen.call.id}-{seen.direction.id}-ranking", ranks, marks)

    return pages


def own_calls(desk: Desk, actor: Actor) -> list[Call]:
    """The calls of the provinces that *actor* answers for."""
    provinces = visible_to(actor).provinces
    return [call for call in desk.calls() if call.province in provinces]


def _asked() -> int | None:
    text = request.args.get("places", "")
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:6]) <= _MOST_PLACES else None


def _seen(desk: Desk, actor: Actor, call_id: str, direction: str) -> _Seen:
    """NotFound where there is no such direction, or the call is of a province that is not the asker's."""
    call = next((call for call in own_calls(desk, actor) if call.id == call_id), None)
    if call is None or direction not in call.directions:
        raise NotFound
    places = _asked() or call.direction(direction).places
    with desk.handling.store.reading() as db:
        rows = ranked(db, actor, call, direction, places)
    experts = {sheet.expert for one in rows for sheet in one.entry.judgement.sheets}
    names = {
        id_.removeprefix("person:"): name for id_, name in desk.handling.names({f"person:{e}" for e in experts}).items()
    }
    return _Seen(call, call.direction(direction), rows, places, names)


def _criteria(seen: _Seen) -> list[Any]:
    return [one for id_ in seen.direction.tie_break for one in seen.direction.rubric if one.id == id_]


def _row(seen: _Seen, one: Ranked, before: Ranked | None) -> dict[str, Any]:
    judgement = one.entry.judgement
    return {
        "one": one,
        "place": region(one.entry.region),
        "result": points(judgement.result),
        "sheets": [
            {
                "name": seen.names.get(sheet.expert, sheet.expert),
                "total": points(sheet.total),
                "comment": sheet.comment,
                "dropped": sheet.dropped,
            }
            for sheet in judgement.sheets
        ],
        "means": [(named.label, points(half_up(one.means[named.id]))) for named in seen.direction.rubric],
        "leader": seen.names.get(judgement.closed.leader, judgement.closed.leader),
        "why": why(one),
        "starts": before is not None and before.line is not one.line,
    }


def why(one: Ranked) -> str:
    """Why it stands where it stands."""
    closed = one.entry.judgement.closed
    if closed.not_selected:
        return t("ranking.why.not_selected", minutes=closed.minutes_number, reason=closed.not_selected)
    if closed.site == "failed":
        return t("ranking.why.site", findings=closed.site_findings)
    if one.over_budget and one.line == "below":
        return t("ranking.why.budget")
    return t(f"ranking.why.{one.line}") if one.rank else t(f"stage.{one.entry.stage}")


def _sheet(seen: _Seen) -> ListSheet:
    """A line an application: rank, result, every expert's total, every opinion, and why it stands there."""
    experts = max((len(one.entry.judgement.sheets) for one in seen.rows), default=0)
    head = [t(f"ranking.column.{name}") for name in ("rank", "number", "unit", "project", "place", "result", "spread")]
    head += [str(words(one.label)) for one in seen.direction.rubric]
    head += [t("ranking.column.expert", n=n + 1) for n in range(experts)]
    head += [t(f"ranking.column.{name}") for name in ("opinions", "panel", "amount", "sum", "line", "why")]
    return ListSheet(t("ranking"), (tuple(head), *(tuple(_cells(seen, one, experts)) for one in seen.rows)))


def _cells(seen: _Seen, one: Ranked, experts: int) -> Iterator[str]:
    entry, judgement = one.entry, one.entry.judgement
    shown = _row(seen, one, None)
    yield from (str(one.rank or ""), entry.number, entry.unit_name, entry.project_name, str(words(shown["place"])))
    yield from (shown["result"], points(judgement.closed.spread), *(mean for _, mean in shown["means"]))
    totals = [sheet["total"] + (t("ranking.dropped") if sheet["dropped"] else "") for sheet in shown["sheets"]]
    yield from (*totals, *[""] * (experts - len(totals)))
    yield "；".join(f"{sheet['name']}：{sheet['comment']}" for sheet in shown["sheets"] if sheet["comment"])
    yield "；".join(filter(None, (judgement.closed.opinion, judgement.closed.divergence_reason)))
    yield from (_yuan(entry.amount_fen), _yuan(one.sum_fen), t(f"ranking.line.{one.line}"), shown["why"])


def _yuan(fen: int | None) -> str:
    return "" if fen is None else fmt.yuan(fen, speech())


def _marks(seen: _Seen) -> Iterator[tuple[str, ...]]:
    """A line an expert and application: every mark, the total, the opinion."""
    rubric = seen.direction.rubric
    columns: Sequence[str] = [t(f"ranking.column.{name}") for name in ("rank", "number", "unit")]
    yield (
        *columns,
        t("role.expert"),
        *(str(words(one.label)) for one in rubric),
        t("pages.panel.total"),
        t("pages.input.comment"),
    )
    for one in seen.rows:
        for sheet in one.entry.judgement.sheets:
            marks = (points(sheet.marks.get(criterion.id, 0)) for criterion in rubric)
            name = seen.names.get(sheet.expert, sheet.expert)
            yield (
                str(one.rank or ""), one.entry.number, one.entry.unit_name, name, *marks, points(sheet.total), sheet.comment,
            )  # fmt: skip
