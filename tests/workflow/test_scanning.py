"""What a scanner says of bytes decides who may have them; without an answer they stay in quarantine, and are never called clean."""

import io
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from eventstore.clock import DatabaseClock
from service.paper import pdf
from tests.workflow.house import UNIT, Api, House
from tests.workflow.scanner import MARK, VERSION, clamd, speaking
from workflow import clamd as client
from workflow import commands as c
from workflow import verdicts
from workflow.clamd import Clamd, NotTaken, ScannerAway
from workflow.quarantine import Quarantine
from workflow.scanning import Scanning
from workflow.verdicts import State, file_checks


def virus() -> bytes:
    """A PDF that holds the test text, different each time."""
    return pdf(secrets.token_hex(8)).replace(b"%%EOF\n", f"% {MARK}\n%%EOF\n".encode())


def harmless() -> bytes:
    return pdf(secrets.token_hex(8))


@pytest.fixture
def guarded(house: House) -> House:
    """The house with a scanner set, wherever that may be."""
    house.handling.quarantine = Quarantine(house.store, scanning=True)
    return house


def scanning(house: House, place: str) -> Scanning:
    return Scanning(house.store, DatabaseClock(), house.files, Clamd(place))


def attach(api: Api, application: object, content: bytes, slot: str = "L-2", **fields: str) -> dict[str, Any]:
    data = {"file": (io.BytesIO(content), "a.pdf"), **fields}
    answer = api.ask("editor", "POST", f"/applications/{application}/attachments/{slot}", data=data)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def fetch(api: Api, who: str, application: object, file_id: str, slot: str = "L-2") -> tuple[int, list[str]]:
    answer = api.ask(who, "GET", f"/applications/{application}/attachments/{slot}/{file_id}")
    return answer.status_code, [one["code"] for one in answer.json["refusals"]] if answer.is_json else []


def state(api: Api, application: object, file_id: str) -> str:
    items = api.ask("editor", "GET", f"/applications/{application}/attachment-list").json["items"]
    return next(item["check"]["state"] for item in items if item["file_id"] == file_id)


# the conversation


@pytest.mark.parametrize("socket", ["unix", "tcp"])
def test_a_scanner_is_told_all_and_its_word_is_taken(tmp_path: Path, socket: str) -> None:
    with speaking(tmp_path if socket == "unix" else None) as server:
        scanner = Clamd(server.place)
        assert scanner.version() == VERSION.decode()
        assert scanner.scan(io.BytesIO(b"x" * 3_000_000)) is None
        assert server.scanned == [3_000_000]
        assert scanner.scan(io.BytesIO(b"x" * 100_000 + MARK.encode())) == "Eicar-Test"
        assert scanner.scan(io.BytesIO(b"")) is None


@pytest.mark.parametrize(
    ("manner", "error"), [("limit", NotTaken), ("odd", NotTaken), ("torn", ScannerAway), ("mute", ScannerAway)]
)
def test_whatever_is_no_answer_is_no_verdict(manner: str, error: type[Exception]) -> None:
    with speaking(manner=manner) as server, pytest.raises(error):
        Clamd(server.place).scan(io.BytesIO(b"x" * 500_000))


def test_a_scanner_that_says_nothing_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "SILENCE_S", 0.2)
    with speaking(manner="mute") as server, pytest.raises(ScannerAway, match="timed out"):
        Clamd(server.place).scan(io.BytesIO(b"x"))


@pytest.mark.parametrize("place", ["unix:/nowhere/clamd.sock", "127.0.0.1:1"])
def test_a_scanner_that_is_not_there_is_away(place: str) -> None:
    with pytest.raises(ScannerAway):
        Clamd(place).version()


def test_clamd_itself_says_the_same(tmp_path: Path) -> None:
    with clamd(tmp_path) as place:
        if place is None:
            pytest.skip("clamd is not installed")
        scanner = Clamd(place)
        assert scanner.version().startswith("ClamAV")
        assert scanner.scan(io.BytesIO(harmless())) is None
        assert scanner.scan(io.BytesIO(virus())) == "Vermilion.Test.UNOFFICIAL"
        assert scanner.scan(io.BytesIO(b"\0" * 40_000_000)) is None


