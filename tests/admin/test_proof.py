"""The head of the log is signed every hour and on every legal act, leaves the database, and is never signed against what was signed."""

import base64
import io
import json
import re
from collections.abc import Generator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pypdf import PdfReader
from sqlalchemy import Engine, update

from admin import receipts
from admin.proof import LEGAL_ACTS, Proofs, newest_line
from eventstore.clock import SettableClock
from eventstore.merkle import continues
from eventstore.schema import log_checkpoints
from eventstore.signed_note import NotSigned, Signer, open_note, witnessed
from service.cli import cli
from service.wiring import TYPES
from tests.admin.office import Office, opened
from workflow import commands as c
from workflow.printing.room import Format

KEY = bytes(range(32))


@pytest.fixture
def fresh(tmp_path: Path) -> Generator[Office]:
    with opened(tmp_path) as found:
        yield found


def proofs_of(office: Office, clock: Any = None, **more: Any) -> Proofs:
    house = office.house
    signer = Signer("vermilion", house.settings.checkpoint_key_bytes)
    return Proofs(house.store, signer, clock or house.wall, house.settings.checkpoints, **more)


def test_every_legal_act_is_a_type_of_event_there_is() -> None:
    assert set(TYPES) >= LEGAL_ACTS


def test_a_seal_is_signed_at_once_and_a_save_waits_for_the_hour(fresh: Office) -> None:
    proofs = fresh.house.proofs
    assert proofs.keep(now=True)
    one = fresh.played.filled()
    assert not proofs.due()
    fresh.played.do("admin", c.Seal(application_id=one), "2025-11-20 10:00")
    assert proofs.due()
    assert proofs.keep()
    assert not proofs.due()
    assert proofs.keep() is None


def test_after_an_hour_anything_at_all_is_signed(fresh: Office) -> None:
    clock = SettableClock()
    proofs = proofs_of(fresh, clock)
    with fresh.house.store.begin() as db:
        clock.set(db, datetime(2025, 11, 3, 1, tzinfo=UTC))
    assert proofs.keep(now=True)
    fresh.played.open()
    with fresh.house.store.begin() as db:
        clock.set(db, datetime(2025, 11, 3, 1, 59, 59, tzinfo=UTC))
    assert not proofs.due()
    with fresh.house.store.begin() as db:
        clock.set(db, datetime(2025, 11, 3, 2, 0, 30, tzinfo=UTC))
    assert proofs.due()


def test_a_checkpoint_is_kept_in_the_database_and_outside(fresh: Office) -> None:
    note = fresh.house.proofs.keep(now=True)
    assert note is not None
    folder = fresh.house.settings.checkpoints
    kept = fresh.house.proofs.latest()
    assert kept is not None
    assert folder is not None
    assert (folder / "latest.txt").read_text("utf-8") == note == kept.note
    assert (folder / f"{kept.size:012d}.txt").exists()
    with fresh.house.store.reading() as db:
        assert newest_line(db) == f"{kept.size} {base64.b64encode(kept.root).decode()}"


def _rewritten(engine: Engine) -> None:
    """Somebody who rules the database rewrites an event and every checkpoint and node that tells of it."""
    with engine.begin() as db:
        for trigger in ("events_no_update", "events_no_delete"):
            db.exec_driver_sql(f"DROP TRIGGER {trigger}")
        db.exec_driver_sql("UPDATE events SET hash = zeroblob(32) WHERE position = 5")
        for table in ("log_checkpoints", "log_nodes"):
            db.exec_driver_sql(f"DELETE FROM {table}")


def test_a_fork_is_not_signed_and_the_alarm_stays_until_somebody_looks(fresh: Office) -> None:
    """All that the database knew of the old head is gone; the folder outside still has it."""
    proofs = fresh.house.proofs
    assert proofs.keep(now=True)
    fresh.played.open()
    _rewritten(fresh.house.engine)
    assert proofs.keep(now=True) is None
    [finding] = proofs.findings()
    assert (finding.what, finding.sound) == ("checkpoint", False)
    assert "does not continue" in finding.said
    assert proofs.latest() is None
    page = fresh.browser("auditor").get("/history").text
    assert "已停止签发" in page


