"""A unit begins, writes, seals, recalls and hands in again; it always learns every reason why it can't yet (T01–T06, T12, T13)."""

from dataclasses import replace
from datetime import date

import pytest

from eventstore.event import Personal
from programmes.calendar import end_of
from tests.filled import FILES, after, answers_by_section, attach, commitment, filled, save
from tests.scenario import (
    ADMIN,
    CLOCK,
    COUNTY,
    EDITOR,
    ID,
    OPENED,
    PROVINCE_CLERK,
    ROUTE,
    UNIT_CODE,
    YUELU_HEAD,
    Given,
    call_of_2025,
)
from workflow import commands as c
from workflow import events as e
from workflow.stages import Stage

OPEN = c.Open(application_id=ID, call="hn-2025", direction="L-V", unit=UNIT_CODE)
SEAL = c.Seal(application_id=ID)


def test_no_application_before_the_call_opens() -> None:
    """A1, A2."""
    Given().when(OPEN, EDITOR, "2025-11-03 08:59").then_refused("CALL_NOT_OPEN")
    opened = replace(OPENED, definition_digest=call_of_2025().digest)
    Given().when(OPEN, EDITOR, "2025-11-03 09:00").then(opened)


def test_a_name_given_at_the_opening_is_the_forms_own_answer() -> None:
    named = replace(OPEN, project_name=" 岳麓大模型 ")
    events = Given().when(named, EDITOR, "2025-11-03 09:00").then_entered(Stage.DRAFT)
    assert events[1] == e.SectionSaved(section="cover", section_version=1, answers={"project_name": "岳麓大模型"})


def test_a_definition_that_is_not_issued_opens_nothing() -> None:
    """送审稿 (reading A-44)."""
    from eventstore.refusal import Refused
    from tests.scenario import facts
    from workflow.application import EMPTY
    from workflow.decisions import decide

    known = facts(EDITOR, "2025-11-05 09:00")
    draft = call_of_2025().model_copy(update={"status": "draft_for_approval"})
    with pytest.raises(Refused) as refused:
        decide(EMPTY, OPEN, replace(known, call=draft))
    assert [refusal.code for refusal in refused.value.refusals] == ["CALL_NOT_OPEN"]


def test_a_second_call_with_the_same_id_opens_nothing_new() -> None:
    Given(OPENED).when(OPEN, EDITOR, "2025-11-03 09:00").then()


@pytest.mark.rule("R-093")
def test_a_profile_of_501_zi_is_refused_and_one_of_500_is_kept() -> None:
    """「不超过500字」 (A3)."""
    (refusal,) = (
        Given(OPENED)
        .when(save("unit", {"unit_profile": "字" * 501}), EDITOR, "2025-11-05 09:00")
        .then_refused("FIELD_TOO_LONG")
    )
    assert (refusal.params["measure"], refusal.params["limit"]) == (501, 500)
    Given(OPENED).when(save("unit", {"unit_profile": "字" * 500}), EDITOR, "2025-11-05 09:00").then(
        e.SectionSaved(section="unit", section_version=1, answers={"unit_profile": "字" * 500})
    )


@pytest.mark.rule("R-084")
def test_a_credit_code_with_a_wrong_check_character_is_refused() -> None:
    """A4."""
    wrong = save("unit", {"credit_code": "91430104MAXTE5T16A"})
    Given(OPENED).when(wrong, EDITOR, "2025-11-05 09:00").then_refused("USCC_CHECK")


