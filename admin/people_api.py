"""People and roles for machines: the same reads, hands and refusals as the pages."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from admin.people import People, grant_of
from directory.actor import GIVEN_TO_NOBODY, Actor, Grant, Role
from directory.records import Person
from directory.staff import Held, Proposed, sees_addresses
from eventstore.dispatch import Context
from eventstore.refusal import Fault, Malformed
from web.operations import Answer, Asked, Operation
from web.reading import Request

ROLE_NAMES = " ".join(role.value for role in Role if role not in GIVEN_TO_NOBODY)


class PeopleQuery(Request):
    """*q*: a part of a name or address, or an id. *after*: the id that the page before ended with."""

    q: Annotated[str, Field(max_length=100)] = ""
    role: Annotated[str, Field(max_length=40, description=ROLE_NAMES)] = ""
    after: Annotated[str, Field(max_length=100)] = ""


class RoleBody(Request):
    """*scope*: a unit's credit code, a bureau's division code, or a province."""

    role: Annotated[str, Field(max_length=40, description=ROLE_NAMES)]
    scope: Annotated[str, Field(min_length=1, max_length=18)]
    reason: Annotated[str, Field(max_length=500)] = ""


class HeldAnswer(BaseModel):
    """*proposed_by* is empty where one person gave it."""

    role: str
    scope: str
    given_by: str
    given_at: datetime
    proposed_by: str


class ProposedAnswer(BaseModel):
    person: str
    role: str
    scope: str
    proposed_by: str
    proposed_at: datetime
    until: datetime
    reason: str


class PersonAnswer(BaseModel):
    """*email* is empty for an auditor."""

    id: str
    name: str
    email: str
    roles: list[HeldAnswer]


class PeopleAnswer(BaseModel):
    people: list[PersonAnswer]
    proposals: list[ProposedAnswer]
    after: str


class OnePersonAnswer(BaseModel):
    """Of somebody whom the act itself took out of sight only *id* is told."""

    person: PersonAnswer
    proposals: list[ProposedAnswer]


def operations(people: People, context: Callable[[Actor], Context]) -> Iterator[Operation]:
    """listPeople, getPerson, giveRole, confirmRole, closeRoleProposal, takeRoleBack."""

    def listed(asked: Asked) -> Answer:
        query = asked.query_as(PeopleQuery) if asked.query else PeopleQuery()
        found = people.listed(asked.actor, asked.now, query.q.strip(), _role(query.role), query.after)
        shown = [_person(asked.actor, one, found.held.get(one.id, ())) for one in found.people]
        return Answer(body=PeopleAnswer(people=shown, proposals=[*map(_proposed, found.proposals)], after=found.after))

    def one(asked: Asked) -> Answer:
        found = people.one(asked.actor, str(asked.path["person"]), asked.now)
        shown = _person(asked.actor, found.person, found.held)
        return Answer(body=OnePersonAnswer(person=shown, proposals=[*map(_proposed, found.proposals)]))

    def admit(actor: Actor, path: Mapping[str, Any]) -> None:
        people.admit(actor, str(path["person"]))

    def keyed(asked: Asked) -> Context:
        return replace(context(asked.actor), command_id=asked.command_id, fingerprint=asked.fingerprint)

    def acting(act: Callable[[Context, Actor, str, Grant, str], object]) -> Callable[[Asked], Answer]:
        def perform(asked: Asked) -> Answer:
            body, person = asked.body_as(RoleBody), str(asked.path["person"])
            act(keyed(asked), asked.actor, person, grant_of(body.role, body.scope), body.reason)
            return one(asked) if people.sees(asked.actor, person) else Answer(body=_out_of_sight(person))

        return perform

    def on_a_person(id_: str, place: str, action: str, zh: str, en: str, act: Any) -> Operation:
        return Operation(
            id=id_, method="POST", path=f"/people/<person>/roles{place}", action=action, summary_zh=zh, summary_en=en,
            perform=acting(act), request=RoleBody, answer=OnePersonAnswer, command=True, also=(409,), admit=admit,
        )  # fmt: skip

    yield Operation(
        id="listPeople", method="GET", path="/people", action="person.read", summary_zh="人员及其角色、待确认的授权",
        summary_en="People, their roles, and what waits for a second person", perform=listed, query=PeopleQuery,
        answer=PeopleAnswer,
    )  # fmt: skip
    yield Operation(
        id="getPerson", method="GET", path="/people/<person>", action="person.read", summary_zh="一个人的角色、授予人和时间",
        summary_en="A person's roles, who gave them and when", perform=one, answer=OnePersonAnswer, admit=admit,
    )  # fmt: skip
    yield on_a_person("giveRole", "", "grant.give", "授予角色；需要两人的，提出待确认", "Give a role, or propose it where it takes two",
                      people.granting.ask)  # fmt: skip
    yield on_a_person("confirmRole", "/confirmation", "grant.confirm", "确认别人提出的授权", "Confirm a role that another proposed",
                      people.granting.confirm)  # fmt: skip
    yield on_a_person("closeRoleProposal", "/closing", "grant.confirm", "撤回自己提出的、或不同意别人提出的授权",
                      "Withdraw one's own proposal, or refuse another's", people.granting.close)  # fmt: skip
    yield on_a_person(
        "takeRoleBack", "/return", "grant.take_back", "收回角色", "Take a role back", people.register.take_back
    )


def _role(text: str) -> Role | None:
    if not text:
        return None
    try:
        return Role(text)
    except ValueError:
        raise Malformed(Fault("role", "BAD_FORMAT", {"field": "role"})) from None


def _out_of_sight(person: str) -> OnePersonAnswer:
    return OnePersonAnswer(person=PersonAnswer(id=person, name="", email="", roles=[]), proposals=[])


def _person(by: Actor, person: Person, held: Any) -> PersonAnswer:
    email = person.email if sees_addresses(by) else ""
    return PersonAnswer(id=person.id, name=person.name, email=email, roles=[_held(one) for one in held])


def _held(one: Held) -> HeldAnswer:
    return HeldAnswer(
        role=one.grant.role.value,
        scope=one.grant.scope,
        given_by=one.given_by,
        given_at=one.given_at,
        proposed_by=one.proposed_by,
    )


def _proposed(one: Proposed) -> ProposedAnswer:
    return ProposedAnswer(
        person=one.person,
        role=one.grant.role.value,
        scope=one.grant.scope,
        proposed_by=one.proposed_by,
        proposed_at=one.proposed_at,
        until=one.until,
        reason=one.reason,
    )
