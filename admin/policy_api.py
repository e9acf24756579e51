"""Who may do what, for machines: the same rows as the page."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import Annotated

from pydantic import BaseModel, Field

from admin import policy_table
from admin.policy_table import Asked as Wanted
from web.operations import Answer, Asked, Operation
from web.reading import Request


class PolicyQuery(Request):
    """*q*: a part of an action, its words or an operation. *two*: `yes` for what takes two persons only."""

    q: Annotated[str, Field(max_length=100)] = ""
    role: Annotated[str, Field(max_length=40)] = ""
    two: Annotated[str, Field(pattern="^(yes|no)$")] = "no"


class RowAnswer(BaseModel):
    """*roles*: those that the caller is shown. *scopes*: of which a token needs one; none where everybody may, or in person only."""

    action: str
    zh: str
    en: str
    roles: list[str]
    everybody: bool
    persons: bool
    two_persons: bool
    step_up: bool
    in_person: bool
    scopes: list[str]
    operations: list[str]


class PolicyAnswer(BaseModel):
    actions: list[RowAnswer]


def operations(registry: Callable[[], Iterable[Operation]]) -> Iterator[Operation]:
    """getPolicy."""

    def shown(asked: Asked) -> Answer:
        query = asked.query_as(PolicyQuery) if asked.query else PolicyQuery()
        wanted = Wanted(q=query.q.strip(), role=query.role, two=query.two == "yes")
        found = policy_table.rows(registry(), asked.actor, wanted)
        return Answer(body=PolicyAnswer(actions=[RowAnswer.model_validate(asdict(row)) for row in found]))

    yield Operation(
        id="getPolicy", method="GET", path="/policy", action="policy.read", summary_zh="谁能做什么：岗位权限表",
        summary_en="Who may do what: the policy", perform=shown, query=PolicyQuery, answer=PolicyAnswer,
    )  # fmt: skip
