"""What people hear of their own account: that a credential is another now, that a lost factor was reported or taken away. Pure.

Says what and when, and never a code, a key or where somebody signed in. It must be served: who gets in instead of the
owner would turn it off first (OWASP ASVS 5.0, 6.3.7).
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from notifications import words
from notifications.announcements import Announcement, Line
from notifications.audiences import Audience, Kind, Who
from notifications.contents import Param
from notifications.news import News
from web.texts import LANGUAGES

CHANGED, RESET_ASKED, RESET_DROPPED, RESET = "credential_changed", "reset_asked", "reset_dropped", "factors_reset"
TOLD: Mapping[str, Line] = MappingProxyType(
    {
        CHANGED: Line(Who.SELF, "check_account"),
        RESET_ASKED: Line(Who.SELF, "object_to_reset"),
        RESET_DROPPED: Line(Who.SELF),
        RESET: Line(Who.SELF, "set_up_again"),
    }
)
"""Kind of letter to its one line."""
PAGE = "/me/account"


def changed(person: str, kind: str, change: str, at: datetime) -> News:
    """A password, authenticator, passkey, … was set, changed, added, removed, renewed or used."""
    what = {f"what_{language}": words.say(f"credential.{kind}.{change}", language) for language in LANGUAGES}
    return _news(CHANGED, person, at, what)


def reset_asked(person: str, reason: str, at: datetime) -> News:
    return _news(RESET_ASKED, person, at, {"reason": " ".join(reason.split())})


def reset_dropped(person: str, at: datetime) -> News:
    return _news(RESET_DROPPED, person, at, {})


def reset(person: str, at: datetime) -> News:
    return _news(RESET, person, at, {})


def _news(kind: str, person: str, at: datetime, params: Mapping[str, Param]) -> News:
    line = TOLD[kind]
    told = Announcement(kind=kind, audience=Audience(Kind.PERSON, person), because=line.who, asks=line.asks)
    return News(told=(told,), params={"page": PAGE, "thread": f"account.{person}", "at": at.isoformat(), **params})
