"""Working days and last moments, in Beijing. The days are data; a year that is not in them is refused, never guessed.

There is one rule for every deadline: it is passed when `now > instant`. So 17:00:00.000000 is still in time and one
microsecond later is not; a deadline that names only a day, or 24:00, is the last microsecond of that day (民法典 §203).
"""

import csv
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")


class CalendarUnknown(Exception):
    """The table of working days does not hold this year; somebody must add it before the date can be told."""

    def __init__(self, day: date) -> None:
        self.day = day
        super().__init__(f"no working-day table for the year {day.year}")


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """A country's working days: which years are known, and where they depart from the ordinary week."""

    first_year: int
    last_year: int
    off: frozenset[date]
    work: frozenset[date]

    def works(self, day: date) -> bool:
        """Whether *day* is a working day. CalendarUnknown outside the table."""
        if not self.first_year <= day.year <= self.last_year:
            raise CalendarUnknown(day)
        return day in self.work or (day.weekday() < 5 and day not in self.off)

    def window(self, start: date, n: int, count_first: bool = True) -> date:
        """The last day of a window of *n* working days from *start*; public notices count the first day."""
        return self._walk(start if count_first else start + timedelta(days=1), n)

    def add(self, start: date, n: int) -> date:
        """The day *n* working days after *start*, which is not counted (民法典 §201: 期间开始的当日不计入)."""
        return self.window(start, n, count_first=False)

    def _walk(self, day: date, n: int) -> date:
        if n < 1:
            raise ValueError("a window has at least one working day")
        while True:
            n -= self.works(day)
            if n == 0:
                return day
            day += timedelta(days=1)


@lru_cache
def working_days(name: str = "cn") -> WorkingDays:
    """The table *name*: a file of the days on which the ordinary week does not hold, with its years and source on top."""
    text = files("programmes").joinpath("calendars", f"{name}.csv").read_text(encoding="utf-8")
    lines = text.splitlines()
    years = next(line for line in lines if line.startswith("# years: ")).removeprefix("# years: ")
    first, last = years.split("-")
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    off, work = (
        frozenset(date.fromisoformat(row["date"]) for row in rows if row["day"] == kind) for kind in ("off", "work")
    )
    return WorkingDays(int(first), int(last), off, work)


def window(start: date, n: int, count_first: bool = True) -> date:
    """`WorkingDays.window` in the table of mainland China."""
    return working_days().window(start, n, count_first)


def add(start: date, n: int) -> date:
    """`WorkingDays.add` in the table of mainland China."""
    return working_days().add(start, n)


def end_of(day: date) -> datetime:
    """The last microsecond of *day* in Beijing: what 「24:00」 and a deadline without an hour mean."""
    return datetime.combine(day, time.max, BEIJING)


def passed(now: datetime, until: datetime) -> bool:
    """Whether the deadline *until* is behind us at *now*. Both are aware; the very instant is still in time."""
    return now > until


def instant(text: str) -> datetime:
    """A Beijing instant as definitions write it: `2025-11-28 17:00`, `2025-11-28 24:00`, or the day alone."""
    day, _, hour = text.strip().partition(" ")
    if hour in ("", "24:00"):
        return end_of(date.fromisoformat(day))
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(hour), BEIJING)


def beijing_date(moment: datetime) -> date:
    """The day it is in Beijing at *moment*."""
    return moment.astimezone(BEIJING).date()


def full_years(registered_on: date, until: date) -> int:
    """How many whole calendar years lie between the two days, both in (会计法 §11: 会计年度自公历1月1日起至12月31日止)."""
    first = registered_on.year if (registered_on.month, registered_on.day) == (1, 1) else registered_on.year + 1
    last = until.year if (until.month, until.day) == (12, 31) else until.year - 1
    return max(0, last - first + 1)