@pytest.mark.rule("R-098", "R-101")
def test_figures_are_kept_to_the_fen_and_checked_against_each_other() -> None:
    """A5, A6: 总资产 12345.678901 万元; AI 收入 ≤ 营业收入 of the same year."""
    figures = {"revenue": {"2023": "6180.00", "2024": "8920.55"}, "ai_revenue": {"2024": "8920.55"}}
    (saved,) = (
        Given(OPENED)
        .when(save("business", {**figures, "total_assets": {"2023": "12345.678901"}}), EDITOR, "2025-11-06 09:00")
        .then_entered(Stage.DRAFT)
    )
    assert isinstance(saved, e.SectionSaved)
    assert saved.answers["total_assets"] == {"2023": 12_345_678_901}
    more = save("business", {"ai_revenue": {"2024": "8920.56"}})
    Given(OPENED, saved).when(more, EDITOR, "2025-11-06 09:00").then_refused("AI_GT_REVENUE")


def test_personal_answers_are_recorded_as_personal() -> None:
    (saved,) = (
        Given(OPENED).when(save("unit", {"legal_representative": "沈岳"}), EDITOR, "2025-11-06 09:00").outcome  # type: ignore[misc]
    )
    assert saved.answers == {"legal_representative": Personal("沈岳")}


def test_saving_what_stands_changes_nothing() -> None:
    filled().when(save("unit", answers_by_section()["unit"]), EDITOR, "2025-11-12 11:00").then()


def test_two_people_in_one_section_never_overwrite_each_other() -> None:
    saved = e.SectionSaved(section="unit", section_version=1, answers={"bank": "甲"})
    late = save("unit", {"bank": "乙"}, version=0)
    (refusal,) = Given(OPENED, saved).when(late, EDITOR, "2025-11-12 11:00").then_refused("SECTION_CHANGED")
    assert (refusal.params["seen"], refusal.params["current"]) == (0, 1)


def test_a_filled_application_is_sealed_with_its_route() -> None:
    """A13: route 430104 → 430100 → 43."""
    (sealed,) = filled().when(SEAL, ADMIN, "2025-11-20 10:00").then_entered(Stage.UNIT_SEALED)
    assert isinstance(sealed, e.UnitSealed)
    assert sealed.route == ROUTE
    assert sealed.seal_version == 1
    assert sealed.content_digest.startswith("sha256:")


@pytest.mark.rule("R-136", "R-141", "R-074")
def test_everything_missing_is_said_in_one_answer() -> None:
    """A11: without L-4, L-9 and the commitment."""
    files = tuple(file for file in FILES if file.slot not in ("L-4", "L-9"))
    refusals = (
        filled(files=files, committed=False)
        .when(SEAL, ADMIN, "2025-11-12 11:00")
        .then_refused("MISSING_ATTACHMENT", "MISSING_COMMITMENT")
    )
    assert {refusal.code: refusal.params for refusal in refusals}["MISSING_ATTACHMENT"]["slots"] == ["L-4", "L-9"]


@pytest.mark.rule("R-011", "R-114")
@pytest.mark.parametrize(("params", "codes"), [("7.9999", ["BELOW_MIN"]), ("8", []), ("72", [])])
def test_eight_hundred_million_parameters_are_enough(params: str, codes: list[str]) -> None:
    """「大模型参数规模应达到8亿以上」: 以上 includes 8 (A7)."""
    given = after(filled().events, save("model", {"params_yi": params}), on="2025-11-12 11:00")
    assert given.when(SEAL, ADMIN, "2025-11-12 12:00").codes == codes


@pytest.mark.rule("R-010", "R-117")
def test_a_model_without_evaluation_stays_a_draft() -> None:
    """「已通过第三方专业评测机构的水平评测」 (A8)."""
    given = after(filled().events, save("model", {"third_party_eval": "否"}), on="2025-11-12 11:00")
    given.when(SEAL, ADMIN, "2025-11-12 12:00").then_refused_among("EVALUATION_REQUIRED")


@pytest.mark.rule("R-012", "R-125")
def test_a_model_that_infringes_is_refused() -> None:
    """A9."""
    given = after(filled().events, save("data", {"infringes_ip": "是"}), on="2025-11-12 11:00")
    given.when(SEAL, ADMIN, "2025-11-12 12:00").then_refused("DECLARATION_REFUSED")


