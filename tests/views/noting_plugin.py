"""A plugin that notes every event of a change, and what was asked for."""

from __future__ import annotations

import copy

from kinto.core.events import AfterResourceChanged, ResourceChanged

noted = []


def includeme(config):
    config.add_subscriber(_note, ResourceChanged)
    config.add_subscriber(_note, AfterResourceChanged)


def _note(event):
    # What makes a test take the long way is no difference.
    asked = {**event.request.validated, "querystring": None}
    asked = [(name, asked[name]) for name in sorted(asked)]
    noted.append(
        copy.deepcopy((type(event).__name__, event.payload, event.impacted_objects, asked))
    )
