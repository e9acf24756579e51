"""The agreement, the commitments and the letters of a consortium on paper: bound to one hash, and to each its own."""

import re
from dataclasses import replace
from datetime import date
from io import BytesIO

import docx
import pytest

from consortium import events as k
from consortium.ratios import percent
from directory.actor import Role
from eventstore.event import Personal
from paperwork import pdf, word
from paperwork.document import Document, Parties, Signatures, Table, Text
from tests.consortium.tale import M1, M2, M3
from tests.paperwork.reading import Read
from tests.programmes.test_agreement import the_annex
from tests.scenario import ADMIN, EDITOR, ID, SEALED, YUELU_HEAD, Given, call_of_2025, person
from tests.workflow.joint import (
    LEAD,
    MEMBERS,
    PROJECT,
    TASK,
    agreed,
    agreeing,
    drawn,
    fixed,
    folded,
    printed,
    signing,
)
from workflow import commands as c
from workflow import events as e
from workflow.parties import agreement_digest
from workflow.printing import kinds
from workflow.printing.agreed import VEILED, short
from workflow.printing.document import Bearing, document_of, file_name
from workflow.printing.issuing import bound_to, current_codes, issue_of, joint_kinds, kinds_for
from workflow.printing.of_the_consortium import printable
from workflow.stages import Stage
from workflow.state import FORM

AGREEMENT = kinds.AGREEMENT
COPY = {unit: kinds.of_unit(AGREEMENT, unit) for unit in (M1, M2, M3)}
LETTER = kinds.of_unit(kinds.AUTHORISATION, M1)
MEMBER = person("member-admin", (Role.UNIT_ADMIN, M1))
ON = "2025-11-12 10:00"


def said(document: Document) -> str:
    """All running text, without its lay-out."""
    texts = [block.text for part in document.parts for block in part.blocks if isinstance(block, Text)]
    return re.sub(r"\s+", "", "".join(texts))


def tables(document: Document) -> list[Table]:
    return [block for part in document.parts for block in part.blocks if isinstance(block, Table)]


def places(document: Document) -> list[str]:
    (signing,) = [block for part in document.parts for block in part.blocks if isinstance(block, Parties)]
    return [party.name.label for party in signing.parties]


def ask(kind: str, **more: object) -> c.IssuePaper:
    return c.IssuePaper(application_id=ID, kind=kind, **more)  # type: ignore[arg-type]


# the sheet of all parties, and the copies


@pytest.mark.rule("R-205", "R-206", "R-207", "R-211", "R-212", "R-214", "R-215", "R-216")
def test_every_clause_is_printed_in_order_with_what_the_units_said_in_the_blanks() -> None:
    """「所有成员单位名单 自愿组成：联合体名称 联合体，共同参加申报项目名称申报」 … 「一式____份」"""
    document = drawn(folded(*agreed(2, clauses={"allocation": "到账十个工作日内拨付"})), AGREEMENT)
    text = said(document)
    assert "湖南岳麓智模科技有限公司、长沙智云、湘潭数联自愿组成：湘东联合体，共同参加" in text
    assert "1．长沙智云、湘潭数联特此正式授权湖南岳麓智模科技有限公司为联合体牵头人" in text
    assert (
        "由联合体牵头人按33.34%、33.33%、33.33%（依下表次序）比例分配给联合体各成员方（到账十个工作日内拨付）。" in text
    )
    assert "8．本协议书一式4份，联合体成员和申报人各执一份。" in text
    for clause in (
        "2．联合体将严格按照",
        "4．申报工作以及",
        "6．联合体在项目申请成功后",
        "7．本协议书自签署之日起生效",
    ):
        assert clause in text
        assert clause in the_annex()
    assert text.count(PROJECT) == 2
    assert "{" not in text
    places = [text.index(f"{number}") for number in ("1．", "2．", "3．", "4．", "5.资金", "6．", "7．", "8．")]
    assert places == sorted(places)


