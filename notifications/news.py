"""What happened outside any application and somebody must hear of, in this room's own words. Pure.

Other rooms' events are no types of this one. Whoever puts the house together says, by the name of an event, how it is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from notifications.announcements import Announcement
from notifications.contents import Param


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Who is told, and what a letter of it says. Of *params*, `page` is where it leads and `thread` what it is about. *links*: the
    address that a one-time link goes to, by the link."""

    told: Sequence[Announcement]
    params: Mapping[str, Param]
    links: Mapping[str, str] = field(default_factory=dict[str, str])
