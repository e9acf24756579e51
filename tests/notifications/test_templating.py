"""The language of letters' texts: a piece of Jinja2 that means what Jinja2 means by it, and whose cost its form bounds."""

import random
import tracemalloc
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from notifications import templating
from notifications.templating import DEEPEST, LONGEST, LONGEST_TOLD, MOST_TAGS, TooLong, Unreadable, read

NAMES = ("unit", "number", "reason", "amount", "member")
JINJA = Environment(keep_trailing_newline=True)
JINJA.filters.update({"yuan": lambda value: f"{value} 元", "number": lambda value: f"#{value}"})


def told(text: str, values: Mapping[str, str]) -> str:
    def shown(name: str, how: str) -> str:
        return {"": "{}", "yuan": "{} 元", "number": "#{}"}[how].format(values.get(name, ""))

    return read(text).told(shown, lambda name: bool(values.get(name)))


def refused(text: str) -> tuple[str, int, int]:
    with pytest.raises(Unreadable) as found:
        read(text)
    wrong = found.value.wrong
    return wrong.code.removeprefix("LETTER_TEXT_"), wrong.at.line, wrong.at.column


conditions = st.recursive(
    st.sampled_from([*NAMES, *(f"not {name}" for name in NAMES)]),
    lambda inner: st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
    max_leaves=4,
)
words = st.text(
    st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp", "Cf"), blacklist_characters="{}%#"), max_size=8
)
slots = st.builds("{{{{ {}{} }}}}".format, st.sampled_from(NAMES), st.sampled_from(["", "|yuan", " | number"]))
texts = st.recursive(
    words | slots | st.just("\n"),
    lambda inner: (
        st.builds("".join, st.lists(inner, max_size=3))
        | st.builds("{{% if {} %}}{}{{% endif %}}".format, conditions, inner)
        | st.builds(
            "{{% if {} %}}{}{{% elif {} %}}{}{{% else %}}{}{{% endif %}}".format,
            conditions,
            inner,
            conditions,
            inner,
            inner,
        )
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(text=texts, there=st.sets(st.sampled_from(NAMES)))
def test_what_is_accepted_says_what_jinja2_would_say(text: str, there: set[str]) -> None:
    values = {name: f"<{name}>" for name in there}
    try:
        said = told(text, values)
    except Unreadable as error:
        assert error.wrong.code in ("LETTER_TEXT_TOO_DEEP", "LETTER_TEXT_TOO_MANY")  # noqa: PT017  either is fine, or the same words
        return
    assert said == JINJA.from_string(text).render(values)


guarded = st.builds(
    "{{% if {0} %}}{1}{{{{ {0} }}}}{{% elif {2} %}}{1}{{% else %}}{1}{{% endif %}}".format,
    st.sampled_from(NAMES),
    texts,
    conditions,
)


@settings(deadline=None)
@given(text=guarded | texts, there=st.sets(st.sampled_from(NAMES)))
def test_a_slot_is_certain_only_where_its_name_is_there_whenever_it_is_told(text: str, there: set[str]) -> None:
    try:
        template = read(text)
    except Unreadable:
        return
    if all(slot.name in certain for slot, certain in template.slots()):
        assert template.names(there.__contains__) <= there


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("你好 {{ unit", ("UNCLOSED", 1, 4)),
        ("你好\n  {{ unit }", ("UNCLOSED", 2, 3)),
        ("{{ unit {{ number }}", ("UNCLOSED", 1, 1)),
        ("{% if unit %}x", ("UNCLOSED", 1, 1)),
        ("x }} y", ("NOT_ALLOWED", 1, 3)),
        ("{# a note #}", ("NOT_ALLOWED", 1, 1)),
        ("{{ }}", ("NOT_ALLOWED", 1, 1)),
        ("{% endif %}", ("DANGLING", 1, 1)),
        ("a{% else %}", ("DANGLING", 1, 2)),
        ("{% if unit %}{% else %}{% else %}{% endif %}", ("DANGLING", 1, 24)),
        ("{% if unit %}{% else %}{% elif number %}{% endif %}", ("DANGLING", 1, 24)),
        ("{% if %}{% endif %}", ("NOT_ALLOWED", 1, 4)),
        ("{% if unit number %}{% endif %}", ("NOT_ALLOWED", 1, 12)),
        ("{% if unit and %}{% endif %}", ("NOT_ALLOWED", 1, 4)),
        ("{% if not not unit %}{% endif %}", ("NOT_ALLOWED", 1, 11)),
        ("{% endif now %}", ("DANGLING", 1, 1)),
        ("{% if unit %}{% endif now %}", ("NOT_ALLOWED", 1, 23)),
        ("{{ unit.__class__.__mro__ }}", ("NOT_ALLOWED", 1, 4)),
        ("{{ unit['x'] }}", ("NOT_ALLOWED", 1, 4)),
        ("{{ unit() }}", ("NOT_ALLOWED", 1, 4)),
        ("{{ unit|upper|lower }}", ("NOT_ALLOWED", 1, 14)),
        ("{{ 'x' * 10**9 }}", ("NOT_ALLOWED", 1, 4)),
        ("{{ unit * 9 }}", ("NOT_ALLOWED", 1, 9)),
        ("{{ unit| }}", ("NOT_ALLOWED", 1, 8)),
        ("{{ 10**9 }}", ("NOT_ALLOWED", 1, 4)),
        ("{{ range(99999) }}", ("NOT_ALLOWED", 1, 4)),
        ("{% for x in range(99999) %}{% endfor %}", ("NOT_ALLOWED", 1, 4)),
        ("{% set x = 1 %}", ("NOT_ALLOWED", 1, 4)),
        ("{% include 'x' %}", ("NOT_ALLOWED", 1, 4)),
        ("{% raw %}{{ x }}{% endraw %}", ("NOT_ALLOWED", 1, 4)),
        ("{%- if unit -%}{% endif %}", ("NOT_ALLOWED", 1, 3)),
        ("{{ Ｕnit }}", ("NOT_ALLOWED", 1, 4)),
        ("{{ 单位 }}", ("NOT_ALLOWED", 1, 4)),
        ("{{ true }}", ("NOT_ALLOWED", 1, 4)),
        ("a\u202eb", ("INVISIBLE", 1, 2)),
        ("a\x00", ("INVISIBLE", 1, 2)),
        *((f"通{one}知", ("INVISIBLE", 1, 2)) for one in "\u061c\u200b\u200e\u200f\u2060\u2061\u2064\ufeff"),
        ("a\r\nBcc: x", ("INVISIBLE", 1, 2)),
        ("\ud800", ("INVISIBLE", 1, 1)),
    ],
)  # fmt: skip
def test_what_is_not_of_the_language_is_named_with_its_line_and_column(text: str, wrong: tuple[str, int, int]) -> None:
    assert refused(text) == wrong


