"""An application filled in truthfully: the answers of the journey's fragment, for tests that need a whole form."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from tests.scenario import ADMIN, EDITOR, ID, OPENED, UNIT_CODE, Given
from workflow import commands as c
from workflow.events import ApplicationEvent

_FRAGMENTS = Path(__file__).parent.parent / "journeys" / "fragments"
CENTRE_UNIT = "91430281MAXTE5T24U"
_NAMES = {
    "code": UNIT_CODE,
    "unit_name": "湖南岳麓智模科技有限公司",
    "county": "430104",
    "address": "湖南省长沙市岳麓区尖山路39号",
    "legal": "沈岳",
    "liaison": "林婉清",
    "project": "面向工程机械运维的垂直领域大模型",
    "model_name": "岳麓工程机械运维大模型",
}
_CENTRE_NAMES = {
    "code": CENTRE_UNIT,
    "unit_name": "湖南渌江数智转型服务有限公司",
    "county": "430281",
    "address": "湖南省株洲市醴陵市陶瓷产业园创新路6号",
    "legal": "邹渌江",
    "leader": "何青瓷",
    "project": "醴陵陶瓷行业数字化转型促进中心",
}


def answers_by_section(**named: Any) -> dict[str, dict[str, Any]]:
    """What is typed into each section, in the official order; *named* replaces the fragment's variables."""
    return _of_fragment("large-model-form.yaml", {**_NAMES, **named})


def centre_by_section(**named: Any) -> dict[str, dict[str, Any]]:
    """The same of a promotion centre's application."""
    return _of_fragment("centre-form.yaml", {**_CENTRE_NAMES, **named})


def _of_fragment(file: str, named: dict[str, Any]) -> dict[str, dict[str, Any]]:
    fragment = yaml.safe_load((_FRAGMENTS / file).read_text(encoding="utf-8"))
    names = {**fragment["vars"], **named}
    return {step["with"]["section"]: _laid_in(step["with"]["answers"], names) for step in fragment["steps"]}


def _laid_in(value: Any, names: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _laid_in(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_laid_in(inner, names) for inner in value]
    if isinstance(value, str) and re.fullmatch(r"\$\w+", value):
        return names[value[1:]]
    if isinstance(value, str):
        return re.sub(r"\$\{(\w+)\}", lambda found: str(names[found[1]]), value)
    return value


def save(section: str, answers: dict[str, Any], version: int | None = None) -> c.SaveSection:
    return c.SaveSection(application_id=ID, section=section, answers=answers, section_version=version)


def attach(
    slot: str, label: str = "", check_code: str = "", sha256: str = "ab" * 32, replaces: c.AttachFile | None = None
) -> c.AttachFile:
    return c.AttachFile(
        application_id=ID,
        slot=slot,
        file_id=str(UUID(int=abs(hash((slot, label, sha256))))),
        name=f"{slot}{label}.pdf",
        size=1000,
        sha256=sha256,
        media_type="application/pdf",
        label=label,
        check_code=check_code,
        replaces=replaces.file_id if replaces else "",
    )


FILES = (
    attach("L-1"),
    attach("L-3", "2023"),
    attach("L-3", "2024"),
    attach("L-4", "2023"),
    attach("L-4", "2024"),
    attach("L-5", check_code="湘25SHZX0001234"),
    attach("L-8"),
    attach("L-9"),
    attach("L-10"),
)

CENTRE_FILES = (
    attach("P-1"),
    attach("P-3", "2023"),
    attach("P-3", "2024"),
    attach("P-4", "2023"),
    attach("P-4", "2024"),
    attach("P-5", check_code="湘25SHZX0004321"),
    attach("P-7"),
    attach("P-8"),
    attach("P-9"),
    attach("P-10"),
)


def commitment(signer_kind: str = "legal_representative", signer: str = "沈岳") -> c.RecordCommitment:
    from datetime import date

    return c.RecordCommitment(
        application_id=ID,
        unit=UNIT_CODE,
        signer=signer,
        signer_kind=signer_kind,
        signed_on=date(2025, 11, 12),
        scan_sha256="cd" * 32,
    )


def filled(
    *, files: tuple[c.AttachFile, ...] = FILES, committed: bool = True, on: str = "2025-11-12 10:00", **named: Any
) -> Given:
    """A draft with everything in it; leave things out by the arguments."""
    commands: list[c.Command] = [save(section, answers) for section, answers in answers_by_section(**named).items()]
    commands += [*files, *([commitment()] if committed else [])]
    return after((OPENED,), *commands, on=on)


def after(events: tuple[ApplicationEvent, ...], *commands: c.Command, on: str) -> Given:
    given = Given(*events)
    for command in commands:
        by = ADMIN if isinstance(command, c.RecordCommitment | c.Seal | c.Resubmit | c.Recall) else EDITOR
        outcome = given.when(command, by, on)
        assert not isinstance(outcome.outcome, Exception), (command, outcome.codes)
        given = Given(*given.events, *outcome.outcome)
    return given
