"""An application with attachments on each backend, its files in a folder, and in S3."""

from __future__ import annotations

import dataclasses
import functools
import shutil

import pytest

from tests import factories
from tests.plugins.attachments.s3_server import s3_server

PLUGIN = "kinto.plugins.attachments"
RECORD = "/buckets/a/collections/c/records/r"


@dataclasses.dataclass
class Files:
    """An application with a bucket and a collection of ann's, and the folder of its files."""

    app: factories.Api
    folder: object
    ann: dict
    bob: dict

    def stored(self):
        """Contents of the files by path, drafts included."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    def contents(self):
        return sorted(self.stored().values())

    def upload(self, content=b"hello", *, filename="a.txt", record=RECORD, **options):
        headers = options.pop("headers", self.ann)
        return self.app.post(
            f"{record}/attachment",
            upload_files=[("attachment", filename, content, options.pop("kind", "text/plain"))],
            params=options.pop("params", {}),
            headers=headers,
            **options,
        )

    def put(self, name, content=b"hello", *, record=RECORD, **headers):
        return self.app.put(
            f"{record}/attachments/{name}", content, headers={**self.ann, **headers}, status="*"
        )

    def get(self, name="main", *, record=RECORD, headers=None, **more):
        headers = self.ann if headers is None else headers
        return self.app.get(f"{record}/attachments/{name}", headers={**headers, **more}, status="*")

    def record(self, uri=RECORD):
        return self.app.get(uri, headers=self.ann).json["data"]


@pytest.fixture(scope="session")
def _built():
    return {}


@pytest.fixture
def build(backend, build_on):
    """`build(**settings)`: an empty application with these settings, and its empty folder."""
    return functools.partial(build_on, backend)


@pytest.fixture
def build_once(build_on):
    """The same in memory, for what no backend can change."""
    return functools.partial(build_on, "memory")


@pytest.fixture
def build_on(tmp_path_factory, _built):
    def make(backend, **settings):
        key = backend, repr(sorted(settings.items()))
        if key not in _built:
            data = tmp_path_factory.mktemp("attachments")
            folder = data / "files"
            given = {"includes": PLUGIN, "attachment.base_path": str(folder), **settings}
            _built[key] = factories.build_api(backend, data, **given), folder
        app, folder = _built[key]
        app.empty()
        shutil.rmtree(folder, ignore_errors=True)
        ann, bob = factories.credentials("ann"), factories.credentials("bob")
        app.put_json("/buckets/a", headers=ann)
        app.put_json("/buckets/a/collections/c", headers=ann)
        return Files(app, folder, ann, bob)

    return make


@pytest.fixture
def files(build):
    return build()


@pytest.fixture
def files_once(build_once):
    return build_once()


@pytest.fixture(scope="session")
def s3_settings(tmp_path_factory):
    """Settings for the S3 server of this run, and its folder."""
    folder = tmp_path_factory.mktemp("s3")
    with s3_server(folder) as settings:
        yield settings, folder / settings["attachment.aws.bucket_name"]