def test_depth_number_and_length_are_bounded() -> None:
    def nested(depth: int) -> str:
        return "{% if unit %}" * depth + "x" + "{% endif %}" * depth

    assert told(nested(DEEPEST), {"unit": "y"}) == "x"
    assert refused(nested(DEEPEST + 1))[0] == "TOO_DEEP"
    assert refused("{% if unit %}" * 300)[0] == "TOO_DEEP"
    assert told("{{ unit }}" * MOST_TAGS, {"unit": "y"}) == "y" * MOST_TAGS
    assert refused("{{ unit }}" * (MOST_TAGS + 1))[0] == "TOO_MANY"
    assert refused("x" * (LONGEST + 1))[0] == "FIELD_TOO_LONG"


def test_what_it_says_is_counted_while_it_is_said() -> None:
    """A value as long as a database takes, named as often as a text may, never becomes one text."""
    template, value = read("{{ unit }}" * MOST_TAGS), "值" * (LONGEST_TOLD // 3)
    tracemalloc.start()
    with pytest.raises(TooLong):
        template.told(lambda _name, _how: value, lambda _name: True)
    assert tracemalloc.get_traced_memory()[1] < 4 * LONGEST_TOLD
    tracemalloc.stop()


def test_the_work_is_in_proportion_to_the_text() -> None:
    """Counted, not timed: whatever a text is, no value is asked for more often than its tags could."""
    chance = random.Random(16)
    parts = [
        "{{ unit }}",
        "{% if unit %}",
        "{% if not unit or number and reason %}",
        "{% elif number %}",
        "{% else %}",
        "{% endif %}",
        "x",
    ]
    for _ in range(2_000):
        text, asked = "".join(chance.choices(parts, k=40)), 0

        def count(*_: str) -> str:
            nonlocal asked
            asked += 1
            return "v"

        try:
            read(text).told(count, lambda _name: bool(count()))
        except Unreadable:
            continue
        assert asked <= 3 * 40


HOSTILE = (
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "if",
    "endif",
    "or",
    "|",
    ".",
    "(",
    "[",
    "'",
    '"',
    "\\",
    "\n",
    "\x00",
    "\u2028",
    "𠀀",
    "e\u0301",
    "unit",
    "__class__",
    " ",
)


def test_any_text_is_read_or_refused_and_nothing_else() -> None:
    """10,000 texts of what could hurt most."""
    chance = random.Random(2026)
    for _ in range(10_000):
        text = "".join(chance.choices(HOSTILE, k=chance.randrange(1, 60)))
        try:
            told(text, {"unit": "y"})
        except Unreadable as error:
            assert error.wrong.at.line >= 1  # noqa: PT017
            assert error.wrong.at.column >= 1  # noqa: PT017


def test_four_filters_have_a_name() -> None:
    from notifications.variables import FILTERS

    assert {how for some in FILTERS.values() for how in some if how} == {"yuan", "date", "moment", "number"}
    assert templating.MOST_NAMES_ASKED <= 6, "the cases that proofreading goes through are two to the power of it"
