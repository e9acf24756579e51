"""The agreement's text and its signatures: one content, one hash, and who is covered by a document of that hash.

Pure. Changing a member, a ratio, a task or a clause changes the hash, and with it every signature is void (reading A-16):
nothing has to be undone, documents of another hash simply cover nobody.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from consortium import ratios
from consortium.events import Authorisation, Signatory
from consortium.ratios import Column
from consortium.state import Consortium, Document, Issue
from eventstore.refusal import Param, Refusal

SOURCE = "联合体协议书"
LEGAL, DELEGATE = "legal_representative", "delegate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Whose agreement it is: the lead's code, every active unit's name by code (the lead first), and the project."""

    lead: str
    names: Mapping[str, str]
    project: str


def content_digest(consortium: Consortium, parties: Parties) -> str:
    """SHA-256 of everything the parties put their names to, algorithm in front."""
    content = {
        "project": parties.project,
        "name": consortium.name,
        "units": [[unit, name] for unit, name in parties.names.items()],
        "ratios": {column: _in_order(by_unit, parties) for column, by_unit in sorted(consortium.ratios.items())},
        "tasks": _in_order(consortium.tasks, parties),
        "clauses": {name: text for name, text in sorted(consortium.clauses.items()) if text},
        "extra": list(consortium.extra),
        "copies": consortium.copies,
    }
    return "sha256:" + hashlib.sha256(msgspec.json.encode(content)).hexdigest()


def _in_order(by_unit: Mapping[str, str | int], parties: Parties) -> list[str | int | None]:
    return [by_unit.get(unit) for unit in parties.names]


def current(consortium: Consortium, digest: str) -> Issue | None:
    """The version that was fixed for signing, if the text is still that; None once anything changed, and for good where
    somebody had signed: the same words again are another version (A-16)."""
    issue = consortium.issue
    return issue if issue is not None and issue.digest == digest and not issue.void else None


def counting(consortium: Consortium, digest: str) -> tuple[Document, ...]:
    """The signed documents of the version that stands; none while no version does."""
    fixed = current(consortium, digest)
    return tuple(one for one in consortium.documents if fixed is not None and one.version == fixed.version)


def gaps(consortium: Consortium, parties: Parties, own_funds: bool = True) -> list[Refusal]:
    """What the agreement lacks before it can be fixed: a name, every unit's task, whole columns (R-022, R-210, R-213)."""
    refusals: list[Refusal] = []
    if not consortium.name.strip():
        refusals.append(Refusal.of("REQUIRED", source=SOURCE, field="consortium_name"))
    idle = [unit for unit in parties.names if not consortium.tasks.get(unit, "").strip()]
    if idle:
        refusals.append(Refusal.of("TASK_MISSING", source=f"{SOURCE} 表一「具体任务」", units=idle))
    columns = {column: _column(consortium, parties, column) for column in Column}
    return [*refusals, *ratios.sums(columns, own_funds)]


def _column(consortium: Consortium, parties: Parties, column: Column) -> Sequence[int]:
    by_unit = consortium.ratios.get(column.value, {})
    return [by_unit.get(unit, 0) for unit in parties.names]


