"""Every operation × every kind of actor × every object: the answer is what the policy and sight say, and nothing else.

Sight stands here once more as a table written by hand, so that the code is not its own judge. A call that is not
allowed is refused before anything about its body, its version or the state of the object is looked at.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

import pytest

from directory.policy import POLICY
from directory.scopes import IN_PERSON
from service.world import people
from tests.adversary.site import NOBODY, STRANGER, Said, Site

OWN = ("draft", "of costs", "sealed", "recalled", "reviewed", "noticed", "awarded")
ONCE_SEALED = ("sealed", "recalled", "reviewed", "noticed", "awarded", "other sealed")
OF_YUELU = ("sealed", "recalled", "reviewed", "noticed", "awarded")
SEES: Mapping[str, tuple[str, ...]] = {
    NOBODY: (),
    "revoked": (),
    "expired": (),
    "invented": (),
    "editor": OWN,
    "admin": OWN,
    "wenqu-editor": ("other draft",),
    "wenqu-admin": ("other draft",),
    "guanlan-editor": ("other sealed",),
    "guanlan-admin": ("other sealed",),
    "wenlan-admin": (),
    "yuelu-clerk": OF_YUELU,
    "yuelu-head": OF_YUELU,
    "yuhua-clerk": ("other sealed",),
    "yuhua-head": ("other sealed",),
    "changsha-clerk": ONCE_SEALED,
    "changsha-head": ONCE_SEALED,
    "zhuzhou-head": (),
    "clerk": ONCE_SEALED,
    "lead": ONCE_SEALED,
    "finance": ONCE_SEALED,
    "lead-and-finance": ONCE_SEALED,
    "discipline-clerk": ONCE_SEALED,
    "discipline-head": ONCE_SEALED,
    "auditor": ONCE_SEALED,
    "operator": (),
    "security": (),
}
EXPERTS = tuple(person.id for person in people() if person.id.startswith("expert"))
NOT_SIGNED_IN = (NOBODY, "revoked", "expired", "invented")
ON_PUBLIC_NOTICE = ("noticed", "awarded")
GARBAGE: dict[str, Any] = {
    "raw": b'{"x": NaN',
    "kind": "text/plain",
    "headers": {"Idempotency-Key": "", "If-Match": "x"},
}
FILLED = {"call": "hn-2025", "direction": "L-V", "programme": "L", "body": "430104", "slot": "L-1", "unit": "x",
          "section": "model", "file_id": "0" * 32, "objection": "1", "letter_id": STRANGER, "exception": STRANGER,
           "endpoint_id": STRANGER, "kind": "awarded", "language": "zh", "invitation": STRANGER, "person": "nobody"}  # fmt: skip


class Operations:
    """The operations as the service describes them, with the action that each names."""

    def __init__(self, site: Site) -> None:
        self.site = site

    @cached_property
    def found(self) -> list[tuple[str, str, str, str, bool]]:
        """Id, method, path, action and whether one may come unnamed."""
        paths = self.site.ask(NOBODY, "GET", "/openapi.json").json["paths"]
        return [
            (
                said["operationId"],
                method.upper(),
                path.removeprefix("/api/v1"),
                re.findall(r"Policy action: `([\w.]+)`", said["description"])[0],
                said["security"] == [{}],
            )
            for path, methods in paths.items()
            for method, said in methods.items()
        ]


def filled(path: str, application: object, **parts: str) -> str:
    given = {**FILLED, **parts, "application_id": str(application)}
    return re.sub(r"\{(\w+)\}", lambda place: quote(given.get(place[1], "0" * 64), safe=""), path)


def roles_of(who: str) -> set[str]:
    named = {person.id: {role.value for role, _ in person.grants} for person in people()}
    return {*named.get(who, {"bureau.head"} if who == "zhuzhou-head" else set()), "public"}


def is_allowed(who: str, action: str) -> bool:
    return bool(roles_of(who) & {role.value for role in POLICY[action]})


def sight_of(site: Site, who: str) -> tuple[str, ...]:
    if who not in EXPERTS:
        return SEES[who]
    return tuple(name for name, one in site.made.items() if who in site.played.application(one).review.panel)


def former(site: Site, who: str, name: str) -> bool:
    return who in site.played.application(site.made[name]).review.drawn_ever


def asked(site: Site, who: str, method: str, path: str, garbage: bool) -> Said:
    more = GARBAGE if garbage and method != "GET" else {}
    return site.ask(who, method, path, **more)


def everybody() -> tuple[str, ...]:
    return (*SEES, *EXPERTS[:1], *EXPERTS[-1:])


def test_the_actors_here_are_all_the_kinds_there_are() -> None:
    roles = {role for who in (*SEES, *EXPERTS) for role in roles_of(who)}
    assert roles == {role.value for roles in POLICY.values() for role in roles} - {"clock"}


@pytest.mark.parametrize("who", [*SEES, "expert-1"])
def test_whoever_may_not_is_told_so_before_anything_is_looked_at(site: Site, who: str) -> None:
    before = site.head()
    for name, method, path, action, public in Operations(site).found:
        for application in (site.made["sealed"], STRANGER, "no-uuid"):
            answer = asked(site, who, method, filled(path, application), garbage=True)
            if application == "no-uuid" and "{application_id}" in path:
                assert answer.status == 404, (name, who)
            elif who in NOT_SIGNED_IN and not public:
                assert answer.status == 401, (name, who, answer.text)
                assert answer.codes == ["NOT_SIGNED_IN"]
            elif not is_allowed(who, action):
                assert answer.status == 403, (name, who, answer.text)
                assert answer.codes == ["ROLE_FORBIDDEN"]
            elif action in IN_PERSON and who not in NOT_SIGNED_IN:
                assert (answer.status, answer.codes) == (403, ["NOT_BY_TOKEN"]), (name, who)
            else:
                assert answer.status not in (401, 403), (name, who, answer.text)
    assert site.head() == before


def bare(answer: Said) -> tuple[int, dict[str, str], bytes]:
    """An answer without the clock and the request's own id: what two objects must not be told apart by."""
    own = ("date", "x-ratelimit", "x-request-id")
    kept = {name: value for name, value in answer.headers.items() if not name.startswith(own)}
    return answer.status, kept, answer.raw


