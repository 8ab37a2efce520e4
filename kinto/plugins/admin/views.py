"""`/admin/`: the page, and the files it loads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPTemporaryRedirect
from pyramid.response import FileResponse, Response

from kinto.core.decorators import cache_forever

HERE = Path(__file__).parent

CSP = (
    "default-src 'self'; img-src data: *; script-src 'self' 'unsafe-inline' 'unsafe-eval';"
    " style-src 'self' 'unsafe-inline'"
)
"""What the page may load: the console is a program that talks to its own server."""

MAX_AGE = 3600
"""Seconds that browsers may keep an asset."""

NOT_BUNDLED = """\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Kinto</title></head>
<body>
<h1>No console</h1>
<p>The administration console is not bundled with this server. Name the folder of its assets in the
setting <code>admin_assets_path</code>.</p>
</body>
</html>
"""


@dataclass(frozen=True)
class Assets:
    """The files below a folder; nothing else can be reached through it."""

    folder: Path

    def find(self, parts: tuple[str, ...]) -> Path | None:
        """The file of a path given in parts; None for folders and for what is outside."""
        if not parts or any(part in ("", ".", "..") or "\0" in part for part in parts):
            return None
        root = self.folder.resolve()
        try:
            path = root.joinpath(*parts).resolve()
            return path if path.is_relative_to(root) and path.is_file() else None
        except (OSError, ValueError):
            return None


@cache_forever
def admin_home_view(request: Any) -> str:
    """The page, read once."""
    request.response.headers["Content-Security-Policy"] = CSP
    request.response.headers["Content-Type"] = "text/html; charset=UTF-8"
    page = request.registry.admin_assets.find(("index.html",))
    return NOT_BUNDLED if page is None else page.read_text(encoding="utf-8")


def admin_redirect_view(request: Any) -> Response:
    """From `/admin` to the page, whose links are relative to it."""
    return HTTPTemporaryRedirect(f"{request.application_url}{request.path_info}/")


def static_view(request: Any) -> Response:
    """One file, for conditional requests and ranges.

    Raises:
        HTTPNotFound: there is none.
    """
    path = request.registry.admin_assets.find(tuple(request.matchdict["subpath"]))
    if path is None:
        raise HTTPNotFound()
    response = FileResponse(str(path), request=request, cache_max_age=MAX_AGE)
    response.accept_ranges = "bytes"
    return response
