"""Which paper the text makes as it stands: its kind, digest, check code and version. Pure."""

from dataclasses import dataclass

from paperwork.check_code import code_of
from programmes.call import Call, Programme
from programmes.documents import Slot
from workflow.answers import attachments_digest, letter_digest, paper_digest
from workflow.state import FORM, Application

COMMITMENT = "commitment"
ATTACHMENTS = "attachment_list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A paper of the text as it stands. *issued*: it was printed or sealed before."""

    kind: str
    digest: str
    code: str
    version: int
    issued: bool


def kinds_of(programme: Programme) -> tuple[str, ...]:
    """The papers that can be made under *programme*, the form first."""
    return (FORM, COMMITMENT, *(letter.kind for letter in programme.letters), ATTACHMENTS)


def issue_of(application: Application, call: Call, kind: str) -> Issue:
    """The paper of *kind* that the text makes now: the same text bears the same code and version, for ever."""
    digest = _digest(application, call, kind)
    code, known = code_of(application.id, kind, digest), application.papers.get(kind, ())
    version = known.index(code) + 1 if code in known else len(known) + 1
    return Issue(kind=kind, digest=digest, code=code, version=version, issued=code in known)


def _digest(application: Application, call: Call, kind: str) -> str:
    """A form changes with the text; a commitment or a letter only with its own words and what they name."""
    programme = call.programme_of(application.direction)
    letter = programme.letter(kind)
    if letter is not None:
        words = (letter.heading.zh, letter.text.zh, letter.closing.zh if letter.closing else "")
        return letter_digest(application, words, [name for line in letter.about for name in line.made_from])
    if kind == COMMITMENT:
        return letter_digest(application, (programme.commitment.version, programme.commitment.digest), ())
    if kind == ATTACHMENTS:
        return attachments_digest(application, [slot.id for slot in programme.illustrations])
    return paper_digest(application)


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
    current, found = issue_of(application, call, slot.prints), list[tuple[int, int]]()
    for held in files:
        printed = printed_as(application, held.paper_code)
        if held.paper_code != current.code:
            found.append((printed[1] if printed else 0, current.version))
    return found
