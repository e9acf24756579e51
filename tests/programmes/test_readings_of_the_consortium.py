"""What the sources leave open about a consortium, as the definitions decide it: readings A-11 to A-14 and A-17."""

import pytest

from programmes.call import Call
from programmes.catalogue import Catalogue
from programmes.unit_rules import UnitsUpTo

HUNAN, GUANGDONG = Catalogue.packaged().get("hn-2025"), Catalogue.packaged().get("gd-2026")


@pytest.mark.parametrize(
    ("call", "direction", "takes"),
    [(HUNAN, "L-G", "optional"), (HUNAN, "L-V", "optional"), (HUNAN, "P", "optional"), (GUANGDONG, "B1", "forbidden")],
)
def test_each_direction_says_whether_it_takes_a_consortium(call: Call, direction: str, takes: str) -> None:
    """A-11: the large-model guide says nothing of a consortium, its form does; the benchmark takes none."""
    assert call.programme_of(direction).consortium == takes


def test_the_large_model_programme_only_warns_above_seven() -> None:
    """A-11: no text caps it; the promotion centre's seven is a rule of its own."""
    (large,) = [rule for rule in HUNAN.programme("L").checks if isinstance(rule, UnitsUpTo)]
    (centre,) = [rule for rule in HUNAN.programme("P").checks if isinstance(rule, UnitsUpTo)]
    assert (large.when, large.value) == ("warn", 7)
    assert (centre.when, centre.value) == ("seal", 7)


def test_the_modalities_stand_as_the_form_prints_them() -> None:
    """A-12: 图像, which the guide lists and the form does not, is written beside 其他."""
    options = [option.label.zh for option in HUNAN.programme("L").field("modalities").options]
    assert options == ["视频", "语音", "文本", "多模态", "其他"]


def test_one_document_under_three_names() -> None:
    """A-13: 联合建设协议, 联合体合作协议 and 联合体协议书 are one; both programmes print the same text."""
    assert HUNAN.agreement is not None
    assert HUNAN.agreement.heading.zh == "联合体协议书"
    for programme in ("L", "P"):
        made = [slot.id for slot in HUNAN.programme(programme).slots if slot.made_from == "consortium"]
        assert len(made) == 1, programme


def test_a_delegate_may_sign_the_agreement_and_never_the_commitment() -> None:
    """A-17: 「法定代表人（签名）」 beside 「法定代表人或其委托代理人」."""
    assert HUNAN.agreement is not None
    assert "委托代理人" in HUNAN.agreement.signatures.signer.zh
    assert HUNAN.agreement.authorisation is not None
    for programme in ("L", "P"):
        assert not HUNAN.programme(programme).commitment.delegate
