"""A form of twenty pages drawn as PDF, beside bare typst that sets the same words plainly, also in a process of its own.

The floor has no frame, no code and QR, no drawn boxes, no PDF/A, no limits; it opens the same two fonts.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figures import Figure, at_most, time_of
from bench.progress import Progress
from bench.rounds import interleaved, timed
from bench.scale import Scale
from paperwork import fonts, word
from paperwork.document import Block, Boxes, Document, Enclosures, Heading, Pairs, Table, Text
from paperwork.pdf import render
from paperwork.sheet import SummarySheet, write_summary
from tests.paperwork.specimen import form

_WANTED = 1.3
_LENGTH = 6_800  # characters in each of three long texts: twenty pages
_ROWS = 2_000
_BARE = """
import json, sys, typst
fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[sys.argv[2]])
paper = typst.compile(sys.argv[1], font_paths=fonts, sys_inputs={"paper": sys.stdin.read()})
sys.stdout.buffer.write(paper)
"""


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    document = form(_LENGTH)
    pages = render(document).pages
    sides = {
        "ours": lambda _round: timed(lambda: render(document)),
        "floor": lambda _round: timed(lambda: _bare(document)),
        "word": lambda _round: timed(lambda: word.render(document)),
        "sheet": lambda _round: timed(lambda: write_summary(_summary())),
    }
    found = interleaved(scale.rounds, sides, progress)
    yield at_most(
        f"a form of {pages} pages as PDF/A",
        time_of(found.of("ours")),
        f"bare typst {time_of(found.of('floor'))}",
        found.ratio("ours", "floor"),
        _WANTED,
    )
    yield Figure(what="the same as .docx", ours=time_of(found.of("word")))
    yield Figure(what=f"项目推荐汇总表, {_ROWS:,} rows, as .xlsx", ours=time_of(found.of("sheet")))


def _bare(document: Document) -> bytes:
    command = [sys.executable, "-c", _BARE, str(Path(__file__).with_name("bare.typ")), str(fonts.folder())]
    return subprocess.run(command, input=_words(document).encode(), capture_output=True, check=True).stdout


def _words(document: Document) -> str:
    parts = [[part.heading, [_plain(block) for block in part.blocks]] for part in document.parts]
    return json.dumps({"title": document.title, "parts": parts}, ensure_ascii=False)


def _plain(block: Block) -> dict[str, Any]:
    """Its texts in reading order, and over how many columns; 0 for paragraphs."""
    match block:
        case Text():
            return {"columns": 0, "texts": block.text.split("\n")}
        case Table():
            return {
                "columns": len(block.columns),
                "texts": [*block.columns, *(cell for row in block.rows for cell in row)],
            }
        case Pairs():
            return {
                "columns": 2,
                "texts": [said for row in block.rows for line in row for said in (line.label, line.value)],
            }
        case Boxes():
            return {"columns": 0, "texts": [block.label, *(option.text for option in block.options)]}
        case Enclosures():
            listed = block.enclosures
            return {"columns": 2, "texts": [said for each in listed for said in (each.label, each.name)]}
        case Heading():
            return {"columns": 0, "texts": [block.text]}
        case _:
            return {"columns": 0, "texts": []}


def _summary() -> SummarySheet:
    row = (
        "1",
        "长沙某某科技有限公司",
        "面向工程机械的大模型",
        "软件业",
        "长沙市",
        "岳麓区",
        "李某 13800138000",
        "大模型",
        "垂直",
    )
    return SummarySheet(heading="项目推荐汇总表", bureau="岳麓区工信局", contact="李某", rows=(row,) * _ROWS)
