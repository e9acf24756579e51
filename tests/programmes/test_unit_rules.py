"""Rules about the unit itself: each kind holds, breaks, and is silent where nothing is known."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import programmes
from programmes.check import check
from programmes.judging import Question, Rule
from programmes.unit_rules import (
    Exclusivity,
    GroupAsRegistered,
    IsTheUnit,
    JoinsUpTo,
    LeadsUpTo,
    LegalPerson,
    NotAwardedBefore,
    NotBarred,
    UnitKind,
    UnitsUpTo,
    UnitTag,
)
from programmes.vocabulary import JSON, Facts

TODAY = date(2025, 9, 26)
UNIT, ROOT, OTHER = "91440606MAXTE5T16B", "91440600MAXTE5U31T", "91440600MAXTE5U32R"
SHIPPED = Path(programmes.__file__).parent / "calls" / "hn-2025"


def judged(rule: Rule, answers: dict[str, JSON] | None = None, **known: Any) -> list[dict[str, Any]]:
    facts = Facts(today=TODAY, unit_code=UNIT, **known)
    question = Question(answers or {}, "B1", facts, TODAY, {})
    return [dict(refusal.params) for refusal in rule.broken(question)]


def made(kind: type[Rule], name: str, **words: Any) -> Any:
    return kind.model_validate({"kind": name, "code": "UNIT_KIND", "when": "seal", **words})


@pytest.mark.rule("R-020", "R-241", "R-272")
@pytest.mark.parametrize(("known", "refused"), [(True, 0), (None, 0), (False, 1)])
def test_a_branch_is_no_legal_person(known: bool | None, refused: int) -> None:
    """「申报单位为依法注册的独立法人单位」「具有独立法人资格的人工智能企业或科研机构」「具有独立法人资格的制造业企业」"""
    assert len(judged(made(LegalPerson, "legal_person"), legal_person=known)) == refused


@pytest.mark.rule("R-241", "R-272")
@pytest.mark.parametrize(
    ("tags", "refused"),
    [(None, 0), ({"ai_enterprise"}, 0), ({"research", "provincial"}, 0), ({"manufacturer"}, 1), (set[str](), 1)],
)
def test_the_register_marks_what_the_unit_is(tags: set[str] | None, refused: int) -> None:
    """「申报单位为具有独立法人资格的人工智能企业或科研机构」"""
    rule = made(UnitTag, "unit_tag", values=["ai_enterprise", "research"])
    found = judged(rule, unit_tags=None if tags is None else frozenset(tags))
    assert len(found) == refused
    assert all(one["allowed"] == ["ai_enterprise", "research"] for one in found)


@pytest.mark.rule("R-243")
@pytest.mark.parametrize(("until", "refused"), [(None, 0), (date(2025, 9, 25), 0), (TODAY, 1), (date(2028, 9, 25), 1)])
def test_a_barred_unit_is_barred_through_the_last_day(until: date | None, refused: int) -> None:
    """「专项资金管理、专项审计、绩效评价、监督检查等方面未出现严重违法违规情况」"""
    found = judged(made(NotBarred, "not_barred"), barred_until=until)
    assert [one["until"] for one in found] == [str(until)] * refused


@pytest.mark.rule("R-250", "R-276")
@pytest.mark.parametrize(("name", "refused"), [("智能质检", 1), (" 智能 质检 ", 1), ("智能质检二期", 0), (None, 0)])
def test_the_same_project_is_not_supported_twice(name: str | None, refused: int) -> None:
    """「项目原则上未获得过省财政资金专项支持」: about the project; the same name by the same unit is the same project."""
    rule = made(NotAwardedBefore, "not_awarded_before", field="project_name")
    found = judged(rule, {"project_name": name}, awarded_names=frozenset({"智能质检", "大模型"}))
    assert len(found) == refused


@pytest.mark.rule("R-250", "R-276")
def test_any_award_before_is_counted() -> None:
    """「原则上未获得过省财政资金专项支持」: another project of the unit is only pointed out."""
    rule = made(NotAwardedBefore, "not_awarded_before")
    assert [one["measure"] for one in judged(rule, awarded_names=frozenset({"甲", "乙"}))] == [2]
    assert judged(rule) == []


@pytest.mark.parametrize(("leads", "refused"), [(1, 0), (2, 1)])
def test_who_leads_two_is_pointed_out(leads: int, refused: int) -> None:
    found = judged(made(LeadsUpTo, "leads_up_to", value=1), leads=leads)
    assert found == [{"measure": leads, "limit": 1}] * refused


@pytest.mark.rule("R-253")
@pytest.mark.parametrize(
    ("registered", "declared", "refused"),
    [(ROOT, ROOT, 0), (ROOT, OTHER, 1), (ROOT, None, 1), ("", OTHER, 0), (None, None, 0), (UNIT, None, 0)],
)
def test_what_is_declared_and_what_is_registered_agree(registered: str, declared: str, refused: int) -> None:
    """「集团性质企（事）业单位，集团或下属单位只能有一家主体进行申报」: no answer says there is no controller."""
    rule = made(GroupAsRegistered, "group_as_registered", field="controller_code")
    assert len(judged(rule, {"controller_code": declared}, group_root=registered)) == refused


def test_rules_about_kind_code_and_number_of_units_hold_as_before() -> None:
    kind = made(UnitKind, "unit_kind", values=["enterprise"])
    assert judged(kind) == []
    assert len(judged(kind, unit_kind="foundation")) == 1
    own = made(IsTheUnit, "is_the_unit", field="credit_code")
    assert judged(own, {"credit_code": UNIT}) == []
    assert len(judged(own, {"credit_code": ROOT})) == 1
    units = made(UnitsUpTo, "units_up_to", value=7)
    assert judged(units, units=7) == []
    assert len(judged(units, units=8)) == 1


GROUP = "{per: group, family: benchmark, code: GROUP_ALREADY_APPLIED, waivable: true, declared_in: credit_code}"


def faults(folder: Path, lines: str) -> list[str]:
    written = Path(shutil.copytree(SHIPPED, folder / "hn-2025", ignore=shutil.ignore_patterns("P")))
    path = written / "L" / "programme.yaml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\nexclusivity:\n{lines}\n", encoding="utf-8")
    return [fault.en for fault in check(written)]


@pytest.mark.rule("R-251", "R-253")
def test_a_programme_says_what_is_exclusive(tmp_path: Path) -> None:
    """「同一申报主体同一年度原则上只能申报一个项目」「集团或下属单位只能有一家主体进行申报」"""
    unit = "{per: unit, family: benchmark, code: ONE_PROJECT_PER_YEAR, waivable: true, rule: R-251}"
    assert faults(tmp_path, f"  - {unit}\n  - {GROUP}") == []
    assert Exclusivity(per="unit", family="benchmark", code="ONE_PROJECT_PER_YEAR").waivable is False


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (f"  - {GROUP}\n  - {GROUP}", "the same is said twice"),
        (f"  - {GROUP.replace('credit_code', 'nothing')}", "no such field"),
        (f"  - {GROUP.replace('credit_code', 'unit_name')}", "needs a field of credit_code"),
        (f"  - {GROUP.replace('per: group', 'per: unit')}", "is for per: group"),
        (f"  - {GROUP.replace('per: group', 'per: person')}", "must be 'unit' or 'group'"),
        (f"  - {GROUP.replace('benchmark', 'Bench-mark')}", ""),
    ],
)
def test_a_faulty_exclusivity_is_named(tmp_path: Path, lines: str, fault: str) -> None:
    found = faults(tmp_path, lines)
    assert any(fault in one for one in found), found


@pytest.mark.parametrize(("joined", "broken"), [({"甲": 2}, False), ({"甲": 3, "乙": 1}, True), ({}, False)])
def test_a_member_of_many_is_pointed_out_by_name(joined: dict[str, int], broken: bool) -> None:
    """Reading A-26: nothing forbids it, so it is a finding."""
    found = judged(made(JoinsUpTo, "joins_up_to", value=2), joined=joined)
    assert [one["units"] for one in found] == ([["甲"]] if broken else [])
