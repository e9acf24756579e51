"""Whether one more project of this unit, of this group, may be sealed this year."""

from collections.abc import Sequence

from eventstore.refusal import Refusal
from workflow.application import Application
from workflow.commands import Command
from workflow.exclusivity import settle
from workflow.facts import Facts


def no_other_has_the_place(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """「同一申报主体同一年度原则上只能申报一个项目」「集团或下属单位只能有一家主体进行申报」 (A-23, A-24)"""
    return settle(application, facts).refusals
