"""Money on its way through the API, on both databases: sent back, handed on, disputed, demanded by two, repaid by two."""

from typing import Any
from uuid import UUID

from eventstore.facts import reading
from eventstore.rebuild import rebuild
from tests.scenario import SCAN
from tests.workflow.awarded import FIRST, LEAD, SECOND, paid_out
from tests.workflow.house import Api, House
from workflow import commands as c
from workflow import events as e
from workflow import worklist
from workflow.stages import Stage

PARTS = tuple(
    e.HandOnPart(unit=unit, amount_fen=33_330_000, bank_reference=reference)
    for unit, reference in ((FIRST, "Z-1"), (SECOND, "Z-2"))
)


def test_the_same_through_the_api_on_both_databases(house: House, api: Api) -> None:
    """A bounced payment, paid again, handed on, disputed and confirmed; demanded by two, repaid by two units."""
    application = paid_out(house)
    place = f"/applications/{application}"

    def ask(who: str, path: str, **body: Any) -> Any:
        return api.ask(who, "POST", place + path, body)

    assert ask("finance", "/tranches/1/bank-return", reason="户名不符").get_json()["stage"] == "disbursing"
    again = ask("finance", "/payments", bank_reference="20260122-001")
    assert [one["code"] for one in again.get_json()["refusals"]] == ["DUPLICATE_BANK_REF"]
    assert ask("finance", "/payments", bank_reference="20260126-002").get_json()["stage"] == "disbursed"
    parts = [
        {"unit": FIRST, "amount_fen": 33_330_000, "bank_reference": "Z-1"},
        {"unit": SECOND, "amount_fen": 33_330_000, "bank_reference": "Z-2"},
    ]
    assert ask("admin", "/tranches/1/handing-on", parts=parts, scan_sha256=SCAN).status_code == 200
    used = ask("finance", "/payments", bank_reference="Z-1")
    assert [one["code"] for one in used.get_json()["refusals"]] == ["DUPLICATE_BANK_REF"]
    assert ask("wenqu-admin", "/tranches/1/receipt", received=False, reason="未到账").status_code == 200
    assert ask("wenqu-admin", "/tranches/1/receipt", received=True).status_code == 200
    money = api.ask("finance", "GET", place).get_json()["money"]
    said = {one["unit"]: one["answer"] for one in money["tranches"][0]["handed_on"]}
    assert said == {FIRST: "confirmed", SECOND: "handed"}
    assert money["tranches"][0]["amount_words"] == "壹佰万元整"
    assert "6222" not in str(money)
    assert ask("lead", "/recovery", amount_fen=10_001, reason="虚报").get_json()["stage"] == "disbursed"
    assert ask("finance", "/recovery").get_json()["stage"] == "recovering"
    assert ask("finance", "/repayments", amount_fen=5_000, bank_reference="R-1", unit=FIRST).status_code == 200
    done = ask("finance", "/repayments", amount_fen=5_001, bank_reference="R-2").get_json()
    assert done["stage"] == Stage.DISBURSED
    money = api.ask("finance", "GET", place).get_json()["money"]
    assert [(one["unit"], one["amount_fen"], one["repaid_fen"]) for one in money["owed"]] == [
        (LEAD, 3_335, 5_001),
        (FIRST, 3_333, 5_000),
        (SECOND, 3_333, 0),
    ]
    assert (money["net_paid_fen"], money["net_award_fen"]) == (99_989_999, 99_989_999)


def test_whoever_is_no_party_cannot_confirm(house: House) -> None:
    application = paid_out(house)
    assert house.refused("yuhua-head", c.ConfirmHandOn(application_id=application, tranche=1, received=True)) == {
        "WRONG_BUREAU"
    }


def test_what_is_not_confirmed_lies_with_the_lead_and_not_with_the_province(house: House) -> None:
    """Nobody waits for an office that cannot act: list and dossier name the same holder, and a rebuilt table agrees."""
    application = paid_out(house)
    house.do("admin", c.FileSelfEvaluation(application_id=application, summary="完成", goals_met=True))
    assert _holders(house, application) == {LEAD}
    house.do("admin", c.HandOn(application_id=application, tranche=1, parts=PARTS, scan_sha256=SCAN))
    house.do("wenqu-admin", c.ConfirmHandOn(application_id=application, tranche=1, received=True))
    assert _holders(house, application) == {LEAD}
    house.do("guanlan-admin", c.ConfirmHandOn(application_id=application, tranche=1, received=True))
    assert _holders(house, application) == {"43"}
    read = reading(house.dispatcher.codec, house.dispatcher.personal)
    for projection in house.projections:
        assert rebuild(house.store, read, projection, repair=False).equal, projection.name


def _holders(house: House, application: UUID) -> set[str]:
    """As the list says, and as the dossier says."""
    with house.store.reading() as db:
        place = worklist.place(db, house.actor("finance"), str(application))
    assert place is not None
    dossier = house.client().ask("finance", "GET", f"/applications/{application}").get_json()
    return {place.holder, dossier["holder"]}
