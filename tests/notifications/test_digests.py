"""Letters that may wait leave as one: of a batch, an hour, a day, a night. What must be served leaves at once and alone."""

import re
from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from directory.actor import Actor, Grant, Role
from notifications import choosing
from notifications.announcements import TOLD
from notifications.audiences import Who
from notifications.cadence import AT_ONCE, Cadence, Choices, Quiet, place
from notifications.catalogue import READERS, kinds_for
from notifications.choosing_pages import pages
from notifications.endpoints import KEPT
from notifications.mail import Sender
from notifications.own_account import TOLD as OWN
from notifications.reminders import REMINDED
from notifications.rendering import Rendering
from notifications.statutory import PARTIES, STATUTORY, is_served
from notifications.wishes import Choosing, TurningOff
from tests.databases import postgres_database, sqlite_url
from tests.notifications.conftest import opened
from tests.notifications.moments import DRAFT, IN_FORMAL_REVIEW, RETURNED, SEALED_ONCE
from tests.notifications.post import PostOffice, Server
from tests.scenario import CITY, COUNTY, RECEIVED, SEALED, UNIT_CODE, at
from web.face import Furniture, Visitor, furnish

BOTH = pytest.mark.parametrize("engine", ["sqlite", "postgres"], indirect=True)
KEYED = Sender(address="no-reply@vermilion.test", base_url="http://127.0.0.1:8000", bounce_key=bytes(32))


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Engine]:
    """SQLite; PostgreSQL where a test asks for it."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield from opened(sqlite_url(tmp_path))
    else:
        with postgres_database() as url:
            yield from opened(url)


def choose(post: PostOffice, name: str, quiet: Quiet | None = None, **cadence: Cadence) -> None:
    with post.store.begin() as db:
        choosing.choose(db, post.people[name], Choices(cadence=cadence, quiet=quiet), post.clock.now(db))


def to(post: PostOffice, name: str) -> list[tuple[object, ...]]:
    """What was planned for somebody: kind, state, reason."""
    mine = post.people[name]
    return [row[1:] for row in post.rows("recipient", "kind", "state", "reason") if row[0] == mine]


@BOTH
def test_a_batch_is_one_letter_to_each_reader(post: PostOffice) -> None:
    """Twenty recommendations in one go: the city is told once, the twenty units of one company once."""
    server = Server()
    for _ in range(20):
        post.happen(*DRAFT, SEALED)
    post.listener.follow()
    with post.store.reading() as db:
        streams = sorted({one.stream for one in post.store.all_in(db) if one.stream.startswith("application-")})
    with server.running() as port:
        post.delivery(port).drain()
        server.got.clear()
        for stream in streams:
            post.happen(COUNTY, application=stream.removeprefix("application-"), batch="list-7")  # type: ignore[arg-type]
        post.listener.follow()
        assert post.ringing.ring() == 0, "the batch waits for its last"
        assert post.delivery(port).drain().claimed == 0
        post.clock.pass_by(seconds=11)
        assert post.ringing.ring() == 4
        assert post.delivery(port).drain().sent == 4
    (city,) = [mail for mail in server.mail() if mail["To"].addresses[0].addr_spec == "changsha-head@people.example"]
    assert "20 件通知：申报已获推荐" in str(city["Subject"])
    text = city.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.count("推荐了") == 20
    assert "截止" not in str(city["Subject"])
    assert "2025 年 12 月 12 日" in text, "by when"
    assert set(to(post, "changsha-head")) >= {("recommended", "suppressed", "in_digest"), ("digest", "sent", "")}


def test_a_batch_of_one_is_the_letter_itself(post: PostOffice) -> None:
    application = post.happen(*DRAFT, SEALED)
    post.listener.follow()
    post.happen(COUNTY, application=application, batch="list-8")
    post.listener.follow()
    post.clock.pass_by(seconds=11)
    post.ringing.ring()
    assert ("recommended", "planned", "") in to(post, "changsha-head")
    assert not any(kind == "digest" for kind, _, _ in to(post, "changsha-head"))


def test_a_late_one_of_a_batch_begins_another_letter(post: PostOffice) -> None:
    one, other = (post.happen(*DRAFT, SEALED) for _ in range(2))
    post.listener.follow()
    for application in (one, other):
        post.happen(COUNTY, application=application, batch="list-9")
        post.listener.follow()
        post.clock.pass_by(seconds=11)
        post.ringing.ring()
    assert to(post, "changsha-head").count(("recommended", "planned", "")) == 2


def test_a_notice_that_must_be_served_leaves_alone_even_in_a_batch(post: PostOffice) -> None:
    """T11: each unit gets its own 补正通知书 with its own items."""
    for _ in range(2):
        application = post.happen(*SEALED_ONCE)
        post.happen(RETURNED, application=application, batch="returns")
    post.listener.follow()
    assert to(post, "editor").count(("returned", "planned", "")) == 2


def test_a_step_the_route_does_not_have_mails_nobody(post: PostOffice) -> None:
    """A direct county: the city has no step, and hears only what the route copies to it."""
    direct = replace(SEALED, route=(SEALED.route[0], SEALED.route[2]))
    application = post.happen(*DRAFT, direct)
    post.happen(COUNTY, application=application, batch="b")
    post.happen(RECEIVED, application=application, batch="b")
    post.listener.follow()
    post.clock.pass_by(seconds=11)
    post.ringing.ring()
    assert to(post, "changsha-head") == []
    assert to(post, "province-clerk") != []


def test_each_person_chooses_how_each_kind_comes(post: PostOffice) -> None:
    post.clock.at = at("2025-11-20 10:20")
    choose(post, "changsha-head", recommended=Cadence.HOURLY)
    for _ in range(3):
        post.happen(*DRAFT, SEALED, COUNTY)
    post.listener.follow()
    assert to(post, "changsha-head") == [("recommended", "suppressed", "in_digest")] * 3
    post.clock.at = at("2025-11-20 10:59")
    assert post.ringing.ring() == 0
    post.clock.at = at("2025-11-20 11:00")
    assert post.ringing.ring() == 1
    assert to(post, "changsha-head")[-1] == ("digest", "planned", "")


def test_off_is_kept_on_the_page_and_not_mailed(post: PostOffice) -> None:
    choose(post, "changsha-head", recommended=Cadence.OFF)
    post.happen(*DRAFT, SEALED, COUNTY)
    post.listener.follow()
    assert to(post, "changsha-head") == [("recommended", "suppressed", "turned_off")]


def test_quiet_hours_hold_what_may_wait_and_nothing_else(post: PostOffice) -> None:
    post.clock.at = at("2025-11-20 22:30")
    night = Quiet(begins=21 * 60, ends=8 * 60)
    choose(post, "yuelu-head", night)
    choose(post, "editor", night, returned=Cadence.DAILY)
    post.happen(*DRAFT, SEALED, RETURNED)
    post.listener.follow()
    assert to(post, "yuelu-head") == [("unit_sealed", "suppressed", "in_digest")]
    assert ("returned", "planned", "") in to(post, "editor"), "a notice that must be served ignores both"
    post.clock.at = at("2025-11-21 08:00")
    post.ringing.ring()
    assert to(post, "yuelu-head") == [("unit_sealed", "planned", "")], "alone, it comes as itself"


def test_the_hours_are_beijings_and_may_go_over_midnight() -> None:
    night, noon = Quiet(begins=21 * 60, ends=8 * 60), Quiet(begins=12 * 60, ends=14 * 60)
    assert night.until(at("2025-11-20 23:59")) == at("2025-11-21 08:00")
    assert night.until(at("2025-11-21 00:01")) == at("2025-11-21 08:00")
    assert night.until(at("2025-11-21 08:00")) == at("2025-11-21 08:00")
    assert noon.until(at("2025-11-21 13:00")) == at("2025-11-21 14:00")
    assert noon.until(at("2025-11-21 14:00")) == at("2025-11-21 14:00")


def test_a_daily_letter_comes_at_nine_or_when_the_quiet_hours_end() -> None:
    daily = Choices(cadence={"recommended": Cadence.DAILY}, quiet=Quiet(begins=20 * 60, ends=10 * 60))
    put = place("recommended", "next_body", "p", daily, at("2025-11-20 09:30"))
    assert put.due == at("2025-11-21 10:00")


def test_whatever_was_chosen_a_served_notice_leaves_at_once() -> None:
    for kind, who in product(STATUTORY, PARTIES):
        off = Choices(cadence={kind: Cadence.OFF}, quiet=Quiet(begins=0, ends=1439))
        assert place(kind, who, "p", off, at("2025-11-20 03:00"), "batch", timedelta(seconds=1)) == AT_ONCE


def test_every_served_kind_cites_its_document_and_every_reader_is_known() -> None:
    assert all(STATUTORY.values())
    lines = [(kind, line.who) for kind, lines in TOLD.items() for line in lines]
    lines += [(rule.kind, line.who) for rule, lines in REMINDED.items() for line in lines]
    lines += [(kind, line.who) for kind, line in (*KEPT.items(), *OWN.items())]
    outsiders = {Who.INVITED, Who.ASKED, Who.OBJECTOR, Who.DRAWN_EXPERTS, Who.SELF}
    assert {who for _, who in lines} - outsiders == set(READERS)


def test_whoever_is_erased_leaves_no_choice_and_no_bundle(post: PostOffice) -> None:
    choose(post, "changsha-head", Quiet(begins=0, ends=60), recommended=Cadence.DAILY)
    post.happen(*DRAFT, SEALED, COUNTY)
    post.listener.follow()
    from tests.notifications.test_listener import _context

    post.register.erase(_context(post), post.people["changsha-head"], "on request")
    post.listener.follow()
    post.clock.pass_by(days=2)
    assert post.ringing.ring() == 0
    with post.store.reading() as db:
        assert choosing.choices_of(db, [post.people["changsha-head"]]) == {}


# the pages and the door


@pytest.fixture
def ask(post: PostOffice) -> Callable[[Actor | None], FlaskClient]:
    def as_seen_by(actor: Actor | None) -> FlaskClient:
        site = Flask("site", static_folder=None)
        site.config.update(SECRET_KEY="0" * 32, WTF_CSRF_ENABLED=False)
        furniture = Furniture(
            identity=lambda _request, /: actor,
            now=lambda: post.clock.at,
            visitor=lambda found: Visitor(actor=found),
            secure=False,
        )
        furnish(site, furniture)
        site.register_blueprint(pages(Choosing(post.store, post.clock), TurningOff(post.store, post.clock, KEYED)))
        from notifications.pages import pages as letter_pages

        site.register_blueprint(letter_pages(post.store))
        return site.test_client()

    return as_seen_by


OURS = {"Sec-Fetch-Site": "same-origin"}


def test_a_person_sets_their_letters_on_a_page(post: PostOffice, ask: Callable[[Actor | None], FlaskClient]) -> None:
    head = Actor(post.people["changsha-head"], "长沙", (Grant(Role.BUREAU_HEAD, "430100"),))
    client = ask(head)
    page = client.get("/me/letters")
    assert page.status_code == 200
    assert 'name="kind-recommended"' in page.text
    typed = {"kind-recommended": "daily", "begins": "21:00", "ends": "08:00"}
    assert client.post("/me/letters", data=typed, headers=OURS).status_code == 303
    with post.store.reading() as db:
        kept = choosing.of(db, head.id)
    assert kept == Choices(cadence={"recommended": Cadence.DAILY}, quiet=Quiet(begins=1260, ends=480))
    assert 'value="daily" selected' in client.get("/me/letters").text
    assert client.post("/me/letters", data={"begins": "25:00", "ends": "08:00"}, headers=OURS).status_code == 422
    assert client.post("/me/letters", data={"kind-recommended": "never"}, headers=OURS).status_code == 422


OFFICES = {
    Role.UNIT_ADMIN: UNIT_CODE,
    Role.UNIT_EDITOR: UNIT_CODE,
    Role.BUREAU_HEAD: "430104",
    Role.BUREAU_CLERK: "430104",
    Role.PROVINCE_CLERK: "43",
    Role.PROVINCE_LEAD: "43",
    Role.PROVINCE_FINANCE: "43",
    Role.DISCIPLINE_HEAD: "43",
    Role.DISCIPLINE_CLERK: "43",
    Role.EXPERT: "43",
}


@pytest.mark.parametrize("role", OFFICES)
def test_each_person_chooses_at_once_hourly_or_daily_for_every_kind_that_is_not_statutory(
    post: PostOffice, ask: Callable[[Actor | None], FlaskClient], role: Role
) -> None:
    """On the page, for every kind an office gets; and the choice is where the letter goes. Issue: “each person chooses immediate,
    hourly or daily for every kind of letter that is not statutory”."""
    who = Actor(post.people["editor"], "某人", (Grant(role, OFFICES[role]),))
    client, kinds = ask(who), kinds_for(who)
    offered = {kind for kind, served in kinds.items() if not served}
    for chosen, base in ((Cadence.IMMEDIATE, ""), (Cadence.HOURLY, "hour:"), (Cadence.DAILY, "day:")):
        typed = {f"kind-{kind}": chosen.value for kind in kinds}  # the statutory ones too, as somebody might send them
        assert client.post("/me/letters", data=typed, headers=OURS).status_code == 303
        page = client.get("/me/letters").text
        with post.store.reading() as db:
            kept = choosing.of(db, who.id)
        for kind, served in kinds.items():
            field = re.search(rf'<select name="kind-{kind}".*?</select>', page, re.DOTALL)
            assert (field is None) is served, kind
            if field is None:
                assert kept.of(kind) is Cadence.IMMEDIATE, "what must be served is not asked and not kept"
                continue
            assert re.findall(r'value="(\w+)"', field[0])[:3] == ["immediate", "hourly", "daily"]
            assert f'value="{chosen.value}" selected' in field[0]
            put = place(kind, Who.NEXT_BODY, who.id, kept, at("2025-11-20 10:20"))
            assert put.base.startswith(base)
            assert bool(put.base) is bool(base)
    assert offered or role is Role.EXPERT, "an expert hears of being drawn, and of nothing else"


def test_no_kind_of_letter_is_left_without_a_choice_or_a_reason_to_have_none() -> None:
    """Every kind that somebody with an account gets is on somebody's page; what is on none goes to people without one."""
    everybody = [Actor("p", "p", (Grant(role, scope),)) for role, scope in OFFICES.items()]
    shown = {kind for one in everybody for kind in kinds_for(one)}
    all_kinds = {*TOLD, *(rule.kind for rule in REMINDED), *KEPT}
    assert all_kinds - shown == {"member_invited", "invitation_withdrawn", "confirmation_asked"}
    assert {kind for one in everybody for kind, served in kinds_for(one).items() if served} <= set(STATUTORY)


