"""A house in which large models are exclusive: one project a unit, one unit a group, exceptions by the province."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine

from directory.records import Directory
from directory.register import Register
from directory.unit import Unit
from eventstore.dispatch import Context
from eventstore.ids import uuid7
from programmes.catalogue import Catalogue, call_of, canonical
from service.world import UNITS
from tests.workflow.house import CATALOGUE, House
from workflow import commands as c
from workflow.granting import Granting
from workflow.handling import actor_name

ROOT = "91430000MAXTE6R01D"
PREFIXES = ("", "wenqu-", "guanlan-")
SCOPE = "43-large_model-2025"
RULES = [
    {"per": "unit", "family": "large_model", "code": "ONE_PROJECT_PER_YEAR", "waivable": True, "source": "L17"},
    {
        "per": "group",
        "family": "large_model",
        "code": "GROUP_ALREADY_APPLIED",
        "waivable": True,
        "declared_in": "controller_code",
        "source": "L17",
    },
]
CONTROLLER = {
    "id": "controller_code",
    "type": "credit_code",
    "required": False,
    "label": {"zh": "实际控制人统一社会信用代码", "en": "Ultimate controller"},
}
CHECKS = [
    {"kind": "leads_up_to", "code": "LEADS_TWO", "when": "warn", "value": 1, "says": {"zh": "牵头两项", "en": "two"}},
    {"kind": "not_barred", "code": "UNIT_BARRED", "when": "seal"},
    {"kind": "legal_person", "code": "NOT_LEGAL_PERSON", "when": "seal"},
    {"kind": "not_awarded_before", "code": "AWARDED_BEFORE", "when": "seal", "field": "project_name"},
    {
        "kind": "group_as_registered",
        "code": "GROUP_MISMATCH",
        "when": "warn",
        "field": "controller_code",
        "says": {"zh": "与登记不一致", "en": "not as registered"},
    },
]


@cache
def exclusive_calls(waivable: bool = True) -> Catalogue:
    """hn-2025 with what the benchmark call says about exclusivity."""
    data = json.loads(CATALOGUE.get("hn-2025").document)
    programme = next(one for one in data["programmes"] if one["id"] == "L")
    programme["exclusivity"] = [{**rule, "waivable": waivable} for rule in RULES]
    programme["checks"] = [*programme["checks"], *CHECKS]
    section = next(one for one in programme["form"] if one["id"] == "unit")
    section["fields"].append(CONTROLLER)
    return Catalogue([call_of(canonical(data))])


class Exclusive(House):
    """Three units: the register counts the first two to one group, the third may say so itself."""

    def __init__(self, engine: Engine, folder: Path, *, first: bool = True, waivable: bool = True) -> None:
        super().__init__(engine, folder, first=first, catalogue=exclusive_calls(waivable))
        self.granting = Granting(self.dispatcher, exclusive_calls(waivable), Directory)
        if first:
            for unit in UNITS[:2]:
                self.register(replace(unit, group_root=ROOT))

    def register(self, unit: Unit) -> None:
        Register(self.dispatcher).register_unit(console(), unit)

    def draft(self, number: int, **answers: str) -> UUID:
        """A whole application of the *number*-th unit, not sealed yet."""
        prefix, unit = PREFIXES[number], UNITS[number]
        application = self.filled(prefix, unit)
        if answers:
            self.do(f"{prefix}editor", c.SaveSection(application_id=application, section="unit", answers=answers))
        return application

    def seal(self, number: int, application: UUID, when: str | None = "2025-11-20 10:00") -> set[str]:
        """What the seal was refused for; nothing where it was not."""
        command = c.Seal(application_id=application)
        try:
            return self.refused(f"{PREFIXES[number]}admin", command, when)
        except AssertionError:
            return set()

    def grant(self, code: str, reason: str = "重大专项配套") -> str:
        lead = self.actor("lead")
        context = Context(actor=actor_name(lead), correlation_id=uuid7())
        outcome = self.granting.grant(lead, context, call="hn-2025", family="large_model", code=code, reason=reason)
        return str(outcome.result["id"])

    def take_back(self, exception: str, reason: str = "不再需要") -> None:
        lead = self.actor("lead")
        self.granting.take_back(lead, Context(actor=actor_name(lead), correlation_id=uuid7()), exception, reason)


def console() -> Context:
    return Context(actor="console", correlation_id=uuid7())
