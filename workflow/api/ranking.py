"""The ranking of a direction as an operation: ranks with ties, the line, and what each was judged by."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from directory.policy import visible_to
from web.operations import Answer, Asked, Operation
from web.problems import NotFound
from web.reading import Request
from workflow.api.desk import Desk
from workflow.api.models import Told
from workflow.api.review import SheetAnswer
from workflow.ranked import ranked
from workflow.ranking import Line, Ranked
from workflow.reserve import Waiting, reserve
from workflow.review import half_up
from workflow.stages import Stage


class RankingQuery(Request):
    """*places*: how many have a place, where not as many as the definition says."""

    places: Annotated[int, Field(ge=1, le=10_000)] | None = None


class RankedAnswer(Told):
    """*rank* counts from 1, equal ones share it; 0 for what is out. *result*, *means* (rounded half up) and *spread* are hundredths.

    *sum_fen*: proposed for this one and all before it; null from the first on that has no sum."""

    rank: int
    tied: bool
    line: Line
    over_budget: bool
    id: str
    number: str
    unit_name: str
    project_name: str
    region: str
    stage: Stage
    result: int
    spread: int
    means: dict[str, int]
    sheets: tuple[SheetAnswer, ...]
    opinion: str
    divergence_reason: str
    amount_fen: int | None
    sum_fen: int | None
    site: str
    not_selected: str


class RankingAnswer(Told):
    call: str
    direction: str
    places: int | None
    rows: tuple[RankedAnswer, ...]


class WaitingAnswer(Told):
    """*sum_fen*: for this one and all before it in its direction; *reached*: what is free now is enough for that."""

    direction: str
    rank: int
    id: str
    number: str
    unit_name: str
    result: int
    amount_fen: int | None
    sum_fen: int
    reached: bool


class ReserveAnswer(Told):
    """*promised_fen*: awarded, or proposed in a programme that keeps no reserve; *free_fen* is the rest of the budget."""

    call: str
    budget_fen: int
    promised_fen: int
    free_fen: int
    waiting: tuple[WaitingAnswer, ...]


def rankings(desk: Desk) -> Iterator[Operation]:
    yield _reserve(desk)

    def answer(asked: Asked) -> Answer:
        query, direction = asked.query_as(RankingQuery), str(asked.path["direction"])
        try:
            call = desk.catalogue.get(str(asked.path["call"]))
            places = query.places or call.direction(direction).places
        except KeyError:
            raise NotFound from None
        if call.province not in visible_to(asked.actor).provinces:
            raise NotFound
        with desk.handling.store.reading() as db:
            rows = ranked(db, asked.actor, call, direction, places)
        shown = tuple(map(_ranked, rows))
        return Answer(body=RankingAnswer(call=call.id, direction=direction, places=places, rows=shown))

    yield Operation(
        id="getRanking",
        method="GET",
        path="/calls/<call>/directions/<direction>/ranking",
        action="ranking.read",
        summary_zh="评审排序",
        summary_en="The ranking of a direction",
        perform=answer,
        query=RankingQuery,
        answer=RankingAnswer,
    )


def _reserve(desk: Desk) -> Operation:
    def answer(asked: Asked) -> Answer:
        try:
            call = desk.catalogue.get(str(asked.path["call"]))
        except KeyError:
            raise NotFound from None
        with desk.handling.store.reading() as db:
            found = reserve(db, asked.actor, call)
        if found is None:
            raise NotFound
        body = ReserveAnswer(
            call=call.id,
            budget_fen=found.budget_fen,
            promised_fen=found.promised_fen,
            free_fen=found.free_fen,
            waiting=tuple(map(_waiting, found.waiting)),
        )
        return Answer(body=body)

    return Operation(
        id="getReserve",
        method="GET",
        path="/calls/<call>/reserve",
        action="ranking.read",
        summary_zh="储备名单",
        summary_en="Who waits in the reserve, and what money is free",
        perform=answer,
        answer=ReserveAnswer,
    )


def _waiting(one: Waiting) -> WaitingAnswer:
    entry = one.ranked.entry
    return WaitingAnswer(
        direction=one.direction,
        rank=one.ranked.rank,
        id=entry.id,
        number=entry.number,
        unit_name=entry.unit_name,
        result=entry.judgement.result,
        amount_fen=entry.amount_fen,
        sum_fen=one.sum_fen,
        reached=one.reached,
    )


def _ranked(one: Ranked) -> RankedAnswer:
    entry, judgement = one.entry, one.entry.judgement
    closed = judgement.closed
    return RankedAnswer(
        rank=one.rank,
        tied=one.tied,
        line=one.line,
        over_budget=one.over_budget,
        id=entry.id,
        number=entry.number,
        unit_name=entry.unit_name,
        project_name=entry.project_name,
        region=entry.region,
        stage=entry.stage,
        result=judgement.result,
        spread=closed.spread,
        means={name: half_up(mean) for name, mean in one.means.items()},
        sheets=tuple(SheetAnswer.model_validate(sheet, from_attributes=True) for sheet in judgement.sheets),
        opinion=closed.opinion,
        divergence_reason=closed.divergence_reason,
        amount_fen=entry.amount_fen,
        sum_fen=one.sum_fen,
        site=closed.site,
        not_selected=closed.not_selected,
    )
