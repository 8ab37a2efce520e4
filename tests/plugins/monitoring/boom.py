"""A plugin of the tests that fails and logs with secrets in every place it can reach."""

from __future__ import annotations

import logging
from typing import Any

from kinto.core import Service

logger = logging.getLogger("boom")
service = Service(name="boom", path="/boom", description="Fails")


@service.post()
def fail(request: Any) -> None:
    password = request.json["password"]
    headers = {"Authorization": request.headers["Authorization"], "Cookie": f"sid={password}"}
    logger.debug("Authorization: %s", headers["Authorization"])
    logger.info("Asked %s with %s", request.url, headers)
    logger.warning("Body %s", request.text, extra={"password": password, "headers": headers})
    raise RuntimeError(f"could not connect to postgresql://kinto:{password}@db/kinto")


def includeme(config: Any) -> None:
    config.add_cornice_service(service)
