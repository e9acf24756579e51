"""The lifecycle drawn from its own table: Mermaid for the docs, SVG for the docs and the page.

Nothing here is drawn by hand but the place of each stage; arrows, labels and ends are read off `steps.LIFECYCLE`.
"""

from collections.abc import Callable, Iterator, Mapping
from html import escape

from workflow.stages import ENDS, SPINE, Stage
from workflow.steps import LIFECYCLE, PLANNED, Step

Words = Callable[[str], str]
"""From a key of the catalogue ("stage.draft", "action.seal") to a word."""

_MAIN = (
    Stage.DRAFT,
    Stage.UNIT_SEALED,
    Stage.COUNTY_RECOMMENDED,
    Stage.CITY_RECOMMENDED,
    Stage.FORMAL_REVIEW,
    Stage.EXPERT_REVIEW,
    Stage.PROPOSED,
    Stage.PUBLIC_NOTICE,
    Stage.AWARDED,
    Stage.DISBURSING,
    Stage.DISBURSED,
    Stage.CLOSED,
)
_SIDE: Mapping[Stage, int] = {
    Stage.SITE_CHECK: 5,
    Stage.OBJECTION_HOLD: 7,
    Stage.RESERVED: 8,
    Stage.RECOVERING: 10,
    Stage.RECOVERED: 11,
}
_ENDS: Mapping[Stage, int] = {
    Stage.LAPSED: 0,
    Stage.WITHDRAWN: 1,
    Stage.NOT_RECOMMENDED: 3,
    Stage.FORM_FAILED: 4,
    Stage.NOT_SELECTED: 5,
    Stage.NOTICE_REJECTED: 7,
    Stage.AWARD_CANCELLED: 9,
}
_WIDTH, _HEIGHT, _ROW, _LEFT, _TOP = 168, 36, 84, 210, 28
_COLUMNS = (_LEFT, _LEFT + 270, _LEFT + 540)


def edges() -> Mapping[tuple[Stage | None, Stage], tuple[str, ...]]:
    """Each pair of different stages, and the triggers that lead from one to the other, in the table's order."""
    found: dict[tuple[Stage | None, Stage], list[str]] = {}
    for step in LIFECYCLE:
        if _moves(step):
            triggers = found.setdefault((step.source, step.dest), [])
            if step.trigger not in triggers:
                triggers.append(step.trigger)
    return {pair: tuple(triggers) for pair, triggers in found.items()}


def _moves(step: Step) -> bool:
    return step.source is not step.dest


def mermaid(words: Words) -> str:
    """A `stateDiagram-v2` of every transition that changes the stage."""
    lines = ["stateDiagram-v2", "    direction TB"]
    lines += [f"    {stage.value} : {words(f'stage.{stage.value}')}" for stage in Stage]
    for (source, dest), triggers in edges().items():
        label = "、".join(words(f"action.{trigger}") for trigger in triggers)
        lines.append(f"    {source.value if source else '[*]'} --> {dest.value} : {label}")
    lines += [f"    {stage.value} --> [*]" for stage in Stage if stage in ENDS]
    return "\n".join(lines) + "\n"


_STYLE = """<style>
.stage rect{fill:#fff;stroke:#858e9b}.stage text,.label{font:13px "Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
.stage text{fill:#17202b;text-anchor:middle}.spine rect{fill:#e9f0fb;stroke:#1a4fa3;stroke-width:1.5}
.end rect{fill:#f0f2f5;stroke-dasharray:4 3}.label{fill:#4a5563;font-size:11px}
.edge{fill:none;stroke:#858e9b}.main{stroke:#1a4fa3;stroke-width:1.5}.back{stroke:#8a4b00;stroke-dasharray:5 4}
.arrow{fill:#626c79}.paper{fill:#f6f7f9}
</style>"""


def svg(words: Words, *, standalone: bool = False) -> str:
    """The same picture as SVG. Styled by classes of the page; *standalone* brings its own style and paper."""
    width, height = _COLUMNS[2] + _WIDTH + 60, _TOP * 2 + _ROW * (len(_MAIN) - 1) + _HEIGHT
    title = escape(words("lifecycle.title"))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="lifecycle" viewBox="0 0 {width} {height}" role="img"'
        f' aria-labelledby="lifecycle-title"><title id="lifecycle-title">{title}</title>',
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
        ' orient="auto-start-reverse"><path class="arrow" d="M0 0 8 4 0 8Z"/></marker></defs>',
    ]
    if standalone:
        parts += [_STYLE, f'<rect class="paper" width="{width}" height="{height}"/>']
    parts += [*_drawn_edges(words), *(_box(stage, words) for stage in Stage), "</svg>\n"]
    return "\n".join(parts)


