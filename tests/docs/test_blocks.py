"""Every fenced block of the documentation is run by a test, or says why not."""

from pathlib import Path

import pytest

from tests.docs.blocks import EXPECTED, RUNNABLE, Block, blocks_of, is_of_plugin, pages
from tests.servers import ROOT

BY_PAGE = {"ini", "http"}
"""What tests/plugins/pages.py does with the page of a plugin."""


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT / "docs")))
def test_every_block_is_run_or_says_why_not(page: Path) -> None:
    faults = [fault for block in blocks_of(page) if (fault := fault_of(block))]
    assert faults == []


def fault_of(block: Block) -> str:
    """What is wrong with a block; nothing when it is run, or says why not."""
    if reason := block.marker.partition("not run: ")[2]:
        return "" if len(reason.split()) >= 3 else f"{block.name}: that is no reason"
    if path := block.marker.partition("run by ")[2]:
        runner = ROOT / path
        if not runner.is_file():
            return f"{block.name}: {path} does not exist"
        if block.page.stem not in path and block.page.stem not in runner.read_text(
            encoding="utf-8"
        ):
            return f"{block.name}: {path} does not read this page"
        return ""
    if is_of_plugin(block.page):
        return fault_on_page_of_plugin(block)
    if block.marker.startswith(("file: ", "serve")):
        return ""
    if block.marker:
        return f"{block.name}: unknown comment {block.marker!r}"
    return "" if block.language in RUNNABLE | EXPECTED else f"{block.name}: nothing runs this"


def fault_on_page_of_plugin(block: Block) -> str:
    """What the suite of the plugin does not do with a block of its page."""
    name = block.page.stem
    suites = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    if block.language in BY_PAGE and any(
        f'settings_of("{name}")' in text or ("follow(" in text and f'"{name}")' in text)
        for text in suites
    ):
        return ""
    if any(f'blocks("{name}", "{block.language}")' in text for text in suites):
        return ""
    return f"{block.name}: no test of the plugin reads this, and no comment says why"
