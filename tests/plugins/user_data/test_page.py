"""docs/plugins/user-data.md, word for word."""

from __future__ import annotations

from tests.plugins import pages


def test_the_page_is_followed(make_app):
    pages.follow(make_app(**pages.settings_of("user-data")), "user-data")


def test_the_page_lists_the_setting():
    page = (pages.PAGES / "user-data.md").read_text(encoding="utf-8")
    assert "| `user-data_delete_principals` |" in page
