"""Every operation on an object that belongs to somebody × every kind of actor × own, other, of another region, missing.

Whose each object is stands here by hand. What is not theirs answers byte for byte like what is not there (design B2), before the
body is read (B5): nothing but the request's id, the clock and the counting of requests may differ.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest

from directory.actor import Grant, Role
from directory.inviting import Inviting
from directory.person import Identity
from directory.policy import POLICY
from directory.scopes import IN_PERSON, SCOPES, Scope
from directory.token_desk import TokenDesk
from directory.tokens import issue
from service.wiring import ROOF
from service.world import UNITS, people
from tests.adversary.site import STRANGER, Site, furnish, opened
from tests.adversary.test_authorisation import (
    NOT_SIGNED_IN,
    ONCE_SEALED,
    OWN,
    SEES,
    Operations,
    asked,
    bare,
    filled,
    is_allowed,
    sight_of,
)
from webhooks.endpoint import Wanted

ELSEWHERE = ("gd-lead", "gd-clerk", "shunde-head", "lujiang-admin", "zhizao-editor")
"""People of other regions beside those of the table of sight: another province, another city, units there."""
ACTORS = tuple(who for who in (*SEES, *ELSEWHERE, "expert-1", "expert-9") if who not in NOT_SIGNED_IN)
HOUSE = ("operator", "security", "auditor")


@dataclass(frozen=True, slots=True)
class Owned:
    """One object: what fills the path, who is given it by a GET, who may act on it."""

    name: str
    fills: Mapping[str, str]
    seen_by: frozenset[str]
    kept_by: frozenset[str]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    """A house of its own, with an endpoint, an invitation, a letter and a token for each sort of owner."""
    settings = {"webhook_networks": "127.0.0.0/8", "webhook_plain": True}
    with opened(tmp_path_factory.mktemp("objects"), **settings) as site:
        furnish(site)
        yield site


@cache
def objects(site: "Kept") -> Mapping[str, list[Owned]]:
    """By the parameter of the path that names them."""
    return {
        "endpoint_id": list(_endpoints(site.site)),
        "invitation": list(_invitations(site.site)),
        "letter_id": list(_letters(site.site)),
        "handle": list(_tokens(site.site)),
        "person": list(_people()),
    }


@dataclass(frozen=True)
class Kept:
    """A site as a key: the objects are made once."""

    site: Any

    def __hash__(self) -> int:
        return id(self.site)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept) and other.site is self.site


def _endpoints(site: Site) -> Generator[Owned]:
    owners = {
        f"unit:{UNITS[0].code}": ("admin",),
        "bureau:430104": ("yuelu-head",),
        "province:43": ("lead", "lead-and-finance"),
    }
    for owner, keepers in owners.items():
        wanted, context = Wanted(name="平台"), site.house.as_roof()
        made = site.house.hooks.register.create(
            ROOF, context, wanted, kind="standard", owner=owner, url="http://127.0.0.1:9/x"
        )
        seen = frozenset({*keepers, "operator", "auditor"})
        yield Owned(owner, {"endpoint_id": str(made.id)}, seen, seen - {"auditor"})


def _invitations(site: Site) -> Generator[Owned]:
    inviting = Inviting(site.house.dispatcher)
    wishes = {
        "admin": (Grant(Role.UNIT_EDITOR, UNITS[0].code), {"admin", "security"}),
        "yuelu-head": (Grant(Role.BUREAU_CLERK, "430104"), {"yuelu-head", "lead", "lead-and-finance", "security"}),
        "security": (Grant(Role.OPERATOR, "43"), {"security"}),
    }
    for who, (grant, keepers) in wishes.items():
        actor = site.played.actors[who]
        assert actor is not None
        identity = Identity(name="某人", email=f"{who}-new@example.cn")
        id_ = inviting.invite(site.house.as_roof(), actor, identity, grant)
        yield Owned(f"of {who}", {"invitation": id_}, frozenset(keepers), frozenset(keepers))


def _letters(site: Site) -> Generator[Owned]:
    for who in ("admin", "yuelu-head", "lead"):
        [first, *_] = site.ask(who, "GET", "/letters?limit=1").json["letters"]
        seen = frozenset({who, "operator", "auditor"})
        yield Owned(f"to {who}", {"letter_id": first["id"]}, seen, frozenset({"operator"}))  # who mends letters


def _tokens(site: Site) -> Generator[Owned]:
    desk = TokenDesk(site.house.dispatcher, site.house.wall)
    for who in ("admin", "lead", "security"):
        yield Owned(f"of {who}", {"handle": desk.of(who)[-1].handle}, frozenset(), frozenset({who}))


def _people() -> Generator[Owned]:
    everybody = {"security", "auditor"}
    heads = {
        "editor": {"admin"},
        "wenqu-editor": {"wenqu-admin"},
        "lujiang-editor": {"lujiang-admin"},
        "yuelu-clerk": {"yuelu-head", "lead", "lead-and-finance"},
        "shunde-clerk": {"shunde-head", "gd-lead"},
        "finance": {"lead", "lead-and-finance"},
        "gd-finance": {"gd-lead"},
        "expert-2": {"lead", "lead-and-finance", "gd-lead"},
        "discipline-clerk": {"discipline-head"},
        "operator": set[str](),
        "auditor": set[str](),
    }
    for person, seen in heads.items():
        # restricting and erasing are the security administrator's over everybody, and need no sight
        yield Owned(person, {"person": person}, frozenset(seen | everybody), frozenset(seen | {"security"}))


MISSING = {
    "endpoint_id": STRANGER,
    "invitation": STRANGER,
    "letter_id": STRANGER,
    "handle": "0" * 16,
    "person": "nobody",
}
ROOMS = {"person": "/people/"}
"""Where the person is the object; the pool of experts is the clerk's, whoever stands in it."""
NO_GATE = frozenset({"restrictPerson", "erasePerson", "turnOffLetters", "lookAtJoining", "join"})
"""Asked of one who answers for everybody, or of whoever holds a key: there is no foreign object, only a body that is wrong."""


