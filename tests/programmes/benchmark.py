"""A complete benchmark application as typed (广东粤顺智造科技有限公司, invented), with the lines of scenario 5.C to the fen."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from programmes.call import Call, Programme
from programmes.catalogue import Catalogue
from programmes.costs import Costs
from programmes.documents import Attachment
from programmes.form import parse_section
from programmes.vocabulary import JSON, Facts

UNIT, SUPPLIER, SISTER, ROOT = "91440606MAXTE5U12F", "91440606MAXTE5U20A", "91440605MAXTE5U39Q", "91440600MAXTE5U47B"
TODAY = date(2025, 9, 26)
KINDS = ("evidence_list", "invoice", "contract", "payment", "statement")
RELATED_SLOTS = frozenset({"related_statement", "equity_chart", "fair_price", "price_letter"})

LINES: tuple[tuple[str, str, str, str, str, str, str, str], ...] = (
    # number, kind, gross, rate, without tax, invoice, paid inside the window, paid on
    ("C1-1", "hardware", "16,950,000.00", "13", "15,000,000.00", "2023-05-18", "16,950,000.00", "2023-06-02"),
    ("C1-2", "software", "2,260,000.00", "13", "2,000,000.00", "2024-03-11", "2,260,000.00", "2024-03-20"),
    ("C1-3a", "cloud", "1,590,000.00", "6", "1,500,000.00", "2024-01-10", "1,590,000.00", "2024-01-15"),
    ("C1-3b", "cloud", "1,590,000.00", "6", "1,500,000.00", "2025-08-05", "", ""),
    ("C1-4", "compliance", "318,000.00", "6", "300,000.00", "2025-07-31", "318,000.00", "2025-07-31"),
    ("C1-5", "outsourcing", "4,240,000.00", "6", "4,000,000.00", "2025-07-10", "3,180,000.00", "2025-07-15"),
    ("C2-1", "system_integration", "2,332,000.00", "6", "2,200,000.00", "2025-02-20", "2,332,000.00", "2025-03-01"),
    ("C3-1", "datasets", "1,000,000.00", "6", "943,396.23", "2024-08-15", "1,000,000.00", "2024-08-20"),
    ("C3-2", "data_services", "333,333.33", "3", "323,624.59", "2024-11-02", "333,333.33", "2024-11-12"),
)
LATE = (("C1-3b", "1,590,000.00", "2025-08-11"), ("C1-5", "1,060,000.00", "2025-09-01"))
"""Payments after the last day of the window."""

AUDITED = {
    "C1-1": 1_500_000_000,
    "C1-2": 180_000_000,  # the auditor: fair price
    "C1-3a": 150_000_000,
    "C1-3b": 0,
    "C1-4": 30_000_000,
    "C1-5": 300_000_000,
    "C2-1": 220_000_000,
    "C3-1": 94_339_623,
    "C3-2": 32_362_459,
}


def line(number: str, kind: str, gross: str, rate: str, ex_tax: str, invoice_on: str, **more: Any) -> dict[str, Any]:
    """A cost line as typed; *more* replaces single cells."""
    return {
        "number": number,
        "kind": kind,
        "purpose": "质检智能体训练与部署",
        "supplier": f"{number}供应商有限公司",
        "supplier_code": SUPPLIER if number == "C1-2" else "914403001922038216",
        "related_party": number == "C1-2",
        "contract_on": "2023-03-15",
        "invoice_number": f"2544{number}",
        "invoice_on": invoice_on,
        "gross": gross,
        "tax_rate": rate,
        "ex_tax": ex_tax,
        **more,
    }


def paid(number: str, amount: str, on: str, **more: Any) -> dict[str, Any]:
    """A payment as typed."""
    return {
        "line": number,
        "paid_on": on,
        "amount": amount,
        "voucher": f"P-{number}-{on}",
        "statement_from": f"{on[:7]}-01",
        "statement_to": f"{on[:7]}-28" if on[8:] <= "28" else on,
        "statement_amount": amount,
        **more,
    }


COST_LINES = [line(*row[:6]) for row in LINES]
PAYMENTS = [paid(row[0], row[6], row[7]) for row in LINES if row[6]] + [paid(*row) for row in LATE]

TYPED: dict[str, dict[str, Any]] = {
    "cover": {"project_name": "注塑质检智能体研发与应用", "contact_name": "梁知行", "contact_phone": "0757-22836666"},
    "unit": {
        "unit_name": "广东粤顺智造科技有限公司",
        "address": "广东省佛山市顺德区大良街道德胜东路1号",
        "county": "440606",
        "registered_capital": "5000",
        "registered_on": "2018-04-12",
        "credit_code": UNIT,
        "in_group": True,
        "group_controller": ROOT,
        "bank": "示例银行佛山顺德支行",
        "account": "0757123456789012",
        "legal_representative": "欧阳澄",
        "legal_representative_phone": "13800138000",
        "liaison_name": "梁知行",
        "liaison_title": "项目经理",
        "liaison_phone": "19912345678",
        "liaison_email": "liaison@yueshun.example",
        "unit_profile": "专注制造业质检智能体。" * 10,
    },
    "project": {
        "started_on": "2023-03-01",
        "completed_on": "2025-06-30",
        "support_links": ["production", "maintenance"],
        "product_kind": "agent",
        "industry": "塑料制品",
        "project_report": "数据中台、模型训练、场景适配三期，均已完工。",
    },
    "use": {
        "scenarios": [
            {"name": name, "user": "示例注塑厂", "since": "2024-05"} for name in ("缺陷识别", "工艺优化", "故障预警")
        ],
        "contracts": [
            {
                "number": f"YS-2024-{number:03}",
                "customer": "示例注塑厂",
                "signed_on": "2024-06-01",
                "amount": "860,000.00",
                "invoice_number": f"2444200000{number:03}",
                "invoice_on": "2024-07-01",
                "paid_on": "2024-07-15",
            }
            for number in (1, 2, 3)
        ],
    },
    "goals": {
        "goals": [
            {"benefit": "economic", "indicator": "不良率下降", "unit": "%", "target": "20", "actual": "31.5"},
            {"benefit": "social", "indicator": "新增就业", "unit": "人", "target": "30", "actual": "42"},
        ],
        "before_after": [{"metric": "漏检率", "unit": "%", "before": "2.1", "after": "0.3"}],
        "effect_report": "在十二家工厂复制推广。",
    },
    "property": {
        "property_items": [
            {
                "kind": "patent",
                "number": "ZL202410000002.3",
                "title": "一种注塑缺陷识别方法",
                "obtained": "2024-09-10",
                "holder": "本单位",
            }
        ]
    },
    "costs": {"cost_lines": COST_LINES},
    "payments": {"payments": PAYMENTS},
    "related": {
        "related_parties": [
            {
                "name": "佛山粤顺软件有限公司",
                "code": SUPPLIER,
                "relation": "同受粤顺集团控制",
                "share": "100",
                "price_basis": "公开招标",
            }
        ]
    },
    "declarations": {
        "reference_date": "2025-09-20",
        **dict.fromkeys(
            (
                "kind_confirmed",
                "no_dispute",
                "no_violation",
                "no_accident",
                "goals_fit_the_funds",
                "no_prior_support",
                "sole_of_the_group",
                "secure_and_lawful",
                "costs_of_this_project",
                "prices_true",
            ),
            True,
        ),
    },
}

FACTS = Facts(
    today=TODAY,
    unit_code=UNIT,
    unit_kind="enterprise",
    legal_person=True,
    unit_tags=frozenset({"ai_enterprise"}),
    group_units=frozenset({SUPPLIER, SISTER}),
    group_root=ROOT,
    attached=frozenset({*KINDS, *RELATED_SLOTS, "audit_report", "completion", "sales", "property_proof"}),
    held=frozenset((slot, "*") for slot in KINDS),
)

ATTACHED = [
    Attachment("completion"),
    Attachment("audit_report", check_code="粤25SHZX0007777"),
    *(Attachment(slot, "*") for slot in KINDS),
    Attachment("sales"),
    Attachment("property_proof"),
]


@cache
def the_call() -> Call:
    return Catalogue.packaged().get("gd-2026")


def programme() -> Programme:
    return the_call().programme("B")


def costs() -> Costs:
    found = programme().costs
    assert found is not None
    return found


@cache
def the_guide() -> str:
    """The seed's text, without its lay-out."""
    text = (Path(__file__).parent / "guide-gd-2026.txt").read_text(encoding="utf-8")
    return flat(text.replace("[bookmark: _Toc26401]", ""))


def flat(text: str) -> str:
    return "".join(text.split())


def parse(typed: dict[str, Any], direction: str = "B1") -> tuple[dict[str, JSON], list[str]]:
    """Answers and refusal codes of one section, found by its first field."""
    section = programme().section_of(next(iter(typed)))
    read, refusals = parse_section(section, typed, the_call(), direction=direction, today=TODAY)
    return read, [refusal.code for refusal in refusals]


def answers(**changed: Any) -> dict[str, JSON]:
    """The canonical answers of the sample, some typed otherwise; None takes an answer out."""
    kept: dict[str, JSON] = {}
    for section_id, typed in TYPED.items():
        section = programme().section(section_id)
        mine = {name: value for name, value in changed.items() if section.field(name)}
        read, refusals = parse_section(section, {**typed, **mine}, the_call(), today=TODAY)
        assert not refusals, refusals
        kept |= {name: value for name, value in read.items() if value is not None}
    return kept
