"""A whole house over a log of SM3: heads, receipts, evidence and the command line are of that hash, and say so."""

import io
import zipfile
from collections.abc import Generator
from pathlib import Path

import pytest
from click.testing import CliRunner

from admin import receipts, verify_bundle
from eventstore.refusal import HistoryBroken
from service import wiring
from service.cli import cli
from service.doctor import FAILING, examined
from service.settings import for_the_demo
from tests.admin.office import KEYS, Office, opened
from workflow import commands as c


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Generator[Office]:
    folder = tmp_path_factory.mktemp("sm3")
    with opened(folder, log_suite="SM3", database_url=f"sqlite:///{folder / 'sm3.db'}") as found:
        found.noticed = found.played.filled()
        found.played.do("admin", c.Seal(application_id=found.noticed), "2025-11-20 10:00")
        found.follow()
        yield found


def test_a_head_says_which_hash_it_is_of(office: Office) -> None:
    note = office.house.proofs.keep(now=True)
    assert note is not None
    assert {event.algorithm for event in office.house.store.read_all(limit=5000)} == {"SM3"}
    assert note.startswith("vermilion/SM3\n")
    body = office.client.get("/api/v1/checkpoints/latest").get_json()
    assert (body["hash_algorithm"], body["key"].split("+")[0]) == ("SM3", "vermilion/SM3")
    assert "Ed25519 · SM3" in office.client.get("/checkpoints").text


def test_a_receipt_is_checked_offline(office: Office) -> None:
    receipt = office.api("admin", f"/applications/{office.noticed}/receipts/1").get_json()
    assert receipt["hash_algorithm"] == receipt["event"]["algorithm"] == "SM3"
    assert "unit_sealed" in receipts.check(receipt, office.house.proofs.verifier)
    with pytest.raises(ValueError, match="algorithm"):
        receipts.check({**receipt, "hash_algorithm": "SHA-256"})
    with pytest.raises(ValueError, match="event"):
        receipts.check({**receipt, "event": {**receipt["event"], "actor": "x"}})


def test_a_bundle_checks_itself(office: Office) -> None:
    content = office.api("auditor", f"/history/applications/{office.noticed}/evidence").data
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert verify_bundle.check(archive, office.house.proofs.verifier)
        assert "Ed25519，SM3" in archive.read("README.md").decode()


def test_a_python_without_sm3_says_so(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    content = office.api("auditor", f"/history/applications/{office.noticed}/evidence").data
    monkeypatch.setattr(verify_bundle.hashlib, "algorithms_available", {"sha256", "sha512"})
    with zipfile.ZipFile(io.BytesIO(content)) as archive, pytest.raises(ValueError, match="SM3: this Python has none"):
        verify_bundle.check(archive)


def test_the_command_line_verifies_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.house.proofs.keep(now=True)
    for name, value in _environment(office.house.settings.files.parent, "SM3").items():
        monkeypatch.setenv(f"VERMILION_{name}", value)
    sound = CliRunner().invoke(cli, ["verify"])
    assert (sound.exit_code, "sound" in sound.output) == (0, True), sound.output
    monkeypatch.setenv("VERMILION_LOG_SUITE", "SHA-256")
    refused = CliRunner().invoke(cli, ["serve", "--bind", "127.0.0.1:0"])
    assert refused.exit_code == 1
    assert "the log is of SM3" in refused.output


def _environment(folder: Path, suite: str) -> dict[str, str]:
    keys = {name.upper(): value for name, value in KEYS.items()}
    return {
        **keys, "LOG_SUITE": suite, "DATABASE_URL": f"sqlite:///{folder / 'sm3.db'}", "FILES": str(folder / "files"),
        "SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "a@b.test", "BASE_URL": "http://localhost", "MODE": "test",
        "CHECKPOINTS": str(folder / "checkpoints"),
    }  # fmt: skip


def test_a_house_of_another_hash_is_refused_and_told(office: Office) -> None:
    folder = office.house.settings.files.parent
    given = {**KEYS, "mode": "test", "database_url": office.house.settings.database_url}
    house = wiring.build(for_the_demo(folder, base_url="http://localhost", smtp_url="smtp://127.0.0.1:1", **given))
    with pytest.raises(HistoryBroken, match="the log is of SM3"):
        house.prepare()
    said = [one for one in examined(house, at_once=True) if "the log is of SM3" in one.said]
    assert [one.grade for one in said] == [FAILING]
    house.close()
