"""The picture of the lifecycle in the docs is drawn from the table, and says so when it is stale."""

from pathlib import Path

import pytest

from web.format import Language
from web.texts import t
from workflow.diagram import Words, documents, edges, mermaid
from workflow.lifecycle import LIFECYCLE
from workflow.stages import Stage

DOCS = Path(__file__).parent.parent.parent / "docs"


def words(language: Language) -> Words:
    return lambda key: t(key, language)


@pytest.mark.parametrize("name", ["lifecycle.md", "lifecycle.svg", "lifecycle.en.svg"])
def test_the_docs_show_the_table_as_it_is(name: str) -> None:
    drawn = documents({"zh": words("zh"), "en": words("en")})
    assert (DOCS / name).read_text(encoding="utf-8") == drawn[name], "run `make diagram`"


def test_every_move_of_the_table_is_drawn_once() -> None:
    moves = {(step.source, step.dest) for step in LIFECYCLE if step.source is not step.dest}
    assert set(edges()) == moves
    drawn = mermaid(words("zh"))
    assert drawn.count("-->") == len(moves) + 9
    assert all(f"    {stage.value} : " in drawn for stage in Stage)


def test_every_word_of_the_picture_is_in_the_catalogue() -> None:
    for language in ("zh", "en"):
        picture = "".join(documents({"zh": words(language), "en": words(language)}).values())
        assert not any(word in picture for word in ("stage.", "action.", "audience.", "role."))
