"""A benchmark application (scenario 5.C) with the fate it needs: sealed, received, reviewed; decided on without a database."""

from dataclasses import replace
from datetime import date
from typing import Any

from directory.actor import Actor, Role
from eventstore.event import Personal
from eventstore.refusal import Refused
from tests.programmes.benchmark import AUDITED, UNIT, answers, the_call
from tests.scenario import CLEARED, DRAWN, FORM_PASSED, ID, REVIEWED, SCORED, Given, Then, facts, person
from workflow import commands as c
from workflow import events as e
from workflow.decisions import decide
from workflow.stages import Stage

CLERK = person("gd-clerk", (Role.PROVINCE_CLERK, "44"))
LEAD = person("gd-lead", (Role.PROVINCE_LEAD, "44"))
FINANCE = person("gd-finance", (Role.PROVINCE_FINANCE, "44"))
CODE, REPORT, DIGEST = "粤25SHZX0007777", "ab" * 32, "sha256:" + "b1" * 32

OPENED = e.Opened(
    entered=Stage.DRAFT,
    application_id=str(ID),
    number="GD-BG-2026-0001",
    call="gd-2026",
    programme="B",
    direction="B1",
    definition_digest="",
    lead_unit=UNIT,
    unit_name="广东粤顺智造科技有限公司",
    region="440606",
    opened_by="zhizao-editor",
)


def written(**changed: Any) -> e.SectionSaved:
    return e.SectionSaved(section="costs", section_version=1, answers=answers(**changed))


REPORTED = e.FileAttached(
    slot="audit_report",
    file_id="r1",
    name="专项审计报告.pdf",
    size=1000,
    sha256=REPORT,
    media_type="application/pdf",
    check_code=CODE,
)
SEALED = e.UnitSealed(entered=Stage.UNIT_SEALED, seal_version=1, content_digest=DIGEST, route=(), route_rule="GD-R4")
RECEIVED = e.Received(entered=Stage.FORMAL_REVIEW, receipt_number="R1")
REVIEW = (RECEIVED, FORM_PASSED, DRAWN, *CLEARED, *SCORED, REVIEWED)
READY = (OPENED, written(), REPORTED, SEALED, *REVIEW)
ENTERED = e.AuditEntered(figures=AUDITED, content_digest=DIGEST, report=REPORT, entered_by=CLERK.id)
CHECKED = e.AuditChecked(
    report=REPORT, check_code=CODE, genuine=True, checked_on=date(2025, 12, 1), checked_by=CLERK.id
)
AUDIT = (ENTERED, CHECKED)
PROPOSED = e.Proposed(
    entered=Stage.PROPOSED, amount_fen=752_010_624, minutes_number="9", proposer=LEAD.id, base_fen=2_506_702_082
)
AWARDED = e.Awarded(
    entered=Stage.AWARDED, amount_fen=752_010_624, amount_words="", document_number="1", signers=(LEAD.id, FINANCE.id)
)
PAID = e.TranchePaid(
    entered=Stage.DISBURSED, tranche=1, amount_fen=752_010_624, bank_reference="B1", paid_on=date(2026, 3, 2)
)
INSTRUCTED = e.TrancheInstructed(
    entered=Stage.DISBURSING, tranche=1, amount_fen=752_010_624, payee=UNIT, account=Personal("0757123456789012")
)
PAID_OUT = (*READY, *AUDIT, PROPOSED, AWARDED, INSTRUCTED, PAID)


class Benchmark(Given):
    """`Given` under the benchmark call."""

    def when(self, command: c.Command, by: Actor, on: str = "2025-12-01 10:00", **known: Any) -> Then:
        try:
            call = known.pop("call", the_call())
            asked = replace(facts(by, on, **known), call=call)
            return Then(decide(self.application, command, asked), self.application)
        except Refused as refused:
            return Then(refused, self.application)


def propose(yuan: str, **more: Any) -> c.Propose:
    fen = int(yuan.replace(",", "").replace(".", ""))
    return c.Propose(application_id=ID, amount_fen=fen, minutes_number="粤工信会纪〔2025〕9号", **more)
