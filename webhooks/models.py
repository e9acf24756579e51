"""What the operations on endpoints are sent and what they answer."""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from web.reading import Request
from webhooks.endpoint import Kind, Wanted
from webhooks.lists import PAGE

State = Literal["planned", "leased", "sent", "dead", "suppressed"]


class Choice(Request):
    """What an endpoint is called and chooses. *programmes*: `call` or `call/programme`; empty lists choose all."""

    name: str = Field(max_length=200)
    types: list[str] = Field(default_factory=list[str], max_length=100)
    programmes: list[str] = Field(default_factory=list[str], max_length=100)
    ordered: bool = False
    language: Literal["zh", "en"] = "zh"

    def wanted(self) -> Wanted:
        return Wanted(
            name=self.name,
            types=tuple(dict.fromkeys(self.types)),
            programmes=tuple(dict.fromkeys(self.programmes)),
            ordered=self.ordered,
            language=self.language,
        )


class NewEndpoint(Choice):
    """*owner*: `unit:<credit code>`, `bureau:<code>`, `province:<code>`. *secret*: a robot's own, where it signs."""

    kind: Kind = "standard"
    owner: str = Field(max_length=80)
    url: str = Field(max_length=2000)
    secret: str = Field(default="", max_length=200)
    asymmetric: bool = False


class ChangedEndpoint(Choice):
    """The whole choice anew; without *url* the address stays."""

    url: str = Field(default="", max_length=2000)


class NewSecret(Request):
    """*secret*: only for robots, whose secret is made where the robot lives."""

    secret: str = Field(default="", max_length=200)


class Vouching(Request):
    """*trusted*: no challenge, the operator vouches for the endpoint."""

    trusted: bool = False


class Window(Request):
    """Which recorded parcels: by position, by time, by what became of them, or by id. *dry_run* counts and changes nothing."""

    state: Literal["sent", "dead", "suppressed"] | None = None
    first: int = Field(default=0, ge=0)
    last: int = Field(default=2**62, ge=0)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    parcels: list[str] = Field(default_factory=list[str], max_length=1000)
    dry_run: bool = True


class Which(Request):
    """What is listed. *after* is the `next` of the page before."""

    state: State | None = None
    after: str = Field(default="", max_length=64)
    limit: int = Field(default=PAGE, ge=1, le=200)


class SecretAnswer(BaseModel):
    """*secret* is shown this once; null where it was not made here, or the command was done before."""

    id: str
    secret: str | None
    public_key: str | None


class HealthAnswer(BaseModel):
    failures: int
    failing_since: datetime | None
    succeeded_at: datetime | None
    failed_at: datetime | None
    rests_until: datetime | None


class EndpointAnswer(BaseModel):
    """An endpoint. *host* is what may be read of its address."""

    id: str
    kind: Kind
    owner: str
    name: str
    host: str
    types: list[str]
    programmes: list[str]
    ordered: bool
    language: str
    verified: bool
    enabled: bool
    why_disabled: str
    public_key: str | None
    created_at: datetime
    health: HealthAnswer
    parcels: dict[str, int]


class EndpointsAnswer(BaseModel):
    endpoints: list[EndpointAnswer]


class ParcelAnswer(BaseModel):
    """A parcel: the event it tells of, and what became of it. *id* is its `webhook-id`."""

    id: str
    event_id: str
    position: int
    type: str
    application_id: str
    state: State
    reason: str
    due_at: datetime
    attempts: int
    replays: int
    created_at: datetime
    finished_at: datetime | None
    last_code: int | None
    last_error: str


class ParcelsAnswer(BaseModel):
    """A page of parcels, newest first; *next* is empty on the last."""

    parcels: list[ParcelAnswer]
    next: str


class TriedAnswer(BaseModel):
    n: int
    ended_at: datetime
    took_ms: int
    outcome: str
    code: int | None
    asked: str
    answered: str
    said: str


class WholeParcel(BaseModel):
    """With its payload as it is sent, and every attempt that is still kept."""

    parcel: ParcelAnswer
    payload: dict[str, Any]
    attempts: list[TriedAnswer]


class TestAnswer(BaseModel):
    """What came back of a test."""

    __test__ = False  # pytest would take it for one of its own

    arrived: bool
    code: int | None
    took_ms: int
    said: str
    answered: str


class ReplayAnswer(BaseModel):
    """How many parcels, between which positions; *done* False: only counted."""

    count: int
    first: int
    last: int
    done: bool


class TypesAnswer(BaseModel):
    """*silent*: types that no parcel tells, and why not."""

    types: list[str]
    silent: dict[str, str]


class TypeAnswer(BaseModel):
    """JSON Schema 2020-12 of the whole payload, and one as it may come."""

    type: str
    payload_schema: dict[str, Any]
    example: dict[str, Any]