def with_application(site: Site, method: str = "") -> list[tuple[str, str, str, str]]:
    return [
        (name, found, path, action)
        for name, found, path, action, _ in Operations(site).found
        if "{application_id}" in path and (not method or found == method)
    ]


OF_COSTS = {"getSubsidy"}
"""There only where a programme pays by costs, as that of one of the applications does."""


@pytest.mark.parametrize("who", [*SEES, *EXPERTS])
def test_what_is_not_theirs_to_see_reads_like_what_is_not_there(site: Site, who: str) -> None:
    if who in NOT_SIGNED_IN:
        pytest.skip("asked to sign in, whatever they ask for")
    visible = sight_of(site, who)
    for name, method, path, action in with_application(site, "GET"):
        if not is_allowed(who, action):
            continue
        missing = bare(asked(site, who, method, filled(path, STRANGER), garbage=False))
        assert missing[0] == 404
        for object_, application in site.made.items():
            answer = asked(site, who, method, filled(path, application), garbage=False)
            elsewhere = name in OF_COSTS and object_ != "of costs"
            if object_ not in visible or path.count("{") > 1 or elsewhere:
                assert bare(answer) == missing, (name, who, object_)
            else:
                assert answer.status == 200, (name, who, object_, answer.text)


@pytest.mark.parametrize("who", [*SEES, *EXPERTS[:3]])
def test_a_step_on_what_is_not_theirs_is_refused_like_one_on_nothing(site: Site, who: str) -> None:
    """Only a bureau is told that it is another bureau's (scenario A15), and anybody may object once there was a notice."""
    before = site.head()
    visible, bureau = sight_of(site, who), "bureau" in str(roles_of(who))
    for name, method, path, action in with_application(site):
        if method == "GET" or not is_allowed(who, action) or (who in NOT_SIGNED_IN and name != "object"):
            continue
        missing = bare(asked(site, who, method, filled(path, STRANGER), garbage=True))
        assert missing[0] == 404, (name, who)
        for object_, application in site.made.items():
            answer = asked(site, who, method, filled(path, application), garbage=True)
            known = object_ in visible or (who in EXPERTS and former(site, who, object_))
            if known or (name == "object" and object_ in ON_PUBLIC_NOTICE):
                assert answer.status in (400, 404, 415, 422), (name, who, object_, answer.text)
                assert answer.status != 404 or path.count("{") > 1, (name, who, object_)
            elif bureau and object_ in ONCE_SEALED:
                assert (answer.status, answer.codes) == (409, ["WRONG_BUREAU"]), (name, who, object_)
            else:
                assert bare(answer) == missing, (name, who, object_)
    assert site.head() == before


