"""Files as people send them: good ones of every kind that is taken, and hostile ones, each with the code it is refused by."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from service.paper import pdf

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
Members = dict[str, bytes]


def zipped(members: Members, packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as container:
        for name, content in members.items():
            container.writestr(zipfile.ZipInfo(name, (2025, 11, 1, 9, 0, 0)), content, packed)
    return out.getvalue()


def types(main: str, part: str, more: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?><Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{part}" ContentType="{main}"/>{more}</Types>'
    ).encode()


def related(target: str, kind: str = f"{OFFICE}/officeDocument", mode: str = "") -> bytes:
    outside = f' TargetMode="{mode}"' if mode else ""
    return (
        f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{kind}" Target="{target}"{outside}/></Relationships>'
    ).encode()


def word(more: Members | None = None, main: str = WORD, extra: str = "") -> Members:
    part = "word/document.xml"
    return {
        "[Content_Types].xml": types(main, part, extra),
        "_rels/.rels": related(part),
        part: b"<w:document xmlns:w='w'/>",
        **(more or {}),
    }


def sheet(more: Members | None = None, main: str = SHEET, extra: str = "") -> Members:
    part = "xl/workbook.xml"
    return {
        "[Content_Types].xml": types(main, part, extra),
        "_rels/.rels": related(part),
        part: b"<workbook/>",
        **(more or {}),
    }


def ofd(root: str = "Doc_0/Document.xml") -> Members:
    page = f'<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016"><ofd:DocBody><ofd:DocRoot>{root}</ofd:DocRoot></ofd:DocBody></ofd:OFD>'
    return {"OFD.xml": page.encode(), "Doc_0/Document.xml": b"<ofd:Document xmlns:ofd='http://www.ofdspec.org/2016'/>"}


def png(width: int = 2, height: int = 2) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        whole = kind + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 14)) + chunk(b"IEND", b"")
    )


def jpeg(height: int = 2) -> bytes:
    frame = b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, 2) + b"\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00"
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + frame + b"\xff\xd9"


def made_by_libraries() -> tuple[bytes, bytes]:
    """A .docx with a picture-free table and a link, and an .xlsx, as python-docx and openpyxl write them."""
    import docx
    import openpyxl

    letter, text = io.BytesIO(), docx.Document()
    text.add_paragraph("申报说明")
    text.part.relate_to("https://example.org/", f"{OFFICE}/hyperlink", is_external=True)
    text.save(letter)
    table, book = io.BytesIO(), openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"] = "合计"
    book.save(table)
    return letter.getvalue(), table.getvalue()


DOCX, XLSX, OFD = zipped(word()), zipped(sheet()), zipped(ofd())
LIBRARY_DOCX, LIBRARY_XLSX = made_by_libraries()

GOOD = {
    "a.pdf": pdf("a"),
    "A.PDF": pdf("a"),
    "a.png": png(),
    "a.jpg": jpeg(),
    "a.jpeg": jpeg(),
    "a.docx": DOCX,
    "a.xlsx": XLSX,
    "a.ofd": OFD,
    "说明.docx": LIBRARY_DOCX,
    "合计.xlsx": LIBRARY_XLSX,
    "stored.docx": zipped(word(), zipfile.ZIP_STORED),
    "with a chart.docx": zipped(word({"word/embeddings/chart.xlsx": XLSX})),
    "with a drawing.docx": zipped(word({"word/media/image1.emz": b"\x1f\x8b" + b"\0" * 20})),
    "from a camera.jpg": jpeg() + b"SEFH" + b"\0" * 40,
}


def streamed(members: Members) -> bytes:
    """As a program writes it that can't go back: sizes behind the bytes, nothing in the local headers."""
    out = io.BytesIO()

    class Pipe(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, content: bytes, /) -> int:  # type: ignore[override]
            return out.write(content)

    with zipfile.ZipFile(Pipe(), "w", zipfile.ZIP_DEFLATED) as container:  # type: ignore[arg-type]
        for name, content in members.items():
            container.writestr(name, content)
    return out.getvalue()


GOOD["streamed.docx"] = streamed(word())


def changed(content: bytes, old: bytes, new: bytes, *, last: bool = False) -> bytes:
    """*content* with the first (or last) *old* replaced by as many bytes."""
    at = content.rfind(old) if last else content.find(old)
    assert at >= 0
    assert len(old) == len(new)
    return content[:at] + new + content[at + len(old) :]


def with_entry(content: bytes, name: bytes, change: Callable[[bytearray], None]) -> bytes:
    """*content* with the directory's entry of *name* changed."""
    at = content.rfind(name) - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    entry = bytearray(content[at : at + 46])
    change(entry)
    return content[:at] + bytes(entry) + content[at + 46 :]


def _put(entry: bytearray, at: int, form: str, value: int) -> None:
    struct.pack_into(form, entry, at, value)


