"""The letter with the one-time link. It leaves at once and is kept nowhere: what is written down could be read."""

import asyncio
import threading
from datetime import UTC, datetime

import structlog
from flask import render_template

from directory.records import Directory, Person
from directory.signin import LINK_LASTS, Link
from notifications.mail import Sender, Written, message
from notifications.smtp import LineLost, Relay, RelayDown, TurnedDown
from service.wiring import House
from web.format import Language

_log = structlog.get_logger(__name__)


def send_link(house: House, link: Link, speech: Language) -> None:
    """Send *link* to its person, beside the request: how long that takes says nothing about whether the person exists."""
    with house.store.reading() as db:
        person = Directory(db).person(link.person)
    if person is None:
        return
    letter = _written(house, link, person, speech)
    threading.Thread(target=_send, args=(house.relay, house.sender, letter), name="knocking", daemon=True).start()


def _written(house: House, link: Link, person: Person, speech: Language) -> Written:
    values = {
        "name": person.name,
        "url": f"{house.settings.base_url}/sign-in/{link.secret}",
        "minutes": LINK_LASTS.seconds // 60,
        "lang": speech,
    }
    return Written(
        letter_id=house.ids.uuid7().hex,
        thread="sign-in",
        name=person.name,
        address=person.email,
        subject="登录链接" if speech == "zh" else "Your link to sign in",
        text=render_template("service/letter_link.txt", **values),
        html=render_template("service/letter_link.html", **values),
        languages=(speech,),
        at=datetime.now(UTC),
    )


def _send(relay: Relay, sender: Sender, letter: Written) -> None:
    try:
        asyncio.run(_carried(relay, sender, letter))
    except (RelayDown, LineLost, TurnedDown) as error:
        _log.warning("signin_link_not_sent", error=f"{type(error).__name__}: {error}")


async def _carried(relay: Relay, sender: Sender, letter: Written) -> None:
    line = await relay.open()
    try:
        await line.offer(sender.return_path(letter.letter_id), letter.address)
        await line.send(message(letter, sender))
    finally:
        await line.close()
