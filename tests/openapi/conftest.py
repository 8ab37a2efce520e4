"""The application with every bundled plugin, and its document, made once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.openapi.everything import Everything


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    return Everything(tmp_path_factory.mktemp("everything"))


@pytest.fixture(scope="session")
def document(everything: Everything) -> Any:
    return everything.api.get("/__api__").json
