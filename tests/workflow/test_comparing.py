"""Two texts side by side: nothing is invented, nothing lost, and no length takes the page's time."""

import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from workflow.comparing import compare

TEXTS = st.text(alphabet="智能模型。，\nabc 12é👨‍👩‍👧", max_size=60)


@given(TEXTS, TEXTS)
def test_the_pieces_make_both_texts_again(before: str, after: str) -> None:
    pieces = compare(before, after)
    assert "".join(piece.text for piece in pieces if piece.how != "new") == before
    assert "".join(piece.text for piece in pieces if piece.how != "gone") == after
    assert all(piece.text for piece in pieces)
    assert all(one.how != other.how for one, other in pairwise(pieces))


def test_one_changed_word_is_shown_alone() -> None:
    found = compare("产品已在省内多家公司使用。团队稳定。", "产品已在省内多家企业使用。团队稳定。")
    assert [(piece.how, piece.text) for piece in found if piece.how != "same"] == [("gone", "公司"), ("new", "企业")]


def test_two_long_texts_with_nothing_in_common_are_told_apart_at_once() -> None:
    began = time.monotonic()
    compare("甲乙丙丁" * 10_000, "子丑寅卯" * 10_000)
    compare("智" * 3_000 + "能。" * 3_000, "慧" * 3_000 + "能；" * 3_000)
    assert time.monotonic() - began < 5
