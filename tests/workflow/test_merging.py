"""Three versions of one section: what only one of two people changed is theirs, and what both changed is asked."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from programmes.fields import Field, FieldType
from programmes.vocabulary import Words
from workflow.merging import Whose, differences

FIELDS = [
    Field(id=name, label=Words(zh=name, en=name), type=FieldType.TEXT, source="x") for name in ("a", "b", "c", "d")
]
ANSWERS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["一", "二", "三"]))


def _merged(base: dict[str, Any], theirs: dict[str, Any], mine: dict[str, Any]) -> dict[str, Whose]:
    typed = {field.id: mine.get(field.id, "") for field in FIELDS}
    meant = {name: value or None for name, value in typed.items()}
    found = differences(FIELDS, base=base, theirs=theirs, typed=typed, meant=meant)
    return {one.field.id: one.whose for one in found}


@given(ANSWERS, ANSWERS, ANSWERS)
def test_every_change_has_an_owner(base: dict[str, Any], theirs: dict[str, Any], mine: dict[str, Any]) -> None:
    found = _merged(base, theirs, mine)
    for name in "abcd":
        by_me, by_them = mine.get(name) != base.get(name), theirs.get(name) != base.get(name)
        if by_me and by_them and mine.get(name) != theirs.get(name):
            assert found[name] is Whose.BOTH
        elif by_me and not by_them:
            assert found[name] is Whose.MINE
        elif by_them and not by_me:
            assert found[name] is Whose.THEIRS
        else:
            assert name not in found


@given(ANSWERS, ANSWERS)
def test_whoever_changed_nothing_is_asked_nothing(base: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert set(_merged(base, theirs, base).values()) <= {Whose.THEIRS}


def test_what_cannot_be_read_is_still_mine() -> None:
    [one] = differences(FIELDS, base={}, theirs={}, typed={"a": "12x"}, meant={})
    assert (one.whose, one.mine, one.readable) == (Whose.MINE, "12x", False)


def test_what_may_not_be_written_is_not_mine() -> None:
    found = differences(FIELDS, base={}, theirs={}, typed={"a": "一"}, meant={"a": "一"}, open_to=frozenset({"b"}))
    assert list(found) == []
