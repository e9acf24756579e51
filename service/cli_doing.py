"""`vermilion do …`, `vermilion actions …`: every operation of the API from the command line, as the person whose token is given.

The same door as for anybody else: the policy, the guards, the letters and the record of who did it are the API's. There is no
way around them from here, for an operator neither.
"""

import json
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TextIO

import click

from programmes.shapes import is_mapping
from service.client import Answer, Client, Unreachable, Upload
from service.console import FAILED, OK, UNUSABLE
from service.values import look

_SERVICE = click.option(
    "--base-url", default="http://127.0.0.1:8000", show_default=True, help="已开的服务 · a running service"
)
_TOKEN = click.option("--token", type=click.File(), required=True, help="本人令牌的文件 · a file with one's own token")
_REFUSED = frozenset({409, 412, 422})
_UUID_LENGTH = 36


@click.command()
@click.argument("operation", required=False)
@_SERVICE
@_TOKEN
@click.option("--application", default="", help="申报的编号或标识 · an application's number or id")
@click.option("--with", "body", type=click.File(), help="JSON 文件，- 为标准输入 · a JSON file, - for standard input")
@click.option(
    "--set", "fields", multiple=True, metavar="NAME=VALUE", help="一个字段，值按 JSON 读 · one field, read as JSON"
)
@click.option("--attach", "files", multiple=True, metavar="NAME=PATH", help="一个文件 · one file")
@click.option("--key", default="", help="同一把钥匙只办一次 · the same key acts once")
@click.option("--dry-run", is_flag=True, help="不办，只说有什么拦着 · do nothing, say what stands in the way")
@click.option("--json", "as_json", is_flag=True, help="原样的答复 · the answer as it came")
@click.option(
    "--out",
    type=click.File("wb", lazy=True),
    help="答复存成文件，- 为标准输出 · keep the answer in a file, - for standard output",
)
def do(
    operation: str | None,
    base_url: str,
    token: TextIO,
    application: str,
    body: TextIO | None,
    fields: Sequence[str],
    files: Sequence[str],
    key: str,
    dry_run: bool,
    as_json: bool,
    out: IO[bytes] | None,
) -> None:
    """办一件事 · do anything the API does; without OPERATION all are listed. Ends with 1 where the rules refuse, 2 where it cannot be asked."""
    with _asking(base_url) as client:
        secret = token.read().strip()
        if operation is None:
            click.echo("\n".join(f"{one.id:<28} {one.words}" for one in sorted(client.operations().values(), key=_id)))
            return
        if operation not in client.operations():
            raise click.UsageError(f"没有这个操作 · no such operation: {operation}")
        about = _application(client, secret, application)
        if dry_run:
            sys.exit(_foreseen(client, secret, operation, about))
        answer = client.call(operation, _given(body, fields, files), token=secret, application=about, key=key)
        if out is not None and answer.ok:
            _keep(out, answer.content)
        else:
            click.echo(_printed(answer, as_json), err=answer.is_file or not answer.ok)
    sys.exit(OK if answer.ok else FAILED if answer.status in _REFUSED else UNUSABLE)


def _keep(out: IO[bytes], content: bytes) -> None:
    """The file is opened only here: nothing is emptied for an answer that never came."""
    try:
        out.write(content)
    except (OSError, click.FileError) as error:
        click.echo(f"已办理，但答复没有存下 · it is done, and the answer could not be kept: {error}", err=True)
        sys.exit(UNUSABLE)


@click.command()
@click.argument("application")
@_SERVICE
@_TOKEN
@click.option("--json", "as_json", is_flag=True, help="原样的答复 · the answer as it came")
def actions(application: str, base_url: str, token: TextIO, as_json: bool) -> None:
    """可办事项 · what this person can do with an application, and everything that stands in the way of the rest."""
    with _asking(base_url) as client:
        secret = token.read().strip()
        answer = _actions(client, secret, _application(client, secret, application))
    if as_json:
        click.echo(json.dumps(answer["actions"], ensure_ascii=False, indent=2))
        return
    known = _by_trigger()
    for one in answer["actions"]:
        names = " ".join(known.get(one["trigger"], ()))
        click.echo(f"{'✓' if one['open'] else '✗'} {one['trigger']:<20} {names}")
        for said in one["refusals"]:
            click.echo(f"    {_reason(said)}")


@contextmanager
def _asking(base_url: str) -> Generator[Client]:
    client = Client(base_url)
    try:
        yield client
    except Unreachable as away:
        click.echo(str(away), err=True)
        sys.exit(UNUSABLE)
    finally:
        client.close()


