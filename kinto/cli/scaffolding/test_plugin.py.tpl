"""The plugin in a server in memory."""

import unittest

from kinto import DEFAULT_SETTINGS, main
from kinto.core.errors import ERRORS
from kinto.core.testing import BaseWebTest, FormattedErrorMixin, get_user_headers

URL = "/buckets/b/collections/c"


class @class@Test(FormattedErrorMixin, BaseWebTest, unittest.TestCase):
    api_prefix = "v1"
    entry_point = main

    @classmethod
    def get_app_settings(cls, extras=None):
        return {
            **super().get_app_settings({**DEFAULT_SETTINGS, **(extras or {})}),
            "includes": "@slug@",
            "multiauth.policies": "basicauth",
            "userid_hmac_secret": "a secret of the tests",
            "bucket_create_principals": "system.Authenticated",
            "@slug@.max_per_request": "2",
        }

    def setUp(self):
        super().setUp()
        self.auth = {**self.headers, **get_user_headers("mat")}
        self.app.put_json("/buckets/b", {}, headers=self.auth)
        self.app.put_json(URL, {}, headers=self.auth)

    def write(self, number, **options):
        request = {"method": "POST", "path": f"{URL}/records", "body": {"data": {"n": 1}}}
        body = {"requests": [request] * number}
        return self.app.post_json("/batch", body, headers=self.auth, **options)

    def writes(self):
        return self.app.get(f"{URL}/@slug@", headers=self.auth).json["data"]["writes"]

    def test_the_capability_tells_the_setting(self):
        capability = self.app.get("/").json["capabilities"]["@slug@"]
        assert capability["max_per_request"] == 2

    def test_writes_are_counted(self):
        assert self.writes() == 0
        self.write(2)
        self.write(1)
        assert self.writes() == 3

    def test_too_many_at_once_are_refused_and_not_counted(self):
        answer = self.write(3, status=403)
        self.assertFormattedError(
            answer, 403, ERRORS.FORBIDDEN, "Forbidden", "No more than 2 records"
        )
        assert self.writes() == 0

    def test_the_count_goes_with_the_collection(self):
        self.write(1)
        self.app.delete(URL, headers=self.auth)
        self.app.get(f"{URL}/@slug@", headers=self.auth, status=404)
        self.app.put_json(URL, {}, headers=self.auth)
        assert self.writes() == 0

    def test_only_readers_of_the_collection_see_it(self):
        other = {**self.headers, **get_user_headers("eve")}
        self.app.get(f"{URL}/@slug@", headers=other, status=403)
        self.app.get(f"{URL}/@slug@", status=401)

    def test_it_is_described(self):
        paths = self.app.get("/__api__").json["paths"]
        path = "/buckets/{bucket_id}/collections/{collection_id}/@slug@"
        assert "200" in paths[path]["get"]["responses"]
