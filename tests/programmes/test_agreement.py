"""联合体协议书 as the annex has it: clause by clause beside the issued text, both tables, the places to sign and the notes."""

import shutil
from functools import cache
from pathlib import Path

import pytest

import programmes
from programmes.agreement import BLANKS, Agreement, Term, blanks_in, filled
from programmes.check import check
from tests.programmes.sample import flat, the_call

SHIPPED = Path(programmes.__file__).parent / "calls" / "hn-2025"


@cache
def the_annex() -> str:
    """The issued text, without its lay-out."""
    return flat((Path(__file__).parent / "guide-hn-2025-agreement.txt").read_text(encoding="utf-8"))


@cache
def agreement() -> Agreement:
    found = the_call().agreement
    assert found is not None
    return found


def printed(text: str) -> str:
    """*text* with its blanks as the issued text prints them."""
    return flat(filled(text, agreement().unfilled))


def term(number: int) -> Term:
    return agreement().terms[number - 1]


@pytest.mark.rule("R-205")
def test_the_preamble_names_the_units_the_consortium_and_the_project() -> None:
    """「（所有成员单位名单）自愿组成：（联合体名称）联合体，共同参加（申报项目名称）申报。」"""
    assert the_annex().startswith("联合体协议书" + printed(agreement().preamble.text.zh))
    assert list(blanks_in(agreement().preamble.text.zh)) == ["units", "consortium", "project"]


CLAUSES = [
    ("R-206", 1, "正式授权（联合体牵头人）为联合体牵头人，合法代表我们签署", ["members", "lead", "project"]),
    ("R-207", 2, "递交申报文件，履行合同，并对外承担连带责任。", []),
    ("R-208", 3, "内部的职责分工主要包括建设内容、管理及运行、公共服务、人员、利益分配及知识产权合作等方面", []),
    ("R-209", 3, "联合体成员单位各自所承担的合同工作量比例如下：", []),
    ("R-211", 4, "有关费用按照各自承担的工作量分摊。", []),
    ("R-212", 5, "资金下拨给联合体牵头人，由联合体牵头人按比例分配给联合体各成员方（此处填写", ["shares", "plan"]),
    ("R-214", 6, "本联合体协议是合同的附件，对联合体各成员单位有合同约束力。", []),
    ("R-215", 7, "本协议书自签署之日起生效，合同履行完毕后自动失效。", []),
    ("R-216", 8, "本协议书一式____份，联合体成员和申报人各执一份。", ["copies"]),
]


@pytest.mark.parametrize(
    ("number", "clause", "blanks"),
    [pytest.param(n, words, blanks, id=rule, marks=pytest.mark.rule(rule)) for rule, n, words, blanks in CLAUSES],
)
def test_each_of_the_eight_clauses_is_there_word_for_word(number: int, clause: str, blanks: list[str]) -> None:
    said = printed(term(number).text.zh)
    assert said in the_annex()
    assert clause in said
    assert said[0] == str(number)
    assert list(blanks_in(term(number).text.zh)) == blanks
    assert sorted(blanks_in(term(number).text.en)) == sorted(blanks)


def test_the_clauses_come_in_the_official_order_and_nothing_between_them_is_left_out() -> None:
    """Preamble, clauses with their tables, places to sign, notes: put together they are the issued text."""
    rows = {
        3: "牵头单位成员1……",
        5: "牵头单位成员1……",
    }
    told = [agreement().heading.zh, printed(agreement().preamble.text.zh)]
    for number, one in enumerate(agreement().terms, 1):
        told += [printed(one.text.zh), *(c.label.zh for c in one.columns if not c.optional), rows.get(number, "")]
    block = agreement().signatures
    for place in (block.lead.zh, block.member.zh.format(n="一"), block.member.zh.format(n="二")):
        told += [f"{place}：{block.seal.zh}", f"{block.signer.zh}：{block.by_hand.zh}"]
    told += [block.dated.zh, agreement().notes_heading.zh, *(note.label.zh for note in agreement().notes)]
    assert flat("".join(told)) == the_annex()


@pytest.mark.rule("R-208")
def test_the_six_divisions_of_clause_three_have_names_of_their_own() -> None:
    """「建设内容、管理及运行、公共服务、人员、利益分配及知识产权合作」"""
    labels = [division.label.zh for division in agreement().divisions]
    assert "、".join(labels[:-1]) + "及" + labels[-1] in the_annex()
    ids = [division.id for division in agreement().divisions]
    assert ids == ["build", "operation", "service", "people", "benefit", "property"]


