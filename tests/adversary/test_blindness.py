"""Experts see no contact of an applicant; applicants see neither expert nor objector; nor does what a stranger is told.

The search is for strings that are there to be found: names, telephones, comments and ids that somebody put in.
"""

import json
from collections.abc import Iterator

import pytest

from service.world import people
from tests.adversary.site import CONTACT, OBJECTOR, RIVAL, Said, Site

NAMES = {person.id: person.name for person in people()}
EXPERTS = {person.id: person.name for person in people() if person.id.startswith("expert")}
OF_EXPERTS = (*EXPERTS, *EXPERTS.values(), "保密的评语", "advised_the_unit")
OF_OBJECTORS = (OBJECTOR, CONTACT, RIVAL, "wenqu-admin")
OF_APPLICANTS = (
    "沈岳",
    "林婉清",
    "周砚舟",
    "0430123456789012",
    "editor@example.cn",
    "admin@example.cn",
    "0731-88955549",
    "13907310000",
)
OF_HANDLERS = ("刘一鸣",)
READS = ("", "/actions", "/history")
PAGES = (
    "",
    "/side",
    "/sections/unit",
    "/sections/model",
    "/scores",
    "/declarations",
    "/withdrawal",
    "/recall",
    "/objections",
)
WISHES = ("seal", "recall", "withdrawal", "scores", "declarations", "recommendation", "reception", "proposal", "notice",
          "award", "closing", "tranches", "objections")  # fmt: skip


def told(site: Site, who: str, name: str) -> Iterator[tuple[str, Said]]:
    """Whatever this person can get to read about one application, by both ways, granted or refused."""
    application, browser = site.made[name], site.browser(who)
    for read in READS:
        yield f"GET {read}", site.ask(who, "GET", f"/applications/{application}{read}")
    yield "list", site.ask(who, "GET", "/applications?limit=100&counts=true")
    yield "letters", site.ask(who, "GET", "/letters?limit=200")
    for letter in site.ask(who, "GET", f"/letters?application={application}").json.get("letters", ()):
        yield letter["id"], site.ask(who, "GET", f"/letters/{letter['id']}")
        yield f"why {letter['id']}", browser.get(f"/letters/{letter['id']}/why")
    for page in PAGES:
        yield f"page {page}", browser.get(f"/applications/{application}{page}")
    for path in ("/applications?all=1", "/inbox?all=1", "/reviews?all=1", "/letters", "/notices"):
        yield path, browser.get(path)
    yield "notices", site.ask(who, "GET", "/notices")
    yield "recommendations", site.ask(who, "GET", "/calls/hn-2025/programmes/L/recommendations/430104")
    for wish in WISHES:
        body = BODIES.get(wish, {})
        yield f"POST {wish}", site.ask(who, "POST", f"/applications/{application}/{wish}", body)
        stale = {"If-Match": '"1"'}
        yield f"stale {wish}", site.ask(who, "POST", f"/applications/{application}/{wish}", body, headers=stale)
    browser.visit("/notices")
    posted = {"csrf_token": browser.token(), "version": "1", "reason": "原因"}
    for page in ("/seal", "/withdrawal", "/recall", "/scores", "/declarations"):
        yield f"form {page}", browser.post(f"/applications/{application}{page}", posted)


BODIES = {
    "withdrawal": {"reason": ""},
    "scores": {"marks": {}},
    "declarations": {"conflict": True, "surplus": 1},
    "objections": {"kind": "person"},
}


def hidden(site: Site, who: str, name: str, secrets: tuple[str, ...]) -> None:
    before, read = site.head(), 0
    own = {who, NAMES[who]}
    for way, answer in told(site, who, name):
        assert answer.status < 500, (way, answer.text)
        read += answer.status == 200
        text = answer.text + json.dumps(dict(answer.headers))
        text = text.encode().decode("unicode_escape", "ignore") + text
        found = [secret for secret in secrets if secret not in own and secret in text]
        assert not found, (who, name, way, found, answer.text[:3000])
    assert read > 5, "there was hardly anything to read"
    assert site.head() == before


@pytest.mark.parametrize("who", ["editor", "admin"])
@pytest.mark.parametrize("name", ["reviewed", "noticed", "awarded"])
def test_an_applicant_learns_no_expert_and_no_objector(either: Site, who: str, name: str) -> None:
    hidden(either, who, name, (*OF_EXPERTS, *OF_OBJECTORS))


