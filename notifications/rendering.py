"""A letter's row in words: what happened, what to do, by when, where, and why this person; Chinese first.

Knows templates and words, no database and no network. The same function serves the preview and the post.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from notifications import words
from notifications.audiences import Who
from notifications.digest import DIGEST
from notifications.letters import Claimed
from notifications.mail import Sender, Unsendable, Written, mailbox, message, subject_of
from notifications.stationery import PLAIN, Stationery, office_of
from notifications.statutory import is_served
from notifications.unreached import UNREACHED
from notifications.wording import Said, with_deadline
from web import tracing
from web.format import Language
from web.texts import t

_TEMPLATES = Path(__file__).parent / "templates"
_DECODE = msgspec.json.Decoder(dict[str, Any]).decode


def no_secret(commitment: str) -> str:
    """For whoever shows letters and does not send them: the link without its key."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A labelled line of a letter."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A letter in one language: everything a template shows, in order."""

    lang: Language
    colon: str
    title: str
    greeting: str
    paragraphs: tuple[tuple[str, ...], ...]
    asks_label: str
    asks: str
    deadline: Row | None
    items_label: str
    items: tuple[Row, ...]
    rows: tuple[Row, ...]
    link: Row
    because: str
    why: Row
    footer: str
    choice: Row | None
    checkpoint: Row | None


def languages_of(preference: str) -> tuple[Language, ...]:
    """Chinese always; English beside it for whoever prefers English or both."""
    return ("zh",) if preference == "zh" else ("zh", "en")


class Rendering:
    """Makes letters of rows. *secret* answers the key of a one-time link by its commitment, "" once it was used."""

    def __init__(self, sender: Sender, secret: Callable[[str], str] = no_secret) -> None:
        self.sender = sender
        self._secret = secret
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )
        self._parts = {kind: self._templates.get_template(f"letter.{kind}") for kind in _PARTS}

    def written(self, letter: Claimed, stationery: Stationery = PLAIN) -> Written:
        """The letter in words; raises KeyError when a word is missing, jinja2's TemplateError when a template is wrong.

        An administrator's text that cannot be told is told in the house's words; the letter says so in `fault`.
        """
        languages, params = languages_of(letter.language), _DECODE(letter.params)
        values = with_deadline(params, letter.deadline)
        said = {language: stationery.wording.said(letter.kind, language, values) for language in languages}
        blocks = [self._block(letter, params, said[language], language, stationery) for language in languages]
        made = {kind: template.render(blocks=blocks) for kind, template in self._parts.items()}
        return Written(
            letter_id=letter.id,
            thread=_thread(letter),
            name=letter.name,
            address=letter.address or "",
            subject=subject_of(made["subject"].strip()),
            text=made["text"],
            html=made["html"],
            languages=tuple("zh-Hans" if language == "zh" else language for language in languages),
            at=letter.created_at,
            unsubscribe="" if self._is_served(letter) else self.sender.unsubscribe(letter.id),
            traceparent=tracing.parent(letter.trace, letter.id.replace("-", "")[16:]) if letter.trace else "",
            reply_to=_reply_to(letter, params, stationery),
            wording=" ".join(f"{language}:{each.version}" for language, each in said.items()),
            fault="; ".join(filter(None, (*(each.fault for each in said.values()), str(params.get("fault", ""))))),
        )

    def bytes_of(self, written: Written) -> bytes:
        """The bytes that leave the house. Raises Unsendable."""
        return message(written, self.sender)

    def _block(
        self, letter: Claimed, params: Mapping[str, Any], said: Said, language: Language, stationery: Stationery
    ) -> Block:
        """One language of a letter."""
        base = self.sender.base_url
        place = self._place(letter, params)
        because = words.say(f"because.{letter.because}", language, **params)
        checkpoint = stationery.checkpoint
        return Block(
            lang=language,
            colon=t("colon", language),
            title=_title(said, params, language),
            greeting=_greeting(letter.name, language),
            paragraphs=said.paragraphs,
            asks_label=words.say("letter.asks", language),
            asks=words.say(f"asks.{letter.asks or 'nothing'}", language),
            deadline=_deadline(letter.deadline, language),
            items_label=words.say("letter.contents" if letter.kind == DIGEST else "letter.items", language),
            items=tuple(_items(params, language)),
            rows=tuple(_rows(params, language)),
            link=Row(label=words.say("letter.link", language), value=f"{base}{place}"),
            because=words.say("letter.because", language, because=because),
            why=Row(label=words.say("letter.why", language), value=f"{base}/letters/{letter.id}/why"),
            footer=words.say("letter.statutory" if self._is_served(letter) else "letter.choice", language),
            choice=None
            if self._is_served(letter)
            else Row(label=words.say("letter.choice.link", language), value=f"{base}{self.sender.off_page(letter.id)}"),
            checkpoint=Row(label=words.say("letter.checkpoint", language), value=checkpoint) if checkpoint else None,
        )

    @staticmethod
    def _is_served(letter: Claimed) -> bool:
        return is_served(letter.kind, letter.because)

    def _place(self, letter: Claimed, params: Mapping[str, Any]) -> str:
        """Where the letter leads: the one-time page for whoever has no account, the application for everybody else."""
        match letter.because:
            case Who.OBJECTOR:
                return "/notices"
            case Who.INVITED | Who.ASKED | Who.ENTERING if "path" in params:
                key = self._secret(str(params["secret"]))
                return f"{params['path']}?key={key}" if key else str(params["path"])
            case Who.INVITED | Who.ASKED:
                return "/"
            case _ if letter.kind == UNREACHED:
                return f"/letters/{params['letter']}/mend"
            case _ if letter.kind == DIGEST:
                return "/letters"
            case _ if not letter.application_id:
                return str(params.get("page", "/inbox"))
            case _:
                return f"/applications/{letter.application_id}"


_PARTS = ("subject", "text", "html")


def _thread(letter: Claimed) -> str:
    """What the letters are about that belong together: an application, an endpoint, or else their kind."""
    if letter.application_id:
        return letter.application_id
    return str(_DECODE(letter.params).get("thread", f"{letter.kind}.{letter.because}"))


def _title(said: Said, params: Mapping[str, Any], language: Language) -> str:
    """Stage and number before the title, where the letter is about one application."""
    if not params.get("number"):
        return said.title
    return f"[{words.stage(params['stage'], language)}] {params['number']} {said.title}"


def _reply_to(letter: Claimed, params: Mapping[str, Any], stationery: Stationery) -> tuple[str, str] | None:
    """The bureau that answers for the letter, by the name its reader reads; nobody where its mailbox is none."""
    bureau = stationery.answered_by(office_of(params), letter.audience)
    if bureau is None:
        return None
    named = (bureau.name_zh if letter.language == "zh" else bureau.name_en, bureau.email)
    try:
        mailbox("Reply-To", *named)
    except Unsendable:  # a header that cannot be written costs the header and never the letter
        return None
    return named


def _greeting(name: str, language: Language) -> str:
    """The recipient's own name; nobody is addressed by somebody else's."""
    return words.say("letter.greeting" if name else "letter.greeting.nameless", language, name=name)


def _deadline(deadline: datetime | None, language: Language) -> Row | None:
    if deadline is None:
        return None
    return Row(label=words.say("letter.deadline", language), value=words.moment(deadline, language))


def _items(params: Mapping[str, Any], language: Language) -> Iterator[Row]:
    for item in params.get("items", ()):
        yield Row(label=item[f"label_{language}"], value=item.get(f"reason_{language}") or item["reason"])


def _rows(params: Mapping[str, Any], language: Language) -> Iterator[Row]:
    about = (
        {}
        if not params.get("number")
        else {
            "number": params["number"],
            "unit": params["unit"],
            "call": params[f"call_{language}"],
            "stage": words.stage(params["stage"], language),
        }
    )
    values = {
        **about,
        "at": words.moment(datetime.fromisoformat(params["at"]), language),
    }
    for name, value in values.items():
        yield Row(label=words.say(f"letter.{name}", language), value=value)
