"""Every figure of a subsidy is explained: line by line on the page, through the API's telling, as a workbook, on paper."""

from io import BytesIO
from itertools import accumulate, pairwise
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from openpyxl import load_workbook

from directory.actor import Actor, Grant, Role
from eventstore.event import Fact, RecordedEvent
from eventstore.ids import uuid7
from tests.browser.site import Person, site, sqlite_house
from tests.programmes.benchmark import COST_LINES, PAYMENTS, UNIT, the_call
from tests.scenario import at
from tests.workflow.benchmarked import AUDIT, CLERK, LEAD, PAID_OUT, READY, Benchmark
from tests.workflow.house import House
from tests.workflow.test_instruments import OF_COSTS
from tests.workflow.test_pages_long_tables import MOST, begun
from workflow import commands as c
from workflow import events as e
from workflow.application import EMPTY, evolve
from workflow.dossier import view_of
from workflow.explaining import Explained, explained
from workflow.printing.instruments import INSTRUMENTS, KINDS, Case
from workflow.printing.instruments.case import Step
from workflow.printing.reckoning_sheet import document_of, drawn
from workflow.stages import Stage
from workflow.timeline import timeline

BUREAU = Actor("person:shunde-head", "shunde-head", (Grant(Role.BUREAU_HEAD, "440606"),))
ADMIN = Actor("person:zhizao-admin", "zhizao-admin", (Grant(Role.UNIT_ADMIN, UNIT),))


def told(benchmark: Benchmark, actor: Actor = CLERK, *false_lines: str) -> Explained:
    application = benchmark.application
    found = explained(application, the_call(), view_of(actor, application), false_lines)
    assert found is not None
    return found


@pytest.mark.rule("R-284")
def test_every_line_says_why_it_counts_as_it_does() -> None:
    found = told(Benchmark(*READY, *AUDIT))
    why = {line.number: [step.code for step in line.why] for line in found.lines}
    assert why["C1-1"] == ["CLAIMED", "PAID_IN_FULL", "AUDITED", "SMALLEST"]
    assert why["C1-3b"] == ["CLAIMED", "INVOICE_OUTSIDE", "AUDITED", "SMALLEST"]
    assert why["C1-5"] == ["CLAIMED", "PRO_RATA", "AUDITED", "SMALLEST"]
    assert found.audited is not None
    assert [step.zh for step in found.audited.steps] == [
        "支持范围投入费用（不含税）合计 25,067,020.82 元",
        "25,067,020.82 元 × 30% = 7,520,106.24 元（不超过，舍去分以下）",
    ]
    assert found.audited.amount_words == "柒佰伍拾贰万零壹佰零陆元贰角肆分"
    assert (found.supported.base_fen, found.claimed.amount_fen) == (2_526_702_082, 800_000_000)


def test_what_an_auditor_confirmed_is_told_with_the_decision_and_not_before() -> None:
    before = told(Benchmark(*READY, *AUDIT), ADMIN)
    assert (before.audited, before.audit) == (None, None)
    assert {line.audited_fen for line in before.lines} == {None}
    after = told(Benchmark(*PAID_OUT), ADMIN)
    assert after.audited is not None
    assert after.audited.amount_fen == 752_010_624


def test_the_history_tells_nobody_else_what_the_proposal_was_reckoned_by() -> None:
    """What the auditor left of the costs, the sum of all that is proposed, and why the floor was waived are the province's."""
    benchmark = Benchmark(*PAID_OUT)
    proposed = next(event for event in benchmark.events if isinstance(event, e.Proposed))
    recorded = RecordedEvent(
        7, "", 7, uuid7(), "application.proposed", 1, "", "", LEAD.id, uuid7(), None, 0, "", b"", b""
    )

    def told(who: Actor) -> set[str]:
        view = view_of(who, benchmark.application)
        [entry] = timeline([Fact(recorded, proposed)], view, lambda _: {})
        return {"base_fen", "of_total_fen", "floor_waiver"} & set(entry.summary)

    assert (told(ADMIN), told(BUREAU)) == (set(), set())
    assert len(told(CLERK)) == 3


def test_what_lines_found_false_would_cost_can_be_tried() -> None:
    """Scenario C15."""
    found = told(Benchmark(*PAID_OUT), LEAD, "C1-3a")
    assert (found.false_lines, found.repayable_fen) == (("C1-3a",), 45_000_000)
    assert found.audited is not None
    assert found.audited.amount_fen == 707_010_624
    assert [step.code for line in found.lines if line.number == "C1-3a" for step in line.why][-1] == "FOUND_FALSE"
    assert told(Benchmark(*PAID_OUT), LEAD).repayable_fen == 0


