"""What comes back: reports are believed by their signature alone; a dead address is told to the lead, corrected, and written to again."""

import os
from collections.abc import Callable, Generator
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from directory.actor import Actor, Grant, Role
from directory.records import Directory
from eventstore.ids import RandomIds, uuid7
from eventstore.refusal import Malformed, Refused
from notifications.mail import Sender
from notifications.mending import Mending
from notifications.mending_pages import pages as mending_pages
from notifications.pages import pages as letter_pages
from notifications.reports import NoReport, read
from tests.consortium import tale
from tests.databases import postgres_database, sqlite_url
from tests.notifications.conftest import opened
from tests.notifications.moments import ASKED_TO_JOIN, DRAFT
from tests.notifications.post import CATALOGUE, PostOffice, Server
from tests.scenario import SEALED, UNIT_CODE
from web.face import Furniture, Visitor, furnish
from web.problems import NotFound
from workflow.handling import Handling
from workflow.handling import NotFound as NotSeen

KEYED = Sender(address="no-reply@vermilion.test", base_url="http://127.0.0.1:8000", bounce_key=bytes(32))
OPERATOR = Actor("somebody", "管理员", (Grant(Role.OPERATOR, "43"),))
BOTH = pytest.mark.parametrize("engine", ["sqlite", "postgres"], indirect=True)
LETTER = "01a22848-cc42-7e34-a6b5-c5f43b7fbb86"


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Engine]:
    """SQLite; PostgreSQL where a test asks for it."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield from opened(sqlite_url(tmp_path))
    else:
        with postgres_database() as url:
            yield from opened(url)


@pytest.fixture
def mending(post: PostOffice) -> Mending:
    handling = Handling(post.dispatcher, CATALOGUE, Directory, post.clock, RandomIds(), os.urandom)
    return Mending(post.store, handling, KEYED, RandomIds(), post.clock, post.clock)


def report(letter_id: str = LETTER, *, status: str = "5.1.1", action: str = "failed", to: str = "") -> bytes:
    """A report as mail servers write it (RFC 3464)."""
    root = MIMEMultipart("report", **{"report-type": "delivery-status"})
    root["From"], root["Subject"] = "MAILER-DAEMON@mx.test", "Undelivered Mail Returned to Sender"
    root["To"] = to or KEYED.return_path(letter_id)
    root.attach(MIMEText("I'm sorry to have to inform you"))
    about, each = EmailMessage(), EmailMessage()
    about["Reporting-MTA"] = "dns; mx.test"
    each["Final-Recipient"], each["Action"], each["Status"] = "rfc822; m@example.cn", action, status
    each["Diagnostic-Code"] = f"smtp; 550 {status} no such mailbox"
    text = "".join(f"{group.as_string().strip()}\n\n" for group in (about, each))
    raw = root.as_string()
    boundary = root.get_boundary()
    closing = f"--{boundary}--"
    return raw.replace(closing, f"--{boundary}\nContent-Type: message/delivery-status\n\n{text}{closing}").encode()


def test_a_report_says_which_letter_and_for_how_long() -> None:
    found = read(report(), KEYED)
    assert (found.letter_id, found.status, found.hard, found.delayed) == (LETTER, "5.1.1", True, False)
    assert "no such mailbox" in found.said
    full = read(report(status="4.2.2"), KEYED)
    assert not full.hard
    assert read(report(status="4.4.7", action="delayed"), KEYED).delayed


@pytest.mark.parametrize(
    "raw",
    [
        report(to="no-reply@vermilion.test"),
        report(to=f"bounce+{LETTER}.00000000@vermilion.test"),
        report(to=KEYED.return_path(LETTER).replace("86.", "87.")),
        report(action="delivered", status="2.0.0"),
        report(status="nonsense"),
        b"",
        b"\xff\xfe\x00" * 100,
        b"To: " + KEYED.return_path(LETTER).encode() + b"\r\nSubject: out of office\r\n\r\nback on Monday\r\n",
        b"Content-Type: multipart/report; boundary=\r\n\r\n--\r\n",
        b"x" * ((1 << 20) + 1),
    ],
    ids=[
        "not ours",
        "forged",
        "another letter's",
        "delivered",
        "no status",
        "empty",
        "bytes",
        "an absence",
        "broken",
        "huge",
    ],
)
def test_whatever_else_comes_to_that_address_is_no_report(raw: bytes) -> None:
    with pytest.raises(NoReport):
        read(raw, KEYED)


def invited(post: PostOffice, server: Server | None = None) -> str:
    """An invitation that went to m@example.cn; its letter's id."""
    post.happen(*ASKED_TO_JOIN)
    post.listener.follow()
    with (server or Server()).running() as port:
        post.delivery(port).drain()
    return next(str(id_) for id_, kind in post.rows("id", "kind") if kind == "member_invited")


