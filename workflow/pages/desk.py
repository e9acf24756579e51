"""What the roof hands to the pages, and what each form of theirs goes through: who asks, which command, which version.

A page reads, asks, answers; rules and queries live elsewhere.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Connection

from directory.actor import BUREAU_ROLES, DISCIPLINE_ROLES, PROVINCE_ROLES, Actor, Role
from directory.bureau import bureaus_of
from directory.division import DivisionUnknown, divisions
from directory.records import Directory
from eventstore.dispatch import Context
from programmes.call import Call
from web import forms, tracing
from web.face import asking as asking
from workflow.files import Files
from workflow.handling import Handling, actor_name
from workflow.printing.room import PrintingRoom
from workflow.telling import Remind, Told, nobody_reminded

Words = Mapping[str, str]
"""The same said in both languages: keys zh and en."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """*calls* are the current ones; *register* opens the directory on a connection; *told* says who would be told of a
    step before it is taken; *remind* has a unit of a consortium written to once more, or is refused."""

    handling: Handling
    files: Files
    printing: PrintingRoom
    calls: Callable[[], Sequence[Call]]
    register: Callable[[Connection], Directory]
    told: Told
    remind: Remind = nobody_reminded

    def context(
        self,
        actor: Actor,
        *place: str,
        version: int | None = None,
        batch: str = "",
        fields: Mapping[str, Sequence[str]] | None = None,
    ) -> Context:
        """The envelope of the posted form. Place and fields make the fingerprint: the same wish, the same print. *batch* names
        the commands that one form gives together, *fields* what of it belongs to this one."""
        whole = [place, forms.fields() if fields is None else fields]
        return Context(
            actor=actor_name(actor),
            correlation_id=tracing.correlation(self.handling.ids.uuid7),
            command_id=forms.command_id(),
            fingerprint=hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).digest(),
            if_match=version,
            metadata={"batch": batch} if batch else {},
        )


def is_authority(actor: Actor) -> bool:
    return bool(actor.scopes(*BUREAU_ROLES, *PROVINCE_ROLES, *DISCIPLINE_ROLES, Role.AUDITOR))


_OFFICES: Mapping[str, Words] = {
    "finance": {"zh": "省级财务", "en": "provincial finance"},
    "discipline": {"zh": "纪检部门", "en": "the discipline office"},
}


@lru_cache
def office(code: str) -> Words:
    """Whoever can hold an application, by name: a bureau, the department, finance; a unit's code stays itself."""
    if code in _OFFICES:
        return _OFFICES[code]
    try:
        known = {bureau.code: bureau for bureau in bureaus_of(code[:2], divisions())}
    except DivisionUnknown:
        known = {}
    bureau = known.get(code)
    return {"zh": bureau.name_zh, "en": bureau.name_en} if bureau else {"zh": code, "en": code}


@lru_cache
def region(code: str) -> Words:
    """A county with its city: 长沙市岳麓区."""
    table = divisions()
    if code not in table:
        return {"zh": code, "en": code}
    around = table.parent(code)
    named = len(around) > 2
    return {
        "zh": (table.name(around) if named else "") + table.name(code),
        "en": table.name(code, "en") + (f", {table.name(around, 'en')}" if named else ""),
    }