def test_the_paper_and_the_workbook_say_what_the_page_says() -> None:
    benchmark = Benchmark(*PAID_OUT)
    found = told(benchmark)
    paper = repr(document_of(benchmark.application, the_call(), found, "2026-03-02"))
    for said in ("25,067,020.82 元 × 30% = 7,520,106.24 元", "柒佰伍拾贰万零壹佰零陆元贰角肆分", "粤25SHZX0007777"):
        assert said in paper
    book = load_workbook(BytesIO(drawn(benchmark.application, the_call(), found, "xlsx", "2026-03-02")))
    lines, steps = book.worksheets
    assert [cell.value for cell in lines[6]][:8] == [
        "C1-4", "合规测评服务费", "318,000.00", "300,000.00", "318,000.00", "300,000.00", "300,000.00", "300,000.00",
    ]  # fmt: skip
    assert steps.max_row == 4


DEMANDED = e.RecoveryDemanded(
    entered=Stage.RECOVERING, before=Stage.DISBURSED, amount_fen=45_000_000, reason="伪造", false_lines=("C1-3a",)
)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("audited_figures", ("C1-2", "1,800,000.00", "合计 25,067,020.82 元", "简达")),
        ("audit_look_up", ("粤25SHZX0007777", "与报告一致", "2025年12月1日", "简达")),
        ("proposed_reckoning", ("25,067,020.82 元 × 30% = 7,520,106.24 元", "审计报告确认 1,800,000.00 元")),
        ("subsidy_reckoning", ("柒佰伍拾贰万零壹佰零陆元贰角肆分", "发票日期（2025-08-05）不在")),
        ("reckoning_anew", ("23,567,020.82 元 × 30% = 7,070,106.24 元", "拨付后查实不实，计 0 元")),
    ],
)
def test_what_was_recorded_and_reckoned_stands_on_the_sheet_of_the_step(kind: str, said: tuple[str, ...]) -> None:
    stood = list(accumulate((*PAID_OUT, DEMANDED), evolve, initial=EMPTY))
    steps = [
        (event, Step(before, after))
        for (before, after), event in zip(pairwise(stood), (*PAID_OUT, DEMANDED), strict=True)
    ]
    event, step = next(
        (event, step)
        for event, step in steps
        if any(one.kind == kind and one.only(step) for one in INSTRUMENTS.get(type(event), ()))
    )
    case = Case(
        event=event,
        at=at("2026-01-12 10:00"),
        before=step.before,
        after=step.after,
        call=the_call(),
        marks={},
        people={CLERK.id: "简达", LEAD.id: "关山月"},
        offices={},
    )
    paper = repr(KINDS[kind].layout(case))
    assert [one for one in said if one not in paper] == []


def test_where_nothing_is_paid_by_costs_no_reckoning_is_left() -> None:
    nothing = Step(EMPTY, EMPTY)
    left = [
        one.kind for several in INSTRUMENTS.values() for one in several if one.kind in OF_COSTS and one.only(nothing)
    ]
    assert left == ["audited_figures", "audit_look_up"]  # whose events there are only where costs are audited


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    house.at("2025-09-12 10:00")
    return site(house)


def drafted(house: House) -> str:
    """The lines of scenario 5.C in a draft of the house's own unit."""
    application = uuid7()
    house.do("editor", c.Open(application_id=application, call="gd-2026", direction="B1", unit="91430104MAXTE5T16B"))
    _write(house, application, "costs", cost_lines=COST_LINES)
    _write(house, application, "payments", payments=PAYMENTS)
    return f"/applications/{application}/subsidy"


def _write(house: House, application: UUID, section: str, **answers: object) -> None:
    house.do("editor", c.SaveSection(application_id=application, section=section, answers=answers))


def test_the_unit_reads_its_estimate_line_by_line_and_takes_it_along(house: House, app: Flask) -> None:
    place = drafted(house)
    person = Person(app, "editor")
    page = person.visit(place)
    assert "7,580,106.24" in page
    assert "窗口内支付 3,180,000.00 元 ÷ 价税合计 4,240,000.00 元 × 不含税 4,000,000.00 元 = 3,000,000.00 元" in page
    assert "审定" not in page.split("费用项")[1].split("</thead>")[0]
    assert place in person.visit(place.removesuffix("/subsidy"))
    assert person.client.get(f"{place}.xlsx").data[:2] == b"PK"


def test_a_line_that_is_none_stays_typed_beside_its_reason(house: House, app: Flask) -> None:
    place = drafted(house)
    answer = Person(app, "editor").client.get(f"{place}?without=C1-1,C77")
    assert answer.status_code == 422
    assert "C77" in answer.text


def test_five_thousand_lines_come_a_hundred_at_a_time(house: House, app: Flask) -> None:
    application, _ = begun(house, MOST)
    person = Person(app, "editor")
    page = person.visit(f"/applications/{application}/subsidy")
    assert "共 5000 项" in page
    assert page.count('<th scope="row">') == 100
    assert "C4901" in person.visit(f"/applications/{application}/subsidy?from=4900")


def test_where_nothing_is_paid_by_costs_there_is_no_such_page(house: House, app: Flask) -> None:
    application = uuid7()
    house.at("2025-11-12 10:00")
    house.do("editor", c.Open(application_id=application, call="hn-2025", direction="L-V", unit="91430104MAXTE5T16B"))
    assert Person(app, "editor").client.get(f"/applications/{application}/subsidy").status_code == 404
