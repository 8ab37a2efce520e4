"""What the documentation site holds besides its pages."""

from pathlib import Path

from scripts import site_pages
from tests.contracts.public_api import NAMES
from tests.docs.blocks import DOCS, pages

README = (DOCS / "README.md").read_text(encoding="utf-8")
ADR = DOCS / "adr" / "README.md"


def test_the_sections_of_the_first_page_are_the_navigation() -> None:
    text = "# Docs\n\n## One\n\n* [A](a.md), [B](b/c.md#d), [away](https://a.example)\n\n## Two\n\n[E](e.md)\n"
    assert site_pages.navigation(text) == (
        "\n```{toctree}\n:hidden:\n:caption: One\n\na\nb/c\n```\n"
        "\n```{toctree}\n:hidden:\n:caption: Two\n\ne\n```\n"
    )


def test_every_page_is_reached_from_the_first_one() -> None:
    navigation = site_pages.navigation(README) + site_pages.decisions(
        ADR.read_text(encoding="utf-8")
    )
    lines = set(navigation.splitlines())
    names = {page: str(page.relative_to(DOCS).with_suffix("")) for page in pages()}
    missing = [name for page, name in names.items() if name not in lines and page.stem not in lines]
    assert [name for name in missing if name != "README"] == []


def test_links_to_what_the_site_does_not_hold_are_plain_text(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").touch()
    (tmp_path / "code.py").touch()
    text = "[a](a.md#b), [code](../code.py), [away](https://a.example), ![picture](p.svg)"
    assert site_pages.without_links_outside(text, docs / "b.md", docs) == (
        "[a](a.md#b), code, [away](https://a.example), ![picture](p.svg)"
    )


def test_every_promised_module_and_class_is_described() -> None:
    text = site_pages.modules()
    assert [name for name in NAMES if f"## `{name}`" not in text] == []
    for name in ("StorageBase", "PermissionBase", "CacheBase", "Resource", "ListenerBase"):
        assert f"### class `{name}`" in text
    assert "0x" not in text, "an address in memory differs from run to run"


def test_every_endpoint_has_a_row() -> None:
    rows = site_pages.endpoints().splitlines()
    for start in ("| `/batch` | POST | 200,", "| `/buckets/{id}` | PUT | 200, 201,"):
        assert any(row.startswith(start) for row in rows), rows
