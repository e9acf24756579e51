"""A paper as PDF/A: drawn by typst in a child process per paper, the same bytes for the same paper on every machine.

The template is fixed; what was typed goes in as data and can never become markup.
"""

import json
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from typing import Literal

from paperwork import fonts, press
from paperwork.components import NotInstalled, require
from paperwork.document import Document
from paperwork.laying import QR, Laid, laid_out

STANDARDS = ("a-2a",)
_MAIN, _ALONE = "paper.typ", "alone.typ"
_TEMPLATE = Path(__file__).parent / "templates" / _MAIN
_MIDNIGHT, _UNDATED = "T00:00:00+00:00", "1980-01-01"
_THREADS = 2
_GRACE_S = 1
_NO_ROOM = re.compile(
    r"memory allocation|MemoryError|failed to map segment|Cannot allocate memory|Resource temporarily"
)
Reason = Literal["timeout", "memory", "faulty"]


class RenderingFailed(Exception):
    """The paper could not be drawn: it took too long, or too much memory, or holds what cannot be drawn (a broken picture)."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: Reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A paper drawn. *missing* are the characters no font has, each drawn as a box: `U+E000`."""

    data: bytes
    pages: int
    sha256: str
    missing: tuple[str, ...] = ()


def render(document: Document, *, timeout_s: float = 60, memory_mb: int = 1024) -> Rendered:
    """Draws *document*. Raises RenderingFailed, and NotInstalled where typst, segno or the fonts are not there."""
    require("PDF", "typst", "segno")
    laid = laid_out(document)
    with tempfile.TemporaryDirectory(prefix="paper-") as root:
        for name, content in {_MAIN: _template(), **laid.pictures}.items():
            (Path(root) / name).write_bytes(content)
        done = _pressed(_order(document, laid, root), timeout_s, memory_mb)
        if done.returncode == press.FAULTY and laid.pictures.keys() - {QR}:
            _leave_out_the_broken(document, laid, root, timeout_s, memory_mb)
            done = _pressed(_order(document, laid, root), timeout_s, memory_mb)
    if done.returncode != 0:
        raise _failure(done)
    pages, _, data = done.stdout.partition(b"\n")
    return Rendered(data=data, pages=int(pages), sha256=sha256(data).hexdigest(), missing=laid.missing)


def _leave_out_the_broken(document: Document, laid: Laid, root: str, timeout_s: float, memory_mb: int) -> None:
    """Each picture is drawn alone; one that cannot be leaves a box with its name."""
    for name in laid.pictures.keys() - {QR}:
        (Path(root) / _ALONE).write_text(f'#image("{name}")\n#metadata(1) <pages>', "utf-8")
        order = _order(document, laid, root, template=_ALONE, standards=())
        if _pressed(order, timeout_s, memory_mb).returncode != 0:
            laid.paper["undrawn"].append(name)


def _order(
    document: Document, laid: Laid, root: str, template: str = _MAIN, standards: tuple[str, ...] = STANDARDS
) -> bytes:
    """*root* holds the template and the pictures of this paper: there is nothing else that could be read."""
    order = {
        "template": str(Path(root) / template),
        "root": root,
        "fonts": str(fonts.folder()),
        "inputs": {"paper": json.dumps(laid.paper, ensure_ascii=False)},
        "standards": standards,
        "midnight": (document.dated or _UNDATED) + _MIDNIGHT,
    }
    return json.dumps(order).encode()


def _pressed(order: bytes, timeout_s: float, memory_mb: int) -> "subprocess.CompletedProcess[bytes]":
    """The child inherits no environment and is killed and reaped whatever happens here."""
    command = [
        sys.executable,
        "-I",
        "-S",
        press.__file__,
        _libraries(),
        str(memory_mb << 20),
        str(max(1, ceil(timeout_s) + _GRACE_S)),
    ]
    surroundings = {"RAYON_NUM_THREADS": str(_THREADS), "MALLOC_ARENA_MAX": str(_THREADS), "LC_ALL": "C.UTF-8"}
    try:
        return subprocess.run(  # noqa: S603 our own interpreter and file
            command, input=order, capture_output=True, timeout=timeout_s, env=surroundings, check=False
        )
    except subprocess.TimeoutExpired:
        raise RenderingFailed("timeout", f"{timeout_s:g} s") from None


def _failure(done: "subprocess.CompletedProcess[bytes]") -> RenderingFailed:
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
        return RenderingFailed("timeout", "CPU")
    if done.returncode == press.FAULTY:
        return RenderingFailed("faulty", said[:2000])
    if done.returncode in {press.NO_MEMORY, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS} or _NO_ROOM.search(said):
        return RenderingFailed("memory", said[-300:])
    return RenderingFailed("faulty", said[-2000:])


@cache
def _template() -> bytes:
    return _TEMPLATE.read_bytes()


@cache
def _libraries() -> str:
    found = find_spec("typst")
    if found is None or found.origin is None:
        raise NotInstalled("PDF")
    return str(Path(found.origin).parent.parent)
