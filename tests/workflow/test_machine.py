"""Whatever anybody asks in whatever order: the rules hold, a refusal writes nothing, and every table can be built again.

A Hypothesis state machine drives the real handling over a real database with the commands of every role, permitted or
not, at moving hours. Each run starts from an application somewhere on its way.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

import migrations
from eventstore.clock import DatabaseClock
from eventstore.dispatch import Outcome
from eventstore.engine import open_engine
from eventstore.facts import reading
from eventstore.ids import RandomIds
from eventstore.rebuild import rebuild
from eventstore.refusal import KeyReused, PreconditionFailed, Refused
from eventstore.verify import verify
from notifications.kinds import kind_of
from notifications.listener import Listener
from notifications.mail import Sender
from notifications.planning import Planning
from tests.filled import attach
from tests.scenario import BEIJING
from tests.workflow.house import CATALOGUE, House
from tests.workflow.test_lifecycle import AGREED, SAMPLES
from web.texts import catalogue
from workflow import commands as c
from workflow.events import ReturnItem
from workflow.stages import Stage
from workflow.worklist import applications

HEIGHTS: dict[str, Callable[[House], UUID]] = {
    "filled": House.filled,
    "sealed": House.sealed,
    "recommended": House.recommended,
    "judged": House.judged,
    "noticed": House.noticed,
}
PEOPLE = [
    "editor",
    "admin",
    "wenqu-admin",
    "yuelu-clerk",
    "yuelu-head",
    "yuhua-head",
    "changsha-head",
    "clerk",
    "lead",
    "finance",
    "discipline-head",
    "expert-1",
    "expert-2",
    "auditor",
    "operator",
    "clock",
    "public",
]
WISHES = [
    *(sample for trigger, sample in SAMPLES.items() if trigger not in ("create", "recommend")),
    attach("L-4", "2024", sha256="ef" * 32, replaces=attach("L-4", "2024")),
    attach("L-8", sha256="0e" * 32),
    c.SaveSection(application_id=UUID(int=0), section="model", answers={"params_yi": "80"}),
    c.SaveSection(application_id=UUID(int=0), section="model", answers={"params_yi": "viele"}),
    c.ReturnForCorrection(
        application_id=UUID(int=0), items=(ReturnItem(kind="attachment", id="L-4", reason="缺页", material=False),)
    ),
    c.ReturnForCorrection(
        application_id=UUID(int=0), items=(ReturnItem(kind="field", id="params_yi", reason="核对", material=True),)
    ),
    c.Propose(application_id=UUID(int=0), amount_fen=100_000_000, minutes_number="1"),
    c.Propose(application_id=UUID(int=0), amount_fen=10**15, minutes_number="1"),
    c.InstructTranche(application_id=UUID(int=0), amount_fen=60_000_000),
    c.InstructTranche(application_id=UUID(int=0), amount_fen=40_000_000),
    c.ConfirmPaid(application_id=UUID(int=0), bank_reference="B-1", paid_on=date(2026, 1, 20)),
    c.ConfirmPaid(application_id=UUID(int=0), bank_reference="B-2", paid_on=date(2026, 1, 21)),
    c.DemandRecovery(application_id=UUID(int=0), amount_fen=40_000_000, reason="r"),
    c.RecordRepayment(application_id=UUID(int=0), amount_fen=40_000_000, bank_reference="R-1"),
    c.UpholdObjection(application_id=UUID(int=0), objection=1, finding="f", propose_anew=True),
]


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'machine.db'}"


@cache
def begun(height: str) -> tuple[Path, UUID]:
    """A database with one application at *height*; made once, copied for every run."""
    folder = Path(tempfile.mkdtemp(prefix="vermilion-machine-"))
    engine = open_engine(_url(folder))
    migrations.upgrade(engine)
    application = HEIGHTS[height](House(engine, folder / "files"))
    engine.dispose()
    return folder, application


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder: Path | None = None
        self.house: House

    @initialize(height=st.sampled_from(sorted(HEIGHTS)))
    def begin(self, height: str) -> None:
        source, self.application = begun(height)
        self.folder = Path(tempfile.mkdtemp(prefix="vermilion-run-"))
        shutil.copytree(source, self.folder, dirs_exist_ok=True)
        self.house = House(open_engine(_url(self.folder)), self.folder / "files", first=False)
        with self.house.store.reading() as db:
            self.now = self.house.clock.now(db)

    @rule(hours=st.sampled_from([1, 20, 24 * 3, 24 * 8]))
    def time_passes(self, hours: int) -> None:
        self.now = min(self.now + timedelta(hours=hours), datetime(2026, 11, 1, tzinfo=BEIJING))
        with self.house.store.begin() as db:
            self.house.clock.set(db, self.now)

    @rule(who=st.sampled_from(PEOPLE), wish=st.sampled_from(WISHES))
    def somebody_asks(self, who: str, wish: c.Command) -> None:
        self.ask(who, replace(wish, application_id=self.application))

    @rule(who=st.sampled_from(["yuelu-head", "changsha-head", "yuhua-head"]), stale=st.booleans())
    def a_bureau_recommends(self, who: str, stale: bool) -> None:
        digest = "sha256:" + "00" * 32 if stale else None
        self.ask(who, self.house.recommend(self.application, content_digest=digest, rank=1))

    @rule(wish=st.sampled_from(WISHES), who=st.sampled_from(PEOPLE))
    def somebody_asks_twice_under_one_key(self, who: str, wish: c.Command) -> None:
        command, key = replace(wish, application_id=self.application), f"k-{self.house.store.head_position()}"
        first = self.answer(who, command, command_id=key, fingerprint=b"one")
        head = self.house.store.head_position()
        again = self.answer(who, command, command_id=key, fingerprint=b"one")
        assert self.house.store.head_position() == head or isinstance(first, Refused)
        if isinstance(first, Outcome):
            assert isinstance(again, Outcome)
            assert again.replayed
            with pytest.raises(KeyReused):
                self.house.do(who, command, command_id=key, fingerprint=b"other")

    @rule(wish=st.sampled_from(WISHES))
    def somebody_acts_on_an_old_version(self, wish: c.Command) -> None:
        head = self.house.store.head_position()
        with pytest.raises(PreconditionFailed) as stale:
            self.house.do("admin", replace(wish, application_id=self.application), if_match=1)
        assert stale.value.version == self.house.application(self.application).version
        assert self.house.store.head_position() == head

    @rule()
    def the_clock_sweeps(self) -> None:
        before = self.house.application(self.application)
        ended = self.house.handling.lapse_due(self.now)
        after = self.house.application(self.application)
        assert ended == (after.stage is Stage.LAPSED and before.stage is not Stage.LAPSED)

    def ask(self, who: str, command: c.Command) -> None:
        before, head = self.house.application(self.application), self.house.store.head_position()
        outcome = self.answer(who, command)
        if isinstance(outcome, Refused):
            assert outcome.refusals
            assert all(f"refusal.{refusal.code}" in catalogue() for refusal in outcome.refusals)
            assert self.house.store.head_position() == head
            return
        after = self.house.application(self.application)
        assert after.version == outcome.version
        assert self.house.store.head_position() == head + len(outcome.positions)
        if outcome.positions:
            assert (before.stage, after.stage) in AGREED[command.trigger]

    def answer(self, who: str, command: c.Command, **more: Any) -> Outcome | Refused:
        try:
            return self.house.do(who, command, **more)
        except Refused as refused:
            return refused

    @precondition(lambda self: self.folder is not None)
    @invariant()
    def the_tables_agree_with_the_fold(self) -> None:
        stands = self.house.application(self.application)
        table = applications()
        with self.house.store.reading() as db:
            row: Any = db.execute(select(table).where(table.c.id == str(self.application))).mappings().one()
        assert (row["stage"], row["version"]) == (stands.stage, stands.version)
        assert row["content_digest"] == stands.content_digest

    @precondition(lambda self: self.folder is not None)
    @invariant()
    def money_never_grows_on_its_way(self) -> None:
        stands = self.house.application(self.application)
        assert stands.repaid_fen <= stands.paid_fen <= stands.instructed_fen <= stands.awarded_fen
        assert stands.awarded_fen <= (stands.amount_fen or 0) <= 5_000_000_000 * 100

    def letters_are_what_the_events_call_for(self) -> None:
        """A letter or more for each event that is told, none for the others, and none again when the log is read anew."""
        house = self.house
        read = reading(house.dispatcher.codec, house.dispatcher.personal)
        sender = Sender(address="no-reply@example.cn", base_url="http://127.0.0.1:1")
        planning = Planning(sender, RandomIds())
        listener = Listener(house.store, read, CATALOGUE, planning, house.clock, DatabaseClock())
        while listener.follow():
            pass
        with house.store.reading() as db:
            written = db.exec_driver_sql("SELECT event_id, dedupe_key FROM letters").all()
        recorded = house.store.read_stream(f"application-{self.application}")
        told = {one.event_id for one in recorded if kind_of(house.dispatcher.codec.decode(one))}
        assert {UUID(str(event)) for event, _ in written} == told
        assert len({key for _, key in written}) == len(written)

    def teardown(self) -> None:
        if self.folder is None:
            return
        assert verify(self.house.engine).ok
        self.letters_are_what_the_events_call_for()
        read = reading(self.house.dispatcher.codec, self.house.dispatcher.personal)
        for projection in self.house.projections:
            built = rebuild(self.house.store, read, projection, repair=False)
            assert built.equal, (projection.name, built.differing)
        self.house.engine.dispose()
        shutil.rmtree(self.folder)


Machine.TestCase.settings = settings(
    max_examples=int(os.environ.get("VERMILION_MACHINE_EXAMPLES", "60")),
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


class TestMachine(Machine.TestCase):
    """Nightly with more examples: VERMILION_MACHINE_EXAMPLES=2000."""
