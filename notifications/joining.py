"""What somebody hears who is asked to work here: for which role, where, until when, and the link. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from notifications.announcements import Announcement, Line
from notifications.audiences import Audience, Kind, Who
from notifications.news import News

STAFF_INVITED = "staff_invited"
ASKED: Mapping[str, Line] = MappingProxyType({STAFF_INVITED: Line(Who.ENTERING, "join")})
"""Kind of letter to its one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An invitation as it is told. *commitment*: of the link's secret, which the rendering that sends looks up."""

    invitation: str
    name: str
    address: str
    role_zh: str
    role_en: str
    office_zh: str
    office_en: str
    commitment: str
    until: datetime


def invited(asked: Asked, at: datetime) -> News:
    """One letter to one address; a second one where the link was sent anew."""
    line = ASKED[STAFF_INVITED]
    told = Announcement(
        kind=STAFF_INVITED,
        audience=Audience(Kind.INVITED, asked.invitation),
        because=line.who,
        asks=line.asks,
        deadline=asked.until,
    )
    params = {
        "name": " ".join(asked.name.split()),
        "role_zh": asked.role_zh,
        "role_en": asked.role_en,
        "office_zh": asked.office_zh,
        "office_en": asked.office_en,
        "path": f"/join/{asked.invitation}",
        "secret": asked.commitment,
        "thread": f"joining.{asked.invitation}",
        "at": at.isoformat(),
    }
    return News(told=(told,), params=params, links={asked.invitation: asked.address})
