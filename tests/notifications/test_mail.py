"""A letter on the wire: seven bits, one recipient, ids whole, and what was written is what a reader's program reads."""

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.mail import LONGEST_SUBJECT, Sender, Unsendable, Written, message, subject_of
from tests.scenario import at

SENDER = Sender(
    address="no-reply@vermilion.test",
    base_url="http://127.0.0.1:8000",
    name='湖南省工业和信息化厅, 朱印 "Vermilion" <a@b>',
    bounce_key=b"k",
)
LETTER = Written(
    letter_id="01890000-0000-7000-8000-000000000abc",
    thread="01890000-0000-7000-8000-000000000001",
    name='王, "经办" <head@x>',
    address="clerk@yuelu.test",
    subject="[已盖章] HN-AI-2025-0001 申报已盖章提交 · [Sealed] HN-AI-2025-0001 An application was sealed",
    text="王经办：\n\n您好。\n.\n..一行以点开头\n",
    html="<p>您好</p>",
    languages=("zh-Hans", "en"),
    at=at("2025-11-20 10:30"),
)
printable = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200)


def parsed(body: bytes) -> EmailMessage:
    made = BytesParser(policy=policy.default).parsebytes(body)
    assert isinstance(made, EmailMessage)
    return made


def head_of(body: bytes) -> list[str]:
    return body.split(b"\r\n\r\n", 1)[0].decode("ascii").split("\r\n")


def test_every_byte_of_a_letter_has_seven_bits_and_every_line_is_short() -> None:
    body = message(LETTER, SENDER)
    body.decode("ascii")
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert max(map(len, body.split(b"\r\n"))) <= 120


def test_ids_are_never_encoded_and_stay_the_same_for_every_attempt() -> None:
    """CPython's EmailMessage writes a long References as =?utf-8?q?…, which no mail program decodes."""
    first, again = message(LETTER, SENDER), message(LETTER, SENDER)
    assert first == again
    text = first.decode("ascii")
    assert "Message-ID: <letter.01890000-0000-7000-8000-000000000abc@vermilion.test>\r\n" in text
    for name in ("References", "In-Reply-To"):
        found = re.search(rf"^{name}:\s+(<[^\r]+>)\r$", text, re.MULTILINE)
        assert found
        assert found[1] == "<application.01890000-0000-7000-8000-000000000001@vermilion.test>"
    long = replace(SENDER, address=f"no-reply@{'a' * 60}.vermilion.test")
    assert "=?" not in str(re.search(r"^References:.*\r\n(?: .*\r\n)*", message(LETTER, long).decode(), re.MULTILINE))


def test_a_letter_says_that_a_machine_wrote_it_and_when_in_beijing() -> None:
    read = parsed(message(LETTER, SENDER))
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["X-Auto-Response-Suppress"] == "All"
    assert read["Date"] == "Thu, 20 Nov 2025 10:30:00 +0800"
    assert read["List-Unsubscribe"] is None  # a statutory notice cannot be unsubscribed
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]


def test_a_text_arrives_as_it_was_written() -> None:
    read = parsed(message(LETTER, SENDER))
    text, html = (str(part.get_content()) for part in read.iter_parts())
    assert text.replace("\r\n", "\n") == LETTER.text
    assert "您好" in html


def _unspaced(text: str) -> str:
    return "".join(text.split())


@given(subject=printable, name=printable)
def test_any_text_in_a_header_reads_back_the_same(subject: str, name: str) -> None:
    body = message(replace(LETTER, subject=subject, name=name), SENDER)
    words = re.findall(r"=\?[^?]+\?[bq]\?[^?]*\?=", "\n".join(head_of(body)))
    assert all(len(word) <= 75 for word in words)
    read, classic = parsed(body), message_from_bytes(body)
    assert str(read["Subject"]) == subject_of(subject)
    assert str(make_header(decode_header(classic["Subject"]))) == subject_of(subject)
    shown = " ".join(name.split())
    # Python's newer parser keeps the space between two encoded words of a name, against RFC 2047 §6.2
    assert _unspaced(read["To"].addresses[0].display_name) == _unspaced(shown)
    assert read["To"].addresses[0].addr_spec == "clerk@yuelu.test"
    encoded, address = parseaddr(classic["To"])
    assert (str(make_header(decode_header(encoded))), address) == (shown, "clerk@yuelu.test")


def test_a_name_full_of_marks_cannot_become_an_address() -> None:
    read = parsed(message(LETTER, SENDER))
    assert [box.addr_spec for box in read["To"].addresses] == ["clerk@yuelu.test"]
    assert read["To"].addresses[0].display_name == LETTER.name
    assert [box.addr_spec for box in read["From"].addresses] == [SENDER.address]
    encoded, address = parseaddr(message_from_bytes(message(LETTER, SENDER))["From"])
    assert (str(make_header(decode_header(encoded))), address) == (SENDER.name, SENDER.address)


@pytest.mark.parametrize("mark", ["\r", "\n", "\r\nBcc: all@x.test", "\x00", "\x1b", "\u2028", "\ud800"])
def test_what_could_end_a_header_is_refused_and_not_removed(mark: str) -> None:
    with pytest.raises(Unsendable):
        message(replace(LETTER, name=f"王{mark}"), SENDER)
    with pytest.raises(Unsendable):
        message(replace(LETTER, subject=f"题{mark}"), SENDER)
    with pytest.raises(Unsendable):
        message(replace(LETTER, address=f"a{mark}@x.test"), SENDER)


@pytest.mark.parametrize("address", ["", "nobody", "a@b>,<c@d", "王@x.test", "a b@x.test", '"a"@x.test', "a@b;c@d"])
def test_what_is_no_plain_address_is_refused(address: str) -> None:
    with pytest.raises(Unsendable):
        message(replace(LETTER, address=address), SENDER)


def test_a_subject_is_cut_to_what_a_list_shows() -> None:
    assert len(subject_of("很" * 400)) == LONGEST_SUBJECT


def test_a_bounce_comes_back_to_an_address_nobody_can_guess() -> None:
    path = SENDER.return_path("x")
    assert re.fullmatch(r"bounce\+x\.[0-9a-f]{8}@vermilion\.test", path)
    assert replace(SENDER, bounce_key=b"other").return_path("x") != path
    assert replace(SENDER, bounce_key=b"").return_path("x") == SENDER.address
