"""The trace that a request names is the one that everything it causes belongs to (W3C Trace Context, level 1)."""

from uuid import UUID

import pytest
from flask import Flask

from web import tracing

TRACE, NEW = "0af7651916cd43dd8448eb211c80319c", UUID(int=7)
GIVEN = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    "header", [GIVEN, f" {GIVEN} ", GIVEN[:-2] + "00", "cc" + GIVEN[2:] + "-what-the-future-will-be-like"]
)
def test_the_trace_of_a_request_is_the_correlation_id_of_what_it_causes(header: str) -> None:
    with Flask("x").test_request_context(headers={"traceparent": header}):
        assert tracing.correlation(lambda: NEW) == UUID(hex=TRACE)


@pytest.mark.parametrize(
    "header",
    ["", "x", GIVEN.upper(), f"ff{GIVEN[2:]}", f"{GIVEN}-more", f"00-{'0' * 32}-b7ad6b7169203331-01", f"00-{TRACE}-{'0' * 16}-01",
     f"{GIVEN},{GIVEN}", GIVEN.replace("a", "１"), GIVEN[:-1], "00-" + "g" * 32 + "-b7ad6b7169203331-01"],
)  # fmt: skip
def test_a_request_that_names_no_trace_begins_one(header: str) -> None:
    with Flask("x").test_request_context(headers={"traceparent": header}):
        assert tracing.correlation(lambda: NEW) == NEW


def test_what_has_no_request_begins_one() -> None:
    assert tracing.correlation(lambda: NEW) == NEW


def test_what_it_causes_names_the_trace_and_its_own_span() -> None:
    assert tracing.parent(str(UUID(hex=TRACE)), "ab" * 16) == f"00-{TRACE}-{'ab' * 8}-01"
    assert tracing.trace_of(tracing.parent("no trace", "")) == UUID(int=1), "never zeros, which name nothing"