def test_only_the_units_admin_seals() -> None:
    """A10."""
    filled().when(SEAL, EDITOR, "2025-11-10 10:00").then_refused("ROLE_FORBIDDEN")


@pytest.mark.rule("R-077")
def test_a_commitment_is_signed_by_the_legal_representative() -> None:
    """「申报单位法定代表人（签名）」: no delegate (A12), and no other name."""
    given = filled(committed=False)
    given.when(commitment(signer_kind="delegate"), ADMIN, "2025-11-12 11:00").then_refused("COMMITMENT_SIGNER")
    given.when(commitment(signer="别人"), ADMIN, "2025-11-12 11:00").then_refused("COMMITMENT_SIGNER")


@pytest.mark.rule("R-018")
@pytest.mark.parametrize(("registered", "codes"), [("2023-01-01", []), ("2023-01-02", ["TOO_YOUNG"])])
def test_two_whole_accounting_years_are_wanted(registered: str, codes: list[str]) -> None:
    """「成立已满至少2个完整会计年度」, reading A-18."""
    given = filled(registered_on=registered)
    assert given.when(SEAL, ADMIN, "2025-11-20 10:00").codes == codes


def sealed() -> Given:
    return after(filled().events, SEAL, on="2025-11-20 10:00")


def test_a_seal_is_taken_back_until_a_bureau_has_acted() -> None:
    """A14."""
    recall = c.Recall(application_id=ID)
    sealed().when(recall, ADMIN, "2025-11-21 10:00").then(e.Recalled(entered=Stage.DRAFT))
    sealed().when(recall, ADMIN, "2025-11-28 17:00:01").then_refused("DEADLINE_PASSED")
    Given(*sealed().events, COUNTY).when(recall, ADMIN, "2025-11-21 10:00").then_refused("WRONG_STAGE")


def test_a_second_seal_is_version_two() -> None:
    again = after((*sealed().events, e.Recalled(entered=Stage.DRAFT)), SEAL, on="2025-11-24 10:00")
    assert again.application.sealed is not None
    assert again.application.sealed.version == 2


def test_nothing_is_written_into_a_sealed_text() -> None:
    sealed().when(save("unit", {"bank": "甲"}), EDITOR, "2025-11-21 10:00").then_refused("WRONG_STAGE")


RETURNED = e.ReturnedForCorrection(
    entered=Stage.RETURNED,
    returned_from=Stage.UNIT_SEALED,
    body="430104",
    items=(e.ReturnItem(kind="attachment", id="L-4", reason="2024 年缴税证明缺第 2 页"),),
    deadline=end_of(date(2025, 12, 1)),
)


def returned() -> Given:
    return Given(*sealed().events, RETURNED)


def test_only_the_listed_items_are_open_after_a_return() -> None:
    """A17."""
    (refusal,) = (
        returned().when(save("model", {"params_yi": "80"}), EDITOR, "2025-11-27 10:00").then_refused("ITEM_LOCKED")
    )
    assert refusal.params["item"] == "params_yi"
    returned().when(attach("L-1"), EDITOR, "2025-11-27 10:00").then_refused("ITEM_LOCKED")
    returned().when(
        attach("L-4", "2024", sha256="ef" * 32, replaces=attach("L-4", "2024")), EDITOR, "2025-11-27 10:00"
    ).then_entered(Stage.RETURNED)


def test_a_return_is_answered_after_the_calls_close_but_before_its_own_deadline() -> None:
    """A18: the call closed on 11-28; the return runs until 12-01 24:00."""
    mended = after(
        returned().events,
        attach("L-4", "2024", sha256="ef" * 32, replaces=attach("L-4", "2024")),
        on="2025-11-30 10:00",
    )
    (again,) = mended.when(c.Resubmit(application_id=ID), ADMIN, "2025-12-01 16:00").then_entered(Stage.UNIT_SEALED)
    assert isinstance(again, e.Resubmitted)
    assert (again.seal_version, again.changed) == (2, ("attachment:L-4",))
    mended.when(c.Resubmit(application_id=ID), ADMIN, "2025-12-02 00:00").then_refused("DEADLINE_PASSED")


