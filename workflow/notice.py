"""The window of a public notice: working days by the calendar, the first day counted (3-process, seven real notices).

Pure. A year whose calendar is not there raises CalendarUnknown.
"""

from dataclasses import dataclass
from datetime import date, datetime

from programmes.calendar import WorkingDays, beijing_date, end_of


@dataclass(frozen=True, slots=True)
class Window:
    """Both Beijing dates are in; *until* is the last instant of *closes*."""

    opens: date
    closes: date
    until: datetime


def window_of(now: datetime, calendar: WorkingDays, days: int, count_first: bool = True) -> Window:
    opens = beijing_date(now)
    closes = calendar.window(opens, days, count_first)
    return Window(opens, closes, end_of(closes))