@pytest.mark.rule("R-210", "R-213")
def test_both_tables_name_every_unit_with_its_shares_and_its_task() -> None:
    first, second = tables(drawn(folded(*agreed(2)), AGREEMENT))
    assert first.columns == ("联合体成员", "分工", "单位名称", "出资比例", "具体任务")
    assert first.rows[0] == ("1", "牵头单位", "湖南岳麓智模科技有限公司", "33.34%", TASK)
    assert first.rows[2] == ("3", "成员2", "湘潭数联", "33.33%", TASK)
    assert second.columns == ("序号", "单位名称", "国拨资金/国拨资金总额", "自筹资金/自筹资金总额")
    assert second.rows[1] == ("2", "长沙智云", "33.33%", "33.33%")


@pytest.mark.rule("R-209")
def test_a_workload_of_its_own_is_a_column_and_own_funds_that_nobody_has_are_a_stroke() -> None:
    events = agreeing(2, workload=True)
    without = k.RatiosSet(columns={"own_funds": {}})
    application = folded(*events, without)
    first, second = tables(drawn(folded(*events, without, fixed(application)), AGREEMENT))
    assert first.columns[4] == "合同工作量比例"
    assert {row[-1] for row in second.rows} == {"/"}


@pytest.mark.rule("R-208", "R-220")
def test_what_the_units_added_is_printed_and_numbered_on() -> None:
    """「可根据自身实际情况，在本“联合体协议书”中增加相关内容」: all that the hash covers stands on the paper."""
    written = {"build": "平台由牵头单位建设", "property": "各归各方", "unheard": "不在原文里的一条"}
    text = said(drawn(folded(*agreed(2, clauses=written, extra=("保密。", "违约责任。"))), AGREEMENT))
    assert "（1）建设内容：平台由牵头单位建设（2）知识产权合作：各归各方" in text
    assert "9．不在原文里的一条10．保密。11．违约责任。" in text


@pytest.mark.rule("R-217", "R-218")
def test_all_parties_sign_the_sheet_and_lead_and_member_their_copy_with_the_full_tables() -> None:
    """「牵头人名称（盖单位公章）……成员一名称（盖单位公章）」; 「可由牵头人和各成员方分别两两盖章」 (R-221, A-15)"""
    application = folded(*agreed(3))
    joint, copy = drawn(application, AGREEMENT), drawn(application, COPY[M2])
    assert places(joint) == ["牵头人名称", "成员一名称", "成员二名称", "成员三名称"]
    assert places(copy) == ["牵头人名称", "成员二名称"]
    assert tables(copy) == tables(joint)
    assert "本份由牵头单位与湘潭数联两两签署" in said(copy)


def test_a_paper_says_its_version_and_the_short_form_of_the_hash() -> None:
    application = folded(*agreed(2))
    digest = agreement_digest(application)
    for kind in (AGREEMENT, COPY[M1]):
        text = said(drawn(application, kind))
        assert f"本协议文本第1版，文本摘要（SHA-256）{short(digest).replace(' ', '')}" in text
    assert short("sha256:0123456789abcdef99") == "0123 4567 89ab cdef"


@pytest.mark.parametrize("members", [1, 6])
def test_the_pdf_holds_it_all_and_repeats_the_head_of_a_table_that_goes_on(members: int) -> None:
    long = "建设数据采集与标识解析节点，开展诊断评估、方案开发、项目实施与供需对接；" * 13
    units = (LEAD, *MEMBERS[:members])
    application = folded(*agreed(members, tasks=dict.fromkeys(units, long), workload=True))
    document = drawn(application, AGREEMENT)
    rendered = pdf.render(document)
    read = Read(rendered)
    whole = "".join(read.packed)
    assert rendered.missing == ()
    assert all(document.code in page for page in read.packed)
    with_tasks = [page for page in read.packed if "建设数据采集" in page]
    assert all("具体任务" in page for page in with_tasks)
    assert len(with_tasks) > 1
    for clause in ("2．联合体将严格按照申请报告书", "8．本协议书一式", "说明：联合体牵头人与联合体各成员方"):
        assert clause in whole
    assert whole.count("法定代表人或其委托代理人：") == members + 1
    for page in read.packed:
        assert page.count("（盖单位公章）") == page.count("（签字/盖章）"), "no place to sign is torn apart"
    assert whole.count(f"{percent(10_000 // len(units))}%") >= 3 * (len(units) - 4)


