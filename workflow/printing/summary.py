"""The recommendation list and its letter as files: Excel and Word to work with, PDF to print and seal."""

from collections.abc import Callable, Mapping

from eventstore.refusal import Refusal, Refused
from paperwork.components import NotInstalled
from paperwork.document import Document
from paperwork.sheet import XLSX, SummarySheet
from workflow.printing.jobs import MEDIA_TYPES

SHEET_TYPES: Mapping[str, str] = {"xlsx": XLSX, "pdf": "application/pdf"}
LETTER_TYPES = MEDIA_TYPES
_PATIENCE_S = 20.0
"""A list is a few pages, so it is made while one waits, in a child process all the same."""


def drawn(sheet: SummarySheet, format: str) -> bytes:
    """*sheet* as "xlsx" or "pdf"; Refused where it cannot be drawn."""
    from paperwork.sheet import summary_document, write_summary

    return _made(lambda: write_summary(sheet)) if format == "xlsx" else _as_pdf(summary_document(sheet))


def drawn_letter(letter: Document, format: str) -> bytes:
    """*letter* as "docx" or "pdf"; Refused where it cannot be drawn."""
    from paperwork import word

    return _made(lambda: word.render(letter)) if format == "docx" else _as_pdf(letter)


def _as_pdf(document: Document) -> bytes:
    from paperwork import pdf

    return _made(lambda: pdf.render(document, timeout_s=_PATIENCE_S).data)


def _made(make: Callable[[], bytes]) -> bytes:
    from paperwork.pdf import RenderingFailed

    try:
        return make()
    except RenderingFailed as failure:
        raise Refused(Refusal.of("PAPER_FAILED", reason=failure.reason)) from failure
    except NotInstalled as lacking:
        raise Refused(Refusal.of("PAPER_FAILED", reason="not_installed")) from lacking
