"""Texts of letters for machines: what each kind says, its versions, a preview, and every edit. Pages call the same."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from eventstore.dispatch import Context
from eventstore.refusal import Malformed
from notifications.manuscripts import Version
from notifications.samples import samples_of
from notifications.templating import LONGEST
from notifications.texts_desk import Row, Sheet, TextsDesk
from web import tracing
from web.format import Language
from web.operations import Answer, Asked, Operation
from web.problems import NotFound
from web.reading import Request
from web.texts import LANGUAGES
from workflow.handling import actor_name

Written = Annotated[str, Field(max_length=2 * LONGEST)]


class KindAnswer(BaseModel):
    """A kind of letter: which version is in force by language, 0 for the house's own; why it must be served, "" where it need
    not; how many letters had to be put into the house's words."""

    kind: str
    title_zh: str
    title_en: str
    versions: dict[str, int]
    served: str
    failed: int


class KindsAnswer(BaseModel):
    kinds: list[KindAnswer]


class VariableAnswer(BaseModel):
    """A value a text may name, and how it is written. *must_stay*: no text may leave it out."""

    name: str
    written: str
    type: str
    zh: str
    en: str
    optional: bool
    must_stay: bool


class VersionAnswer(BaseModel):
    """*subject* and *body* are null where the house's own text came back into force."""

    version: int
    subject: str | None
    body: str | None
    why: str
    restores: int
    by: str
    at: datetime


class TextAnswer(BaseModel):
    """What letters of a kind say in one language."""

    kind: str
    language: str
    subject: str
    body: str
    version: int
    house_subject: str
    house_body: str
    house_changed: bool
    variables: list[VariableAnswer]
    samples: list[str]
    versions: list[VersionAnswer]


class PublishBody(Request):
    """*why* is kept with the version."""

    subject: Written
    body: Written
    why: Annotated[str, Field(max_length=1000)]


class RestoreBody(Request):
    """*version* 0 is the house's own text."""

    version: Annotated[int, Field(ge=0, le=10**6)]
    why: Annotated[str, Field(max_length=1000)]


class PreviewBody(Request):
    """*sample*: one of those the text names, the first without; *reader* "en" reads Chinese and English."""

    subject: Written
    body: Written
    sample: Annotated[str, Field(max_length=100)] = ""
    reader: Literal["zh", "en"] = "zh"


class PreviewAnswer(BaseModel):
    headers: dict[str, str]
    text: str
    html: str


def operations(desk: TextsDesk) -> Iterator[Operation]:
    """listLetterTexts, readLetterText, publishLetterText, restoreLetterText, previewLetterText."""
    yield from _reading(desk)
    yield from _editing(desk)


def _reading(desk: TextsDesk) -> Iterator[Operation]:
    def every(_: Asked) -> Answer:
        return Answer(body=KindsAnswer(kinds=[_kind(row) for row in desk.rows()]))

    def one(asked: Asked) -> Answer:
        return _answered(desk, asked)

    def preview(asked: Asked) -> Answer:
        body, language = asked.body_as(PreviewBody), _language(asked)
        written = (body.subject, body.body)
        if faults := desk.faults(str(asked.path["kind"]), language, written):
            raise Malformed(faults)
        made = desk.preview(str(asked.path["kind"]), language, written, body.sample, body.reader)
        return Answer(body=PreviewAnswer(headers=dict(made.headers), text=made.text, html=made.html))

    yield Operation(
        id="listLetterTexts",
        method="GET",
        path="/letter-texts",
        action="letter.text.read",
        summary_zh="信函文稿：各类信函现用哪一版",
        summary_en="Texts of letters: which version of each kind is in force",
        perform=every,
        answer=KindsAnswer,
    )
    yield Operation(
        id="readLetterText",
        method="GET",
        path="/letter-texts/<kind>/<language>",
        action="letter.text.read",
        summary_zh="一类信函的文稿、变量和历次版本",
        summary_en="What a kind of letter says, the values it may name, and every version",
        perform=one,
        answer=TextAnswer,
    )
    yield Operation(
        id="previewLetterText",
        method="POST",
        path="/letter-texts/<kind>/<language>/preview",
        action="letter.text.read",
        summary_zh="按样例预览文稿，不发布",
        summary_en="A text as somebody would get it; nothing is published",
        perform=preview,
        request=PreviewBody,
        answer=PreviewAnswer,
    )


