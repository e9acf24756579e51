"""Answers as the application holds them, as the rules read them, and as one digest.

Pure. A personal value is a `Personal` in the fold; rules read the plain value, the digest reads only its commitment.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from eventstore.event import Personal
from workflow.application import Application, Attachment
from workflow.events import Answer


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
    sealed = application.sealed
    if sealed is None:
        return ()
    fields = sorted(
        name
        for name in {*sealed.answers, *application.answers}
        if _plain(sealed.answers.get(name)) != _plain(application.answers.get(name))
    )
    slots = sorted(
        slot
        for slot in {*sealed.attachments, *application.attachments}
        if _digests(sealed.attachments.get(slot, ())) != _digests(application.attachments.get(slot, ()))
    )
    return (*fields, *(f"attachment:{slot}" for slot in slots))


def _digests(files: tuple[Attachment, ...]) -> list[tuple[str, str]]:
    return sorted((held.label, held.sha256) for held in files)


def scans_of(application: Application) -> frozenset[str]:
    """The digests of every sealed scan the application stands on: letters of recommendation and commitments."""
    letters = (made.letter_scan for made in application.recommendations)
    return frozenset((*letters, *(made.scan_sha256 for made in application.commitments.values())))