def lead(post: PostOffice) -> Actor:
    return Actor(post.people["admin"], "管理员", (Grant(Role.UNIT_ADMIN, UNIT_CODE),))


def to_the_lead(post: PostOffice) -> list[tuple[object, ...]]:
    return [row[:3] for row in post.rows("state", "audience", "params", "kind") if row[3] == "undeliverable"]


@BOTH
def test_an_address_the_server_refuses_is_told_to_the_lead_who_corrects_it(post: PostOffice, mending: Mending) -> None:
    """Issue 6.2: "correct the address and resend"; from then on the right address is written to."""
    server = Server(answers={"m@example.cn": "550 no such user"})
    letter = invited(post, server)
    assert post.ringing.ring() == 3
    assert post.ringing.ring() == 0
    assert {audience for _, audience, _ in to_the_lead(post)} == {f"unit:{UNIT_CODE}"}
    assert not any("m@example.cn" in str(params) for _, _, params in to_the_lead(post))
    new = mending.resend(letter, lead(post), "right@example.cn")
    with server.running() as port:
        post.delivery(port).drain()
    assert "right@example.cn" in server.recipients()
    rows = {str(id_): (state, reason) for id_, state, reason in post.rows("id", "state", "reason")}
    assert rows[letter] == ("dead", "resent")
    assert rows[new] == ("sent", "")
    ids = [str(m) for id_, m in post.rows("id", "message_id") if id_ in (letter, new)]
    assert len(set(ids)) == 2, "another letter, not the same once more"
    post.happen(tale.accepted(tale.M1), application=_application(post, letter))
    post.listener.follow()
    later = {str(a) for a, kind in post.rows("address", "kind") if kind == "invitation_accepted"}
    assert "m@example.cn" not in later


def _application(post: PostOffice, letter: str) -> UUID:
    return UUID(next(str(a) for id_, a in post.rows("id", "application_id") if id_ == letter))


@BOTH
def test_a_letter_that_came_back_for_good_closes_its_address(post: PostOffice, mending: Mending) -> None:
    letter = invited(post)
    found, followed = mending.report(report(letter))
    assert (found.letter_id, followed) == (letter, "hard")
    assert [one.address for one in mending.suppressed()] == ["m@example.cn"]
    assert ("dead", "") in [(s, r) for id_, s, r in post.rows("id", "state", "reason") if id_ == letter]
    assert post.ringing.ring() == 3, "the lead is told"
    with pytest.raises(Refused) as refused:
        mending.resend(letter, lead(post))
    assert refused.value.refusals[0].code == "ADDRESS_TAKES_NO_MAIL"
    post.happen(*ASKED_TO_JOIN)
    post.listener.follow()
    states = [(s, r) for kind, s, r in post.rows("kind", "state", "reason") if kind == "member_invited"]
    assert ("suppressed", "bounced") in states
    mending.lift("M@example.cn")
    assert mending.suppressed() == []
    assert mending.resend(letter, lead(post))


def test_what_may_pass_closes_an_address_only_after_five_in_a_fortnight(post: PostOffice, mending: Mending) -> None:
    letter = invited(post)
    assert mending.report(report(letter, status="4.4.7", action="delayed"))[1] == "noted"
    for _ in range(4):
        assert mending.report(report(letter, status="4.2.2"))[1] == "soft"
    assert mending.suppressed() == []
    post.clock.pass_by(days=15)
    mending.report(report(letter, status="4.2.2"))
    assert mending.suppressed() == [], "the first four are too long ago"
    for _ in range(4):
        mending.report(report(letter, status="4.2.2"))
    assert [one.reason for one in mending.suppressed()] == ["soft"]


def test_a_report_about_a_letter_we_do_not_have_changes_nothing(post: PostOffice, mending: Mending) -> None:
    assert mending.report(report(str(uuid7())))[1] == ""
    with pytest.raises(Malformed):
        mending.report(b"hello")


