"""Answers as the application holds them, as the rules read them, and as one digest.

Pure. A personal value is a `Personal` in the fold; rules read the plain value, the digest reads only its commitment.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec

from eventstore.event import Personal
from workflow.application import Application, Attachment
from workflow.events import Answer
from workflow.state import Sealed


def plain(answers: Mapping[str, Answer]) -> dict[str, Any]:
    """The answers with personal values laid open; an erased one is an empty string."""
    return {key: _plain(answer) for key, answer in answers.items()}


def _plain(answer: Answer) -> Any:
    match answer:
        case Personal(value=value):
            return value or ""
        case Mapping():
            return {key: _plain(inner) for key, inner in cast("Mapping[str, Answer]", answer).items()}
        case list() | tuple():
            return [_plain(inner) for inner in cast("list[Answer]", answer)]
        case _:
            return answer


def personal_in(answer: Answer) -> Iterator[str]:
    """Every personal value of answers, those in the rows of a table too; what was erased has none."""
    match answer:
        case Personal(value=str(value)):
            yield value
        case Mapping():
            for inner in cast("Mapping[str, Answer]", answer).values():
                yield from personal_in(inner)
        case list() | tuple():
            for inner in cast("Sequence[Answer]", answer):
                yield from personal_in(inner)
        case _:
            return


def content_digest(application: Application) -> str:
    """SHA-256 of what is sealed: answers, files by their own digest, commitments. Hex, algorithm in front."""
    content = {
        "number": application.number,
        "definition": application.definition_digest,
        "answers": _committed(application.answers),
        "attachments": {
            slot: sorted((held.label, held.sha256, held.name) for held in files)
            for slot, files in application.attachments.items()
            if files
        },
        "commitments": {
            unit: [made.text_digest, made.scan_sha256, made.signed_on.isoformat()]
            for unit, made in application.commitments.items()
        },
    }
    return _hashed({**content, **_joint(application)})


def _joint(application: Application) -> Mapping[str, object]:
    """The consortium as it is sealed: its units, all that their agreement says, and the documents that bear their hands. An
    application of one unit alone has nothing of it in its digest."""
    consortium = application.consortium
    if not consortium.exists:
        return {}
    said = {
        "units": [[member.unit, member.unit_name, member.standing] for member in consortium.members],
        "name": consortium.name,
        "ratios": consortium.ratios,
        "tasks": consortium.tasks,
        "clauses": consortium.clauses,
        "extra": consortium.extra,
        "copies": consortium.copies,
        "issues": [[one.version, one.digest] for one in consortium.issues],
        "documents": [[one.id, one.digest, one.scan_sha256] for one in consortium.documents],
    }
    return {"consortium": said}


def paper_digest(application: Application) -> str:
    """SHA-256 of what the printed form says: number, definition, answers, attachments. Neither commitments, which are signed on
    paper afterwards, nor the scans of papers of our own, which the paper cannot name before it is sealed."""
    return _hashed(
        {
            "number": application.number,
            "definition": application.definition_digest,
            "answers": _committed(application.answers),
            "attachments": _enclosed(application),
        }
    )


def attachments_digest(application: Application, unlisted: Collection[str] = ()) -> str:
    """SHA-256 of what the printed list of attachments says; figures stand in the text and are *unlisted*."""
    listed = {slot: files for slot, files in _enclosed(application).items() if slot not in unlisted}
    return _hashed({"number": application.number, "attachments": listed})


def letter_digest(application: Application, words: Sequence[str], fields: Iterable[str], unit: str = "") -> str:
    """SHA-256 of what a printed letter says: its own words, the unit (the lead's, where none is named), and the answers that it
    names."""
    named = {name: _committed(application.answers[name]) for name in fields if name in application.answers}
    whose = unit or application.lead_unit
    return _hashed({"number": application.number, "unit": whose, "words": words, "answers": named})


def agreement_paper_digest(application: Application, words: str, digest: str, version: int) -> str:
    """SHA-256 of what a printed agreement says: the official *words*, and the text of *digest* that was fixed as *version*."""
    return _hashed({"number": application.number, "words": words, "agreement": digest, "version": version})


def _enclosed(application: Application) -> dict[str, list[tuple[str, str, int, str]]]:
    """The files that the form's list of attachments names."""
    named = {
        slot: sorted((held.label, held.name, held.pages or 0, held.sha256) for held in files if not held.paper_code)
        for slot, files in application.attachments.items()
    }
    return {slot: files for slot, files in named.items() if files}


def _hashed(content: object) -> str:
    return "sha256:" + hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def _committed(answer: Answer) -> Any:
    """The answer with every personal value as its commitment; one not yet recorded stands as itself."""
    match answer:
        case Personal(value=value, commitment=commitment):
            return {"pd": commitment} if commitment else value
        case Mapping():
            return {key: _committed(inner) for key, inner in cast("Mapping[str, Answer]", answer).items()}
        case list() | tuple():
            return [_committed(inner) for inner in cast("list[Answer]", answer)]
        case _:
            return answer


def differences(application: Application) -> tuple[str, ...]:
    """What differs from the last sealed text: field ids, and slots as "attachment:L-4". In reading order of the ids."""
    return between(application.sealed, application) if application.sealed else ()


def between(old: Sealed, new: Sealed | Application) -> tuple[str, ...]:
    """What differs between two texts, named as `differences` does; "consortium" where members, shares or agreement do."""
    fields = sorted(
        name for name in {*old.answers, *new.answers} if _plain(old.answers.get(name)) != _plain(new.answers.get(name))
    )
    slots = sorted(
        slot
        for slot in {*old.attachments, *new.attachments}
        if _digests(old.attachments.get(slot, ())) != _digests(new.attachments.get(slot, ()))
    )
    joint = () if old.consortium == new.consortium else ("consortium",)
    return (*fields, *(f"attachment:{slot}" for slot in slots), *joint)


def _digests(files: tuple[Attachment, ...]) -> list[tuple[str, str]]:
    return sorted((held.label, held.sha256) for held in files)


def scans_of(application: Application) -> frozenset[str]:
    """The digests of every sealed scan the application stands on: letters, commitments, what was signed, vouchers of money."""
    letters = (made.letter_scan for made in application.recommendations)
    agreed = (document.scan_sha256 for document in application.consortium.documents if document.scan_sha256)
    commitments = (made.scan_sha256 for made in application.commitments.values())
    return frozenset((*letters, *agreed, *commitments, *application.money_scans))
