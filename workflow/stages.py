"""Where an application can stand: 25 stages, as spec'd by the process; the code is ASCII for ever, the words are in the catalogue."""

from enum import StrEnum


class Stage(StrEnum):
    DRAFT = "draft"
    UNIT_SEALED = "unit_sealed"
    COUNTY_RECOMMENDED = "county_recommended"
    CITY_RECOMMENDED = "city_recommended"
    FORMAL_REVIEW = "formal_review"
    EXPERT_REVIEW = "expert_review"
    SITE_CHECK = "site_check"
    PROPOSED = "proposed"
    PUBLIC_NOTICE = "public_notice"
    OBJECTION_HOLD = "objection_hold"
    RESERVED = "reserved"
    AWARDED = "awarded"
    DISBURSING = "disbursing"
    DISBURSED = "disbursed"
    CLOSED = "closed"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    NOT_RECOMMENDED = "not_recommended"
    FORM_FAILED = "form_failed"
    NOT_SELECTED = "not_selected"
    NOTICE_REJECTED = "notice_rejected"
    AWARD_CANCELLED = "award_cancelled"
    RECOVERING = "recovering"
    RECOVERED = "recovered"


SPINE = (
    Stage.DRAFT,
    Stage.UNIT_SEALED,
    Stage.COUNTY_RECOMMENDED,
    Stage.CITY_RECOMMENDED,
    Stage.EXPERT_REVIEW,
    Stage.AWARDED,
    Stage.DISBURSED,
)
"""The seven stages everybody knows; a page's rail shows these."""

ENDS = frozenset(
    {
        Stage.WITHDRAWN,
        Stage.LAPSED,
        Stage.NOT_RECOMMENDED,
        Stage.FORM_FAILED,
        Stage.NOT_SELECTED,
        Stage.NOTICE_REJECTED,
        Stage.AWARD_CANCELLED,
        Stage.CLOSED,
        Stage.RECOVERED,
    }
)

BEFORE_THE_AWARD = frozenset(
    {
        Stage.DRAFT,
        Stage.UNIT_SEALED,
        Stage.COUNTY_RECOMMENDED,
        Stage.CITY_RECOMMENDED,
        Stage.FORMAL_REVIEW,
        Stage.EXPERT_REVIEW,
        Stage.SITE_CHECK,
        Stage.PROPOSED,
        Stage.PUBLIC_NOTICE,
        Stage.OBJECTION_HOLD,
        Stage.RESERVED,
        Stage.RETURNED,
    }
)
"""Live stages from which the unit may still withdraw (T05)."""
