"""What a definition says that cannot all be true: references that lead nowhere, ids used twice, limits that contradict.

Works on the data as written and passes over what is not there, so that these faults are named beside those of the
vocabulary, all at once.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, TypeAlias

from programmes import calendar
from programmes.agreement_coherence import agreement_faults
from programmes.cost_coherence import cost_faults
from programmes.fields import NUMBERS, PERSONAL, WITH_OPTIONS, YUAN, FieldType
from programmes.nearest import meant
from programmes.shapes import is_list, is_mapping
from programmes.source import Fault, Place, Source, each

Found: TypeAlias = Iterator[tuple[Place, str, str]]
"""Where, and what is wrong in Chinese and English."""


def incoherences(source: Source) -> list[Fault]:
    """Every contradiction of the definition, each at the line where it is written."""
    found = [*_call(source.data), *_routes(source.data), *agreement_faults(source.data)]
    for place, programme in each(source.data, "programmes.*"):
        if is_mapping(programme):
            words = {str(word): value for word, value in programme.items()}
            found += [((*place, *inner), zh, en) for inner, zh, en in _programme(words)]
    return [source.fault(*one) for one in found]


def _call(data: Mapping[str, Any]) -> Found:
    for word in ("digest", "document"):
        if word in data:
            yield (word,), f"“{word}” 由程序计算，不写", f"{word!r} is computed, never written"
    yield from _dates(data)
    year, years = data.get("year"), data.get("report_years")
    if (
        isinstance(year, int)
        and is_list(years)
        and (years != sorted(years, key=str) or not all(_before(y, year) for y in years))
    ):
        yield (
            ("report_years",),
            "报告年度应从早到晚，且早于征集年度",
            "report years go from early to late, before the call's",
        )
    if isinstance(year, int) and not _known_to_calendar(str(data.get("calendar", "cn")), year):
        yield ("calendar",), f"工作日表里没有 {year} 年", f"the working-day table does not hold {year}"
    programmes = {str(one.get("id")) for _, one in each(data, "programmes.*") if is_mapping(one)}
    yield from _unknown(each(data, "quotas.*.programme"), programmes, "专项", "programme")
    yield from _review(data.get("review"))
    if is_mapping(data.get("review")) and data["review"].get("blind") is True:
        for place, programme in each(data, "programmes.*"):
            if is_mapping(programme) and not programme.get("blind_shows"):
                yield (
                    (*place, "blind_shows"),
                    "隐名评审须写明专家能看哪几节",
                    "a blind review says which sections experts read",
                )


def _review(review: object) -> Found:
    """A panel that can be drawn, and a result that can be computed."""
    panel = review.get("panel") if is_mapping(review) else None
    if not is_mapping(review) or not isinstance(panel, int):
        return
    if review.get("odd") is True and panel % 2 == 0:
        yield ("review", "panel"), "专家组应为单数", "the panel must be odd"
    fields = list[str]()
    for place, share in each(dict(review), "mix.*"):
        if not is_mapping(share):
            continue
        least, field = share.get("at_least"), str(share.get("field"))
        if isinstance(least, int) and least > panel:
            yield ("review", *place, "at_least"), f"多于专家组的 {panel} 人", f"more than the panel of {panel}"
        if field in fields:
            yield ("review", *place, "field"), f"“{field}” 写了两次", f"{field!r} is written twice"
        fields.append(field)
    trim = review.get("trim", 1)
    if review.get("method") == "trimmed_mean" and isinstance(trim, int) and 2 * trim >= panel:
        yield ("review", "trim"), "去掉之后没有分数了", "nothing would be left to take the mean of"


def _dates(data: Mapping[str, Any]) -> Found:
    """Opening, then the unit's close, then the county's, then the city's."""
    names: tuple[Place, ...] = (
        ("opens_at",),
        ("deadlines", "applicant_close"),
        ("deadlines", "county_close"),
        ("deadlines", "city_close"),
    )
    written = [(name, text) for name in names for _, text in each(data, ".".join(map(str, name)))]
    moments = [(name, moment) for name, text in written if (moment := _instant(text)) is not None]
    for (_, before), (name, after) in pairwise(moments):
        if after < before:
            yield name, "早于前一个时间", "is earlier than the one before it"


