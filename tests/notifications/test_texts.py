"""Administrators rewrite what letters say: every edit an event, in force for letters written from then on and for no other."""

from email.message import EmailMessage

import pytest

from eventstore.refusal import Malformed, PreconditionFailed, Refused
from notifications import choosing, correspondence, manuscripts, wording
from notifications.cadence import Cadence, Choices
from notifications.manuscripts import wording_as_of, wording_in_force
from notifications.text_events import TYPES, stream_of
from notifications.variables import house_text
from tests.notifications.moments import DRAFT
from tests.notifications.post import PostOffice, Server, asked
from tests.scenario import COUNTY, SEALED
from web.problems import NotFound

SUBJECT, BODY = "请{{ unit }}留意", "{{ unit }}于 {{ at|moment }} 盖章提交了 {{ number }}。\n\n第二段。\n接着写。"


def delivered(post: PostOffice) -> list[EmailMessage]:
    server = Server()
    with server.running() as port:
        post.delivery(port).drain()
    return server.mail()


def body_of(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def sealed(post: PostOffice, *events: object) -> None:
    post.happen(*DRAFT, SEALED, *events)  # type: ignore[arg-type]
    post.listener.follow()


def spoil(post: PostOffice) -> None:
    """As after an upgrade that took a value away: the text was sound when it was published."""
    post.publish("unit_sealed", "zh", SUBJECT, BODY)
    with post.store.begin() as db:
        db.execute(manuscripts.live().update().values(subject="{{ gone }}"))


def codes(found: pytest.ExceptionInfo[Malformed]) -> list[str]:
    return [fault.code for fault in found.value.faults]


def test_a_published_text_is_what_letters_say_in_subject_text_and_html(post: PostOffice) -> None:
    post.publish("unit_sealed", "zh", SUBJECT, BODY)
    sealed(post)
    for mail in delivered(post):
        assert "留意" in str(mail["Subject"])
        text, html = body_of(mail), body_of(mail, "html")
        assert "2025 年 11 月 20 日" in text
        assert "。\n\n第二段。\n接着写。\n" in text
        assert "接着写。" in html
        assert "已盖章提交，内容自此锁定" not in text
        for kept in ("需要您做的", "您收到这封信，是因为", "/why"):
            assert kept in text, "what surrounds the text is the house's, whatever the text"
    assert set(post.rows("wording", "wording_fault")) == {("zh:1", ""), ("zh:1 en:0", "")}


def test_english_and_chinese_are_texts_of_their_own(post: PostOffice) -> None:
    post.publish("unit_sealed", "en", "Please note", "{{ number }} of {{ unit }} was sealed.")
    sealed(post)
    both = next(mail for mail in delivered(post) if mail["To"].addresses[0].addr_spec == "admin@people.example")
    assert "of 湖南" in body_of(both)
    assert "内容自此锁定" in body_of(both)


def test_letters_that_were_frozen_keep_what_they_were(post: PostOffice) -> None:
    sealed(post)
    server = Server(after_data=["451 come back later"] * 5)
    with server.running() as port:
        post.delivery(port).drain()
        before = dict(post.rows("id", "body_sha256"))
        post.publish("unit_sealed", "zh", SUBJECT, BODY)
        post.clock.pass_by(minutes=10)
        post.delivery(port).drain()
    first, again = server.got[:5], server.got[5:]
    assert sorted(first) == sorted(again), "the same bytes, though the text has changed"
    assert dict(post.rows("id", "body_sha256")) == before
    assert {str(wording)[:4] for (wording,) in post.rows("wording")} == {"zh:0"}


def test_a_text_that_cannot_be_told_falls_back_to_the_houses_and_is_never_a_lost_letter(post: PostOffice) -> None:
    sealed(post)
    spoil(post)
    mails = delivered(post)
    assert len(mails) == 5
    assert all("内容自此锁定" in body_of(mail) for mail in mails)
    assert {str(fault) for (fault,) in post.rows("wording_fault")} == {"unit_sealed/zh v1: KeyError: 'gone'"}
    with post.store.reading() as db:
        (kind,) = correspondence.misworded(db).items()
    assert (kind[0], kind[1].letters) == ("unit_sealed", 5)
    post.publish("unit_sealed", "zh", SUBJECT, f"{BODY}改好了。")
    with post.store.reading() as db:
        assert correspondence.misworded(db) == {}, "another version ends the alarm"


def test_a_text_that_fails_in_a_letter_for_several_is_told_too(post: PostOffice) -> None:
    with post.store.begin() as db:
        hourly = Choices(cadence={"unit_sealed": Cadence.HOURLY})
        choosing.choose(db, post.people["yuelu-head"], hourly, post.clock.now(db))
    for _ in range(2):
        sealed(post)
    spoil(post)
    post.clock.pass_by(hours=2)
    post.ringing.ring()
    (mail,) = [one for one in delivered(post) if one["To"].addresses[0].addr_spec == "yuelu-head@people.example"]
    assert "内容自此锁定" in body_of(mail)
    faults = {str(fault) for kind, fault in post.rows("kind", "wording_fault") if kind == "digest"}
    assert faults == {"unit_sealed/zh v1: KeyError: 'gone'"}
    with post.store.reading() as db:
        assert set(correspondence.misworded(db)) == {"unit_sealed"}


@pytest.mark.parametrize("reason", ["一行\n又一行", "x" * 30_000, "  ", "a\x1bb"])
def test_whatever_was_typed_into_an_application_a_text_carries_it_or_the_house_does(
    post: PostOffice, reason: str
) -> None:
    from dataclasses import replace

    from tests.notifications.moments import REFUSED

    post.publish(
        "not_recommended",
        "zh",
        "{% if reason %}{{ reason }}{% else %}不予推荐{% endif %}",
        f"{house_text('not_recommended', 'happened', 'zh')}{{% if reason %}}{'{{ reason }}' * 2}{{% endif %}}",
    )
    sealed(post, replace(REFUSED, reason=reason))
    assert {state for (state,) in post.rows("state")} <= {"planned", "suppressed"}
    assert len(delivered(post)) == post.states()["sent"]
    assert "dead" not in post.states()


def test_an_edit_is_an_event_with_version_who_and_why(post: PostOffice) -> None:
    post.publish("unit_sealed", "zh", SUBJECT, BODY, why="  单位看不懂\n原文 ")
    post.publish("unit_sealed", "zh", SUBJECT, BODY + "!", why="再改")
    post.editing.withdraw(asked(), "unit_sealed", "zh", "还是原文好")
    with post.store.reading() as db:
        recorded = post.store.stream_in(db, stream_of("unit_sealed"))
        kept = manuscripts.versions(db, "unit_sealed")
    assert [one.type for one in recorded] == ["letter.text_published", "letter.text_published", "letter.text_withdrawn"]
    assert set(TYPES) == {one.type for one in recorded}
    assert [(one.version, one.why, one.by, one.body) for one in kept] == [
        (3, "还是原文好", "console", None),
        (2, "再改", "console", BODY + "!"),
        (1, "单位看不懂 原文", "console", BODY),
    ]


def test_earlier_versions_are_restored_and_judged_anew(post: PostOffice) -> None:
    post.publish("unit_sealed", "zh", SUBJECT, BODY)
    post.publish("unit_sealed", "zh", SUBJECT, "改过的 {{ number }}")
    post.editing.restore(asked(), "unit_sealed", "zh", 1, "改错了")
    with post.store.reading() as db:
        newest, *_ = manuscripts.versions(db, "unit_sealed")
    assert (newest.version, newest.restores, newest.body) == (3, 1, BODY)
    with pytest.raises(Refused, match="NO_SUCH_VERSION"):
        post.editing.restore(asked(), "unit_sealed", "zh", 9, "x")


def test_the_houses_words_published_are_a_way_back_to_the_house(post: PostOffice) -> None:
    """So that an update of the house's own text reaches the reader again."""
    post.publish("unit_sealed", "zh", SUBJECT, BODY)
    post.publish(
        "unit_sealed", "zh", house_text("unit_sealed", "title", "zh"), house_text("unit_sealed", "happened", "zh")
    )
    with post.store.reading() as db:
        assert wording_in_force(db).is_the_houses


def test_nothing_is_published_twice_or_without_a_reason(post: PostOffice) -> None:
    post.publish("unit_sealed", "zh", SUBJECT, BODY)
    post.publish("unit_sealed", "zh", f" {SUBJECT}", f"\r\n{BODY}\r\n".replace("\n", "\r\n"))
    with post.store.reading() as db:
        assert len(manuscripts.versions(db, "unit_sealed")) == 1, "the same text, whatever its line ends"
    with pytest.raises(Refused, match="REASON_REQUIRED"):
        post.publish("unit_sealed", "zh", "另一个", BODY, why=" ")
    with pytest.raises(Malformed) as found:
        post.publish("unit_sealed", "zh", "另一个", BODY, why="很" * 501)
    assert codes(found) == ["FIELD_TOO_LONG"]
    with pytest.raises(NotFound):
        post.publish("no_such_kind", "zh", SUBJECT, BODY)
    with pytest.raises(Malformed) as found:
        post.publish("unit_sealed", "zh", "{{ x", "{{ y }}")
    assert codes(found) == ["LETTER_TEXT_UNCLOSED", "LETTER_TEXT_UNKNOWN_NAME"]


def test_of_two_who_edit_at_once_the_second_learns_of_the_first(post: PostOffice) -> None:
    from dataclasses import replace

    post.publish("unit_sealed", "zh", SUBJECT, BODY)
    with pytest.raises(PreconditionFailed):
        post.editing.publish(replace(asked(), if_match=0), "unit_sealed", "zh", (SUBJECT, "另写 {{ number }}"), "y")


def test_why_a_letter_came_is_told_in_the_words_it_was_sent_in(post: PostOffice) -> None:
    post.publish("unit_sealed", "zh", SUBJECT, BODY)
    sealed(post)
    delivered(post)
    post.publish("unit_sealed", "zh", SUBJECT, "全新的 {{ number }}")
    ((letter_id, written_with), *_) = post.rows("id", "wording")
    with post.store.reading() as db:
        shown = correspondence.one(db, str(letter_id))
        assert shown is not None
        said = wording_as_of(db, shown.kind, str(written_with)).said(shown.kind, "zh", shown.params)
    assert "第二段" in said.body
    assert said.version == 1


def test_a_digest_tells_its_parts_in_the_texts_in_force(post: PostOffice) -> None:
    post.publish("recommended", "zh", "县里推荐了", "{{ number }} 由{{ body }}推荐。\n另起一行。")
    for _ in range(2):
        post.happen(*DRAFT, SEALED, COUNTY, batch="b1")
    post.listener.follow()
    post.clock.pass_by(seconds=30)
    post.ringing.ring()
    digests = [mail for mail in delivered(post) if "2 件通知" in str(mail["Subject"])]
    assert digests
    told = [body_of(mail) for mail in digests]
    assert any("县里推荐了" in each and "推荐。 另起一行。" in each for each in told)


def test_a_rebuild_of_the_texts_is_what_is_kept(post: PostOffice) -> None:
    from eventstore.projection import at_revision

    post.publish("unit_sealed", "zh", SUBJECT, BODY)
    post.publish("awarded", "en", house_text("awarded", "title", "en") + "!", house_text("awarded", "happened", "en"))
    post.editing.withdraw(asked(), "unit_sealed", "zh", "x")
    beside = at_revision(manuscripts.LetterTexts(), 9)
    with post.store.begin() as db:
        beside.create(db)
        beside.apply(db, post.read(db, post.store.all_in(db, 0, 1000)))
        rows = [
            sorted(map(tuple, db.execute(projection.table(manuscripts.letter_texts).select())))
            for projection in (beside, post.texts)
        ]
        beside.drop(db)
    assert rows[0] == rows[1]
    assert len(rows[0]) == 3


def test_a_kind_without_words_is_no_text() -> None:
    with pytest.raises(KeyError):
        wording.Wording().said("no_such_kind", "zh", {})
