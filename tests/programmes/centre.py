"""A complete application of a promotion centre (湖南渌江数智转型服务有限公司, invented), and what it is tested against."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from programmes.documents import Attachment
from programmes.fields import Field
from programmes.form import parse_section
from programmes.vocabulary import JSON, Facts
from tests.filled import CENTRE_FILES, CENTRE_UNIT, centre_by_section
from tests.programmes.sample import flat, the_call

TYPED = centre_by_section()
PROGRAMME = the_call().programme("P")
DIRECTION = the_call().direction("P")
FACTS = Facts(
    today=date(2025, 11, 20),
    unit_code=CENTRE_UNIT,
    unit_kind="enterprise",
    legal_person=True,
    attached=frozenset(file.slot for file in CENTRE_FILES),
)
ATTACHED = [Attachment(file.slot, file.label, file.check_code) for file in CENTRE_FILES]


@cache
def the_guide() -> str:
    """The issued text, without its lay-out."""
    return flat((Path(__file__).parent / "guide-hn-2025-centre.txt").read_text(encoding="utf-8"))


def field(field_id: str) -> Field:
    return PROGRAMME.field(field_id)


def parse(typed: dict[str, Any]) -> tuple[dict[str, JSON], list[str]]:
    """Answers and refusal codes of one section, found by its first field."""
    section = PROGRAMME.section_of(next(iter(typed)))
    answers, refusals = parse_section(section, typed, the_call(), direction="P", today=FACTS.today)
    return answers, [refusal.code for refusal in refusals]


def answers(**changed: Any) -> dict[str, JSON]:
    """The canonical answers of the sample, some typed otherwise; None takes an answer out."""
    kept: dict[str, JSON] = {}
    for section_id, typed in TYPED.items():
        section = PROGRAMME.section(section_id)
        mine = {name: value for name, value in changed.items() if section.field(name)}
        read, refusals = parse_section(section, {**typed, **mine}, the_call())
        assert not refusals, refusals
        kept |= {name: value for name, value in read.items() if value is not None}
    return kept
