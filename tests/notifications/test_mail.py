"""A letter on the wire: seven bits, one recipient, ids whole, and what was written is what a reader's program reads."""

import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import parseaddr
from random import Random

import pytest
from fast_mail_parser import parse_email
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


ALPHABETS = (
    "申报岳麓区工业和信息化局牵头单位联合体协议书〔2025〕第１号、，。“”（）…—",
    "龑𠀀𬎆㐀禤喆堃\uf900\ufe0f",
    "abcXYZ 0189   ",
    "\"\\\\,;:<>()[]@=?_.!#$%&'*+/^`{|}~-",
    "éüßñçœ\u0301\u0327ЖщΩאבגدجل",
    "😀👩‍💻🇨🇳\u200d\u200b\u00a0\u3000\ufeff",
    "=?utf-8?b?5Lit?= =?UTF-8?Q?=0D=0ABcc:_x?=",
)
"""Han of the office, rare Han beyond the basic plane, blanks, everything that means something in a header, other scripts with
marks that combine, emoji and what nobody sees, and texts that pretend to be encoded words."""


def hostile(count: int, seed: int) -> Iterator[str]:
    """Texts of up to 150 characters out of one alphabet or of all."""
    chance = Random(seed)
    everything = "".join(ALPHABETS)
    for _ in range(count):
        yield "".join(chance.choices(chance.choice((*ALPHABETS, everything)), k=chance.randrange(0, 150)))


def test_ten_thousand_texts_in_names_and_subjects_read_back_the_same_by_two_parsers() -> None:
    """Issue: “10,000 random texts in names and subjects: refused or carried exactly, never broken on the wire”."""
    for text in hostile(10_000, seed=6):
        name, subject = " ".join(text.split()), subject_of(text)
        body = message(replace(LETTER, name=text, subject=text, reply_to=(text, "office@yuelu.test")), SENDER)
        assert all(len(line) <= 78 for line in head_of(body)), text
        classic, other = message_from_bytes(body), parse_email(body)
        assert "Bcc" not in classic
        assert str(make_header(decode_header(classic["Subject"]))) == subject
        assert other.subject == subject
        for header, address in (("To", "clerk@yuelu.test"), ("Reply-To", "office@yuelu.test")):
            encoded, found = parseaddr(classic[header])
            assert (str(make_header(decode_header(encoded))), found) == (name, address), text
            assert other.headers[header] == [f"{name} <{address}>" if name else address], text


def test_the_newer_parser_of_python_reads_them_too() -> None:
    """A tenth of them: it takes ten times as long. Blanks between two encoded words of a name it keeps, against RFC 2047 §6.2."""
    for text in hostile(1_000, seed=7):
        read = parsed(message(replace(LETTER, name=text, subject=text), SENDER))
        assert str(read["Subject"]) == subject_of(text), text
        assert _unspaced(read["To"].addresses[0].display_name) == _unspaced(text), text
        assert read["To"].addresses[0].addr_spec == "clerk@yuelu.test"


def test_two_thousand_bodies_read_back_the_same_by_two_parsers() -> None:
    for text in hostile(2_000, seed=8):
        body = message(replace(LETTER, text=text + "\n", html=f"<p>{text}</p>\n"), SENDER)
        lines = [*text.splitlines()] or [""]
        plain, *_ = parse_email(body).text_plain
        whole = "\r\n".join(lines) + "\r\n"
        assert plain == whole.removeprefix("\ufeff"), "it takes a mark of byte order at the very beginning for one"
        first, *_ = message_from_bytes(body).get_payload()
        assert isinstance(first, Message)
        assert first.get_payload(decode=True) == whole.encode()


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