def test_a_unit_is_offered_no_choice_over_what_must_be_served(
    post: PostOffice, ask: Callable[[Actor | None], FlaskClient]
) -> None:
    admin = Actor(post.people["admin"], "管理员", (Grant(Role.UNIT_ADMIN, UNIT_CODE),))
    kinds = kinds_for(admin)
    assert kinds["returned"]
    assert not kinds["remind_draft"]
    page = ask(admin).get("/me/letters").text
    assert 'name="kind-returned"' not in page
    assert 'name="kind-remind_draft"' in page


def test_one_click_turns_off_what_may_be_turned_off(
    post: PostOffice, ask: Callable[[Actor | None], FlaskClient]
) -> None:
    """RFC 8058: a POST with no session; looking changes nothing; a wrong key finds nothing."""
    post.happen(*DRAFT, SEALED, COUNTY)
    post.happen(*IN_FORMAL_REVIEW)
    post.listener.follow()
    mine = post.people["changsha-head"]
    letter = next(
        str(id_) for id_, to_, kind in post.rows("id", "recipient", "kind") if (to_, kind) == (mine, "recommended")
    )
    door = TurningOff(post.store, post.clock, KEYED)
    key = KEYED.key_of(letter, "unsubscribe")
    page = ask(None).get(f"/letters/{letter}/off?key={key}")
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    with post.store.reading() as db:
        assert choosing.choices_of(db, [mine]) == {}
    assert ask(None).get(f"/letters/{letter}/off?key={'0' * 32}").status_code == 404
    door.turn_off(letter, key)
    door.turn_off(letter, key)
    with post.store.reading() as db:
        assert choosing.of(db, mine).of("recommended") is Cadence.OFF
    served = next(str(id_) for id_, kind, why in post.rows("id", "kind", "because") if is_served(str(kind), str(why)))
    assert ask(None).get(f"/letters/{served}/off?key={KEYED.key_of(served, 'unsubscribe')}").status_code == 404