def test_a_log_cut_short_is_not_signed(fresh: Office) -> None:
    fresh.played.open()
    assert fresh.house.proofs.keep(now=True)
    with fresh.house.engine.begin() as db:
        db.exec_driver_sql("DROP TRIGGER events_no_delete")
        db.exec_driver_sql("DELETE FROM events WHERE position = (SELECT max(position) FROM events)")
        db.exec_driver_sql("DELETE FROM log_checkpoints")
    assert fresh.house.proofs.keep(now=True) is None


def test_a_checkpoint_outside_that_is_not_ours_stops_the_signing(fresh: Office) -> None:
    folder = fresh.house.settings.checkpoints
    assert folder is not None
    folder.mkdir(exist_ok=True)
    (folder / "latest.txt").write_text(Signer("vermilion", KEY).sign("vermilion\n0\n\n"), "utf-8")
    assert fresh.house.proofs.keep(now=True) is None
    assert not fresh.house.proofs.findings()[0].sound


def test_a_note_is_what_the_specification_says(fresh: Office) -> None:
    """C2SP signed-note and tlog-checkpoint: three lines, a blank one, — name base64(key id || signature)."""
    note = fresh.house.proofs.keep(now=True)
    assert note is not None
    origin, size, root, blank, line, end = note.split("\n")
    assert (origin, blank, end) == ("vermilion", "", "")
    assert size.isdigit()
    assert len(base64.b64decode(root)) == 32
    dash, name, encoded = line.split(" ")
    assert (dash, name) == ("—", "vermilion")
    vname, vhash, vkey = fresh.house.proofs.verifier.split("+", 2)
    raw = base64.b64decode(vkey)
    assert sha256(vname.encode() + b"\n" + raw).digest()[:4].hex() == vhash
    assert base64.b64decode(encoded)[:4].hex() == vhash
    assert len(base64.b64decode(encoded)) == 4 + 64


@pytest.mark.parametrize(
    "spoil",
    [
        lambda note: note.replace("vermilion\n", "vermilion\n0", 1),
        lambda note: note.rstrip("\n"),
        lambda note: note + "junk\n",
        lambda note: note.replace("— vermilion ", "- vermilion "),
        lambda note: note + note.split("\n")[4][:-8] + "AAAAAAA=\n",
    ],
)
def test_a_note_that_is_not_exact_is_not_believed(fresh: Office, spoil: Any) -> None:
    note = fresh.house.proofs.keep(now=True)
    assert note is not None
    open_note(note, [fresh.house.proofs.verifier])
    with pytest.raises(NotSigned):
        open_note(spoil(note), [fresh.house.proofs.verifier])


def _witness(name: str, note: str, at: int) -> tuple[str, str]:
    """A witness's verifier key, and *note* with its cosignature (C2SP tlog-cosignature v1)."""
    key = Ed25519PrivateKey.from_private_bytes(KEY)
    public = b"\x04" + key.public_key().public_bytes_raw()
    id_ = sha256(name.encode() + b"\n" + public).digest()[:4]
    body = note.split("\n\n")[0] + "\n"
    signature = key.sign(f"cosignature/v1\ntime {at}\n{body}".encode())
    line = base64.b64encode(id_ + at.to_bytes(8, "big") + signature).decode()
    return f"{name}+{id_.hex()}+{base64.b64encode(public).decode()}", f"{note}— {name} {line}\n"


def test_a_witness_cosigns_and_is_shown(fresh: Office) -> None:
    note = fresh.house.proofs.keep(now=True)
    assert note is not None
    verifier, cosigned = _witness("audit.hunan.example", note, 1_763_600_000)
    proofs = proofs_of(fresh, witnesses=(verifier,))
    proofs.cosigned(cosigned)
    kept = proofs.latest()
    assert kept is not None
    assert kept.witnesses == {"audit.hunan.example": datetime.fromtimestamp(1_763_600_000, UTC)}
    forged = cosigned.replace("audit.hunan.example ", "audit.hunan.example A")
    with pytest.raises(NotSigned):
        witnessed(forged, [verifier])
    with pytest.raises(NotSigned):
        proofs.cosigned(note.replace("\n", "\n1", 1))


