"""What the preview shows is what really comes: each letter that an event causes has a sample like it, and none is made up."""

from collections import defaultdict

import msgspec
import pytest

from notifications import words
from notifications.announcements import announce
from notifications.contents import contents
from notifications.listener import terms_of
from notifications.samples import label, lines_of, samples_of, stages_of
from notifications.variables import variables_of
from tests.notifications.moments import TOLD, Moment
from tests.scenario import at, call_of_2025
from web.texts import LANGUAGES

WHEN = at("2025-11-26 12:00")
HIDDEN = {"items", "path", "secret", "letter", "page", "thread", "which"}
"""What a row holds besides the values of its text: where it leads, what is listed below it, and an instant told as the deadline."""


def of(moment: Moment) -> tuple[dict[str, object], list[tuple[str, str]]]:
    call = call_of_2025()
    params = contents(moment.event, moment.before, moment.after, call, WHEN, lambda code: (code, code))
    told = announce(moment.event, moment.before, moment.after, terms_of(call), WHEN)
    return dict(params), [(one.kind, one.because.value) for one in told]


@pytest.mark.parametrize("moment", TOLD, ids=lambda moment: type(moment.event).__name__)
def test_every_letter_that_an_event_causes_has_a_sample_in_its_stage_and_for_its_reader(moment: Moment) -> None:
    params, letters = of(moment)
    for kind, because in letters:
        there = {(sample.stage, sample.line.who.value) for sample in samples_of(kind)}
        assert (params["stage"], because) in there, (kind, params["stage"], because)


@pytest.mark.parametrize("moment", TOLD, ids=lambda moment: type(moment.event).__name__)
def test_what_a_kind_may_name_is_there_in_every_letter_of_it(moment: Moment) -> None:
    """What is not optional is never missing: a text that was accepted meets no hole."""
    params, letters = of(moment)
    names = {name.removesuffix("_zh").removesuffix("_en") for name, value in params.items() if value not in ("", None)}
    for kind in {kind for kind, _ in letters}:
        assert {one.name for one in variables_of(kind).values() if not one.optional} <= names, kind


def test_a_sample_holds_what_a_row_holds() -> None:
    kept: dict[str, set[str]] = defaultdict(set)
    for moment in TOLD:
        params, letters = of(moment)
        for kind, _ in letters:
            kept[kind] |= {name.removesuffix("_zh").removesuffix("_en") for name in params}
    for kind, names in kept.items():
        optional = {one.name for one in variables_of(kind).values() if one.optional}
        for sample in samples_of(kind):
            made = msgspec.json.decode(sample.letter("en").params, type=dict[str, object])
            shown = {name.removesuffix("_zh").removesuffix("_en") for name in made}
            assert shown - HIDDEN <= names | optional, (kind, shown - names)


def test_a_sample_is_answered_for_by_whoever_answers_for_the_letter() -> None:
    """And a bureau that is written to by itself is not told to reply to itself."""
    real: dict[tuple[str, str, str], set[tuple[str, bool]]] = defaultdict(set)
    for moment in TOLD:
        call = call_of_2025()
        params, _ = of(moment)
        for one in announce(moment.event, moment.before, moment.after, terms_of(call), WHEN):
            itself = one.audience.id == params["office"]
            real[one.kind, str(params["stage"]), one.because.value].add((str(params["office"]), itself))
    for (kind, stage, because), offices in real.items():
        for sample in samples_of(kind):
            if (sample.stage, sample.line.who.value) == (stage, because):
                letter = sample.letter("zh")
                office = str(msgspec.json.decode(letter.params, type=dict[str, object])["office"])
                assert (office, letter.audience.partition(":")[2] == office) in offices, (kind, stage, because, offices)


@pytest.mark.parametrize("kind", ["staff_invited", "credential_changed", "endpoint_failing", "remind_holding"])
def test_a_letter_about_no_application_has_no_bureau_to_reply_to(kind: str) -> None:
    assert all("office" not in sample.params() for sample in samples_of(kind))


@pytest.mark.parametrize("kind", words.kinds())
def test_every_kind_has_samples_told_apart(kind: str) -> None:
    found = samples_of(kind)
    assert len({sample.id for sample in found}) == len(found)
    for language in LANGUAGES:
        assert len({label(sample, language) for sample in found}) == len(found)
    assert {sample.line for sample in found} == set(lines_of(kind))
    assert {sample.stage for sample in found} == ({stage.value for stage in stages_of(kind)} or {""})
    assert {sample.whole for sample in found} == {True, *(not one.optional for one in variables_of(kind).values())}
