"""These suites take minutes: only `make thirdparty` collects them."""

import os

collect_ignore_glob = [] if os.environ.get("KINTO_THIRDPARTY") else ["test_*.py"]
