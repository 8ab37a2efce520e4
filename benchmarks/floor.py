"""The least a server on this machine can do: `python -m benchmarks.floor KIND PORT [ADDRESS]`.

A WSGI view on the server of `kinto start` (waitress) that understands the benchmark's requests and
nothing else: it asks nobody for permission, runs one prepared statement (or one look-up in a dict),
and sends the same bytes. `wsgi` and `pyramid` send a constant record, the latter through a route
and a renderer.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol
from wsgiref.types import StartResponse, WSGIEnvironment

import orjson
from pyramid.config import Configurator

from benchmarks import floor_stores
from benchmarks.scenarios import PAGE, object_id, record
from kinto.cli.draining import make_server

THREADS = 4
PERMISSIONS = b',"permissions":{"write":["basicauth:0123456789abcdef"]}}'
_JSON = ("Content-Type", "application/json")

Application = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]


class Store(Protocol):
    """One statement for each question; objects are JSON texts, lists have the newest first."""

    def get(self, key: str) -> bytes: ...

    def put(self, key: str, data: dict[str, Any]) -> bytes:
        """Store an object durably under `collection/id`, and return its text."""

    def newest(self, count: int | None) -> Sequence[bytes]: ...

    def filtered(self) -> Sequence[bytes]: ...

    def timestamp(self) -> int: ...


def application(store: Store) -> Application:
    """The view over a store."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        method, query = environ["REQUEST_METHOD"], environ["QUERY_STRING"]
        parts = environ["PATH_INFO"].split("/")
        headers = [_JSON]
        status = "200 OK"
        if method == "GET" and len(parts) > 7:
            body = b'{"data":' + store.get("/".join(parts[5::2])) + PERMISSIONS
        elif method == "GET":
            if "HTTP_IF_NONE_MATCH" in environ or "_since" in query:
                texts: Sequence[bytes] = ()
                headers.append(("ETag", f'"{store.timestamp()}"'))
            elif "colour" in query:
                texts = store.filtered()
            else:
                texts = store.newest(PAGE if "_limit" in query else None)
            if "HTTP_IF_NONE_MATCH" in environ:
                start_response("304 Not Modified", headers[1:])
                return []
            body = b'{"data":[' + b",".join(texts) + b"]}"
        else:
            data = orjson.loads(environ["wsgi.input"].read())["data"]
            key = f"{parts[5]}/{parts[7]}" if len(parts) > 7 else f"{parts[5]}/{_new_id()}"
            status = "201 Created" if method == "POST" else status
            body = b'{"data":' + store.put(key, data) + PERMISSIONS
        headers.append(("Content-Length", str(len(body))))
        start_response(status, headers)
        return [body]

    return answer


def constant_wsgi() -> Application:
    """A callable that encodes one record for whatever is asked."""
    body = {"data": {"id": object_id(1), "last_modified": 1700000000000, **record(1)}}

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        text = orjson.dumps(body)
        start_response("200 OK", [_JSON, ("Content-Length", str(len(text)))])
        return [text]

    return answer


def constant_pyramid() -> Any:
    """One route, one view, Pyramid's JSON renderer; nothing else is configured."""
    body = {"data": {"id": object_id(1), "last_modified": 1700000000000, **record(1)}}
    with Configurator() as config:
        config.add_route("record", "/v1/buckets/{b}/collections/{c}/records/{id}")
        config.add_view(lambda request: body, route_name="record", renderer="json")
        return config.make_wsgi_app()


_lock = threading.Lock()
_made = 0


def _new_id() -> str:
    global _made
    with _lock:
        _made += 1
        return f"n{_made:014}"


def main(arguments: list[str]) -> None:
    """Serve until killed."""
    kind, port, *address = arguments
    constant = {"wsgi": constant_wsgi, "pyramid": constant_pyramid}.get(kind)
    app = constant() if constant else application(floor_stores.STORES[kind](*address))
    make_server(app, host="127.0.0.1", port=int(port), threads=THREADS).run()


if __name__ == "__main__":
    main(sys.argv[1:])