def too_few_copies(consortium: Consortium, parties: Parties) -> list[Refusal]:
    """A finding: 「本协议书一式____份，联合体成员和申报人各执一份」 (R-216)."""
    wanted = len(parties.names) + 1
    if consortium.copies >= wanted:
        return []
    return [Refusal.of("FEW_COPIES", source=f"{SOURCE} 第8条", measure=consortium.copies, limit=wanted)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Which members a document of the current text covers, by unit; and who is still missing."""

    documents: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return not self.missing


def coverage(consortium: Consortium, parties: Parties, digest: str) -> Coverage:
    """A member is covered by a document of this hash with the lead's hand and its own; joint and pairwise may be mixed (A-15).

    Confirmations of one text are taken together, as if they stood on one sheet.
    """
    sheets = list(_sheets(counting(consortium, digest)))
    members = [unit for unit in parties.names if unit != parties.lead]
    by_unit = {
        unit: tuple(name for name, hands in sheets if parties.lead in hands and unit in hands) for unit in members
    }
    return Coverage(documents=by_unit, missing=tuple(unit for unit, found in by_unit.items() if not found))


def _sheets(documents: Iterable[Document]) -> Iterable[tuple[str, frozenset[str]]]:
    confirmed: set[str] = set()
    for document in documents:
        hands = frozenset(hand.unit for hand in document.signatories if hand.sealed)
        if document.is_confirmation:
            confirmed |= hands
        else:
            yield document.id, hands
    if confirmed:
        yield "confirmations", frozenset(confirmed)


def not_covered(consortium: Consortium, parties: Parties) -> list[Refusal]:
    """AGREEMENT_INCOMPLETE with every unit that no document of today's text covers; what the seal asks (T03)."""
    digest = content_digest(consortium, parties)
    if current(consortium, digest) is None:
        lacking: Sequence[str] = list(parties.names)
    else:
        lacking = coverage(consortium, parties, digest).missing
    return [Refusal.of("AGREEMENT_INCOMPLETE", source=SOURCE, units=list(lacking))] if lacking else []


def effective_from(consortium: Consortium, digest: str) -> date:
    """「自签署之日起生效」: the day of the last hand on this text. ValueError where there is none."""
    days = [hand.signed_on for one in counting(consortium, digest) for hand in one.signatories]
    return max(days)


def judge_document(
    consortium: Consortium,
    parties: Parties,
    document: Document,
    today: date,
    legal_names: Mapping[str, str],
) -> list[Refusal]:
    """Every reason why a signed document cannot count: another text, strangers, nobody beside the lead, hands that are not good.

    *legal_names* are the units' legal representatives where they are known.
    """
    digest = content_digest(consortium, parties)
    issue = current(consortium, digest)
    refusals: list[Refusal] = []
    if issue is None or document.digest != issue.digest:
        refusals.append(Refusal.of("AGREEMENT_STALE", source=SOURCE, **_versions(consortium, document.digest, issue)))
    units = [hand.unit for hand in document.signatories]
    strangers = [unit for unit in units if unit not in parties.names]
    if strangers or len(set(units)) != len(units):
        refusals.append(Refusal.of("SIGNATORY_UNKNOWN", source=SOURCE, units=strangers or units))
    if not document.is_confirmation and (parties.lead not in units or len(units) < 2):
        refusals.append(Refusal.of("SIGNATORIES_MISSING", source=f"{SOURCE} 说明", units=units))
    for hand in document.signatories:
        refusals += judge_hand(hand, parties.project, today, legal_names.get(hand.unit, ""))
    return refusals


def _versions(consortium: Consortium, digest: str, issue: Issue | None) -> dict[str, Param]:
    printed = next((one.version for one in consortium.issues if one.digest == digest), 0)
    newest = issue.version if issue else (consortium.issues[-1].version + 1 if consortium.issues else 1)
    return {"signed": printed, "current": newest}


def judge_hand(hand: Signatory, project: str, today: date, legal_name: str) -> list[Refusal]:
    """One unit's signature and seal: 注1 「由委托人签字的，应附法定代表人签字的授权委托书」 (R-217 to R-219)."""
    refusals: list[Refusal] = []
    if not hand.sealed:
        refusals.append(Refusal.of("SEAL_MISSING", source=SOURCE, unit=hand.unit))
    if hand.signed_on > today:
        told = {"measure": hand.signed_on.isoformat(), "limit": today.isoformat()}
        refusals.append(Refusal.of("IN_THE_FUTURE", source=SOURCE, field="signed_on", unit=hand.unit, **told))
    if hand.signer_kind == DELEGATE:
        return [*refusals, *_judge_authorisation(hand, hand.authorisation, project, legal_name)]
    if legal_name and (hand.signer.value or "").strip() != legal_name:
        refusals.append(Refusal.of("SIGNER_UNKNOWN", source=SOURCE, unit=hand.unit))
    return refusals


def _judge_authorisation(hand: Signatory, letter: Authorisation | None, project: str, legal_name: str) -> list[Refusal]:
    """The letter names agent and project, is the legal representative's, and is in force on the day of signing (A-17)."""
    if letter is None or not letter.scan_sha256:
        return [Refusal.of("AUTH_LETTER_MISSING", source=f"{SOURCE} 注1", unit=hand.unit)]
    wrong: list[str] = []
    if legal_name and (letter.principal.value or "").strip() != legal_name:
        wrong.append("principal")
    if (letter.agent.value or "").strip() != (hand.signer.value or "").strip():
        wrong.append("agent")
    if letter.project.strip() != project.strip():
        wrong.append("project")
    if not letter.valid_from <= hand.signed_on <= letter.valid_to:
        wrong.append("days")
    if not wrong:
        return []
    told: dict[str, Param] = {
        "signed_on": hand.signed_on.isoformat(),
        "valid_from": letter.valid_from.isoformat(),
        "valid_until": letter.valid_to.isoformat(),
    }
    return [Refusal.of("AUTH_LETTER_NOT_IN_FORCE", source=f"{SOURCE} 注1", unit=hand.unit, wrong=wrong, **told)]
