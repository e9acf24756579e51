"""The check code: the same text bears the same code, and what was mistyped is noticed."""

from hypothesis import given
from hypothesis import strategies as st

from paperwork.check_code import code_of, read_code

DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)


def test_the_same_text_bears_the_same_code_and_another_kind_another() -> None:
    assert code_of("a", "commitment", "d") == code_of("a", "commitment", "d")
    assert len({code_of(one, kind, text) for one in "ab" for kind in ("form", "letter") for text in "de"}) == 8


@given(DIGESTS)
def test_a_code_is_read_as_people_type_it(digest: str) -> None:
    code = code_of("a", "form", digest)
    assert read_code(code) == code
    assert read_code(f" {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} ") == code


@given(DIGESTS, st.integers(0, 15), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXY"))
def test_one_wrong_character_is_noticed(digest: str, place: int, typed: str) -> None:
    plain = code_of("a", "form", digest).replace("-", "")
    wrong = plain[:place] + typed + plain[place + 1 :]
    assert (read_code(wrong) is None) == (wrong != plain)


@given(DIGESTS, st.integers(0, 13))
def test_exchanged_neighbours_are_noticed(digest: str, place: int) -> None:
    plain = code_of("a", "form", digest).replace("-", "")
    wrong = plain[:place] + plain[place + 1] + plain[place] + plain[place + 2 :]
    assert (read_code(wrong) is None) == (wrong != plain)


def test_what_is_no_code_is_none() -> None:
    assert [read_code(typed) for typed in ("", "K7QX", "𝟎" * 16, "0" * 10_000, "../../etc/passwd")] == [None] * 5
