"""Received files are believed only when name, first bytes and structure agree; nothing a name says becomes a path."""

import io
import struct
import zipfile
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eventstore.ids import RandomIds
from eventstore.refusal import Malformed
from service.paper import pdf
from workflow.application import EMPTY, Attachment
from workflow.files import FileDamaged, Files, FolderFull, Limits, clean_name, within_the_limits


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files", RandomIds(), Limits(file_bytes=100_000, free_bytes=0))


def zipped(*members: tuple[str, bytes], flags: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in members:
            container.writestr(name, content)
    return out.getvalue()


def png(width: int = 2, height: int = 2) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        whole = kind + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 14)) + chunk(b"IEND", b"")
    )


def jpeg() -> bytes:
    frame = b"\xff\xc0\x00\x11\x08\x00\x02\x00\x02\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00"
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + frame + b"\xff\xd9"


DOCX = zipped(("[Content_Types].xml", b"<a/>"), ("word/document.xml", b"<w/>"))
XLSX = zipped(("[Content_Types].xml", b"<a/>"), ("xl/workbook.xml", b"<w/>"))
OFD = zipped(("OFD.xml", b"<o/>"))

GOOD = {
    "a.pdf": pdf("a"),
    "A.PDF": pdf("a"),
    "a.png": png(),
    "a.jpg": jpeg(),
    "a.jpeg": jpeg(),
    "a.docx": DOCX,
    "a.xlsx": XLSX,
    "a.ofd": OFD,
}

HOSTILE = {
    "no extension": ("passwd", pdf("a"), "FILE_TYPE"),
    "a program": ("a.exe", b"MZ" + b"\0" * 100, "FILE_TYPE"),
    "a page": ("a.html", b"<html><script>", "FILE_TYPE"),
    "a drawing that runs": ("a.svg", b"<svg onload=x>", "FILE_TYPE"),
    "two extensions": ("a.pdf.exe", pdf("a"), "FILE_TYPE"),
    "a NUL before the extension": ("a.exe\0.pdf", b"MZ" + b"\0" * 100, "FILE_MISMATCH"),
    "a program called PDF": ("a.pdf", b"MZ" + b"\0" * 100, "FILE_MISMATCH"),
    "a page called PDF": ("a.pdf", b"<html>%PDF-1.4", "FILE_MISMATCH"),
    "a PDF cut off": ("a.pdf", b"%PDF-1.4\n1 0 obj", "FILE_MISMATCH"),
    "a PDF called picture": ("a.png", pdf("a"), "FILE_MISMATCH"),
    "a picture called other picture": ("a.jpg", png(), "FILE_MISMATCH"),
    "a picture of impossible size": ("a.png", png(2**31 - 1, 2), "FILE_MISMATCH"),
    "a picture of no size": ("a.png", png(0, 2), "FILE_MISMATCH"),
    "a ZIP called document": ("a.docx", zipped(("a.txt", b"x")), "FILE_MISMATCH"),
    "a table called document": ("a.docx", XLSX, "FILE_MISMATCH"),
    "a ZIP cut off": ("a.docx", DOCX[:60], "FILE_MISMATCH"),
    "a bomb": ("a.docx", zipped(("word/document.xml", b"0" * 5_000_000)), "FILE_UNSAFE"),
    "a climbing member": ("a.docx", zipped(("word/document.xml", b"x"), ("../../etc/x", b"x")), "FILE_UNSAFE"),
    "an absolute member": ("a.xlsx", zipped(("xl/workbook.xml", b"x"), ("/etc/x", b"x")), "FILE_UNSAFE"),
    "a macro": ("a.xlsx", zipped(("xl/workbook.xml", b"x"), ("xl/vbaProject.bin", b"x")), "FILE_UNSAFE"),
    "too many members": ("a.docx", zipped(*((f"{n}", b"") for n in range(2_001))), "FILE_TOO_LARGE"),
    "nothing": ("a.pdf", b"", "FILE_EMPTY"),
    "too much": ("a.pdf", b"%PDF-1.4" + b"x" * 100_000, "FILE_TOO_LARGE"),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_is_what_it_says_is_kept(files: Files, name: str) -> None:
    received = files.receive(io.BytesIO(GOOD[name]), name)
    with files.open(received.file_id, received.sha256) as stream:
        assert stream.read() == GOOD[name]
    assert received.size == len(GOOD[name])


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_not_is_refused_and_leaves_nothing(files: Files, tmp_path: Path, what: str) -> None:
    name, content, code = HOSTILE[what]
    with pytest.raises(Malformed) as malformed:
        files.receive(io.BytesIO(content), name)
    assert [fault.code for fault in malformed.value.faults] == [code]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\x\\a.pdf", "a.pdf"),
        ("a\0b\r\n.pdf", "ab.pdf"),
        ("a\u202efdp.pdf", "afdp.pdf"),
        ("审计报告 2024.pdf", "审计报告 2024.pdf"),
        (" .pdf", "pdf"),
        ('a"b<c>|d?.pdf', "a_b_c__d_.pdf"),
        ("", "file"),
        ("..", "file"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("cafe\u0301.pdf", "café.pdf"),
    ],
)
def test_a_name_is_data(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


def test_bytes_that_changed_on_disk_are_never_given_out(files: Files, tmp_path: Path) -> None:
    received = files.receive(io.BytesIO(pdf("a")), "a.pdf")
    path = next(path for path in (tmp_path / "files").rglob("*") if path.is_file())
    content = bytearray(path.read_bytes())
    content[20] ^= 1
    path.write_bytes(content)
    with pytest.raises(FileDamaged):
        files.open(received.file_id, received.sha256)
    with pytest.raises(FileDamaged):
        files.open("0" * 32, received.sha256)
    with pytest.raises(FileDamaged):
        files.open("../../../etc/passwd", received.sha256)


@pytest.mark.rule("R-143")
def test_pages_are_counted_where_they_are_written_in_the_open(files: Files) -> None:
    assert files.receive(io.BytesIO(pdf("a", pages=7)), "a.pdf").pages == 7
    assert files.receive(io.BytesIO(png()), "a.png").pages is None


def test_what_was_never_attached_is_swept_after_a_day(files: Files) -> None:
    kept, orphan = (files.receive(io.BytesIO(pdf("a")), "a.pdf") for _ in range(2))
    soon = datetime.now(UTC) - timedelta(days=1)
    assert files.sweep({kept.file_id}, soon) == 0
    assert files.sweep({kept.file_id}, datetime.now(UTC) + timedelta(seconds=5)) == 1
    with pytest.raises(FileDamaged):
        files.open(orphan.file_id, orphan.sha256)
    files.open(kept.file_id, kept.sha256).close()


def test_a_full_disk_is_said_before_anything_is_written(tmp_path: Path) -> None:
    files = Files(tmp_path / "files", RandomIds(), Limits(free_bytes=2**62))
    with pytest.raises(FolderFull):
        files.receive(io.BytesIO(pdf("a")), "a.pdf")


def test_an_application_holds_so_many_files_and_bytes() -> None:
    file = Attachment(
        slot="L-1", file_id="1", name="a.pdf", size=60, sha256="", media_type="", label="", pages=None, check_code=""
    )
    held = replace(EMPTY, attachments={"L-1": (file, file)})
    assert within_the_limits(held, 10, Limits(application_bytes=130)) is None
    too_large = within_the_limits(held, 11, Limits(application_bytes=130))
    too_many = within_the_limits(held, 1, Limits(application_files=2))
    assert too_large is not None
    assert too_large.code == "FILES_TOO_LARGE"
    assert too_many is not None
    assert too_many.code == "TOO_MANY_FILES"