def _place(stage: Stage) -> tuple[int, int]:
    """The left upper corner of a stage's box."""
    if stage in _MAIN:
        return _COLUMNS[0], _TOP + _ROW * _MAIN.index(stage)
    if stage is Stage.RETURNED:
        return 12, _TOP + _ROW * 2
    if stage in _SIDE:
        return _COLUMNS[1], _TOP + _ROW * _SIDE[stage]
    return _COLUMNS[2], _TOP + _ROW * _ENDS[stage]


def _box(stage: Stage, words: Words) -> str:
    x, y = _place(stage)
    kind = "spine" if stage in SPINE else "end" if stage in ENDS else "side"
    word = escape(words(f"stage.{stage.value}"))
    return (
        f'<g class="stage {kind}" data-stage="{stage.value}"><rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}"'
        f' rx="18"/><text x="{x + _WIDTH // 2}" y="{y + 23}">{word}</text></g>'
    )


def _drawn_edges(words: Words) -> Iterator[str]:
    for (source, dest), triggers in edges().items():
        if source is None:
            continue
        label = escape("、".join(words(f"action.{trigger}") for trigger in triggers))
        told = f"{escape(words(f'stage.{source.value}'))} → {escape(words(f'stage.{dest.value}'))}: {label}"
        path, kind, at = _path(source, dest)
        yield f'<path class="edge {kind}" d="{path}" marker-end="url(#arrow)"><title>{told}</title></path>'
        if at:
            yield f'<text class="label" x="{at[0]}" y="{at[1]}">{label}</text>'


def _path(source: Stage, dest: Stage) -> tuple[str, str, tuple[int, int] | None]:
    """The curve between two boxes, its kind, and where its label stands (none where lines run close)."""
    (x1, y1), (x2, y2) = _place(source), _place(dest)
    half = _HEIGHT // 2
    if x1 == x2 and y2 - y1 == _ROW:
        middle = x1 + _WIDTH // 2
        return f"M{middle} {y1 + _HEIGHT}V{y2 - 2}", "main", (middle + 8, y1 + _HEIGHT + 28)
    if x1 == x2:
        edge, bow = x1 + _WIDTH, 26 + abs(y2 - y1) // 12
        path = f"M{edge} {y1 + half}C{edge + bow} {y1 + half} {edge + bow} {y2 + half} {edge + 2} {y2 + half}"
        return path, "back" if y2 < y1 else "", None
    if x2 < x1:
        path = f"M{x1} {y1 + half}C{x1 - 40} {y1 + half} {x2 + _WIDTH + 40} {y2 + half} {x2 + _WIDTH + 2} {y2 + half}"
        return path, "back", None
    start, end = x1 + _WIDTH, x2 - 2
    path = f"M{start} {y1 + half}C{start + 60} {y1 + half} {end - 60} {y2 + half} {end} {y2 + half}"
    return path, "", None


def documents(words: Mapping[str, Words]) -> Mapping[str, str]:
    """The files of the docs that are drawn from the table: name to text. *words* by language."""
    table = "\n".join(_rows(words["zh"], words["en"]))
    return {
        "lifecycle.svg": svg(words["zh"], standalone=True),
        "lifecycle.en.svg": svg(words["en"], standalone=True),
        "lifecycle.md": _PAGE.format(zh=mermaid(words["zh"]), en=mermaid(words["en"]), table=table),
    }


_PAGE = """# 申报流程 · The lifecycle

Drawn from `workflow/steps.py` by `make diagram`; a test fails when this page is stale. Roles are read from `directory/policy.py`.

![申报流程](lifecycle.svg)

```mermaid
{zh}```

```mermaid
{en}```

## 步骤 · Steps

| 步骤 Step | 从 From | 到 To | 谁 Who | 文书 Paper | 告知 Told |
|---|---|---|---|---|---|
{table}
"""


def _rows(zh: Words, en: Words) -> Iterator[str]:
    for step in (*LIFECYCLE, *PLANNED):
        later = f" *{zh('lifecycle.planned')} {en('lifecycle.planned')}*" if step in PLANNED else ""
        source = zh(f"stage.{step.source.value}") if step.source else "—"
        who = "、".join(sorted(zh(f"role.{role.value}") for role in step.roles))
        cells = (
            f"{zh(f'action.{step.trigger}')} {en(f'action.{step.trigger}')} `{step.trigger}`{later}",
            source,
            zh(f"stage.{step.dest.value}"),
            who,
            step.document.replace(" | ", " · ") or "—",
            "、".join(zh(f"audience.{audience}") for audience in step.told) or "—",
        )
        yield f"| {' | '.join(cells)} |"
