"""The suite of the plugin `kinto_tally`, with the helpers that plugins test with."""

import unittest

from kinto import DEFAULT_SETTINGS, main
from kinto.core.errors import ERRORS
from kinto.core.testing import BaseWebTest, FormattedErrorMixin, get_user_headers

COLLECTION = "/buckets/b/collections/c"


class TallyTest(FormattedErrorMixin, BaseWebTest, unittest.TestCase):
    api_prefix = "v1"
    entry_point = main

    @classmethod
    def get_app_settings(cls, extras=None):
        return {
            **super().get_app_settings({**DEFAULT_SETTINGS, **(extras or {})}),
            "includes": f"{__name__.rpartition('.')[0]}.kinto_tally",
            "multiauth.policies": "basicauth",
            "userid_hmac_secret": "a secret for tests",
            "bucket_create_principals": "system.Authenticated",
            "kinto.tally.max_per_request": "2",
        }

    def setUp(self):
        super().setUp()
        self.mat = {**self.headers, **get_user_headers("mat")}
        for uri in ("/buckets/b", COLLECTION):
            self.app.put_json(uri, {}, headers=self.mat)

    def write(self, number):
        record = {"method": "POST", "path": f"{COLLECTION}/records", "body": {"data": {"n": 1}}}
        batch = {"defaults": record, "requests": [{}] * number}
        return self.app.post_json("/batch", batch, headers=self.mat, status="*")

    def tally(self, query="", **kwargs):
        return self.app.get(f"{COLLECTION}/tally{query}", **kwargs)

    def test_the_root_tells_of_it(self):
        capability = self.app.get("/").json["capabilities"]["tally"]
        assert capability["max_per_request"] == 2
        assert capability["strict"] is False

    def test_the_heartbeat_asks_it(self):
        assert self.app.get("/__heartbeat__").json["tally"] is True

    def test_what_is_committed_is_counted(self):
        self.write(2)
        self.write(1)
        found = self.tally(headers=self.mat)
        assert found.json["data"]["writes"] == 3
        assert found.json["data"]["user"].startswith("basicauth:")
        assert found.headers["Cache-Control"] == "no-store"

    def test_the_deletions_of_a_list_count_each(self):
        self.write(2)
        self.app.delete(f"{COLLECTION}/records", headers=self.mat)
        assert self.tally(headers=self.mat).json["data"]["writes"] == 4

    def test_an_error_added_by_the_view_is_a_400(self):
        found = self.tally("?at_least=1", headers=self.mat, status=400)
        assert found.json["errno"] == ERRORS.INVALID_PARAMETERS.value
        assert "not that many yet" in found.json["message"]

    def test_a_query_that_is_no_number_is_a_400(self):
        self.tally("?at_least=many", headers=self.mat, status=400)

    def test_over_the_limit_nothing_is_written_nor_counted(self):
        refused = self.write(3)
        self.assertFormattedError(refused, 403, ERRORS.FORBIDDEN, "Forbidden", "At most 2 records")
        assert self.tally(headers=self.mat).json["data"]["writes"] == 0
        records = self.app.get(f"{COLLECTION}/records", headers=self.mat).json["data"]
        assert records == []

    def test_only_readers_of_the_collection_see_it(self):
        eve = {**self.headers, **get_user_headers("eve")}
        self.tally(headers=eve, status=403)
        self.tally(status=401)

    def test_a_collection_that_is_not_there_is_a_404(self):
        self.app.get("/buckets/b/collections/other/tally", headers=self.mat, status=404)