# who may have the bytes


def test_without_a_scanner_files_say_so_and_are_given_out(house: House, api: Api) -> None:
    application = house.filled()
    file_id = attach(api, application, harmless())["file_id"]
    assert state(api, application, file_id) == "not_scanned"
    house.do("admin", c.Seal(application_id=application), "2025-11-20 10:00")
    assert fetch(api, "yuelu-head", application, file_id)[0] == 200


def test_until_a_scanner_has_spoken_only_the_unit_has_its_file(guarded: House, api: Api, tmp_path: Path) -> None:
    application = guarded.filled()
    file_id = attach(api, application, harmless())["file_id"]
    guarded.do("admin", c.Seal(application_id=application), "2025-11-20 10:00")
    assert state(api, application, file_id) == "quarantined"
    assert fetch(api, "editor", application, file_id)[0] == 200
    assert fetch(api, "yuelu-head", application, file_id) == (423, ["FILE_QUARANTINED"])
    with speaking(tmp_path) as server:
        assert scanning(guarded, server.place).drain()["clean"] == 1
        assert len(server.scanned) == 1
    assert state(api, application, file_id) == "clean"
    assert fetch(api, "yuelu-head", application, file_id)[0] == 200


def test_a_virus_is_given_to_nobody_and_not_sealed(guarded: House, api: Api) -> None:
    application = guarded.filled()
    file_id = attach(api, application, virus())["file_id"]
    with speaking() as server:
        assert scanning(guarded, server.place).drain()["infected"] == 1
    assert state(api, application, file_id) == "infected"
    for who in ("editor", "admin"):
        assert fetch(api, who, application, file_id) == (423, ["FILE_INFECTED"])
    assert guarded.refused("admin", c.Seal(application_id=application), "2025-11-20 10:00") == {"FILE_INFECTED"}
    told = api.ask("admin", "GET", f"/applications/{application}/actions").json["actions"]
    seal = next(action for action in told if action["trigger"] == "seal")
    assert [one["code"] for one in seal["refusals"]] == ["FILE_INFECTED"]
    guarded.do("editor", c.RemoveFile(application_id=application, slot="L-2", file_id=file_id))
    guarded.do("admin", c.Seal(application_id=application))


def test_the_same_bytes_are_known_whoever_attaches_them(guarded: House, api: Api) -> None:
    content, first = virus(), guarded.filled()
    attach(api, first, content)
    with speaking() as server:
        scanning(guarded, server.place).drain()
    assert state(api, first, attach(api, first, content, "L-8")["file_id"]) == "infected"


def test_a_scanner_that_is_away_makes_nothing_clean(guarded: House, api: Api) -> None:
    application = guarded.filled()
    file_id = attach(api, application, harmless())["file_id"]
    done = scanning(guarded, "127.0.0.1:1").drain()
    assert set(done) == {"away"}
    assert state(api, application, file_id) == "quarantined"
    with guarded.store.reading() as db:
        assert "refused" in verdicts.last_error(db).casefold()
    _as_if_the_wait_were_over(guarded)
    with speaking() as server:
        assert scanning(guarded, server.place).drain()["clean"] == 1


def test_a_file_the_scanner_will_not_take_does_not_stop_the_others(guarded: House, api: Api) -> None:
    application = guarded.filled()
    large = attach(api, application, pdf(secrets.token_hex(8), pages=9))["file_id"]
    with speaking(manner="limit") as server:
        done = scanning(guarded, server.place).drain()
    assert done["not_taken"] >= 1
    assert done["away"] == 0
    assert state(api, application, large) == "quarantined"


