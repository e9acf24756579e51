"""What a letter carries besides its words: whom a reply goes to, and the newest signed head of the log."""

import re
from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest

from eventstore.refusal import Malformed, Refused
from notifications.contents import office_of
from notifications.mail import message
from tests.notifications.moments import (
    BY_CITY,
    BY_COUNTY,
    BY_THE_PROVINCE,
    DRAFT,
    IN_FORMAL_REVIEW,
    MOMENTS,
    REFUSED,
    RETURNED,
    SEALED_ONCE,
    WON,
    Moment,
)
from tests.notifications.post import SENDER, PostOffice, Server, asked
from tests.notifications.test_mail import LETTER, parsed
from tests.scenario import COUNTY, SEALED
from workflow.events import ApplicationEvent

YUELU = "长沙市岳麓区工业和信息化局"


def delivered(post: PostOffice) -> Server:
    server = Server()
    with server.running() as port:
        post.delivery(port).drain()
    return server


def test_a_reply_goes_to_the_bureau_that_has_the_file_and_no_header_stands_where_it_has_no_mailbox(
    post: PostOffice,
) -> None:
    post.register.set_bureau_email(asked(), "430104", "office@yuelu.example.cn")
    post.happen(*DRAFT, SEALED)  # with the county
    post.happen(*DRAFT, SEALED, COUNTY)  # by the county, now with the city
    post.listener.follow()
    server = delivered(post)
    for raw, mail in zip(server.got, server.mail(), strict=True):
        reader = str(mail["To"].addresses[0].addr_spec)
        if reader.startswith("yuelu"):
            assert mail["Reply-To"] is None, "nobody is told to write to themselves"
            continue
        assert str(mail["Reply-To"].addresses[0].addr_spec) == "office@yuelu.example.cn"
        shown, address = parseaddr(str(message_from_bytes(raw)["Reply-To"]))
        named = "Yuelu District Bureau" if reader in ("admin@people.example", "changsha-head@people.example") else YUELU
        assert str(make_header(decode_header(shown))).startswith(named)
        assert address == "office@yuelu.example.cn"


def test_the_mailbox_of_a_bureau_is_frozen_with_the_letter_and_can_be_taken_away(post: PostOffice) -> None:
    post.register.set_bureau_email(asked(), "430104", "office@yuelu.example.cn")
    post.happen(*DRAFT, SEALED)
    post.listener.follow()
    server = Server(after_data=["451 later"] * 5)
    with server.running() as port:
        post.delivery(port).drain()
        post.register.set_bureau_email(asked(), "430104", "")
        post.clock.pass_by(minutes=10)
        post.delivery(port).drain()
    assert sorted(server.got[:5]) == sorted(server.got[5:])
    post.happen(*DRAFT, SEALED)
    post.listener.follow()
    assert {mail["Reply-To"] for mail in delivered(post).mail()} == {None}


def test_a_mailbox_is_one_that_every_server_takes(post: PostOffice) -> None:
    for wrong in ("nobody", "a@b\r\nBcc: x@y.cn", "办公室@岳麓.example.cn", "a@b>, <c@d.cn", " "):
        with pytest.raises(Malformed):
            post.register.set_bureau_email(asked(), "430104", wrong)
    with pytest.raises(Refused, match="BUREAU_UNKNOWN"):
        post.register.set_bureau_email(asked(), "999999", "a@example.cn")


@pytest.mark.parametrize(
    ("history", "office"),
    [(DRAFT, "430104"), (SEALED_ONCE, "430104"), (BY_COUNTY, "430100"), (BY_CITY, "43"), (IN_FORMAL_REVIEW, "43"),
     ((*SEALED_ONCE, RETURNED), "430104"), ((*IN_FORMAL_REVIEW, BY_THE_PROVINCE), "43"), ((*SEALED_ONCE, REFUSED), "430104"), (WON, "43")],
)  # fmt: skip
def test_who_answers_is_in_whose_hands_the_file_is(history: tuple[ApplicationEvent, ...], office: str) -> None:
    assert office_of(Moment(trigger="", history=history[:-1], event=history[-1]).after) == office


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: type(moment.event).__name__)
def test_every_letter_has_somebody_who_answers_for_it(moment: Moment) -> None:
    assert re.fullmatch(r"43([0-9]{4})?", office_of(moment.after))


@pytest.mark.parametrize("name", ['局, "办公室" <x@y>', "名" * 60, "龑(𠀀)", "a;b:c@d", "ordinary"])
def test_a_name_full_of_marks_cannot_become_an_address_in_reply_to(name: str) -> None:
    body = message(replace(LETTER, reply_to=(name, "office@yuelu.example.cn")), SENDER)
    assert [box.addr_spec for box in parsed(body)["Reply-To"].addresses] == ["office@yuelu.example.cn"]
    encoded, address = parseaddr(str(message_from_bytes(body)["Reply-To"]))
    assert (str(make_header(decode_header(encoded))), address) == (name, "office@yuelu.example.cn")


def test_a_letter_carries_the_newest_signed_head_and_is_a_witness_of_it(post: PostOffice) -> None:
    """Read once for the batch, frozen with the bytes: what is signed later changes no letter that was written."""
    post.checkpoint = "34 q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="
    post.happen(*DRAFT, SEALED)
    post.listener.follow()
    server = Server(after_data=["451 later"] * 5)
    with server.running() as port:
        post.delivery(port).drain()
        post.checkpoint = "35 another="
        post.clock.pass_by(minutes=10)
        post.delivery(port).drain()
    assert sorted(server.got[:5]) == sorted(server.got[5:])
    for mail in server.mail():
        for part in mail.iter_parts():
            assert "34 q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=" in str(part.get_content())
    post.checkpoint = ""
    post.happen(*DRAFT, SEALED)
    post.listener.follow()
    assert all("存证" not in str(part.get_content()) for mail in delivered(post).mail() for part in mail.iter_parts())
