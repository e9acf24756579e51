"""`vermilion calls`: check a definition, look at it, compare it, publish it; ask what it would have changed."""

import json
import re
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from programmes.calendar import BEIJING
from programmes.call import Call
from programmes.catalogue import DefinitionFaulty, check, load
from programmes.source import Fault
from service.console import FAILED, OK, UNUSABLE, explained, patiently, settings_or_exit
from web.format import Language

if TYPE_CHECKING:
    from service.replaying import Case


@click.group()
def calls() -> None:
    """征集 · calls."""


@calls.command("check")
@click.argument("definitions", metavar="FOLDER|ID…", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="给程序读 · for programs")
def check_(definitions: tuple[str, ...], as_json: bool) -> None:
    """逐处说明定义里的错误 · name every fault of definitions with its file and line.

    退出码 0 没有错误，1 有错误，2 没有这个文件夹 · ends with 0, 1 where there is a fault, 2 where there is no such folder.
    """
    found = [(folder, check(folder)) for folder in map(_folder_of, definitions)]
    if as_json:
        click.echo(json.dumps([_as_json(folder, faults) for folder, faults in found], ensure_ascii=False, indent=2))
    else:
        for folder, faults in found:
            _tell(folder, faults)
    sys.exit(FAILED if any(faults for _, faults in found) else OK)


def _as_json(folder: Path, faults: list[Fault]) -> dict[str, Any]:
    return {"definition": str(folder), "sound": not faults, "faults": [asdict(fault) for fault in faults]}


def _tell(folder: Path, faults: list[Fault]) -> None:
    """A line a fault; coloured where somebody looks, plain text elsewhere."""
    for fault in faults:
        where = click.style(f"{folder / fault.file}:{fault.line}", fg="cyan")
        click.echo(f"{where}: {click.style(fault.place, bold=True)}: {fault.zh} / {fault.en}")
    counted = click.style(f"{len(faults)} 处错误 · faults", fg="red") if faults else ""
    click.echo(f"{folder}: {counted or click.style('没有错误 · no fault', fg='green')}")


def _folder_of(definition: str) -> Path:
    """The folder of a definition: as given (or of a file in it), or of the packaged call of that id."""
    path = Path(definition)
    if path.exists():
        return path if path.is_dir() else path.parent
    there = {folder.name: folder for folder in files("programmes").joinpath("calls").iterdir() if folder.is_dir()}
    if definition in there:
        with as_file(there[definition]) as folder:
            return folder
    known = ", ".join(sorted(there))
    raise NoSuchDefinition(f"没有这个文件夹或征集 · no such folder or call: {definition}; there are: {known}")


class NoSuchDefinition(click.ClickException):
    """Neither a folder nor the id of a packaged call."""

    exit_code = UNUSABLE


@calls.command()
@click.argument("definition", metavar="FOLDER|ID")
def publish(definition: str) -> None:
    """发布：文件夹，或随附征集的编号 · publish a definition: a folder, or the id of one that comes with the program."""
    from eventstore.refusal import Refused
    from service import publishing, wiring

    call = _defined(definition)
    house = wiring.build(settings_or_exit())
    try:
        outcome = publishing.publish(house.dispatcher, call, house.as_roof())
    except Refused as refused:
        raise click.ClickException(explained(refused.refusals)) from refused
    click.echo(f"{call.id} {call.digest[:12]} {'已发布 · published' if outcome.positions else '已在 · known already'}")
    house.close()


def _defined(definition: str) -> Call:
    """The call of a folder, or of the packaged one of that id."""
    try:
        return load(_folder_of(definition))
    except (DefinitionFaulty, NoSuchDefinition) as faulty:
        raise click.ClickException(str(faulty)) from faulty


@calls.command("list")
def list_() -> None:
    """已发布的征集 · what is published."""
    from service import wiring

    house = wiring.build(settings_or_exit())
    for call in house.calls.calls():
        click.echo(f"{call.id}  {call.digest[:12]}  {call.opens_at:%Y-%m-%d}  {call.title.zh} · {call.title.en}")
    house.close()


