"""JSON Schema of a definition, for editors: what `calls check` asks of each word, said while one is typing.

The reader merges the files of a folder, so a schema of a file asks for no word; `definition` is the whole, as merged, and
asks for every one. What contradicts across words only `calls check` finds.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from programmes import lexicon
from programmes.call import Call
from programmes.judging import Rule
from programmes.shapes import is_list, is_mapping
from programmes.vocabulary import Words

KINDS = ("call", "programme", "definition")
"""Files of a call's folder, files of a programme's folder, and all of them together."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ABOUT: Mapping[str, Words] = {
    "call": Words(zh="征集文件夹里的一个文件", en="A file of a call's folder"),
    "programme": Words(zh="专项文件夹里的一个文件", en="A file of a programme's folder"),
    "definition": Words(zh="一份完整的征集定义", en="A whole definition of a call"),
}


class _Written(GenerateJsonSchema):
    """As definitions are written: text may look like a number, and computed words are not there."""

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        made = super().str_schema(schema)
        return made if "pattern" in made else {**made, "type": ["string", "number"]}


@cache
def schema(kind: str) -> Mapping[str, Any]:
    """The schema of this kind; KeyError where there is none."""
    about = _ABOUT[kind]
    models: dict[str, Any] = Call.model_json_schema(schema_generator=_Written)
    parts: dict[str, Any] = models.pop("$defs")
    parts["Call"] = models
    for model in lexicon.models():
        _explain(model, parts[model.__name__])
    top: dict[str, Any] = parts["Programme"] if kind == "programme" else parts["Call"]
    if kind != "definition":
        words = {word: made for word, made in top["properties"].items() if word != "programmes"}
        top = {**{name: made for name, made in top.items() if name != "required"}, "properties": words}
    used = _used(top, {name: part for name, part in parts.items() if name != "Call"})
    return {"$schema": _DIALECT, **top, "title": _said(about), "$defs": used}


def text(kind: str) -> str:
    """The same as the file that is kept beside the packaged definitions."""
    return json.dumps(schema(kind), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _explain(model: type[BaseModel], made: dict[str, Any]) -> None:
    """Both languages on every word, and none of the words that are computed."""
    made["title"], made["description"] = _said(lexicon.name_of(model)), _said(lexicon.says_of(model))
    if issubclass(model, Rule):
        kind = lexicon.rule_sentence(lexicon.kind_of(model))
        made["title"], made["description"] = lexicon.kind_of(model), _said(kind) if kind else ""
    for word in lexicon.COMPUTED & set(made["properties"]):
        del made["properties"][word]
    for one in lexicon.words(model):
        told = made["properties"][one.word]
        told.pop("title", None)
        told["description"] = f"{_said(one.name)}：{_said(one.says)}"


def _said(words: Words) -> str:
    return f"{words.zh} / {words.en}" if words.zh else words.en


def _used(top: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    """The parts that *top* leads to."""
    found: dict[str, Any] = {}
    waiting = [*_references(top)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = parts[name]
            waiting += _references(parts[name])
    return dict(sorted(found.items()))


def _references(made: Any) -> list[str]:
    if is_mapping(made):
        own = [str(made["$ref"]).rpartition("/")[2]] if "$ref" in made else []
        return own + [name for value in made.values() for name in _references(value)]
    return [name for value in made for name in _references(value)] if is_list(made) else []


__all__ = ["KINDS", "schema", "text"]