def test_kept_scans_are_held_back_alike(guarded: House, api: Api) -> None:
    application = guarded.filled()
    digest = api.ask("admin", "POST", "/scans", data={"file": (io.BytesIO(virus()), "承诺书.pdf")}).json["digest"]
    body = {"signer": "沈岳", "signer_kind": "legal_representative", "signed_on": "2025-11-12", "scan_sha256": digest}
    assert api.ask("admin", "PUT", f"/applications/{application}/commitments/{UNIT.code}", body).status_code == 200
    scan = f"/applications/{application}/scans/{digest}"
    assert api.ask("admin", "GET", scan).status_code == 200
    with speaking() as server:
        scanning(guarded, server.place).drain()
    assert api.ask("admin", "GET", scan).status_code == 423
    assert guarded.refused("admin", c.Seal(application_id=application), "2025-11-20 10:00") == {"FILE_INFECTED"}


# leases and looking again


def test_two_scanners_share_the_work_and_a_lost_lease_comes_back(guarded: House, api: Api) -> None:
    application = guarded.filled()
    attach(api, application, harmless())
    clock = DatabaseClock()
    with guarded.store.begin() as db:
        now = clock.now(db)
        claimed = {one.sha256 for one in verdicts.claim(db, now, 100)}
        assert claimed
        assert verdicts.claim(db, now, 100) == []
        again = verdicts.claim(db, now + verdicts.LEASE + timedelta(seconds=1), 100)
        assert {one.sha256 for one in again} == claimed
        assert {one.attempts for one in again} == {2}


def test_a_verdict_of_a_lease_that_ran_out_is_not_written(guarded: House, api: Api) -> None:
    application = guarded.filled()
    attach(api, application, harmless())
    with guarded.store.begin() as db:
        now = DatabaseClock().now(db)
        old = verdicts.claim(db, now, 100)[0]
        verdicts.claim(db, now + 2 * verdicts.LEASE, 100)
        clean = verdicts.Verdict(state=State.CLEAN)
        assert not verdicts.settle(db, old.sha256, clean, now, old.token)


def test_everything_is_looked_at_again_with_newer_signatures(guarded: House, api: Api) -> None:
    application = guarded.filled()
    kept, found = attach(api, application, harmless())["file_id"], attach(api, application, virus())["file_id"]
    with guarded.store.begin() as db:  # as an older scanner had found
        db.execute(update(file_checks).values(state="clean", engine="old"))
    steps: list[tuple[int, int]] = []
    with speaking() as server:
        done = scanning(guarded, server.place).rescan(lambda count, total: steps.append((count, total)))
    assert (done["infected"], done["clean"]) == (1, 1)
    assert state(api, application, found) == "infected"
    assert state(api, application, kept) == "clean"
    assert steps[-1][0] == steps[-1][1] == len(steps)
    with guarded.store.reading() as db:
        assert (
            db.execute(select(file_checks.c.engine).where(file_checks.c.state == "infected")).scalar_one()
            == VERSION.decode()
        )


def test_files_of_the_time_before_are_looked_at(guarded: House, api: Api) -> None:
    application = guarded.filled()
    attach(api, application, harmless())
    with guarded.store.begin() as db:
        before = db.execute(file_checks.delete()).rowcount
        assert verdicts.expect_the_unknown(db) == before
        assert verdicts.expect_the_unknown(db) == 0


def test_damaged_bytes_get_no_verdict(guarded: House, api: Api, tmp_path: Path) -> None:
    application = guarded.filled()
    file_id = attach(api, application, harmless())["file_id"]
    path = next((tmp_path / "files").rglob(file_id))
    path.write_bytes(b"x" + path.read_bytes()[1:])
    with speaking() as server:
        done = scanning(guarded, server.place).drain()
    assert done["clean"] == 0
    assert state(api, application, file_id) == "quarantined"
    answer = api.ask("editor", "GET", f"/applications/{application}/attachments/L-2/{file_id}")
    assert answer.status_code == 500
    assert [one["code"] for one in answer.json["refusals"]] == ["FILE_DAMAGED"]


def _as_if_the_wait_were_over(house: House) -> None:
    with house.store.begin() as db:
        db.execute(update(file_checks).values(due_at=0))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "SILENCE_S", 5.0)
