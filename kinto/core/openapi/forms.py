"""Bodies that are forms: OpenAPI 2.0 describes their fields one by one."""

from __future__ import annotations

from typing import Any

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


def as_form(operation: dict[str, Any]) -> None:
    """Replace, in place, the body of an operation that takes only forms by its fields.

    A member of format `binary` is a file.
    """
    kinds = operation.get("consumes") or ()
    if not kinds or not set(kinds) <= set(FORMS):
        return
    given = []
    for parameter in operation.get("parameters", ()):
        given += _fields(parameter["schema"]) if parameter["in"] == "body" else [parameter]
    operation["parameters"] = given


def _fields(schema: dict[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", ())
    fields = []
    for name, member in schema.get("properties", {}).items():
        field = {key: value for key, value in member.items() if key not in ("title", "x-nullable")}
        if field.get("format") == "binary":
            field = {key: value for key, value in field.items() if key != "format"}
            field["type"] = "file"
        field.setdefault("type", "string")
        fields.append({"name": name, "in": "formData", "required": name in required, **field})
    return fields
