"""The evidence of one application is one file that checks itself with plain Python; whatever is altered in it is found and named."""

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from admin import evidence, verify_bundle
from eventstore.checkpoint import Checkpoint, Signer
from eventstore.merkle import leaf_hash, root_of
from service.cli import cli
from tests.admin.office import CONTACT, OBJECTOR, Office, opened
from tests.adversary.site import PDF
from tests.filled import commitment
from tests.workflow.house import UNIT
from workflow import commands as c
from workflow.printing.room import Format

Parts = dict[str, bytes]
BYTES = PDF


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Office, bytes]]:
    """A house with an application sealed twice, one real file in it, and its bundle with the bytes."""
    with opened(tmp_path_factory.mktemp("evidence")) as office:
        one = office.noticed = office.played.filled()
        received = office.house.files.receive(io.BytesIO(BYTES), "证明.pdf")
        attach = c.AttachFile(
            application_id=one, slot="L-10", file_id=received.file_id, name="证明.pdf", size=received.size,
            sha256=received.sha256, media_type="application/pdf", pages=1,
        )  # fmt: skip
        office.played.do("editor", attach)
        office.played.do("admin", c.Seal(application_id=one), "2025-11-20 10:00")
        office.played.do("admin", c.Recall(application_id=one), "2025-11-21 10:00")
        changed = {"project_name": "修订后的名称"}
        office.played.do("editor", c.SaveSection(application_id=one, section="cover", answers=changed))
        office.played.do("admin", c.Seal(application_id=one), "2025-11-22 10:00")
        office.played.do("admin", c.Recall(application_id=one), "2025-11-23 10:00")
        unsaid = {"project_name": "尚未提交的名称"}
        office.played.do("editor", c.SaveSection(application_id=one, section="cover", answers=unsaid))
        office.follow()
        office.api("auditor", f"/history/applications/{one}/evidence")  # what was never drawn is asked for
        assert office.house.printing.drain() == 2
        yield office, office.api("auditor", f"/history/applications/{one}/evidence?files=yes").data


@pytest.fixture
def bundle(taken: tuple[Office, bytes]) -> bytes:
    return taken[1]


def parts_of(bundle: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Mapping[str, bytes]) -> zipfile.ZipFile:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return zipfile.ZipFile(written)


def key_of(taken: tuple[Office, bytes]) -> str:
    return str(taken[0].house.proofs.verifier)


def lines(parts: Parts) -> list[dict[str, Any]]:
    return [json.loads(line) for line in parts["events.jsonl"].decode().splitlines()]


def with_lines(parts: Parts, events: list[dict[str, Any]]) -> Parts:
    lines = "".join(f"{json.dumps(event, ensure_ascii=False)}\n" for event in events)
    return {**parts, "events.jsonl": lines.encode()}


def resigned(office: Office, parts: Parts) -> Parts:
    """As if whoever holds the log's key vouched for *parts*: what then does not fit is found by the events themselves."""
    digests = "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in parts.items() if name != "signed.txt")
    return {**parts, "signed.txt": office.house.proofs.vouch("/evidence", digests).encode()}


def test_the_script_inside_is_plain_python_of_at_most_150_lines_and_finds_it_sound(
    taken: tuple[Office, bytes], tmp_path: Path
) -> None:
    """Run as an outsider would: an interpreter without any installed library, in a folder of its own."""
    (tmp_path / "bundle.zip").write_bytes(taken[1])
    script = parts_of(taken[1])["verify.py"]
    (tmp_path / "verify.py").write_bytes(script)
    assert len(script.decode().splitlines()) <= 150
    command = [sys.executable, "-I", "-S", "verify.py", "bundle.zip", key_of(taken)]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "SOUND" in said.stdout
    (tmp_path / "bundle.zip").write_bytes(b"no zip")
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.returncode == 1


