"""The worklist follows the log, and built anew from the log it is the same."""

from typing import Any

import pytest
from sqlalchemy import select

from eventstore.facts import reading
from eventstore.projection import at_revision
from tests.workflow.house import YUHUA_UNIT, House
from workflow import commands as c
from workflow.events import ReturnItem
from workflow.standing import FINANCE
from workflow.worklist import applications


def row(house: House) -> Any:
    with house.store.reading() as db:
        return db.execute(select(applications())).mappings().one()


def history(house: House) -> None:
    """Four applications: one with its panel drawn, one returned, one withdrawn from a list, one judged."""
    first = house.reviewed()
    house.do("clerk", c.DrawPanel(application_id=first), "2025-12-22 10:00")
    expert = house.application(first).review.panel[0]
    house.do(expert, c.Declare(application_id=first, conflict=True, ground="advised"))
    second = house.sealed("guanlan-", YUHUA_UNIT)
    items = (ReturnItem(kind="attachment", id="L-4", reason="page 2"),)
    house.do("yuhua-clerk", c.ReturnForCorrection(application_id=second, items=items), "2025-11-26 10:00")
    third = house.recommended()
    house.do("admin", c.Withdraw(application_id=third, reason="不再申报"))
    house.judged()


ELSEWHERE = {
    "bank_references",
    "exclusive_places",
    "exclusive_claims",
    "exceptions",
    "refused_attempts",
    "memberships",
    "confirmations",
}
"""Tables that stay empty in this history; their own tests rebuild them with something in them."""


def test_built_anew_it_is_what_was_kept(house: House) -> None:
    history(house)
    house.handling.catch_up()
    read = reading(house.dispatcher.codec, house.dispatcher.personal)
    with house.store.begin() as db:
        facts = read(db, house.store.all_in(db, limit=10_000), revealed=False)  # as a rebuild reads for them
        for projection in house.projections[1:]:
            assert not projection.personal
            anew = at_revision(projection, 9)
            anew.create(db)
            for start in range(0, len(facts), 17):
                anew.apply(db, facts[start : start + 17])
            for declared in projection.declared:
                kept, built = (
                    sorted(map(tuple, db.execute(select(p.table(declared))).all()), key=repr)
                    for p in (projection, anew)
                )
                assert kept == built
                assert kept or declared.name in ELSEWHERE


def test_a_row_says_who_acts_next_and_until_when(house: House) -> None:
    application = house.filled()
    assert (row(house)["stage"], row(house)["holder"]) == ("draft", "91430104MAXTE5T16B")
    house.do("admin", c.Seal(application_id=application), "2025-11-20 10:00")
    assert (row(house)["holder"], row(house)["due_at"]) == ("430104", _us("2025-12-05 17:00"))
    house.do("yuelu-head", house.recommend(application), "2025-11-26 10:00")
    assert (row(house)["holder"], row(house)["due_at"]) == ("430100", _us("2025-12-12 17:00"))
    house.do("changsha-head", house.recommend(application, "7", rank=2), "2025-12-10 10:00")
    assert (row(house)["holder"], row(house)["rank"]) == ("43", 2)
    assert row(house)["project_name"] == "面向工程机械运维的垂直领域大模型"
    assert row(house)["sector"]


@pytest.mark.parametrize("stage", ["draft", "sealed"])
def test_a_draft_has_no_region_until_it_is_sealed(house: House, stage: str) -> None:
    if stage == "draft":
        house.filled()
        assert (row(house)["county"], row(house)["city"], row(house)["province"]) == ("", "", "")
    else:
        house.sealed()
        assert (row(house)["county"], row(house)["city"], row(house)["province"]) == ("430104", "430100", "43")


def test_after_the_first_signature_finance_acts(house: House) -> None:
    application = house.noticed()
    house.do("lead", c.Award(application_id=application, document_number="湘工信〔2026〕1号"), "2026-01-12 10:00")
    assert row(house)["holder"] == FINANCE
    house.do("finance", c.Award(application_id=application))
    assert (row(house)["stage"], row(house)["holder"], row(house)["amount_fen"]) == ("awarded", FINANCE, 100_000_000)


def _us(text: str) -> int:
    from eventstore.event import microseconds
    from tests.scenario import at

    return microseconds(at(text))
