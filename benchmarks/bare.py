"""What a request costs before Kinto does anything: `python -m benchmarks.bare KIND PORT THREADS`.

`wsgi` answers from a plain WSGI callable, `pyramid` from one view with Pyramid's JSON renderer;
both with the body of a small record, served by the same server as ours.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import waitress
from pyramid.config import Configurator

RECORD: dict[str, Any] = {
    "data": {
        "id": "r0",
        "last_modified": 1700000000000,
        "title": "A small record",
        "rank": 12,
    },
    "permissions": {"write": ["basicauth:0123456789abcdef"]},
}


def wsgi_app() -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    """A callable that encodes `RECORD` for whatever is asked."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        body = json.dumps(RECORD).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
        ]
        start_response("200 OK", headers)
        return [body]

    return application


def pyramid_app() -> Any:
    """One route, one view, the JSON renderer; nothing else is configured."""
    with Configurator() as config:
        config.add_route("record", "/v1/buckets/{bucket}/collections/{collection}/records/{id}")
        config.add_view(lambda request: RECORD, route_name="record", renderer="json")
        return config.make_wsgi_app()


APPS = {"wsgi": wsgi_app, "pyramid": pyramid_app}


def main(arguments: list[str]) -> None:
    """Serve until killed."""
    kind, port, threads = arguments
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    waitress.serve(APPS[kind](), host="127.0.0.1", port=int(port), threads=int(threads))


if __name__ == "__main__":
    main(sys.argv[1:])