def test_the_command_line_checks_it_with_no_database(taken: tuple[Office, bytes], tmp_path: Path) -> None:
    kept = tmp_path / "bundle.zip"
    kept.write_bytes(taken[1])
    sound = CliRunner().invoke(cli, ["verify-bundle", str(kept), "--key", key_of(taken)])
    assert (sound.exit_code, "sound" in sound.output) == (0, True)
    other = Signer("vermilion", bytes(32)).verifier
    wrong = CliRunner().invoke(cli, ["verify-bundle", str(kept), "--key", other])
    assert (wrong.exit_code, "key.txt" in wrong.output) == (1, True)


def test_it_holds_each_form_as_it_was_sealed_the_files_and_the_commitment(bundle: bytes) -> None:
    parts = parts_of(bundle)
    first, second = (json.loads(parts[f"forms/v{number}.json"])["answers"]["project_name"] for number in (1, 2))
    assert (first, second) == ("面向工程机械运维的垂直领域大模型", "修订后的名称")
    files = json.loads(parts["attachments.json"])
    assert "证明.pdf" in {file["name"] for file in files}
    assert [content for name, content in parts.items() if name.startswith("attachments/")] == [BYTES]
    assert [each["type"] for each in json.loads(parts["signatures.json"])] == ["application.commitment_recorded"]
    assert "README.md" in parts


def test_what_was_written_since_the_last_seal_is_withheld_and_the_chain_holds_all_the_same(bundle: bytes) -> None:
    assert "尚未提交的名称".encode() not in b"".join(parts_of(bundle).values())
    withheld = [event for event in lines(parts_of(bundle)) if "withheld" in event]
    assert [event["withheld"] for event in withheld] == ["draft"]
    assert "payload" not in withheld[0]


def test_an_objectors_identity_is_withheld(office: Office) -> None:
    answer = office.api("auditor", f"/history/applications/{office.noticed}/evidence")
    everything = b"".join(parts_of(answer.data).values()).decode()
    for secret in (OBJECTOR, CONTACT, "person:wenqu-admin"):
        assert secret not in everything
    assert verify_bundle.check(zipfile.ZipFile(io.BytesIO(answer.data)))
    assert "objector" in {event.get("withheld") for event in lines(parts_of(answer.data))}


def _a_byte(parts: Parts) -> Parts:
    events = lines(parts)
    events[3]["payload"] = events[3]["payload"].replace("{", '{"x":1,', 1)
    return with_lines(parts, events)


def _an_actor(parts: Parts) -> Parts:
    events = lines(parts)
    events[5]["actor"] = "person:somebody"
    return with_lines(parts, events)


def _order(parts: Parts) -> Parts:
    events = lines(parts)
    events[6], events[7] = events[7], events[6]
    return with_lines(parts, events)


def _one_left_out(parts: Parts) -> Parts:
    events = lines(parts)
    del events[4]
    return with_lines(parts, events)


def _withheld_to_hide(parts: Parts) -> Parts:
    """An event is made a withheld one, so that its content is not asked: what it says is then missing elsewhere."""
    events = lines(parts)
    place = next(n for n, event in enumerate(events) if event.get("type") == "application.section_saved")
    kept = ("position", "stream", "version", "algorithm", "prev_hash", "hash", "proof")
    events[place] = {**{name: events[place][name] for name in kept}, "withheld": "draft"}
    return with_lines(parts, events)


def _a_proof(parts: Parts) -> Parts:
    events = lines(parts)
    events[2]["proof"][0] = "00" * 32
    return with_lines(parts, events)


def _a_shorter_proof(parts: Parts) -> Parts:
    events = lines(parts)
    events[2]["proof"].pop()
    return with_lines(parts, events)


def _a_position(parts: Parts) -> Parts:
    events = lines(parts)
    events[1]["position"] += 1
    return with_lines(parts, events)


def _an_algorithm(parts: Parts) -> Parts:
    events = lines(parts)
    events[0]["algorithm"] = "MD5"
    return with_lines(parts, events)


