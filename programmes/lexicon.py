"""Every word a definition may use, read off the models that read it, with what each means in both languages.

The models are the truth; `lexicon.yaml` explains them. What is not explained, and what is explained but no longer there,
is named by `unexplained`; a test keeps both empty.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, EnumType
from functools import cache
from importlib.resources import files
from inspect import cleandoc
from typing import Any, Literal, cast, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from programmes.call import Call
from programmes.fields import FieldType
from programmes.judging import Rule
from programmes.shapes import is_list, is_mapping
from programmes.source import Place
from programmes.vocabulary import Words

Model = type[BaseModel]

_SILENT = Words(zh="", en="")
COMPUTED = frozenset({"digest", "document", "illustrates"})
"""Words of the models that no definition writes."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of one model: how it is called, what it is for, and what may stand behind it."""

    model: Model
    word: str
    name: Words
    says: Words
    info: FieldInfo
    unit: Words

    @property
    def required(self) -> bool:
        return self.info.is_required()

    @property
    def choices(self) -> tuple[str, ...]:
        """The only values it takes, where these are named."""
        return tuple(_choices(self.info.annotation))


@dataclass(frozen=True, slots=True)
class RuleKind:
    """A kind of rule: its sentence in both languages, with the rule's own words as slots, and an example that some packaged call could hold."""

    model: Model
    kind: str
    sentence: Words
    example: Mapping[str, Any]


def models() -> tuple[Model, ...]:
    """Every model that a definition is read into, in the order in which they are met."""
    return tuple(_reachable())


@cache
def _reachable() -> dict[Model, None]:
    met: dict[Model, None] = {}

    def walk(annotation: Any) -> None:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if annotation not in met:
                met[annotation] = None
                for info in annotation.model_fields.values():
                    walk(info.annotation)
            return
        for part in get_args(annotation):
            walk(part)

    walk(Call)
    return met


def rule_models() -> dict[str, Model]:
    """Each kind of rule by its name."""
    return {kind_of(model): model for model in models() if issubclass(model, Rule)}


def kind_of(model: Model) -> str:
    """The kind that a rule model is written by."""
    return str(get_args(model.model_fields["kind"].annotation)[0])


def words_of(model: Model) -> dict[str, FieldInfo]:
    """The words of a model as they are written."""
    fields = cast("Mapping[str, FieldInfo]", model.model_fields)
    return {(info.alias or name): info for name, info in fields.items() if name not in COMPUTED}


def known_at(place: Place, data: object) -> frozenset[str]:
    """The words that may stand at *place* of a definition whose written data is *data*."""
    annotations: list[Any] = [Call]
    here = data
    for step in place:
        here = _inner(here, step)
        annotations = [one for annotation in annotations for one in _within(annotation, step, here)]
    return frozenset(word for model in _models_in(annotations, here) for word in words_of(model))


def _inner(here: object, step: str | int) -> object:
    if is_mapping(here):
        return here.get(step)
    return here[step] if is_list(here) and isinstance(step, int) and step < len(here) else None


def _within(annotation: Any, step: str | int, here: object) -> Iterator[Any]:
    """What may stand under *step* of something annotated so."""
    if isinstance(step, int):
        yield from (part for part in _flat(annotation) if get_origin(part) is tuple for part in get_args(part)[:1])
        return
    for model in _models_in([annotation], None):
        info = words_of(model).get(step)
        if info is not None:
            yield info.annotation


def _flat(annotation: Any) -> Iterator[Any]:
    """An annotation without Annotated, unions and None around it."""
    if isinstance(annotation, type) or get_origin(annotation) in (tuple, dict, Literal):
        yield annotation
        return
    for part in get_args(annotation):
        yield from _flat(part)


def _models_in(annotations: list[Any], here: object) -> list[Model]:
    """The models among *annotations*; of several rules the one whose kind is written."""
    found: list[Model] = [
        part
        for annotation in annotations
        for part in _flat(annotation)
        if isinstance(part, type) and issubclass(part, BaseModel)
    ]
    kind = here.get("kind") if is_mapping(here) else None
    told: list[Model] = [model for model in found if issubclass(model, Rule) and kind_of(model) == kind]
    return told or found


