"""Which paper the text makes as it stands: its kind, digest, check code and version. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from consortium.agreement import SOURCE, current
from eventstore.refusal import Refusal
from paperwork.check_code import code_of
from programmes.call import Call, Programme
from programmes.documents import Slot
from workflow.answers import agreement_paper_digest, attachments_digest, letter_digest, paper_digest
from workflow.parties import agreement_digest
from workflow.printing import kinds
from workflow.printing.kinds import AGREEMENT, ATTACHMENTS, AUTHORISATION, COMMITMENT
from workflow.state import FORM, Application


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A paper of the text as it stands. *issued*: it was printed or sealed before."""

    kind: str
    digest: str
    code: str
    version: int
    issued: bool


def kinds_of(programme: Programme) -> tuple[str, ...]:
    """The papers that can be made of an application under *programme*, whoever applies; the form first."""
    return (FORM, COMMITMENT, *(letter.kind for letter in programme.letters), ATTACHMENTS)


def joint_kinds(application: Application, call: Call) -> tuple[str, ...]:
    """The papers that units make together: the agreement for all, where there are several members a copy for each, a letter of
    authorisation for every unit, and the members' commitments."""
    members = application.units[1:]
    if not members:
        return ()
    commitments = tuple(kinds.of_unit(COMMITMENT, unit) for unit in members)
    if call.agreement is None:
        return commitments
    copies = tuple(kinds.of_unit(AGREEMENT, unit) for unit in members) if len(members) > 1 else ()
    letters = application.units if call.agreement.authorisation else ()
    return (AGREEMENT, *copies, *(kinds.of_unit(AUTHORISATION, unit) for unit in letters), *commitments)


def kinds_for(units: Collection[str], application: Application, call: Call) -> tuple[str, ...]:
    """The papers that people of *units* may have made: the lead's all of them, a member's the sheet of all parties and its own."""
    made = (*kinds_of(call.programme_of(application.direction)), *joint_kinds(application, call))
    if application.lead_unit in units:
        return made
    return tuple(kind for kind in made if kinds.owner_of(kind, application) in ("", *units))


def issue_of(application: Application, call: Call, kind: str, letter: int | None = None) -> Issue:
    """The paper of *kind* that the text makes now: the same text bears the same code and version, for ever. *letter*: with
    another letter of authorisation than the one written last."""
    digest = _digest(application, call, kind, letter)
    code, known = code_of(application.id, kind, digest), application.papers.get(kind, ())
    version = known.index(code) + 1 if code in known else len(known) + 1
    if kinds.base_of(kind) == AGREEMENT:
        version = _agreement_version(application)
    return Issue(kind=kind, digest=digest, code=code, version=version, issued=code in known)


def not_fixed(application: Application, kind: str) -> Refusal | None:
    """Only what was fixed for signing is printed for signing: two sheets of one code say the same."""
    if kinds.base_of(kind) != kinds.AGREEMENT:
        return None
    if current(application.consortium, agreement_digest(application)) is not None:
        return None
    return Refusal.of("AGREEMENT_NOT_ISSUED", source=SOURCE)


def current_codes(application: Application, call: Call, wanted: Iterable[str]) -> Mapping[str, str]:
    """By kind, the code of the text as it stands; "" where no such paper can be made any more."""
    there = kinds_for((application.lead_unit,), application, call)
    return {kind: issue_of(application, call, kind).code if kind in there else "" for kind in set(wanted)}


def _digest(application: Application, call: Call, kind: str, letter: int | None) -> str:
    """A form changes with the text; an agreement with what was fixed for signing; a commitment or a letter only with its own
    words and what they name."""
    programme = call.programme_of(application.direction)
    told = programme.letter(kind)
    if told is not None:
        words = (told.heading.zh, told.text.zh, told.closing.zh if told.closing else "")
        return letter_digest(application, words, [name for line in told.about for name in line.made_from])
    base, unit = kinds.parted(kind)
    if base == COMMITMENT:
        return letter_digest(application, (programme.commitment.version, programme.commitment.digest), (), unit)
    if base == AGREEMENT:
        return _agreed(application, call, agreement_digest(application), _agreement_version(application))
    if base == AUTHORISATION:
        return _authorised(application, call, unit, letter)
    if base == ATTACHMENTS:
        return attachments_digest(application, [slot.id for slot in programme.illustrations])
    return paper_digest(application)


def _agreed(application: Application, call: Call, digest: str, version: int) -> str:
    words = call.agreement.digest if call.agreement else ""
    return agreement_paper_digest(application, words, digest, version)


def _agreement_version(application: Application) -> int:
    """The version that was fixed for signing; the next one where the text is not fixed."""
    issue = current(application.consortium, agreement_digest(application))
    return issue.version if issue else len(application.consortium.issues) + 1


def _authorised(application: Application, call: Call, unit: str, letter: int | None) -> str:
    """A letter names agent and days. The agent's name stays out of the digest: letters are told apart by their number."""
    text = call.agreement.authorisation if call.agreement else None
    written = application.delegations.get(unit)
    number = letter if letter is not None else written.number if written else 0
    return letter_digest(application, (text.text.zh if text else "", str(number)), ("project_name",), unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What the code on a signed sheet stands for: which sheet, whose copy ("" of all parties), and of which text."""

    kind: str
    unit: str
    digest: str
    version: int


def bound_to(application: Application, call: Call, code: str) -> Bound | None:
    """The sheet of the agreement that bears *code*, and the text it was printed from; None where there is none."""
    printed = printed_as(application, code)
    base, unit = kinds.parted(printed[0]) if printed else ("", "")
    if printed is None or base != AGREEMENT:
        return None
    for fixed in application.consortium.issues:
        if code_of(application.id, printed[0], _agreed(application, call, fixed.digest, fixed.version)) == code:
            return Bound(kind=printed[0], unit=unit, digest=fixed.digest, version=fixed.version)
    return None


def printed_as(application: Application, code: str) -> tuple[str, int] | None:
    """Kind and version of the paper of *code*, where the application has it."""
    for kind, codes in application.papers.items():
        if code in codes:
            return kind, codes.index(code) + 1
    return None


def stale_scans(application: Application, call: Call, slot: Slot) -> list[tuple[int, int]]:
    """Of each scan in *slot* that shows another text: the version it shows, and the version it should show."""
    files = application.attachments.get(slot.id, ()) if slot.prints else ()
    if not slot.prints or not files:
        return []
    standing, found = issue_of(application, call, slot.prints), list[tuple[int, int]]()
    for held in files:
        printed = printed_as(application, held.paper_code)
        if held.paper_code != standing.code:
            found.append((printed[1] if printed else 0, standing.version))
    return found
