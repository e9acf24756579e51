"""What the operations of this room are asked with and answer: the history, its proofs, and a person's data."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from admin.asked import Filters
from admin.pages.application import LONGEST_REASON
from web.reading import Request
from workflow.dossier import Dossier


class Event(BaseModel):
    """One event of the log, in a sentence. *actor* is "" where it is not disclosed."""

    position: int
    recorded_at: datetime
    type: str
    stream: str
    version: int
    actor: str
    application: str
    number: str
    unit: str
    unit_name: str
    call: str
    region: str
    title: str
    sentence: str
    sentence_en: str


class Events(BaseModel):
    """A page, newest first. *older*: the `before` of the next page. *reached*: the page stopped looking there."""

    events: list[Event]
    older: int | None
    reached: int | None
    indexed: int
    lag: int


class Changed(BaseModel):
    """One field of the dossier: where it stands, what stood, what stands."""

    path: list[str]
    before: Any
    after: Any


class WasTold(BaseModel):
    """Somebody who was told of an event, and why: a person by a letter, or a system by a parcel. *state*: what became of it."""

    by: Literal["letter", "parcel"]
    id: str
    to: str
    because_zh: str
    because_en: str
    state: str
    reason: str


class OneEvent(BaseModel):
    """An event whole: its envelope as it is hashed, what it changed, and who was told of it. *withheld*: why the payload is
    not given."""

    event: Event
    envelope: dict[str, Any]
    changes: list[Changed]
    told: list[WasTold]
    withheld: str


class Before(Request):
    """*before*: the `older` of a page."""

    before: int | None = Field(default=None, ge=1, lt=2**62)
    limit: int = Field(default=50, ge=1, le=200)


class Look(BaseModel):
    """Somebody saw what is protected of an application. *what*: file, scan, paper, objector, unmasked, evidence, or the format of
    an export; *item* says which of them, *called* how it is called, *reason* what was given for a lifted mask."""

    position: int
    at: datetime
    actor: str
    name: str
    what: str
    item: str
    called: str
    reason: str


class Looks(BaseModel):
    """Newest first. *older*: the `before` of the next page."""

    items: list[Look]
    older: int | None


class Moment(Request):
    """A moment of an application: after event *version*, or at an instant; now when neither is said."""

    version: int | None = Field(default=None, ge=1, lt=2**31)
    at: str = Field(default="", max_length=40)


class AsOf(BaseModel):
    """The dossier as it stood. *dossier* is null while nothing was sealed: a draft is its unit's own."""

    version: int
    recorded_at: datetime
    dossier: Dossier | None


class Differences(BaseModel):
    earlier: int
    later: int
    changes: list[Changed]


class Reason(Request):
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


class Lifted(BaseModel):
    """Until when *application*'s personal data is shown to whoever asked."""

    application: str
    until: datetime


class Form(Filters):
    """The filters of the list, and how the view is wanted."""

    format: Literal["csv", "xlsx", "jsonl"] = "csv"


class WithFiles(Request):
    """*files*: yes puts the attachments' bytes in."""

    files: Literal["yes", "no"] = "no"


class Checkpoint(BaseModel):
    """The newest signed head of the log, the key to check it with, and who else vouches for it."""

    note: str
    size: int
    root: str
    signed_at: datetime
    key: str
    signature_algorithm: str
    hash_algorithm: str
    witnesses: dict[str, datetime]


class Consistency(BaseModel):
    """What a witness needs before it cosigns: the path from one signed head to a later one (RFC 9162 §2.1.4), in hex."""

    earlier: int
    later: int
    proof: list[str]


class Receipt(BaseModel):
    """What shows offline that a seal stands in the log."""

    format: str
    hash_algorithm: str
    signature_algorithm: str
    event: dict[str, Any]
    checkpoint: str
    key: str


class PersonData(BaseModel):
    """What now holds of a person's data: restricted (kept, nobody is given it) or erased."""

    person: str
    state: str


class WantedValues(Request):
    """*about*: the application's number or id. *values*: exactly as they were typed into its form: a name, a phone number, an
    address."""

    about: str = Field(min_length=1, max_length=40)
    values: list[str] = Field(min_length=1, max_length=50)
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


class CaseOfValues(BaseModel):
    """One request and how many values it found; *state*: restricted or erased."""

    case: str
    state: str
    values: int


class Outgoing(BaseModel):
    """Whether letters and parcels are held, since when, and how many about events up to *position* wait."""

    held: bool
    since: datetime | None = None
    because: str = ""
    position: int = 0
    letters: int = 0
    parcels: int = 0


class HoldBody(Request):
    because: str = Field(default="", max_length=LONGEST_REASON)


class ReleaseBody(Request):
    """*send*: what is about events of before the hold leaves, too; otherwise it is kept back for good."""

    send: bool


class ReleasedAnswer(BaseModel):
    """What was kept back for good."""

    letters: int
    parcels: int
