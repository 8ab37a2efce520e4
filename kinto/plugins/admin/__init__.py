"""The administration console: a page and its assets, served from a folder.

None is bundled; the setting `admin_assets_path` names the folder of one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kinto.core.openapi import describe_route
from kinto.plugins.admin.views import (
    HERE,
    Assets,
    admin_home_view,
    admin_redirect_view,
    static_view,
)

__all__ = ["includeme"]


def includeme(config: Any) -> None:
    """Serve the console.

    Raises:
        FileNotFoundError: the folder of the setting has no file `VERSION`.
    """
    folder = config.get_settings().get("admin_assets_path")
    version = (Path(folder) if folder else HERE) / "VERSION"
    config.registry.admin_assets = Assets(Path(folder) if folder else HERE / "build")
    config.add_api_capability(
        "admin",
        description="Serves the admin console.",
        url="https://github.com/Kinto/kinto-admin/",
        version=version.read_text(encoding="utf-8").strip(),
    )
    # Of the application made last.
    admin_home_view.saved = None
    for name, pattern, view in (
        ("admin_redirect", "/admin", admin_redirect_view),
        ("admin_home", "/admin/", admin_home_view),
        ("catchall_static", "/admin/*subpath", static_view),
    ):
        config.add_route(name, pattern)
        config.add_view(view, route_name=name)
    pages = {"200": "A page."}
    files = {"200": "A file.", "304": "Not changed.", "404": "No such file."}
    for path, name, summary, statuses, kind in (
        ("/admin", "redirect_admin", "To the page.", {"307": "The page."}, "text/html"),
        ("/admin/", "get_admin", "The administration console.", pages, "text/html"),
        ("/admin/*subpath", "get_admin_asset", "A file of the console.", files, "*/*"),
    ):
        describe_route(
            config,
            path,
            name=name,
            summary=summary,
            tag="Admin",
            statuses=statuses,
            content_type=kind,
        )
