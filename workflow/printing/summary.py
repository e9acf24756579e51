"""The recommendation list as a file: Excel to work with, PDF to print and seal."""

from collections.abc import Mapping

from eventstore.refusal import Refusal, Refused
from paperwork.components import NotInstalled
from paperwork.sheet import SummarySheet

SHEET_TYPES: Mapping[str, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
_PATIENCE_S = 20.0
"""A list is a few pages, so it is made while one waits, in a child process all the same."""


def drawn(sheet: SummarySheet, format: str) -> bytes:
    """*sheet* as "xlsx" or "pdf"; Refused where it cannot be drawn."""
    from paperwork import pdf
    from paperwork.sheet import summary_document, write_summary

    try:
        if format == "xlsx":
            return write_summary(sheet)
        return pdf.render(summary_document(sheet), timeout_s=_PATIENCE_S).data
    except pdf.RenderingFailed as failure:
        raise Refused(Refusal.of("PAPER_FAILED", reason=failure.reason)) from failure
    except NotInstalled as lacking:
        raise Refused(Refusal.of("PAPER_FAILED", reason="not_installed")) from lacking
