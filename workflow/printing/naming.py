"""What papers are called, in both languages."""

from collections.abc import Mapping

from web import texts
from workflow.application import Application
from workflow.parties import parties_of
from workflow.printing.kinds import AGREEMENT, parted


def kind_words(kind: str, application: Application | None = None) -> Mapping[str, str]:
    """What a kind of paper is called; of one unit's own, for whoever may know of *application*, with the unit's name."""
    base, unit = parted(kind)
    known = texts.catalogue().get(f"paper.kind.{base}")
    words = {"zh": known.zh, "en": known.en} if known else {"zh": base, "en": base}
    if not unit or application is None:
        return words
    name = parties_of(application).names.get(unit, unit)
    key = "paper.pair" if base == AGREEMENT else "paper.of"
    return {language: texts.t(key, language, paper=words[language], unit=name) for language in texts.LANGUAGES}
