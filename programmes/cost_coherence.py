"""What a definition says of costs and of rows that cannot all be true: tables, columns, kinds and slots that are not there.

Part of `coherence`, and like it works on the data as written and passes over what is not there.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from programmes.costs import LINE_COLUMNS, PAYMENT_COLUMNS
from programmes.fields import FieldType
from programmes.shapes import is_list, is_mapping
from programmes.source import Place, each

Found: TypeAlias = Iterator[tuple[Place, str, str]]

_ABOUT_COSTS = frozenset(
    {
        "own_labour",
        "line_evidence",
        "related_declared",
        "related_statement",
        "tax_fits",
        "payments_have_lines",
        "evidence_order",
    }
)
_ABOUT_DAYS = frozenset({"day_within", "day_not_before"})
_ABOUT_ROWS = frozenset({"rows_at_least", "rows_differ"})


def cost_faults(programme: Mapping[str, Any], fields: Mapping[str, Any]) -> Found:
    """Every contradiction about costs and rows of one programme; *fields* are its fields by id."""
    costs = programme.get("costs")
    slots = {one for pattern in ("attachments.*.id", "scans.*.id") for _, one in each(programme, pattern)}
    if programme.get("award_mode") == "ratio" and not is_mapping(costs):
        yield ("award_mode",), "按比例资助（ratio）要写 costs", "an award by ratio needs `costs`"
    if is_mapping(costs):
        words = {str(word): value for word, value in costs.items()}
        found = (*_tables(words, fields), *_kinds(words, fields), *_slots(words, slots), *_limits(words))
        yield from ((("costs", *place), zh, en) for place, zh, en in found)
    for place, check in each(programme, "checks.*"):
        if is_mapping(check):
            rule = {str(word): value for word, value in check.items()}
            found = (*_rule(rule, fields, costs), *_named_slots(rule, slots))
            yield from (((*place, *inner), zh, en) for inner, zh, en in found)


def _tables(costs: Mapping[str, Any], fields: Mapping[str, Any]) -> Found:
    """The two tables ask what the reckoning reads."""
    for word, wanted in (("lines", LINE_COLUMNS), ("payments", PAYMENT_COLUMNS)):
        if (name := costs.get(word)) is None:
            continue
        columns = _columns(fields.get(str(name)))
        if columns is None:
            yield (word,), f"没有这个表：{name}", f"there is no such table: {name}"
            continue
        for column, kind in wanted.items():
            if columns.get(column, {}).get("type") != kind:
                yield (word,), f"{name} 要有 {kind} 列“{column}”", f"{name} needs a column {column!r} of {kind}"


def _kinds(costs: Mapping[str, Any], fields: Mapping[str, Any]) -> Found:
    """What may be chosen in a cost line is what the categories hold, and what does not count."""
    columns = _columns(fields.get(str(costs.get("lines")))) or {}
    options = {str(one) for _, one in each(columns.get("kind", {}), "options.*.id")}
    named: set[str] = set()
    excluded = [(("not_eligible",), one) for one in _several(costs.get("not_eligible"))]
    for place, kind in (*each(costs, "categories.*.kinds.*.id"), *excluded):
        if options and kind not in options:
            yield place, f"费用明细没有选项“{kind}”", f"the cost lines have no option {kind!r}"
        elif kind in named:
            yield place, f"“{kind}” 用了两次", f"{kind!r} is used twice"
        named.add(str(kind))
    for option in sorted(options - named):
        yield ("categories",), f"选项“{option}”不属于任何类别", f"the option {option!r} belongs to no category"


def _slots(costs: Mapping[str, Any], slots: Iterable[Any]) -> Found:
    there = set(slots)
    for pattern in ("evidence.*.slot", "categories.*.evidence.*"):
        for place, slot in each(costs, pattern):
            if slot not in there:
                yield place, f"没有这个附件：{slot}", f"there is no such attachment: {slot}"


def _limits(costs: Mapping[str, Any]) -> Found:
    window = costs.get("window")
    if is_mapping(window) and str(window.get("last", "9999")) < str(window.get("first", "")):
        yield ("window", "last"), "末日早于首日", "the last day is before the first"
    if costs.get("floor_policy", "none") != "none" and costs.get("floor") is None:
        yield ("floor_policy",), "没有写 floor", "there is no `floor`"


def _rule(rule: Mapping[str, Any], fields: Mapping[str, Any], costs: object) -> Found:
    kind = rule.get("kind")
    if kind in _ABOUT_COSTS and not is_mapping(costs):
        yield ("kind",), "这条规则要先写 costs", "this rule needs `costs`"
    if kind in _ABOUT_DAYS:
        for word in ("field", "other"):
            field = fields.get(str(rule.get(word)))
            if is_mapping(field) and field.get("type") != FieldType.DATE:
                yield (word,), "这条规则要 date 字段", "this rule is about a date"
    if kind in _ABOUT_ROWS and is_mapping(fields.get(str(rule.get("field")))):
        yield from _rows(rule, fields)
    controller = rule.get("controller")
    if controller is not None and controller not in fields:
        yield ("controller",), f"没有这个字段：{controller}", f"there is no such field: {controller}"


def _rows(rule: Mapping[str, Any], fields: Mapping[str, Any]) -> Found:
    """A rule about rows names a table, columns that it has, and an option of such a column."""
    columns = _columns(fields.get(str(rule.get("field"))))
    if columns is None:
        yield ("field",), "这条规则要 table 字段", "this rule is about a table"
        return
    for word in ("column", "distinct", "given", "dated"):
        for column in _several(rule.get(word)):
            if column not in columns:
                yield (word,), f"表里没有这一列：{column}", f"the table has no such column: {column}"
    options = {one for _, one in each(columns.get(str(rule.get("column")), {}), "options.*.id")}
    option = rule.get("option")
    if option is not None and option not in options:
        yield ("option",), f"没有选项“{option}”", f"there is no option {option!r}"


def _named_slots(rule: Mapping[str, Any], slots: Iterable[Any]) -> Found:
    there = set(slots)
    for slot in _several(rule.get("slots")):
        if slot not in there:
            yield ("slots",), f"没有这个附件：{slot}", f"there is no such attachment: {slot}"


def _columns(field: Any) -> dict[str, Mapping[Any, Any]] | None:
    """The columns of a table by id; None where the field is none."""
    if not is_mapping(field) or field.get("type") != FieldType.TABLE:
        return None
    return {str(one.get("id")): one for _, one in each(field, "columns.*") if is_mapping(one)}


def _several(value: object) -> list[Any]:
    if is_list(value):
        return list(value)
    return [] if value is None else [value]
