"""Refusals in the words of the form: each that names a field, a slot or a criterion gets its label in both languages.

Pure. The code and the measures stay as the rule made them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from eventstore.refusal import Param, Refusal
from programmes.call import Call, Programme


def item_label(kind: str, item: str, programme: Programme) -> tuple[str, str]:
    """What a returned or locked item is called, in both languages."""
    try:
        match kind:
            case "attachment":
                words = programme.slot(item).label
            case "section":
                words = programme.section(item).heading
            case "field":
                words = programme.field(item).label
            case "commitment":
                words = programme.commitment.heading
            case "consortium":
                return "联合体（成员、比例、协议）", "Consortium: members, shares, agreement"
            case _:
                return item, item
    except KeyError:
        return item, item
    return words.zh, words.en


def labelled(refusals: Iterable[Refusal], call: Call, direction: str) -> tuple[Refusal, ...]:
    """The same refusals; `label_zh` and `label_en` are added where the definition knows the thing."""
    if not direction:
        return tuple(refusals)
    words = _words(call, direction)
    return tuple(_labelled(refusal, words) for refusal in refusals)


def _labelled(refusal: Refusal, words: Mapping[str, tuple[str, str]]) -> Refusal:
    for name in ("field", "item", "criterion"):
        label = words.get(str(refusal.params.get(name, "")))
        if label and "label_zh" not in refusal.params:
            params: dict[str, Param] = {**refusal.params, "label_zh": label[0], "label_en": label[1]}
            return replace(refusal, params=params)
    return refusal


def _words(call: Call, direction: str) -> Mapping[str, tuple[str, str]]:
    """Every label of the direction's definition by id; made once for each definition."""
    key = (call.digest, direction)
    if key not in _KNOWN:
        programme = call.programme_of(direction)
        labels = {field.id: field.label for field in programme.fields}
        labels |= {slot.id: slot.label for slot in programme.slots}
        labels |= {criterion.id: criterion.label for criterion in call.direction(direction).rubric}
        _KNOWN[key] = {name: (label.zh, label.en) for name, label in labels.items()}
    return _KNOWN[key]


_KNOWN: dict[tuple[str, str], Mapping[str, tuple[str, str]]] = {}
"""A cache of what definitions say; definitions are frozen under their digest."""
