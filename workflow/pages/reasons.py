"""Refusals as an applicant reads them: fields by their label, slots by their title, many empty fields of a part as one line.

Says the same as the guards; only the wording gets names in the place of ids.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from eventstore.refusal import Fault, Malformed, Refusal, Refused
from programmes.call import Call, Programme
from programmes.fields import Field, Section
from web import texts
from web.texts import Reason
from workflow.application import Application
from workflow.labels import item_label
from workflow.pages.fields import AT_A_TIME

_SLOT_CODES = frozenset({"MISSING_ATTACHMENT", "MISSING_CHECK_CODE"})
_NOT_HERE = frozenset({"ROLE_FORBIDDEN", "NOT_FOUND", "WRONG_STAGE"})
_SHOWN_FIELDS = 3


def told(refusals: Iterable[Refusal], call: Call, application: Application) -> list[Reason]:
    """Each refusal with names instead of ids; REQUIRED gathered by part of the form, and of the rows of one table that want
    the same only the first, with how many more."""
    programme = call.programme_of(application.direction)
    gaps: list[Refusal] = []
    rest: list[Refusal] = []
    for refusal in refusals:
        (gaps if _is_gap(refusal) and _field(refusal, programme) else rest).append(refusal)
    alike = Counter(_of_rows(refusal) for refusal in rest)
    said = [_with_more(texts.explain(named(one, call, application)), alike[_of_rows(one)] - 1) for one in _first(rest)]
    return [*_gathered(gaps, programme), *said]


def _of_rows(refusal: Refusal) -> object:
    """What refusals of many rows have in common; nothing where no row is named."""
    if "row" not in refusal.params:
        return id(refusal)
    return (refusal.code, refusal.params.get("field"), refusal.params.get("column"))


def _first(refusals: Iterable[Refusal]) -> Iterable[Refusal]:
    found: dict[object, Refusal] = {}
    for refusal in refusals:
        found.setdefault(_of_rows(refusal), refusal)
    return list(found.values())


def _with_more(reason: Reason, n: int) -> Reason:
    """The reason, saying how many rows more it holds for."""
    if not n:
        return reason
    zh, en = (texts.t("pages.rows_alike", language, n=n) for language in texts.LANGUAGES)
    return replace(reason, zh=reason.zh + zh, en=f"{reason.en} {en}")


def mendable_here(error: Malformed | Refused) -> list[Refusal]:
    """What a page can say beside its own controls; raises *error* again where no page of this application mends it."""
    if isinstance(error, Malformed):
        return [of_fault(fault) for fault in error.faults]
    if any(refusal.code in _NOT_HERE for refusal in error.refusals):
        raise error
    return list(error.refusals)


def of_fault(fault: Fault) -> Refusal:
    """A fault of what was sent, to be told like a refusal; MALFORMED where nobody has words for it."""
    known = fault.code if texts.has(f"refusal.{fault.code}") else "MALFORMED"
    return Refusal(known, {"field": fault.field, **fault.params})


def _is_gap(refusal: Refusal) -> bool:
    """Nothing was filled in at all; half a row is told on its own."""
    if refusal.code == "MIN_ITEMS":
        return refusal.params.get("measure") == 0
    return refusal.code == "REQUIRED" and "row" not in refusal.params and "option" not in refusal.params


def named(refusal: Refusal, call: Call, application: Application) -> Refusal:
    """The same refusal, its ids accompanied by what people call them."""
    programme = call.programme_of(application.direction)
    more: dict[str, Any] = {}
    if field := _field(refusal, programme):
        more |= {"label_zh": _label(field, refusal, "zh"), "label_en": _label(field, refusal, "en")}
        more |= {"unit": field.unit} if field.unit else {}
    if refusal.code in _SLOT_CODES:
        wanted = refusal.params.get("slots", ())
        slots = [slot for slot in programme.attachments if isinstance(wanted, Sequence) and slot.id in wanted]
        more |= {"slots_zh": [short(s.label.zh) for s in slots], "slots_en": [short(s.label.en) for s in slots]}
    more |= _units_named(refusal, application)
    if "item" in refusal.params:
        zh, en = item_label(str(refusal.params.get("kind", "")), str(refusal.params["item"]), programme)
        more |= {"item_zh": zh, "item_en": en}
    return replace(refusal, params={**refusal.params, **more}) if more else refusal


def _units_named(refusal: Refusal, application: Application) -> dict[str, Any]:
    """Units by their name: those of the consortium are known to whoever sees the application."""
    names = {member.unit: member.unit_name for member in application.consortium.members}
    names[application.lead_unit] = application.unit_name
    more: dict[str, Any] = {}
    units, unit = refusal.params.get("units"), refusal.params.get("unit")
    if isinstance(units, Sequence) and not isinstance(units, str):
        listed = [names.get(str(one), str(one)) for one in units]
        more |= {"units_zh": listed, "units_en": listed}
    if isinstance(unit, str) and unit in names:
        more |= {"unit_zh": names[unit], "unit_en": names[unit]}
    return more


def links(call: Call, application: Application, refusals: Iterable[Refusal]) -> dict[str, str]:
    """Where each reason is put right: a field on its section's page, a slot among the attachments."""
    programme, base = call.programme_of(application.direction), f"/applications/{application.id}"
    together = f"{base}/consortium"
    found = {
        "MISSING_COMMITMENT": f"{together}/signing" if application.consortium.accepted else f"{base}#commitment",
        "INVITATION_PENDING": together,
        "UNIT_LIMIT": together,
        "CONSORTIUM_REQUIRED": together,
        "MEMBERS_DIFFER": together,
        "RATIO_SUM": f"{together}/shares",
        "TASK_MISSING": f"{together}/text",
        "FEW_COPIES": f"{together}/text",
        "consortium_name": f"{together}/text",
        "AGREEMENT_INCOMPLETE": f"{together}/signing",
        "COMMITMENT_SIGNER": f"{base}#commitment",
        "MISSING_ATTACHMENT": f"{base}#attachments",
        "STALE_SCAN": f"{base}#papers",
        "MISSING_CHECK_CODE": f"{base}#attachments",
        "RELATED_PARTY_STATEMENT": f"{base}#attachments",
    }
    fields = {field.id for field in programme.fields}
    for refusal in refusals:
        name = str(refusal.params.get("field", ""))
        if name in fields and name not in found:
            found[name] = field_href(base, programme.section_of(name), refusal, call)
    return found