def test_the_word_file_holds_the_same_and_no_code() -> None:
    document = drawn(folded(*agreed(2)), COPY[M1])
    made = docx.Document(BytesIO(word.render(document)))
    told = "\n".join(paragraph.text for paragraph in made.paragraphs)
    cells = "\n".join(cell.text for table in made.tables for row in table.rows for cell in row.cells)
    assert "2．联合体将严格按照申请报告书的各项要求" in told
    assert short(agreement_digest(folded(*agreed(2)))) in told
    assert "注：" in told
    assert "成员一名称：长沙智云（盖单位公章）" in cells
    assert "湘潭数联" in cells
    assert document.code not in told + cells


# codes: one text, one code


def test_a_change_makes_another_paper_and_the_old_code_is_superseded() -> None:
    first = folded(*agreed(2))
    first = folded(printed(first, AGREEMENT), printed(first, COPY[M1]), start=first)
    old = {kind: codes[-1] for kind, codes in first.papers.items()}
    assert current_codes(first, call_of_2025(), old) == old
    changed = folded(k.TermsSet(copies=9), start=first)
    assert not set(current_codes(changed, call_of_2025(), old).values()) & set(old.values())
    second = folded(fixed(changed), start=changed)
    assert issue_of(second, call_of_2025(), AGREEMENT).version == 2
    assert bound_to(second, call_of_2025(), old[AGREEMENT]) == bound_to(first, call_of_2025(), old[AGREEMENT])


def test_a_text_that_was_given_up_and_taken_again_has_a_new_code() -> None:
    """Its signatures were void (reading A-16), and sheets of then are not sheets of now."""
    first = folded(*agreed(2))
    code = issue_of(first, call_of_2025(), AGREEMENT).code
    other = folded(k.TermsSet(copies=9), start=first)
    back = folded(fixed(other), k.TermsSet(copies=4), start=other)
    again = folded(fixed(back), start=back)
    assert agreement_digest(again) == agreement_digest(first)
    made = issue_of(again, call_of_2025(), AGREEMENT)
    assert (made.version, made.code != code) == (3, True)


def test_a_code_tells_which_sheet_of_which_text_it_is() -> None:
    application = folded(*agreed(2))
    application = folded(
        printed(application, AGREEMENT), printed(application, COPY[M2]), printed(application, LETTER), start=application
    )
    codes = {kind: codes[-1] for kind, codes in application.papers.items()}
    bound = bound_to(application, call_of_2025(), codes[COPY[M2]])
    assert bound is not None
    assert (bound.kind, bound.unit, bound.version) == (COPY[M2], M2, 1)
    assert bound.digest == agreement_digest(application)
    joint = bound_to(application, call_of_2025(), codes[AGREEMENT])
    assert joint is not None
    assert joint.unit == ""
    assert bound_to(application, call_of_2025(), codes[LETTER]) is None
    assert bound_to(application, call_of_2025(), "K7QX-2M4D-9STB-0F3A") is None


def test_one_member_needs_no_copy_of_its_own_and_nobody_a_paper_before_somebody_joined() -> None:
    assert joint_kinds(folded(*agreeing(0)[:2]), call_of_2025()) == ()
    assert joint_kinds(folded(*agreed(1)), call_of_2025()) == (
        AGREEMENT,
        f"authorisation:{LEAD}",
        f"authorisation:{M1}",
        f"commitment:{M1}",
    )
    assert COPY[M1] in joint_kinds(folded(*agreed(2)), call_of_2025())
    textless = call_of_2025().model_copy(update={"agreement": None})
    assert joint_kinds(folded(*agreed(2)), textless) == (f"commitment:{M1}", f"commitment:{M2}")


# when, and for whom