def _editing(desk: TextsDesk) -> Iterator[Operation]:
    def publish(asked: Asked) -> Answer:
        body, language = asked.body_as(PublishBody), _language(asked)
        kind = str(asked.path["kind"])
        outcome = desk.editing.publish(_context(desk, asked), kind, language, (body.subject, body.body), body.why)
        return _answered(desk, asked, replayed=outcome.replayed)

    def restore(asked: Asked) -> Answer:
        body, language, kind = asked.body_as(RestoreBody), _language(asked), str(asked.path["kind"])
        context = _context(desk, asked)
        if body.version:
            outcome = desk.editing.restore(context, kind, language, body.version, body.why)
        else:
            outcome = desk.editing.withdraw(context, kind, language, body.why)
        return _answered(desk, asked, replayed=outcome.replayed)

    yield Operation(
        id="publishLetterText",
        method="PUT",
        path="/letter-texts/<kind>/<language>",
        action="letter.text.publish",
        summary_zh="发布一类信函的文稿；此后写的信生效",
        summary_en="Publish what a kind of letter says; letters written from then on say it",
        perform=publish,
        request=PublishBody,
        answer=TextAnswer,
        command=True,
        needs_version=True,
        also=(409,),
    )
    yield Operation(
        id="restoreLetterText",
        method="POST",
        path="/letter-texts/<kind>/<language>/restoration",
        action="letter.text.publish",
        summary_zh="恢复从前的一版，或系统原文稿（0）",
        summary_en="An earlier version again, or the house's own text (0)",
        perform=restore,
        request=RestoreBody,
        answer=TextAnswer,
        command=True,
        needs_version=True,
        also=(409,),
    )


def _context(desk: TextsDesk, asked: Asked) -> Context:
    return Context(
        actor=actor_name(asked.actor),
        correlation_id=tracing.correlation(desk.editing.dispatcher.ids.uuid7),
        command_id=asked.command_id,
        fingerprint=asked.fingerprint,
        if_match=asked.if_match,
    )


def language_of(text: str) -> Language:
    """*text* where it is a language of letters. Raises NotFound."""
    for language in LANGUAGES:
        if text == language:
            return language
    raise NotFound


def _language(asked: Asked) -> Language:
    return language_of(str(asked.path["language"]))


def _answered(desk: TextsDesk, asked: Asked, *, replayed: bool = False) -> Answer:
    sheet = desk.sheet(str(asked.path["kind"]), _language(asked))
    return Answer(body=_text(sheet), version=sheet.stream_version, replayed=replayed)


def _kind(row: Row) -> KindAnswer:
    return KindAnswer(
        kind=row.kind,
        title_zh=row.title("zh"),
        title_en=row.title("en"),
        versions={str(language): version for language, version in row.versions.items()},
        served=row.served,
        failed=row.failed.letters if row.failed else 0,
    )


def _text(sheet: Sheet) -> TextAnswer:
    return TextAnswer(
        kind=sheet.kind,
        language=sheet.language,
        subject=sheet.written[0],
        body=sheet.written[1],
        version=sheet.version,
        house_subject=sheet.house[0],
        house_body=sheet.house[1],
        house_changed=sheet.house_changed,
        variables=[
            VariableAnswer(
                name=one.name,
                written=one.written,
                type=one.type,
                zh=one.zh,
                en=one.en,
                optional=one.optional,
                must_stay=one.name in sheet.must_stay,
            )
            for one in sheet.variables
        ],
        samples=[sample.id for sample in samples_of(sheet.kind)],
        versions=[_version(one) for one in sheet.of_this_language],
    )


def _version(one: Version) -> VersionAnswer:
    return VersionAnswer(
        version=one.version,
        subject=one.subject,
        body=one.body,
        why=one.why,
        restores=one.restores,
        by=one.by,
        at=one.at,
    )
