"""The page of the document: whole, harmless, and its commands work."""

import json
import re
import shlex
from html import unescape
from html.parser import HTMLParser

import pytest

from kinto.core.openapi.examples import curl, example, example_path
from kinto.core.openapi.page import BASE, CONTENT_SECURITY_POLICY, render

VOID = ("meta",)


class Outline(HTMLParser):
    """Open elements, ids and links of a page; an element closed out of turn fails."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name == "href":
                self.links.append(value)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def page(app):
    return app.get("/__docs__", headers={"Host": "kinto.test"})


@pytest.fixture
def outline(page):
    outline = Outline()
    outline.feed(page.text)
    assert outline.open == []
    return outline


def test_every_operation_has_its_part_and_a_link_to_it(app, outline):
    paths = app.get("/__api__").json["paths"]
    names = {
        item[method]["operationId"]
        for item in paths.values()
        for method in item
        if method != "parameters"
    }
    assert names <= set(outline.ids)
    assert {f"#{name}" for name in names} <= set(outline.links)
    assert len(outline.ids) == len(set(outline.ids))


def test_the_page_loads_nothing_and_runs_nothing(page, outline):
    assert outline.tags.isdisjoint({"script", "img", "link", "iframe", "object"})
    assert page.content_type == "text/html"
    policy = page.headers["Content-Security-Policy"]
    assert policy == CONTENT_SECURITY_POLICY
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    local = [link for link in outline.links if not link.startswith("#")]
    assert local == ["http://kinto.test/v1/__api__"]


def test_the_style_is_the_one_that_the_policy_allows(page):
    import base64
    import hashlib

    (style,) = re.findall(r"<style>(.*?)</style>", page.text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page.headers["Content-Security-Policy"]


def test_the_page_is_of_the_host_that_was_asked(app):
    for host in ("a.test", "b.test"):
        text = app.get("/__docs__", headers={"Host": host}).text
        assert f"http://{host}/v1/buckets" in text
        assert BASE not in text


def test_texts_of_the_document_cannot_break_the_page():
    hostile = '"><script>alert(1)</script>'
    operation = {
        "operationId": hostile,
        "tags": [hostile],
        "summary": hostile,
        "description": hostile,
        "security": [],
        "parameters": [{"name": hostile, "in": "query", "type": hostile, "description": hostile}],
        "responses": {"200": {"description": hostile, "schema": {"title": hostile}}},
    }
    document = {
        "info": {"title": hostile, "version": hostile},
        "tags": [{"name": hostile}],
        "securityDefinitions": {hostile: {"type": hostile}},
        "paths": {f"/{hostile}": {"get": operation}},
    }
    outline = Outline()
    outline.feed(render(document))
    assert "script" not in outline.tags


def test_the_commands_of_the_page_work_in_their_order(app, page, user_headers):
    commands = [unescape(text) for text in re.findall(r"<pre>(curl .*?)</pre>", page.text)]
    statuses = []
    for command in sorted(commands, key=order):
        words = shlex.split(command)
        method, url = words[2], words[3]
        body = words[words.index("-d") + 1] if "-d" in words else ""
        headers = {"Content-Type": "application/json"} if body else {}
        headers |= user_headers("alice") if "-u" in words else {}
        path = url.removeprefix("http://kinto.test/v1")
        answer = app.request(path, method=method, headers=headers, body=body.encode(), status="*")
        statuses.append((answer.status_int, command))
    refused = [(status, command) for status, command in statuses if status >= 400]
    expected = ["__version__", "PATCH", "__user_data__"]
    assert [c for s, c in refused if not any(word in c for word in expected)] == []


def order(command: str) -> tuple[int, int]:
    """Parents first; what is created before what reads it, deletions last and upwards."""
    method, url = shlex.split(command)[2:4]
    place = ("PUT", "POST", "PATCH", "GET", "DELETE").index(method)
    depth = url.count("/")
    return (0 if place == 0 else 1 + place, -depth if method == "DELETE" else depth)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"example": 3, "type": "string"}, 3),
        ({"default": []}, []),
        ({"enum": ["full", "light"]}, "full"),
        ({"type": "array", "items": {"type": "integer", "minimum": 5}}, [5]),
        ({"type": "object", "properties": {"a": {"type": "boolean"}}}, {"a": True}),
        ({"type": "string", "maxLength": 2}, "te"),
        ({}, {}),
    ],
)
def test_an_example_fits_its_schema(schema, value):
    assert example(schema) == value


def test_a_schema_that_holds_itself_has_an_example():
    schema = {"type": "object", "properties": {}}
    schema["properties"]["child"] = schema
    assert json.dumps(example(schema)).count("child") <= 10


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/buckets/{id}", "/buckets/my-bucket"),
        ("/buckets/{bucket_id}/groups", "/buckets/my-bucket/groups"),
        ("/a/{collection_id}@{timestamp}", "/a/my-collection@1700000000000"),
        ("/", "/"),
    ],
)
def test_parameters_of_a_path_get_names(path, expected):
    assert example_path(path) == expected


def test_a_form_is_sent_field_by_field():
    command = curl("http://h/v1", "/a", method="post", credentials=False, form={"file": "@file"})
    assert command == "curl -X POST http://h/v1/a -F file=@file"
