"""The document as a page to read: one self-contained file, without scripts.

The style stands in the page and is allowed by its hash: nothing else may be loaded or run.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from importlib import resources
from typing import Any

from kinto.core.openapi.examples import curl, example

BASE = "@BASE-URL@"
"""Stands for the URL of the API in what `render` gives."""

STYLE = resources.files("kinto.core.openapi").joinpath("page.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'; base-uri 'none'; "
)

_METHODS = ("get", "post", "put", "patch", "delete")

Operation = tuple[str, str, dict[str, Any]]


def render(document: dict[str, Any]) -> str:
    """The page of a document, with `BASE` where its own URL belongs."""
    tags = {tag["name"]: list(_operations(document, tag["name"])) for tag in document["tags"]}
    title = escape(f"{document['info']['title']} {document['info']['version']}")
    navigation = "".join(_navigation(name, found) for name, found in tags.items())
    sections = "".join(_section(name, found) for name, found in tags.items())
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><nav>{navigation}</nav>"
        f"<main><h1>{title}</h1>{_introduction(document)}{sections}</main></body></html>\n"
    )


def _introduction(document: dict[str, Any]) -> str:
    policies = "".join(
        f"<li><code>{escape(name)}</code> ({escape(str(spec.get('type')))})</li>"
        for name, spec in document["securityDefinitions"].items()
    )
    return (
        f"<p>URLs begin with <code>{BASE}</code>. This page is made from "
        f'<a href="{BASE}/__api__">the OpenAPI document</a> of the running server: what its '
        "settings and plugins enable.</p>"
        f"<p>Ways to authenticate:</p><ul>{policies or '<li>none</li>'}</ul>"
    )


def _operations(document: dict[str, Any], tag: str) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        shared = item.get("parameters", [])
        for method in _METHODS:
            operation = item.get(method)
            if operation is not None and operation["tags"][0] == tag:
                parameters = [*shared, *operation.get("parameters", ())]
                yield method, path, {**operation, "parameters": parameters}


def _navigation(tag: str, operations: list[Operation]) -> str:
    items = "".join(
        f'<li><a href="#{_anchor(operation)}"><span class="method {method}">{method.upper()}'
        f"</span> {escape(path)}</a></li>"
        for method, path, operation in operations
    )
    return f'<a href="#{_tag_anchor(tag)}"><strong>{escape(tag)}</strong></a><ul>{items}</ul>'


def _section(tag: str, operations: list[Operation]) -> str:
    articles = "".join(_article(*operation) for operation in operations)
    return f'<section id="{_tag_anchor(tag)}"><h2>{escape(tag)}</h2>{articles}</section>'


def _article(method: str, path: str, operation: dict[str, Any]) -> str:
    body = next((item for item in operation["parameters"] if item["in"] == "body"), None)
    value = None if body is None else example(body["schema"])
    fields = [item for item in operation["parameters"] if item["in"] == "formData"]
    form = {item["name"]: _sample(item) for item in fields}
    command = curl(
        BASE, path, method=method, credentials=bool(operation["security"]), body=value, form=form
    )
    parts = [
        f'<h3><span class="method {method}">{method.upper()}</span> <code>{escape(path)}</code>'
        f"</h3><p>{escape(operation.get('summary', ''))}</p>",
        f"<p>{escape(operation['description'])}</p>" if operation.get("description") else "",
        _parameters([item for item in operation["parameters"] if item["in"] != "body"]),
        _body(operation, body, value),
        _responses(operation["responses"]),
        f"<h4>Try it</h4><pre>{escape(command)}</pre>",
    ]
    return f'<article id="{_anchor(operation)}">{"".join(parts)}</article>'


def _parameters(parameters: list[dict[str, Any]]) -> str:
    if not parameters:
        return ""
    rows = [
        (
            f"<code>{escape(item['name'])}</code>",
            escape(item["in"]),
            escape(_kind(item)),
            "required" if item.get("required") else "",
            escape(item.get("description", "")),
        )
        for item in parameters
    ]
    return "<h4>Parameters</h4>" + _table(("Name", "In", "Type", "", ""), rows)


def _body(operation: dict[str, Any], body: dict[str, Any] | None, value: Any) -> str:
    if body is None:
        return ""
    kinds = ", ".join(operation.get("consumes", ["application/json"]))
    return (
        f"<h4>Body</h4><p>{escape(kinds)}</p><pre>{escape(_json(value))}</pre>"
        f"<details><summary>Schema</summary><pre>{escape(_json(body['schema']))}</pre></details>"
    )


def _responses(responses: dict[str, Any]) -> str:
    rows = []
    details = ""
    for status, response in responses.items():
        headers = ", ".join(response.get("headers", {}))
        rows.append((status, escape(response["description"]), f"<code>{escape(headers)}</code>"))
        if status.startswith("2") and "schema" in response:
            shown = escape(_json(response["schema"]))
            details += f"<details><summary>Body of {status}</summary><pre>{shown}</pre></details>"
    return "<h4>Answers</h4>" + _table(("Status", "Meaning", "Headers"), rows) + details


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _kind(parameter: dict[str, Any]) -> str:
    if "enum" in parameter:
        return " | ".join(map(str, parameter["enum"]))
    kind = str(parameter.get("type", ""))
    return f"{kind}, separated by commas" if kind == "array" else kind


def _sample(field: dict[str, Any]) -> Any:
    return "@file" if field.get("type") == "file" else example(field)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _anchor(operation: dict[str, Any]) -> str:
    return escape(operation["operationId"], quote=True)


def _tag_anchor(tag: str) -> str:
    return escape(f"tag-{tag}".replace(" ", "-"), quote=True)
