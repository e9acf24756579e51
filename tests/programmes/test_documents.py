"""The papers of the large-model call: attachments, the commitment, and the words the printed dossier is made from."""

from dataclasses import replace
from datetime import date

import pytest

from programmes.documents import (
    Attachment,
    SignedCommitment,
    judge_commitment,
    missing_commitments,
)
from programmes.eligibility import missing_attachments
from tests.programmes.sample import ATTACHED, DIRECTION, FACTS, UNIT, answers, flat, the_call, the_guide

PROGRAMME = the_call().programme("L")
SIGNED = SignedCommitment(UNIT, "hn-2025-L-1", "legal_representative", date(2025, 11, 12))

SLOTS = [
    ("R-133", "L-1", "1.申报单位法定代表人身份证及营业执照（副本）复印件", True),
    ("R-134", "L-2", "2.申报单位基本信息、研发能力、技术水平的相关证明材料", False),
    ("R-135", "L-3", "3.申报单位近两年财务审计报告", True),
    ("R-136", "L-4", "4.申报单位近两年缴税证明材料", True),
    ("R-137", "L-5", "5.项目专项审计报告及相关证明材料", True),
    ("R-138", "L-6", "6.联合体合作协议（如适用）", False),
    ("R-139", "L-7", "7.工业和信息化部“数字工信”平台", False),
    ("R-140", "L-8", "8.项目知识产权证明材料", True),
    ("R-141", "L-9", "9.项目技术水平证明材料", True),
    ("R-142", "L-10", "10.应用推广证明材料", True),
]
ALSO = {"L-8": ("R-004",), "L-9": ("R-010",), "L-10": ("R-016", "R-043")}


@pytest.mark.parametrize(
    ("slot_id", "clause", "required"),
    [
        pytest.param(slot_id, clause, required, id=slot_id, marks=pytest.mark.rule(rule, *ALSO.get(slot_id, ())))
        for rule, slot_id, clause, required in SLOTS
    ],
)
def test_each_attachment_is_there_verbatim_and_wanted_or_not(slot_id: str, clause: str, required: bool) -> None:
    slot = PROGRAMME.slot(slot_id)
    assert slot.label.zh.startswith(clause)
    assert flat(slot.label.zh) in the_guide()
    without = [file for file in ATTACHED if file.slot != slot_id]
    refusals = missing_attachments(the_call(), DIRECTION, answers(), without, FACTS)
    assert [one.params["slots"] for one in refusals] == ([[slot_id]] if required else [])


def test_the_ten_attachments_come_in_the_official_order() -> None:
    assert [slot.id for slot in PROGRAMME.attachments] == [f"L-{number}" for number in range(1, 11)]
    places = [the_guide().index(flat(slot.label.zh)) for slot in PROGRAMME.attachments]
    assert places == sorted(places)


def test_everything_that_is_missing_is_said_in_one_refusal() -> None:
    left = [file for file in ATTACHED if file.slot not in ("L-4", "L-9")]
    (refusal,) = missing_attachments(the_call(), DIRECTION, answers(), left, FACTS)
    assert refusal.code == "MISSING_ATTACHMENT"
    assert refusal.params["slots"] == ["L-4", "L-9"]
    assert refusal.params["parts"] == ["L-4:2023", "L-4:2024", "L-9"]
    assert refusal.source == "附件3 申报书 三、相关附件 4；附件3 申报书 三、相关附件 9"


@pytest.mark.rule("R-135", "R-136")
def test_accounts_and_taxes_are_proved_for_each_year() -> None:
    """「申报单位近两年财务审计报告」「申报单位近两年缴税证明材料」"""
    one_year = [file for file in ATTACHED if (file.slot, file.label) != ("L-4", "2024")]
    (refusal,) = missing_attachments(the_call(), DIRECTION, answers(), one_year, FACTS)
    assert refusal.params["parts"] == ["L-4:2024"]


@pytest.mark.rule("R-137")
def test_the_audit_report_comes_with_its_verification_code() -> None:
    """「经财政部统一监管平台生成可查验真伪的二维码」"""
    bare = [replace(file, check_code=" ") if file.slot == "L-5" else file for file in ATTACHED]
    (refusal,) = missing_attachments(the_call(), DIRECTION, answers(), bare, FACTS)
    assert (refusal.code, refusal.params["slots"]) == ("MISSING_CHECK_CODE", ["L-5"])


