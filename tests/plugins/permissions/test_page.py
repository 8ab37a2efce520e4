"""docs/plugins/permissions.md, word for word."""

from __future__ import annotations

import pytest

from tests.plugins import pages


def test_the_page_is_followed(make_app):
    pages.follow(make_app(**pages.settings_of("permissions")), "permissions")


@pytest.mark.parametrize(
    "name", ["experimental_permissions_endpoint", "permissions_read_principals"]
)
def test_the_page_lists_the_settings(name):
    assert f"| `{name}` |" in (pages.PAGES / "permissions.md").read_text(encoding="utf-8")
