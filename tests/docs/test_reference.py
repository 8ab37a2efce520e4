"""docs/reference/http.md: every request on the page is sent, every answer is held against it."""

from pathlib import Path

from tests import factories
from tests.plugins import pages


def test_the_server_answers_as_the_http_reference_says(tmp_path: Path) -> None:
    app = factories.build_api("memory", tmp_path, experimental_collection_schema_validation=True)
    pages.follow(app, "../reference/http")
