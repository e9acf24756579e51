"""Which letters are notices that must be served: they leave at once, alone, and nobody can turn them off. Pure.

A notice is served on a party. The same kind of letter to an office that only hears of it is no notice.
"""

from collections.abc import Mapping
from types import MappingProxyType

from notifications.audiences import Who

PARTIES = frozenset(
    {
        Who.UNIT,
        Who.MEMBERS,
        Who.GONE,
        Who.OBJECTOR,
        Who.INVITED,
        Who.ASKED,
        Who.ENTERING,
        Who.DRAWN_EXPERTS,
        Who.SELF,
    }
)

STATUTORY: Mapping[str, str] = MappingProxyType(
    {
        "returned": "T11 补正通知书（一次性告知）",
        "deadline_extended": "T14 准予延期",
        "received": "T10 受理回执",
        "not_recommended": "T09 不予推荐告知书",
        "form_failed": "T15 形式审查意见",
        "lapsed": "T06、T13 逾期告知",
        "reconsideration_granted": "T16 复核决定",
        "reconsideration_dismissed": "T16 复核决定",
        "not_selected": "T21、T22 结果告知",
        "panel_drawn": "T18 抽取记录",
        "notice_published": "T24 公示",
        "objection_received": "T25 异议受理书",
        "objection_dismissed": "T26 核查报告",
        "objection_upheld": "T27 核查报告",
        "objection_upheld_anew": "T27 核查报告",
        "awarded": "T29 立项通知",
        "award_cancelled": "T35 取消立项通知",
        "tranche_instructed": "T31 拨款通知",
        "tranche_paid": "T32 回单",
        "paid_in_full": "T32 回单",
        "recovery_demanded": "T36 追回资金通知书",
        "repayment_recorded": "T37 收款凭证",
        "member_invited": "协议第1条：一次性链接只能由收信人本人使用",
        "confirmation_asked": "一次性链接只能由收信人本人使用",
        "staff_invited": "一次性链接只能由收信人本人使用",
        "agreement_void": "A-16 原签署全部失效",
        "undeliverable": "通知须能送达",
        "credential_changed": "登录凭据变动须告知本人（OWASP ASVS 5.0 6.3.7）",
        "reset_asked": "登录凭据变动须告知本人（OWASP ASVS 5.0 6.3.7）",
        "reset_dropped": "登录凭据变动须告知本人（OWASP ASVS 5.0 6.3.7）",
        "factors_reset": "登录凭据变动须告知本人（OWASP ASVS 5.0 6.3.7）",
    }
)
"""Kind of letter to the document of the process it serves (T-numbers of its table), or the rule that asks for it."""


def is_served(kind: str, because: str) -> bool:
    """Whether a letter of *kind*, written for the part *because*, must be served: no choice holds it back."""
    return kind in STATUTORY and because in PARTIES
