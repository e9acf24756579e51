"""The papers beside the form: attachment slots, the commitment, and the lines the printed dossier is made from."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from eventstore.refusal import Refusal
from programmes.fields import Field as Question
from programmes.vocabulary import Answers, Cited, Condition, Facts, Several, Vocabulary, Words

PaperKind: TypeAlias = Literal["application_form", "commitment", "price_letter", "consortium_agreement"]


class Slot(Cited):
    """A place for files: one, or one for each report year (`per_year`), unless it takes `several`. `accepts` lists the
    extensions it takes, `max_mb` how large one may be; `check_code` the code a report can be verified by;
    `prints` says that the file is the sealed scan of a paper of our own, which bears a check code. `most` is how many files
    it takes, and `illustrates` the question whose figures they are: such a slot is made, never written."""

    id: str
    label: Words
    required: bool = True
    required_when: Condition | None = None
    per_year: bool = False
    check_code: bool = False
    several: bool = False
    personal: bool = False
    made_from: Literal["consortium"] | None = None
    prints: PaperKind | None = None
    accepts: Several = (".pdf", ".jpg", ".jpeg", ".png", ".docx", ".xlsx", ".ofd")
    max_mb: Annotated[int, Field(ge=1, le=50)] | None = None
    most: Annotated[int, Field(ge=1, le=100)] | None = None
    illustrates: str | None = None

    def wanted(self, answers: Answers, direction: str, facts: Facts) -> bool:
        """Whether a file must be there: always, never, or when its condition holds."""
        if self.required_when is not None:
            return self.required_when.holds(answers, direction, facts)
        return self.required

    def parts(self, report_years: Sequence[int]) -> tuple[str, ...]:
        """The labels under which files are wanted: a report year each, or "" alone."""
        return tuple(map(str, report_years)) if self.per_year else ("",)


PICTURES = (".png", ".jpg", ".jpeg")
MOST_PICTURES, LARGEST_PICTURE = 6, 5
"""「可附图」: so many figures to one question, and so many MB each."""


def illustrating(question: Question) -> Slot:
    """The slot for the figures of a question that takes some; a figure's label is its caption."""
    return Slot(
        id=f"figure_{question.id}",
        label=Words(zh=f"{question.label.zh} 附图", en=f"{question.label.en}: figures"),
        required=False,
        several=True,
        personal=question.personal,
        accepts=PICTURES,
        max_mb=LARGEST_PICTURE,
        most=MOST_PICTURES,
        illustrates=question.id,
        rule=question.rule,
        source=question.source,
    )


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that is there: in which slot, for which report year (or ""), and the code it can be verified by."""

    slot: str
    label: str = ""
    check_code: str = ""


def missing(
    slots: Iterable[Slot],
    attachments: Iterable[Attachment],
    report_years: Sequence[int],
    answers: Answers,
    direction: str,
    facts: Facts,
) -> list[Refusal]:
    """MISSING_ATTACHMENT once, with all the slots that lack a file and the parts they lack (`L-4:2024`), and
    MISSING_CHECK_CODE once, with the slots whose file came without its verification code."""
    there = list(attachments)
    wanted = [slot for slot in slots if slot.wanted(answers, direction, facts)]
    parts = [
        (slot.id, part)
        for slot in wanted
        for part in slot.parts(report_years)
        if not any(file.slot == slot.id and (not part or file.label == part) for file in there)
    ]
    unchecked = [slot.id for slot in slots if slot.check_code and _came_without_code(slot, there)]
    refusals: list[Refusal] = []
    if parts:
        lacking = [slot.id for slot in wanted if any(slot.id == lacks for lacks, _ in parts)]
        named = [f"{slot}:{part}" if part else slot for slot, part in parts]
        refusals.append(Refusal.of("MISSING_ATTACHMENT", source=_sources(wanted, lacking), slots=lacking, parts=named))
    if unchecked:
        refusals.append(Refusal.of("MISSING_CHECK_CODE", source=_sources(wanted, unchecked), slots=unchecked))
    return refusals


def _came_without_code(slot: Slot, attachments: Sequence[Attachment]) -> bool:
    files = [file for file in attachments if file.slot == slot.id]
    return bool(files) and not any(file.check_code.strip() for file in files)


def _sources(slots: Iterable[Slot], ids: Sequence[str]) -> str:
    return "；".join(dict.fromkeys(slot.source for slot in slots if slot.id in ids and slot.source))


class Line(Cited):
    """A printed line."""

    label: Words


class Commitment(Cited):
    """What every unit signs, verbatim, under a version of its own. `delegate` says whether anyone but the legal
    representative may sign."""

    version: str
    heading: Words
    note: Line
    text: Words
    closing: Words
    signer: Line
    seal: Line
    dated: Line
    delegate: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 of the Chinese text with its closing line, kept beside each signature."""
        return hashlib.sha256(f"{self.text.zh}\n{self.closing.zh}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SignedCommitment:
    """One unit's signature under a version of the commitment; `signer_kind` is legal_representative or delegate."""

    unit: str
    text_version: str
    signer_kind: str
    signed_on: date


def missing_commitments(
    commitment: Commitment, units: Iterable[str], signed: Iterable[SignedCommitment]
) -> list[Refusal]:
    """MISSING_COMMITMENT once, with every active unit that has not signed the current version."""
    done = {one.unit for one in signed if one.text_version == commitment.version}
    lacking = [unit for unit in units if unit not in done]
    return [Refusal.of("MISSING_COMMITMENT", source=commitment.source, units=lacking)] if lacking else []


def judge_commitment(
    commitment: Commitment, signed: SignedCommitment, today: date, same_name: bool = True
) -> list[Refusal]:
    """Whether a signature can stand: by the legal representative (*same_name*: the signer's name is theirs), on the
    current text, on a day that has come."""
    refusals: list[Refusal] = []
    if not same_name or (signed.signer_kind != "legal_representative" and not commitment.delegate):
        refusals.append(Refusal.of("COMMITMENT_SIGNER", source=commitment.source, unit=signed.unit))
    if signed.text_version != commitment.version:
        refusals.append(
            Refusal.of("COMMITMENT_VERSION", source=commitment.source, unit=signed.unit, limit=commitment.version)
        )
    if signed.signed_on > today:
        measure, limit = signed.signed_on.isoformat(), today.isoformat()
        refusals.append(
            Refusal.of("IN_THE_FUTURE", source=commitment.source, field="signed_on", measure=measure, limit=limit)
        )
    return refusals


class CoverLine(Line):
    """A line of the title page and where its text comes from: field ids, `units`, or `sealed_on`."""

    made_from: Several


class Letter(Cited):
    """A letter of the unit's own that is printed, signed and sealed: 价格真实性承诺函. `about` is what stands
    under its addressee: 项目名称, 申报单位."""

    kind: PaperKind
    heading: Words
    addressee: Words | None = None
    about: tuple[CoverLine, ...] = ()
    text: Words
    closing: Words | None = None
    signer: Line
    seal: Line
    dated: Line


class Paper(Cited):
    """What the printed dossier is made from beside the answers: title page, contents, notes."""

    title: tuple[Words, ...]
    cover: tuple[CoverLine, ...]
    contents_heading: Words
    contents: tuple[Line, ...]
    contents_note: Line
    form_heading: Words
    attachments_heading: Words
    attachments_note: Line


class SummaryColumn(Line):
    """A column of the recommendation summary table and what fills it."""

    made_from: Literal[
        "position", "unit_name", "project_name", "industry", "city", "county", "contact", "programme", "direction"
    ]


class SummaryTable(Cited):
    """项目推荐汇总表: heading, the lines above the table, and its columns in the official order."""

    heading: Words
    bureau: Line
    contact: Line
    columns: tuple[SummaryColumn, ...]


class Clause(Cited):
    """A sentence of the guide, verbatim."""

    text: Words


class Guide(Vocabulary):
    """A text of the guide, shown beside the form."""

    heading: Words
    clauses: tuple[Clause, ...]
