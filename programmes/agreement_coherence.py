"""What an agreement says that cannot all be true: a blank that nobody can fill, or that the text does not have, or twice.

Works on the data as written, as `coherence` does.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from programmes.agreement import BLANKS, LETTER_BLANKS, blanks_in
from programmes.nearest import meant
from programmes.source import Place, each

_TEXTS = ("agreement.preamble.text", "agreement.terms.*.text")
_LETTER = "agreement.authorisation"


def agreement_faults(data: Mapping[str, Any]) -> Iterator[tuple[Place, str, str]]:
    yield from _blanks(data, "agreement.blanks.*.id", _TEXTS, BLANKS)
    yield from _blanks(data, f"{_LETTER}.blanks.*.id", (f"{_LETTER}.text",), LETTER_BLANKS)
    for place, name in each(data, "agreement.terms.*.divisions.*.id"):
        if name == "allocation":
            yield place, "allocation 是第5条拨付方案的名字", "'allocation' is the plan of clause 5"


def _blanks(
    data: Mapping[str, Any], ids: str, texts: Sequence[str], known: Sequence[str]
) -> Iterator[tuple[Place, str, str]]:
    explained: list[str] = []
    for place, name in each(data, ids):
        if name not in known:
            zh, en = meant(str(name), known)
            yield place, f"没有人会填这个空：{name}{zh}", f"nobody can fill the blank {name!r}{en}"
        elif name in explained:
            yield place, f"“{name}” 写了两次", f"{name!r} is written twice"
        explained.append(str(name))
    named = {
        language: [
            (place, name)
            for pattern in texts
            for place, text in each(data, f"{pattern}.{language}")
            for name in blanks_in(str(text))
        ]
        for language in ("zh", "en")
    }
    for found in named.values():
        for place, name in found:
            if name not in explained:
                yield place, f"blanks 里没有“{name}”", f"{name!r} is not among the blanks"
    used = {name for _, name in named["zh"]}
    for place, name in each(data, ids):
        if named["zh"] and name in known and name not in used:
            yield place, f"正文里没有“{{{name}}}”", f"the text has no {{{name}}}"
