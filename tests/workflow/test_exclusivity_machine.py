"""Any order of seals, recalls, withdrawals, lapses and exceptions: two never live without an exception, and none is blocked for nothing.

A Hypothesis machine drives the real commands over a real database; what a model of a few lines expects is what happens.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import migrations
from eventstore.engine import open_engine
from eventstore.facts import reading
from eventstore.rebuild import rebuild
from eventstore.refusal import Refused
from service.world import UNITS
from tests.workflow.exclusive import PREFIXES, ROOT, Exclusive
from workflow import commands as c
from workflow.events import ReturnItem
from workflow.stages import Stage

DRAFTS = (0, 0, 1, 2)
"""The unit of each application: the first unit has two, the third declares the same controller."""
NUMBERS = st.integers(0, len(DRAFTS) - 1)
CODES = [UNITS[0].code, UNITS[1].code, UNITS[2].code, ROOT]
GROUP, ONE = "GROUP_ALREADY_APPLIED", "ONE_PROJECT_PER_YEAR"
ITEM = ReturnItem(kind="field", id="unit_profile", reason="补充", material=False)
_LIVE = frozenset(Stage) - {Stage.DRAFT, Stage.WITHDRAWN, Stage.LAPSED}


@cache
def _prepared() -> tuple[Path, tuple[UUID, ...]]:
    """A database with four whole drafts, made once and copied for every run."""
    folder = Path(tempfile.mkdtemp(prefix="exclusive-"))
    engine = open_engine(f"sqlite:///{folder / 'house.db'}")
    migrations.upgrade(engine)
    house = Exclusive(engine, folder / "files")
    drafts = tuple(house.draft(unit, **({"controller_code": ROOT} if unit == 2 else {})) for unit in DRAFTS)
    engine.dispose()
    return folder, drafts


class Places(RuleBasedStateMachine):
    """Four applications of three units under one controller."""

    @initialize()
    def begin(self) -> None:
        folder, self.drafts = _prepared()
        self.folder = Path(tempfile.mkdtemp(prefix="exclusive-run-"))
        shutil.copytree(folder, self.folder, dirs_exist_ok=True)
        self.engine = open_engine(f"sqlite:///{self.folder / 'house.db'}")
        self.house = Exclusive(self.engine, self.folder / "files", first=False)
        self.house.at("2025-11-20 10:00")
        self.granted: dict[str, str] = {}  # exception to code

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.built_anew_it_is_the_same()
            self.engine.dispose()
            shutil.rmtree(self.folder)

    @rule(number=NUMBERS)
    def seal(self, number: int) -> None:
        if self.stage(number) is not Stage.DRAFT:
            return
        expected = self.expected(number)
        assert self.house.seal(DRAFTS[number], self.drafts[number], None) == expected

    @rule(number=NUMBERS)
    def recall(self, number: int) -> None:
        self.try_to(number, c.Recall(application_id=self.drafts[number]))

    @rule(number=NUMBERS)
    def withdraw(self, number: int) -> None:
        if sum(self.stage(one) is Stage.WITHDRAWN for one in range(len(DRAFTS))) < 2:
            self.try_to(number, c.Withdraw(application_id=self.drafts[number], reason="不再申报"))

    @rule(number=NUMBERS)
    def send_back(self, number: int) -> None:
        head = "yuelu-head" if DRAFTS[number] < 2 else "yuhua-head"
        self.try_to(number, c.ReturnForCorrection(application_id=self.drafts[number], items=(ITEM,)), head)

    @rule(number=NUMBERS, word=st.sampled_from(["甲", "乙"]))
    def hand_in_again(self, number: int, word: str) -> None:
        """Never refused for its place: what is returned keeps it."""
        if self.stage(number) is not Stage.RETURNED:
            return
        application, prefix = self.drafts[number], PREFIXES[DRAFTS[number]]
        self.try_to(number, c.SaveSection(
            application_id=application, section="unit", answers={"unit_profile": f"专注大模型，{word}{number}。"}
        ), f"{prefix}editor")  # fmt: skip
        command = c.Resubmit(application_id=application)
        assert refused(lambda: self.house.do(f"{prefix}admin", command)) <= {"NOTHING_CHANGED"}

    @rule(number=NUMBERS)
    def lapse(self, number: int) -> None:
        """Only what was returned: the drafts would all be gone with the call."""
        if self.stage(number) is Stage.RETURNED:
            self.house.at("2025-12-20 10:00")
            self.try_to(number, c.Lapse(application_id=self.drafts[number]), "clock")
            self.house.at("2025-11-20 10:00")

    @rule(code=st.sampled_from(CODES))
    def grant(self, code: str) -> None:
        standing = [one for one, of in self.granted.items() if of == code and one not in self.used()]
        found = refused(lambda: self.granted.update({self.house.grant(code): code}))
        assert found == ({"EXCEPTION_STANDS"} if standing else set())

    @rule(which=st.integers(0, 3))
    def take_back(self, which: int) -> None:
        if not self.granted:
            return
        exception = sorted(self.granted)[which % len(self.granted)]
        used = exception in self.used()
        assert refused(lambda: self.house.take_back(exception)) == ({"EXCEPTION_IN_USE"} if used else set())
        if not used:
            del self.granted[exception]

    @invariant()
    def never_two_without_an_exception(self) -> None:
        if not hasattr(self, "drafts"):
            return
        plain = [number for number in self.live() if not self.exception(number)]
        assert len({DRAFTS[number] for number in plain}) <= 1, "two units of one group"
        assert len([number for number in plain if DRAFTS[number] == 0]) <= 1, "two projects of one unit"
        assert len(self.used()) == len([number for number in self.live() if self.exception(number)])

    def built_anew_it_is_the_same(self) -> None:
        read = reading(self.house.dispatcher.codec, self.house.dispatcher.personal)
        for projection in self.house.projections:
            if projection.name in ("exclusive_places", "exceptions", "refused_attempts"):
                assert rebuild(self.house.store, read, projection, repair=False).equal is True

    def expected(self, number: int) -> set[str]:
        """By the words of the guide alone: who is live without an exception, and which exceptions nobody uses."""
        unit, plain = DRAFTS[number], [one for one in self.live() if not self.exception(one)]
        holders = self.group_holders()
        against = set[str]()
        if any(DRAFTS[one] == unit for one in plain):
            against.add(ONE)
        if holders - {unit}:
            against.add(GROUP)
        code, free = UNITS[unit].code, set(self.granted) - self.used()
        serving = {code} if ONE in against else {code, ROOT}
        return set() if any(self.granted[one] in serving for one in free) else against

    def group_holders(self) -> set[int]:
        """The unit that has the group's one place: it keeps it as long as one of the applications that took it lives."""
        return {
            DRAFTS[one]
            for one in self.live()
            if any(
                place.per == "group" and place.key == ROOT and not place.exception for place in self.sealed(one).places
            )
        }

    def live(self) -> list[int]:
        return [number for number in range(len(DRAFTS)) if self.stage(number) in _LIVE]

    def used(self) -> set[str]:
        return {self.exception(number) for number in self.live()} - {""}

    def exception(self, number: int) -> str:
        return str(self.sealed(number).exception)

    def sealed(self, number: int) -> Any:
        """The newest seal, by the first hand or after a return."""
        facts = self.house.dispatcher.history(f"application-{self.drafts[number]}")
        return [fact.event for fact in facts if hasattr(fact.event, "places")][-1]

    def stage(self, number: int) -> Stage:
        stage = self.house.application(self.drafts[number]).stage
        assert stage is not None
        return stage

    def try_to(self, number: int, command: c.Command, who: str = "") -> None:
        found = refused(lambda: self.house.do(who or f"{PREFIXES[DRAFTS[number]]}admin", command))
        assert not found & {GROUP, ONE}


def refused(wish: Callable[[], object]) -> set[str]:
    try:
        wish()
    except Refused as error:
        return {refusal.code for refusal in error.refusals}
    return set()


Places.TestCase.settings = settings(
    max_examples=int(os.environ.get("VERMILION_PLACES_EXAMPLES", "8")),
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.rule("R-251", "R-253")
class TestPlaces(Places.TestCase):
    """「同一申报主体同一年度原则上只能申报一个项目」; longer with VERMILION_PLACES_EXAMPLES=200."""