def field_href(base: str, section: Section, refusal: Refusal, call: Call) -> str:
    name = control_name(refusal, call, section)
    row, leaf = refusal.params.get("row", 0), ""
    if isinstance(row, int) and row > AT_A_TIME:
        leaf = f"?leaf={refusal.params.get('field')}.{-(-row // AT_A_TIME)}"
    return f"{base}/sections/{section.id}{leaf}" + (f"#f-{name}" if name else "")


def control_name(refusal: Refusal, call: Call, section: Section | None = None) -> str:
    """The name of the control a refusal points to: `revenue.2024`, `honours.0.name`, `unit_profile`."""
    field_id, column, row = (refusal.params.get(name, "") for name in ("field", "column", "row"))
    if isinstance(row, int):
        return f"{field_id}.{row - 1}.{column}" if column else f"{field_id}"
    columns = refusal.params.get("columns", ())
    first = next(iter(columns), "") if isinstance(columns, list | tuple) else ""
    if not (column or first) and section is not None and (asked := section.field(str(field_id))):
        first = next((each.id for each in call.columns(asked)), "")
    return f"{field_id}.{column or first}" if column or first else f"{field_id}"


def _field(refusal: Refusal, programme: Programme) -> Field | None:
    field_id = refusal.params.get("field")
    return next((field for field in programme.fields if field.id == field_id), None)


def _label(field: Field, refusal: Refusal, language: str) -> str:
    """The field's label, with year or column and row where the refusal names them."""
    column = next((one for one in field.columns if one.id == refusal.params.get("column")), None)
    parts = [_said(field.label, language)]
    if row := refusal.params.get("row"):
        parts.append(f"第 {row} 行" if language == "zh" else f"row {row}")
    if column:
        parts.append(_said(column.label, language))
    elif named_ := refusal.params.get("column") or refusal.params.get("year"):
        parts.append(str(named_))
    return " ".join(parts)


def _said(words: Any, language: str) -> str:
    return str(words.en if language == "en" else words.zh)


def short(label: str) -> str:
    """A slot's title without the explanations behind it."""
    return re.split("[：（，]|: | \\(", label)[0] or label


def _gathered(gaps: Sequence[Refusal], programme: Programme) -> list[Reason]:
    """One line for each part of the form that has empty fields, in the order of the form."""
    by_section: dict[str, list[Refusal]] = {}
    for gap in gaps:
        by_section.setdefault(programme.section_of(str(gap.params["field"])).id, []).append(gap)
    order = [section.id for section in programme.form]
    return [_line(programme.section(name), by_section[name], programme) for name in order if name in by_section]


def _line(section: Section, gaps: Sequence[Refusal], programme: Programme) -> Reason:
    fields = list(dict.fromkeys(str(gap.params["field"]) for gap in gaps))
    labels = [programme.field(each).label for each in fields]
    params: Mapping[str, object] = {
        "field": fields[0],
        "n": len(fields),
        "part": {"zh": section.heading.zh, "en": section.heading.en},
        "fields_zh": [label.zh for label in labels[:_SHOWN_FIELDS]],
        "fields_en": [label.en for label in labels[:_SHOWN_FIELDS]],
    }
    key = "pages.gaps" if len(fields) <= _SHOWN_FIELDS else "pages.gaps.more"
    zh, en = (texts.t(key, language, **params) for language in texts.LANGUAGES)
    return Reason("REQUIRED", params, zh, en, section.source, "unit")