def test_everybody_reads_the_newest_checkpoint_and_its_key(fresh: Office) -> None:
    assert fresh.client.get("/api/v1/checkpoints/latest").status_code == 404
    note = fresh.house.proofs.keep(now=True)
    body = fresh.client.get("/api/v1/checkpoints/latest").get_json()
    assert (body["note"], body["key"]) == (note, fresh.house.proofs.verifier)
    assert (body["hash_algorithm"], body["signature_algorithm"]) == ("SHA-256", "Ed25519")
    assert fresh.client.get("/checkpoints/latest.txt").text == note
    assert fresh.house.proofs.verifier in fresh.client.get("/checkpoints").text.replace("&#43;", "+")


def test_a_witness_is_shown_that_one_head_continues_another(fresh: Office) -> None:
    proofs = fresh.house.proofs
    first = open_note(proofs.keep(now=True) or "", [proofs.verifier])
    fresh.played.open()
    second = open_note(proofs.keep(now=True) or "", [proofs.verifier])
    body = fresh.client.get(f"/api/v1/checkpoints/{first.size}/to/{second.size}").get_json()
    proof = [bytes.fromhex(node) for node in body["proof"]]
    assert continues(first.size, second.size, proof, first.root, second.root)
    assert not continues(first.size, second.size, proof, first.root, bytes(32))
    assert fresh.client.get(f"/api/v1/checkpoints/{first.size}/to/{second.size + 1}").status_code == 404
    assert fresh.client.get(f"/api/v1/checkpoints/0/to/{second.size}").status_code == 404


