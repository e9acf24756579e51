"""Received files in a bucket that speaks S3, so that several machines serve the same ones. An extra: `pip install vermilion[s3]`.

A file comes in as ever: streamed to this machine's disk, hashed on the way, looked at before it is believed. Then it goes to
the bucket and leaves the disk. What comes back is compared with its digest, whoever keeps the bucket.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import hashlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from eventstore.ids import Ids
from eventstore.refusal import Busy
from workflow.file_kinds import KINDS
from workflow.files import FileDamaged, Files, Limits

CONNECT_S, READ_S, TRIES = 5, 30, 3
RECEIVED, SCANS = "received/", "scans/"
_CHUNK = 256 * 1024


class NotInstalled(Exception):
    """A bucket is set and boto3 is not there; the message says what to install."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Where the bucket is and who may use it. *endpoint* is https://…, or http:// on an inner network."""

    endpoint: str
    name: str
    region: str
    access_key: str
    secret_key: str

    def client(self) -> Any:
        """One for the whole process; its connections are shared by threads."""
        try:
            import boto3
            from botocore.config import Config
        except ImportError as error:
            raise NotInstalled('pip install "vermilion[s3]"') from error
        config = Config(
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
            s3={"addressing_style": "path"},
            signature_version="s3v4",
        )
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=config,
        )


@contextmanager
def patiently() -> Generator[None]:
    """Tell a bucket that is away, or slow, or takes no more, as `Busy`: come back later."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if _is_missing(error):
            raise
        raise Busy("the bucket of files refused") from error
    except BotoCoreError as error:
        raise Busy("the bucket of files is away") from error


class BucketFiles(Files):
    """Files that stay in *bucket*; *folder* holds what is on its way, marked copies and papers. Raises `Busy` where it is away."""

    def __init__(self, folder: Path, ids: Ids, bucket: Bucket, limits: Limits | None = None) -> None:
        super().__init__(folder, ids, limits)
        self._name, self._s3 = bucket.name, bucket.client()

    def look(self) -> None:
        """Whether the bucket is there and may be used; `Busy` where not."""
        with patiently():
            self._s3.list_objects_v2(Bucket=self._name, MaxKeys=1)

    def _keep(self, arriving: Path, file_id: str) -> None:
        with patiently(), arriving.open("rb") as stream:
            self._s3.put_object(Bucket=self._name, Key=RECEIVED + _known(file_id), Body=stream)
        arriving.unlink()

    def _move_to_scans(self, file_id: str, sha256: str, suffix: str) -> None:
        source = {"Bucket": self._name, "Key": RECEIVED + _known(file_id)}
        with patiently():
            self._s3.copy_object(Bucket=self._name, Key=f"{SCANS}{sha256}{suffix}", CopySource=source)
        self.forget(file_id)

    def open(self, file_id: str, sha256: str) -> IO[bytes]:
        return self._fetched(RECEIVED + _known(file_id), sha256, f"file {file_id}")

    def open_scan(self, digest: str) -> tuple[IO[bytes], str, str]:
        key = self._scan_key(digest)
        if key is None:
            raise FileDamaged(f"no scan is kept under {digest}")
        name = key.removeprefix(SCANS)
        stream = self._fetched(key, digest.removeprefix("sha256:"), digest)
        return stream, KINDS[Path(name).suffix].media_type, name

    def scans(self) -> Iterator[str]:
        for key, _ in self._listed(SCANS):
            yield f"sha256:{Path(key).stem}"

    def has_scan(self, digest: str) -> bool:
        return self._scan_key(digest) is not None

    def forget(self, file_id: str) -> None:
        with patiently():
            self._s3.delete_object(Bucket=self._name, Key=RECEIVED + _known(file_id))

    def older_than(self, instant: datetime) -> Iterator[str]:
        for key, changed in self._listed(RECEIVED):
            if changed < instant:
                yield key.removeprefix(RECEIVED)

    def _scan_key(self, digest: str) -> str | None:
        stem = self._scan(digest).name
        return next((key for key, _ in self._listed(f"{SCANS}{stem}.")), None)

    def _listed(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        with patiently():
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix):
                for one in page.get("Contents", ()):
                    yield str(one["Key"]), one["LastModified"]

    def _fetched(self, key: str, sha256: str, called: str) -> IO[bytes]:
        """The bytes under *key* on this machine's disk, without a name there, compared with *sha256*."""
        self.need_room()
        fetched = TemporaryFile(dir=self.folder)  # noqa: SIM115 -- handed over open, closed by whoever reads it
        try:
            digest = self._poured(key, fetched, called)
        except BaseException:
            fetched.close()
            raise
        if digest != sha256:
            fetched.close()
            raise FileDamaged(f"the bytes of {called} are not those that were received")
        fetched.seek(0)
        return fetched

    def _poured(self, key: str, into: IO[bytes], called: str) -> str:
        from botocore.exceptions import ClientError

        digest = hashlib.sha256()
        with patiently():
            try:
                body = self._s3.get_object(Bucket=self._name, Key=key)["Body"]
            except ClientError as error:
                if _is_missing(error):
                    raise FileDamaged(f"the bytes of {called} are gone") from error
                raise
            with body:
                for chunk in body.iter_chunks(_CHUNK):
                    digest.update(chunk)
                    into.write(chunk)
        return digest.hexdigest()


def _known(file_id: str) -> str:
    """Ids are ours: 32 hexadecimal digits, never a path."""
    if len(file_id) != 32 or not set(file_id) <= set("0123456789abcdef"):
        raise FileDamaged("a file id is 32 hexadecimal digits")
    return file_id


def _is_missing(error: Any) -> bool:
    with suppress(AttributeError, KeyError, TypeError):
        return error.response["Error"]["Code"] in {"NoSuchKey", "404", "NotFound"}
    return False
