"""Whoever guesses is stopped, whoever is stopped may come back, and no stranger closes a door for good."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from directory import guessing
from directory.guessing import (
    ALL,
    PASSWORD_ACCOUNT,
    PASSWORD_ADDRESS,
    PASSWORD_ALL,
    SECOND,
    Limit,
    Tally,
    after,
    key_of,
    key_of_address,
)
from tests.directory.house import NOON, House

SECOND_S, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
FIVE = 5 * MINUTE
ME = key_of("account:me@example.cn")


def tried(times: int, limit: Limit, every: timedelta = SECOND_S) -> tuple[Tally | None, list[timedelta | None]]:
    tally: Tally | None = None
    waits: list[timedelta | None] = []
    for n in range(times):
        tally, wait = after(tally, limit, NOON + n * every)
        waits.append(wait)
    return tally, waits


def test_the_eleventh_try_in_five_minutes_waits() -> None:
    _, waits = tried(11, PASSWORD_ACCOUNT)
    assert waits == [None] * 10 + [FIVE]


def test_a_new_window_begins_when_the_first_is_over() -> None:
    _, waits = tried(60, PASSWORD_ACCOUNT, every=MINUTE)
    assert waits == [None] * 60


def test_knocking_at_a_closed_door_does_not_keep_it_closed() -> None:
    tally, _ = tried(11, PASSWORD_ACCOUNT)
    assert tally is not None
    again, wait = after(tally, PASSWORD_ACCOUNT, NOON + MINUTE)
    assert again == tally
    assert wait is not None
    assert tally.until == NOON + MINUTE + wait


def test_each_time_it_is_passed_the_door_stays_closed_twice_as_long_and_never_for_good() -> None:
    tally: Tally | None = None
    now, found = NOON, list[timedelta]()
    for _ in range(8):
        wait: timedelta | None = None
        while wait is None:
            tally, wait = after(tally, PASSWORD_ACCOUNT, now)
        found.append(wait)
        now += wait
    assert found == [FIVE, 2 * FIVE, 4 * FIVE, 8 * FIVE, *[16 * FIVE] * 4]
    calm, wait = after(tally, PASSWORD_ACCOUNT, now + DAY)
    assert (calm.closings, wait) == (0, None)


def test_second_factors_have_limits_of_minutes_hours_and_days() -> None:
    assert [(limit.most, limit.within) for limit in SECOND] == [(5, FIVE), (20, 60 * MINUTE), (50, DAY)]
    assert tried(21, SECOND[1])[1][20] is not None
    assert tried(51, SECOND[2])[1][50] is not None


def test_of_many_tries_at_once_no_more_are_let_through_than_the_limit(house: House) -> None:
    def attempt(_: int) -> bool:
        with house.store.begin() as db:
            return guessing.knock(db, [(PASSWORD_ACCOUNT, ME), (PASSWORD_ALL, ALL)], NOON) is None

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(24))) == PASSWORD_ACCOUNT.most


def test_a_good_try_is_taken_back_and_the_owner_forgets_the_bad_ones(house: House) -> None:
    """At one's own door what failed before is forgotten; at a door that others knock at, too, this one try is taken back."""
    mine, shared = (PASSWORD_ACCOUNT, ME), (PASSWORD_ADDRESS, key_of_address("192.0.2.1"))
    with house.store.begin() as db:
        for _ in range(30):
            assert guessing.knock(db, [shared, mine], NOON) is None
            guessing.forgive(db, [shared, mine])
        for _ in range(9):
            guessing.knock(db, [shared, mine], NOON)
        guessing.forgive(db, [shared, mine])
        assert [guessing.knock(db, [shared], NOON) for _ in range(3)] == [None, None, FIVE]
        assert [guessing.knock(db, [mine], NOON) for _ in range(11)] == [None] * 10 + [FIVE]


def test_who_is_turned_away_at_one_door_is_counted_at_none_behind_it(house: House) -> None:
    """Eleven hundred tries from one address close that address, and neither the account nor the house to anybody else."""
    here, there = (key_of_address(address) for address in ("192.0.2.1", "192.0.2.2"))
    with house.store.begin() as db:
        for n in range(1100):
            guessing.knock(
                db, [(PASSWORD_ADDRESS, here), (PASSWORD_ACCOUNT, key_of(f"{n}")), (PASSWORD_ALL, ALL)], NOON
            )
        behind = [(PASSWORD_ADDRESS, there), (PASSWORD_ACCOUNT, key_of("1099")), (PASSWORD_ALL, ALL)]
        assert guessing.knock(db, behind, NOON) is None


def test_the_closed_minutes_of_a_second_factor_use_up_neither_hour_nor_day(house: House) -> None:
    knocks = [(limit, ME) for limit in SECOND]
    with house.store.begin() as db:
        assert [guessing.knock(db, knocks, NOON) for _ in range(60)] == [None] * 5 + [FIVE] * 55
        assert guessing.knock(db, knocks, NOON + FIVE) is None


def test_one_key_closed_closes_no_other(house: House) -> None:
    with house.store.begin() as db:
        for _ in range(12):
            guessing.knock(db, [(PASSWORD_ACCOUNT, ME)], NOON)
        assert guessing.knock(db, [(PASSWORD_ACCOUNT, key_of("account:other@example.cn"))], NOON) is None


def test_what_was_tried_long_ago_is_swept_away(house: House) -> None:
    with house.store.begin() as db:
        guessing.knock(db, [(PASSWORD_ACCOUNT, ME)], NOON)
        assert guessing.sweep(db, NOON + DAY) == 0
        assert guessing.sweep(db, NOON + 2 * DAY + SECOND_S) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("nonsense", "", False),
    ],
)
def test_a_network_of_the_new_kind_counts_as_one(one: str, other: str, same: bool) -> None:
    assert (key_of_address(one) == key_of_address(other)) is same
