"""A definition as written: YAML files of one folder, read into plain data that remembers file and line of everything.

A call is a folder: `*.yaml` in it are the call, each subfolder is one programme, each file gives some of the top words.
Only true and false are booleans, only bare whole numbers are numbers, all else is text; no anchors, no tags, no floats.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeAlias, cast

import yaml

from programmes.shapes import is_list, is_mapping

Place: TypeAlias = tuple[str | int, ...]

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where libyaml is there
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a definition: where it is written, which part it is, and what, in both languages."""

    file: str
    line: int
    place: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.place}: {self.zh} / {self.en}"


@dataclass(slots=True)
class Source:
    """The data of a definition, where each part of it stands, and what could not be read."""

    data: dict[str, Any] = field(default_factory=dict[str, Any])
    marks: dict[Place, tuple[str, int]] = field(default_factory=dict[Place, tuple[str, int]])
    faults: list[Fault] = field(default_factory=list[Fault])

    def fault(self, place: Place, zh: str, en: str) -> Fault:
        """A fault of the part at *place*, or of the nearest part around it that is written down."""
        near = place
        while near and near not in self.marks:
            near = near[:-1]
        file, line = self.marks.get(near, ("call.yaml", 1))
        return Fault(file, line, spelled(place) or "call", zh, en)


def spelled(place: Place) -> str:
    """A place as people read it: `programmes[0].form[2].fields[5].label`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".")


def read_folder(folder: Path | Traversable) -> Source:
    """Everything written in *folder*. Faults are collected, never raised."""
    source, reader = Source(), None
    for path in _yaml_files(folder):
        reader = _Reader(source, path.name)
        reader.into(source.data, (), path)
    programmes: list[dict[str, Any]] = []
    for sub in sorted((one for one in folder.iterdir() if one.is_dir()), key=lambda one: one.name):
        files = list(_yaml_files(sub))
        if files:
            place: Place = ("programmes", len(programmes))
            source.marks[place] = (f"{sub.name}/{files[0].name}", 1)
            programmes.append({})
            for path in files:
                _Reader(source, f"{sub.name}/{path.name}").into(programmes[-1], place, path)
    if programmes:
        source.data["programmes"] = programmes
    if reader is None:
        source.faults.append(Fault(str(folder), 1, "call", "文件夹里没有 .yaml 文件", "no .yaml file in the folder"))
    return source


def _yaml_files(folder: Path | Traversable) -> Iterator[Path | Traversable]:
    files = [one for one in folder.iterdir() if one.is_file() and one.name.endswith(".yaml")]
    yield from sorted(files, key=lambda one: (one.name not in ("call.yaml", "programme.yaml"), one.name))


class _Reader:
    """Reads one file into data that may already hold what other files gave."""

    def __init__(self, source: Source, file: str) -> None:
        self.source, self.file = source, file
        self.seen: set[int] = set()

    def into(self, data: dict[str, Any], place: Place, path: Path | Traversable) -> None:
        try:
            root = yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError, OSError) as error:
            self._unreadable(error)
            return
        if root is None:
            return
        if not isinstance(root, yaml.MappingNode):
            self._fault(root, place, "文件最外层必须是“词: 值”", "the file must be words and values")
            return
        for key, value in self._pairs(root, place):
            if key in data:
                self._fault(value, (*place, key), f"“{key}” 写了两次", f"{key!r} is written twice")
            else:
                data[key] = self._value(value, (*place, key), 1)

    def _pairs(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, yaml.Node]]:
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._fault(key, place, "词必须是一行文字", "a word must be plain text")
                continue
            self.source.marks[(*place, key.value)] = (self.file, key.start_mark.line + 1)
            yield key.value, value

    def _value(self, node: yaml.Node, place: Place, depth: int) -> Any:
        self.source.marks.setdefault(place, (self.file, node.start_mark.line + 1))
        if depth > _DEEPEST or id(node) in self.seen:
            self._fault(node, place, "不能引用锚点，也不能嵌套这么深", "no anchors, and not nested so deep")
            return None
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place, depth)
        if isinstance(node, yaml.SequenceNode):
            items = cast("list[yaml.Node]", node.value)  # the stubs leave it open
            return [self._value(item, (*place, number), depth + 1) for number, item in enumerate(items)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, place: Place, depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in self._pairs(node, place):
            if key in data:
                self._fault(value, (*place, key), f"“{key}” 写了两次", f"{key!r} is written twice")
            else:
                data[key] = self._value(value, (*place, key), depth + 1)
        return data

    def _fault(self, node: yaml.Node, place: Place, zh: str, en: str) -> None:
        self.source.faults.append(Fault(self.file, node.start_mark.line + 1, spelled(place) or "call", zh, en))

    def _unreadable(self, error: Exception) -> None:
        mark = getattr(error, "problem_mark", None)
        said = str(getattr(error, "problem", None) or error)
        line = 1 if mark is None else int(mark.line) + 1
        self.source.faults.append(Fault(self.file, line, "call", f"读不懂：{said}", f"cannot be read: {said}"))


def _scalar(node: Any) -> Any:
    text = str(node.value)
    if node.style:  # quoted, or a block of text
        return text
    if text in ("true", "false"):
        return text == "true"
    if text in ("", "null", "~"):
        return None
    return int(text) if _WHOLE.fullmatch(text) else text


def each(data: object, pattern: str, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every part of *data* that *pattern* (`form.*.fields.*`) leads to; what is not there is passed over."""
    step, _, rest = pattern.partition(".")
    if not step:
        yield place, data
    elif step == "*" and is_list(data):
        for number, item in enumerate(data):
            yield from each(item, rest, (*place, number))
    elif is_mapping(data) and step in data:
        yield from each(data[step], rest, (*place, step))
