"""Every sentence is there in Chinese and in English; every refusal says its rule and who can mend it."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from eventstore.refusal import Refusal
from web import format as fmt
from web import texts
from web.texts import catalogue, explain, t

PUBLISHED = [
    "CALL_NOT_OPEN",
    "DEADLINE_PASSED",
    "ROLE_FORBIDDEN",
    "WRONG_BUREAU",
    "NO_SUCH_STEP",
    "WRONG_STAGE",
    "STALE_VERSION",
    "FIELD_TOO_LONG",
    "BELOW_MIN",
    "ABOVE_MAX",
    "MIN_ITEMS",
    "SINGLE_CHOICE",
    "REQUIRED",
    "BAD_FORMAT",
    "USCC_CHECK",
    "AI_GT_REVENUE",
    "RND_GT_STAFF",
    "TOO_YOUNG",
    "EVALUATION_REQUIRED",
    "DECLARATION_REFUSED",
    "MISSING_ATTACHMENT",
    "MISSING_COMMITMENT",
    "COMMITMENT_SIGNER",
    "ITEM_LOCKED",
    "MISSING_HANDLER",
    "QUOTA_EXCEEDED",
    "CONSORTIUM_FORBIDDEN",
    "UNIT_LIMIT",
    "ALREADY_MEMBER",
    "INVITATION_CLOSED",
    "FROZEN",
    "RATIO_SUM",
    "AGREEMENT_STALE",
    "AGREEMENT_INCOMPLETE",
    "AUTH_LETTER_MISSING",
    "AUTH_LETTER_NOT_IN_FORCE",
    "CONFLICT_OF_INTEREST",
    "PANEL_SIZE",
    "SCORE_RANGE",
    "SCORES_OPEN",
    "NOTICE_RUNNING",
    "OBJECTION_ANONYMOUS",
    "OBJECTION_LATE",
    "OBJECTION_OPEN",
    "SAME_PERSON",
    "OVER_RATE",
    "BELOW_FLOOR",
    "OVER_AWARD",
    "OVER_BUDGET",
    "AUDIT_NOT_VERIFIED",
    "START_OUT_OF_WINDOW",
    "NOT_COMPLETED_IN_WINDOW",
    "OWN_LABOUR",
    "EVIDENCE_MISSING",
    "RELATED_PARTY_UNDECLARED",
    "RELATED_PARTY_STATEMENT",
    "ONE_PROJECT_PER_YEAR",
    "GROUP_ALREADY_APPLIED",
    "PAYEE_NOT_LEAD",
    "DUPLICATE_BANK_REF",
    "HANDON_MISMATCH",
    "RECONSIDER_ONCE",
    "CONFLICT",
    "NOT_FOUND",
    "KEY_REUSED",
    "VERSION_REQUIRED",
    "TOO_LARGE",
    "MALFORMED",
    "UNKNOWN_FIELD",
    "REASON_REQUIRED",
    "NOTHING_TO_RETURN",
    "RETURN_LIMIT",
    "RECONSIDER_LATE",
    "NOT_LIVE",
    "NOTHING_PAID",
    "ITEMS_CHANGED",
    "SUMMARY_MISSING",
    "LETTER_MISSING",
    "CHECKLIST_INCOMPLETE",
    "MINUTES_MISSING",
    "EVALUATION_MISSING",
    "NO_TRANCHE_DUE",
    "PAYMENT_STARTED",
    "CALENDAR_UNKNOWN",
    "DEFINITION_UNKNOWN",
    "EXPERT_NOT_ON_PANEL",
    "EXPERT_POOL_TOO_SMALL",
]
REFUSALS = sorted(key.removeprefix("refusal.") for key in catalogue() if key.startswith("refusal."))


def test_every_text_is_there_in_both_languages() -> None:
    assert [key for key, text in catalogue().items() if not text.zh.strip() or not text.en.strip()] == []


def test_both_languages_use_the_same_values_or_fewer_but_never_a_broken_slot() -> None:
    for key, text in catalogue().items():
        for sentence in (text.zh, text.en):
            left = re.sub(r"\{[a-z_]+(\|[a-z_]+)*(:[a-z]+)?\}", "", sentence)
            assert not set("{}") & set(left), key
            assert sentence.count("⟦") == sentence.count("⟧"), key


@pytest.mark.parametrize("code", PUBLISHED)
def test_every_published_code_has_its_sentence(code: str) -> None:
    assert texts.has(f"refusal.{code}")


@pytest.mark.parametrize("code", REFUSALS)
def test_every_refusal_says_its_rule_and_who_can_mend_it(code: str) -> None:
    text = catalogue()[f"refusal.{code}"]
    assert text.source
    assert texts.has(f"who.{text.who}")


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_without_its_values_is_still_a_sentence(code: str) -> None:
    told = explain(Refusal.of(code))
    for sentence in (told.zh, told.en):
        assert sentence
        assert not set("{}⟦⟧!！") & set(sentence)


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_with_every_value_uses_them_without_raising(code: str) -> None:
    params: dict[str, str | int] = dict.fromkeys(catalogue()[f"refusal.{code}"].names(), 7)
    told = explain(Refusal(code, params))
    assert "⟦" not in told.zh + told.en


def test_a_refusal_is_presented_with_exactly_these_parts() -> None:
    told = explain(Refusal.of("WRONG_BUREAU", source="指南 三（一）", bureau="雨花区", region="430104")).as_json()
    assert told == {
        "code": "WRONG_BUREAU",
        "params": {"bureau": "雨花区", "region": "430104"},
        "reason": told["reason"],
        "source": "指南 三（一）",
        "who": "bureau",
    }
    reason = told["reason"]
    assert isinstance(reason, dict)
    assert set(reason) == {"zh", "en"}  # pyright: ignore[reportUnknownArgumentType]
    assert "岳麓区" in str(reason["zh"])


def test_an_unknown_code_is_shown_as_itself() -> None:
    assert explain(Refusal.of("SOMETHING_NEW")).zh == "SOMETHING_NEW"


def test_a_value_is_never_read_as_a_template() -> None:
    assert "{params}⟦x⟧" in explain(Refusal.of("REQUIRED", label="{params}⟦x⟧")).zh


def test_the_language_of_a_label_follows_the_sentence() -> None:
    told = explain(Refusal.of("REQUIRED", label_zh="参数量", label_en="Parameters", field="params_yi"))
    assert told.zh.startswith("「参数量」")
    assert told.en.startswith("“Parameters”")


def test_amounts_and_instants_are_written_out() -> None:
    told = explain(Refusal.of("OVER_AWARD", measure=100_000_001, limit=100_000_000))
    assert "1,000,000.01 元" in told.zh
    late = explain(Refusal.of("DEADLINE_PASSED", until="2025-12-12T09:00:00Z", deadline="city_close"))
    assert "2025 年 12 月 12 日（星期五）17:00" in late.zh


def test_an_unknown_key_is_shown_as_itself() -> None:
    assert t("no.such.key", "en") == "no.such.key"


# figures and instants


def test_money_loses_no_digit() -> None:
    assert fmt.wan(12_345_678_901) == "12,345.678901 万元"
    assert fmt.wan(1_500_230_0000, unit=False) == "15,002.30"
    assert fmt.yuan(100_000_000) == "1,000,000.00 元"
    assert fmt.yuan(-21_540, "en") == "CNY -215.40"
    assert fmt.yuan(2**53 - 1).startswith("90,071,992,547,409.91")


def test_percent_comes_from_basis_points() -> None:
    assert fmt.percent(9_500) == "95%"
    assert fmt.percent(4_825) == "48.25%"


def test_instants_are_shown_in_beijing_and_need_a_zone() -> None:
    at = datetime(2025, 9, 12, 9, 0, tzinfo=UTC)
    assert fmt.beijing(at) == "2025 年 9 月 12 日（星期五）17:00"
    assert fmt.beijing(at, "en", "short") == "12 Sept, 17:00"
    assert fmt.beijing(at, style="stamp") == "2025-09-12 17:00:00"
    with pytest.raises(ValueError, match="zone"):
        fmt.beijing(datetime(2025, 9, 12, 9, 0))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("left", "tone"),
    [
        (timedelta(days=5), ""),
        (timedelta(days=4, hours=23), "warn"),
        (timedelta(hours=47), "error"),
        (timedelta(0), "error"),
        (timedelta(seconds=-1), "over"),
    ],
)
def test_the_countdown_warns_before_five_days_and_two(left: timedelta, tone: str) -> None:
    now = datetime(2025, 9, 8, tzinfo=UTC)
    assert fmt.countdown(now, now + left).tone == tone


def test_a_days_deadline_is_written_2400_of_that_day() -> None:
    """Reading of deadlines: the last microsecond of the day is when it ends, and nobody writes 23:59."""
    from datetime import date

    from programmes.calendar import end_of
    from web.format import beijing

    until = end_of(date(2025, 12, 1))
    assert beijing(until, "zh") == "2025 年 12 月 1 日（星期一）24:00"
    assert beijing(until, "en", "short") == "1 Dec, 24:00"
    assert beijing(until, "zh", "stamp") == "2025-12-01 24:00"
