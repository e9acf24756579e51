"""Deadlines and working days: test vectors of real notices, one rule for what is late, no guess about unknown years."""

from datetime import UTC, date, datetime, timedelta

import pytest

from programmes.calendar import (
    BEIJING,
    CalendarUnknown,
    add,
    beijing_date,
    end_of,
    full_years,
    instant,
    passed,
    window,
    working_days,
)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2018-08-16", 7, "2018-08-24"),
        ("2018-09-18", 5, "2018-09-25"),
        ("2023-06-20", 7, "2023-06-29"),
        ("2024-02-28", 5, "2024-03-05"),
        ("2025-12-30", 5, "2026-01-06"),
        ("2025-09-26", 5, "2025-10-09"),
        ("2026-02-12", 5, "2026-02-25"),
    ],
)
def test_a_public_notice_counts_its_first_day(start: str, days: int, end: str) -> None:
    assert window(date.fromisoformat(start), days) == date.fromisoformat(end)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [("2025-12-16", 3, "2025-12-19"), ("2025-11-26", 3, "2025-12-01"), ("2025-09-29", 5, "2025-10-13")],
)
def test_within_n_working_days_does_not_count_the_first(start: str, days: int, end: str) -> None:
    """民法典第二百零一条：按照日计算期间的，开始的当日不计入，自下一日开始计算。"""
    assert add(date.fromisoformat(start), days) == date.fromisoformat(end)


@pytest.mark.parametrize("start", [date(2027, 1, 4), date(2017, 12, 29), date(2026, 12, 31)])
def test_an_unknown_year_is_refused_not_guessed(start: date) -> None:
    with pytest.raises(CalendarUnknown):
        add(start, 2)


def test_a_window_has_at_least_a_day() -> None:
    with pytest.raises(ValueError, match="at least one"):
        window(date(2025, 12, 30), 0)


def test_a_weekend_made_up_for_works_and_a_holiday_rests() -> None:
    days = working_days()
    assert days.works(date(2026, 1, 4))  # Sunday
    assert not days.works(date(2025, 10, 8))  # Wednesday
    assert not days.works(date(2025, 11, 29))  # an ordinary Saturday


def test_the_very_instant_is_in_time_and_a_microsecond_later_is_not() -> None:
    until = instant("2025-11-28 17:00")
    assert not passed(until, until)
    assert passed(until + timedelta(microseconds=1), until)
    assert until == datetime(2025, 11, 28, 9, 0, tzinfo=UTC)


def test_a_day_ends_with_its_last_microsecond_in_beijing() -> None:
    """民法典第二百零三条：期间的最后一日的截止时间为二十四时。"""
    until = instant("2025-12-01 24:00")
    assert until == instant("2025-12-01") == end_of(date(2025, 12, 1))
    midnight = datetime(2025, 12, 2, tzinfo=BEIJING)
    assert passed(midnight, until)
    assert not passed(midnight - timedelta(microseconds=1), until)
    assert beijing_date(midnight.astimezone(UTC)) == date(2025, 12, 2)


@pytest.mark.rule("R-018")
@pytest.mark.parametrize(
    ("registered_on", "years"),
    [("2021-06-18", 3), ("2022-12-31", 2), ("2023-01-01", 2), ("2023-01-02", 1), ("2024-01-02", 0), ("2025-11-01", 0)],
)
def test_whole_accounting_years_run_from_january_to_december(registered_on: str, years: int) -> None:
    """「申报单位成立已满至少2个完整会计年度」; 会计法第十一条：会计年度自公历1月1日起至12月31日止。"""
    assert full_years(date.fromisoformat(registered_on), date(2025, 11, 28)) == years
