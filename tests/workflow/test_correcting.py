"""The record of a payment is put right by two persons; what was known then and what is known now can both be asked (T39)."""

from dataclasses import replace
from datetime import date
from itertools import count

import pytest

from directory.actor import Actor
from eventstore.event import Event, Fact, RecordedEvent, microseconds
from eventstore.ids import uuid7
from tests.browser.site import Person, site
from tests.scenario import ADMIN, AWARDED, FINANCE, ID, INSTRUCTED, ON_NOTICE, PAID, PROVINCE_LEAD, Given, at
from tests.workflow.awarded import paid_out
from tests.workflow.house import Api, House
from workflow import commands as c
from workflow import events as e
from workflow.ledger import balance, ledger
from workflow.stages import Stage

AFTER = "2026-02-02 10:00"
PAID_OUT = (*ON_NOTICE, AWARDED, INSTRUCTED, PAID)
CORRECT = c.Correct(application_id=ID, bank_reference="20260122-001", on=date(2026, 1, 21), reason="录入有误")
FILED = e.CorrectionFiled(
    bank_reference="20260122-001", on=date(2026, 1, 21), new_reference="", reason="录入有误", filed_by=FINANCE.id
)
CORRECTED = e.BookingCorrected(
    bank_reference="20260122-001",
    kind="payment",
    tranche=1,
    on=date(2026, 1, 21),
    new_reference="",
    effective_on=date(2026, 1, 21),
    reason="录入有误",
    filed_by=FINANCE.id,
    confirmed_by=PROVINCE_LEAD.id,
)
CONFIRM = c.ConfirmCorrection(application_id=ID, accepted=True)


def test_one_says_what_is_wrong_and_another_confirms_it() -> None:
    Given(*PAID_OUT).when(CORRECT, FINANCE, AFTER).then(FILED)
    filed = Given(*PAID_OUT, FILED)
    filed.when(CONFIRM, FINANCE, AFTER).then_refused("SAME_PERSON")
    filed.when(CONFIRM, PROVINCE_LEAD, AFTER).then(CORRECTED)
    filed.when(CORRECT, PROVINCE_LEAD, AFTER).then_refused("CORRECTION_WAITS")
    stands = Given(*filed.events, CORRECTED).application
    assert (stands.tranches[0].paid_on, stands.paid_fen, stands.stage) == (
        date(2026, 1, 21),
        100_000_000,
        Stage.DISBURSED,
    )
    assert "confirm_correction" not in Given(*PAID_OUT).offers(FINANCE, AFTER)


@pytest.mark.parametrize(
    ("wrong", "code", "by"),
    [
        (replace(CORRECT, bank_reference="X"), "BOOKING_UNKNOWN", FINANCE),
        (replace(CORRECT, on=date(2026, 1, 22)), "NOTHING_CORRECTED", FINANCE),
        (replace(CORRECT, on=None), "NOTHING_CORRECTED", FINANCE),
        (replace(CORRECT, on=date(2026, 2, 3)), "IN_THE_FUTURE", FINANCE),
        (replace(CORRECT, reason=" "), "REASON_REQUIRED", FINANCE),
        (CORRECT, "ROLE_FORBIDDEN", ADMIN),
    ],
)
def test_a_correction_that_says_nothing_or_cannot_be_is_refused(wrong: c.Correct, code: str, by: Actor) -> None:
    refused = Given(*PAID_OUT).when(wrong, by, AFTER)
    assert code in refused.codes


def test_a_new_reference_is_new_and_the_old_one_stays_used() -> None:
    another = replace(CORRECT, on=None, new_reference="20260122-100")
    Given(*PAID_OUT).when(another, FINANCE, AFTER, bank_reference_used=True).then_refused("DUPLICATE_BANK_REF")
    (filed,) = Given(*PAID_OUT).when(another, FINANCE, AFTER).then_entered(Stage.DISBURSED)
    (done,) = Given(*PAID_OUT, filed).when(CONFIRM, PROVINCE_LEAD, AFTER).then_entered(Stage.DISBURSED)
    stands = Given(*PAID_OUT, filed, done).application
    assert stands.tranches[0].bank_reference == "20260122-100"
    assert set(stands.bookings) == {"20260122-100"}


def test_a_correction_that_is_not_confirmed_changes_nothing() -> None:
    filed = Given(*PAID_OUT, FILED)
    reject = replace(CONFIRM, accepted=False)
    filed.when(reject, PROVINCE_LEAD, AFTER).then_refused("REASON_REQUIRED")
    rejected = e.CorrectionRejected(bank_reference="20260122-001", rejected_by=PROVINCE_LEAD.id, reason="与回单不符")
    filed.when(replace(reject, reason="与回单不符"), PROVINCE_LEAD, AFTER).then(rejected)
    assert Given(*filed.events, rejected).application.tranches[0].paid_on == date(2026, 1, 22)


