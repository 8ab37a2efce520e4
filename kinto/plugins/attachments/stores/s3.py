"""Files in a bucket of an S3-compatible service.

A draft is a multipart upload of the service: parts of some megabytes, held in memory one at a
time. What is left over between two requests waits in an object of its own below `.drafts/`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from kinto.core.runtime import randomness
from kinto.plugins.attachments.names import numbered
from kinto.plugins.attachments.settings import AttachmentSettings
from kinto.plugins.attachments.stores.base import CHUNK, StoredFile, StoreUnavailable

PART = 8 * 1024 * 1024
"""Bytes of a part; services ask for five million at least, and take ten thousand parts."""

LARGE_PART = 128 * 1024 * 1024
MANY_PARTS = 1000
"""From that many parts on they are larger, so that ten thousand are enough for a terabyte."""

DRAFTS = ".drafts/"
_MISSING = ("404", "NoSuchKey", "NotFound", "NoSuchUpload")


def _library() -> Any:
    try:
        importlib.import_module("botocore.config")
        return importlib.import_module("boto3")
    except ImportError:
        return None


boto3: Any = _library()
"""The library, None when it is not installed."""


def store_of(section: AttachmentSettings) -> S3Store:
    """The store that the settings describe.

    Raises:
        ImportError: the library is not installed.
    """
    if boto3 is None:
        raise ImportError("Attachments in S3 need the package boto3: install kinto[s3]")
    config = importlib.import_module("botocore.config").Config(
        connect_timeout=5,
        read_timeout=60,
        retries={"max_attempts": 3},
        s3={"addressing_style": "path" if section.aws_endpoint_url else "auto"},
        # Checksums that only Amazon knows.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    client = boto3.client(
        "s3",
        endpoint_url=section.aws_endpoint_url,
        region_name=section.aws_region or "us-east-1",
        aws_access_key_id=section.aws_access_key,
        aws_secret_access_key=section.aws_secret_key,
        config=config,
    )
    return S3Store(client, bucket=str(section.aws_bucket_name), acl=section.aws_acl)


class S3Store:
    """See `FileStore`.

    Args:
        client: of boto3.
        acl: canned ACL of new objects.
    """

    label = "s3filestorage"

    def __init__(self, client: Any, *, bucket: str, acl: str | None = None) -> None:
        self._client = client
        self._bucket = bucket
        self._options = {"ACL": acl} if acl else {}

    def draft(self, path: str) -> S3Draft:
        number = 0
        while self.size(numbered(path, number)) is not None:
            number += 1
        state = {"id": randomness.new_uuid(), "path": numbered(path, number), "offset": 0}
        return S3Draft(self, {**state, "upload_id": None, "parts": [], "tail": None})

    def resume(self, state: dict[str, Any]) -> S3Draft:
        return S3Draft(self, {**state, "parts": [list(part) for part in state["parts"]]})

    def size(self, path: str) -> int | None:
        try:
            return int(self.call("head_object", Key=path)["ContentLength"])
        except FileNotFoundError:
            return None

    def read(self, path: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        if length == 0:
            return iter(())
        options = {}
        if start or length is not None:
            last = "" if length is None else start + length - 1
            options["Range"] = f"bytes={start}-{last}"
        return _Pieces(self.call("get_object", Key=path, **options)["Body"])

    def delete(self, path: str) -> None:
        self.call("delete_object", Key=path)

    def files(self) -> Iterator[StoredFile]:
        for found in self._objects(""):
            if not found["Key"].startswith(DRAFTS):
                modified = int(found["LastModified"].timestamp() * 1000)
                yield StoredFile(found["Key"], found["Size"], modified)

    def forget_drafts(self, *, before_ms: int, keep: frozenset[str]) -> int:
        removed = 0
        for found in list(self._objects(DRAFTS)):
            draft_id = found["Key"].removeprefix(DRAFTS).partition(".")[0]
            if draft_id not in keep and found["LastModified"].timestamp() * 1000 < before_ms:
                self.delete(found["Key"])
                removed += 1
        for upload in self._uploads():
            known = upload["UploadId"] in keep
            if not known and upload["Initiated"].timestamp() * 1000 < before_ms:
                key = {"Key": upload["Key"], "UploadId": upload["UploadId"]}
                self.call("abort_multipart_upload", **key)
                removed += 1
        return removed

    def call(self, operation: str, **arguments: Any) -> Any:
        """Run one operation on the bucket.

        Raises:
            FileNotFoundError: the service does not know the object or upload.
            StoreUnavailable: anything else that the service answers, or does not.
        """
        if operation in ("put_object", "create_multipart_upload"):
            arguments |= self._options
        errors = importlib.import_module("botocore.exceptions")
        function: Callable[..., Any] = getattr(self._client, operation)
        try:
            return function(Bucket=self._bucket, **arguments)
        except errors.ClientError as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                raise FileNotFoundError(arguments.get("Key")) from error
            raise StoreUnavailable(original=error) from error
        except errors.BotoCoreError as error:
            raise StoreUnavailable(original=error) from error

    def _uploads(self) -> list[dict[str, Any]]:
        try:
            return list(self.call("list_multipart_uploads").get("Uploads", ()))
        except FileNotFoundError:
            return []  # So say some services when there are none.

    def _objects(self, prefix: str) -> Iterator[dict[str, Any]]:
        options: dict[str, Any] = {"Prefix": prefix}
        while True:
            page = self.call("list_objects_v2", **options)
            yield from page.get("Contents", ())
            if not page.get("IsTruncated"):
                return
            options["ContinuationToken"] = page["NextContinuationToken"]


class S3Draft:
    """See `Draft`."""

    def __init__(self, store: S3Store, state: dict[str, Any]) -> None:
        self._store = store
        self.state = state
        self.offset = int(state["offset"])
        self._buffer = bytearray()
        self._tail: str | None = state["tail"]
        self._finished = False

    def write(self, data: bytes) -> None:
        self._load_tail()
        self._buffer += data
        self.offset += len(data)
        part = PART if len(self.state["parts"]) < MANY_PARTS else LARGE_PART
        while len(self._buffer) >= part:
            self._send(bytes(self._buffer[:part]))
            del self._buffer[:part]

    def save(self) -> None:
        self._load_tail()
        tail = None
        if self._buffer:
            tail = f"{DRAFTS}{self.state['id']}.{self.offset}"
            self._store.call("put_object", Key=tail, Body=bytes(self._buffer))
        # The tail before stays: an undone unit of work comes back to it.
        self.state |= {"tail": tail, "offset": self.offset}

    def finish(self) -> str:
        self._load_tail()
        path: str = self.state["path"]
        if self.state["upload_id"] is None:
            self._store.call("put_object", Key=path, Body=bytes(self._buffer))
            self._finished = True
            return path
        if self._buffer:
            self._send(bytes(self._buffer))
            self._buffer.clear()
        parts = [
            {"ETag": etag, "PartNumber": number}
            for number, (etag, _) in enumerate(self.state["parts"], start=1)
        ]
        self._store.call(
            "complete_multipart_upload",
            Key=path,
            UploadId=self.state["upload_id"],
            MultipartUpload={"Parts": parts},
        )
        self._finished = True
        return path

    def drop(self) -> None:
        key = {"Key": self.state["path"], "UploadId": self.state["upload_id"]}
        if self.state["offset"]:
            with suppress(FileNotFoundError, StoreUnavailable):
                for found in list(self._store._objects(f"{DRAFTS}{self.state['id']}.")):
                    self._store.delete(found["Key"])
        if self.state["upload_id"] is not None and not self._finished:
            with suppress(FileNotFoundError, StoreUnavailable):
                self._store.call("abort_multipart_upload", **key)

    def _send(self, part: bytes) -> None:
        path = self.state["path"]
        if self.state["upload_id"] is None:
            begun = self._store.call("create_multipart_upload", Key=path)
            self.state["upload_id"] = begun["UploadId"]
        number = len(self.state["parts"]) + 1
        upload = {"Key": path, "UploadId": self.state["upload_id"], "PartNumber": number}
        sent = self._store.call("upload_part", Body=part, **upload)
        self.state["parts"].append([sent["ETag"], len(part)])

    def _load_tail(self) -> None:
        if self._tail is not None:
            body = self._store.call("get_object", Key=self._tail)["Body"]
            with body:
                self._buffer += body.read()
            self._tail = None


class _Pieces(Iterator[bytes]):
    """The body of an answer of the service."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def __next__(self) -> bytes:
        piece: bytes = self._body.read(CHUNK)
        if not piece:
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        self._body.close()