@calls.command()
@click.argument("kind", type=click.Choice(["call", "programme", "definition"]), default="definition")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="三种都写进这个文件夹 · write all three")
def schema(kind: str, out: Path | None) -> None:
    """定义的 JSON Schema，供编辑器 · the JSON Schema of a definition, for editors.

    call 是征集文件夹里的文件，programme 是专项文件夹里的文件，definition 是合起来的整份
    · files of a call's folder, files of a programme's folder, or the whole.
    """
    from programmes import schemas

    if out is None:
        click.echo(schemas.text(kind), nl=False)
        return
    out.mkdir(parents=True, exist_ok=True)
    for name in schemas.KINDS:
        path = out / f"{name}.schema.json"
        path.write_text(schemas.text(name), encoding="utf-8")
        click.echo(path)


@calls.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--json", "as_json", is_flag=True, help="给程序读 · for programs")
def diff(old: str, new: str, as_json: bool) -> None:
    """两份定义差在哪里，说成话 · what changed between two definitions, in words.

    每份是文件夹、随附征集的编号，或已发布的摘要（开头 8 位以上）；退出码 0 相同，1 不同，2 读不了
    · each a folder, the id of a packaged call, or a published digest; ends with 0 the same, 1 differing, 2 trouble.
    """
    from programmes.difference import by_part, differences

    changes = differences(_any(old), _any(new))
    if as_json:
        click.echo(json.dumps([change.as_json() for change in changes], ensure_ascii=False, indent=2))
    for (zh, en), inside in () if as_json else by_part(changes).items():
        click.secho(f"{zh} / {en}", bold=True)
        for change in inside:
            mark, colour = _MARKS[change.kind]
            click.echo(f"  {click.style(mark, fg=colour)} {change.zh}\n    {change.en}")
    if not as_json:
        click.echo(f"{len(changes)} 处不同 · differences" if changes else "没有不同 · no difference")
    sys.exit(FAILED if changes else OK)


_MARKS = {
    "added": ("+", "green"),
    "removed": ("−", "red"),
    "renamed": ("~", "yellow"),
    "moved": ("↕", "yellow"),
    "changed": ("~", "yellow"),
}
_DIGEST = re.compile(r"[0-9a-f]{8,64}")


def _any(definition: str) -> Call:
    """The call of a folder, of a packaged id, or of a published digest; otherwise the end, with every fault."""
    if not Path(definition).exists() and _DIGEST.fullmatch(definition):
        return _published(definition)
    try:
        return load(_folder_of(definition))
    except DefinitionFaulty as faulty:
        click.echo(str(faulty), err=True)
        sys.exit(UNUSABLE)


def _published(digest: str) -> Call:
    from service import wiring

    house = wiring.build(settings_or_exit())
    known = house.calls.beginning(digest)
    house.close()
    if len(known) != 1:
        click.echo(f"没有发布过，或不止一份 · not published, or several: {digest}", err=True)
        sys.exit(UNUSABLE)
    return known[0]


@calls.command()
@click.argument("definition", metavar="FOLDER|ID")
@click.option("--direction", help="默认第一个 · the first unless said")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="写到这个文件 · the file to write")
@click.option("--serve", is_flag=True, help="在本机打开，改了就刷新 · serve on loopback; reload after a change")
@click.option("--port", default=0, help="0 取空闲端口 · takes a free one")
def preview(
    definition: str, direction: str | None, language: Language, out: Path | None, serve: bool, port: int
) -> None:
    """照申报单位看到的样子画出表来 · show the form as its applicants will see it, as one HTML file or served."""
    from service import previewing

    if serve:
        _serve(previewing.site(_folder_of(definition)), port)
        return
    call = _any(definition)
    chosen = direction or call.directions[0]
    if chosen not in call.directions:
        there = ", ".join(call.directions)
        raise click.BadParameter(f"没有这个方向 · there are: {there}", param_hint="--direction")
    path = out or Path(f"{call.id}-{chosen}-{language}.html")
    path.write_text(previewing.html(call, chosen, language), encoding="utf-8")
    click.echo(path)


