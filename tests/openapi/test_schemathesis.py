"""A few generated requests of every operation: each answer is one that the document names.

Many more, against a real server, are sent by tests/acceptance/openapi.
"""

import pytest

from tests.openapi.everything import USER
from tests.openapi.fuzzing import Tally, operations, run

EXAMPLES = 3
CALLERS = [USER, {}]


def test_answers_are_those_that_the_document_names(everything):
    tally = Tally()
    failures = {}
    for operation in operations(everything.wsgi):
        everything.reset()
        before = everything.reset if operation.method != "get" else lambda: None
        try:
            run(operation, callers=CALLERS, examples=EXAMPLES, tally=tally, before=before)
        except Exception as failure:
            failures[operation.label] = str(failure)[-2000:]
    assert failures == {}
    assert tally.requests > 150
    # Not everything was refused.
    seen = {status for statuses in tally.statuses.values() for status in statuses}
    assert {200, 201, 400, 401, 404} <= seen


def test_a_status_that_the_document_does_not_name_is_found(everything):
    [operation] = [o for o in operations(everything.wsgi) if o.label == "GET /buckets"]
    del operation.definition.raw["responses"]["200"]
    with pytest.raises(BaseException, match="data"):
        run(operation, callers=[USER], examples=20, tally=Tally())
