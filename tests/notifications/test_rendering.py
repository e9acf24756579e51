"""Each letter says what happened, what to do, by when, where, and why this person got it; in Chinese, with English beside it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from consortium.events import MemberInvited
from eventstore.codec import canonical
from eventstore.event import Personal
from notifications.announcements import Announcement, announce
from notifications.contents import contents
from notifications.letters import Claimed
from notifications.listener import terms_of
from notifications.mail import Sender
from notifications.rendering import Rendering
from notifications.stationery import Stationery
from notifications.words import moment as in_words
from notifications.words import stage
from programmes.calendar import instant
from tests.notifications.moments import OBJECTED, RETURNED, TOLD, Moment, name_of
from tests.scenario import COUNTY, at, call_of_2025

SENDER = Sender(address="no-reply@vermilion.test", base_url="http://127.0.0.1:8000")
RENDERING = Rendering(SENDER)
NAMES = {
    "430104": ("岳麓区工信局", "Yuelu Bureau"),
    "430100": ("长沙市工信局", "Changsha Bureau"),
    "43": ("省工信厅", "the Department"),
}
WHEN = at("2025-11-26 12:00")


def letters_of(moment: Moment, language: str) -> Iterator[tuple[Claimed, Announcement]]:
    call = call_of_2025()
    params = contents(moment.event, moment.before, moment.after, call, WHEN, lambda code: NAMES.get(code, (code, code)))
    for n, one in enumerate(announce(moment.event, moment.before, moment.after, terms_of(call), WHEN)):
        letter = Claimed(
            id=f"01890000-0000-7000-8000-{n:012d}",
            token="",
            application_id=moment.after.id,
            kind=one.kind,
            because=one.because.value,
            asks=one.asks,
            deadline=one.deadline,
            name="王经办",
            address="clerk@yuelu.test",
            language=language,
            params=canonical(params),
            message_id="",
            attempts=0,
            doubts=0,
            body=None,
            created_at=WHEN,
        )
        yield letter, one


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("moment", TOLD, ids=name_of)
def test_every_letter_says_what_when_where_and_why(moment: Moment, language: str) -> None:
    for letter, announcement in letters_of(moment, language):
        written = RENDERING.written(letter)
        assert written.thread == moment.after.id, "one thread an application, the consortium's letters too"
        RENDERING.bytes_of(written)
        for text in (written.text, written.html):
            for lang in ("zh", "en") if language == "en" else ("zh",):
                assert stage(str(moment.after.stage), lang) in text  # type: ignore[arg-type]
                if announcement.deadline:
                    assert in_words(announcement.deadline, lang) in text  # type: ignore[arg-type]
            assert moment.after.number in text
            assert f"/letters/{letter.id}/why" in text
            assert _place(letter) in text
            assert "{" not in text
            assert "—" not in text  # no value is missing
        assert moment.after.number in written.subject
        assert stage(str(moment.after.stage), "zh") in written.subject


def _place(letter: Claimed) -> str:
    """Where the letter leads; whoever has no account is led to no application."""
    match letter.because:
        case "objector":
            return "/notices"
        case "asked":
            return "/confirmations/c-1"
        case "invited":
            return "/invitations/i-" if letter.kind == "member_invited" else SENDER.base_url
        case _:
            return f"/applications/{letter.application_id}"


def test_the_key_of_a_one_time_link_stands_in_the_letter_that_is_sent_and_nowhere_else() -> None:
    """The row holds the commitment alone; a page that shows the letter shows the link without its key."""
    moment = next(moment for moment in TOLD if isinstance(moment.event, MemberInvited))
    assert isinstance(moment.event, MemberInvited)
    kept = replace(moment.event, secret=Personal("s3cret", "ab" * 32))
    letter, _ = next(letters_of(replace(moment, event=kept), "zh"))
    assert "s3cret" not in letter.params
    sending = Rendering(SENDER, {"ab" * 32: "s3cret"}.__getitem__).written(letter)
    assert f"/invitations/{kept.invitation}?key=s3cret" in sending.text
    assert "s3cret" not in RENDERING.written(letter).text
    used = Rendering(SENDER, lambda _: "").written(letter)
    assert "key=" not in used.text


def test_chinese_comes_first_and_english_only_where_it_is_preferred() -> None:
    moment = next(moment for moment in TOLD if moment.event == COUNTY)
    letter, _ = next(letters_of(moment, "zh"))
    assert "Yuelu" not in RENDERING.written(letter).text
    letter, _ = next(letters_of(moment, "en"))
    text = RENDERING.written(letter).text
    assert 0 < text.index("岳麓区工信局") < text.index("Yuelu Bureau")


def test_a_return_lists_every_item_by_its_name_with_its_reason() -> None:
    """T11: 一次性告知."""
    moment = next(moment for moment in TOLD if moment.event == RETURNED)
    letter, _ = next(letters_of(moment, "en"))
    written = RENDERING.written(letter)
    for text in (written.text, written.html):
        assert "2024年完税证明缺第2页" in text
        assert call_of_2025().programme("L").slot("L-4").label.zh in text
        assert "24:00（北京时间）" in text


def test_a_letter_about_an_objection_never_names_the_objector() -> None:
    """T25, T26, T27: the objector's identity lies apart."""
    for moment in TOLD:
        if OBJECTED in (*moment.history, moment.event):
            for letter, _ in letters_of(moment, "en"):
                written = RENDERING.written(letter)
                assert "周某" not in written.text + written.html
                assert "zhou@outside.test" not in letter.params


def test_what_people_typed_cannot_become_markup() -> None:
    moment = next(moment for moment in TOLD if moment.event == OBJECTED)
    letter, _ = next(letters_of(moment, "zh"))
    hostile = letter.params.replace("参数不实", "<script>{{ 7*7 }}</script>")
    html = RENDERING.written(type(letter)(**{**_fields(letter), "params": hostile})).html
    assert "&lt;script&gt;{{ 7*7 }}&lt;/script&gt;" in html


def test_everybody_is_addressed_by_their_own_name() -> None:
    letter, _ = next(letters_of(TOLD[0], "zh"))
    assert RENDERING.written(letter).text.strip().startswith("王经办：")
    nameless = type(letter)(**{**_fields(letter), "name": ""})
    assert RENDERING.written(nameless).text.strip().startswith("您好：")


def test_the_newest_checkpoint_stands_in_the_letter_when_there_is_one() -> None:
    letter, _ = next(letters_of(TOLD[0], "zh"))
    noted = RENDERING.written(letter, Stationery(checkpoint="34 ab12="))
    assert "存证：34 ab12=" in noted.text
    assert "34 ab12=" in noted.html
    assert "存证" not in RENDERING.written(letter).text


def test_a_letter_has_no_style_and_no_script_of_its_own() -> None:
    """It is shown in the demo's mailbox under the same strict policy as every page."""
    letter, _ = next(letters_of(TOLD[0], "en"))
    html = RENDERING.written(letter).html
    assert "style" not in html
    assert "<script" not in html


def test_the_last_moment_of_a_day_is_its_24_hours() -> None:
    assert in_words(instant("2025-12-01 24:00"), "zh") == "2025 年 12 月 1 日 24:00（北京时间）"
    assert in_words(instant("2025-12-05 17:00"), "en") == "Friday 5 December 2025, 17:00 (Beijing time)"


def _fields(letter: Claimed) -> dict[str, object]:
    return {name: getattr(letter, name) for name in Claimed.__slots__}