def test_verify_compares_with_the_newest_head_outside_unless_told_another(
    fresh: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tail is cut off together with every checkpoint that the database has of it."""
    settings = fresh.house.settings
    for name in ("mode", "database_url", "base_url", "files", "mail_from", "checkpoints"):
        monkeypatch.setenv(f"VERMILION_{name.upper()}", str(getattr(settings, name)))
    for name in ("smtp_url", "master_key", "session_key", "checkpoint_key"):
        monkeypatch.setenv(f"VERMILION_{name.upper()}", getattr(settings, name).get_secret_value())
    fresh.played.open()
    assert fresh.house.proofs.keep(now=True)
    sound = CliRunner().invoke(cli, ["verify"])
    assert sound.exit_code == 0, sound.output
    with fresh.house.engine.begin() as db:
        db.exec_driver_sql("DROP TRIGGER events_no_delete")
        db.exec_driver_sql("DELETE FROM events WHERE position = (SELECT max(position) FROM events)")
        for table in ("log_checkpoints", "log_nodes"):
            db.exec_driver_sql(f"DELETE FROM {table}")
    cut = CliRunner().invoke(cli, ["verify"])
    assert (cut.exit_code, "truncated" in cut.output) == (1, True)
    assert [one.sound for one in fresh.house.proofs.findings() if one.what == "verify"] == [False]


def receipt(office: Office) -> Any:
    return office.api("admin", f"/applications/{office.noticed}/receipts/1").get_json()


def test_a_unit_takes_home_a_receipt_of_its_seal_that_is_checked_offline(office: Office, tmp_path: Path) -> None:
    said = receipts.check(receipt(office), office.house.proofs.verifier)
    assert "application.unit_sealed" in said
    kept = tmp_path / "receipt.json"
    kept.write_text(json.dumps(receipt(office)), "utf-8")
    sound = CliRunner().invoke(cli, ["verify-receipt", str(kept), "--key", office.house.proofs.verifier])
    assert (sound.exit_code, "sound" in sound.output) == (0, True)
    assert office.api("wenqu-admin", f"/applications/{office.noticed}/receipts/1").status_code == 404
    assert office.api("yuelu-head", f"/applications/{office.noticed}/receipts/1").status_code == 403
    assert office.api("admin", f"/applications/{office.noticed}/receipts/2").status_code == 404
    assert "第 1 次盖章已记入日志" in office.page("admin", f"/applications/{office.noticed}/receipts/1")


@pytest.mark.parametrize(
    ("part", "named"),
    [
        (("event", "payload"), "content"),
        (("event", "hash"), "content"),
        (("event", "position"), "root"),
        (("event", "proof", 0), "root"),
        (("checkpoint",), "checkpoint.txt"),
        (("key",), "key"),
        (("hash_algorithm",), "algorithm"),
    ],
)
def test_any_altered_part_of_a_receipt_is_found_and_named(office: Office, part: tuple[Any, ...], named: str) -> None:
    altered = receipt(office)
    *way, last = part
    place = altered
    for step in way:
        place = place[step]
    value = place[last]
    place[last] = value + 1 if isinstance(value, int) else value.translate(str.maketrans("01abS", "10baZ"))
    assert place[last] != value
    with pytest.raises((ValueError, KeyError), match=named):
        receipts.check(altered, "" if part == ("key",) else office.house.proofs.verifier)


def _printed(fresh: Office, one: Any) -> str:
    """The code of the form of *one* as it stands, printed and drawn."""
    fresh.played.do("editor", c.IssuePaper(application_id=one, kind="application_form"))
    application = fresh.played.application(one)
    [paper] = [each for each in fresh.house.printing.papers(application) if each.current]
    fresh.house.printing.ask(paper, Format.PDF, "editor")
    assert fresh.house.printing.drain() == 1
    return paper.code


def _bytes(fresh: Office, one: Any, code: str) -> bytes:
    paper = fresh.house.printing.held(fresh.played.actor("editor"), fresh.played.application(one), code)
    stream = fresh.house.printing.open(paper, Format.PDF)
    assert stream is not None
    with stream:
        return stream.read()


def test_a_paper_bears_the_first_head_that_covers_it_and_bears_it_for_ever(fresh: Office) -> None:
    """The same text makes the same bytes, however many heads were signed since (decision 0011)."""
    one = fresh.played.filled()
    code = _printed(fresh, one)
    first = fresh.house.proofs.latest()
    assert first is not None
    drawn = _bytes(fresh, one, code)
    foot = re.sub(r"\s", "", PdfReader(io.BytesIO(drawn)).pages[0].extract_text())
    root = base64.b64encode(first.root).decode()
    assert f"存证{first.size}{root[:20]}vermilion" in foot
    fresh.played.open()
    assert fresh.house.proofs.keep(now=True)
    for kept in (fresh.house.settings.files / "papers").iterdir():
        kept.unlink()  # swept; made again for whoever asks
    paper = fresh.house.printing.held(fresh.played.actor("editor"), fresh.played.application(one), code)
    assert fresh.house.printing.open(paper, Format.PDF) is None
    fresh.house.printing.drain()
    assert _bytes(fresh, one, code) == drawn


def test_the_head_that_a_paper_names_is_published_whole(fresh: Office) -> None:
    note = fresh.house.proofs.keep(now=True)
    assert note is not None
    size = open_note(note, [fresh.house.proofs.verifier]).size
    fresh.played.open()
    fresh.house.proofs.keep(now=True)
    assert fresh.client.get(f"/checkpoints/{size}.txt").text == note
    assert fresh.client.get(f"/checkpoints/{size + 1000}.txt").status_code == 404
    assert fresh.client.get(f"/checkpoints/{10**30}.txt").status_code == 404


def test_a_paper_is_made_without_a_line_where_nothing_may_be_signed(fresh: Office) -> None:
    fresh.house.proofs.keep(now=True)
    with fresh.house.store.begin() as db:
        db.execute(update(log_checkpoints).values(root=bytes(32)))
    assert fresh.house.proofs.line_over(fresh.house.store.head_position() + 1) == ""
