"""What an editor is told of a definition: the schema fits the packaged definitions, catches slips, and is current."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from programmes import schemas
from programmes.source import Source, read_folder

CALLS = Path(str(files("programmes").joinpath("calls")))
KEPT = Path(str(files("programmes").joinpath("schema")))
FOLDERS = sorted(one for one in CALLS.iterdir() if one.is_dir())


def validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(dict(schemas.schema(kind)))


def wrong(kind: str, data: object) -> list[str]:
    return [f"{error.json_path}: {error.message[:120]}" for error in validator(kind).iter_errors(data)]


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_the_schema_is_one(kind: str) -> None:
    Draft202012Validator.check_schema(dict(schemas.schema(kind)))


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_the_kept_schema_is_current(kind: str) -> None:
    kept = (KEPT / f"{kind}.schema.json").read_text(encoding="utf-8")
    assert kept == schemas.text(kind), "run `vermilion dev vocabulary`"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.name))
def test_a_packaged_definition_fits_whole_and_file_by_file(folder: Path) -> None:
    source = read_folder(folder)
    assert wrong("definition", source.data) == []
    for file, kind, data in by_file(source):
        assert wrong(kind, data) == [], file


def by_file(source: Source) -> list[tuple[str, str, dict[str, Any]]]:
    """What each file says, as an editor sees it."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for word, value in source.data.items():
        if word != "programmes":
            found.setdefault((source.marks[(word,)][0], "call"), {})[word] = value
    for number, programme in enumerate(source.data["programmes"]):
        for word, value in programme.items():
            file = source.marks["programmes", number, word][0]
            found.setdefault((file, "programme"), {})[word] = value
    return [(file, kind, data) for (file, kind), data in found.items()]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.name))
def test_every_packaged_file_names_its_schema_for_editors(folder: Path) -> None:
    for path in sorted(folder.rglob("*.yaml")):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        assert named, f"{path}: the first line is # yaml-language-server: $schema=…"
        kind = "call" if path.parent == folder else "programme"
        assert (path.parent / named[1]).resolve() == (KEPT / f"{kind}.schema.json").resolve()


SLIPS: list[tuple[str, dict[str, Any]]] = [
    ("call", {"yaer": 2025}),
    ("call", {"status": "published"}),
    ("call", {"opens_at": "tomorrow"}),
    ("call", {"budget": "5000"}),
    ("call", {"programmes": []}),
    ("call", {"digest": "ab"}),
    ("call", {"review": {"panel": "five"}}),
    ("programme", {"form": [{"id": "a", "heading": {"zh": "甲", "en": "A"}, "fields": [{"id": "b"}]}]}),
    ("programme", {"checks": [{"kind": "about", "code": "X_Y", "when": "save"}]}),
    ("programme", {"checks": [{"kind": "at_least", "code": "X_Y", "when": "save", "field": "a"}]}),
    ("programme", {"title": {"zh": "甲"}}),
    ("definition", {}),
]


@pytest.mark.parametrize(("kind", "data"), SLIPS, ids=lambda value: str(value)[:40])
def test_a_slip_is_caught_while_typing(kind: str, data: dict[str, Any]) -> None:
    assert wrong(kind, data)


def test_a_text_may_look_like_a_number_as_the_reader_allows() -> None:
    assert wrong("call", {"province": 43, "title": {"zh": 2025, "en": "2025"}, "report_years": [2023, 2024]}) == []
    assert wrong("programme", {"checks": [one_rule(directions="L-V")]}) == []
    assert wrong("programme", {"checks": [one_rule(directions=["L-V", "L-G"])]}) == []


def one_rule(**more: Any) -> dict[str, Any]:
    return {"kind": "at_least", "code": "BELOW_MIN", "when": "seal", "field": "staff", "value": 8, **more}


def test_hovering_tells_a_word_in_both_languages() -> None:
    field = schemas.schema("programme")["$defs"]["Field"]["properties"]["max_zi"]
    assert "字" in field["description"]
    assert "Word" in field["description"]


def test_an_unknown_kind_has_no_schema() -> None:
    with pytest.raises(KeyError):
        schemas.schema("paper")
