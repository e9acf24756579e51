"""Received files are believed only when name, first bytes and structure agree; nothing a name says becomes a path."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eventstore.ids import RandomIds
from eventstore.refusal import Malformed
from service.paper import pdf
from tests.workflow.received import GOOD, HOSTILE, NAMES, png
from workflow.application import EMPTY, Attachment
from workflow.files import FileDamaged, Files, FolderFull, Limits, clean_name, within_the_limits


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files", RandomIds(), Limits(file_bytes=2_000_000, free_bytes=0))


@pytest.mark.parametrize("name", GOOD)
def test_what_is_what_it_says_is_kept(files: Files, name: str) -> None:
    received = files.receive(io.BytesIO(GOOD[name]), name)
    with files.open(received.file_id, received.sha256) as stream:
        assert stream.read() == GOOD[name]
    assert received.size == len(GOOD[name])


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_not_is_refused_and_leaves_nothing(files: Files, tmp_path: Path, what: str) -> None:
    name, content, code = HOSTILE[what]
    with pytest.raises(Malformed) as malformed:
        files.receive(io.BytesIO(content), name)
    assert [fault.code for fault in malformed.value.faults] == [code]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(("name", "cleaned"), NAMES.items())
def test_a_name_is_data(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


def test_bytes_that_changed_on_disk_are_never_given_out(files: Files, tmp_path: Path) -> None:
    received = files.receive(io.BytesIO(pdf("a")), "a.pdf")
    path = next(path for path in (tmp_path / "files").rglob("*") if path.is_file())
    content = bytearray(path.read_bytes())
    content[20] ^= 1
    path.write_bytes(content)
    with pytest.raises(FileDamaged):
        files.open(received.file_id, received.sha256)
    with pytest.raises(FileDamaged):
        files.open("0" * 32, received.sha256)
    with pytest.raises(FileDamaged):
        files.open("../../../etc/passwd", received.sha256)


@pytest.mark.rule("R-143")
def test_pages_are_counted_where_they_are_written_in_the_open(files: Files) -> None:
    assert files.receive(io.BytesIO(pdf("a", pages=7)), "a.pdf").pages == 7
    assert files.receive(io.BytesIO(png()), "a.png").pages == 1


def test_what_was_never_attached_is_swept_after_a_day(files: Files) -> None:
    kept, orphan = (files.receive(io.BytesIO(pdf("a")), "a.pdf") for _ in range(2))
    soon = datetime.now(UTC) - timedelta(days=1)
    assert files.sweep(lambda ids: {kept.file_id}, soon) == 0
    assert files.sweep(lambda ids: {kept.file_id}, datetime.now(UTC) + timedelta(seconds=5)) == 1
    with pytest.raises(FileDamaged):
        files.open(orphan.file_id, orphan.sha256)
    files.open(kept.file_id, kept.sha256).close()


def test_a_full_disk_is_said_before_anything_is_written(tmp_path: Path) -> None:
    files = Files(tmp_path / "files", RandomIds(), Limits(free_bytes=2**62))
    with pytest.raises(FolderFull):
        files.receive(io.BytesIO(pdf("a")), "a.pdf")


def test_an_application_holds_so_many_files_and_bytes() -> None:
    file = Attachment(
        slot="L-1", file_id="1", name="a.pdf", size=60, sha256="", media_type="", label="", pages=None, check_code=""
    )
    held = replace(EMPTY, attachments={"L-1": (file, file)})
    assert within_the_limits(held, 10, Limits(application_bytes=130)) is None
    too_large = within_the_limits(held, 11, Limits(application_bytes=130))
    too_many = within_the_limits(held, 1, Limits(application_files=2))
    assert too_large is not None
    assert too_large.code == "FILES_TOO_LARGE"
    assert too_many is not None
    assert too_many.code == "TOO_MANY_FILES"
