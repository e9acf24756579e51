"""What stands in a journey's values: names to be filled in, paths to look along, papers and texts to be made.

Pure.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from itertools import cycle, islice
from typing import Any, TypeAlias

from programmes.shapes import is_list, is_mapping
from service.client import Answer, Upload
from service.paper import pdf

Names: TypeAlias = Mapping[str, Any]

_NAME = re.compile(r"\$\{([^}]+)\}|\$([A-Za-z_]\w*(?:\.\w+)*)")
_TEXT = "朱印为信一步一记"


class NobodyBound(Exception):
    """A journey uses a name that no step and no variable has bound."""


def fill(value: Any, names: Names) -> Any:
    """*value* with $name and ${name.path} put in, keys too; alone it keeps its type, inside a text it becomes text."""
    if is_mapping(value):
        return {fill(key, names): fill(part, names) for key, part in value.items()}
    if is_list(value):
        return [fill(part, names) for part in value]
    if not isinstance(value, str) or "$" not in value:
        return value
    whole = _NAME.fullmatch(value)
    if whole:
        return fill(_bound(whole, names), names)
    return _NAME.sub(lambda found: str(fill(_bound(found, names), names)), value)


def _bound(found: re.Match[str], names: Names) -> Any:
    path = found[1] or found[2]
    head, _, rest = path.partition(".")
    if head not in names:
        raise NobodyBound(f"nothing is called ${head}")
    return look(names[head], rest) if rest else names[head]


def look(value: Any, path: str) -> Any:
    """What stands at *path*; None where nothing does.

    "answers.total_assets.2023", "panel.0", "panel.#" for the count, "slots.id=L-4.name" for one of a list.
    """
    for part in path.split("."):
        if is_mapping(value):
            value = value.get(part)
        elif is_list(value):
            value = _of_list(value, part)
        else:
            return None
    return value


def _of_list(value: list[Any], part: str) -> Any:
    name, equals, wanted = part.partition("=")
    if part == "#":
        return len(value)
    if equals:
        return next((item for item in value if str(look(item, name)) == wanted), None)
    if part.lstrip("-").isdigit() and -len(value) <= int(part) < len(value):
        return value[int(part)]
    return None


def made(value: Any) -> Any:
    """`{file: name, says: title, pages: n}` becomes a paper, `{hash: title}` the SHA-256 of one, `{zi: n}` a text of n 字."""
    if is_list(value):
        return [made(part) for part in value]
    if not is_mapping(value):
        return value
    if "file" in value and isinstance(value["file"], str):
        paper = pdf(str(value.get("says", value["file"])), int(str(value.get("pages", 1))))
        return Upload(name=value["file"], content=paper)
    if set(value) == {"hash"}:
        return sha256(pdf(str(value["hash"]))).hexdigest()
    if set(value) == {"zi"}:
        return "".join(islice(cycle(_TEXT), int(str(value["zi"]))))
    return {key: made(part) for key, part in value.items()}


def refusals(answer: Answer) -> dict[str, Mapping[str, Any]]:
    """The codes of a refusal or of a malformed request, with their parameters."""
    said = [*(look(answer.body, "refusals") or ()), *(look(answer.body, "errors") or ())]
    return {one["code"]: one.get("params", {}) for one in said}