def _instant(text: object) -> Any:
    try:
        return calendar.instant(str(text))
    except ValueError:
        return None


def _before(value: object, year: int) -> bool:
    return isinstance(value, int) and value < year


def _known_to_calendar(name: str, year: int) -> bool:
    try:
        table = calendar.working_days(name)
    except FileNotFoundError:
        return False
    return table.first_year <= year <= table.last_year


def _routes(data: Mapping[str, Any]) -> Found:
    routes = list(each(data, "routes.*"))
    yield from _twice((place, route.get("id")) for place, route in routes if is_mapping(route))
    for place, route in routes:
        steps = route.get("steps") if is_mapping(route) else None
        if is_list(steps) and (not steps or steps[-1] != "province"):
            yield (*place, "steps"), "路线的最后一步应是 province", "a route ends at the province"
    if routes and is_mapping(routes[-1][1]) and routes[-1][1].get("whom"):
        yield routes[-1][0], "最后一条路线应适用于所有单位", "the last route must be for everybody"


def _programme(programme: Mapping[str, Any]) -> Found:
    for pattern in ("form.*", "form.*.fields.*", "attachments.*", "directions.*"):
        yield from _twice((place, one.get("id")) for place, one in each(programme, pattern) if is_mapping(one))
    fields = {str(one.get("id")): one for _, one in each(programme, "form.*.fields.*") if is_mapping(one)}
    for place, field in each(programme, "form.*.fields.*"):
        if is_mapping(field):
            yield from (((*place, *inner), zh, en) for inner, zh, en in _field(field))
            for inside, column in each(field, "columns.*"):
                if is_mapping(column):
                    yield from (((*place, *inside, *inner), zh, en) for inner, zh, en in _field(column))
    sections = _ids(programme, "form.*.id")
    yield from _unknown(each(programme, "blind_shows.*"), sections, "一节", "section")
    for place, direction in each(programme, "directions.*"):
        if is_mapping(direction):
            criteria = _ids(direction, "rubric.*.id")
            named = (((*place, *inner), name) for inner, name in each(dict(direction), "tie_break.*"))
            yield from _unknown(named, criteria, "评分项", "criterion")
    yield from _computed(programme, fields)
    yield from _references(programme, fields)
    yield from _conditions(programme, fields)
    yield from _kinds_of_rules(programme, fields)
    yield from cost_faults(programme, fields)
    yield from _exclusivity(programme, fields)
    for place, direction in each(programme, "directions.*"):
        marks = [most for _, most in each(direction, "rubric.*.max")]
        if marks and all(isinstance(most, int) for most in marks) and sum(marks) != 100:
            yield (
                (*place, "rubric"),
                f"评分表合计 {sum(marks)} 分，应为 100 分",
                f"the score sheet adds up to {sum(marks)}, not 100",
            )
    number = programme.get("number")
    if isinstance(number, str) and not _numbers(number):
        yield ("number",), "编号要含 {n}，如 HN-AI-{year}-{n:04}", "the number needs {n}, as in HN-AI-{year}-{n:04}"


