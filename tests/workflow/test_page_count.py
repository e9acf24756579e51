"""Pages are counted by the tree of pages, in the open or packed; what cannot be counted in time is not guessed."""

import time
import zlib
from pathlib import Path

import pytest

from service.paper import pdf
from workflow import page_count
from workflow.page_count import pages_of_pdf

HEAD = b"%PDF-1.5\n"


def packed(count: int, filler: bytes = b"") -> bytes:
    """A PDF whose catalogue and page tree lie in an object stream, as most programs write it."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count %d>>" % count + filler]
    places, text = b"", b""
    for number, content in enumerate(objects, start=1):
        places += b"%d %d " % (number, len(text))
        text += content + b" "
    stream = zlib.compress(places + text)
    head = b"9 0 obj\n<</Type/ObjStm/N 2/First %d/Length %d/Filter/FlateDecode>>\nstream\n" % (len(places), len(stream))
    trailer = b"\nendstream\nendobj\n10 0 obj\n<</Type/XRef/Root 1 0 R/Size 11>>\nstream\n\nendstream\nendobj\n"
    return HEAD + head + stream + trailer + b"startxref\n9\n%%EOF\n"


def counted(tmp_path: Path, content: bytes) -> int | None:
    (tmp_path / "a.pdf").write_bytes(content)
    return pages_of_pdf(tmp_path / "a.pdf")


def test_pages_are_counted_in_the_open_and_packed(tmp_path: Path) -> None:
    assert counted(tmp_path, pdf("a", pages=31)) == 31
    assert counted(tmp_path, packed(212)) == 212


def test_a_page_taken_away_by_a_later_change_is_not_counted(tmp_path: Path) -> None:
    changed = pdf("a", pages=3) + b"2 0 obj\n<</Type/Pages/Kids[4 0 R]/Count 1>>\nendobj\n%%EOF\n"
    assert counted(tmp_path, changed) == 1


@pytest.mark.parametrize(
    "content",
    [b"", HEAD, HEAD + b"/Root 1 0 R", HEAD + b"/Root 1 0 R 1 0 obj<</Pages 1 0 R>>endobj", packed(-1 % 10**9),
     packed(5).replace(b"stream\n", b"stream\nxx"), HEAD + b"9 0 obj<</Type/ObjStm/N 999999999/First 999999999>>stream\nx"],
)  # fmt: skip
def test_what_cannot_be_counted_is_not_guessed(tmp_path: Path, content: bytes) -> None:
    if content:
        assert counted(tmp_path, content) is None


def test_no_file_takes_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_count, "_SECONDS", 0.5)
    bomb = packed(1, b"\0" * (64 << 20))
    for content in (
        bomb,
        HEAD + b"/Type/Page " * 4_000_000,
        HEAD + b"/Root 7 0 R " * 3_000_000 + b"7 0 obj " * 2_000_000,
    ):
        began = time.monotonic()
        counted(tmp_path, content)
        assert time.monotonic() - began < 5
