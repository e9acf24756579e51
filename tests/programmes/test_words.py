"""字 are counted as Word's 字数 counts them: 「不超过500字」 is measured where applicants and clerks look."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.words import NOT_COUNTED_PATTERN, ZI_PATTERN, count_zi

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        (" \n\t　", 0),
        ("人工智能", 4),
        ("人工智能。", 5),
        ("AI大模型", 4),
        ("GPT-4 与 Qwen2.5", 3),
        ("“专精特新”", 6),
        ("……", 2),
        ("don't stop", 2),
        ("䶮禤龑𬭎", 4),
        ("葛\U000e0100城", 2),
        ("延迟120ms，吞吐3.5k/s", 7),
        ("架构见下[[图1 系统架构与数据流]]。", 5),
    ],
)
@pytest.mark.rule("R-093", "R-127")
def test_a_text_has_this_many_zi(text: str, length: int) -> None:
    assert count_zi(text) == length


@given(st.text(HAN))
def test_every_chinese_character_is_one(text: str) -> None:
    assert count_zi(text) == len(text)


@given(st.text(), st.text())
def test_texts_set_apart_add_up(first: str, second: str) -> None:
    if "[[" not in first + second:
        assert count_zi(f"{first} {second}") == count_zi(first) + count_zi(second)


@given(st.text())
def test_a_text_never_has_more_zi_than_characters(text: str) -> None:
    assert 0 <= count_zi(text) <= len(text)


def test_the_browser_gets_the_same_ranges() -> None:
    """Python's own reading of the browser's pattern counts the same (`\\u{20000}` is `\\U00020000`)."""
    zi, figure = (
        re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: rf"\U{found[1]:0>8}", pattern)
        for pattern in (ZI_PATTERN, NOT_COUNTED_PATTERN)
    )
    for text in ("AI大模型 GPT-4，“专精特新”……", "𬭎葛\U000e0100 ok", "见[[图1]]后"):
        left = re.sub(figure, lambda found: " " if found[0].startswith("[[") else "", text)
        assert len(re.findall(zi, left)) == count_zi(text)
