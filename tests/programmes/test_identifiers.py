"""Credit codes, phones, addresses and accounts: the right ones pass as they are written, wrong ones say what is wrong."""

import pytest

from programmes import identifiers
from programmes.identifiers import NotReadable

VALID = [
    "91430000183764483Y",
    "91110000600037341L",
    "914300007121944054",
    "91430000796852865Y",
    "91430100712159116H",
    "914301007700936299",
    "91430102MA4PX7RC64",
    "91430100MA4Q5W141P",
    "91110000101107173B",
    "91420000757013137P",
    "9165000022859700XU",
    "914403001922038216",
    "9144030071526726XG",
    "91350100M000100Y43",
    "91430104MAXTE5T16B",
    "12430000MAXTE5T59Y",
]


@pytest.mark.rule("R-084")
@pytest.mark.parametrize("code", VALID)
def test_a_true_credit_code_passes(code: str) -> None:
    assert identifiers.credit_code(code) == code
    assert identifiers.credit_code(f" {code[:8]}-{code[8:].lower()} ") == code


@pytest.mark.rule("R-084")
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("91430000183764483X", "check"),
        ("91430000183764438Y", "check"),
        ("91430000183764483I", "alphabet"),
        ("91430000183764483", "length"),
        ("9143000018376448OY", "alphabet"),
        ("000000000000000000", "alphabet"),
        ("91430104MAXTE5T16A", "check"),
    ],
)
def test_a_wrong_credit_code_says_what_is_wrong(code: str, reason: str) -> None:
    with pytest.raises(NotReadable) as refused:
        identifiers.credit_code(code)
    assert (refused.value.code, refused.value.params["reason"]) == ("USCC_CHECK", reason)


@pytest.mark.rule("R-070", "R-088", "R-091")
@pytest.mark.parametrize(
    ("typed", "dialled"),
    [
        ("0731-88955549", "+8673188955549"),
        ("073188955549", "+8673188955549"),
        ("010-67317474", "+861067317474"),
        ("13800138000", "+8613800138000"),
        ("19912345678", "+8619912345678"),
        ("400-888-1234", "+864008881234"),
        ("０７３１－８８９５５５４９", "+8673188955549"),
    ],
)
def test_a_phone_is_kept_as_typed_and_can_be_dialled(typed: str, dialled: str) -> None:
    assert identifiers.e164(identifiers.phone(typed)) == (dialled, "")


@pytest.mark.parametrize("typed", ["0731-88955549-801", "0731-88955549转801"])
def test_an_extension_is_cut_before_the_number_is_judged(typed: str) -> None:
    assert identifiers.e164(typed) == ("+8673188955549", "801")


@pytest.mark.parametrize("typed", ["0731-8895554", "12800000000", "10086", "12345678901", "+1 202 555 0100", "电话"])
def test_what_cannot_be_dialled_here_is_refused(typed: str) -> None:
    with pytest.raises(NotReadable):
        identifiers.phone(typed)


@pytest.mark.rule("R-086")
def test_an_account_keeps_its_leading_zeros() -> None:
    assert identifiers.account("0430 1234-5678 9012") == "0430123456789012"
    for wrong in ("12345", "1" * 33, "04301234567890A2", "62220000000000000000元"):
        with pytest.raises(NotReadable):
            identifiers.account(wrong)


@pytest.mark.rule("R-092")
def test_an_address_is_one_that_mail_can_be_sent_to() -> None:
    assert identifiers.email(" liaison@zhimo.example ") == "liaison@zhimo.example"
    for wrong in ("liaison", "a@", "a@b c.cn", "a\ud800@b.cn", "a@b.cn, c@d.cn"):
        with pytest.raises(NotReadable):
            identifiers.email(wrong)


def test_a_wrong_check_character_is_told_which_one_it_should_be() -> None:
    """「第 18 位校验码应为 8，请对照营业执照核对。」"""
    with pytest.raises(NotReadable) as wrong:
        identifiers.credit_code("91430104MAXTE5T16A")
    assert wrong.value.params["expected"] == "B"