@cache
def _explained() -> Mapping[str, Any]:
    text = files("programmes").joinpath("lexicon.yaml").read_text(encoding="utf-8")
    data: Mapping[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return data


def name_of(model: Model) -> Words:
    """What a model is called."""
    entry = _explained()["models"].get(model.__name__)
    return Words(zh=entry["name"][0], en=entry["name"][1]) if entry else Words(zh=model.__name__, en=model.__name__)


def says_of(model: Model) -> Words:
    """What a model is for; in English its own docstring where the lexicon says nothing else."""
    told = list(_explained()["models"].get(model.__name__, {}).get("says", ()))
    english = told[1] if len(told) > 1 else " ".join(cleandoc(model.__doc__ or "").split("\n\n")[0].split())
    return Words(zh=told[0] if told else "", en=english)


def word(model: Model, name: str) -> Word:
    """One word of *model*, explained; a word that is not explained explains itself."""
    info = words_of(model)[name]
    told = _entry(model, name)
    if told is None:
        return Word(model, name, Words(zh=name, en=name), _SILENT, info, _SILENT)
    zh, en, says_zh, says_en, *unit = told
    unit_zh, _, unit_en = "".join(unit).partition("|")
    return Word(model, name, Words(zh=zh, en=en), Words(zh=says_zh, en=says_en), info, Words(zh=unit_zh, en=unit_en))


def _entry(model: Model, name: str) -> list[str] | None:
    """A word's own entry, then what it means in every rule, then what it means everywhere."""
    explained = _explained()
    places: list[Mapping[str, list[str]]] = [
        explained["models"].get(model.__name__, {}).get("words", {}),
        explained["models"]["Rule"]["words"] if issubclass(model, Rule) else {},
        explained["everywhere"],
    ]
    return next((place[name] for place in places if name in place), None)


def words(model: Model) -> tuple[Word, ...]:
    return tuple(word(model, name) for name in words_of(model))


def rule_kind(model: Model) -> RuleKind:
    """A kind of rule, explained; KeyError where `lexicon.yaml` has no sentence for it."""
    kind = kind_of(model)
    entry = _explained()["rules"][kind]
    zh, en = entry["says"]
    return RuleKind(model, kind, Words(zh=zh, en=en), entry.get("example", {}))


def rule_sentence(kind: str) -> Words | None:
    entry = _explained()["rules"].get(kind)
    return Words(zh=entry["says"][0], en=entry["says"][1]) if entry else None


def value_name(value: str) -> Words:
    """What one of the named values is called: `county`, `optional`, `trimmed_mean`."""
    told = _explained()["values"].get(value)
    return Words(zh=told[0], en=told[1]) if told else Words(zh=value, en=value)


def type_name(kind: FieldType) -> Words:
    told = _explained()["types"][kind.value]
    return Words(zh=told[0], en=told[1])


def types() -> Iterator[tuple[FieldType, list[str]]]:
    """Each type of field: its name, how it is typed, how it is kept, how it is shown, what limits it; zh and en in turn."""
    for kind in FieldType:
        yield kind, [str(told) for told in _explained()["types"][kind.value]]


def unexplained() -> list[str]:
    """What the lexicon lacks, and what it explains although it is not there any more."""
    explained = _explained()
    there = {model.__name__: model for model in models()}
    rules = rule_models()
    lacking = [
        f"{model.__name__}.{name}" for model in models() for name in words_of(model) if _entry(model, name) is None
    ]
    lacking += [
        name for name, model in there.items() if not issubclass(model, Rule) and name not in explained["models"]
    ]
    lacking += [f"rules.{kind}" for kind in rules if kind not in explained["rules"]]
    lacking += [f"types.{kind.value}" for kind in FieldType if kind.value not in explained["types"]]
    gone = [f"{name} (gone)" for name in explained["models"] if name not in {*there, "Rule"}]
    gone += [
        f"{name}.{one} (gone)"
        for name, entry in explained["models"].items()
        if name in there
        for one in entry.get("words", {})
        if one not in words_of(there[name])
    ]
    gone += [f"rules.{kind} (gone)" for kind in explained["rules"] if kind not in rules]
    return [*lacking, *gone]


def _choices(annotation: Any) -> Iterator[str]:
    for part in _flat(annotation):
        if get_origin(part) is Literal:
            yield from map(str, get_args(part))
        elif isinstance(part, EnumType):
            yield from (str(one.value) for one in cast("type[Enum]", part))
        elif get_origin(part) is tuple:
            yield from (one for inner in get_args(part)[:1] for one in _choices(inner))