@pytest.mark.parametrize("who", ["yuelu-clerk", "yuelu-head", "changsha-head"])
@pytest.mark.parametrize("name", ["reviewed", "noticed"])
def test_a_bureau_learns_no_expert_and_no_objector(site: Site, who: str, name: str) -> None:
    hidden(site, who, name, (*OF_EXPERTS, OBJECTOR, CONTACT, RIVAL))


def panel_of(site: Site, name: str) -> tuple[str, ...]:
    return tuple(site.played.application(site.made[name]).review.panel)


@pytest.mark.parametrize("name", ["reviewed", "noticed"])
def test_an_expert_learns_no_contact_no_handler_and_no_other_expert(either: Site, name: str) -> None:
    panel = panel_of(either, name)
    own = {panel[0], NAMES[panel[0]]}
    others = tuple(secret for secret in OF_EXPERTS if secret not in own)
    secrets = (*OF_APPLICANTS, *OF_HANDLERS, *others[:-1], *OF_OBJECTORS)
    hidden(either, panel[0], name, tuple(one for one in secrets if one != "保密的评语" or name != "reviewed"))


def test_an_expert_who_stepped_aside_reads_no_more(site: Site) -> None:
    review = site.played.application(site.made["reviewed"]).review
    (aside,) = set(review.drawn_ever) - set(review.panel)
    for read in READS[:2]:
        assert site.ask(aside, "GET", f"/applications/{site.made['reviewed']}{read}").status == 404
    assert site.ask(aside, "GET", f"/applications/{site.made['reviewed']}/history").status == 403


@pytest.mark.parametrize("who", ["", "wenqu-admin"])
def test_the_public_learns_what_a_notice_says(site: Site, who: str) -> None:
    """The programme, the unit, the project, the sum and the days; nobody's name."""
    shown = site.ask(who, "GET", "/notices").text + site.browser(who).get("/notices").text
    names = (*EXPERTS.values(), *OF_APPLICANTS, OBJECTOR, CONTACT, *OF_HANDLERS)
    assert not [name for name in names if name in shown]
    application = site.made["noticed"]
    answer = site.ask(who, "POST", f"/applications/{application}/objections", {"kind": "person"})
    assert answer.status == 409
    assert not [name for name in (*names, RIVAL) if name in answer.text]
    page = site.browser(who).get(f"/applications/{application}/objections")
    assert not [name for name in names if name in page.text]


def test_whoever_must_know_does(site: Site) -> None:
    """So that these tests would notice: the strings are there for those who may read them."""
    reviewed = site.ask("clerk", "GET", f"/applications/{site.made['reviewed']}/history").text
    assert [name for name in EXPERTS.values() if name in reviewed]
    place = f"/applications/{site.made['awarded']}"
    assert OBJECTOR not in site.ask("discipline-head", "GET", f"{place}/history").text, "asked for by itself"
    looked = site.ask("discipline-head", "POST", f"{place}/objections/1/identity", {"reason": "核实异议"})
    assert (looked.json["name"], looked.json["contact"]) == (OBJECTOR, CONTACT)
    assert "沈岳" in site.ask("yuelu-clerk", "GET", f"/applications/{site.made['sealed']}").text


# files are the second way to the text


def test_a_file_put_in_after_the_seal_is_the_units_alone(site: Site) -> None:
    """What the bureau may see is the text that was sealed; the working text is nobody else's, file names included."""
    from tests.adversary.site import PDF, multipart

    application = site.made["recalled"]
    kind, content = multipart({}, {"file": ("尚未提交的底稿.pdf", PDF)})
    answer = site.ask("editor", "POST", f"/applications/{application}/attachments/L-2", raw=content, kind=kind)
    assert answer.status == 201, answer.text
    path = f"/applications/{application}/attachments/L-2/{answer.json['file_id']}"
    assert site.ask("editor", "GET", path).raw == PDF
    assert site.browser("editor").get(path).raw == PDF
    for who in ("yuelu-head", "changsha-clerk", "clerk", "auditor"):
        assert site.ask(who, "GET", path).status == 404, who
        assert site.browser(who).get(path).status == 404, who
        for read in READS:
            assert "尚未提交的底稿" not in site.ask(who, "GET", f"/applications/{application}{read}").text, (who, read)
        assert "尚未提交的底稿" not in site.browser(who).get(f"/applications/{application}").text, who