def history(*told: tuple[str, Event]) -> list[Fact]:
    """Events with the instants they were recorded at."""
    numbers = count(1)
    return [
        Fact(
            RecordedEvent(
                position=(version := next(numbers)),
                stream=f"application-{ID}",
                version=version,
                event_id=uuid7(),
                type="application.something",
                schema_version=1,
                payload="{}",
                metadata="{}",
                actor="person:a",
                correlation_id=uuid7(),
                causation_id=None,
                recorded_at=microseconds(at(when)),
                algorithm="sha256",
                prev_hash=bytes(32),
                hash=bytes(32),
            ),
            event,
        )
        for when, event in told
    ]


BACK = e.TrancheReturned(
    entered=Stage.DISBURSING,
    tranche=1,
    amount_fen=100_000_000,
    bank_reference="20260122-001",
    returned_on=date(2026, 1, 26),
    reason="户名不符",
)
AGAIN = replace(PAID, bank_reference="20260128-002", paid_on=date(2026, 1, 28))
REPAID = e.RepaymentRecorded(entered=Stage.DISBURSED, amount_fen=5, bank_reference="R-1", received_on=date(2026, 3, 2))
BOOKED = history(
    ("2026-01-22 10:00", PAID),
    ("2026-01-26 10:00", BACK),
    ("2026-01-29 10:00", AGAIN),
    ("2026-02-10 10:00", FILED),
    ("2026-02-11 10:00", CORRECTED),
    ("2026-03-03 10:00", REPAID),
)


@pytest.mark.parametrize(
    ("known_at", "on", "fen"),
    [
        (None, None, 99_999_995),
        (None, date(2026, 1, 20), 0),
        (None, date(2026, 1, 21), 100_000_000),  # as known now: it was paid on the 21st
        ("2026-02-10 23:00", date(2026, 1, 21), 0),  # as known then: on the 22nd
        ("2026-02-10 23:00", date(2026, 1, 22), 100_000_000),
        (None, date(2026, 1, 27), 0),  # the bank sent it back
        ("2026-01-28 12:00", date(2026, 1, 28), 0),  # paid again that day, and recorded only the next
        (None, date(2026, 1, 28), 100_000_000),
        (None, date(2026, 3, 1), 100_000_000),
        (None, date(2026, 3, 2), 99_999_995),
    ],
)
def test_a_balance_is_asked_by_the_day_the_money_moved_and_by_the_instant_it_was_known(
    known_at: str | None, on: date | None, fen: int
) -> None:
    assert balance(ledger(BOOKED, at(known_at) if known_at else None, on)) == fen


def test_nothing_is_taken_out_by_a_correction() -> None:
    then = ledger(BOOKED, at("2026-02-10 23:00"))
    now = ledger(BOOKED)
    assert [one.on for one in then] == [date(2026, 1, 22), date(2026, 1, 26), date(2026, 1, 28)]
    assert [one.on for one in now] == [date(2026, 1, 21), date(2026, 1, 26), date(2026, 1, 28), date(2026, 3, 2)]
    assert [one.corrected_at is not None for one in now] == [True, False, False, False]


def test_page_and_api_answer_both_and_the_applicant_is_told_only_what_concerns_it(house: House, api: Api) -> None:
    application = paid_out(house)
    place = f"/applications/{application}"
    filed = {
        "bank_reference": "20260122-001",
        "on": "2026-01-19",
        "new_reference": "20260119-009",
        "reason": "录入有误",
    }
    assert api.ask("finance", "POST", f"{place}/corrections", filed).status_code == 200
    same = api.ask("finance", "POST", f"{place}/corrections/confirmation", {"accepted": True})
    assert [one["code"] for one in same.get_json()["refusals"]] == ["SAME_PERSON"]
    before = house.clock.now  # the instant between is the house's own
    with house.store.reading() as db:
        known = before(db).isoformat()
    house.at("2026-01-21 09:00")
    assert api.ask("lead", "POST", f"{place}/corrections/confirmation", {"accepted": True}).status_code == 200
    now = api.ask("finance", "GET", f"{place}/ledger").get_json()
    then = api.ask("finance", "GET", f"{place}/ledger", query_string={"known_at": known}).get_json()
    assert (now["movements"][0]["on"], now["movements"][0]["bank_reference"]) == ("2026-01-19", "20260119-009")
    assert (then["movements"][0]["on"], then["movements"][0]["bank_reference"]) == ("2026-01-20", "20260122-001")
    assert now["balance_words"] == "壹佰万元整"
    used = api.ask("finance", "POST", f"{place}/payments", {"bank_reference": "20260122-001"})
    assert [one["code"] for one in used.get_json()["refusals"]] == ["DUPLICATE_BANK_REF"]
    told = api.ask("admin", "GET", f"{place}/history").get_json()["events"]
    of_it = {one["type"]: one["summary"] for one in told if "correct" in one["type"]}
    assert of_it["application.correction_filed"] == {}
    assert not {"reason", "filed_by", "confirmed_by"} & set(of_it["application.booking_corrected"])
    unit = Person(site(house), "admin")
    assert "20260119-009" in unit.visit(f"{place}/ledger")
    assert "20260122-001" in unit.visit(f"{place}/ledger?known=2026-01-20")
    unit.visit(f"{place}/ledger?on=gestern", 422)
