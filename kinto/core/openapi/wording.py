"""One line, and more if there is, about each operation."""

from __future__ import annotations

import inspect
from typing import Any

_OF_RESOURCES = {
    ("plural", "get"): "List the {name}s: filters, sorting, paging and polling by parameters.",
    ("plural", "post"): "Create a {name} under an id of its own, or give the one that is there.",
    ("plural", "delete"): "Delete the {name}s that match.",
    ("object", "get"): "Read one {name}.",
    ("object", "put"): "Create or replace one {name}.",
    ("object", "patch"): "Change some attributes or permissions of one {name}.",
    ("object", "delete"): "Delete one {name}.",
}


def summary_of(
    function: Any, method: str, resource_name: str | None, kind: str | None
) -> tuple[str, str]:
    """Summary and description of an operation; the second may be empty.

    Args:
        function: what answers, whose docstring speaks for what is no resource.
        method: in lower case.
        resource_name, kind: of resources, else None.
    """
    if resource_name is not None:
        wording = _OF_RESOURCES.get((kind or "", method), f"{method.upper()} of {{name}}s.")
        return wording.format(name=resource_name), ""
    first, _, rest = (inspect.getdoc(function) or "").partition("\n\n")
    if function is None or not first:
        return method.upper(), ""
    return " ".join(first.split()), rest.strip()
