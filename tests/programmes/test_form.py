"""Reading a section: typed becomes canonical or refused, whatever comes; shown again it is what was typed."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstore.refusal import Refusal
from programmes.catalogue import canonical
from programmes.form import parse_section, present
from tests.programmes.sample import TYPED, answers, field, parse, the_call

SECTIONS = list(the_call().programme("L").form)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**60, max_value=10**5000)
    | st.floats()
    | st.decimals()
    | st.text()
    | st.text(st.characters(categories=["Cs", "Cc", "Cn", "Lo", "Nd"]))
    | st.sampled_from(["\x00", "\ud800", "是", "1e999999", "NaN", "-0", "9" * 5000, "2025-02-30", "٣"])
    | st.sampled_from([Decimal("1e999999"), Decimal("-1e-999999"), Decimal("sNaN"), Decimal("-Infinity")])
)
KEYS = st.text() | st.sampled_from(["2023", "2024", "chosen", "other", "name", "obtained", "training", "open", "own"])
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=8
)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_reading_never_raises_and_keeps_only_canonical_values(data: st.DataObject) -> None:
    section = data.draw(st.sampled_from(SECTIONS))
    names = st.sampled_from([one.id for one in section.fields]) | st.text()
    typed = data.draw(st.dictionaries(names, ANYTHING, max_size=4) | ANYTHING)
    kept, refusals = parse_section(section, typed, the_call(), direction="L-V")
    canonical(kept).encode()
    assert no_floats(kept)
    for refusal in refusals:
        json.dumps([refusal.code, dict(refusal.params), refusal.source], ensure_ascii=False).encode()
    if isinstance(typed, dict):
        known = {one.id for one in section.asked("L-V")}
        assert set(kept) == (set(typed) & known) - {one.params["field"] for one in refusals}


def no_floats(value: object) -> bool:
    if isinstance(value, dict):
        return all(no_floats(one) for one in value.values())
    if isinstance(value, list):
        return all(no_floats(one) for one in value)
    return value is None or type(value) in (str, int, bool)


def test_something_nested_a_thousand_deep_is_refused() -> None:
    deep: Any = "x"
    for _ in range(1000):
        deep = [deep]
    for section in SECTIONS:
        _, refusals = parse_section(section, {one.id: deep for one in section.fields}, the_call())
        assert len(refusals) == len(section.fields)


@pytest.mark.parametrize("typed", [None, [], "text", 5, True])
def test_a_section_that_is_no_object_is_refused(typed: object) -> None:
    kept, (refusal,) = parse_section(SECTIONS[0], typed, the_call())
    assert (kept, refusal.code, refusal.params["field"]) == ({}, "BAD_FORMAT", "cover")


@given(st.integers(min_value=0, max_value=2**53 - 1))
def test_a_sum_of_money_survives_reading_and_showing(fen: int) -> None:
    capital = field("registered_capital")
    kept, codes = parse({"registered_capital": present(capital, fen)})
    assert (kept, codes) == ({"registered_capital": fen}, [])


@pytest.mark.rule("R-098")
@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("12345.678901", 12_345_678_901),
        ("１２，３４５.６７８９０１", 12_345_678_901),
        ("12,345.678901万元", 12_345_678_901),
        (Decimal("12345.678901000"), 12_345_678_901),
        (12345, 12_345_000_000),
        ("0", 0),
        ("9007199254.740991", 2**53 - 1),
    ],
)
def test_money_is_typed_in_wan_and_kept_in_fen(typed: object, fen: int) -> None:
    assert parse({"registered_capital": typed}) == ({"registered_capital": fen}, [])


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (1.5, "BAD_FORMAT"),
        (True, "BAD_FORMAT"),
        ("1e3", "BAD_FORMAT"),
        ("12,34", "BAD_FORMAT"),
        ("一百", "BAD_FORMAT"),
        ("1.0000001", "BAD_FORMAT"),
        ("9007199254.740992", "ABOVE_MAX"),
        (10**60, "ABOVE_MAX"),
        pytest.param(-(10**6000), "BELOW_MIN", id="huge"),
        ("--1", "BAD_FORMAT"),
    ],
)
def test_what_is_no_money_is_refused(typed: object, code: str) -> None:
    assert parse({"registered_capital": typed}) == ({}, [code])


@pytest.mark.rule("R-102", "R-103")
def test_losses_and_refunds_may_be_negative_and_a_minus_may_be_a_dash() -> None:
    kept, codes = parse({"net_profit": {"2023": "−215.40", "2024": "-0.01"}, "taxes": {"2023": "-3", "2024": "0"}})
    assert not codes
    assert kept["net_profit"] == {"2023": -215_400_000, "2024": -10_000}


def test_percentages_are_basis_points_and_decimals_text() -> None:
    assert parse({"debt_ratio": {"2023": "48.2", "2024": "51.05%"}})[0] == {"debt_ratio": {"2023": 4820, "2024": 5105}}
    assert parse({"params_yi": "72.5000"})[0] == {"params_yi": "72.5"}
    assert present(field("debt_ratio"), 4820) == "48.20"


@pytest.mark.parametrize("typed", ["2021-06-18", "2021/6/18", "2021年6月18日", "２０２１.６.１８"])
def test_a_date_may_be_written_in_the_usual_ways(typed: str) -> None:
    assert parse({"registered_on": typed}) == ({"registered_on": "2021-06-18"}, [])


def test_an_empty_answer_is_taken_out_and_an_absent_one_is_not_touched() -> None:
    assert parse({"bank": "  ", "honours": [], "srdi": None})[0] == {"bank": None, "honours": None, "srdi": None}
    assert parse({"revenue": {"2023": "", "2024": "5"}})[0] == {"revenue": {"2024": 5_000_000}}
    assert parse({"domains": {"chosen": [], "other": {}}})[0] == {"domains": None}


@pytest.mark.rule("R-093")
def test_a_text_one_too_long_says_by_how_much_and_where_the_limit_is_written() -> None:
    """「（不超过500字）」"""
    section = the_call().programme("L").section("unit")
    kept, (refusal,) = parse_section(section, {"unit_profile": "字" * 501}, the_call())
    assert kept == {}
    assert refusal == Refusal.of(
        "FIELD_TOO_LONG",
        source="附件3 申报书（一）单位简介（不超过500字）",
        field="unit_profile",
        measure=501,
        limit=500,
        unit="zi",
    )


def test_an_endless_word_is_one_zi_but_not_let_through() -> None:
    assert parse({"unit_profile": "a" * 10_001}) == ({}, ["FIELD_TOO_LONG"])


@pytest.mark.parametrize("typed", ["a\x00b", "a\ud800", "a\x1fb", "\ufffe"])
def test_characters_that_no_text_has_are_refused(typed: str) -> None:
    assert parse({"unit_profile": typed}) == ({}, ["BAD_FORMAT"])
    assert parse({"unit_name": typed}) == ({}, ["BAD_FORMAT"])


def test_rare_names_are_kept_to_the_code_point() -> None:
    for name in ("䶮禤龑", "𬭎", "葛\U000e0100", "豈\uf900"):
        assert parse({"legal_representative": name})[0] == {"legal_representative": name}


@pytest.mark.rule("R-096", "R-113")
def test_rows_say_which_of_them_is_refused() -> None:
    section = the_call().programme("L").section("unit")
    typed = [{"name": "甲", "obtained": "2024-05"}, {"name": "乙", "obtained": "五月"}]
    _, (refusal,) = parse_section(section, {"honours": typed}, the_call())
    assert (refusal.code, refusal.params["row"], refusal.params["column"]) == ("BAD_FORMAT", 2, "obtained")
    assert parse({"scenarios": ["甲", {"scenario": "乙"}]})[0] == {
        "scenarios": [{"scenario": "甲"}, {"scenario": "乙"}]
    }


@pytest.mark.rule("R-109", "R-112")
def test_ticked_boxes_are_kept_in_the_official_order() -> None:
    typed = {"chosen": ["其他", "text", "video", "text"], "other": {"other": "图像", "text": ""}}
    assert parse({"modalities": typed})[0] == {
        "modalities": {"chosen": ["video", "text", "other"], "other": {"other": "图像"}}
    }


def test_a_division_may_be_asked_against_the_register() -> None:
    section = the_call().programme("L").section("unit")
    known = {"430104"}
    assert parse_section(section, {"county": "430104"}, the_call(), divisions=known) == ({"county": "430104"}, [])
    _, (refusal,) = parse_section(section, {"county": "430199"}, the_call(), divisions=known)
    assert (refusal.code, refusal.params["expected"]) == ("BAD_FORMAT", "division")


def test_what_is_kept_reads_again_as_itself() -> None:
    """Shown and typed again, an answer does not move: figures, dates, options."""
    first = answers()
    for section in SECTIONS:
        for one in section.fields:
            columns = [column.id for column in the_call().columns(one)]
            held = first.get(one.id)
            if held is None or one.type in ("multi", "table"):
                continue
            shown: Any = (
                {column: present(one, held[column]) for column in columns if column in held}
                if isinstance(held, dict)
                else present(one, held)
            )
            kept, refusals = parse_section(section, {one.id: shown}, the_call())
            assert not refusals
            assert kept[one.id] == held


def test_answers_are_shown_as_people_write_them() -> None:
    kept = answers()
    assert present(field("total_assets"), 12_345_678_901) == "12345.678901"
    assert present(field("base_sources"), kept["base_sources"]) == "开源（示例基座）"
    assert present(field("modalities"), kept["modalities"], "en") == "Text、Multimodal"
    assert present(field("filed"), True) == "是"
    assert present(field("srdi"), "provincial") == "省级"
    assert present(field("honours"), kept["honours"]) == "省科技进步奖；2024-05"
    assert present(field("bank"), None) == ""


def test_the_sample_is_typed_for_every_section() -> None:
    for section in SECTIONS:
        kept, refusals = parse_section(section, TYPED[section.id], the_call(), direction="L-V")
        assert not refusals
        assert kept
