"""A command's dataclass as the body of a request: the same fields, nothing else accepted, sizes bounded, numbers exact."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from types import GenericAlias, UnionType
from typing import Annotated, Any, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, create_model

from web.reading import Request

_TEXT = 20_000
_MANY = 1_000


def exact(value: Any) -> Any:
    """Fractions as decimals: the reader let only those through that a float holds to the last digit."""
    match value:
        case float():
            return Decimal(repr(value))
        case dict():
            return {key: exact(each) for key, each in cast("dict[str, Any]", value).items()}
        case list():
            return [exact(each) for each in cast("Sequence[object]", value)]
        case _:
            return value


Text: TypeAlias = Annotated[str, Field(max_length=_TEXT)]
Whole: TypeAlias = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Answers: TypeAlias = Annotated[dict[str, Any], Field(max_length=_MANY), AfterValidator(exact)]


@cache
def body_of(command: Any, left_out: frozenset[str] = frozenset()) -> type[BaseModel]:
    """The request model of *command*, without the fields that come from the path."""
    hints = get_type_hints(command)
    wanted: dict[str, Any] = {
        field.name: (_typed(hints[field.name]), ... if field.default is MISSING else field.default)
        for field in fields(command)
        if field.name not in left_out
    }
    return create_model(f"{command.__name__}Body", __base__=Request, __doc__=_first_line(command), **wanted)


def _first_line(command: type) -> str:
    """What the class says of itself; a dataclass without a word says its own signature, which is none."""
    said = (command.__doc__ or "").strip()
    return "" if said.startswith(f"{command.__name__}(") else said.partition("\n")[0]


def _typed(hint: Any) -> Any:
    """The type a field is read as."""
    origin, inner = get_origin(hint), get_args(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        return body_of(hint)
    if origin is tuple:
        return Annotated[tuple[_typed(inner[0]), ...], Field(max_length=_MANY)]  # type: ignore[misc]
    if origin is Mapping:
        return Answers if inner[1] is Any else Annotated[_dict_of(_typed(inner[1])), Field(max_length=_MANY)]
    if origin in (Union, UnionType):
        return Union[tuple(_typed(each) for each in inner)]  # noqa: UP007  made of a list
    if hint is Mapping:
        return Answers
    bounded: dict[Any, Any] = {str: Text, int: Whole, datetime: AwareDatetime}
    return bounded.get(hint, hint)


def _dict_of(value: Any) -> Any:
    return GenericAlias(dict, (str, value))


def command_of(command: type[Any], body: BaseModel | None, given: Mapping[str, Any]) -> Any:
    """The command with the values of *body* and, above them, what is *given* by path and place."""
    hints = get_type_hints(command)
    sent = {} if body is None else {name: getattr(body, name) for name in type(body).model_fields}
    typed = {name: _built(hints[name], value) for name, value in sent.items()}
    return command(**{**typed, **given})


def _built(hint: Any, value: Any) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        return command_of(hint, value, {})
    if get_origin(hint) is tuple:
        return tuple(_built(get_args(hint)[0], each) for each in value)
    return value


def without(names: Collection[str]) -> frozenset[str]:
    return frozenset({"application_id", *names})
