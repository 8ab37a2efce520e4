"""docs/plugins/attachments.md, followed word for word."""

from __future__ import annotations

import json
import re

from tests.plugins import pages

_BLOCK = re.compile(r"^```(http|form|upload)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


def test_the_page_is_followed_word_for_word(build):
    settings = pages.settings_of("attachments")
    assert settings.pop("attachment.base_path") == "/srv/kinto-files"
    app = build(**settings).app
    text = (pages.PAGES / "attachments.md").read_text(encoding="utf-8")
    blocks = _BLOCK.findall(text)
    assert len(blocks) == 10
    for kind, block in blocks:
        request, status, answer = pages._STATUS.split(block)
        head, _, body = request.strip().partition("\n\n")
        start, *lines = head.splitlines()
        method, path = start.split()
        headers = dict(line.split(": ", 1) for line in lines)
        content = body.replace("\n", "\r\n") + "\r\n" if kind == "form" else body
        resp = app.request(
            path, method=method, headers=headers, body=content.encode(), expect_errors=True
        )
        assert resp.status_int == int(status), (block, resp.text)
        if answer.strip():
            assert pages.holds(resp.json, json.loads(answer)), (block, resp.text)