def test_who_may_mend_what(post: PostOffice, mending: Mending) -> None:
    """The lead its own contacts' letters; the operator all; an address of an account is changed in the account."""
    letter = invited(post, Server(answers={"m@example.cn": "550 no"}))
    stranger = Actor("x", "别家", (Grant(Role.UNIT_ADMIN, "91430281MAXTE5T24U"),))
    with pytest.raises(NotSeen):
        mending.letter(letter, stranger)
    assert mending.letter(letter, lead(post)).id == letter
    post.happen(*DRAFT, SEALED)
    post.listener.follow()
    with Server(answers={"yuelu-head@people.example": "550 no"}).running() as port:
        post.delivery(port).drain()
    official = next(
        str(i) for i, a, s in post.rows("id", "address", "state") if (a, s) == ("yuelu-head@people.example", "dead")
    )
    with pytest.raises(NotFound):
        mending.letter(official, lead(post))
    with pytest.raises(Refused) as refused:
        mending.resend(official, OPERATOR, "other@example.cn")
    assert refused.value.refusals[0].code == "ADDRESS_NOT_YOURS"
    assert post.ringing.ring() == 3, "of the official's letter the lead hears nothing"
    mending.set_aside(official, OPERATOR)
    with pytest.raises(Refused) as refused:
        mending.set_aside(official, OPERATOR)
    assert refused.value.refusals[0].code == "LETTER_NOT_IN_TROUBLE"


@pytest.mark.parametrize("address", ["", "no address", "a@b\r\nBcc: c@d.test", "a@b,c@d.test", "<a@b.test>"])
def test_what_is_no_address_is_refused(post: PostOffice, mending: Mending, address: str) -> None:
    letter = invited(post, Server(answers={"m@example.cn": "550 no"}))
    if address:
        with pytest.raises(Malformed):
            mending.resend(letter, lead(post), address)
    else:
        assert mending.resend(letter, lead(post)), "an empty field is the address it had"


@pytest.fixture
def ask(post: PostOffice, mending: Mending) -> Callable[[Actor], FlaskClient]:
    def as_seen_by(actor: Actor) -> FlaskClient:
        site = Flask("site", static_folder=None)
        site.config.update(SECRET_KEY="0" * 32, WTF_CSRF_ENABLED=False)
        furniture = Furniture(
            identity=lambda _request, /: actor,
            now=lambda: post.clock.at,
            visitor=lambda found: Visitor(actor=found),
            secure=False,
        )
        furnish(site, furniture)
        site.register_blueprint(letter_pages(post.store))
        site.register_blueprint(mending_pages(mending))
        return site.test_client()

    return as_seen_by


OURS = {"Sec-Fetch-Site": "same-origin"}


def test_the_lead_corrects_the_address_on_a_page(post: PostOffice, ask: Callable[[Actor], FlaskClient]) -> None:
    letter = invited(post, Server(answers={"m@example.cn": "550 no such user"}))
    client = ask(lead(post))
    page = client.get(f"/letters/{letter}/mend")
    assert page.status_code == 200
    assert 'value="m@example.cn"' in page.text
    wrong = client.post(f"/letters/{letter}/resend", data={"address": "nothing"}, headers=OURS)
    assert wrong.status_code == 422
    assert client.post(f"/letters/{letter}/resend", data={"address": "r@e.cn"}, headers=OURS).status_code == 303
    assert "已重发" in client.get(f"/letters/{letter}/mend").text


def test_the_operator_mends_with_one_click(
    post: PostOffice, mending: Mending, ask: Callable[[Actor], FlaskClient]
) -> None:
    letter = invited(post, Server(answers={"m@example.cn": "550 no such user"}))
    client = ask(OPERATOR)
    page = client.get("/outbox")
    assert "550" in page.text
    assert f"/letters/{letter}/resend" in page.text
    assert client.post(f"/letters/{letter}/resend", headers=OURS).headers["Location"] == "/outbox"
    mending.report(report(letter))
    assert "m@example.cn" in client.get("/outbox/addresses").text
    assert client.post("/outbox/addresses", data={"address": "m@example.cn"}, headers=OURS).status_code == 303
    assert "m@example.cn" not in client.get("/outbox/addresses").text
