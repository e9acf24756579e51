"""Journeys are data: instants of Beijing, fragments laid in, several merged by time, faults named by place."""

from datetime import datetime
from pathlib import Path

import pytest

from service.journey import BEIJING, Journey, JourneyFaulty, instant, load, merged
from service.values import NobodyBound, fill, look

TITLE = "title: {zh: 一, en: one}\n"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text, "utf-8")
    return path


def test_twenty_four_oclock_is_the_beginning_of_the_next_day() -> None:
    assert instant("2025-12-01 24:00") == datetime(2025, 12, 2, tzinfo=BEIJING)


def test_an_instant_without_a_zone_is_beijings() -> None:
    assert instant("2025-11-03 09:00").isoformat() == "2025-11-03T09:00:00+08:00"
    assert instant("2025-11-03T01:00:00Z") == instant("2025-11-03 09:00")


def test_a_fragment_is_laid_in_with_its_variables(tmp_path: Path) -> None:
    write(
        tmp_path, "fragments/open.yaml", "wants: [unit]\nsteps:\n- {id: a, do: openApplication, with: {unit: $unit}}\n"
    )
    path = write(
        tmp_path,
        "one.yaml",
        f"id: one\n{TITLE}steps:\n- {{id: A1, at: 2025-11-03 09:00, as: editor, use: open, on: second, vars: {{unit: X}}}}\n",
    )
    (step,) = load(path).steps
    assert (step.id, step.who, step.on, step.vars) == ("A1/a", "editor", "second", {"unit": "X"})
    assert step.at == instant("2025-11-03 09:00")


def test_what_a_fragment_wants_and_does_not_get_is_named(tmp_path: Path) -> None:
    write(tmp_path, "fragments/open.yaml", "wants: [unit]\nsteps: []\n")
    path = write(tmp_path, "one.yaml", f"id: one\n{TITLE}steps:\n- {{id: A1, at: 2025-11-03, as: x, use: open}}\n")
    with pytest.raises(JourneyFaulty, match="A1: wants unit"):
        load(path)


def test_steps_out_of_the_order_of_time_are_refused(tmp_path: Path) -> None:
    steps = "- {id: A1, at: 2025-11-04, as: x, do: seal}\n- {id: A2, at: 2025-11-03, as: x, do: seal}\n"
    path = write(tmp_path, "one.yaml", f"id: one\n{TITLE}steps:\n{steps}")
    with pytest.raises(JourneyFaulty, match="A2: 2025-11-03 00:00 is before"):
        load(path)


def test_amounts_stay_as_they_are_written(tmp_path: Path) -> None:
    steps = "- {id: A1, at: 2025-11-04, as: x, do: save, with: {a: 15002.30, b: 2025-11-04, c: 是, d: 0043, e: 12}}\n"
    path = write(tmp_path, "one.yaml", f"id: one\n{TITLE}steps:\n{steps}")
    assert load(path).steps[0].given == {"a": "15002.30", "b": "2025-11-04", "c": "是", "d": "0043", "e": 12}


def test_journeys_are_merged_by_time_and_keep_their_own_order() -> None:
    def journey(name: str, *at: str) -> Journey:
        steps = [{"id": str(n), "at": one, "as": "x", "do": "y"} for n, one in enumerate(at)]
        return Journey.model_validate({"id": name, "title": {}, "steps": steps})

    order = merged([journey("a", "2025-11-03", "2025-11-05"), journey("b", "2025-11-04", "2025-11-05")])
    assert [(one.id, step.id) for _, one, step in order] == [("a", "0"), ("b", "0"), ("a", "1"), ("b", "1")]


def test_a_name_alone_keeps_its_type_and_inside_a_text_becomes_text() -> None:
    names = {"n": 5, "app": {"version": 7}, "who": "$n"}
    assert fill({"a": "$n", "b": "v$n", "c": "${app.version}!", "d": "$who"}, names) == {
        "a": 5,
        "b": "v5",
        "c": "7!",
        "d": 5,
    }


def test_a_name_nobody_bound_is_said() -> None:
    with pytest.raises(NobodyBound, match=r"\$nobody"):
        fill("$nobody", {})


def test_looking_into_an_answer_finds_items_and_counts() -> None:
    assert look({"a": [{"b": 1}, {"b": 2}]}, "a.1.b") == 2
    assert look({"a": [1, 2, 3]}, "a.#") == 3
    assert look({"a": 1}, "a.b") is None