def _field(field: Mapping[Any, Any]) -> Found:
    """What one field says of itself."""
    kind, options = str(field.get("type")), [one for _, one in each(field, "options.*")]
    if (kind in WITH_OPTIONS) != bool(options):
        yield (
            ("type",),
            "选项只属于 single 和 multi，且不能缺",
            "options belong to single and multi, and these need them",
        )
    if kind == FieldType.SINGLE and any(is_mapping(one) and one.get("text") for one in options):
        yield (
            ("options",),
            "单选的选项旁不能带填空，请另设字段",
            "a blank beside an option needs a field of its own in a single choice",
        )
    if (kind == FieldType.TABLE) != bool(field.get("columns")):
        yield ("type",), "columns 只属于 table，且不能缺", "columns belong to a table, and it needs them"
    if field.get("personal") is True and kind not in PERSONAL:
        yield ("personal",), "个人信息只能是文字、电话、邮箱或账号", "personal is for text, phone, e-mail and account"
    if field.get("max_zi") is not None and kind != FieldType.LONGTEXT:
        yield ("max_zi",), "max_zi 只用于 longtext", "max_zi is for longtext"
    if kind == FieldType.LONGTEXT and field.get("max_zi") is None and field.get("max_chars") is None:
        yield ("type",), "longtext 要有 max_zi 或 max_chars", "longtext needs max_zi or max_chars"
    if kind == FieldType.MONEY and field.get("unit") not in (None, "万元", YUAN):
        yield ("unit",), "金额的单位只能是 万元 或 元", "money is in 万元 or 元"
    if field.get("by_year") is True and field.get("by"):
        yield ("by",), "by_year 和 by 只能用一个", "either by_year or by"
    least, most = field.get("min"), field.get("max")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield ("max",), "max 小于 min", "max is less than min"
    items = field.get("min_items")
    if options and isinstance(items, int) and items > len(options):
        yield ("min_items",), "min_items 多于选项", "min_items is more than there are options"
    yield from _twice((place, one.get("id")) for place, one in each(field, "options.*") if is_mapping(one))
    yield from _twice((place, one.get("id")) for place, one in each(field, "columns.*") if is_mapping(one))


def _computed(programme: Mapping[str, Any], fields: Mapping[str, Any]) -> Found:
    """A computed field is a percentage that two whole numbers make; in a table or by columns there is none."""
    for place, _ in each(programme, "form.*.fields.*.columns.*.computed"):
        yield place, "表格的列不能是算出来的", "a column of a table cannot be computed"
    for place, field in each(programme, "form.*.fields.*"):
        if not is_mapping(field) or not is_mapping(computed := field.get("computed")):
            continue
        if field.get("type") != FieldType.PERCENT or field.get("by_year") is True or field.get("by"):
            yield (
                (*place, "computed"),
                "算出来的只能是 percent，且不分列",
                "what is computed is a percent, without columns",
            )
        for word in ("part", "whole"):
            whole = fields.get(str(computed.get(word)))
            yield from _unknown([((*place, "computed", word), computed.get(word))], fields, "字段", "field")
            if is_mapping(whole) and whole.get("type") != FieldType.INTEGER:
                yield (*place, "computed", word), "要用 integer 字段来算", "it is computed from integer fields"


def _references(programme: Mapping[str, Any], fields: Mapping[str, Any]) -> Found:
    """Whatever names a field, a slot or a direction names one that is there."""
    slots = _ids(programme, "attachments.*.id")
    directions = _ids(programme, "directions.*.id")
    for pattern in ("checks.*.field", "checks.*.other", "checks.*.fields.*", "directions.*.industry_from"):
        yield from _unknown(each(programme, pattern), fields, "字段", "field")
    yield from _unknown(each(programme, "checks.*.slot"), slots, "附件", "attachment")
    for pattern in ("checks.*.directions", "form.*.directions", "form.*.fields.*.directions"):
        yield from _unknown(_ones(each(programme, pattern)), directions, "征集方向", "direction")
    cited = _ones(each(programme, "directions.*.guide.clauses.*.rule"))
    clauses = {rule for _, rule in cited if isinstance(rule, str)}
    yield from _unknown(_ones(each(programme, "form.*.quotes")), clauses, "指南条款", "clause of a guide")
    for place, values in each(programme, "checks.*.values"):
        if is_mapping(values):
            yield from _unknown(((place, key) for key in values), directions, "征集方向", "direction")
    for pattern in ("paper.cover.*.made_from", "letters.*.about.*.made_from"):
        yield from _unknown(_ones(each(programme, pattern)), {*fields, "units", "sealed_on"}, "字段", "field")
    printed = {"application_form", "commitment", *(str(kind) for _, kind in each(programme, "letters.*.kind"))}
    for pattern in ("attachments.*.prints", "scans.*.prints"):
        yield from _unknown(each(programme, pattern), {*printed, "consortium_agreement"}, "材料", "paper")