def _a_rechained_history(parts: Parts) -> Parts:
    """Every hash made anew after a change: the chain holds, the signed root does not."""
    events = lines(parts)
    events[0]["payload"] = events[0]["payload"].replace("HN-AI-2025-0001", "HN-AI-2025-0007")
    tip = bytes(32).hex()
    for event in events:
        event["prev_hash"] = tip
        if "withheld" not in event:
            event["hash"] = verify_bundle.hash_of(event).hex()
        tip = event["hash"]
    return with_lines(parts, events)


def _the_checkpoint(parts: Parts) -> Parts:
    note = parts["checkpoint.txt"].decode().split("\n")
    note[1] = str(int(note[1]) + 1)
    return {**parts, "checkpoint.txt": "\n".join(note).encode()}


def _another_key(parts: Parts) -> Parts:
    return {**parts, "key.txt": Signer("vermilion", bytes(32)).verifier.encode()}


def _everything_forged(parts: Parts) -> Parts:
    """A log of the forger's own, signed by the forger's own key: only the published key tells."""
    forger = Signer("vermilion", bytes(32))
    events = lines(parts)
    leaves = {event["position"]: leaf_hash(event["position"], bytes.fromhex(event["hash"])) for event in events}
    row = [leaves.get(position, bytes(32)) for position in range(1, max(leaves) + 1)]
    note = forger.sign(Checkpoint("vermilion", len(row), root_of(row)).body())
    return {**parts, "checkpoint.txt": note.encode(), "key.txt": forger.verifier.encode()}


def _an_attachment(parts: Parts) -> Parts:
    name = next(name for name in parts if name.startswith("attachments/"))
    return {**parts, name: parts[name] + b"!"}


def _a_digest(parts: Parts) -> Parts:
    files = json.loads(parts["attachments.json"])
    files[0]["sha256"] = "00" * 32
    return {**parts, "attachments.json": json.dumps(files).encode()}


def _a_form(parts: Parts) -> Parts:
    return {**parts, "forms/v1.json": parts["forms/v1.json"].replace("面向".encode(), "转向".encode())}


def _a_signature(parts: Parts) -> Parts:
    return {**parts, "signatures.json": b"[]"}


def _a_missing_part(parts: Parts) -> Parts:
    return {name: content for name, content in parts.items() if name != "forms/v2.json"}


def _a_swapped_file(parts: Parts) -> Parts:
    name = next(name for name in parts if name.startswith("attachments/"))
    return {**{n: content for n, content in parts.items() if n != name}, "attachments/other": parts[name]}


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (_a_byte, "event 4 .*content"),
        (_an_actor, "event 6 .*content"),
        (_order, "event 7 .*follow"),
        (_one_left_out, "event 5 .*follow"),
        (_withheld_to_hide, "forms/v1.json"),
        (_a_proof, "event 3 .*root"),
        (_a_shorter_proof, "event 3 .*root"),
        (_a_position, "event 2 .*root"),
        (_an_algorithm, "event 1 .*algorithm"),
        (_a_rechained_history, "event 1 .*root"),
        (_the_checkpoint, "checkpoint.txt"),
        (_another_key, "key.txt"),
        (_an_attachment, "attachments/"),
        (_a_digest, "attachments.json"),
        (_a_form, "forms/v1.json"),
        (_a_signature, "signatures.json"),
        (_a_missing_part, "forms/v2.json"),
        (_a_swapped_file, "attachments/other"),
    ],
)
def test_what_does_not_follow_from_the_events_is_found_though_the_key_vouched_for_it(
    taken: tuple[Office, bytes], spoil: Callable[[Parts], Parts], named: str
) -> None:
    office, content = taken
    parts = parts_of(content)
    assert verify_bundle.check(packed(resigned(office, parts)), key_of(taken))
    with pytest.raises((ValueError, KeyError), match=named):
        verify_bundle.check(packed(resigned(office, spoil(parts))), key_of(taken))


