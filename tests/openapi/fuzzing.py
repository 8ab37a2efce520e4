"""Requests that schemathesis makes of the document, sent to the application in this process.

The checks: nothing is a 5xx, every status is named in the document (`default` does not count),
every answer has the documented type, headers and schema, and what is not documented is refused.

Left out: `ignored_auth`, as objects may be public here, so that credentials are never demanded
by a URL alone; `positive_data_acceptance` and `negative_data_rejection`, as the document cannot
say all (a body's id is that of the path, a token is signed, `""` counts as absent).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase, strategies
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tests.openapi.everything import IDS

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@dataclass
class Tally:
    """How many requests were sent, and the statuses seen by operation."""

    requests: int = 0
    statuses: dict[str, set[int]] = field(default_factory=dict)

    def add(self, operation: str, status: int) -> None:
        self.requests += 1
        self.statuses.setdefault(operation, set()).add(status)


def operations(app: Any) -> Iterator[Any]:
    """What the document of an application describes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = schemathesis.openapi.from_wsgi("/v1/__api__", app)
        yield from (result.ok() for result in schema.get_all_operations())


def run(
    operation: Any,
    *,
    callers: Sequence[dict[str, str]],
    examples: int,
    tally: Tally,
    before: Callable[[], None] = lambda: None,
    seed: int | None = None,
) -> None:
    """Send generated requests of one operation, valid and not, and check every answer.

    Args:
        callers: headers of those who send them: credentials, or none.
        examples: how many requests.
        before: called before each request.
        seed: None for the same requests each time.
    """
    documented = set(operation.definition.raw["responses"]) - {"default"}
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    cases = strategies.one_of(*(_cases(operation, mode) for mode in modes))

    @hypothesis.settings(
        max_examples=examples,
        derandomize=seed is None,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        # The failing request is shown as it was: making it smaller takes long.
        phases=[Phase.generate],
    )
    @hypothesis.given(
        case=cases,
        caller=strategies.sampled_from(callers),
        is_known=strategies.integers(0, 3).map(bool),
    )
    def check(case: Any, caller: dict[str, str], is_known: bool) -> None:
        if is_known:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = IDS.get(name, "one")
        (case.headers or {}).pop("Authorization", None)
        before()
        response = case.call(headers=caller)
        tally.add(operation.label, response.status_code)
        case.validate_response(response, checks=CHECKS)
        assert str(response.status_code) in documented, response.text

    if seed is not None:
        check = hypothesis.seed(seed)(check)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check()


def _cases(operation: Any, mode: GenerationMode) -> Any:
    try:
        return operation.as_strategy(generation_mode=mode)
    except Exception:  # Nothing about some operations can be invalid.
        return operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
