"""Every word of a definition is explained in both languages, and the page and the schemas say what the models say."""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from programmes import handbook, lexicon, sentences
from programmes.call import Call
from programmes.catalogue import Catalogue
from programmes.check import check_source
from programmes.fields import FieldType
from programmes.source import Fault, read_folder
from programmes.vocabulary import Condition

CALLS = Path(str(files("programmes").joinpath("calls")))


class _Once(yaml.SafeLoader):
    """A reader that refuses a word written twice."""


def _mapping(loader: _Once, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]  # type: ignore[no-untyped-call]
    assert len(keys) == len(set(keys)), [key for key in keys if keys.count(key) > 1]
    return loader.construct_mapping(node, deep=True)


_Once.add_constructor("tag:yaml.org,2002:map", _mapping)


def test_every_word_is_explained_and_nothing_else() -> None:
    assert lexicon.unexplained() == []


def test_no_word_is_explained_twice() -> None:
    yaml.load(files("programmes").joinpath("lexicon.yaml").read_text("utf-8"), _Once)


@pytest.mark.parametrize("model", lexicon.models(), ids=lambda model: str(model.__name__))
def test_a_word_says_what_it_is_in_both_languages(model: lexicon.Model) -> None:
    for one in lexicon.words(model):
        assert one.name.zh, one.word
        assert one.name.en, one.word
        assert one.says.zh, one.word
        assert one.says.en, one.word
    assert lexicon.says_of(model).en


def test_every_type_of_field_says_how_it_is_typed_kept_shown_and_limited() -> None:
    assert [kind for kind, _ in lexicon.types()] == list(FieldType)
    for _, told in lexicon.types():
        assert len(told) == 9
        assert all(told)


def faults_with(example: Mapping[str, Any], kind: str) -> Iterator[list[Fault]]:
    """What is wrong with the example in each packaged programme."""
    rule = {"kind": kind, "code": "AN_EXAMPLE", "when": "seal", "source": "例", **example}
    for folder in sorted(one for one in CALLS.iterdir() if one.is_dir()):
        source = read_folder(folder)
        for programme in source.data["programmes"]:
            programme["checks"].append(rule)
            yield check_source(source)
            programme["checks"].pop()


@pytest.mark.parametrize("kind", sorted(lexicon.rule_models()))
def test_the_example_of_a_rule_is_sound_in_a_packaged_programme(kind: str) -> None:
    told = lexicon.rule_kind(lexicon.rule_models()[kind])
    assert any(faults == [] for faults in faults_with(told.example, kind))


def test_every_rule_of_the_packaged_calls_is_told_in_both_languages() -> None:
    for call in Catalogue.packaged().calls():
        for programme in call.programmes:
            for rule in programme.checks:
                told = sentences.rule(rule, programme)
                for text in (told.zh, told.en):
                    assert text
                    assert not set("{}⟦⟧") & set(text), text
                    assert "—" not in text, text


def test_a_rule_names_things_by_their_labels() -> None:
    programme = Catalogue.packaged().get("hn-2025").programme("L")
    rule = next(one for one in programme.checks if one.code == "AI_GT_REVENUE")
    assert sentences.rule(rule, programme).zh == "“其中：AI业务收入（万元）”不超过“营业收入（万元）”"
    assert sentences.when(rule).en == "while saving"


def test_a_condition_is_told_by_labels() -> None:
    programme = Catalogue.packaged().get("hn-2025").programme("L")
    condition = programme.field("base_model_note").required_when
    assert condition is not None
    assert sentences.condition(condition, programme).zh == "“大模型类型”为“垂直领域大模型”"


def test_the_words_known_at_a_place_are_those_of_its_model() -> None:
    assert "max_zi" in lexicon.known_at(("programmes", 0, "form", 1, "fields", 2), {})
    assert "panel" in lexicon.known_at(("review",), {})
    data = {"programmes": [{"checks": [{"kind": "full_years"}]}]}
    known = lexicon.known_at(("programmes", 0, "checks", 0), data)
    assert "years" in known
    assert "slot" not in known
    assert lexicon.known_at(("nowhere", 3), {}) == frozenset()
    assert "opens_at" in lexicon.known_at((), {})
    assert not {"digest", "document"} & set(lexicon.words_of(Call))


PAGE = Path(__file__).parent.parent.parent / "docs" / "programmes.md"


def test_the_page_shows_the_vocabulary_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert sorted(handbook.marks(page)) == sorted(handbook.TABLES)
    assert handbook.drawn(page) == page, "run `vermilion dev vocabulary`"


def test_the_page_names_every_word_every_type_and_every_rule() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for model in lexicon.models():
        assert [one for one in lexicon.words_of(model) if f"`{one}`" not in page] == [], model
    assert [kind.value for kind in FieldType if f"`{kind.value}`" not in page] == []
    assert [kind for kind in lexicon.rule_models() if f"### `{kind}`" not in page] == []


def test_a_mark_that_nobody_draws_is_refused() -> None:
    with pytest.raises(handbook.NoSuchTable):
        handbook.drawn("<!-- weather -->\n<!-- /weather -->")


def test_the_conditions_of_the_page_are_sound() -> None:
    """Every `required_when` that the page shows is read by the model."""
    written = re.findall(r"^required_when: (\{.*?\})", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(written) >= 5
    for one in written:
        Condition.model_validate(yaml.safe_load(one))
