"""The look of the house with invented data: every macro once, so that eyes, axe and tests can see it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, render_template

from eventstore.refusal import Refusal

NOW = datetime(2025, 9, 8, 3, 0, tzinfo=UTC)
_INTRODUCTION = "聚焦工程机械行业，依托龙头企业工业基因，联合科研院所与服务商，面向中小微企业提供评估咨询、方案开发、项目实施与人才培训一体化服务。"


def _step(word: str, when: str, state: str) -> Mapping[str, str]:
    return {"word": word, "when": when, "state": state}


def applicant() -> Mapping[str, Any]:
    return {
        "until": NOW + timedelta(days=4, hours=6),
        "introduction": _INTRODUCTION,
        "steps": [
            _step("填写申报书", "进行中", "now"), _step("单位盖章", "9 月 12 日前", "todo"),
            _step("县（市、区）推荐", "9 月 17 日前", "todo"), _step("市（州）推荐", "9 月 24 日前", "todo"),
            _step("专家评审", "10 月", "todo"), _step("公示与立项", "11 月", "todo"), _step("后补助拨付", "审计后", "todo"),
        ],
        "reasons": [
            Refusal.of("USCC_CHECK", value="91430100MA4L7XXXX1", expected="8", field="credit_code"),
            Refusal.of("MISSING_ATTACHMENT", slots=("L-4 完税证明", "L-9 评测报告")),
            Refusal.of("BELOW_MIN", label_zh="参数量", label_en="Parameters", field="params_yi", measure="7.9999",
                       limit="8", unit="亿", source="指南 二（三）"),
        ],
        "parts": [
            {"text": "真实性承诺", "href": "#f-credit_code", "state": "done", "note": "1 / 1"},
            {"text": "单位基本信息", "href": "#f-credit_code", "state": "wrong", "note": "1 处有误"},
            {"text": "大模型基本信息", "href": "#f-params_yi", "state": "missing", "note": "还差 2 项"},
            {"text": "营业执照", "href": "#f-licence", "state": "waiting", "note": "待查毒"},
            {"text": "近两年财务审计报告", "href": "#f-licence", "state": "done", "note": "2 个文件"},
            {"text": "其他证明材料", "state": "optional"},
        ],
    }  # fmt: skip


def inbox() -> Mapping[str, Any]:
    rows = [
        ("湖南某某智能科技有限公司", "工程机械行业运维大模型", "HN-2025-0123", "同一主体多报", "1 天 3 小时", "urgent"),
        ("长沙某某轨道装备有限公司", "轨道交通运维多模态大模型", "HN-2025-0087", "", "1 天 3 小时", "urgent"),
        ("湖南某某云计算有限公司", "基础通用语言大模型“湘言”", "HN-2025-0102", "参数量待说明", "3 天", "soon"),
        ("长沙某某电子信息研究院", "药物研发垂直领域大模型", "HN-2025-0113", "", "5 天", ""),
    ]
    stages = ["unit_sealed", "unit_sealed", "returned", "county_recommended"]
    return {"rows": [dict(zip(("unit", "title", "number", "warning", "left", "tone", "stage"), (*row, stage), strict=True))
                     for row, stage in zip(rows, stages, strict=True)]}  # fmt: skip


def history() -> Mapping[str, Any]:
    def at(day: int, hour: int, minute: int) -> datetime:
        return datetime(2025, 9, day, hour, minute, tzinfo=UTC)

    return {
        "entries": [
            {"title": "县（市、区）推荐", "stage": "county_recommended", "at": at(15, 2, 2), "later": True,
             "text": "王某（岳麓区工信局）推荐，意见：材料齐全，同意推荐。已通知 4 人。", "meta": "#41 application.recommended 9f86d081…0a08"},
            {"title": "单位盖章", "stage": "unit_sealed", "at": at(10, 8, 20), "text": "李某（湖南某某智能科技）盖章。",
             "meta": "#34 application.sealed 2d711642…b726"},
            {"title": "参数量更改", "at": at(9, 3, 8), "changes": [("参数量", "7.9999", "72"), ("备案号", "", "湘-2025-01")],
             "meta": "#31 application.section_saved fd61a03a…9c1e"},
            {"title": "退回修改", "stage": "returned", "at": at(8, 9, 31), "text": "王某（岳麓区工信局）退回：专项审计报告缺少查验二维码，请于 9 月 12 日前补正。",
             "meta": "#28 application.returned a54d88e0…6612"},
        ],
        "stages": ["draft", "unit_sealed", "county_recommended", "city_recommended", "formal_review", "expert_review",
                   "site_check", "proposed", "public_notice", "objection_hold", "reserved", "awarded", "disbursing",
                   "disbursed", "closed", "returned", "withdrawn", "lapsed", "not_recommended", "recovering"],
    }  # fmt: skip


PAGES = {"applicant": applicant, "inbox": inbox, "history": history}


def blueprint() -> Blueprint:
    pages = Blueprint("gallery", __name__, template_folder="templates")

    @pages.get("/gallery/<name>")
    def page(name: str) -> str:
        return render_template(f"gallery/{name}.html", nav_current="/mine", **PAGES[name]())

    return pages
