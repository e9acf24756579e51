"""The check code on every page of a paper: read off the text itself, so that the same text always bears the same code.

Fifteen characters of 31 (74 bits) and one check character: nobody finds another's paper by trying, and one wrong character
or two exchanged neighbours are always noticed.
"""

import hashlib
import re

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXY"  # no I L O U Z; 31 is a prime
_BODY = 15
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_FORM = re.compile(rf"[{_ALPHABET}]{{{_BODY + 1}}}")


def code_of(application_id: str, kind: str, digest: str) -> str:
    """The code of the paper of this *kind* about the text of *digest*: `K7QX-2M4D-9STB-0F3A`."""
    whole = int.from_bytes(hashlib.sha256(f"{application_id}\n{kind}\n{digest}".encode()).digest())
    body = "".join(_ALPHABET[whole // 31**place % 31] for place in range(_BODY))
    return _grouped(body + _check(body))


def read_code(typed: str) -> str | None:
    """A code as people type it (lower case, spaces, O for 0), grouped; None where it can be none."""
    plain = re.sub(r"[\s-]", "", typed[:60]).upper().translate(_READ_AS)
    if not _FORM.fullmatch(plain) or _check(plain[:-1]) != plain[-1]:
        return None
    return _grouped(plain)


def _grouped(plain: str) -> str:
    return "-".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def _check(body: str) -> str:
    """Weights 1 to 15 modulo 31: neighbours differ in weight, and no weight is zero."""
    return _ALPHABET[sum(place * _ALPHABET.index(character) for place, character in enumerate(body, 1)) % 31]
