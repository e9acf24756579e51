"""Journeys: acceptance scenarios as data. Who does what at which instant, and what must come of it.

Only the format: reading files, laying fragments in, merging several journeys by time. `play.py` drives them over HTTP.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from programmes.shapes import is_list

BEIJING = ZoneInfo("Asia/Shanghai")
FRAGMENTS = "fragments"
LAST_TICK = timedelta(microseconds=1)

_INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?")


class JourneyFaulty(Exception):
    """A journey file cannot be read; *faults* names every place."""

    def __init__(self, path: Path, faults: Sequence[str]) -> None:
        self.path, self.faults = path, tuple(faults)
        super().__init__("\n".join(f"{path.name}: {fault}" for fault in faults))


def instant(value: object) -> datetime:
    """An aware Beijing instant of "2025-12-01 16:00"; 24:00 is the next day's beginning, a bare date its own.

    A day's last microsecond, as the service answers it, is the same 24:00.
    """
    if isinstance(value, datetime):
        return value.replace(tzinfo=BEIJING) if value.tzinfo is None else value.astimezone(BEIJING)
    if isinstance(value, str) and ".999999" in value:
        return instant(datetime.fromisoformat(value) + LAST_TICK)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=BEIJING)
    found = _INSTANT.fullmatch(str(value))
    if not found:
        raise ValueError(f"not an instant: {value!r}")
    day, hour, minute, second, zone = found.groups()
    whole = timedelta(hours=int(hour or 0), minutes=int(minute or 0), seconds=int(second or 0))
    begin = datetime.fromisoformat(f"{day}T00:00:00{'+00:00' if zone == 'Z' else zone or ''}")
    return instant(begin) + whole


Instant = Annotated[datetime, BeforeValidator(instant)]
Codes = dict[str, dict[str, Any]]


def _codes(value: object) -> Codes | None:
    """`[A, {B: {limit: 500}}]` as codes with the parameters each must carry."""
    if value is None:
        return None
    if not is_list(value):
        raise ValueError("a list of codes is wanted")
    found: Codes = {}
    for item in value:
        found |= {str(code): dict(params or {}) for code, params in _pairs(item)}
    return found


def _pairs(item: Any) -> list[tuple[Any, Any]]:
    return [(item, {})] if isinstance(item, str) else list(item.items())


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Expectation(_Part):
    """What must come of a step. *refused* is the exact set; *values* and *dates* are looked up in the dossier afterwards.

    *recorded* is looked up in what the newest event says, *answer* in the answer itself.
    """

    state: str | None = None
    answer: dict[str, Any] = {}
    values: dict[str, Any] = {}
    dates: dict[str, Instant] = {}
    recorded: dict[str, Any] = {}
    documents: list[str] = []
    letters: list[str] | None = None
    refused: Annotated[Codes | None, BeforeValidator(_codes)] = None
    refused_among: list[str] | None = None


class Step(_Part):
    """One wish. *on* names the application it is about; the answer's id is kept under that name when one is opened."""

    id: str
    at: Instant | None = None
    who: str = Field(default="", alias="as")
    do: str = ""
    on: str = ""
    say: dict[str, str] = {}
    given: dict[str, Any] = Field(default={}, alias="with")
    keep: dict[str, str] = {}
    expect: Expectation = Expectation()
    use: str = ""
    vars: dict[str, Any] = {}


class Journey(_Part):
    """A scenario: steps in the order of time."""

    id: str
    title: dict[str, str]
    source: str = ""
    vars: dict[str, Any] = {}
    steps: list[Step]

    def timed(self) -> Iterator[tuple[datetime, Step]]:
        now: datetime | None = None
        for step in self.steps:
            now = step.at or now
            if now is not None:  # load refuses a journey whose first step has no instant
                yield now, step


class Fragment(_Part):
    """Steps that several journeys share; *wants* names the variables that the user must give."""

    wants: list[str] = []
    vars: dict[str, Any] = {}
    steps: list[Step]


def load(path: Path) -> Journey:
    """The journey of a file with its fragments laid in; raises JourneyFaulty."""
    journey: Journey = _read(path, Journey)
    steps = tuple(_laid_in(journey.steps, path.parent, on="app", given=journey.vars))
    faults = list(_faults(steps))
    if faults:
        raise JourneyFaulty(path, faults)
    return journey.model_copy(update={"steps": list(steps)})


def merged(journeys: Iterable[Journey]) -> list[tuple[datetime, Journey, Step]]:
    """The steps of several journeys in the order of time; a journey's own order is kept."""
    steps = [(at, journey, step) for journey in journeys for at, step in journey.timed()]
    return sorted(steps, key=lambda timed: timed[0])


def _laid_in(steps: Iterable[Step], folder: Path, *, on: str, given: Mapping[str, Any]) -> Iterator[Step]:
    for step in steps:
        own = step.model_copy(update={"on": step.on or on, "vars": {**given, **step.vars}})
        if not own.use:
            yield own
            continue
        path = folder / FRAGMENTS / f"{own.use}.yaml"
        fragment: Fragment = _read(path, Fragment)
        missing = [name for name in fragment.wants if name not in own.vars]
        if missing:
            raise JourneyFaulty(path, [f"{own.id}: wants {', '.join(missing)}"])
        inner = _laid_in(fragment.steps, folder, on=own.on, given={**fragment.vars, **own.vars})
        for number, part in enumerate(inner):
            at = own.at if number == 0 and part.at is None else part.at
            yield part.model_copy(update={"id": f"{own.id}/{part.id}", "who": part.who or own.who, "at": at})


def _faults(steps: Sequence[Step]) -> Iterator[str]:
    if not steps or steps[0].at is None:
        yield "the first step needs an instant"
    now: datetime | None = None
    for step in steps:
        if step.at and now and step.at < now:
            yield f"{step.id}: {step.at:%Y-%m-%d %H:%M} is before the step above it"
        now = step.at or now
        if not step.do:
            yield f"{step.id}: says neither do nor use"
        if not step.who:
            yield f"{step.id}: says not who"


def _read(path: Path, model: type[Any]) -> Any:
    try:
        return model.model_validate(yaml.load(path.read_text("utf-8"), Loader=_Loader))  # noqa: S506  a SafeLoader with fewer types
    except FileNotFoundError:
        raise JourneyFaulty(path, ["no such file"]) from None
    except yaml.YAMLError as error:
        raise JourneyFaulty(path, [str(error)]) from error
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in error.errors()]
        raise JourneyFaulty(path, faults) from error


_FastLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where the wheel has it


class _Loader(_FastLoader):  # type: ignore[misc]
    """YAML with our own idea of scalars: whole numbers and true or false; all else stays as it is written."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  declared without ClassVar there


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("int", r"0|-?[1-9][0-9]*", "-0123456789"),
    ("merge", r"<<", "<"),
    ("null", r"~|null", "~n"),
):
    _add: Any = _Loader.add_implicit_resolver  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    _add(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))
