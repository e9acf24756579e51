"""A unit is known by its 统一社会信用代码: eighteen characters, the last of them a check."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.unit import (
    ALPHABET,
    UnitCode,
    UnitKind,
    code_warnings,
    credit_code,
    kind_by_code,
)
from eventstore.refusal import Refusal

REAL = [
    "91430000183764483Y", "91110000600037341L", "914300007121944054", "91430000796852865Y", "91430100712159116H",
    "914301007700936299", "91430102MA4PX7RC64", "91430100MA4Q5W141P", "91110000101107173B", "91420000757013137P",
    "9165000022859700XU", "914403001922038216", "9144030071526726XG", "91350100M000100Y43",
]  # fmt: skip
INVENTED = [
    "91430104MAXTE5T16B", "91430281MAXTE5T24U", "91430104MAXTE5T321", "91430304MAXTE5T406", "12430000MAXTE5T59Y",
    "91430408MAXTE5T67W", "91430602MAXTE5T75B", "91430211MAXTE5T83J", "91440606MAXTE5U12F", "91440606MAXTE5U20A",
    "91440605MAXTE5U39Q",
]  # fmt: skip
WRONG = {
    "91430000183764483X": "check",
    "91430000183764438Y": "check",
    "91430000183764483I": "alphabet",
    "91430000183764483": "length",
    "9143000018376448OY": "alphabet",
    "91430104MAXTE5T16A": "check",
    "000000000000000000": "empty",
    "": "length",
}


@pytest.mark.rule("R-084", "R-151")
@pytest.mark.parametrize("code", REAL + INVENTED)
def test_a_right_code_is_taken_as_it_is_and_nothing_is_unusual(code: str) -> None:
    assert credit_code(code) == code
    assert code_warnings(UnitCode(code)) == ()


@pytest.mark.rule("R-084", "R-151")
@pytest.mark.parametrize(("text", "reason"), WRONG.items())
def test_a_wrong_code_is_refused_and_told_why(text: str, reason: str) -> None:
    answer = credit_code(text)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.params["reason"]) == ("USCC_CHECK", reason)


@pytest.mark.rule("R-084")
@pytest.mark.parametrize("code", REAL)
def test_no_single_slip_passes(code: str) -> None:
    slips = {code[:i] + other + code[i + 1 :] for i in range(18) for other in ALPHABET} - {code}
    swaps = {code[:i] + code[i + 1] + code[i] + code[i + 2 :] for i in range(17)} - {code}
    assert [text for text in slips | swaps if not isinstance(credit_code(text), Refusal)] == []


@pytest.mark.rule("R-084")
@pytest.mark.parametrize(
    "typed",
    [
        "91430104maxte5t16b",
        " 91430104 MAXTE5T16B ",
        "91430104-MAXTE5T16-B",
        "９１４３０１０４ＭＡＸＴＥ５Ｔ１６Ｂ",
    ],
)
def test_a_code_is_normalised_before_it_is_kept(typed: str) -> None:
    assert credit_code(typed) == "91430104MAXTE5T16B"


@given(st.text(max_size=40))
def test_any_text_is_answered(text: str) -> None:
    answer = credit_code(text)
    assert isinstance(answer, Refusal) or credit_code(answer) == answer


@pytest.mark.parametrize(("text", "kind"), [("A1430000MAXTE5T167", "A1"), ("N2430000MAXTE5T16R", "N2")])
def test_an_unusual_registrar_is_a_warning_and_no_refusal(text: str, kind: str) -> None:
    from stdnum.cn import uscc

    code = credit_code(text[:17] + uscc.calc_check_digit(text[:17]))
    assert isinstance(code, str)
    assert [(w.code, w.params["authority"]) for w in code_warnings(code)] == [("USCC_AUTHORITY", kind)]


def test_an_organisation_digit_that_does_not_fit_is_a_warning() -> None:
    from stdnum.cn import uscc

    body = "91430104MAXTE5T17"  # the right digit is 6
    code = credit_code(body + uscc.calc_check_digit(body))
    assert isinstance(code, str)
    assert [w.code for w in code_warnings(code)] == ["USCC_ORGANISATION"]


@pytest.mark.rule("R-001")
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("91430104MAXTE5T16B", UnitKind.ENTERPRISE),
        ("12430000MAXTE5T59Y", UnitKind.PUBLIC_INSTITUTION),
    ],
)
def test_the_first_two_characters_speak_for_a_kind(code: str, kind: UnitKind) -> None:
    assert kind_by_code(UnitCode(code)) is kind
