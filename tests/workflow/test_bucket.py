"""Received files in a bucket behave as those in a folder: believed first, kept whole, compared when they come back."""

import hashlib
import io
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest

from eventstore.ids import RandomIds
from eventstore.refusal import Busy, Malformed
from service import wiring
from service.settings import SettingsFaulty, for_the_demo
from tests.faults.instances import free_port
from tests.workflow.received import GOOD, HOSTILE
from workflow.bucket import Bucket, BucketFiles
from workflow.files import FileDamaged, Limits

pytest.importorskip("boto3")
KEYS = {"access_key": "reader", "secret_key": "not-a-secret"}
PDF = next(content for name, content in GOOD.items() if name.endswith(".pdf"))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server that speaks S3, in a process of its own."""
    port = free_port()
    command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(300):
            with suppress(OSError), closing(HTTPConnection("127.0.0.1", port, timeout=2)) as line:
                line.connect()
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture
def bucket(server: str) -> Bucket:
    made = Bucket(endpoint=server, name=f"files-{RandomIds().uuid7().hex}", region="us-east-1", **KEYS)
    made.client().create_bucket(Bucket=made.name)
    return made


@pytest.fixture
def files(bucket: Bucket, tmp_path: Path) -> BucketFiles:
    return BucketFiles(tmp_path / "files", RandomIds(), bucket, Limits(file_bytes=2_000_000, free_bytes=0))


def on_disk(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", GOOD)
def test_what_is_what_it_says_is_kept_in_the_bucket_and_not_on_this_machine(
    files: BucketFiles, tmp_path: Path, name: str
) -> None:
    received = files.receive(io.BytesIO(GOOD[name]), name)
    assert on_disk(tmp_path) == []
    with files.open(received.file_id, received.sha256) as stream:
        assert stream.read() == GOOD[name]
    assert on_disk(tmp_path) == []


@pytest.mark.parametrize("what", list(HOSTILE)[:8])
def test_what_is_not_never_reaches_the_bucket(files: BucketFiles, bucket: Bucket, tmp_path: Path, what: str) -> None:
    name, content, _ = HOSTILE[what]
    with pytest.raises(Malformed):
        files.receive(io.BytesIO(content), name)
    assert bucket.client().list_objects_v2(Bucket=bucket.name)["KeyCount"] == 0
    assert on_disk(tmp_path) == []


def test_another_machine_opens_what_this_one_received(files: BucketFiles, bucket: Bucket, tmp_path: Path) -> None:
    received = files.receive(io.BytesIO(PDF), "计划书.pdf")
    other = BucketFiles(tmp_path / "other", RandomIds(), bucket, Limits(free_bytes=0))
    with other.open(received.file_id, received.sha256) as stream:
        assert stream.read() == PDF


def test_bytes_that_changed_or_went_in_the_bucket_are_never_given_out(files: BucketFiles, bucket: Bucket) -> None:
    received = files.receive(io.BytesIO(PDF), "a.pdf")
    key = f"received/{received.file_id}"
    bucket.client().put_object(Bucket=bucket.name, Key=key, Body=PDF.replace(b"%PDF-1.", b"%PDF-2."))
    with pytest.raises(FileDamaged):
        files.open(received.file_id, received.sha256)
    files.forget(received.file_id)
    with pytest.raises(FileDamaged):
        files.open(received.file_id, received.sha256)
    with pytest.raises(FileDamaged):
        files.open("../../etc/passwd", received.sha256)


def test_a_scan_is_kept_under_its_digest(files: BucketFiles) -> None:
    digest = files.keep_scan(io.BytesIO(PDF), "盖章.pdf")
    assert digest == f"sha256:{hashlib.sha256(PDF).hexdigest()}"
    assert files.has_scan(digest)
    assert not files.has_scan("sha256:" + "0" * 64)
    assert list(files.scans()) == [digest]
    stream, media_type, name = files.open_scan(digest)
    with stream:
        assert stream.read() == PDF
    assert (media_type, name.endswith(".pdf")) == ("application/pdf", True)
    assert list(files.older_than(datetime.now(UTC) + timedelta(days=1))) == [], "it left what is swept"


def test_what_was_never_attached_is_swept_after_a_day(files: BucketFiles) -> None:
    one, two = (files.receive(io.BytesIO(PDF), "a.pdf") for _ in range(2))
    assert files.sweep(lambda ids: {one.file_id}, datetime.now(UTC) - timedelta(days=1)) == 0
    assert files.sweep(lambda ids: {one.file_id}, datetime.now(UTC) + timedelta(days=1)) == 1
    files.open(one.file_id, one.sha256).close()
    with pytest.raises(FileDamaged):
        files.open(two.file_id, two.sha256)


def test_a_bucket_that_is_away_or_not_ours_is_told_as_busy_and_keeps_nothing_half(
    bucket: Bucket, tmp_path: Path
) -> None:
    nobody = Bucket(endpoint=f"http://127.0.0.1:{free_port()}", name="x", region="us-east-1", **KEYS)
    files = BucketFiles(tmp_path / "away", RandomIds(), nobody, Limits(free_bytes=0))
    with pytest.raises(Busy):
        files.receive(io.BytesIO(PDF), "a.pdf")
    assert on_disk(tmp_path) == []
    with pytest.raises(Busy):
        files.look()
    other = Bucket(endpoint=bucket.endpoint, name="nobody-made-this", region="us-east-1", **KEYS)
    with pytest.raises(Busy):
        BucketFiles(tmp_path / "other", RandomIds(), other, Limits(free_bytes=0)).look()


def test_the_house_keeps_its_files_where_the_settings_say(bucket: Bucket, tmp_path: Path) -> None:
    given = {"base_url": "http://127.0.0.1:1", "smtp_url": "smtp://127.0.0.1:9", "mode": "test"}
    with pytest.raises(SettingsFaulty, match="S3_SECRET_KEY"):
        for_the_demo(tmp_path, **given, s3_bucket=bucket.name)
    named = {"s3_endpoint": bucket.endpoint, "s3_bucket": bucket.name, "s3_access_key": "reader", "s3_secret_key": "x"}
    house = wiring.build(for_the_demo(tmp_path, **given, **named))
    assert isinstance(house.files, BucketFiles)
    house.files.look()
    house.close()