@pytest.mark.rule("R-210")
def test_table_one_has_the_contribution_and_the_task_of_each_unit() -> None:
    """「联合体成员 / 分工 / 单位名称 / 出资比例 / 具体任务」; a workload of its own adds a column (reading A-08)."""
    columns = [(column.label.zh, column.made_from, column.optional) for column in term(3).columns]
    assert columns == [
        ("联合体成员", "position", False),
        ("分工", "role", False),
        ("单位名称", "unit_name", False),
        ("出资比例", "contribution", False),
        ("合同工作量比例", "workload", True),
        ("具体任务", "task", False),
    ]


@pytest.mark.rule("R-213")
def test_table_two_has_the_shares_of_the_grant_and_of_own_funds() -> None:
    """「序号 / 单位名称 / 国拨资金÷国拨资金总额 / 自筹资金÷自筹资金总额」"""
    assert [column.made_from for column in term(5).columns] == ["position", "unit_name", "grant", "own_funds"]
    assert "".join(column.label.zh for column in term(5).columns) in the_annex()


@pytest.mark.rule("R-217", "R-218")
def test_each_unit_has_a_place_for_its_seal_its_hand_and_the_day() -> None:
    """「名称：（盖单位公章）」「法定代表人或其委托代理人：（签字/盖章）」「年 月 日」"""
    block = agreement().signatures
    for place in (block.lead.zh, block.member.zh.format(n="一"), block.member.zh.format(n="二")):
        assert f"{place}：{block.seal.zh}{block.signer.zh}：{block.by_hand.zh}" in the_annex()
    assert flat(block.dated.zh) == "年月日"


@pytest.mark.rule("R-219", "R-220", "R-221")
def test_the_notes_are_verbatim() -> None:
    """注1 授权委托书, 注2 非格式性文件, 说明 两两盖章"""
    assert [note.rule for note in agreement().notes] == [("R-219",), ("R-220",), ("R-221",)]
    assert flat("注：" + "".join(note.label.zh for note in agreement().notes)) in the_annex()


@pytest.mark.rule("R-219")
def test_the_letter_of_authorisation_names_agent_project_and_days() -> None:
    """「由委托人签字的，应附法定代表人签字的授权委托书」: 注1 asks for it and gives no text."""
    letter = agreement().authorisation
    assert letter is not None
    for language in (letter.text.zh, letter.text.en):
        assert set(blanks_in(language)) == {"unit", "agent", "project", "lead", "valid_from", "valid_to"}
    assert "法定代表人" in letter.signer.label.zh


def test_every_blank_can_be_filled_and_a_filling_is_never_read_as_a_blank() -> None:
    assert {blank.id for blank in agreement().blanks} == set(BLANKS)
    assert filled("{lead}：{copies}", {"lead": "{copies}", "copies": "3"}) == "{copies}：3"
    assert filled("{nobody}", {}) == "{nobody}"


def test_the_text_is_known_by_its_digest() -> None:
    other = agreement().model_copy(update={"version": "hn-2026-1"})
    assert len(agreement().digest) == 64
    assert other.digest != agreement().digest


FAULTS = [
    ("{project}申报。现就", "{projekt}申报。现就", "agreement.preamble.text.zh", "'projekt' is not among the blanks"),
    ("{id: copies, label", "{id: copy, label", "agreement.blanks[7].id", "nobody can fill"),
    ("一式{copies}份", "一式三份", "agreement.blanks[7].id", "the text has no {copies}"),
    ("{id: plan, label", "{id: shares, label", "agreement.blanks[6].id", "twice"),
    ("{id: build,", "{id: allocation,", "agreement.terms[2].divisions[0].id", "clause 5"),
    ("现授权{agent}", "现授权{agents}", "agreement.authorisation.text.zh", "'agents' is not among the blanks"),
]


@pytest.mark.parametrize(("old", "new", "place", "said"), FAULTS, ids=[place for _, _, place, _ in FAULTS])
def test_a_blank_that_cannot_be_filled_is_a_fault_of_the_definition(
    tmp_path: Path, old: str, new: str, place: str, said: str
) -> None:
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "hn-2025"))
    text = (folder / "agreement.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / "agreement.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    faults = [fault for fault in check(folder) if fault.place == place and said in fault.en]
    assert faults, check(folder)
    assert {fault.file for fault in faults} == {"agreement.yaml"}