def _id(one: Any) -> str:
    return str(one.id)


def _given(body: TextIO | None, fields: Sequence[str], files: Sequence[str]) -> dict[str, Any]:
    """What is sent: the JSON file, then single fields, then files."""
    try:
        given: Any = json.load(body) if body is not None else {}
    except ValueError as wrong:
        raise click.UsageError(f"不是 JSON · no JSON: {wrong}") from wrong
    if not is_mapping(given):
        raise click.UsageError("要一个 JSON 对象 · a JSON object is wanted")
    sent: dict[str, Any] = {str(name): value for name, value in given.items()}
    sent |= {name: _value(text) for name, text in map(_pair, fields)}
    return sent | {name: _upload(Path(path)) for name, path in map(_pair, files)}


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.UsageError(f"写成 名字=值 · write NAME=VALUE: {text}")
    return name, value


def _value(text: str) -> Any:
    """As JSON where it is some, otherwise as the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _upload(path: Path) -> Upload:
    try:
        return Upload(path.name, path.read_bytes(), "application/octet-stream")
    except OSError as wrong:
        raise click.UsageError(f"读不了 · cannot be read: {path}: {wrong.strerror}") from wrong


def _application(client: Client, token: str, said: str) -> str:
    """Its id: given as such, or found by its number among those in sight."""
    if not said or len(said) == _UUID_LENGTH:
        return said
    answer = client.call("listApplications", {"search": said}, token=token)
    found = [one["id"] for one in look(answer.body, "items") or () if one["number"] == said]
    if len(found) == 1:
        return str(found[0])
    click.echo(_told(answer) if not answer.ok else f"没有这件申报 · no such application in sight: {said}", err=True)
    sys.exit(UNUSABLE)


def _actions(client: Client, token: str, application: str) -> Mapping[str, Any]:
    answer = client.call("getActions", {}, token=token, application=application)
    if not answer.ok:
        click.echo(_told(answer), err=True)
        sys.exit(UNUSABLE)
    body: Mapping[str, Any] = answer.body
    return body


def _foreseen(client: Client, token: str, operation: str, application: str) -> int:
    """What the guards say before anything is typed; what they ask of the body itself only the deed can tell."""
    trigger = next((trigger for trigger, names in _by_trigger().items() if operation in names), "")
    if not trigger or not application:
        raise click.UsageError("只有申报的步骤可以预看 · only a step of an application can be foreseen")
    found = next((one for one in _actions(client, token, application)["actions"] if one["trigger"] == trigger), None)
    if found is None:
        click.echo("现在没有这一步，或不归此人办 · there is no such step now, or not for this person", err=True)
        return FAILED
    for said in found["refusals"]:
        click.echo(_reason(said), err=True)
    if found["open"]:
        click.echo(f"可以办 · open: {operation}")
    return OK if found["open"] else FAILED


def _by_trigger() -> Mapping[str, Sequence[str]]:
    """The operations of each trigger of the lifecycle."""
    from workflow.api.wishes import WISHES

    found: dict[str, list[str]] = {"create": ["openApplication"], "print": ["issuePaper"]}
    for wish in WISHES:
        found.setdefault(wish.command.trigger, []).append(wish.id)
    found.setdefault("save", []).extend(("attachFile", "removeFile"))
    return found


def _printed(answer: Answer, as_json: bool) -> str:
    if answer.is_file:
        kind = answer.headers.get("content-type", "")
        return f"这是文件（{kind}，{len(answer.content)} 字节），用 --out 保存 · a file: keep it with --out"
    return json.dumps(answer.body, ensure_ascii=False, indent=2) if as_json else _told(answer)


def _told(answer: Answer) -> str:
    """What stands now, or every reason why not."""
    if answer.ok:
        said = {name: look(answer.body, name) for name in ("number", "stage", "version", "events")}
        lines = [f"{name}: {value}" for name, value in said.items() if value not in (None, "", [])]
        return "\n".join(lines) or json.dumps(answer.body, ensure_ascii=False)
    reasons = [*(look(answer.body, "refusals") or ()), *(look(answer.body, "errors") or ())]
    return "\n".join(map(_reason, reasons)) or f"{answer.status} {look(answer.body, 'title') or ''}"


def _reason(said: Mapping[str, Any]) -> str:
    zh, en = look(said, "reason.zh") or look(said, "zh") or "", look(said, "reason.en") or look(said, "en") or ""
    field = f"{said['field']}: " if said.get("field") else ""
    return f"{field}{said.get('code', '')}  {zh} {en}".rstrip()


COMMANDS = (do, actions)