def _conditions(programme: Mapping[str, Any], fields: Mapping[str, Any]) -> Found:
    directions = _ids(programme, "directions.*.id")
    for pattern in ("form.*.fields.*.required_when", "attachments.*.required_when"):
        for place, condition in each(programme, pattern):
            if not is_mapping(condition):
                continue
            field_id, direction = condition.get("field"), condition.get("direction")
            if field_id is not None:
                yield from _unknown([((*place, "field"), field_id)], fields, "字段", "field")
                yield from _unknown_option(place, condition, fields.get(str(field_id)))
            if direction is not None:
                yield from _unknown([((*place, "direction"), direction)], directions, "征集方向", "direction")


def _unknown_option(place: Place, condition: Mapping[Any, Any], field: Any) -> Found:
    options = _ids(field, "options.*.id")
    for word in ("is", "has"):
        option = condition.get(word)
        if options and isinstance(option, str) and option not in options:
            near = meant(option, options)
            yield (*place, word), f"没有选项“{option}”{near[0]}", f"there is no option {option!r}{near[1]}"


def _kinds_of_rules(programme: Mapping[str, Any], fields: Mapping[str, Any]) -> Found:
    """A rule about numbers is about a field of numbers, a rule about years about a date, a choice about a choice."""
    numeric, dates, choices = set(NUMBERS), {FieldType.DATE}, {FieldType.BOOLEAN, FieldType.SINGLE}
    wanted: Mapping[str, set[FieldType]] = {
        "not_above": numeric,
        "at_least": numeric,
        "not_over": numeric,
        "full_years": dates,
        "must_be": choices,
        "includes": {FieldType.MULTI},
        "matches_direction": {FieldType.SINGLE},
        "is_the_unit": {FieldType.CREDIT_CODE},
        "lies_within": {FieldType.DIVISION},
        "group_as_registered": {FieldType.CREDIT_CODE},
        "not_awarded_before": {FieldType.TEXT},
        "share_at_least": numeric,
        "any_above": numeric,
        "has_parts": {FieldType.LONGTEXT, FieldType.TEXT},
        "says_together": {FieldType.SINGLE},
    }
    for place, check in each(programme, "checks.*"):
        if not is_mapping(check):
            continue
        yield from (((*place, *inner), zh, en) for inner, zh, en in _of_its_kind(check, fields))
        fitting = wanted.get(str(check.get("kind")))
        for word in ("field", "other"):
            field = fields.get(str(check.get(word)))
            if fitting is not None and field is not None and field.get("type") not in fitting:
                kinds = "、".join(sorted(fitting))
                yield (*place, word), f"这条规则要 {kinds} 字段", f"this rule is about a field of {kinds}"
        option, options = (
            check.get("option"),
            _ids(fields.get(str(check.get("field"))), "options.*.id"),
        )
        if option is not None and options and option not in options:
            near = meant(str(option), options)
            yield (*place, "option"), f"没有选项“{option}”{near[0]}", f"there is no option {option!r}{near[1]}"


def _of_its_kind(check: Mapping[Any, Any], fields: Mapping[str, Any]) -> Found:
    """What only one kind of rule asks of its words."""
    match check.get("kind"):
        case "rows_count":
            yield from _counted(check, fields)
        case "lists_members":
            yield from _listed(check, fields)
        case "says_together":
            options = _ids(fields.get(str(check.get("field"))), "options.*.id")
            yield from _unknown([(("value",), check.get("value"))] if options else [], options, "选项", "option")
        case _:
            pass