def _serve(app: Any, port: int) -> None:
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", port, app, threaded=True)
    click.echo(f"预览 · preview http://127.0.0.1:{server.server_port}/   按 Ctrl-C 结束 · press Ctrl-C to end")
    with suppress(KeyboardInterrupt):
        server.serve_forever()


@calls.command()
@click.argument("call")
@click.option("--with", "changed", metavar="FOLDER|ID", required=True, help="改过的定义 · the changed definition")
@click.option("--drafts", is_flag=True, help="还没盖章的草稿也判 · judge the drafts that stand as well")
@click.option("--json", "as_json", is_flag=True, help="每行一个 JSON · one JSON object a line")
@click.option("--csv", "table", type=click.File("w", encoding="utf-8", lazy=False), help="写成表 · write a table")
@click.option("--progress/--no-progress", "bar", default=True, help="超过一秒显示进度 · a bar after a second")
def replay(call: str, changed: str, drafts: bool, as_json: bool, table: Any, bar: bool) -> None:
    """如果规则是这样：把一次征集里已盖章的申报按改过的定义再判一遍，什么也不写
    · what if: judge every sealed application of a call again under changed rules; writes nothing.

    每份都按它盖章那一刻判；退出码 0 没有变化，1 有人的结果会不同，2 读不了
    · each at the instant of its own seal; ends with 0 where nobody's answer differs, 1 where one does, 2 in trouble.
    """
    from eventstore.engine import read_only
    from service import replaying, wiring

    definition = _any(changed)
    house = wiring.build(settings_or_exit())
    read_only(house.engine)
    if call not in (known := {one.id for one in house.calls.calls()}):
        house.close()
        there = ", ".join(sorted(known))
        raise NoSuchDefinition(f"没有发布过这个征集 · no such call was published: {call}; there are: {there}")
    counts: Counter[str] = Counter()
    sheet = replaying.Table(table) if table is not None else None
    told = patiently("重判 · judging again") if bar else None
    for case in replaying.replay(house, call, definition, drafts=drafts, told=told):
        counts[case.outcome] += 1
        if case.outcome != "same":
            click.echo(json.dumps(case.as_json(), ensure_ascii=False) if as_json else _told(case))
            if sheet is not None:
                sheet.add(case)
    house.close()
    _sum_up(counts, call, definition, as_json)
    sys.exit(FAILED if counts.total() - counts["same"] else OK)


def _told(case: "Case") -> str:
    """An application whose answer would differ: which, how, and by which reasons."""
    from service.replaying import OUTCOMES

    said = OUTCOMES[case.outcome]
    state = "" if case.sealed else "草稿 draft "
    head = f"{case.application.number} {case.application.unit_name} {state}{case.at.astimezone(BEIJING):%Y-%m-%d %H:%M}"
    colour = {"refused": "red", "accepted": "green"}.get(case.outcome, "yellow")
    lines = [f"{head}: {click.style(f'{said.zh} · {said.en}', fg=colour)}"]
    for reason, came in case.why():
        source = f" [{reason.source}]" if reason.source else ""
        lines.append(f"  {'+' if came else '−'} {reason.code} {reason.zh} {reason.en}{source}")
    return "\n".join(lines)


def _sum_up(counts: "Counter[str]", call: str, changed: Call, as_json: bool) -> None:
    judged = counts.total()
    if as_json:
        told = {"call": call, "with": changed.digest, "judged": judged, **dict(sorted(counts.items()))}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(
        f"判了 {judged} 份 judged：不变 same {counts['same']}，会被拒绝 refused {counts['refused']}，"
        f"会被接受 accepted {counts['accepted']}，理由不同 otherwise {counts['otherwise']}"
    )