def test_only_what_may_be_turned_off_carries_the_header(post: PostOffice) -> None:
    server = Server()
    post.happen(*DRAFT, SEALED, COUNTY, CITY, RECEIVED)
    post.listener.follow()
    with server.running() as port:
        delivery = post.delivery(port)
        delivery._rendering = Rendering(KEYED)  # type: ignore[attr-defined]
        delivery.drain()
    by_kind = {(str(m["Subject"]).rpartition(" ")[2], m["To"].addresses[0].addr_spec): m for m in server.mail()}
    told = by_kind["申报已获推荐", "yuelu-clerk@people.example"]
    assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(told["List-Unsubscribe"]).strip().startswith("<http://127.0.0.1:8000/api/v1/letters/")
    served = by_kind["申报已受理", "editor@people.example"]
    assert served["List-Unsubscribe"] is None


def test_whoever_got_one_letter_for_several_can_ask_why(
    post: PostOffice, ask: Callable[[Actor | None], FlaskClient]
) -> None:
    for _ in range(2):
        post.happen(*DRAFT, SEALED, COUNTY, batch="both")
    post.listener.follow()
    post.clock.pass_by(seconds=11)
    post.ringing.ring()
    mine = post.people["changsha-head"]
    letter = next(id_ for id_, to_, kind in post.rows("id", "recipient", "kind") if (to_, kind) == (mine, "digest"))
    head = Actor(mine, "长沙", (Grant(Role.BUREAU_HEAD, "430100"),))
    page = ask(head).get(f"/letters/{letter}/why", headers={"Accept-Language": "zh"})
    assert page.status_code == 200
    assert "2 件通知合为一封" in page.text
    assert "/inbox" in page.text, "it leads to where the applications lie"