def of_objects(site: Site) -> list[tuple[str, str, str, str, str]]:
    """Operation, method, path, action and parameter of everything whose path names one of the objects alone."""
    return [
        (name, method, path, action, parameter)
        for name, method, path, action, _ in Operations(site).found
        for parameter in MISSING
        if f"{{{parameter}}}" in path
        and path.startswith(ROOMS.get(parameter, "/"))
        and "{application_id}" not in path
        and path.count("{") == 1
    ]


def _at(path: str, parameter: str, value: str) -> str:
    return path.replace(f"{{{parameter}}}", quote(value, safe=""))


@pytest.mark.parametrize("who", ACTORS)
def test_what_is_not_theirs_answers_like_what_is_not_there_whatever_the_object(house: Site, who: str) -> None:
    made, before = objects(Kept(house)), house.head()
    for name, method, path, action, parameter in of_objects(house):
        missing = bare(asked(house, who, method, _at(path, parameter, MISSING[parameter]), garbage=True))
        for one in made[parameter]:
            here = _at(path, parameter, one.fills[parameter])
            if not is_allowed(who, action) or action in IN_PERSON:  # all come with tokens here
                answer = bare(asked(house, who, method, here, garbage=True))
                assert (answer, answer[0]) == (missing, 403), (name, who, one.name)
            elif name in NO_GATE:
                assert missing[0] in (400, 404, 415, 422), (name, who)
            elif method == "GET":
                answer = bare(asked(house, who, method, here, garbage=False))
                assert (answer[0] == 200) == (who in one.seen_by), (name, who, one.name)
                assert who in one.seen_by or answer == missing, (name, who, one.name)
            elif who not in one.kept_by:
                assert missing[0] == 404, (name, who)
                assert bare(asked(house, who, method, here, garbage=True)) == missing, (name, who, one.name)
    assert house.head() == before


