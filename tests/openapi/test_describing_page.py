"""The example of docs/openapi.md, run as it is written."""

import re
import types

from tests.core.application import core_app
from tests.servers import ROOT

PAGE = (ROOT / "docs" / "openapi.md").read_text(encoding="utf-8")


def test_the_example_of_the_page_is_described_as_the_page_says():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    module = types.ModuleType("example_of_the_page")
    exec(compile(code, "docs/openapi.md", "exec"), module.__dict__)
    app = core_app(configure=module.includeme)
    assert app.get("/v0/tally/1").json == {"count": 1}
    paths = app.get("/v0/__api__").json["paths"]
    operation = paths["/tally/{id}"]["get"]
    assert operation["summary"] == "How often something was written."
    assert operation["responses"]["200"]["schema"]["properties"]["count"]["type"] == "integer"
    assert paths["/tally"]["get"]["produces"] == ["text/html", "application/json"]
    assert "tally-page" not in str(paths)
