"""Every fact about exceptions and attempts ever written can be read for ever: one line of the log for each type and version."""

import pytest

from eventstore.codec import Codec
from workflow.attempts import TYPES as ATTEMPTS
from workflow.events import TYPES, ExclusivePlace, UnitSealed
from workflow.exceptions import TYPES as EXCEPTIONS

CODEC = Codec({**TYPES, **EXCEPTIONS, **ATTEMPTS})
WRITTEN = {
    ("exclusivity.exception_granted", 1): (
        '{"call":"gd-2026","code":"91440606MAXTE5T16B","exception":"e","family":"benchmark","reason":"重大专项配套",'
        '"scope":"44-benchmark-2026"}'
    ),
    ("exclusivity.exception_taken_back", 1): '{"exception":"e","reason":"不再需要","scope":"44-benchmark-2026"}',
    ("exclusivity.attempt_refused", 1): (
        '{"application":"a","places":[{"exception":"","holder":"91440606MAXTE5T16B","key":"91440600MAXTE5R01K",'
        '"per":"group","scope":"44-benchmark-2026"}],"scope":"44-benchmark-2026","unit":"91440605MAXTE5U39Q"}'
    ),
}


def test_every_type_has_its_line_at_its_newest_version() -> None:
    assert {(name, CODEC.schema_version(name)) for name in (*EXCEPTIONS, *ATTEMPTS)} == set(WRITTEN)


@pytest.mark.parametrize(("written", "payload"), WRITTEN.items())
def test_what_was_written_can_be_read_and_is_written_the_same(written: tuple[str, int], payload: str) -> None:
    name, version = written
    assert CODEC.encode(CODEC.read(name, version, payload)) == (name, version, payload)


def test_a_seal_says_which_places_it_took_and_an_older_one_took_none() -> None:
    older = (
        '{"content_digest":"sha256:00","copied_to":[],"entered":"unit_sealed","project_name":"","route":[],'
        '"route_rule":"district","seal_version":1}'
    )
    sealed = CODEC.read("application.unit_sealed", 1, older)
    assert isinstance(sealed, UnitSealed)
    assert (sealed.places, sealed.exception) == ((), "")
    place = ExclusivePlace(scope="44-benchmark-2026", per="unit", key="u", holder="a", exception="e")
    newer = UnitSealed(
        entered=sealed.entered,
        seal_version=1,
        content_digest="sha256:00",
        route=(),
        route_rule="district",
        places=(place,),
        exception="e",
    )
    assert CODEC.read(*CODEC.encode(newer)) == newer
