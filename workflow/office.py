"""Office documents inside their containers: the main part is of the kind the name claims, and nothing in it runs or reaches out.

Only the list of content types and the relationships are read, bounded, without document types and entities.
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO
from xml.parsers import expat

from workflow.containers import UNPACKED, Container, Member, NoContainer, Unsafe

_PART = 1024 * 1024
_MAIN = "application/vnd.openxmlformats-officedocument.{}.main+xml"
DOCUMENT = _MAIN.format("wordprocessingml.document")
WORKBOOK = _MAIN.format("spreadsheetml.sheet")
_PROGRAMS = re.compile(
    r"\.(exe|dll|com|scr|msi|js|jse|vbs|vbe|wsf|ps1|bat|cmd|lnk|hta|jar|docm|dotm|xlsm|xltm|xlam|xlsb|pptm)$|"
    r"(^|/)(vbaproject\.bin|vbadata\.xml)$|(^|/)(activex|macrosheets|dialogsheets)/"
)
_MACRO = re.compile(r"macro|vbaproject|vbadata|activex", re.IGNORECASE)
_EMBEDDED = re.compile(r"/embeddings/[^/]+\.(docx|xlsx|pptx)$")
_ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"MSCF",
)
_RUNS = (b"MZ", b"\x7fELF")
_SCRAMBLED = (".odttf", ".emz", ".wmz")
_LOOK = 8


def is_office(main: str) -> Callable[[IO[bytes]], bool]:
    """Whether a stream is an OOXML container whose main part has the content type *main*. Unsafe where it could do harm."""

    def sound(stream: IO[bytes]) -> bool:
        container = _opened(stream)
        if container is None:
            return False
        types = _types(container)
        relations = list(_relations(container))
        _be_still(types, relations)
        roots = [target for source, kind, target, _ in relations if source == "" and kind.endswith("/officeDocument")]
        fits = len(roots) == 1 and types.get(roots[0].lstrip("/").casefold()) == main
        return fits and roots[0].lstrip("/") in container

    return sound


def is_ofd(stream: IO[bytes]) -> bool:
    """Whether a stream is an OFD (GB/T 33190) container: OFD.xml names a document that is there."""
    container = _opened(stream)
    page = container.read("OFD.xml", _PART) if container else None
    if container is None or page is None:
        return False
    found: list[tuple[str, str]] = list(_texts(page))
    if not found or found[0][0] != "OFD":
        return False
    roots = [text.lstrip("/") for name, text in found if name == "DocRoot"]
    return bool(roots) and all(root in container for root in roots)


def _opened(stream: IO[bytes], room: int = UNPACKED, nested: bool = False) -> Container | None:
    """The container with every member looked at; None where the bytes are no container."""
    try:
        container = Container(stream, room)
    except NoContainer:
        return None
    room -= container.unpacked
    for member in container.members:
        if not member.is_folder:
            room -= _look(container, member, room, nested)
    return container


def _look(container: Container, member: Member, room: int, nested: bool) -> int:
    """Run *member* through once. A document within a document is looked at likewise; answers what that one unpacks to."""
    name = member.name.casefold()
    if _PROGRAMS.search(name):
        raise Unsafe("FILE_MACRO")
    if _EMBEDDED.search(name) and not nested:
        return _within(container, member, room)
    head = b""
    for piece in container.pieces(member):
        head = head or piece[:_LOOK]
    if name.endswith(_SCRAMBLED):  # fonts under a mask, packed drawings: what they begin with says nothing
        return 0
    if head.startswith(_ARCHIVES):
        raise Unsafe
    if head.startswith(_RUNS):
        raise Unsafe("FILE_MACRO")
    return 0


def _within(container: Container, member: Member, room: int) -> int:
    with tempfile.SpooledTemporaryFile(max_size=_PART) as kept:
        for piece in container.pieces(member):
            kept.write(piece)
        inner = _opened(kept, room, nested=True)
        if inner is None:
            raise Unsafe
        _be_still(_types(inner), list(_relations(inner)))
        return inner.unpacked


def _types(container: Container) -> Mapping[str, str]:
    """Content type by part; defaults stand under their extension with a dot."""
    page = container.read("[Content_Types].xml", _PART)
    found: dict[str, str] = {}
    for name, given in _elements(page or b"<none/>"):
        if name == "Override":
            found[given.get("PartName", "").lstrip("/").casefold()] = given.get("ContentType", "")
        elif name == "Default":
            found["." + given.get("Extension", "").casefold()] = given.get("ContentType", "")
    return found


def _relations(container: Container) -> Iterator[tuple[str, str, str, bool]]:
    """Every relationship: of which part ("" for the whole), its kind, its target, and whether that lies outside."""
    read = 0
    for member in container.members:
        folder, _, last = member.name.rpartition("/")
        if not last.casefold().endswith(".rels"):
            continue
        read += member.unpacked
        if read > 4 * _PART:
            raise Unsafe
        source = "" if member.name == "_rels/.rels" else f"{folder}/{last}"
        for name, given in _elements(container.read(member.name, _PART) or b"<none/>"):
            if name == "Relationship":
                outside = given.get("TargetMode", "").casefold() == "external"
                yield source, given.get("Type", ""), given.get("Target", ""), outside


def _be_still(types: Mapping[str, str], relations: list[tuple[str, str, str, bool]]) -> None:
    """Nothing that runs, nothing that is fetched from elsewhere; a hyperlink waits for somebody to press it."""
    if any(_MACRO.search(kind) for kind in (*types.values(), *(kind for _, kind, _, _ in relations))):
        raise Unsafe("FILE_MACRO")
    if any(outside and not kind.endswith("/hyperlink") for _, kind, _, outside in relations):
        raise Unsafe("FILE_LINKED")


def _elements(page: bytes) -> list[tuple[str, dict[str, str]]]:
    """Every element's local name and attributes, in order. Unsafe for what is no XML, or declares a document type."""
    found: list[tuple[str, dict[str, str]]] = []
    _parsed(page, lambda name, given: found.append((name, given)), lambda text: None)
    return found


def _texts(page: bytes) -> list[tuple[str, str]]:
    """Every element's local name with the text right inside it."""
    found: list[tuple[str, str]] = []

    def told(text: str) -> None:
        if found:
            found[-1] = (found[-1][0], found[-1][1] + text.strip())

    _parsed(page, lambda name, given: found.append((name, "")), told)
    return found


def _parsed(page: bytes, begun: Callable[[str, dict[str, str]], object], told: Callable[[str], object]) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, given: begun(name.rpartition(" ")[2], given)
    parser.CharacterDataHandler = told
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(page, True)
    except expat.ExpatError:
        raise Unsafe from None


def _no_doctype(*_: object) -> None:
    raise Unsafe