def test_only_what_was_fixed_for_signing_is_printed() -> None:
    ready, changed = Given(*agreeing(2)), Given(*agreed(2), k.TermsSet(copies=9))
    for given in (ready, changed):
        given.when(ask(AGREEMENT), EDITOR, ON).then_refused("AGREEMENT_NOT_ISSUED")
        given.when(ask(COPY[M1]), EDITOR, ON).then_refused("AGREEMENT_NOT_ISSUED")
    (issued,) = Given(*agreed(2)).when(ask(AGREEMENT), EDITOR, ON).then_entered(Stage.DRAFT)
    assert isinstance(issued, e.PaperIssued)
    assert (issued.kind, issued.version) == (AGREEMENT, 1)
    assert Given(*agreed(2), issued).when(ask(AGREEMENT), EDITOR, ON).then_entered(Stage.DRAFT) == []
    assert Given(*agreed(2), SEALED).when(ask(AGREEMENT), EDITOR, ON).then_entered(Stage.UNIT_SEALED)


def test_a_member_prints_its_own_and_another_s_is_no_paper_at_all() -> None:
    given = Given(*agreed(2))
    for kind in (AGREEMENT, COPY[M1], LETTER, f"commitment:{M1}"):
        assert given.when(ask(kind), MEMBER, ON).then_entered(Stage.DRAFT), kind
    for kind in (COPY[M2], f"authorisation:{M2}", f"authorisation:{LEAD}", f"commitment:{M2}", "commitment", FORM):
        (refusal,) = given.when(ask(kind), MEMBER, ON).then_refused("PAPER_UNKNOWN")
        assert kind not in refusal.params["allowed"]
    for kind in (*COPY.values(), f"commitment:{LEAD}", "consortium_agreement:", "authorisation", "authorisation:x"):
        if kind not in (COPY[M1], COPY[M2]):
            given.when(ask(kind), EDITOR, ON).then_refused("PAPER_UNKNOWN")


def test_each_is_shown_what_they_may_print_and_why_not_yet() -> None:
    application = folded(*agreeing(2))
    lead = printable(EDITOR, application, call_of_2025())
    assert [paper.kind for paper in lead] == [
        AGREEMENT, COPY[M1], COPY[M2], f"authorisation:{LEAD}", f"authorisation:{M1}", f"authorisation:{M2}",
        "commitment", f"commitment:{M1}", f"commitment:{M2}",
    ]  # fmt: skip
    assert [paper.lacking.code for paper in lead if paper.lacking] == ["AGREEMENT_NOT_ISSUED"] * 3
    assert dict(lead[1].label) == {
        "zh": "联合体协议书（牵头单位与长沙智云）",
        "en": "Consortium agreement (the lead with 长沙智云)",
    }
    assert lead[6].unit == LEAD
    mine = printable(MEMBER, application, call_of_2025())
    assert [paper.kind for paper in mine] == [AGREEMENT, COPY[M1], LETTER, f"commitment:{M1}"]
    assert printable(YUELU_HEAD, application, call_of_2025()) == ()
    ready = folded(*agreed(2))
    ready = folded(printed(ready, AGREEMENT), start=ready)
    sheet, copy, *_ = printable(EDITOR, ready, call_of_2025())
    assert (sheet.code, sheet.version, sheet.lacking) == (issue_of(ready, call_of_2025(), AGREEMENT).code, 1, None)
    assert copy.code == ""
    assert printable(EDITOR, folded(*agreeing(2)[:2]), call_of_2025()) == ()


def test_a_unit_that_went_leaves_papers_that_are_no_longer_current() -> None:
    application = folded(*agreed(2))
    theirs = f"commitment:{M1}"
    application = folded(printed(application, theirs), start=application)
    assert current_codes(application, call_of_2025(), [theirs])[theirs]
    gone = folded(k.MemberLeft(unit=M1, reason="r"), start=application)
    assert current_codes(gone, call_of_2025(), [theirs]) == {theirs: ""}
    assert theirs not in kinds_for((LEAD,), gone, call_of_2025())


# 真实性承诺书


