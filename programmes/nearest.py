"""The known word that was probably meant by one that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The one word of *known* that *word* is most likely a slip of; None where nothing is near."""
    found = get_close_matches(word[:80], sorted({one for one in known if one != word}), n=1, cutoff=0.6)
    return found[0] if found else None


def meant(word: str, known: Iterable[str]) -> tuple[str, str]:
    """What to add to a fault about *word*, in Chinese and English: the word that was meant, or nothing."""
    near = nearest(word, known)
    return ("", "") if near is None else (f"，是不是“{near}”？", f"; did you mean {near!r}?")