@pytest.mark.parametrize("who", [who for who in ACTORS if not who.startswith("expert")])
def test_a_part_of_an_application_is_as_far_away_as_the_application(house: Site, who: str) -> None:
    """Files, scans, papers, tranches, objections, receipts, moments: with the very names that the owner's have."""
    visible = sight_of(house, who) if who in SEES else ()
    for whose, application in house.made.items():
        if whose in visible:
            continue
        parts = _parts_of(house, whose)
        for name, method, path, action, _ in Operations(house).found:
            if "{application_id}" not in path or path.count("{") < 2 or not is_allowed(who, action):
                continue
            there = filled(path, application, **parts)
            nowhere = filled(path, STRANGER, **parts)
            answer, missing = (bare(asked(house, who, method, each, garbage=True)) for each in (there, nowhere))
            told = whose in ONCE_SEALED and "bureau" in str(roles(who))
            assert answer == missing or (told and method != "GET" and answer[0] == 409), (name, who, whose)
            assert missing[0] == 404, (name, who)


def roles(who: str) -> set[str]:
    return {role.value for person in people() if person.id == who for role, _ in person.grants} or {"bureau.head"}


@cache
def _parts(site: "Kept", whose: str) -> Mapping[str, str]:
    dossier = site.site.ask(_OWNER[whose], "GET", f"/applications/{site.site.made[whose]}").json
    [(slot, file), *_] = [(slot["slot"], file) for slot in dossier["attachments"] for file in slot["files"]]
    return {
        "slot": slot,
        "file_id": file["file_id"],
        "digest": file["sha256"],
        "section": "model",
        "unit": UNITS[0].code,
        "objection": "1",
        "tranche": "1",
        "seal": "1",
        "earlier": "1",
        "later": "2",
    }


def _parts_of(site: Site, whose: str) -> Mapping[str, str]:
    return _parts(Kept(site), whose)


_OWNER = {**dict.fromkeys(OWN, "editor"), "other draft": "wenqu-editor", "other sealed": "guanlan-editor"}


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("who", ["admin", "finance", "security"])
def test_a_token_with_one_scope_opens_that_and_nothing_else(house: Site, who: str, scope: Scope) -> None:
    """Roles first, then the scope, then whether the object is there, then the body."""
    with house.house.store.begin() as db:
        secret, _ = issue(db, who, scope.value, house.house.wall.now(db), may=[scope])
    before = house.head()
    for name, method, path, action, _ in Operations(house).found:
        answer = asked(house, f"Bearer {secret}", method, filled(path, house.made["sealed"]), garbage=True)
        if not is_allowed(who, action):
            assert (answer.status, answer.codes) == (403, ["ROLE_FORBIDDEN"]), name
        elif Role.PUBLIC in POLICY[action] or action in SCOPES[scope]:
            assert answer.status not in (401, 403), (name, answer.text)
        else:
            expected = "NOT_BY_TOKEN" if action in IN_PERSON else "SCOPE_MISSING"
            assert (answer.status, answer.codes) == (403, [expected]), name
    assert house.head() == before


def test_lists_of_people_tokens_invitations_and_endpoints_hold_what_is_theirs(house: Site) -> None:
    made = objects(Kept(house))
    lists = {
        "invitation": ("/people/invitations", "invitations", "id", "person.invite"),
        "endpoint_id": ("/webhooks", "endpoints", "id", "webhook.read"),
        "handle": ("/me/tokens", "tokens", "handle", "token.list"),
    }
    for who in ACTORS:
        for parameter, (path, field, key, action) in lists.items():
            answer = house.ask(who, "GET", path)
            if not is_allowed(who, action):
                assert answer.status == 403, (who, path)
                continue
            listed = {one[key] for one in answer.json[field]}
            for one in made[parameter]:
                theirs = one.kept_by if parameter == "handle" else one.seen_by
                assert (one.fills[parameter] in listed) == (who in theirs), (who, one.name)


def test_there_are_more_than_a_dozen_kinds_of_actor() -> None:
    kinds = {frozenset(roles(who)) for who in ACTORS}
    assert len(kinds) >= 13
    assert set(HOUSE) <= set(ACTORS)