@pytest.mark.rule("R-074", "R-145")
def test_each_unit_has_a_commitment_of_its_own_bound_to_version_and_hash() -> None:
    """「联合申报的，所有申报单位均需提供真实性承诺书」"""
    application = folded(*agreed(2))
    text = call_of_2025().programme("L").commitment
    lead, member = drawn(application, "commitment"), drawn(application, f"commitment:{M1}")
    for document, name in ((lead, "湖南岳麓智模科技有限公司"), (member, "长沙智云")):
        (seal,) = [block for block in document.parts[0].blocks if isinstance(block, Signatures)]
        assert seal.lines[1].value == name
        assert text.text.zh in document.parts[0].blocks[0].text  # type: ignore[union-attr]
        assert f"{text.version}，文本摘要（SHA-256）{short(text.digest).replace(' ', '')}" in said(document)
    assert lead.code != member.code
    changed = folded(k.TermsSet(copies=9), start=application)
    assert drawn(changed, f"commitment:{M1}").code == member.code, "the agreement is another paper"


def test_a_commitment_s_scan_bears_the_code_of_that_unit_s_own_paper() -> None:
    application = folded(*agreed(2))
    both = (printed(application, "commitment"), printed(application, f"commitment:{M1}"))
    given = Given(*agreed(2), *both)
    record = c.RecordCommitment(
        application_id=ID,
        unit=M1,
        signer="文智云",
        signer_kind="legal_representative",
        signed_on=date(2025, 11, 12),
        scan_sha256="cd" * 32,
        paper_code=both[1].code.lower(),
    )
    assert given.when(record, ADMIN, ON).then_entered(Stage.DRAFT)
    given.when(replace(record, paper_code=both[0].code), ADMIN, ON).then_refused("SCAN_UNKNOWN")


# 授权委托书


@pytest.mark.rule("R-219")
def test_a_letter_of_authorisation_names_unit_project_agent_and_days_or_leaves_room_for_them() -> None:
    """「由委托人签字的，应附法定代表人签字的授权委托书」"""
    wanted = c.Delegation(agent=" 曾代理 ", valid_from=date(2025, 11, 10), valid_to=date(2025, 12, 10))
    blank = folded(*agreed(2))
    assert "现授权__________（身份证号码" in said(drawn(blank, LETTER))
    (issued,) = Given(*agreed(2)).when(ask(LETTER, delegation=wanted), MEMBER, ON).then_entered(Stage.DRAFT)
    assert isinstance(issued, e.PaperIssued)
    assert issued.delegation == e.Delegation(
        agent=Personal("曾代理"), valid_from=wanted.valid_from, valid_to=wanted.valid_to
    )
    filled = folded(issued, start=blank)
    document = drawn(filled, LETTER)
    assert document.code == issued.code
    text = said(document)
    for words in ("长沙智云法定代表人现授权曾代理", PROJECT, "自2025年11月10日起至2025年12月10日止"):
        assert words in text
    bearing = Bearing(code=issued.code, version=1, link="", dated=date(2025, 11, 12))
    hidden = said(document_of(filled, call_of_2025(), LETTER, bearing, veiled=True))
    assert VEILED in hidden
    assert "曾代理" not in hidden


def test_the_same_letter_is_one_paper_and_another_agent_another_though_no_digest_tells_the_name() -> None:
    one = c.Delegation(agent="曾代理", valid_from=date(2025, 11, 10), valid_to=date(2025, 12, 10))
    (first,) = Given(*agreed(2)).when(ask(LETTER, delegation=one), MEMBER, ON).then_entered(Stage.DRAFT)
    again = Given(*agreed(2), first)
    assert again.when(ask(LETTER, delegation=one), MEMBER, ON).then_entered(Stage.DRAFT) == []
    assert again.when(ask(LETTER), MEMBER, ON).then_entered(Stage.DRAFT) == []
    (second,) = again.when(ask(LETTER, delegation=replace(one, agent="苏代理")), MEMBER, ON).then_entered(Stage.DRAFT)
    (third,) = (
        Given(*agreed(2)).when(ask(LETTER, delegation=replace(one, agent="旁人")), MEMBER, ON).then_entered(Stage.DRAFT)
    )
    assert isinstance(first, e.PaperIssued)
    assert isinstance(second, e.PaperIssued)
    assert isinstance(third, e.PaperIssued)
    assert (first.version, second.version) == (1, 2)
    assert first.code != second.code
    assert first.digest == third.digest, "who the agent is cannot be tried out on the digest"


