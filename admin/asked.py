"""What somebody looks for, read from the query of a page or of the API: the same names in both."""

from datetime import date, datetime, time
from urllib.parse import urlencode

from pydantic import Field

from admin.search import PAGE, Question
from directory.division import TOWN_DIGITS
from eventstore.refusal import Fault, Malformed
from web.format import BEIJING
from web.reading import Request


class Filters(Request):
    """*since* and *until*: a Beijing day, or an instant with or without a zone (then Beijing's). *before*: the `older` of a page."""

    kind: str = Field(default="", max_length=40)
    type: str = Field(default="", max_length=80)
    actor: str = Field(default="", max_length=80)
    unit: str = Field(default="", max_length=18)
    application: str = Field(default="", max_length=36)
    number: str = Field(default="", max_length=40)
    call: str = Field(default="", max_length=40)
    region: str = Field(default="", max_length=TOWN_DIGITS)
    since: str = Field(default="", max_length=40)
    until: str = Field(default="", max_length=40)
    text: str = Field(default="", max_length=60)
    before: int | None = Field(default=None, ge=1, lt=2**62)
    limit: int = Field(default=PAGE, ge=1, le=200)

    def question(self) -> Question:
        """Raises Malformed where an instant cannot be read."""
        return Question(
            kind=self.kind,
            type=self.type,
            actor=whose(self.actor),
            unit=self.unit.strip().upper(),
            application=self.application,
            number=self.number,
            call=self.call,
            region=self.region,
            since=instant("since", self.since, time.min),
            until=instant("until", self.until, time.max),
            text=self.text.strip(),
            before=self.before,
            limit=self.limit,
        )

    def said(self) -> dict[str, str]:
        """The filters that are set, as text; without the place in the list."""
        given = self.model_dump(exclude={"before", "limit"})
        return {name: str(value) for name, value in given.items() if value}

    def query(self, **more: object) -> str:
        """The same filters as a query, with *more* in it."""
        return urlencode({**self.said(), **{name: value for name, value in more.items() if value not in (None, "")}})


def whose(actor: str) -> str:
    """A person's id as envelopes have it."""
    actor = actor.strip()
    return actor if not actor or ":" in actor or actor in ("clock", "public", "console", "house") else f"person:{actor}"


def instant(name: str, text: str, of_day: time) -> datetime | None:
    """A Beijing day at *of_day*, or the instant itself."""
    text = text.strip()
    if not text:
        return None
    try:
        if len(text) == len("2025-06-03"):
            return datetime.combine(date.fromisoformat(text), of_day, BEIJING)
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed(Fault(name, "BAD_FORMAT", {"field": name, "expected": "2025-06-03"})) from None
    return at if at.tzinfo else at.replace(tzinfo=BEIJING)
