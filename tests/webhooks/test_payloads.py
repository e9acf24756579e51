"""A parcel tells which event it was, never whom it is about; every type is published or it is said why not."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from eventstore.event import Personal
from tests.notifications.moments import MOMENTS, Moment
from tests.scenario import UNIT_CODE
from webhooks.payloads import PUBLISHED, SILENT, TELLS, About, is_told, own_fields
from webhooks.schemas import NAMES, example_of, schema_of
from workflow.events import TYPES

ABOUT = About(id="1", number="2", call="3", programme="4", direction="5", lead_unit=UNIT_CODE, region="430104")
MANY = 20_000


def personal_in(value: object) -> Iterator[str]:
    """Every personal text anywhere in an event."""
    if isinstance(value, Personal):
        yield value.value or ""
    elif isinstance(value, dict):
        for each in value.values():
            yield from personal_in(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from personal_in(each)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from personal_in(getattr(value, name))


def test_every_event_of_an_application_is_told_or_it_is_said_why_not() -> None:
    assert {*TELLS, *SILENT} == set(TYPES.values())
    assert not {*TELLS} & {*SILENT}
    assert all(SILENT.values())


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: type(moment.event).__name__)
def test_nothing_personal_and_no_free_text_gets_into_a_payload(moment: Moment) -> None:
    if not is_told(moment.event):
        return
    said = json.dumps(own_fields(moment.event), ensure_ascii=False)
    for text in personal_in(moment.event):
        assert text not in said
    for name in ("reason", "opinion", "comment", "finding", "grounds", "summary", "findings", "account"):
        text = getattr(moment.event, name, "")
        assert not text or str(text) not in said


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: type(moment.event).__name__)
def test_every_payload_fits_the_schema_that_is_published(moment: Moment) -> None:
    if not is_told(moment.event):
        return
    name = next(name for name, cls in PUBLISHED.items() if cls is type(moment.event))
    entered = getattr(moment.event, "entered", None)
    data: dict[str, Any] = {
        **{field: getattr(ABOUT, field) for field in ABOUT.__dataclass_fields__ if field != "id"},
        "application_id": "01997f6e-2c00-7a31-8000-000000000001",
        "stage": entered.value if entered else None,
        "version": 3,
        "position": 9,
        "checkpoint": None,
        **own_fields(moment.event),
    }
    whole = {"type": name, "timestamp": "2025-12-05T09:00:00+00:00", "data": data}
    Draft202012Validator(schema_of(name), format_checker=FormatChecker()).validate(whole)
    assert set(data) == set(schema_of(name)["properties"]["data"]["properties"])
    assert len(json.dumps(whole).encode()) < MANY


@pytest.mark.parametrize("name", NAMES)
def test_every_type_has_a_schema_and_an_example_that_fits(name: str) -> None:
    Draft202012Validator.check_schema(schema_of(name))
    Draft202012Validator(schema_of(name), format_checker=FormatChecker()).validate(example_of(name))


def test_a_check_that_was_passed_stays_inside() -> None:
    told = {moment.event.passed: is_told(moment.event) for moment in MOMENTS if hasattr(moment.event, "passed")}
    assert told == {True: False, False: True}