def test_a_letter_that_cannot_be_is_refused_with_every_reason() -> None:
    backwards = c.Delegation(agent=" ", valid_from=date(2025, 12, 10), valid_to=date(2025, 11, 10))
    given = Given(*agreed(2))
    given.when(ask(LETTER, delegation=backwards), MEMBER, ON).then_refused("REQUIRED", "AUTH_LETTER_DAYS")
    long = c.Delegation(agent="长" * 101, valid_from=date(2025, 11, 10), valid_to=date(2025, 11, 10))
    given.when(ask(LETTER, delegation=long), MEMBER, ON).then_refused("FIELD_TOO_LONG")
    fine = replace(long, agent="曾代理")
    given.when(ask(AGREEMENT, delegation=fine), MEMBER, ON).then_refused("PAPER_HAS_NO_AGENT")


# scans by their code


@pytest.mark.rule("R-221")
def test_a_signed_sheet_is_known_by_the_code_on_its_pages() -> None:
    """「上传扫描件」: what was signed is what was printed."""
    application = folded(*agreed(2))
    sheets = (printed(application, AGREEMENT), printed(application, COPY[M1]))
    given = Given(*agreed(2), *sheets)
    joint = signing(LEAD, M1, M2, paper_code=sheets[0].code.lower().replace("-", " "))
    signed, effective = given.when(joint, EDITOR, ON).then_entered(Stage.DRAFT)
    assert isinstance(signed, k.AgreementSigned)
    assert isinstance(effective, k.AgreementEffective)
    assert (signed.digest, signed.paper_code) == (agreement_digest(application), sheets[0].code)
    copy = signing(LEAD, M1, paper_code=sheets[1].code, digest="sha256:of something else")
    (alone,) = given.when(copy, EDITOR, ON).then_entered(Stage.DRAFT)
    assert isinstance(alone, k.AgreementSigned)
    assert alone.digest == agreement_digest(application), "the page goes before what was typed"
    crowded = signing(LEAD, M1, M2, paper_code=sheets[1].code)
    (refusal,) = given.when(crowded, EDITOR, ON).then_refused("SIGNATORY_UNKNOWN")
    assert refusal.params["units"] == [M2]


@pytest.mark.parametrize("typed", ["K7QX-2M4D-9STB-0F3A", "nonsense", "1" * 60, "letter", "commitment"])
def test_a_code_of_nobody_or_of_another_paper_is_refused(typed: str) -> None:
    application = folded(*agreed(2))
    others = {"letter": printed(application, LETTER), "commitment": printed(application, f"commitment:{M1}")}
    code = others[typed].code if typed in others else typed
    given = Given(*agreed(2), *others.values())
    given.when(signing(LEAD, M1, paper_code=code), EDITOR, ON).then_refused("SCAN_UNKNOWN")


def test_a_sheet_of_an_older_text_is_refused_with_both_versions() -> None:
    application = folded(*agreed(2))
    sheet = printed(application, AGREEMENT)
    other = folded(sheet, k.TermsSet(copies=9), start=application)
    second = fixed(other)
    events = (*agreed(2), sheet, k.TermsSet(copies=9), second)
    old = signing(LEAD, M1, M2, paper_code=sheet.code)
    (refusal,) = Given(*events).when(old, EDITOR, ON).then_refused("AGREEMENT_STALE")
    assert (refusal.params["signed"], refusal.params["current"]) == (1, 2)
    back = folded(second, k.TermsSet(copies=4), start=other)
    again = Given(*events, k.TermsSet(copies=4), fixed(back))
    (refusal,) = again.when(old, EDITOR, ON).then_refused("AGREEMENT_STALE")
    assert (refusal.params["signed"], refusal.params["current"]) == (1, 3)


def test_a_unit_s_own_paper_has_its_code_in_the_name_of_its_file() -> None:
    assert file_name(COPY[M1], "HN-AI-2025-0001", 2, "pdf") == f"联合体协议书-{M1}-HN-AI-2025-0001-v2.pdf"
    assert file_name(LETTER, "HN-AI-2025-0001", 1, "docx").startswith("授权委托书-")
