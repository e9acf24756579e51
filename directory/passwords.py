"""Passwords: which may be chosen, and how they are kept.

Argon2id (RFC 9106) with the figures of OWASP ASVS 5.0, appendix C. At most so many hashes at once as there are cores:
each takes 46 MiB and a core, and whoever floods the door is told to come back instead of taking the machine down.
"""

import gzip
import os
import re
import threading
import unicodedata
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from eventstore.refusal import Busy, Refusal

_LIST = Path(__file__).parent / "common_passwords.txt.gz"
"""The 10 000 commonest passwords, and the 10 000 commonest of twelve characters or more, of SecLists (MIT), case folded."""
_OWN_WORDS = (
    "vermilion",
    "zhuyin",
    "朱印",
    "hunan",
    "湖南",
    "changsha",
    "长沙",
    "gongxin",
    "工信",
    "gongxinting",
    "工信厅",
    "password",
    "mima",
)
_DECORATION, _LEAST_LEFT, _LEAST_DIFFERENT = 6, 8, 5
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a password must be like. Lengths in characters; *classes* of lower, upper, digit and other; *lasts* until it is
    to be changed; the last *remembered* may not come again."""

    name: str
    shortest: int = 12
    longest: int = 128
    classes: int = 0
    lasts: timedelta | None = None
    remembered: int = 0


ASVS = Profile(name="asvs")
"""OWASP ASVS 5.0, 6.2: length and a blocklist; no composition (6.2.5), no change without cause (6.2.10)."""
DENGBAO3 = Profile(name="dengbao3", classes=3, lasts=timedelta(days=90), remembered=5)
"""GB/T 22239-2019, 8.1.4.1 a): complexity, and changed from time to time."""
PROFILES = {profile.name: profile for profile in (ASVS, DENGBAO3)}


def normal(password: str) -> str:
    """The same password, however a keyboard composes its characters (NFC)."""
    return unicodedata.normalize("NFC", password)


@lru_cache(maxsize=1)
def common() -> frozenset[str]:
    """The shipped blocklist, read once."""
    return frozenset(gzip.decompress(_LIST.read_bytes()).decode("utf-8").split("\n")) - {""}


def weaknesses(password: str, profile: Profile, words: Collection[str] = ()) -> list[Refusal]:
    """Every rule that *password* breaks. *words*: what a stranger knows of its owner: name, address, unit."""
    password = normal(password)
    answers = (
        _long_enough(password, profile),
        _short_enough(password, profile),
        _not_common(password),
        _not_about_its_owner(password, words),
        _mixed_enough(password, profile),
    )
    return [answer for answer in answers if answer is not None]


def _long_enough(password: str, profile: Profile) -> Refusal | None:
    if len(password) >= profile.shortest:
        return None
    return Refusal.of("PASSWORD_SHORT", measure=len(password), limit=profile.shortest)


def _short_enough(password: str, profile: Profile) -> Refusal | None:
    if len(password) <= profile.longest:
        return None
    return Refusal.of("PASSWORD_LONG", measure=len(password), limit=profile.longest)


def _not_common(password: str) -> Refusal | None:
    """Neither on the list, nor a word of the list with a few digits around it, nor the same few characters again and again."""
    plain = _plain(password)
    core = _EDGES.sub("", plain)
    decorated = len(plain) - len(core) <= _DECORATION and core in common()
    if plain in common() or decorated or _repeats(plain) or len(set(plain)) < _LEAST_DIFFERENT:
        return Refusal.of("PASSWORD_COMMON")
    return None


def _repeats(plain: str) -> bool:
    """Whether it is one part twice or more (abcdabcdabcd), or a run up or down (12345678901, abcdefghijkl)."""
    steps = {(ord(after) - ord(before)) % 10 for before, after in pairwise(plain)}
    runs = plain.isdigit() and (steps <= {1} or steps <= {9})
    letters = {ord(after) - ord(before) for before, after in pairwise(plain)}
    return runs or letters in ({1}, {-1}) or plain in (plain + plain)[1:-1]


def _not_about_its_owner(password: str, words: Collection[str]) -> Refusal | None:
    """Taking away what everybody knows, enough must be left that nobody does."""
    plain, found = _plain(password), ""
    for word in sorted({_plain(each) for each in (*_OWN_WORDS, *words)}, key=len, reverse=True):
        if len(word) >= (2 if not word.isascii() else 4) and word in plain:
            plain, found = plain.replace(word, ""), found or word
    if not found or len(plain) >= _LEAST_LEFT:
        return None
    return Refusal.of("PASSWORD_GUESSABLE", word=found)


def _mixed_enough(password: str, profile: Profile) -> Refusal | None:
    kinds = (str.islower, str.isupper, str.isdigit)
    found = sum(any(kind(letter) for letter in password) for kind in kinds)
    found += any(not any(kind(letter) for kind in kinds) for letter in password)
    if found >= profile.classes:
        return None
    return Refusal.of("PASSWORD_CLASSES", measure=found, limit=profile.classes, source="GB/T 22239-2019 8.1.4.1")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


class Hashing:
    """Argon2id, some at a time. *memory_kib* and *passes* are of the hashes made from now on; older ones still open."""

    def __init__(
        self, memory_kib: int = 47_104, passes: int = 1, at_once: int | None = None, patience_s: float = 2.0
    ) -> None:
        self._argon2 = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._turns = threading.BoundedSemaphore(at_once or os.cpu_count() or 1)
        self._patience_s = patience_s
        self._nobodys = ""

    def hash(self, password: str) -> str:
        """Raises Busy where every turn is taken for two seconds."""
        with self._turn():
            return self._argon2.hash(normal(password))

    def fits(self, kept: str | None, password: str) -> bool:
        """Whether *password* is the one *kept* was made of. None, where nobody or no password is there, costs as much and is
        never right. Raises Busy."""
        if not self._nobodys:
            self._nobodys = self.hash(os.urandom(16).hex())
        with self._turn():
            try:
                return self._argon2.verify(kept or self._nobodys, normal(password)) and kept is not None
            except (VerifyMismatchError, VerificationError, InvalidHashError):
                return False

    def is_among(self, kept: Sequence[str], password: str) -> bool:
        return any(self.fits(each, password) for each in kept)

    def outdated(self, kept: str) -> bool:
        """Whether it was made with other figures than those of today, and is to be made anew at the next chance."""
        return self._argon2.check_needs_rehash(kept)

    @contextmanager
    def _turn(self) -> Generator[None]:
        if not self._turns.acquire(timeout=self._patience_s):
            raise Busy("every turn at hashing passwords is taken", 2)
        try:
            yield
        finally:
            self._turns.release()