def lying_bomb() -> bytes:
    """A member of 8 MiB that says in both places it is 100 bytes."""
    content = zipped(word({"word/big.xml": b"\0" * (8 << 20)}))
    at = content.find(b"word/big.xml") - 30
    content = content[: at + 22] + struct.pack("<I", 100) + content[at + 26 :]
    return with_entry(content, b"word/big.xml", lambda entry: _put(entry, 24, "<I", 100))


def overlapping() -> bytes:
    """Two entries over the same bytes."""
    content = zipped(word({"word/aaaa.xml": b"x" * 50, "word/bbbb.xml": b"x" * 50}))
    place = content.find(b"word/aaaa.xml") - 30
    return with_entry(content, b"word/bbbb.xml", lambda entry: _put(entry, 42, "<I", place))


def hidden_between() -> bytes:
    """A member that no directory names, between those it does."""
    content = zipped(word())
    smuggled = zipped({"x.exe": b"MZ"}).split(b"PK\x01\x02")[0]
    directory = content.find(b"PK\x01\x02")
    end = bytearray(content[content.rfind(b"PK\x05\x06") :])
    _put(end, 16, "<I", directory + len(smuggled))
    return content[:directory] + smuggled + content[directory : content.rfind(b"PK\x05\x06")] + bytes(end)


def linked(member: str, kind: str) -> Members:
    return {member: related("file://server/share/t.dotm", f"{OFFICE}/{kind}", "External")}


def symlink() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as container:
        for name, content in word().items():
            container.writestr(name, content)
        link = zipfile.ZipInfo("word/link")
        link.external_attr = 0o120777 << 16
        container.writestr(link, "/etc/passwd")
    return out.getvalue()


def twice() -> bytes:
    content = zipped(word({"word/a.xml": b"1", "word/B.xml": b"2"}))
    return content.replace(b"word/B.xml", b"word/A.xml")


MACRO_TYPE = "application/vnd.ms-word.document.macroEnabled.main+xml"
MISMATCH, UNSAFE, MACRO, LINKED, LOCKED = "FILE_MISMATCH", "FILE_UNSAFE", "FILE_MACRO", "FILE_LINKED", "FILE_ENCRYPTED"
BOMB = b"0" * 5_000_000

HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "no extension": ("passwd", pdf("a"), "FILE_TYPE"),
    "a program": ("a.exe", b"MZ" + b"\0" * 100, "FILE_TYPE"),
    "a page": ("a.html", b"<html><script>", "FILE_TYPE"),
    "a drawing that runs": ("a.svg", b"<svg onload=x>", "FILE_TYPE"),
    "two extensions": ("a.pdf.exe", pdf("a"), "FILE_TYPE"),
    "a document with macros by name": ("a.docm", zipped(word()), "FILE_TYPE"),
    "nothing": ("a.pdf", b"", "FILE_EMPTY"),
    "a NUL before the extension": ("a.exe\0.pdf", b"MZ" + b"\0" * 100, MISMATCH),
    "a program called PDF": ("a.pdf", b"MZ" + b"\0" * 100, MISMATCH),
    "a page called PDF": ("a.pdf", b"<html>%PDF-1.4", MISMATCH),
    "a PDF cut off": ("a.pdf", pdf("a")[:-40], MISMATCH),
    "a PDF of no version": ("a.pdf", changed(pdf("a"), b"%PDF-1.4", b"%PDF-9.9"), MISMATCH),
    "a PDF without a root": ("a.pdf", changed(pdf("a"), b"/Root", b"/Toor"), MISMATCH),
    "a PDF without pages": ("a.pdf", b"%PDF-1.4\ntrailer<</Root 1 0 R>>\n%%EOF\n", MISMATCH),
    "a PDF under a password": ("a.pdf", changed(pdf("a"), b"trailer\n<< ", b"trailer\n<< ")[:-6].replace(b"/Root", b"/Encrypt 9 0 R /Root") + b"%%EOF\n", LOCKED),
    "a PDF that is a ZIP too": ("a.pdf", pdf("a") + zipped({"x": b"y"}), UNSAFE),
    "a PDF called picture": ("a.png", pdf("a"), MISMATCH),
    "a picture called other picture": ("a.jpg", png(), MISMATCH),
    "a picture of impossible size": ("a.png", png(2**31 - 1, 2), MISMATCH),
    "a picture of no size": ("a.png", png(0, 2), MISMATCH),
    "a picture that would fill the memory": ("a.png", png(29_999, 29_999), MISMATCH),
    "a picture with something behind it": ("a.png", png() + b"<script>", MISMATCH),
    "a picture that is a ZIP too": ("a.png", png() + zipped({"x": b"y"}), UNSAFE),
    "a photograph of no height": ("a.jpg", jpeg(0), MISMATCH),
    "a photograph cut off": ("a.jpg", jpeg()[:-2], MISMATCH),
    "a ZIP called document": ("a.docx", zipped({"a.txt": b"x"}), MISMATCH),
    "a table called document": ("a.docx", XLSX, MISMATCH),
    "a document called table": ("a.xlsx", DOCX, MISMATCH),
    "a ZIP called OFD": ("a.ofd", zipped({"OFD.xml": b"<html/>"}), MISMATCH),
    "an OFD whose document is not there": ("a.ofd", zipped(ofd("Doc_9/Document.xml")), MISMATCH),
    "a document without its main part": ("a.docx", zipped({n: c for n, c in word().items() if n != "word/document.xml"}), MISMATCH),
    "a ZIP cut off": ("a.docx", DOCX[:-10], MISMATCH),
    "a ZIP behind something": ("a.docx", b"PK\x03\x04junk" + DOCX, UNSAFE),
    "a ZIP with something behind it": ("a.docx", DOCX + b"<script>", MISMATCH),
    "a bomb": ("a.docx", zipped(word({"word/big.xml": BOMB})), UNSAFE),
    "a bomb that lies": ("a.docx", lying_bomb(), UNSAFE),
    "a bomb within": ("a.docx", zipped(word({"word/embeddings/a.xlsx": zipped(sheet({"xl/big.xml": BOMB}))})), UNSAFE),
    "an archive within": ("a.docx", zipped(word({"word/media/image1.png": zipped({"x": b"y"})})), UNSAFE),
    "two entries over the same bytes": ("a.docx", overlapping(), UNSAFE),
    "a member nobody names": ("a.docx", hidden_between(), UNSAFE),
    "a directory that says another name": ("a.docx", changed(DOCX, b"word/document.xml", b"word/Document.xml"), UNSAFE),
    "the same member twice": ("a.docx", twice(), UNSAFE),
    "a climbing member": ("a.docx", zipped(word({"../../etc/x": b"x"})), UNSAFE),
    "a member that climbs backwards": ("a.docx", zipped(word({"..\\..\\x": b"x"})), UNSAFE),
    "an absolute member": ("a.xlsx", zipped(sheet({"/etc/x": b"x"})), UNSAFE),
    "a member on a drive": ("a.xlsx", zipped(sheet({"C:/x": b"x"})), UNSAFE),
    "a link": ("a.docx", symlink(), UNSAFE),
    "a packing nobody reads": ("a.docx", zipped(word(), zipfile.ZIP_BZIP2), UNSAFE),
    "too many members": ("a.docx", zipped(word({f"{n}": b"x" for n in range(2_001)})), UNSAFE),
    "entities without end": ("a.docx", zipped(word({"[Content_Types].xml": b'<!DOCTYPE t [<!ENTITY a "b">]><t>&a;</t>'})), UNSAFE),
    "a member under a password": ("a.docx", with_entry(DOCX, b"word/document.xml", lambda e: _put(e, 8, "<H", 1)), LOCKED),
    "a document under a password": ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le"), LOCKED),
    "an old document by a new name": ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, MISMATCH),
    "a macro": ("a.xlsx", zipped(sheet({"xl/vbaProject.bin": b"x"})), MACRO),
    "a macro under another name": ("a.xlsx", zipped(sheet({"xl/_rels/workbook.xml.rels": related("x.bin", "http://schemas.microsoft.com/office/2006/relationships/vbaProject"), "xl/x.bin": b"x"})), MACRO),
    "a document that says it has macros": ("a.docx", zipped(word(main=MACRO_TYPE)), MACRO),
    "a document with macros within": ("a.docx", zipped(word({"word/embeddings/a.docm": DOCX})), MACRO),
    "a program within": ("a.docx", zipped(word({"word/media/image1.png": b"MZ" + b"\0" * 60})), MACRO),
    "a template from elsewhere": ("a.docx", zipped(word(linked("word/_rels/settings.xml.rels", "attachedTemplate"))), LINKED),
    "a workbook elsewhere": ("a.xlsx", zipped(sheet(linked("xl/externalLinks/_rels/externalLink1.xml.rels", "externalLinkPath"))), LINKED),
    "too much": ("a.pdf", b"%PDF-1.4" + b"x" * 3_000_000, "FILE_TOO_LARGE"),
}  # fmt: skip

NAMES = {
    "../../etc/passwd.pdf": "passwd.pdf",
    "C:\\Users\\x\\a.pdf": "a.pdf",
    "\\\\server\\share\\a.pdf": "a.pdf",
    "a\0b\r\n.pdf": "ab.pdf",
    "a\u202efdp.pdf": "afdp.pdf",
    "a\u200b\ufeff.pdf": "a.pdf",
    "审计报告 2024.pdf": "审计报告 2024.pdf",
    " .pdf": "pdf",
    'a"b<c>|d?.pdf': "a_b_c__d_.pdf",
    "": "file",
    "..": "file",
    "...": "file",
    "x" * 300 + ".pdf": "x" * 116 + ".pdf",
    "cafe\u0301.pdf": "café.pdf",
    "a.pdf:stream.exe": "a.pdf_stream.exe",
    "a.pdf. . .": "a.pdf",
    "\ud800a.pdf": "a.pdf",
    "=cmd|'x'.pdf": "=cmd_'x'.pdf",
    "𬭎䶮禤.pdf": "𬭎䶮禤.pdf",
    "a\u2028b.pdf": "ab.pdf",
}
