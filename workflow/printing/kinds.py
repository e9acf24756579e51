"""How a paper is addressed: its kind, and for one unit's own paper that unit behind a colon. Pure.

`consortium_agreement` is the sheet of all parties, `consortium_agreement:<unit>` the copy of the lead with one member;
`commitment` is the lead's, `commitment:<unit>` a member's; `authorisation:<unit>` is any unit's.
"""

from workflow.application import Application
from workflow.state import FORM

COMMITMENT = "commitment"
ATTACHMENTS = "attachment_list"
AGREEMENT = "consortium_agreement"
AUTHORISATION = "authorisation"
_SIGN = ":"


def of_unit(base: str, unit: str) -> str:
    """The kind of one unit's own paper."""
    return f"{base}{_SIGN}{unit}"


def parted(kind: str) -> tuple[str, str]:
    """What it is, and whose; "" where it is not one unit's alone."""
    base, _, unit = kind.partition(_SIGN)
    return base, unit


def base_of(kind: str) -> str:
    return parted(kind)[0]


def owner_of(kind: str, application: Application) -> str:
    """The unit whose people alone, beside the lead's, may have a paper of this kind made; "" where every unit may: the sheet that
    all parties sign."""
    return "" if kind == AGREEMENT else parted(kind)[1] or application.lead_unit


def commitment_of(unit: str, application: Application) -> str:
    """The kind under which *unit* commits itself."""
    return COMMITMENT if unit == application.lead_unit else of_unit(COMMITMENT, unit)


__all__ = [
    "AGREEMENT",
    "ATTACHMENTS",
    "AUTHORISATION",
    "COMMITMENT",
    "FORM",
    "base_of",
    "commitment_of",
    "of_unit",
    "owner_of",
    "parted",
]