@pytest.mark.parametrize("who", [*SEES, *EXPERTS])
def test_lists_show_what_is_theirs_to_see_and_no_more(either: Site, who: str) -> None:
    if not is_allowed(who, "application.list") or who in NOT_SIGNED_IN:
        assert either.ask(who, "GET", "/applications").status in (401, 403)
        return
    shown = {one["id"] for one in either.ask(who, "GET", "/applications?limit=100").json["items"]}
    made = {str(one) for one in either.made.values()}
    assert shown & made == {str(either.made[name]) for name in sight_of(either, who)}
    for name, one in either.made.items():
        number = either.played.application(one).number
        found = either.ask(who, "GET", f"/applications?search={number}").json["items"]
        assert bool(found) == (name in sight_of(either, who)), (who, name)
    counted = either.ask(who, "GET", "/applications?counts=true").json["counts"]
    assert sum(counted.values()) == len(shown)


def test_letters_are_their_recipients(site: Site) -> None:
    """Asking for all letters about an application answers only one's own, except for operator and auditor."""
    found: dict[str, set[str]] = {}
    for who in (*SEES, "expert-1"):
        if who in NOT_SIGNED_IN:
            continue
        about = site.ask(who, "GET", f"/letters?application={site.made['noticed']}&limit=200").json["letters"]
        found[who] = {letter["id"] for letter in about}
        if who not in ("operator", "auditor"):
            assert {letter["recipient"] for letter in about} <= {who}
    assert found["operator"] == found["auditor"]
    assert found["operator"] > found["admin"]
    (one, *_) = found["admin"]
    missing = bare(site.ask("wenqu-admin", "GET", f"/letters/{STRANGER}"))
    assert bare(site.ask("wenqu-admin", "GET", f"/letters/{one}")) == missing
    assert site.ask("admin", "GET", f"/letters/{one}").status == 200


def test_a_recommendation_list_is_read_by_its_body_and_those_above(site: Site) -> None:
    path = "/calls/hn-2025/programmes/L/recommendations/{}"
    missing = bare(site.ask("yuhua-head", "GET", path.format("439999")))
    for who, readable in {"yuelu-head": {"430104"}, "yuhua-head": {"430111"}, "zhuzhou-head": {"430200"},
                          "changsha-head": {"430104", "430111", "430100"}}.items():  # fmt: skip
        for body in ("430104", "430111", "430100", "430200"):
            answer = site.ask(who, "GET", path.format(body))
            assert (answer.status == 200) == (body in readable), (who, body)
            assert body in readable or bare(answer) == missing
    assert site.ask("clerk", "GET", path.format("430104")).json["rows"]


def test_rights_taken_back_are_gone_with_the_next_request(site: Site) -> None:
    house, context = site.house, site.house.as_roof()
    from directory.actor import Grant, Role
    from service.wiring import ROOF
    from service.world import UNITS

    grant = Grant(Role.UNIT_ADMIN, UNITS[4].code)
    house.register.give(context, ROOF, "wenlan-admin", grant)
    assert len(site.ask("wenlan-admin", "GET", "/me").json["grants"]) == 2
    house.register.take_back(house.as_roof(), ROOF, "wenlan-admin", grant)
    assert len(site.ask("wenlan-admin", "GET", "/me").json["grants"]) == 1


# pages: the second way to the same thing


PAGES = (
    "",
    "/side",
    "/sections/model",
    "/recommendation",
    "/seal",
    "/scores",
    "/panel",
    "/attachments/L-1/" + "0" * 32,
)


@pytest.mark.parametrize("who", [name for name in SEES if name not in NOT_SIGNED_IN] + ["expert-1"])
def test_pages_hide_what_the_api_hides(site: Site, who: str) -> None:
    browser = site.browser(who)
    visible = sight_of(site, who)
    for page in PAGES:
        missing = browser.get(f"/applications/{STRANGER}{page}")
        assert missing.status in (403, 404), (who, page)
        for name, application in site.made.items():
            answer = browser.get(f"/applications/{application}{page}")
            if name not in visible:
                assert answer.status == missing.status, (who, name, page)
                assert _still(answer.text, application) == _still(missing.text, STRANGER), (who, name, page)
            else:
                assert answer.status < 500, (who, name, page)


def _still(text: str, application: object) -> str:
    """A page without what changes from one request to the next."""
    text = re.sub(r'name="csrf_token" value="[^"]*"', "", text).replace(str(application), "")
    return re.sub(r"<time.*?</time>", "", text)


def test_a_stranger_is_led_to_the_door(site: Site) -> None:
    browser = site.browser()
    for path in ("/applications", "/inbox", "/desk", "/reviews", "/payments", "/letters", "/outbox"):
        assert browser.get(path).status == 401, path
    for name, application in site.made.items():
        assert browser.get(f"/applications/{application}").status == 401, name
