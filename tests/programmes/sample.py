"""A complete large-model application as typed (湖南岳麓智模科技有限公司, invented), section by section, and what it is tested against."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from programmes.call import Call
from programmes.catalogue import Catalogue
from programmes.documents import Attachment
from programmes.fields import Field
from programmes.form import parse_section
from programmes.vocabulary import JSON, Facts

DIRECTION = "L-V"
UNIT = "91430104MAXTE5T16B"
FACTS = Facts(today=date(2025, 11, 20), unit_code=UNIT, unit_kind="enterprise", attached=frozenset({"L-5", "L-7"}))

TYPED: dict[str, dict[str, Any]] = {
    "cover": {"project_name": "工程机械运维大模型研发与应用", "contact_name": "易禤龑", "contact_phone": "13800138000"},
    "unit": {
        "unit_name": "湖南岳麓智模科技有限公司",
        "address": "长沙市岳麓区麓谷大道1号",
        "county": "430104",
        "registered_capital": "3000",
        "registered_on": "2021-06-18",
        "credit_code": UNIT,
        "bank": "示例银行长沙麓谷支行",
        "account": "0430123456789012",
        "legal_representative": "䶮一鸣",
        "legal_representative_phone": "0731-88955549-801",
        "liaison_name": "易禤龑",
        "liaison_title": "项目部经理",
        "liaison_phone": "13800138000",
        "liaison_email": "liaison@zhimo.example",
        "unit_profile": "专注工程机械行业大模型。" * 10,
        "assessment_score": "86.50",
        "assessment_level": "三级",
        "srdi": "provincial",
        "honours": [{"name": "省科技进步奖", "obtained": "2024-05"}],
    },
    "business": {
        "total_assets": {"2023": "12345.678901", "2024": "15002.30"},
        "debt_ratio": {"2023": "48.20", "2024": "51.05"},
        "revenue": {"2023": "6180.00", "2024": "8920.55"},
        "ai_revenue": {"2023": "3300.00", "2024": "5610.20"},
        "net_profit": {"2023": "−215.40", "2024": "402.18"},
        "taxes": {"2023": "188.02", "2024": "260.77"},
        "rnd_spending": {"2023": "1980.00", "2024": "2455.31"},
        "staff": {"2023": "168", "2024": "203"},
        "rnd_staff": {"2023": 92, "2024": 118},
    },
    "model": {
        "model_name": "岳麓工程机械运维大模型",
        "model_type": "vertical",
        "modalities": ["text", "multimodal"],
        "base_sources": {"chosen": ["open"], "other": {"open": "示例基座"}},
        "filed": True,
        "filing_no": "Hunan-ShiLi-202503120001",
        "filing_date": "2025-03-12",
        "domains": ["construction_machinery"],
        "scenarios": ["起重机故障诊断", "泵车远程运维"],
        "params_yi": "72",
        "investment": "2860.50",
        "service_modes": ["on_premises", "api"],
        "third_party_eval": "是",
        "eval_org": "示例评测中心",
    },
    "compute": {
        "own_servers": {"training": "8", "inference": "4"},
        "own_tflops": {"training": "2496.5", "inference": "1248"},
        "cloud_provider": {"inference": "示例云"},
        "cloud_tflops": {"inference": "600"},
        "cloud_cost": {"inference": "96.00"},
    },
    "data": {
        "data_sources": ["collected", "commercial"],
        "data_tb": "18.5",
        "infringes_ip": "否",
        "unlawful_personal_info": "否",
    },
    "introduction": {"model_intro": "面向工程机械运维。"},
    "performance": {"model_performance": "推理延迟120ms。", "base_model_note": "采用示例基座70B。"},
    "construction": {"construction_report": "分三期建设。"},
    "benefits": {"benefit_report": "每年节约运维成本一千万元。"},
    "property": {
        "property_report": "发明专利两项。",
        "property_items": [
            {
                "kind": "patent",
                "number": "ZL202410000000.1",
                "title": "一种故障诊断方法",
                "obtained": "2024-08-01",
                "holder": "本单位",
            }
        ],
    },
    "declarations": {
        "ip_basis": "own",
        "kind_confirmed": True,
        "no_ip_dispute": True,
        "lawful_data": True,
        "involves_personal_data": False,
        "supervision_obeyed": True,
    },
}

ATTACHED = [
    Attachment("L-1"),
    Attachment("L-3", "2023"),
    Attachment("L-3", "2024"),
    Attachment("L-4", "2023"),
    Attachment("L-4", "2024"),
    Attachment("L-5", check_code="财会审2025000001"),
    Attachment("L-7"),
    Attachment("L-8"),
    Attachment("L-9"),
    Attachment("L-10"),
]


@cache
def the_call() -> Call:
    return Catalogue.packaged().get("hn-2025")


@cache
def the_guide() -> str:
    """The issued text, without its lay-out."""
    return flat((Path(__file__).parent / "guide-hn-2025.txt").read_text(encoding="utf-8"))


def flat(text: str) -> str:
    """A text without spaces, lines and boxes: the form is a table, and its lay-out is not its words."""
    return "".join(text.replace("□", "").split())


def field(field_id: str) -> Field:
    return the_call().programme("L").field(field_id)


def parse(typed: dict[str, Any], direction: str = DIRECTION) -> tuple[dict[str, JSON], list[str]]:
    """Answers and refusal codes of one section, found by its first field."""
    programme = the_call().programme("L")
    section = programme.section_of(next(iter(typed)))
    answers, refusals = parse_section(section, typed, the_call(), direction=direction, today=FACTS.today)
    return answers, [refusal.code for refusal in refusals]


def answers(**changed: Any) -> dict[str, JSON]:
    """The canonical answers of the sample, some typed otherwise; None takes an answer out."""
    kept: dict[str, JSON] = {}
    programme = the_call().programme("L")
    for section_id, typed in TYPED.items():
        section = programme.section(section_id)
        mine = {name: value for name, value in changed.items() if section.field(name)}
        read, refusals = parse_section(section, {**typed, **mine}, the_call())
        assert not refusals, refusals
        kept |= {name: value for name, value in read.items() if value is not None}
    return kept