def _counted(check: Mapping[Any, Any], fields: Mapping[str, Any]) -> Found:
    """Rows are those of a table, the number they are compared with is whole, and what is counted by is yes or no."""
    table, number = (fields.get(str(check.get(word))) for word in ("field", "other"))
    if is_mapping(table) and table.get("type") != FieldType.TABLE:
        yield ("field",), "这条规则要 table 字段", "this rule is about a table"
    if is_mapping(number) and number.get("type") != FieldType.INTEGER:
        yield ("other",), "这条规则要 integer 字段", "this rule compares with an integer"
    columns = {
        str(one.get("id")) for _, one in each(table, "columns.*") if is_mapping(one) and one.get("type") == "boolean"
    }
    column = check.get("column")
    if isinstance(column, str) and is_mapping(table) and column not in columns:
        yield ("column",), f"没有这个是/否列：{column}", f"there is no such yes-or-no column: {column}"


def _listed(check: Mapping[Any, Any], fields: Mapping[str, Any]) -> Found:
    """Members are listed in a table, by name in a column of text."""
    table, column = fields.get(str(check.get("field"))), check.get("column")
    if not is_mapping(table):
        return
    if table.get("type") != FieldType.TABLE:
        yield ("field",), "这条规则要 table 字段", "this rule is about a table"
        return
    texts = {str(one.get("id")) for _, one in each(table, "columns.*") if is_mapping(one) and one.get("type") == "text"}
    if isinstance(column, str) and column not in texts:
        yield ("column",), f"没有这个文字列：{column}", f"there is no such column of text: {column}"


def _exclusivity(programme: Mapping[str, Any], fields: Mapping[str, Any]) -> Found:
    """A family is exclusive once for units and once for groups; a group is declared in a credit code."""
    seen: set[tuple[object, object]] = set()
    for place, one in each(programme, "exclusivity.*"):
        if not is_mapping(one):
            continue
        key = (one.get("per"), one.get("family"))
        if key in seen:
            yield (*place, "family"), "同一范围写了两次", "the same is said twice"
        seen.add(key)
        name = one.get("declared_in")
        if name is None:
            continue
        yield from _unknown([((*place, "declared_in"), name)], fields, "字段", "field")
        if one.get("per") != "group":
            yield (*place, "declared_in"), "declared_in 只用于 per: group", "declared_in is for per: group"
        field = fields.get(str(name))
        if field is not None and field.get("type") != FieldType.CREDIT_CODE:
            yield (*place, "declared_in"), "declared_in 要 credit_code 字段", "declared_in needs a field of credit_code"


def _unknown(named: Iterable[tuple[Place, Any]], known: Iterable[Any], zh: str, en: str) -> Found:
    there = set(known)
    for place, name in named:
        if isinstance(name, str) and name not in there:
            near = meant(name, map(str, there))
            yield place, f"没有这个{zh}：{name}{near[0]}", f"there is no such {en}: {name}{near[1]}"


def _ones(lists: Iterable[tuple[Place, Any]]) -> Iterator[tuple[Place, Any]]:
    for place, value in lists:
        if is_list(value):
            yield from ((place, one) for one in value)
        else:
            yield place, value


def _ids(thing: object, pattern: str) -> set[str]:
    return {one for _, one in each(thing, pattern) if isinstance(one, str)}


def _twice(ids: Iterable[tuple[Place, Any]]) -> Found:
    named = [(place, one) for place, one in ids if isinstance(one, str)]
    often = Counter(one for _, one in named)
    seen: set[str] = set()
    for place, one in named:
        if often[one] > 1 and one in seen:
            yield (*place, "id"), f"“{one}” 用了两次", f"{one!r} is used twice"
        seen.add(one)


def _numbers(pattern: str) -> bool:
    try:
        return pattern.format(year=2025, n=1) != pattern.format(year=2025, n=2)
    except (LookupError, ValueError):
        return False
