"""A real S3-compatible server for the tests: rclone's, over a folder, on the loopback address."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import free_port, wait_until_open

ACCESS_KEY = "access-key-of-the-tests"
SECRET_KEY = "secret-key-of-the-tests"
BUCKET = "files"


@contextmanager
def s3_server(folder: Path) -> Iterator[dict[str, str]]:
    """Run it; yields the settings of an application that keeps its attachments there."""
    program = shutil.which("rclone", path=str(Path(sys.executable).parent)) or "rclone"
    (folder / BUCKET).mkdir(parents=True)
    port = free_port()
    process = subprocess.Popen(
        [program, "serve", "s3", str(folder), "--addr", f"127.0.0.1:{port}"]
        + ["--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", "--config", "/dev/null"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_open(port)
        yield {
            "attachment.aws.bucket_name": BUCKET,
            "attachment.aws.endpoint_url": f"http://127.0.0.1:{port}",
            "attachment.aws.access_key": ACCESS_KEY,
            "attachment.aws.secret_key": SECRET_KEY,
        }
    finally:
        process.terminate()
        process.wait(10)
