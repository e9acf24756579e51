"""The history in sentences: each event told as people would say it, newest first, with its hash."""

from collections.abc import Iterable, Mapping
from typing import Any

from programmes.call import Programme
from web import texts
from workflow.application import EMPTY, Application
from workflow.labels import item_label
from workflow.pages.desk import Desk, office
from workflow.pages.frame import Frame
from workflow.printing.naming import kind_words
from workflow.review import points
from workflow.shares import name_of
from workflow.timeline import Entry, timeline

_LEVELS: Mapping[str, Mapping[str, str]] = {
    "county": {"zh": "区县（镇街）级", "en": "county or town"},
    "city": {"zh": "市级", "en": "city"},
    "province": {"zh": "省级", "en": "province"},
}
_RUNS = frozenset({"section_saved", "file_attached", "file_removed"})
_QUIET = frozenset({"section_saved", "file_attached", "file_removed", "commitment_recorded", "opened"})


def story(desk: Desk, frame: Frame) -> list[dict[str, Any]]:
    """Entries for the macro `timeline`. Runs of saving and attaching are told as one line each, so that the steps stand out."""
    entries = timeline(frame.facts, frame.view, desk.handling.names)
    programme = frame.call.programme_of(frame.application.direction)
    told: list[dict[str, Any]] = []
    for entry in reversed(entries):
        kind = entry.type.partition(".")[2]
        if kind in _RUNS and told and told[-1].get("kind") == kind and told[-1]["params"]["who"] == _who(entry.actor):
            told[-1]["times"] += 1
            continue
        told.append(_told(entry, kind, programme, frame.application))
    return [_worded(each) for each in told]


def sentence(entry: Entry, programme: Programme, application: Application = EMPTY) -> dict[str, Any]:
    """One event by itself, told as the history tells it; units by name where *application* knows them."""
    return _worded(_told(entry, entry.type.partition(".")[2], programme, application))


def _told(entry: Entry, kind: str, programme: Programme, application: Application) -> dict[str, Any]:
    params = {**_named(entry.summary, programme, application), "who": _who(entry.actor)}
    if kind == "paper_issued":
        params["paper"] = kind_words(str(entry.summary["kind"]), application)
    return {
        "kind": kind,
        "times": 1,
        "at": entry.at,
        "stage": entry.entered if kind not in _QUIET and entry.entered else "",
        "meta": f"#{entry.version} {entry.type} {entry.hash[:8]}…{entry.hash[-4:]}",
        "params": params,
    }


def _worded(told: Mapping[str, Any]) -> dict[str, Any]:
    params = {**told["params"], "times": told["times"]}
    title = texts.catalogue().get(f"pages.told.{told['kind']}.title")
    sentence = f"pages.told.{told['kind']}" + (".many" if told["times"] > 1 else "")
    return {
        **told,
        "title": {"zh": title.zh, "en": title.en} if title else told["kind"],
        "text": {language: texts.t(sentence, language, **params) for language in texts.LANGUAGES},
    }


def _who(actor: str) -> Mapping[str, str] | str:
    return {"clock": {"zh": "系统时钟", "en": "The clock"}, "public": {"zh": "公众", "en": "The public"}}.get(
        actor, actor
    )


def _named(summary: Mapping[str, Any], programme: Programme, application: Application) -> dict[str, Any]:
    """The event's values with names in the place of codes."""
    found = dict(summary)
    if "body" in found:
        found["body"] = office(str(found["body"]))
    if found.get("level") in _LEVELS:
        found["level"] = _LEVELS[found["level"]]
    if isinstance(found.get("unit"), str):
        found["unit"] = name_of(application, found["unit"])
    if "section" in found:
        zh, en = item_label("section", str(found["section"]), programme)
        found["section"] = {"zh": zh, "en": en}
    if "slot" in found and isinstance(found["slot"], str):
        zh, en = item_label("attachment", found["slot"], programme)
        found["slot"] = {"zh": zh.split("：")[0].split("（")[0], "en": en.split(" (")[0]}
    if isinstance(found.get("items"), list):
        found["items"] = list(_items(found["items"], programme))
    if isinstance(found.get("result"), int):
        found["points"] = points(found["result"])
    if isinstance(found.get("total"), int):
        found["points"] = points(found["total"])
    for name in ("drawn", "checklist"):
        if isinstance(found.get(name), list):
            found[name] = len(found[name])
    if isinstance(found.get("route"), list):
        found["route"] = [_body(each) for each in found["route"]]
    if isinstance(found.get("seed"), str):
        found["seed"] = f"{found['seed'][:8]}…"
    return found


def _body(step: Any) -> Mapping[str, str]:
    return office(str(step["body"]))


def _items(items: Iterable[Any], programme: Programme) -> Iterable[Mapping[str, str]]:
    for item in items:
        zh, en = item_label(str(item["kind"]), str(item["id"]), programme)
        yield {"zh": f"{zh.split('：')[0]}（{item['reason']}）", "en": f"{en.split(' (')[0]} ({item['reason']})"}
