"""Which passwords may be chosen, and how they are kept: by OWASP ASVS 5.0, or by the stricter profile of GB/T 22239."""

import threading
import unicodedata
from datetime import timedelta

import pytest

from directory.passwords import ASVS, DENGBAO3, Hashing, Profile, common, weaknesses
from eventstore.refusal import Busy

GOOD = "纸鸢 over the river 7"
CHEAP = Hashing(memory_kib=64, at_once=1, patience_s=0.01)
WORDS = ("王小明", "xiaoming.wang", "example", "湖南岳麓智模科技有限公司")


def codes(password: str, profile: Profile = ASVS) -> list[str]:
    return [refusal.code for refusal in weaknesses(password, profile, WORDS)]


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "correct horse battery staple",
        "湖南的桥比长沙的桥还要长得多呢",
        "我家门前有两棵枣树一棵是梨",
        "x9$Kq2!vLm7@",
    ],
)
def test_any_character_is_taken_from_twelve_to_a_hundred_and_twenty_eight(password: str) -> None:
    assert codes(password) == []


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Kq2!vLm7@xz", "PASSWORD_SHORT"),
        (GOOD * 10, "PASSWORD_LONG"),
        ("1qaz2wsx3edc", "PASSWORD_COMMON"),
        ("QWERTY123456", "PASSWORD_COMMON"),
        ("Dragon2024!!", "PASSWORD_COMMON"),
        ("abcdefghijklm", "PASSWORD_COMMON"),
        ("87654321098765", "PASSWORD_COMMON"),
        ("kq2!kq2!kq2!", "PASSWORD_COMMON"),
        ("aaaabbbbaaaab", "PASSWORD_COMMON"),
        ("Vermilion-2026", "PASSWORD_GUESSABLE"),
        ("王小明王小明hunan", "PASSWORD_GUESSABLE"),
        ("Xiaoming.Wang2026", "PASSWORD_GUESSABLE"),
        ("湖南岳麓智模科技有限公司123", "PASSWORD_GUESSABLE"),
        ("ＶＥＲＭＩＬＩＯＮ２０２６９", "PASSWORD_GUESSABLE"),
    ],
)
def test_what_is_weak_is_named(password: str, code: str) -> None:
    assert code in codes(password)


def test_every_weakness_is_named_at_once() -> None:
    assert codes("password", DENGBAO3) == [
        "PASSWORD_SHORT",
        "PASSWORD_COMMON",
        "PASSWORD_GUESSABLE",
        "PASSWORD_CLASSES",
    ]


def test_the_list_holds_the_commonest_of_any_length_and_of_the_allowed_length() -> None:
    """ASVS 5.0, 6.2.4 asks for at least the 3 000 commonest that the length would let pass."""
    assert len(common()) >= 19_000
    assert sum(len(each) >= ASVS.shortest for each in common()) >= 10_000
    assert {"123456", "password", "qwerty123456"} <= common()


def test_the_profile_of_dengbao_wants_three_kinds_of_characters_and_asvs_none() -> None:
    assert codes("onlylettershere") == []
    assert codes("onlylettershere", DENGBAO3) == ["PASSWORD_CLASSES"]
    assert codes("OnlyLetters7here", DENGBAO3) == []
    assert codes("纸鸢 over the river", DENGBAO3) == ["PASSWORD_CLASSES"]
    assert codes(GOOD, DENGBAO3) == []
    assert (DENGBAO3.lasts, DENGBAO3.remembered) == (timedelta(days=90), 5)
    assert (ASVS.lasts, ASVS.remembered) == (None, 0)


def test_a_password_is_the_same_however_its_characters_are_composed() -> None:
    kept = CHEAP.hash(unicodedata.normalize("NFD", "café corrigé 12"))
    assert CHEAP.fits(kept, unicodedata.normalize("NFC", "café corrigé 12"))


def test_a_hash_is_argon2id_with_the_figures_of_asvs() -> None:
    kept = Hashing().hash(GOOD)
    assert kept.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert Hashing().fits(kept, GOOD)
    assert not Hashing().fits(kept, GOOD + "!")


def test_nobodys_password_costs_a_hash_and_is_never_right() -> None:
    hashed: list[str] = []

    class Counting(Hashing):
        def hash(self, password: str) -> str:
            hashed.append(password)
            return super().hash(password)

    counting = Counting(memory_kib=64)
    assert not counting.fits(None, GOOD)
    assert not counting.fits(None, hashed[0])
    assert not counting.fits("no hash at all", GOOD)


def test_a_hash_made_with_other_figures_opens_and_is_to_be_made_anew() -> None:
    kept = Hashing(memory_kib=32, passes=2).hash(GOOD)
    assert CHEAP.fits(kept, GOOD)
    assert CHEAP.outdated(kept)
    assert not CHEAP.outdated(CHEAP.hash(GOOD))


def test_more_at_once_than_there_are_turns_are_told_to_come_back() -> None:
    entered, go = threading.Event(), threading.Event()

    def hold() -> None:
        with CHEAP._turn():  # pyright: ignore[reportPrivateUsage]
            entered.set()
            go.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait(10)
    try:
        with pytest.raises(Busy) as busy:
            CHEAP.hash(GOOD)
    finally:
        go.set()
        holder.join()
    assert busy.value.retry_after_s == 2
    assert CHEAP.fits(CHEAP.hash(GOOD), GOOD)  # the turn is given back