@pytest.mark.rule("R-138")
def test_a_consortium_brings_its_agreement() -> None:
    """「联合体合作协议（如适用）」"""
    together = FACTS.model_copy(update={"consortium": True})
    (refusal,) = missing_attachments(the_call(), DIRECTION, answers(), ATTACHED, together)
    assert refusal.params["slots"] == ["L-6"]
    held = [*ATTACHED, Attachment("L-6")]
    assert not missing_attachments(the_call(), DIRECTION, answers(), held, together)
    assert PROGRAMME.slot("L-6").made_from == "consortium"


@pytest.mark.rule("R-143")
def test_the_evidence_is_to_be_listed() -> None:
    """「（注：证明材料请列明清单，以附件形式附后）」"""
    assert PROGRAMME.paper.attachments_note.label.zh in the_guide()
    assert PROGRAMME.paper.attachments_heading.zh == "三、相关附件"


@pytest.mark.rule("R-067", "R-068", "R-069", "R-070", "R-071")
def test_the_title_page_has_its_lines() -> None:
    paper = PROGRAMME.paper
    assert [line.zh for line in paper.title] == ["2025年湖南省人工智能大模型项目", "申报书"]
    assert [flat(line.zh) in the_guide() for line in paper.title] == [True, True]
    cover = [(line.label.zh, line.made_from, line.rule) for line in paper.cover]
    assert cover == [
        ("项目名称", ("project_name",), ("R-068",)),
        ("申报单位（盖章）", ("units",), ("R-069",)),
        ("联系人及电话", ("contact_name", "contact_phone"), ("R-070",)),
        ("申报时间", ("sealed_on",), ("R-071",)),
    ]
    assert all(flat(line.label.zh).removesuffix("（盖章）") in the_guide() for line in paper.cover)


@pytest.mark.rule("R-072", "R-073", "R-074")
def test_the_contents_are_the_three_parts_with_their_pages() -> None:
    """「目录：一、真实性承诺（联合申报的，所有申报单位均需提供真实性承诺书）二、申报信息表 三、相关附件（请列明具体目录及页码）」"""
    paper = PROGRAMME.paper
    assert [line.label.zh[:2] for line in paper.contents] == ["一、", "二、", "三、"]
    assert "".join(line.label.zh for line in paper.contents) + paper.contents_note.label.zh in the_guide()


@pytest.mark.rule("R-075", "R-076", "R-077", "R-078", "R-079")
def test_the_commitment_is_verbatim_versioned_and_has_its_lines() -> None:
    made = PROGRAMME.commitment
    assert made.text.zh + made.closing.zh in the_guide()
    assert "均真实、合法" in made.text.zh
    assert "我单位经营良好，无重大经营风险" in made.text.zh
    assert [flat(line.label.zh) for line in (made.signer, made.seal, made.dated)] == [
        "申报单位法定代表人（签名）",
        "申报单位（盖章）",
        "年月日",
    ]
    assert all(flat(line.label.zh) in the_guide() for line in (made.signer, made.seal, made.dated))
    assert len(made.digest) == 64
    assert made.digest != made.model_copy(update={"closing": made.heading}).digest


@pytest.mark.rule("R-074")
def test_every_unit_of_a_joint_application_commits_itself_to_the_current_text() -> None:
    """「联合申报的，所有申报单位均需提供真实性承诺书」"""
    other = "91430304MAXTE5T406"
    (refusal,) = missing_commitments(PROGRAMME.commitment, [UNIT, other], [SIGNED])
    assert (refusal.code, refusal.params["units"]) == ("MISSING_COMMITMENT", [other])
    assert not missing_commitments(PROGRAMME.commitment, [UNIT], [SIGNED])
    assert missing_commitments(PROGRAMME.commitment, [UNIT], [replace(SIGNED, text_version="hn-2024-L-1")])


@pytest.mark.rule("R-077", "R-079")
def test_only_the_legal_representative_signs_and_not_tomorrow() -> None:
    """「申报单位法定代表人（签名）」: there is no line for a delegate here."""
    today = date(2025, 11, 12)

    def codes(signed: SignedCommitment, same_name: bool = True) -> list[str]:
        return [one.code for one in judge_commitment(PROGRAMME.commitment, signed, today, same_name)]

    assert codes(SIGNED) == []
    assert codes(replace(SIGNED, signer_kind="delegate")) == ["COMMITMENT_SIGNER"]
    assert codes(SIGNED, same_name=False) == ["COMMITMENT_SIGNER"]
    assert codes(replace(SIGNED, text_version="old", signed_on=date(2025, 11, 13))) == [
        "COMMITMENT_VERSION",
        "IN_THE_FUTURE",
    ]
    delegable = PROGRAMME.commitment.model_copy(update={"delegate": True})
    assert not judge_commitment(delegable, replace(SIGNED, signer_kind="delegate"), today)
