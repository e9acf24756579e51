"""What changed between two definitions is told in words: added, removed, renamed, moved, changed, part by part."""

import shutil
from pathlib import Path

import pytest

import programmes
from programmes.call import Call
from programmes.catalogue import Catalogue, load
from programmes.difference import Change, by_part, differences

SHIPPED = Path(programmes.__file__).parent / "calls" / "hn-2025"


@pytest.fixture(scope="module")
def old() -> Call:
    return load(SHIPPED)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "hn-2026"))


def swap(folder: Path, file: str, before: str, after: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def told(old: Call, folder: Path) -> list[Change]:
    return differences(old, load(folder))


def test_a_definition_does_not_differ_from_itself(old: Call) -> None:
    assert differences(old, old) == []
    for call in Catalogue.packaged().calls():
        assert differences(call, call) == []


CASES = [
    ("L/form.yaml", "max_zi: 500", "max_zi: 600", "changed", "上限 500 字 → 600 字", "limit 500 字 → 600 字"),
    ("L/form.yaml", "zh: 单位简介", "zh: 单位概况", "renamed", "单位概况：改名 “单位简介” → “单位概况”", "renamed"),
    ("L/form.yaml", "en: Profile of the unit", "en: About the unit", "changed", "英文", "About the unit"),
    (
        "L/form.yaml",
        "          - {id: open, label: {zh: 开源数据, en: Open data}}\n",
        "",
        "removed",
        "取消选项“开源数据”",
        "removed option“Open data”",
    ),
    (
        "L/form.yaml",
        "          - {id: open, label: {zh: 开源数据, en: Open data}}\n",
        "          - {id: open, label: {zh: 开源数据, en: Open data}}\n          - {id: bought, label: {zh: 购买, en: Bought}}\n",
        "added",
        "训练数据来源：新增选项“购买”",
        "added option“Bought”",
    ),
    (
        "call.yaml",
        "applicant_close: 2025-11-28 17:00",
        "applicant_close: 2025-11-30",
        "changed",
        "单位截止 2025-11-28 17:00 → 2025-11-30 24:00",
        "applicants' close",
    ),
    ("call.yaml", "budget: 50,000,000.00 元", "budget: 6000 万元", "changed", "60,000,000.00 元", "budget"),
    ("L/checks.yaml", "value: 8,", "value: 10,", "changed", "不少于 8 亿 → ", "is at least 10"),
    (
        "L/checks.yaml",
        "code: BELOW_MIN, when: seal",
        "code: BELOW_MIN, when: warn",
        "changed",
        "盖章时 → 只提醒",
        "a finding",
    ),
    (
        "routes.yaml",
        "steps: [county, city, province]",
        "steps: [county, province]",
        "changed",
        "县市区、省",
        "county, province",
    ),
    (
        "L/papers.yaml",
        "    several: true\n    personal: true",
        "    personal: true",
        "changed",
        "可多份 是 → 否",
        "several yes → no",
    ),
    ("L/papers.yaml", "  - id: L-2\n", "  - id: L-2b\n", "renamed", "编号 L-2 → L-2b", "id L-2 → L-2b"),
    ("L/papers.yaml", "特此承诺！", "谨此承诺！", "changed", "结语 “特此承诺！” → “谨此承诺！”", "closing"),
    (
        "call.yaml",
        "programme: L, level: city, max: 3",
        "programme: L, level: city, max: 4",
        "changed",
        "最多 3 个 → 4 个",
        "3 → 4",
    ),
]


@pytest.mark.parametrize(
    ("file", "before", "after", "kind", "zh", "en"), CASES, ids=[f"{row[3]}-{row[4][:20]}" for row in CASES]
)
def test_a_change_is_told(
    old: Call, written: Path, file: str, before: str, after: str, kind: str, zh: str, en: str
) -> None:
    swap(written, file, before, after)
    (change,) = told(old, written)
    assert change.kind == kind
    assert zh in change.zh
    assert en in change.en


def test_a_field_that_moved_to_another_part_is_told_once(old: Call, written: Path) -> None:
    line = next(
        one
        for one in (written / "L/form.yaml").read_text("utf-8").splitlines(keepends=True)
        if one.strip().startswith("- {id: address,")
    )
    swap(written, "L/form.yaml", line, "")
    anchor = "      - {id: data_tb,"
    swap(written, "L/form.yaml", anchor, line + anchor)
    (change,) = told(old, written)
    assert change.kind == "moved"
    assert "从“" in change.zh
    assert "移到这里" in change.zh
    assert change.part.zh.endswith("训练数据来源及规模")


def test_a_section_that_changed_its_place_is_told(old: Call, written: Path) -> None:
    text = (written / "L/form.yaml").read_text(encoding="utf-8")
    head, *sections = text.split("\n  - id: ")
    place = next(n for n, one in enumerate(sections) if one.startswith("benefits"))
    sections.insert(place - 1, sections.pop(place))
    (written / "L/form.yaml").write_text("\n  - id: ".join([head, *sections]), encoding="utf-8")
    (change,) = told(old, written)
    assert change.kind == "moved"
    assert "移到" in change.zh


def test_a_new_rule_and_a_dropped_one_are_told_in_words(old: Call, written: Path) -> None:
    rule = "  - {kind: legal_person, code: NOT_LEGAL_PERSON, when: seal, source: 附件1}\n"
    swap(written, "L/checks.yaml", "  # 提醒 / findings\n", f"  # 提醒 / findings\n{rule}")
    (added,) = told(old, written)
    assert (added.kind, added.zh) == ("added", "新增规则 NOT_LEGAL_PERSON (盖章时): 牵头单位有独立法人资格")
    (removed,) = differences(load(written), old)
    assert removed.kind == "removed"
    assert "removed the rule NOT_LEGAL_PERSON" in removed.en


def test_changes_are_gathered_by_part_in_both_languages(old: Call, written: Path) -> None:
    swap(written, "call.yaml", "revision:", "revision: 9 #")
    swap(written, "L/form.yaml", "max_zi: 500", "max_zi: 600")
    swap(written, "routes.yaml", "copy_to: [city]", "copy_to: []")
    parts = [zh for zh, _ in by_part(told(old, written))]
    assert parts[0] == "征集"
    assert "推荐路线" in parts
    assert any(part.startswith("专项 L") and part.endswith("（一）单位基本信息") for part in parts)


def test_two_calls_of_different_provinces_can_be_compared() -> None:
    catalogue = Catalogue.packaged()
    changes = differences(catalogue.get("hn-2025"), catalogue.get("gd-2026"))
    assert {"added", "removed", "changed"} <= {change.kind for change in changes}
    for change in changes:
        assert change.zh
        assert change.en
        assert change.place
        assert not {"{", "}"} & set(change.zh + change.en), change
