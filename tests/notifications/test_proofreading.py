"""A text is looked over before it counts: its names, how they are shown, what may be missing, and what a notice must say."""

from random import Random

import pytest

from eventstore.refusal import Refusal
from notifications import words
from notifications.proofreading import LONGEST_SUBJECT, must_stay, proofread
from notifications.samples import samples_of
from notifications.statutory import STATUTORY
from notifications.variables import house_text, variables_of
from notifications.wording import Text, Wording, with_deadline
from web.format import Language
from web.texts import LANGUAGES, explain, has

KINDS = words.kinds()
AWARDED = house_text("awarded", "happened", "zh")


def faults(body: str, kind: str = "awarded", subject: str = "立项") -> list[tuple[str, str, int, int]]:
    found = proofread(kind, "zh", subject, body)
    return [
        (one.wrong.code.removeprefix("LETTER_TEXT_"), one.wrong.about, one.wrong.at.line, one.wrong.at.column)
        for one in found
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_houses_own_text_is_of_the_language_and_says_the_same(kind: str, language: Language) -> None:
    subject, body = house_text(kind, "title", language), house_text(kind, "happened", language)
    assert proofread(kind, language, subject, body) == ()
    edited = Wording([Text(kind=kind, language=language, version=1, subject=subject, body=body)])
    for sample in samples_of(kind):
        letter = sample.letter("en")
        params = with_deadline(words_of(letter.params), letter.deadline)
        said, own = edited.said(kind, language, params), Wording().said(kind, language, params)
        assert (said.title, said.body, said.fault) == (own.title, own.body, "")
        assert (said.version, own.version) == (1, 0)


def words_of(params: str) -> dict[str, object]:
    import msgspec

    return msgspec.json.decode(params, type=dict[str, object])


@pytest.mark.parametrize("kind", KINDS)
def test_every_variable_of_a_kind_is_shown_as_it_is_written(kind: str) -> None:
    """What the page tells people to copy is accepted, within an if where it may be missing."""
    for language in LANGUAGES:
        for one in variables_of(kind).values():
            body = f"{{% if {one.name} %}}{one.written}{{% endif %}}" if one.optional else one.written
            found = proofread(kind, language, "x", f"{house_text(kind, 'happened', language)}\n\n{body}")
            assert found == (), (one.name, found)


def test_what_a_kind_does_not_have_is_named() -> None:
    assert faults(f"{AWARDED}\n{{{{ reason }}}}") == [("UNKNOWN_NAME", "reason", 2, 4)]
    assert faults(f"{AWARDED}{{% if objector %}}x{{% endif %}}")[0][:2] == ("UNKNOWN_NAME", "objector")
    assert ("UNKNOWN_NAME", "secret", 1, 4) in faults("{{ secret }}", "member_invited"), (
        "the key of a link is no value of a text"
    )


def test_a_value_is_shown_in_its_own_way_alone() -> None:
    assert faults(AWARDED.replace("amount_fen|yuan", "amount_fen"))[0][:2] == ("FILTER", "amount_fen")
    assert faults(AWARDED.replace("{{ unit }}", "{{ unit|yuan }}"))[0][:2] == ("FILTER", "unit")
    assert faults(f"{AWARDED}{{{{ at|date }}}}")[0][:2] == ("FILTER", "at")


def test_what_may_be_missing_stands_where_it_was_asked_for() -> None:
    bare = AWARDED.replace(
        "{% if document_number %}文号：{{ document_number }}{% endif %}", "文号：{{ document_number }}"
    )
    assert ("MAY_BE_MISSING", "document_number") in [one[:2] for one in faults(bare)]
    for asked in ("{% if amount_words or document_number %}", "{% if not document_number %}"):
        said = AWARDED.replace("{% if document_number %}", asked)
        assert ("MAY_BE_MISSING", "document_number") in [one[:2] for one in faults(said)], asked
    turned = AWARDED.replace(
        "{% if document_number %}文号：{{ document_number }}{% endif %}",
        "{% if not document_number %}没有文号。{% else %}文号：{{ document_number }}{% endif %}",
    )
    assert faults(turned) == []


@pytest.mark.parametrize("kind", sorted(STATUTORY))
def test_a_notice_that_must_be_served_keeps_what_the_houses_own_tells(kind: str) -> None:
    for language in LANGUAGES:
        assert must_stay(kind, language) or "{{" not in house_text(kind, "happened", language)
        found = proofread(kind, language, "x", "办好了。")
        assert {one.wrong.about for one in found if one.wrong.code == "LETTER_TEXT_MUST_STAY"} == must_stay(
            kind, language
        )


def test_what_must_stay_stays_in_every_case() -> None:
    hidden = f"{{% if document_number %}}{AWARDED}{{% else %}}已立项。{{% endif %}}"
    assert {one[1] for one in faults(hidden) if one[0] == "MUST_STAY"} == {
        "unit",
        "number",
        "amount_fen",
        "amount_words",
    }
    narrowed = AWARDED.replace("{% if document_number %}", "{% if document_number and amount_words %}")
    assert [one[:2] for one in faults(narrowed)] == [("MUST_STAY", "document_number")]
    assert faults("提醒您。", "remind_draft") == [], "what is no notice may leave out anything"


def test_a_subject_is_one_line_and_not_long() -> None:
    assert faults(AWARDED, subject="一\n二")[0][0] == "ONE_LINE"
    assert faults(AWARDED, subject="很" * (LONGEST_SUBJECT + 1))[0][0] == "FIELD_TOO_LONG"
    assert faults(AWARDED, subject=" ")[0][0] == "REQUIRED"
    assert faults("")[0][0] == "REQUIRED"


def test_many_conditions_are_refused_before_they_are_gone_through() -> None:
    names = [one.name for one in variables_of("awarded").values()]
    asked = "".join(f"{{% if {name} %}}x{{% endif %}}" for name in names)
    assert faults(f"{AWARDED}{asked}")[0][0] == "TOO_MANY"


def test_every_fault_is_told_in_both_languages_with_nothing_missing() -> None:
    chance = Random(34)
    parts = (
        "{{ unit }}",
        "{{ gone }}",
        "{{",
        "%}",
        "{% if reason %}",
        "{% endif %}",
        "{{ unit|yuan }}",
        "\u202e",
        "\n",
        "字",
        "{# #}",
        " ",
    )
    told: set[str] = set()
    for _ in range(3_000):
        kind, text = chance.choice(KINDS), "".join(chance.choices(parts, k=chance.randrange(0, 9)))
        for one in proofread(kind, "zh", text, text * chance.choice((1, 1, 1, 200))):
            fault = one.fault()
            assert has(f"refusal.{fault.code}")
            reason = explain(Refusal(fault.code, fault.params))
            assert "—" not in reason.zh + reason.en, (reason.zh, reason.en)
            told.add(fault.code.removeprefix("LETTER_TEXT_"))
    assert told >= {
        "UNCLOSED",
        "NOT_ALLOWED",
        "DANGLING",
        "INVISIBLE",
        "ONE_LINE",
        "UNKNOWN_NAME",
        "FILTER",
        "MUST_STAY",
        "REQUIRED",
    }
