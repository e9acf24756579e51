"""Letters about money say every sum exactly, in capitals too, and each unit's part; a correction does not say whose slip it was."""

from dataclasses import replace

import pytest

from notifications.contents import contents
from notifications.words import happened
from tests.consortium import tale
from tests.notifications.moments import (
    CORRECTED,
    DISPUTED,
    FUNDED,
    HANDED,
    JOINT,
    JOINTLY_PAID,
    PLANNED,
    SHARED,
    SHARES,
    WRONG,
    Moment,
)
from tests.scenario import AWARDED, ON_NOTICE, at, call_of_2025
from workflow import events as e
from workflow.stages import Stage

AT = at("2026-02-02 10:00")
DEMAND = e.RecoveryDemanded(
    entered=Stage.RECOVERING, before=Stage.DISBURSED, amount_fen=100_000_000, reason="虚报", shares=SHARES
)


def said(kind: str, event: e.ApplicationEvent, history: tuple[e.ApplicationEvent, ...]) -> str:
    moment = Moment(trigger="", history=history, event=event)
    params = contents(event, moment.before, moment.after, call_of_2025(), AT, lambda code: (code, code))
    return happened(kind, "zh", params)


def test_a_sum_stands_in_figures_and_in_capitals() -> None:
    assert "1,000,000.00 元（壹佰万元整）" in said("awarded", AWARDED, ON_NOTICE)
    assert "1,000,000.00 元（壹佰万元整）" in said("tranche_instructed", SHARED, JOINT)


def test_an_instruction_and_a_demand_say_what_is_whose() -> None:
    parts = "湖南岳麓智模科技有限公司 600,000.00 元、长沙智云 250,000.00 元、湘潭数联 150,000.00 元"
    assert parts in said("tranche_instructed", SHARED, JOINT)
    assert parts in said("recovery_demanded", DEMAND, JOINTLY_PAID)
    assert "连带责任" in said("recovery_demanded", DEMAND, JOINTLY_PAID)
    assert "各单位" not in said("recovery_demanded", replace(DEMAND, shares={}), FUNDED)


def test_a_member_is_told_what_it_should_find_and_the_lead_what_is_disputed() -> None:
    told = said("handed_on", HANDED, JOINTLY_PAID)
    assert "长沙智云 250,000.00 元、湘潭数联 150,000.00 元（合计肆拾万元整）" in told
    disputed = said("hand_on_disputed", DISPUTED, (*JOINTLY_PAID, HANDED))
    assert disputed.startswith("长沙智云对申报")
    assert "未到账" in disputed
    assert tale.M1 not in disputed


def test_a_plan_is_told_with_its_days() -> None:
    assert "2026-01-20，1,000,000.00 元" in said("tranches_planned", PLANNED, JOINT)


@pytest.mark.parametrize("secret", ["录入有误", "finance", "lead"])
def test_a_correction_tells_the_applicant_what_reads_differently_and_no_more(secret: str) -> None:
    told = said("booking_corrected", CORRECTED, (*FUNDED, WRONG))
    assert "2026 年 1 月 21 日" in told
    assert secret not in told
