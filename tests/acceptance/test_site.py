"""`make docs` builds the documentation without a warning, and it needs no other host."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from scripts.build_docs import loads_from_elsewhere
from tests.docs.blocks import DOCS, pages
from tests.servers import ROOT


def test_the_site_is_built_and_holds_every_page(
    tmp_path: Path, report: Callable[[str], None]
) -> None:
    site = tmp_path / "site"
    done = subprocess.run(
        [sys.executable, "-m", "scripts.build_docs", str(site)],
        cwd=ROOT, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for page in pages():
        assert (site / page.relative_to(DOCS)).with_suffix(".html").exists()
    first = (site / "index.html").read_text(encoding="utf-8")
    for link in re.findall(r'href="((?!https?:|#)[^"#]+)', first):
        assert (site / link.partition("?")[0]).exists(), link
    report(f"the site: {len(list(site.rglob('*.html')))} pages")


def test_a_page_that_loads_from_elsewhere_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<p><script src="https://cdn.example/x.js"></script>')
    (tmp_path / "b.css").write_text('body { background: url("//a.example/b.png") }')
    (tmp_path / "c.html").write_text('<a href="https://a.example">a link is fine</a>')
    assert [fault.partition(":")[0] for fault in loads_from_elsewhere(tmp_path)] == [
        "a.html",
        "b.css",
    ]
