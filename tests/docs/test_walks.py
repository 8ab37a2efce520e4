"""The pages, walked through: every block is run in order, in an empty folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.blocks import DOCS, EXPECTED, pages, to_walk
from tests.docs.walking import Walk

WALKED = [page for page in pages() if any(b.language not in EXPECTED for b in to_walk(page))]


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    reader = Walk(tmp_path)
    yield reader
    reader.end()


@pytest.mark.parametrize("page", WALKED, ids=lambda page: str(page.relative_to(DOCS)))
def test_the_page_does_what_it_says(page: Path, walk: Walk) -> None:
    walk.do(to_walk(page))