def test_a_log_of_a_forgers_own_is_told_by_the_published_key_alone(taken: tuple[Office, bytes]) -> None:
    with pytest.raises(ValueError, match=r"key\.txt"):
        verify_bundle.check(packed(_everything_forged(parts_of(taken[1]))), key_of(taken))


def test_any_byte_that_is_altered_is_found_and_its_part_named(taken: tuple[Office, bytes]) -> None:
    parts = parts_of(taken[1])
    for name, data in parts.items():
        last = len(data) - (4 if name == "signed.txt" else 1)  # what ends the note says nothing; see below
        for place in {0, len(data) // 3, len(data) // 2, last}:
            spoilt = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            with pytest.raises(ValueError, match=re.escape(name)):
                verify_bundle.check(packed({**parts, name: spoilt}), key_of(taken))


def test_every_byte_of_the_note_that_vouches_counts(taken: tuple[Office, bytes]) -> None:
    parts = parts_of(taken[1])
    note = parts["signed.txt"]
    end = note.rindex(b"\n\n")
    for place in range(end - 80, len(note)):
        spoilt = note[:place] + bytes([note[place] ^ 1]) + note[place + 1 :]
        if place < len(note) - 3:  # the bits that pad base64, and the last end of line, say nothing
            with pytest.raises(ValueError, match=r"signed\.txt"):
                verify_bundle.check(packed({**parts, "signed.txt": spoilt}), key_of(taken))


def test_a_part_that_nobody_signed_is_no_part_of_it(taken: tuple[Office, bytes]) -> None:
    parts = parts_of(taken[1])
    with pytest.raises(ValueError, match=r"extra\.pdf"):
        verify_bundle.check(packed({**parts, "extra.pdf": b"%PDF-"}), key_of(taken))
    without = {name: data for name, data in parts.items() if name != "README.md"}
    with pytest.raises(ValueError, match=r"README\.md"):
        verify_bundle.check(packed(without), key_of(taken))


def test_the_forms_are_there_as_the_papers_that_were_sealed(taken: tuple[Office, bytes]) -> None:
    """Under the code that the seal names; the mask of an auditor is on, so nothing personal is in them."""
    office, content = taken
    parts = parts_of(content)
    codes = [
        json.loads(event["payload"])["paper_code"] for event in lines(parts) if "unit_sealed" in event.get("type", "")
    ]
    papers = [name for name in parts if name.startswith("papers/")]
    assert papers == [f"papers/{code}.pdf" for code in codes]
    read = [re.sub(r"\s", "", PdfReader(io.BytesIO(parts[name])).pages[0].extract_text()) for name in papers]
    assert [code in text for code, text in zip(codes, read, strict=True)] == [True, True]
    told = parts["README.md"].decode()
    assert all(code in told for code in codes)
    assert "正在绘制" not in told
    [paper] = [
        one for one in office.house.printing.papers(office.played.application(office.noticed)) if one.code == codes[1]
    ]
    stream = office.house.printing.open(paper, Format.VEILED)
    assert stream is not None
    with stream:
        assert stream.read() == parts[papers[1]]


def test_the_readme_tells_what_followed_the_seal(taken: tuple[Office, bytes], office: Office) -> None:
    told = parts_of(taken[1])["README.md"].decode()
    assert "现状 · stands at: 草稿 · Draft" in told
    assert "未给出 · withheld: draft" in told
    noticed = office.api("auditor", f"/history/applications/{office.noticed}/evidence")
    told = parts_of(noticed.data)["README.md"].decode()
    assert "公示" in told.split("盖章之后")[1]
    assert "正在绘制" in told  # nobody printed it yet


def test_scans_are_given_where_the_mask_is_off(tmp_path: Path) -> None:
    with opened(tmp_path) as office:
        one = office.played.filled()
        digest = office.house.files.keep_scan(io.BytesIO(PDF), "承诺书.pdf")
        office.played.do("admin", replace(commitment(), application_id=one, unit=UNIT.code, scan_sha256=digest))
        office.played.do("admin", c.Seal(application_id=one), "2025-11-20 10:00")
        place = f"/history/applications/{one}/evidence?files=yes"
        scan = f"scans/{digest.removeprefix('sha256:')}"
        assert scan not in parts_of(office.api("auditor", place).data)
        office.api("auditor", f"/history/applications/{one}/unmasking", "POST", json={"reason": "核对签名"})
        parts = parts_of(office.api("auditor", place).data)
        assert parts[scan] == PDF
        assert verify_bundle.check(packed(parts))


def test_a_key_of_no_curve_and_a_signature_of_no_scalar_are_refused() -> None:
    assert not verify_bundle.signed(bytes(32), b"", b"\x00" * 32 + b"\xff" * 32)
    assert not verify_bundle.signed(bytes(32), b"", b"short")
    with pytest.raises(ValueError, match=r"key\.txt"):
        verify_bundle.point_of(b"\x02" + bytes(31))


def test_the_scripts_ed25519_agrees_with_the_librarys() -> None:
    for number in range(8):
        signer = Signer("k", bytes([number]) * 32)
        raw = signer._key.sign(  # pyright: ignore[reportPrivateUsage]
            bytes([number]) * number
        )
        assert verify_bundle.signed(signer.public, bytes([number]) * number, raw)
        assert not verify_bundle.signed(signer.public, b"other", raw)


def test_taking_evidence_is_noted(taken: tuple[Office, bytes]) -> None:
    office, _ = taken
    found = office.house.store.read_all(limit=5000, types=["audit.exported"])
    assert {json.loads(event.payload)["what"] for event in found} == {"evidence"}


def test_a_file_of_the_past_is_opened_from_the_page_of_the_past(taken: tuple[Office, bytes]) -> None:
    """The unit takes it out of its text afterwards; what was sealed with it still shows it."""
    office, _ = taken
    one, browser = office.noticed, office.browser("auditor")
    sealed = office.version(one, "application.unit_sealed")
    page = browser.get(f"/history/applications/{one}/as-of/{sealed}").text
    [path] = [each for each in re.findall(r'href="([^"]+/attachments/L-10/[^"]+)"', page) if "as-of" in each][-1:]
    assert browser.get(path).data == BYTES
    assert browser.get(path.replace(f"as-of/{sealed}", "as-of/2")).status_code == 404
    assert office.browser("lead").get(path).status_code == 403


def test_a_scan_of_the_past_takes_a_lifted_mask(tmp_path: Path) -> None:
    with opened(tmp_path) as office:
        one = office.played.filled()
        digest = office.house.files.keep_scan(io.BytesIO(PDF), "承诺书.pdf")
        signed = replace(commitment(), application_id=one, unit=UNIT.code, scan_sha256=digest)
        office.played.do("admin", signed)
        office.played.do("admin", c.Seal(application_id=one), "2025-11-20 10:00")
        place = f"/history/applications/{one}/as-of/{office.version(one, 'application.unit_sealed')}/scans/{digest}"
        assert office.browser("auditor").get(place).status_code == 404
        office.api("auditor", f"/history/applications/{one}/unmasking", "POST", json={"reason": "核对签名"})
        assert office.browser("auditor").get(place).data == PDF
        assert office.browser("auditor").get(place.replace("sha256:", "sha256:0")).status_code == 404


def test_the_name_of_the_file_is_the_applications_number(taken: tuple[Office, bytes]) -> None:
    office, _ = taken
    told = office.house.history.of(office.noticed, office.played.actor("auditor"))
    assert evidence.name_of(told) == "evidence-HN-AI-2025-0001.zip"
