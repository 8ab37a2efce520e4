"""The one JSON codec of bodies, caches and stored rows: exact numbers, caps on what a text costs.

The work is done in `kinto.core.protocol.jsontext`, because the query string and page tokens are
read with the same codec, and the protocol may import nothing of the runtime.
"""

from __future__ import annotations

from kinto.core.protocol.jsontext import JSONError, dumps, load, loads, loads_trusted

__all__ = ["JSONError", "dumps", "load", "loads", "loads_trusted"]
