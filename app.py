"""The WSGI application for servers that import one: `gunicorn app:application` and the like.

It is built from the file that `KINTO_INI` names, by default `config/kinto.ini` beside this one;
its logging sections, when it has any, are applied.
"""

from __future__ import annotations

import os
from pathlib import Path

from pyramid.paster import get_app, setup_logging

INI = os.environ.get("KINTO_INI", str(Path(__file__).parent / "config" / "kinto.ini"))
VARIABLES = {"http_port": os.environ.get("PORT", "8888")}

setup_logging(INI, VARIABLES)
application = get_app(INI, options=VARIABLES)
