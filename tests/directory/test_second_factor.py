"""A second factor: six digits that are right once, recovery codes that work once, and a secret the database does not know."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from directory import second_factor as second
from directory.second_factor import Answer, Keys, code_at, judged
from tests.directory.house import NOON, House

KEYS = Keys(bytes(range(32)))
STEP = timedelta(seconds=30)
RFC = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert code_at(RFC, at) == code
    assert judged(RFC, code, at) == (Answer.RIGHT, seconds // 30)


@pytest.mark.parametrize(
    ("steps", "answer"),
    [
        (0, Answer.RIGHT),
        (-1, Answer.RIGHT),
        (1, Answer.RIGHT),
        (-2, Answer.CLOCK),
        (10, Answer.CLOCK),
        (11, Answer.WRONG),
    ],
)
def test_one_step_to_either_side_is_taken_and_a_wrong_clock_is_told(steps: int, answer: Answer) -> None:
    assert judged(RFC, code_at(RFC, NOON + steps * STEP), NOON)[0] is answer


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "      ", "-00000"])
def test_what_is_no_code_is_wrong(typed: str) -> None:
    assert judged(RFC, typed, NOON) == (Answer.WRONG, 0)


def enrolled(house: House, person: str = "p", now: datetime = NOON) -> bytes:
    with house.store.begin() as db:
        secret = second.begin(db, KEYS, person)
        assert second.confirm(db, KEYS, person, code_at(secret, now - 2 * STEP), now) is Answer.CLOCK
        assert not second.factors_of(db, person)
        assert second.confirm(db, KEYS, person, code_at(secret, now - STEP), now) is Answer.RIGHT
        assert second.factors_of(db, person)
    return secret


def answer(house: House, code: str, now: datetime, person: str = "p") -> Answer:
    with house.store.begin() as db:
        return second.answer(db, KEYS, person, code, now)


def test_a_code_is_right_once_and_no_earlier_one_after_it(house: House) -> None:
    secret, later = enrolled(house), NOON + STEP
    assert answer(house, code_at(secret, NOON - STEP), NOON) is Answer.WRONG  # the one it was confirmed with
    assert answer(house, code_at(secret, later), later) is Answer.RIGHT
    assert answer(house, code_at(secret, later), later) is Answer.WRONG
    assert answer(house, code_at(secret, NOON), later) is Answer.WRONG
    assert answer(house, code_at(secret, later), later, person="another") is Answer.WRONG


def test_of_twenty_at_once_with_the_same_code_one_is_right(house: House) -> None:
    code = code_at(enrolled(house), NOON)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: answer(house, code, NOON), range(20)))
    assert found.count(Answer.RIGHT) == 1


def test_an_authenticator_in_use_is_not_shown_again_and_one_to_be_confirmed_is(house: House) -> None:
    with house.store.begin() as db:
        first = second.begin(db, KEYS, "p")
        assert second.begin(db, KEYS, "p") == first
        second.confirm(db, KEYS, "p", code_at(first, NOON), NOON)
        assert second.begin(db, KEYS, "p") == b""


def test_recovery_codes_work_once_each_and_new_ones_end_the_old(house: House) -> None:
    with house.store.begin() as db:
        codes = second.renew_codes(db, KEYS, "p", NOON)
        assert len(set(codes)) == 10
        assert second.factors_of(db, "p").codes_left == 10
        assert second.use_code(db, KEYS, "p", codes[0].lower().replace(" ", "-"), NOON)
        assert not second.use_code(db, KEYS, "p", codes[0], NOON)
        assert not second.use_code(db, KEYS, "another", codes[1], NOON)
        assert second.factors_of(db, "p").codes_left == 9
        second.renew_codes(db, KEYS, "p", NOON)
        assert not second.use_code(db, KEYS, "p", codes[1], NOON)


def test_the_database_holds_no_secret_and_no_code(house: House) -> None:
    secret = enrolled(house)
    with house.store.begin() as db:
        codes = second.renew_codes(db, KEYS, "p", NOON)
        rows = [
            *db.execute(text("SELECT secret FROM authenticators")),
            *db.execute(text("SELECT code FROM recovery_codes")),
        ]
    kept = b"\n".join(bytes(row[0]) for row in rows)
    assert secret not in kept
    assert not any(second.plain(code).encode() in kept for code in codes)
    assert KEYS.open("another", bytes(rows[0][0])) is None
    assert Keys(bytes(32)).open("p", bytes(rows[0][0])) is None


def test_the_address_in_the_qr_code_says_what_an_authenticator_needs() -> None:
    parts = urlsplit(second.address_of(RFC, "wang@example.cn", "朱印"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert asked == {"secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "issuer": "朱印", "digits": "6", "period": "30"}
    assert second.spelled(RFC).replace(" ", "") == asked["secret"]
