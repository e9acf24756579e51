"""Five thousand cost lines from a workbook, beside openpyxl reading the same cells and doing nothing with them.

Ours weighs the file, reads it, finds the table under its head, reads every cell as the form does, cross-checks, and decides
what will be saved: everything but the write. It is computing alone, so processor time is what counts.
"""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from time import process_time
from uuid import UUID

from bench.figures import Figure, at_most, time_of
from bench.progress import Progress
from bench.rounds import interleaved, repeated
from bench.scale import Scale
from directory.actor import Role
from paperwork.sheet import write_sheets
from programmes.workbook import lay_out
from tests.programmes.benchmark import UNIT, answers, the_call
from tests.scenario import ID, OPENED, at, facts, person
from workflow.application import EMPTY, Application, evolve
from workflow.decisions import decide
from workflow.events import SectionSaved
from workflow.importing import look

_WANTED, _LINES, _FEW = 3.0, 5_000, 500
_WHEN = "2025-09-20 09:00"


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    lines = _LINES if scale.rounds > 2 else _FEW
    data, application = _workbook(lines), _opened()
    sides = {
        "ours": repeated(1, lambda: _imported(data, application, lines), process_time),
        "openpyxl": repeated(1, lambda: _read(data), process_time),
    }
    found = interleaved(max(scale.rounds // 2, 2), sides, progress)
    yield at_most(
        f"{lines} cost lines imported: read, checked, decided",
        time_of(found.of("ours")),
        f"openpyxl reading {time_of(found.of('openpyxl'))}",
        found.ratio("ours", "openpyxl"),
        _WANTED,
    )


def _workbook(lines: int) -> bytes:
    """The table of cost lines alone, as the house lays it out."""
    held = answers()["cost_lines"]
    assert isinstance(held, list)
    rows = [{**held[n % len(held)], "number": f"C{n}", "invoice_number": f"2544{n:07}"} for n in range(lines)]  # type: ignore[dict-item]
    [table] = [sheet for sheet in lay_out(the_call(), "B1", {"cost_lines": rows}) if len(sheet.rows) == lines + 1]
    return write_sheets([table])


def _opened() -> Application:
    call = the_call()
    opened = replace(
        OPENED,
        call=call.id,
        programme="B",
        direction="B1",
        definition_digest=call.digest,
        lead_unit=UNIT,
        region="440606",
    )
    return evolve(EMPTY, opened)


def _imported(data: bytes, application: Application, lines: int) -> None:
    looked = look(BytesIO(data), "费用.xlsx", application, the_call(), at(_WHEN))
    command = looked.command(UUID(int=ID.int))
    assert command is not None, looked.taken.marks[:3]
    editor = person("zhizao-editor", (Role.UNIT_EDITOR, UNIT))
    [saved] = decide(application, command, replace(facts(editor, _WHEN), call=the_call()))
    assert isinstance(saved, SectionSaved)
    assert len(saved.answers["cost_lines"]) == lines


def _read(data: bytes) -> int:
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(data), read_only=True, data_only=True)
    cells = sum(len(row) for page in book.worksheets for row in page.iter_rows(values_only=True))
    book.close()
    return cells
