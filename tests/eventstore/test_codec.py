"""Facts become the same bytes everywhere, and what was written once is read for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstore.codec import Codec, canonical, canonical_text, commitments, named
from eventstore.event import Event, Personal
from eventstore.refusal import HistoryBroken
from tests.eventstore.golden_files import must_read
from tests.eventstore.jars import CODEC, JarOpened, NoteLeft, PebbleDropped

GOLDEN = Path(__file__).parent / "golden"
EXAMPLES = [
    JarOpened(label="蓝色的罐子"),
    PebbleDropped(grams=7),
    NoteLeft(author=Personal("王小明"), answers={"who": Personal("李"), "what": ["石头"]}),
]


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rich(Event):
    """A bit of everything an event may hold."""

    id: UUID
    at: datetime
    day: date
    rate: Decimal
    colour: Colour
    parts: tuple[Part, ...]
    answers: Mapping[str, Any]
    author: Personal
    remark: str | None = None


RICH = Rich(
    id=UUID(int=7),
    at=datetime(2026, 6, 3, 8, tzinfo=timezone(timedelta(hours=8))),
    day=date(2026, 6, 3),
    rate=Decimal("0.10"),
    colour=Colour.RED,
    parts=(Part(fen=1), Part(fen=2)),
    answers={"b": [1, "二", None, True], "a": {"pd": Personal("secret")}},
    author=Personal("王"),
)
CODEC_OF_RICH = Codec(named("x", [Rich]))


def test_every_golden_file_is_still_read() -> None:
    must_read(CODEC, GOLDEN, EXAMPLES)


def test_a_rich_event_comes_back_as_it_was() -> None:
    made = iter(["c1", "c2"])
    name, version, payload = CODEC_OF_RICH.encode(RICH, lambda _: next(made))
    assert (name, version) == ("x.rich", 1)
    assert "secret" not in payload
    assert "王" not in payload
    assert commitments([payload]) == {"c1", "c2"}
    back = CODEC_OF_RICH.read(name, version, payload, {"c1": "secret", "c2": "王"})
    assert isinstance(back, Rich)
    assert back.answers == {"b": [1, "二", None, True], "a": {"pd": Personal("secret", "c1")}}
    assert back.author == Personal("王", "c2")
    assert (back.id, back.at, back.day, back.rate, back.colour, back.parts) == (
        (RICH.id, RICH.at, RICH.day, RICH.rate, RICH.colour, RICH.parts)
    )  # fmt: skip


def test_an_erased_value_reads_as_nothing() -> None:
    _, _, payload = CODEC.encode(NoteLeft(author=Personal("王"), answers={}), lambda _: "c")
    event = CODEC.read("jar.note_left", 1, payload)
    assert event == NoteLeft(author=Personal(None, "c"), answers={})


def test_a_personal_value_that_is_not_concealed_is_not_written() -> None:
    with pytest.raises(TypeError, match="concealed"):
        CODEC.encode(NoteLeft(author=Personal("王"), answers={}))


def test_a_personal_value_does_not_show_itself() -> None:
    assert "王" not in repr(Personal("王")) + str(NoteLeft(author=Personal("王"), answers={}))


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        float("nan"),
        [1, {"a": 2.0}],
        datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None),
        object(),
        {1: 2},
        2**63,
    ],
)
def test_what_two_machines_could_write_differently_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        canonical({"x": value})


def test_names_follow_the_class() -> None:
    assert list(named("application", [Rich, JarOpened])) == ["application.rich", "application.jar_opened"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), _JSON, max_size=5))
def test_canonical_text_is_a_fixed_point(value: dict[str, object]) -> None:
    try:
        text = canonical(value)
    except ValueError:
        return  # a lone surrogate inside
    assert canonical_text(text) == text
    assert canonical(dict(reversed(value.items()))) == text


def test_old_versions_are_brought_to_today() -> None:
    codec = Codec(
        {"jar.pebble_dropped": PebbleDropped},
        {
            ("jar.pebble_dropped", 1): lambda old: {"milligrams": old["kilos"] * 1_000_000},
            ("jar.pebble_dropped", 2): lambda old: {"grams": old["milligrams"] // 1000},
        },
    )
    assert codec.schema_version("jar.pebble_dropped") == 3
    assert codec.read("jar.pebble_dropped", 1, '{"kilos":2}') == PebbleDropped(grams=2000)
    assert codec.read("jar.pebble_dropped", 2, '{"milligrams":2000}') == PebbleDropped(grams=2)
    assert codec.encode(PebbleDropped(grams=1)) == ("jar.pebble_dropped", 3, '{"grams":1}')


@pytest.mark.parametrize(
    ("name", "version", "payload"),
    [("nobody.knows", 1, "{}"), ("jar.jar_opened", 2, '{"label":"x"}'), ("jar.jar_opened", 1, "{}")],
)
def test_what_cannot_be_read_breaks_history_aloud(name: str, version: int, payload: str) -> None:
    with pytest.raises(HistoryBroken):
        CODEC.read(name, version, payload)


def test_instants_are_aware() -> None:
    assert canonical({"at": datetime(2026, 1, 1, tzinfo=UTC)}) == '{"at":"2026-01-01T00:00:00+00:00"}'