def test_handing_in_the_same_text_again_is_refused() -> None:
    returned().when(c.Resubmit(application_id=ID), ADMIN, "2025-12-01 16:00").then_refused("NOTHING_CHANGED")


def test_a_material_change_is_recommended_anew() -> None:
    material = replace(
        RETURNED, returned_from=Stage.COUNTY_RECOMMENDED, items=(replace(RETURNED.items[0], material=True),)
    )
    given = after(
        (*sealed().events, COUNTY, material),
        attach("L-4", "2024", sha256="ef" * 32, replaces=attach("L-4", "2024")),
        on="2025-11-30 10:00",
    )
    (again,) = given.when(c.Resubmit(application_id=ID), ADMIN, "2025-12-01 16:00").then_entered(Stage.UNIT_SEALED)
    assert Given(*given.events, again).application.recommendations == ()


def test_the_clock_ends_a_return_when_its_deadline_has_passed() -> None:
    lapse = c.Lapse(application_id=ID)
    returned().when(lapse, CLOCK, "2025-12-01 23:59:59").then_refused("NOT_YET_DUE")
    returned().when(lapse, CLOCK, "2025-12-02 00:00").then(e.Lapsed(entered=Stage.LAPSED, deadline=RETURNED.deadline))


def test_what_the_clock_ended_is_refused_by_its_deadline() -> None:
    lapsed = Given(*returned().events, e.Lapsed(entered=Stage.LAPSED, deadline=RETURNED.deadline))
    (refusal,) = lapsed.when(c.Resubmit(application_id=ID), ADMIN, "2025-12-03 10:00").then_refused("DEADLINE_PASSED")
    assert refusal.params["deadline"] == "return"
    lapsed.when(c.Recall(application_id=ID), ADMIN, "2025-12-03 10:00").then_refused("WRONG_STAGE")


def test_the_clock_ends_a_draft_when_the_call_has_closed() -> None:
    lapse = c.Lapse(application_id=ID)
    Given(OPENED).when(lapse, CLOCK, "2025-11-28 17:00").then_refused("NOT_YET_DUE")
    Given(OPENED).when(lapse, CLOCK, "2025-11-28 17:00:01").then_entered(Stage.LAPSED)


def test_a_unit_withdraws_with_a_reason_before_the_award() -> None:
    withdraw = c.Withdraw(application_id=ID, reason="战略调整")
    sealed().when(withdraw, ADMIN, "2025-12-20 10:00").then(e.Withdrawn(entered=Stage.WITHDRAWN, reason="战略调整"))
    sealed().when(replace(withdraw, reason=""), ADMIN, "2025-12-20 10:00").then_refused("REASON_REQUIRED")


def test_a_sealed_page_shows_the_bureau_why_it_may_act_and_the_unit_why_it_may_not() -> None:
    offered = sealed().offers(YUELU_HEAD, "2025-11-25 10:00")
    assert offered["recommend"].open
    assert "recommend" not in sealed().offers(ADMIN, "2025-11-25 10:00")
    assert not sealed().offers(PROVINCE_CLERK, "2025-11-25 10:00")["receive"].open


def test_a_draft_page_names_every_reason_before_the_button_is_pressed() -> None:
    """「为什么还不能盖章？」 from the same guards."""
    offered = Given(OPENED).offers(ADMIN, "2025-11-05 10:00")["seal"]
    pressed = Given(OPENED).when(SEAL, ADMIN, "2025-11-05 10:00")
    assert [refusal.code for refusal in offered.refusals] == pressed.codes
    assert len(offered.refusals) > 20
