"""Units: who may apply. A unit is known by its 统一社会信用代码 (GB 32100-2015).

Pure. `credit_code` says whether a code can be one; whether the unit exists is not known here. Where a unit is
registered is asked and never read off its code: digits 3 to 8 name the registering authority.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NewType

from stdnum.cn import uscc

from eventstore.refusal import Refusal

UnitCode = NewType("UnitCode", str)

SOURCE = "GB 32100-2015"
ALPHABET = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")  # no I O S V Z

USUAL_AUTHORITIES = frozenset({"91", "92", "93", "11", "12", "13", "19", "51", "52", "53", "59"})
"""First two characters of units that this house normally meets: 工商, 机构编制, 民政."""

_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class UnitKind(StrEnum):
    ENTERPRISE = "enterprise"  # 企业
    PUBLIC_INSTITUTION = "public_institution"  # 事业单位
    STATE_ORGAN = "state_organ"  # 机关
    SOCIAL_ORGANISATION = "social_organisation"  # 社会团体
    PRIVATE_NON_ENTERPRISE = "private_non_enterprise"  # 民办非企业单位
    FOUNDATION = "foundation"  # 基金会
    SELF_EMPLOYED = "self_employed"  # 个体工商户
    COOPERATIVE = "cooperative"  # 农民专业合作社
    OTHER = "other"


_KIND_OF: Mapping[str, UnitKind] = {
    "11": UnitKind.STATE_ORGAN,
    "12": UnitKind.PUBLIC_INSTITUTION,
    "51": UnitKind.SOCIAL_ORGANISATION,
    "52": UnitKind.PRIVATE_NON_ENTERPRISE,
    "53": UnitKind.FOUNDATION,
    "91": UnitKind.ENTERPRISE,
    "92": UnitKind.SELF_EMPLOYED,
    "93": UnitKind.COOPERATIVE,
}


class UnitTag(StrEnum):
    """What the route and a programme may ask of a unit beside its kind."""

    CITY_DIRECT = "city_direct"  # 市直单位
    PROVINCIAL = "provincial"  # 省属单位
    TELECOM = "telecom"  # 省级基础通信企业
    AI_ENTERPRISE = "ai_enterprise"  # 人工智能企业
    RESEARCH = "research"  # 科研机构
    MANUFACTURER = "manufacturer"  # 制造业企业 (GB/T 4754 门类 C)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A decision that keeps a unit from applying, from `starts` to the end of `until`."""

    reason: str
    decision_number: str
    starts: date
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit as registered. `county`: code of the registered address; `group_root`: code of the ultimate controller.

    `bar` is no part of the registration: it comes and goes by decisions of its own.
    """

    code: UnitCode
    name: str
    kind: UnitKind
    registered_on: date
    county: str
    name_en: str = ""
    legal_person: bool = True
    tags: frozenset[UnitTag] = frozenset()
    group_root: str = ""
    bar: Bar | None = None


def credit_code(text: str) -> UnitCode | Refusal:
    """The normalised code, or USCC_CHECK with `reason`: length, alphabet, check or empty.

    Lower case, spaces, hyphens and full-width characters are taken. stdnum.cn.uscc refuses letters in the first two
    characters, which the standard gives to 军队 (A), 农业 (N) and 其他 (Y); these pass here and are warned of.
    """
    code = uscc.compact(unicodedata.normalize("NFKC", text))
    reason = _fault(code)
    if reason:
        return Refusal.of("USCC_CHECK", source=SOURCE, value=text[:64], reason=reason)
    return UnitCode(code)


def _fault(code: str) -> str:
    if len(code) != 18:
        return "length"
    if not set(code) <= ALPHABET or not (code[2:8].isascii() and code[2:8].isdigit()):
        return "alphabet"
    if code[8:17] == "0" * 9:
        return "empty"
    if uscc.calc_check_digit(code) != code[17]:
        return "check"
    return ""


def code_warnings(code: UnitCode) -> tuple[Refusal, ...]:
    """What is unusual about a valid code; none of it stops anybody."""
    found: list[Refusal] = []
    if code[:2] not in USUAL_AUTHORITIES:
        found.append(Refusal.of("USCC_AUTHORITY", source=SOURCE, value=code, authority=code[:2]))
    if organisation_check(code[8:16]) != code[16]:  # old codes may fail, so this is no refusal
        found.append(Refusal.of("USCC_ORGANISATION", source="GB 11714-1997", value=code, digit=code[16]))
    return tuple(found)


def organisation_check(body: str) -> str:
    """The GB 11714 check character of the eight characters of an organisation code."""
    total = sum(
        _ORGANISATION_ALPHABET.index(character) * weight
        for character, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    digit = (11 - total % 11) % 11
    return "X" if digit == 10 else str(digit)


def kind_by_code(code: UnitCode) -> UnitKind:
    """The kind that the first two characters speak for; the unit may say otherwise."""
    return _KIND_OF.get(code[:2], UnitKind.OTHER)
