"""A list to take away: the same table as CSV or as a workbook."""

from flask import Response

from paperwork.separated import write_separated
from paperwork.sheet import XLSX, LaidSheet, write_sheets


def taken_as(kind: str, name: str, first: LaidSheet, *more: LaidSheet) -> Response:
    """*first* as *kind* csv, or all of them as xlsx, under *name*, which is of ASCII."""
    content = write_separated(first.rows) if kind == "csv" else write_sheets([first, *more])
    media = "text/csv; charset=utf-8" if kind == "csv" else XLSX
    said = f'attachment; filename="{name}.{kind}"'
    return Response(content, headers={"Content-Disposition": said, "Content-Type": media})
