"""The electronic signatures in a kept scan: its bytes, and the certificates that are trusted here."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from paperwork.pdf_signature import PdfSignature, examine
from workflow.files import FileDamaged, Files

SignedFiles = Callable[[str, datetime], tuple[PdfSignature, ...]]
"""By the digest of a kept scan and the instant at which certificates must be good."""

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def no_signatures(digest: str, at: datetime) -> tuple[PdfSignature, ...]:
    """Nobody looks."""
    return ()


def reading(files: Files, roots: Path | None) -> SignedFiles:
    """Looks into the scans of *files*. *roots*: a file of trusted certificates in PEM, or a folder of such files; read each time, so
    that a new one needs no restart."""

    def look(digest: str, at: datetime) -> tuple[PdfSignature, ...]:
        try:
            stream, _, _ = files.open_scan(digest)
        except FileDamaged:
            return ()  # what was never kept bears nothing; whoever reads the scan later is told
        with stream:
            return examine(stream.read(), trusted(roots), at)

    return look


def trusted(roots: Path | None) -> list[str]:
    """Every certificate of *roots*, in PEM."""
    if roots is None:
        return []
    kept = sorted(roots.glob("*")) if roots.is_dir() else [roots]
    texts = [path.read_text(encoding="ascii", errors="ignore") for path in kept if path.is_file()]
    return [found for text in texts for found in _CERTIFICATE.findall(text)]


__all__ = ["SignedFiles", "no_signatures", "reading", "trusted"]
