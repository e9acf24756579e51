"""Why a form was not taken, beside its fields."""

from collections.abc import Mapping, Sequence
from typing import Any

from eventstore.refusal import Malformed, Refusal, Refused
from web import texts

WHERE: Mapping[str, str] = {
    "SCOPE_NOT_THEIRS": "scopes",
    "TOKEN_LIMIT": "label",
    "GRANT_FORBIDDEN": "role",
    "ROLE_NOT_FOR_PERSONS": "role",
    "SCOPE_UNKNOWN": "scope",
    "PERSON_UNKNOWN": "person",
    "REASON_REQUIRED": "reason",
}
"""Which field of the form a refusal is about; the others stand above the form."""


def faults_of(error: Malformed | Refused, room: str) -> Sequence[Mapping[str, Any]]:
    """For `error_summary`: the field and the text. Of a fault the label is the text `<room>.<field>`."""
    if isinstance(error, Refused):
        return [{"field": WHERE.get(one.code, ""), "text": one} for one in error.refusals]
    return [
        {"field": fault.field, "text": _said(fault.code, dict(fault.params), f"{room}.{fault.field}")}
        for fault in error.faults
    ]


def _said(code: str, params: dict[str, Any], label: str) -> Refusal:
    return Refusal(code, {**params, "label_zh": texts.t(label, "zh"), "label_en": texts.t(label, "en")})
