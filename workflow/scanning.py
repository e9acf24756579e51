"""Received bytes before the scanner, one after the other: what is due, or everything again. Several processes may do it at once."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

import structlog

from eventstore.clock import Clock
from eventstore.refusal import Damaged
from eventstore.store import EventStore
from workflow import verdicts
from workflow.clamd import Clamd, NotTaken, ScannerAway
from workflow.files import Files
from workflow.verdicts import SCAN, Claimed, State, Verdict

BATCH = 8
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Scanning:
    """*clock* is the database's own time: leases run on it. Without a *scanner* there is nothing to do."""

    store: EventStore
    clock: Clock
    files: Files
    scanner: Clamd | None

    def drain(self) -> Counter[str]:
        """Look at everything that is due. Ends where the scanner is away; what waits stays in quarantine."""
        done = Counter[str]()
        while self.scanner is not None and "away" not in done:
            with self.store.begin() as db:
                claimed = verdicts.claim(db, self.clock.now(db), BATCH)
            if not claimed:
                break
            away = ""
            for one in claimed:
                word, why = self._check(self.scanner, one, away)
                away = why if word == "away" else away
                done[word] += 1
        return done

    def _check(self, scanner: Clamd, claimed: Claimed, away: str) -> tuple[str, str]:
        """Look at one, unless the scanner is *away*; answers its state, or `gone`, `not_taken`, `away`, and why."""
        verdict, word, why = None, "away", away
        try:
            verdict = None if away else self._look(scanner, claimed.sha256, claimed.file_id)
        except ScannerAway as error:
            word, why = "not_taken" if isinstance(error, NotTaken) else "away", str(error)
        except Damaged as error:
            word, why = "gone", str(error)
        with self.store.begin() as db:
            now = self.clock.now(db)
            if verdict is None:
                _log.warning("file_not_checked", sha256=claimed.sha256, why=why)
                verdicts.put_off(db, claimed, why, now, soon=word == "away")
                return word, why
            verdicts.settle(db, claimed.sha256, verdict, now, claimed.token)
        if verdict.state is State.INFECTED:
            _log.error("file_infected", sha256=claimed.sha256, signature=verdict.signature)
        return verdict.state.value, ""

    def _look(self, scanner: Clamd, sha256: str, place: str) -> Verdict:
        """What the scanner says of the bytes, once they are shown to be those that were received."""
        engine = scanner.version()
        with self._open(sha256, place) as stream:
            found = scanner.scan(stream)
        return Verdict(state=State.INFECTED if found else State.CLEAN, engine=engine, signature=found or "")

    def _open(self, sha256: str, place: str) -> IO[bytes]:
        if place == SCAN:
            return self.files.open_scan(f"sha256:{sha256}")[0]
        return self.files.open(place, sha256)

    def rescan(self, progress: Callable[[int, int], None]) -> Counter[str]:
        """Look at everything again, verdict or none; an old verdict stands until there is a new one."""
        if self.scanner is None:
            raise ScannerAway("no scanner is set")
        self.scanner.version()
        with self.store.begin() as db:
            verdicts.expect_the_unknown(db)
            verdicts.expect(db, dict.fromkeys(self.files.scans(), SCAN))
            everything = verdicts.everything(db)
        done = Counter[str]()
        for count, (sha256, place) in enumerate(everything, start=1):
            done[self._again(self.scanner, sha256, place)] += 1
            progress(count, len(everything))
        return done

    def _again(self, scanner: Clamd, sha256: str, place: str) -> str:
        try:
            verdict = self._look(scanner, sha256, place)
        except (ScannerAway, Damaged) as error:
            _log.warning("file_not_checked", sha256=sha256, why=str(error))
            return "gone" if isinstance(error, Damaged) else "away"
        with self.store.begin() as db:
            verdicts.settle(db, sha256, verdict, self.clock.now(db))
        return verdict.state.value
